"""Trains the demo model from nothing and writes config.json and model.safetensors (bfloat16).

The corpus is a stream: dialogues are drawn as they are needed and never repeated as a whole. Several dialogues share a
row; none sees another. The loss counts most the words that begin a reply.
"""
import argparse
import math
import random
import time
from dataclasses import asdict
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from corpus import Corpus
from encoding import BEGINNING, FIRST, Encoder
from model import Ernie, Shape
from muon import Muon
from train_tokenizer import CONTEXT, MODEL_FOLDER, VOCABULARY, write_json

ROW = 1024  # tokens in a row: as long as the longest chats that are practised
CUT = 0.7  # share of dialogues whose last reply is only begun


def rows(encoder, seed):
    """Endless (ids, weights, dialogue numbers), each a list of ROW + 1: as many whole dialogues as fit, then padding."""
    corpus, rng = Corpus(seed), random.Random(seed + 1)
    ids, weights, parts, part = [], [], [], 0
    while True:
        system, turns = corpus.dialogue()
        more, weight = encoder.dialogue(system, turns, rng, BEGINNING + 2 if rng.random() < CUT else None)
        more, weight = more[:ROW + 1], weight[:ROW + 1]
        if len(ids) + len(more) > ROW + 1:
            fill = ROW + 1 - len(ids)
            yield ids + [0] * fill, weights + [0] * fill, parts + [-1] * fill
            ids, weights, parts, part = [], [], [], 0
        ids, weights, parts = ids + more, weights + weight, parts + [part] * len(more)
        part += 1


def batches(encoder, seed, size):
    """Endless (ids, positions, mask, targets, weights). Positions run through the row: only distances count in rope."""
    stream = rows(encoder, seed)
    causal = torch.ones(ROW, ROW, dtype=torch.bool).tril()
    while True:
        ids, weights, parts = zip(*(next(stream) for _ in range(size)))
        ids, parts = torch.tensor(ids), torch.tensor(parts)
        weights = torch.tensor(weights)
        same = parts[:, :-1, None] == parts[:, None, :-1]
        weights = weights[:, 1:] * (parts[:, 1:] == parts[:, :-1])
        positions = torch.arange(ROW).expand(size, ROW)
        yield ids[:, :-1], positions, (same & causal).unsqueeze(1), ids[:, 1:], weights


def rate(step, steps, peak):
    """Linear warm-up, then a cosine down to a fiftieth."""
    warm = min(200, steps // 10)
    if step < warm:
        return peak * (step + 1) / warm
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - warm) / (steps - warm))))


def loss_of(model, batch, drop):
    ids, positions, mask, targets, weights = batch
    used = weights > 0
    logits = model.head(model.hidden(ids, positions, mask, drop)[used])
    each = F.cross_entropy(logits, targets[used], reduction="none")
    reply = weights[used] == FIRST
    return (each * weights[used]).sum() / weights.sum(), each[reply].mean().item()


def write_model(model, folder):
    shape = asdict(model.shape)
    write_json(folder / "config.json", {
        "architectures": ["Ernie4_5ForCausalLM"], "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "hidden_act": "silu",
        "initializer_range": 0.02, "model_type": "ernie4_5", "rope_scaling": None, "tie_word_embeddings": True,
        "torch_dtype": "bfloat16", "use_bias": False, "use_cache": True} | shape)
    state = {name: value.detach().to(torch.bfloat16).contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=MODEL_FOLDER, help="has the tokenizer, gets the model")
    parser.add_argument("--steps", type=int, default=2600)
    parser.add_argument("--rows", type=int, default=4, help="rows of 1024 tokens in a step")
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--drop", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--checkpoint", type=Path, help="file to save the training state in, and to go on from")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)

    model = Ernie(Shape(vocab_size=VOCABULARY, max_position_embeddings=CONTEXT)).train()
    embedding = model.model.embed_tokens.weight
    inner = [p for p in model.parameters() if p.dim() == 2 and p is not embedding]
    norms = [p for p in model.parameters() if p.dim() == 1]
    optimizers = [Muon(inner, arguments.rate, 0.05),
                  torch.optim.AdamW([{"params": [embedding], "weight_decay": 0.05}, {"params": norms, "weight_decay": 0.0}],
                                    lr=arguments.rate, betas=(0.9, 0.97), fused=True)]
    first = 0
    if arguments.checkpoint and arguments.checkpoint.exists():
        state = torch.load(arguments.checkpoint)
        model.load_state_dict(state["model"])
        for optimizer, saved in zip(optimizers, state["optimizers"]):
            optimizer.load_state_dict(saved)
        first = state["step"]
    # After a restart the stream begins anew with another seed: still fresh dialogues, but not those of an unbroken run.
    stream = batches(Encoder(arguments.folder / "tokenizer.model"), arguments.seed + 1000 * first, arguments.rows)
    print(f"{sum(p.numel() for p in model.parameters())} parameters, {arguments.steps} steps of {arguments.rows * ROW} tokens", flush=True)

    begun, mean = time.time(), 0.0
    for step in range(first, arguments.steps):
        for group in optimizers[0].param_groups + optimizers[1].param_groups:
            group["lr"] = rate(step, arguments.steps, arguments.rate)
        loss, reply_loss = loss_of(model, next(stream), arguments.drop)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        mean += (reply_loss - mean) / min(20, step - first + 1)
        done = step + 1
        if done % 20 == 0:
            speed = (done - first) * arguments.rows * ROW / (time.time() - begun)
            print(f"step {done} reply loss {mean:.4f} {speed:.0f} tokens/s {(time.time() - begun) / 60:.1f} min", flush=True)
        if arguments.checkpoint and (done % 200 == 0 or done == arguments.steps):
            torch.save({"model": model.state_dict(), "optimizers": [o.state_dict() for o in optimizers], "step": done},
                       arguments.checkpoint)
            write_model(model, arguments.folder)
    write_model(model, arguments.folder)


if __name__ == "__main__":
    main()
