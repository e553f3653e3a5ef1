"""How well the default path agrees with --compute f32, as a chat runs it: a prompt of random ids in pieces of 512, of which
only the last id's logits are wanted, then ids one at a time.

  agreement.py sotto-cli MODEL... [--prompt 500] [--decode 200] [--texts 3] [--option "--kv f16"]

Prints for each model: the share of positions where both have the same largest logit, the mean KL divergence, and the
error of the logits relative to their size. Needs numpy."""
import argparse
import json
import os
import random
import subprocess
import tempfile

import numpy as np


def tensor(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        return np.frombuffer(file.read(), np.float32).reshape(header["logits"]["shape"]).astype(np.float64)


def log_softmax(x):
    x = x - x.max(1, keepdims=True)
    return x - np.log(np.exp(x).sum(1, keepdims=True))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cli")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--prompt", type=int, default=500)
    parser.add_argument("--decode", type=int, default=200)
    parser.add_argument("--texts", type=int, default=3)
    parser.add_argument("--option", default="")
    wished = parser.parse_args()
    pieces = [512] * (wished.prompt // 512) + ([wished.prompt % 512] if wished.prompt % 512 else [])
    chunks = ",".join(map(str, pieces + [1] * wished.decode))
    for model in wished.models:
        same, kl, error, size = [], [], 0.0, 0.0
        for text in range(wished.texts):
            ids = random.Random(text).choices(range(300, 100000), k=wished.prompt + wished.decode)
            with tempfile.TemporaryDirectory() as folder:
                def logits(*options):
                    out = os.path.join(folder, "out.safetensors")
                    subprocess.run([wished.cli, "logits", model, "--ids", ",".join(map(str, ids)), "--out", out,
                                    "--logits-from", str(wished.prompt - 1), *options], check=True)
                    return tensor(out)
                exact = logits("--compute", "f32")
                found = logits("--chunks", chunks, *wished.option.split())
            same += list(exact.argmax(1) == found.argmax(1))
            expected = log_softmax(exact)
            kl += list((np.exp(expected) * (expected - log_softmax(found))).sum(1))
            error += ((exact - found) ** 2).sum()
            size += (exact ** 2).sum()
        print(f"{os.path.basename(model)}: {len(same)} positions, agreement {np.mean(same):.4f}, KL {np.mean(kl):.3g}, "
              f"relative error {np.sqrt(error / size):.5f}", flush=True)


main()
