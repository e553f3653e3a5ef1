#!/usr/bin/env python3
"""What the reference implementation computes with a tiny model: writes or checks the files under tests/fixtures/logits.

    goldens.py check [NAME ...]          recompute, print the largest difference, exit 1 where it is too large
    goldens.py make NAME --ids 1 2 17    a random model of that name and its goldens (see MODELS), seeded

Models and goldens are laid out as tests/fixtures/README.md says. Everything is computed in float32, whatever type the
weights have; the greedy continuations run through the cache, as generate() does. Needs requirements.txt.
"""
import argparse
import json
import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, Ernie4_5Config, Ernie4_5ForCausalLM

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
LIMIT = 1e-4  # e_max: largest difference over the root mean square of the golden; the tests allow ten times this
GREEDY, TURN_GREEDY, LAST = 32, 16, 8

SHAPE = dict(hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             head_dim=16, vocab_size=320, max_position_embeddings=512, tie_word_embeddings=True)
MODELS = {
    "ernie4_5-tied": dict(num_hidden_layers=3),
    "ernie4_5-untied": dict(num_key_value_heads=1, head_dim=32, rms_norm_eps=0.03, tie_word_embeddings=False),
    "ernie4_5-bias": dict(num_key_value_heads=4, use_bias=True),
    "ernie4_5-bf16": {},
}


def make_model(name, seed):
    """A random model whose attention and MLP matter: weights large enough to move the logits."""
    torch.manual_seed(seed)
    model = Ernie4_5ForCausalLM(Ernie4_5Config(**{**SHAPE, **MODELS[name]}))
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "norm" in key:
                parameter.copy_(1 + 0.2 * torch.randn_like(parameter))
            elif key.endswith("bias"):
                parameter.normal_(0, 0.3)
            else:
                parameter.normal_(0, 1.5 / parameter.shape[-1] ** 0.5)
    if name.endswith("-bf16"):
        model = model.to(torch.bfloat16)
    model.save_pretrained(FIXTURES / "models" / name)


def load(name):
    model = AutoModelForCausalLM.from_pretrained(FIXTURES / "models" / name, dtype=torch.float32,
                                                 attn_implementation="eager")
    return model.eval()


@torch.no_grad()
def continue_greedily(model, ids, cache, count):
    """`count` tokens after `ids`; the last of them is not fed. Returns tokens, first logits, cache, smallest margin."""
    tokens, first, margin = [], None, float("inf")
    for _ in range(count):
        out = model(torch.tensor([ids]), past_key_values=cache, use_cache=True)
        cache = out.past_key_values
        logits = out.logits[0]
        first = logits if first is None else first
        best = logits[-1].topk(2).values
        margin = min(margin, float(best[0] - best[1]))
        ids = [int(logits[-1].argmax())]
        tokens += ids
    return tokens, first, cache, margin


@torch.no_grad()
def compute(model, ids, turn_ids):
    """One case: the tensors and the JSON entry of a prompt and a second turn."""
    out = model(torch.tensor([ids]), output_hidden_states=True, output_attentions=True, use_cache=False)
    layers = model.config.num_hidden_layers
    rows = slice(-LAST, None) if len(ids) >= 64 else slice(None)
    suffix = f".last{LAST}" if len(ids) >= 64 else ""
    captured = []
    hooks = [layer.register_forward_hook(lambda m, i, o: captured.append(o[0] if isinstance(o, tuple) else o))
             for layer in model.model.layers]
    model(torch.tensor([ids]), use_cache=False)
    for hook in hooks:
        hook.remove()
    name = f"len{len(ids)}"
    tensors = {f"{name}.logits": out.logits[0][-1:] if len(ids) >= 200 else out.logits[0],
               f"{name}.hidden.embed{suffix}": out.hidden_states[0][0][rows],
               f"{name}.hidden.norm{suffix}": out.hidden_states[-1][0][rows],
               f"{name}.attention.layer{layers - 1}{suffix}": out.attentions[layers - 1][0][:, rows]}
    for index, hidden in enumerate(captured):
        tensors[f"{name}.hidden.layer{index}{suffix}"] = hidden.reshape(len(ids), -1)[rows]
    greedy, _, cache, margin = continue_greedily(model, ids, None, GREEDY)
    turn_greedy, turn_logits, _, turn_margin = continue_greedily(model, [greedy[-1]] + turn_ids, cache, TURN_GREEDY)
    tensors[f"{name}.turn_logits"] = turn_logits
    case = {"name": name, "ids": ids, "greedy": greedy, "turn_ids": turn_ids, "turn_greedy": turn_greedy,
            "min_token_margin": round(min(margin, turn_margin), 5)}
    return {key: value.float().contiguous() for key, value in tensors.items()}, case


def check(name):
    golden = json.loads((FIXTURES / "logits" / f"{name}.json").read_text())
    tensors = load_file(FIXTURES / "logits" / f"{name}.safetensors")
    model = load(pathlib.Path(golden["model"]).name)
    worst, wrong = 0.0, 0
    for case in golden["cases"]:
        ours, entry = compute(model, case["ids"], case["turn_ids"])
        wrong += entry["greedy"] != case["greedy"] or entry["turn_greedy"] != case["turn_greedy"]
        for key, value in ours.items():
            want = tensors[key].float()
            worst = max(worst, float((value - want).abs().max() / want.square().mean().sqrt()))
    print(f"{name}: e_max {worst:.2e}, {wrong} of {len(golden['cases'])} greedy continuations differ")
    return worst <= LIMIT and wrong == 0


def make(name, lengths, seed):
    make_model(name, seed)
    model = load(name)
    generator = torch.Generator().manual_seed(seed + 1)
    draw = lambda count: torch.randint(13, model.config.vocab_size, (count,), generator=generator).tolist()
    tensors, cases = {}, []
    for length in lengths:
        ours, case = compute(model, draw(length), draw(7))
        tensors.update(ours)
        cases.append(case)
    folder = FIXTURES / "logits"
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / f"{name}.safetensors")
    (folder / f"{name}.json").write_text(json.dumps({"model": f"models/{name}", "cases": cases}, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["check", "make"])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--ids", type=int, nargs="+", default=[1, 2, 17, 64, 200], help="prompt lengths of `make`")
    parser.add_argument("--seed", type=int, default=20)
    arguments = parser.parse_args()
    if arguments.action == "make":
        for name in arguments.names:
            make(name, arguments.ids, arguments.seed)
        return 0
    names = arguments.names or sorted(path.stem for path in (FIXTURES / "logits").glob("*.json"))
    return 0 if all([check(name) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main())
