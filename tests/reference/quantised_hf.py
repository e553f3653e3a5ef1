#!/usr/bin/env python3
"""Model folders with FP8 and GPTQ weights and what they mean: writes tests/fixtures/quantised_hf.

Weights of the fixture models are quantised from a seed, decoded again by the formulas of models.md 6 in numpy, and put
back into the reference implementation, which computes logits with them in float32. Written are:

    NAME/                 config.json and model.safetensors, as such checkpoints are published
    index.json            for each folder: prompts, greedy continuations, and sum and sum of squares of every decoded tensor
    logits.safetensors    NAME.lenN.logits [N, vocab]
    units.safetensors     odd shapes: CASE.PART tensors, and CASE.expected with all values; units.json says how to read them

Needs requirements.txt.
"""
import json
import pathlib
import tempfile

import numpy as np
import torch
from safetensors.numpy import load_file
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
OUT = FIXTURES / "quantised_hf"
PROMPTS, GREEDY = (1, 12), 8


# --- what the numbers mean

def f8_values(codes, kind):
    """Codes of FP8 as float32, by sign, exponent and fraction: E4M3 has no infinity, E5M2 is a small IEEE float."""
    codes = codes.astype(np.int64)
    bits, bias = (3, 7) if kind == "e4m3" else (2, 15)
    exponent, fraction = (codes & 0x7F) >> bits, codes & ((1 << bits) - 1)
    values = np.where(exponent == 0, fraction * 2.0 ** (1 - bias - bits),
                      (1 + fraction / 2.0 ** bits) * 2.0 ** (exponent.astype(np.float64) - bias))
    if kind == "e4m3":
        values[(codes & 0x7F) == 0x7F] = np.nan
    else:
        values[exponent == 31] = np.where(fraction[exponent == 31] == 0, np.inf, np.nan)
    return np.where(codes & 0x80, -values, values).astype(np.float32)


def spread(scales, shape, block):
    """The scale of every element: `scales` has one a block of the last two dimensions."""
    rows = np.arange(shape[-2]) // block[0]
    columns = np.arange(shape[-1]) // block[1]
    return scales[..., rows, :][..., columns]


def gptq_values(qweight, qzeros, scales, g_idx, offset):
    """[out, in] float32 of GPTQ's tensors with 4 bits."""
    shifts = 4 * np.arange(8)
    words = qweight.view(np.uint32)
    numbers = ((words[:, None, :] >> shifts[None, :, None]) & 15).reshape(-1, words.shape[1])  # [in, out]
    zeros = ((qzeros.view(np.uint32)[:, :, None] >> shifts) & 15).reshape(len(qzeros), -1)[:, : words.shape[1]]
    apart = numbers.astype(np.float32) - (zeros.astype(np.float32) + offset)[g_idx]
    return (scales.astype(np.float32)[g_idx] * apart).T.copy()


# --- quantising

def as_numpy(tensor):
    """Scales of any type as float32: all of them are exact there."""
    return tensor.float().numpy()


