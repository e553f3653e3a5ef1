#!/usr/bin/env python3
"""The speed of transformers on the same weights: static cache, bfloat16, greedy. gpu_transformers.py FOLDER prints JSON."""
import json
import statistics
import sys
import time

import torch
import transformers

PROMPT, GENERATE = 2048, 128


def seconds(work):
    torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def main():
    model = transformers.AutoModelForCausalLM.from_pretrained(sys.argv[1], torch_dtype=torch.bfloat16).cuda().eval()
    ids = torch.randint(3, 50000, (1, PROMPT), device="cuda")

    def generate(count):
        model.generate(ids, max_new_tokens=count, min_new_tokens=count, do_sample=False, cache_implementation="static")

    with torch.inference_mode():
        for count in (1, GENERATE):
            generate(count)  # compiles and captures
        first = statistics.median(seconds(lambda: generate(1)) for _ in range(3))
        whole = statistics.median(seconds(lambda: generate(GENERATE)) for _ in range(3))
    print(json.dumps({"transformers": transformers.__version__, "torch": torch.__version__, "prompt_tokens": PROMPT,
                      "prefill_tokens_per_s": PROMPT / first, "decode_tokens_per_s": (GENERATE - 1) / (whole - first)}))


main()
