"""Trains the demo model from nothing and writes config.json and model.safetensors (bfloat16).

The corpus is a stream: dialogues are drawn as they are needed and never repeated as a whole. Several dialogues share a
row; none sees another. The loss counts most the words that begin a reply.
"""
import argparse
import math
import random
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import torch
import torch.distributed as distributed
import torch.multiprocessing as multiprocessing
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file

from corpus import Corpus
from encoding import BEGINNING, FIRST, Encoder
from model import Ernie, Shape
from muon import Muon
from train_tokenizer import CONTEXT, MODEL_FOLDER, VOCABULARY, write_json

SHORT, LONG = 256, 1024  # tokens in a row; the long ones hold the longest chats that are practised
LONG_EVERY = 12  # steps
CUT = 0.75  # share of dialogues whose last reply is only begun


def rows(encoder, seed, size):
    """Endless (ids, weights, dialogue numbers), each a list of size + 1: as many whole dialogues as fit, then padding."""
    corpus, rng = Corpus(seed), random.Random(seed + 1)
    ids, weights, parts, part = [], [], [], 0
    while True:
        system, turns = corpus.dialogue(long=size == LONG)
        more, weight = encoder.dialogue(system, turns, rng, BEGINNING + 2 if rng.random() < CUT else None)
        more, weight = more[:size + 1], weight[:size + 1]
        if len(ids) + len(more) > size + 1:
            fill = size + 1 - len(ids)
            yield ids + [0] * fill, weights + [0] * fill, parts + [-1] * fill
            ids, weights, parts = [], [], []
        ids, weights, parts = ids + more, weights + weight, parts + [part] * len(more)
        part += 1


def batch(stream, size, tokens):
    """(ids, positions, mask, targets, weights). Positions run through the row: only distances count in rope."""
    ids, weights, parts = (torch.tensor(x) for x in zip(*(next(stream) for _ in range(tokens // size))))
    same = parts[:, :-1, None] == parts[:, None, :-1]
    causal = torch.ones(size, size, dtype=torch.bool).tril()
    weights = weights[:, 1:] * (parts[:, 1:] == parts[:, :-1])
    return ids[:, :-1], torch.arange(size).expand(len(ids), size), (same & causal).unsqueeze(1), ids[:, 1:], weights


def rate(step, steps, peak):
    """Linear warm-up, then a cosine down to a fiftieth."""
    warm = min(100, steps // 10)
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


def stream_seed(seed, first, rank, size):
    """The seed of one stream of dialogues; evaluate.py asks for the same to look at what training sees."""
    return seed * 1000000 + first * 100 + rank * 10 + (size == LONG)


def write_model(model, folder):
    shape = asdict(model.shape)
    write_json(folder / "config.json", {
        "architectures": ["Ernie4_5ForCausalLM"], "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "hidden_act": "silu",
        "initializer_range": 0.02, "model_type": "ernie4_5", "rope_scaling": None, "tie_word_embeddings": True,
        "torch_dtype": "bfloat16", "use_bias": False, "use_cache": True} | shape)
    state = {name: value.detach().to(torch.bfloat16).contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})


def work(rank, arguments, meeting):
    """One of the processes: its own dialogues, the same weights as the others, whose gradients are averaged every step."""
    distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=arguments.processes)
    torch.set_num_threads(1)
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
    elif arguments.start:
        with safe_open(arguments.start, "pt") as file:
            model.load_state_dict({name: file.get_tensor(name).float() for name in file.keys()})
    encoder = Encoder(arguments.folder / "tokenizer.model")
    # After a restart the streams begin anew with another seed: fresh dialogues, but not those of an unbroken run.
    streams = {size: rows(encoder, stream_seed(arguments.seed, first, rank, size), size) for size in (SHORT, LONG)}
    torch.manual_seed(arguments.seed + 100 * rank)  # each drops other activations
    count = sum(p.numel() for p in model.parameters())
    begun, mean = time.time(), 0.0
    if rank == 0:
        print(f"{count} parameters, {arguments.steps} steps of {arguments.processes * arguments.tokens} tokens", flush=True)
    for step in range(first, arguments.steps):
        for group in optimizers[0].param_groups + optimizers[1].param_groups:
            group["lr"] = rate(step, arguments.steps, arguments.rate)
        size = LONG if step % LONG_EVERY == LONG_EVERY - 1 else SHORT
        loss, reply_loss = loss_of(model, batch(streams[size], size, arguments.tokens), arguments.drop)
        loss.backward()
        flat = torch.cat([p.grad.flatten() for p in model.parameters()])
        distributed.all_reduce(flat)
        for p, gradient in zip(model.parameters(), (flat / arguments.processes).split([p.numel() for p in model.parameters()])):
            p.grad = gradient.view_as(p)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        mean += (reply_loss - mean) / min(20, step - first + 1)
        done = step + 1
        for p in model.parameters():
            p.grad = None
        if rank:
            continue
        if done % 20 == 0:
            speed = (done - first) * arguments.processes * arguments.tokens / (time.time() - begun)
            print(f"step {done} reply loss {mean:.4f} {speed:.0f} tokens/s {(time.time() - begun) / 60:.1f} min", flush=True)
        if arguments.checkpoint and (done % 50 == 0 or done == arguments.steps):
            torch.save({"model": model.state_dict(), "optimizers": [o.state_dict() for o in optimizers], "step": done},
                       arguments.checkpoint)
            write_model(model, arguments.folder)
    if rank == 0:
        write_model(model, arguments.folder)
    distributed.destroy_process_group()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=MODEL_FOLDER, help="has the tokenizer, gets the model")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--tokens", type=int, default=4096, help="tokens of each process in a step")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--drop", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--start", type=Path, help="model.safetensors to begin with instead of with random weights")
    parser.add_argument("--checkpoint", type=Path, help="file to save the training state in, and to go on from")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as meeting:
        multiprocessing.spawn(work, (arguments, f"{meeting}/processes"), arguments.processes)


if __name__ == "__main__":
    main()