def to_f8(weight, scales_of, block, scale_type, kind="e4m3"):
    """weight [.., out, in] to (codes as a torch tensor, scales as stored, decoded values)."""
    dtype, largest = (torch.float8_e4m3fn, 448.0) if kind == "e4m3" else (torch.float8_e5m2, 57344.0)
    rows, columns = weight.shape[-2:]
    grid = (-(-rows // block[0]), -(-columns // block[1]))
    peaks = np.zeros(weight.shape[:-2] + grid, np.float32)
    for i in range(grid[0]):
        for j in range(grid[1]):
            part = weight[..., i * block[0] : (i + 1) * block[0], j * block[1] : (j + 1) * block[1]]
            peaks[..., i, j] = np.abs(part).max((-2, -1))
    scales = torch.from_numpy(np.maximum(peaks, 1e-6) / largest * 1.01).to(scale_type)
    each = spread(as_numpy(scales), weight.shape, block)
    codes = torch.from_numpy(weight / each).to(dtype)
    numbers = f8_values(codes.view(torch.uint8).numpy(), kind)
    assert np.array_equal(numbers, codes.float().numpy()), "torch reads the codes in another way"
    return codes, scales.reshape(scales_of(scales.shape)), numbers * each


def to_gptq(weight, group_size, random, act_order, version, scale_type, symmetric):
    """weight [out, in] to (dict of parts, decoded values)."""
    rows, columns = weight.shape
    size = columns if group_size == -1 else group_size
    g_idx = np.arange(columns) // size
    if act_order:
        g_idx = random.permutation(g_idx)
    groups = int(g_idx.max()) + 1
    low = np.stack([weight[:, g_idx == g].min(1) for g in range(groups)])
    high = np.stack([weight[:, g_idx == g].max(1) for g in range(groups)])
    if symmetric:
        scales = np.maximum(np.abs(low), np.abs(high)) / 7.5
        zeros = np.full((groups, rows), 8)
    else:
        scales = np.maximum(high - low, 1e-6) / 15
        zeros = np.clip(np.rint(-low / scales), 1, 15).astype(np.int64)
    scales = torch.from_numpy(np.maximum(scales, 1e-5).astype(np.float32)).to(scale_type)
    offset = 1 if version == "gptq" else 0
    each = as_numpy(scales)[g_idx]
    numbers = np.clip(np.rint(weight.T / each) + zeros[g_idx], 0, 15).astype(np.uint32)  # [in, out]
    shifts = (4 * np.arange(8)).astype(np.uint32)
    qweight = (numbers.reshape(-1, 8, rows) << shifts[None, :, None]).sum(1, dtype=np.uint32)
    padded = np.zeros((groups, -(-rows // 8) * 8), np.uint32)
    padded[:, :rows] = zeros - offset
    qzeros = (padded.reshape(groups, -1, 8) << shifts).sum(2, dtype=np.uint32)
    parts = {"qweight": torch.from_numpy(qweight.view(np.int32)), "qzeros": torch.from_numpy(qzeros.view(np.int32)),
             "scales": scales, "g_idx": torch.from_numpy(g_idx.astype(np.int32))}
    values = gptq_values(qweight.view(np.int32), qzeros.view(np.int32), as_numpy(scales), g_idx, offset)
    return parts, values


# --- model folders

def quantised_layer(name):
    """The linear layers inside the model: not embeddings, head, router, norms, biases."""
    return name.endswith("_proj.weight") and "layers" in name


def fp8_block(name, weight, random):
    codes, scales, values = to_f8(weight, lambda shape: shape, (48, 40), torch.float32)
    return {name: codes, name + "_scale_inv": scales}, values


def fp8_channel(name, weight, random):
    codes, scales, values = to_f8(weight, lambda shape: (shape[0], 1), (1, weight.shape[1]), torch.bfloat16)
    return {name: codes, name + "_scale": scales, name.replace("weight", "input_scale"): torch.ones(1)}, values


def fp8_tensor(name, weight, random):
    kind = "e5m2" if "down_proj" in name else "e4m3"
    codes, scales, values = to_f8(weight, lambda shape: (1,), weight.shape, torch.float16, kind)
    return {name: codes, name + "_scale": scales}, values


def gptq(group_size, act_order, version, scale_type, symmetric, index):
    def quantise(name, weight, random):
        parts, values = to_gptq(weight, group_size, random, act_order, version, scale_type, symmetric)
        if not index:
            del parts["g_idx"]
        return {name.replace("weight", part): tensor for part, tensor in parts.items()}, values
    return quantise


FP8 = {"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": [48, 40],
       "modules_to_not_convert": ["lm_head"]}
CHANNEL = {"quant_method": "compressed-tensors", "format": "float-quantized", "quantization_status": "compressed",
           "ignore": ["lm_head"], "kv_cache_scheme": None,
           "config_groups": {"group_0": {"targets": ["Linear"], "input_activations": {"num_bits": 8, "dynamic": True},
                                         "weights": {"num_bits": 8, "type": "float", "symmetric": True,
                                                     "strategy": "channel", "block_structure": None}}}}
TENSOR = {"quant_method": "fp8", "activation_scheme": "static", "weight_block_size": None}
GPTQ = {"quant_method": "gptq", "bits": 4, "sym": True, "desc_act": False, "group_size": 16}
MODELS = {
    "fp8-block-ernie4_5": ("ernie4_5-tied", FP8, fp8_block, quantised_layer),
    "fp8-channel-glm4": ("glm4-rope-yarn", CHANNEL, fp8_channel, quantised_layer),
    "fp8-tensor-ernie4_5_moe": ("ernie4_5_moe-bias", TENSOR, fp8_tensor,
                                lambda name: quantised_layer(name) or name == "model.embed_tokens.weight"),
    "gptq-act-order-ernie4_5": ("ernie4_5-bias", {**GPTQ, "desc_act": True},
                                gptq(16, True, "gptq", torch.float16, False, True), quantised_layer),
    "gptq-v2-glm4": ("glm4-rope-yarn", {**GPTQ, "group_size": 32, "sym": False, "checkpoint_format": "gptq_v2"},
                     gptq(32, False, "gptq_v2", torch.bfloat16, False, False),
                     lambda name: quantised_layer(name) or name == "lm_head.weight"),
    "gptq-whole-ernie4_5_moe": ("ernie4_5_moe-bias", {**GPTQ, "group_size": -1, "checkpoint_format": "gptq"},
                                gptq(-1, False, "gptq", torch.float32, True, True), quantised_layer),
}


def load_weights(folder):
    files = sorted(folder.glob("*.safetensors"))
    return {name: tensor for file in files for name, tensor in load_file(file).items()}


@torch.no_grad()
def run(config, weights, ids):
    """Logits of each prompt and its greedy continuation, with these weights in float32."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "config.json").write_text(json.dumps({**config, "dtype": "float32", "torch_dtype": "float32"}))
        save_file({name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in weights.items()},
                  folder / "model.safetensors", metadata={"format": "pt"})
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    results = []
    for prompt in ids:
        logits = model(torch.tensor([prompt]), use_cache=False).logits[0]
        known, margin = list(prompt), float("inf")
        for _ in range(GREEDY):
            last = model(torch.tensor([known]), use_cache=False).logits[0, -1]
            best = last.topk(2).values
            margin = min(margin, float(best[0] - best[1]))
            known.append(int(last.argmax()))
        results.append((logits, known[len(prompt):], margin))
    return results


def make_models(logits, index):
    for number, (name, (base, quantization, quantise, wanted)) in enumerate(MODELS.items()):
        random = np.random.default_rng(120 + number)
        config = json.loads((FIXTURES / "models" / base / "config.json").read_text())
        stored, decoded = {}, {}
        for key, weight in load_weights(FIXTURES / "models" / base).items():
            if wanted(key):
                parts, decoded[key] = quantise(key, weight, random)
                stored.update(parts)
            elif weight.ndim == 2 and weight.shape[0] > 64:  # embeddings and heads: half the size
                stored[key] = torch.from_numpy(weight).to(torch.bfloat16)
                decoded[key] = as_numpy(stored[key])
            else:
                stored[key] = torch.from_numpy(weight)
                decoded[key] = weight
        folder = OUT / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps({**config, "quantization_config": quantization}, indent=1) + "\n")
        save_file({key: value.contiguous() for key, value in stored.items()}, folder / "model.safetensors",
                  metadata={"format": "pt"})
        ids = [random.integers(13, config["vocab_size"], count).tolist() for count in PROMPTS]
        cases = []
        for prompt, (values, greedy, margin) in zip(ids, run(config, decoded, ids)):
            logits[f"{name}.len{len(prompt)}.logits"] = values.float().contiguous()
            cases.append({"name": f"len{len(prompt)}", "ids": prompt, "greedy": greedy, "min_token_margin": round(margin, 5)})
        sums = {key: {"shape": list(value.shape), "quantised": bool(wanted(key)), "sum": float(value.astype(np.float64).sum()),
                      "sum_of_squares": float(np.square(value.astype(np.float64)).sum())} for key, value in decoded.items()}
        index.append({"name": name, "cases": cases, "tensors": sums})


# --- odd shapes

def make_units():
    random = np.random.default_rng(7)
    tensors, cases = {}, []

    def normal(*shape):
        return (random.standard_normal(shape) * 0.1).astype(np.float32)

    def fp8(case, shape, block, scales_of, scale_type, kind="e4m3", config_block=(128, 128)):
        codes, scales, values = to_f8(normal(*shape), scales_of, block, scale_type, kind)
        add(case, {"weight": codes, "weight_scale_inv": scales}, values, {"block": config_block})

    def gptq4(case, rows, columns, group_size, act_order, version, scale_type, index=True):
        parts, values = to_gptq(normal(rows, columns), group_size, random, act_order, version, scale_type, False)
        if not index:
            del parts["g_idx"]
        add(case, parts, values, {"group_size": group_size, "zero_offset": 1 if version == "gptq" else 0})

    def add(case, parts, values, how):
        for part, tensor in parts.items():
            tensors[f"{case}.{part}"] = tensor.contiguous()
        tensors[f"{case}.expected"] = torch.from_numpy(np.ascontiguousarray(values, np.float32))
        cases.append({"name": case, **how})

    same = lambda shape: shape
    fp8("fp8-blocks", (130, 136), (128, 128), same, torch.float32)
    fp8("fp8-small-blocks", (50, 136), (7, 9), same, torch.bfloat16, config_block=(7, 9))
    fp8("fp8-channels", (3, 136), (1, 136), lambda shape: (3, 1), torch.float16)
    fp8("fp8-channels-flat", (130, 8), (1, 8), lambda shape: (130,), torch.bfloat16)
    fp8("fp8-groups", (3, 200), (1, 64), same, torch.float32, config_block=(1, 64))
    fp8("fp8-one", (130, 8), (130, 8), lambda shape: (), torch.float32)
    fp8("fp8-one-matrix", (3, 8), (3, 8), lambda shape: (1, 1), torch.float32)
    fp8("fp8-stack", (3, 10, 30), (4, 16), same, torch.float32, config_block=(4, 16))
    fp8("fp8-stack-each", (3, 10, 30), (10, 30), same, torch.float32)
    fp8("e5m2-blocks", (20, 136), (16, 128), same, torch.float32, kind="e5m2", config_block=(16, 128))
    for kind, dtype in (("e4m3", torch.float8_e4m3fn), ("e5m2", torch.float8_e5m2)):
        codes = np.arange(256, dtype=np.uint8).reshape(2, 128)
        add(f"{kind}-codes", {"weight": torch.from_numpy(codes).view(dtype), "weight_scale_inv": torch.tensor([0.3])},
            f8_values(codes, kind) * np.float32(0.3), {"block": (128, 128)})
    gptq4("gptq-one-row", 1, 8, -1, False, "gptq", torch.float16)
    gptq4("gptq-three-rows", 3, 136, 64, False, "gptq_v2", torch.float32, index=False)
    gptq4("gptq-wide", 130, 72, 32, False, "gptq", torch.float16, index=False)
    gptq4("gptq-act-order", 34, 136, 8, True, "gptq", torch.bfloat16)
    gptq4("gptq-v2", 24, 200, 1, True, "gptq_v2", torch.float16)
    doubles = np.concatenate([random.standard_normal(40), [1 + 2.0**-24, 1 + 3 * 2.0**-24, 1e-46, 1e-40, 1e39, -1e39, 0.1, -0.0]])
    doubles = doubles.reshape(3, 16)
    with np.errstate(over="ignore"):
        add("f64", {"weight": torch.from_numpy(doubles)}, doubles.astype(np.float32), {})
    save_file(tensors, OUT / "units.safetensors")
    (OUT / "units.json").write_text(json.dumps(cases) + "\n")


def main():
    OUT.mkdir(exist_ok=True)
    logits, index = {}, []
    make_models(logits, index)
    save_file(logits, OUT / "logits.safetensors")
    (OUT / "index.json").write_text(json.dumps(index) + "\n")
    make_units()
    for entry in index:
        print(entry["name"], *(case["min_token_margin"] for case in entry["cases"]))


if __name__ == "__main__":
    main()
