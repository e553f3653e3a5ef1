#!/usr/bin/env python3
"""Writes random weights at the true shapes of a published model, for measurements on a card: gpu_models.py MODEL FOLDER
makes FOLDER/bf16 (config.json and safetensors, as transformers reads them) and FOLDER/q4_0.gguf, FOLDER/q8_0.gguf.
Needs numpy. The weights are noise; shapes, types and byte counts are the real checkpoint's."""
import json
import pathlib
import struct
import sys

import numpy as np

ERNIE = dict(model_type="ernie4_5", architectures=["Ernie4_5ForCausalLM"], vocab_size=103424, rms_norm_eps=1e-5,
             rope_theta=500000.0, max_position_embeddings=131072, hidden_act="silu", use_bias=False, bos_token_id=1,
             eos_token_id=2, pad_token_id=0, torch_dtype="bfloat16")
GEOMETRY = {
    "ernie-0.3b": {**ERNIE, "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 18,
                   "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 128, "tie_word_embeddings": True},
    "ernie-21b": {**ERNIE, "model_type": "ernie4_5_moe", "architectures": ["Ernie4_5_MoeForCausalLM"], "hidden_size": 2560,
                  "intermediate_size": 12288, "num_hidden_layers": 28, "num_attention_heads": 20, "num_key_value_heads": 4,
                  "head_dim": 128, "tie_word_embeddings": True, "moe_num_experts": 64, "moe_k": 6,
                  "moe_intermediate_size": 1536, "moe_num_shared_experts": 2, "moe_layer_start_index": 1,
                  "moe_layer_end_index": 27, "moe_layer_interval": 1, "moe_norm_min": 1e-12},
    "glm4-9b": dict(model_type="glm4", architectures=["Glm4ForCausalLM"], vocab_size=151552, hidden_size=4096,
                    intermediate_size=13696, num_hidden_layers=40, num_attention_heads=32, num_key_value_heads=2,
                    head_dim=128, rms_norm_eps=1e-5, rope_theta=10000.0, partial_rotary_factor=0.5, attention_bias=True,
                    hidden_act="silu", max_position_embeddings=32768, tie_word_embeddings=False,
                    eos_token_id=[151329, 151336, 151338], pad_token_id=151329, torch_dtype="bfloat16"),
}


def tensors_of(c):
    """Names and shapes as published; outermost dimension first."""
    hidden, wide = c["hidden_size"], c["intermediate_size"]
    q, kv = c["num_attention_heads"] * c["head_dim"], c["num_key_value_heads"] * c["head_dim"]
    glm, moe = c["model_type"] == "glm4", c["model_type"] == "ernie4_5_moe"
    yield "model.embed_tokens.weight", (c["vocab_size"], hidden)

    def mlp(prefix, width):
        if glm:
            yield prefix + "gate_up_proj.weight", (2 * width, hidden)
        else:
            yield prefix + "gate_proj.weight", (width, hidden)
            yield prefix + "up_proj.weight", (width, hidden)
        yield prefix + "down_proj.weight", (hidden, width)

    for layer in range(c["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        for name, rows in (("q", q), ("k", kv), ("v", kv)):
            yield at + f"self_attn.{name}_proj.weight", (rows, hidden)
            if glm:
                yield at + f"self_attn.{name}_proj.bias", (rows,)
        yield at + "self_attn.o_proj.weight", (hidden, q)
        if moe and layer >= c["moe_layer_start_index"]:
            yield at + "mlp.gate.weight", (c["moe_num_experts"], hidden)
            yield at + "mlp.moe_statics.e_score_correction_bias", (1, c["moe_num_experts"])
            for expert in range(c["moe_num_experts"]):
                yield from mlp(at + f"mlp.experts.{expert}.", c["moe_intermediate_size"])
            yield from mlp(at + "mlp.shared_experts.", c["moe_intermediate_size"] * c["moe_num_shared_experts"])
        else:
            yield from mlp(at + "mlp.", wide)
        norms = ["input_layernorm", "post_attention_layernorm"]
        for norm in norms + (["post_self_attn_layernorm", "post_mlp_layernorm"] if glm else []):
            yield at + norm + ".weight", (hidden,)
    yield "model.norm.weight", (hidden,)
    if not c["tie_word_embeddings"]:
        yield "lm_head.weight", (c["vocab_size"], hidden)


def bf16(values):
    """Truncated: noise needs no rounding."""
    return (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)


GGUF_NAMES = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
              "self_attn.o_proj": "attn_output", "mlp.gate_up_proj": "ffn_up", "mlp.gate_proj": "ffn_gate",
              "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "mlp.shared_experts.gate_proj": "ffn_gate_shexp",
              "mlp.shared_experts.up_proj": "ffn_up_shexp", "mlp.shared_experts.down_proj": "ffn_down_shexp",
              "mlp.gate": "ffn_gate_inp", "mlp.moe_statics.e_score_correction_bias": "exp_probs_b.bias",
              "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
              "post_self_attn_layernorm": "post_attention_norm", "post_mlp_layernorm": "post_ffw_norm"}


def gguf_tensors(config):
    """The same tensors by their names in GGUF; experts stacked."""
    whole = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
             "lm_head.weight": "output.weight"}
    for name, shape in tensors_of(config):
        if name in whole:
            yield whole[name], shape
            continue
        layer, rest = name[len("model.layers."):].split(".", 1)
        if rest.startswith("mlp.experts."):
            expert, part = rest[len("mlp.experts."):].split(".", 1)
            if expert == "0":
                yield f"blk.{layer}.ffn_{part.split('_')[0]}_exps.weight", (config["moe_num_experts"], *shape)
        elif rest in GGUF_NAMES:
            yield f"blk.{layer}.{GGUF_NAMES[rest]}", shape[-1:]
        else:
            base, kind = rest.rsplit(".", 1)
            yield f"blk.{layer}.{GGUF_NAMES[base]}.{kind}", shape


def text(value):
    return struct.pack("<Q", len(value.encode())) + value.encode()


def write_gguf(config, kind, path):
    """GGUF version 3: matrices in Q4_0 or Q8_0, the rest and the router in float32."""
    number, width = {"q4_0": (2, 18), "q8_0": (8, 34)}[kind]
    arch = {"ernie4_5_moe": "ernie4_5-moe"}.get(config["model_type"], config["model_type"])
    moe = "moe_k" in config
    rotated = int(config["head_dim"] * config.get("partial_rotary_factor", 1))
    numbers = {"block_count": config["num_hidden_layers"], "context_length": config["max_position_embeddings"],
               "embedding_length": config["hidden_size"], "feed_forward_length": config["intermediate_size"],
               "attention.head_count": config["num_attention_heads"], "vocab_size": config["vocab_size"],
               "attention.head_count_kv": config["num_key_value_heads"], "attention.key_length": config["head_dim"],
               "attention.value_length": config["head_dim"], "rope.dimension_count": rotated}
    if moe:
        shared = config["moe_num_shared_experts"]
        numbers |= {"expert_count": config["moe_num_experts"], "expert_used_count": config["moe_k"],
                    "expert_feed_forward_length": config["moe_intermediate_size"], "expert_shared_count": shared,
                    "expert_shared_feed_forward_length": config["moe_intermediate_size"] * shared,
                    "leading_dense_block_count": config["moe_layer_start_index"], "interleave_moe_layer_step": 1}
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    kinds = [2, 3, 3] + [6] * 256
    words = config["vocab_size"] - len(tokens)
    tokens, kinds = tokens + [f"\u2581w{i}" for i in range(words)], kinds + [1] * words
    scores = [0.0] * 259 + [-float(i) for i in range(words)]
    entries = [text("general.architecture") + struct.pack("<I", 8) + text(arch)]
    entries += [text(f"{arch}.{key}") + struct.pack("<II", 4, value) for key, value in numbers.items()]
    entries += [text(f"{arch}.{key}") + struct.pack("<If", 6, value) for key, value in
                (("attention.layer_norm_rms_epsilon", config["rms_norm_eps"]), ("rope.freq_base", config["rope_theta"]))]
    if moe:
        entries.append(text(f"{arch}.expert_weights_norm") + struct.pack("<IB", 7, 1))
    entries += [text("tokenizer.ggml.model") + struct.pack("<I", 8) + text("llama"),
                text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, len(tokens)) + b"".join(map(text, tokens)),
                text("tokenizer.ggml.scores") + struct.pack("<IIQ", 9, 6, len(scores)) + np.array(scores, "<f4").tobytes(),
                text("tokenizer.ggml.token_type") + struct.pack("<IIQ", 9, 5, len(kinds)) + np.array(kinds, "<i4").tobytes(),
                text("tokenizer.ggml.bos_token_id") + struct.pack("<II", 4, 1),
                text("tokenizer.ggml.eos_token_id") + struct.pack("<II", 4, 2)]
    rng = np.random.default_rng(2)
    blocks = rng.integers(0, 256, (1 << 19, width), dtype=np.uint8)
    blocks[:, :2] = np.full(len(blocks), 0.005 if kind == "q4_0" else 0.0003, "<f2").view(np.uint8).reshape(-1, 2)
    infos, plan, at = [], [], 0
    for name, shape in gguf_tensors(config):
        plain = len(shape) == 1 or "ffn_gate_inp" in name
        count = int(np.prod(shape))
        size = count * 4 if plain else count // 32 * width
        infos.append(text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *reversed(shape)) +
                     struct.pack("<IQ", 0 if plain else number, at))
        plan.append((name, count, plain, size))
        at += (size + 31) // 32 * 32
    header = b"GGUF" + struct.pack("<IQQ", 3, len(infos), len(entries)) + b"".join(entries) + b"".join(infos)
    with open(path, "wb") as out:
        out.write(header + bytes(-len(header) % 32))
        for name, count, plain, size in plan:
            if plain:
                values = rng.standard_normal(count) * 0.02 + (1.0 if name.endswith("norm.weight") else 0.0)
                out.write(values.astype("<f4").tobytes())
            else:
                for first in range(0, count // 32, len(blocks)):
                    out.write(blocks[: min(len(blocks), count // 32 - first)].tobytes())
            out.write(bytes(-size % 32))


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in GEOMETRY:
        sys.exit("usage: gpu_models.py " + "|".join(GEOMETRY) + " FOLDER")
    config, folder = GEOMETRY[sys.argv[1]], pathlib.Path(sys.argv[2]) / "bf16"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    noise = bf16(np.random.default_rng(1).standard_normal(1 << 24, dtype=np.float32) * np.float32(0.02))
    ones = bf16(np.ones(1 << 16, dtype=np.float32))
    header, at, plan = {}, 0, []
    for name, shape in tensors_of(config):
        wide = name.endswith("e_score_correction_bias") or name.endswith("mlp.gate.weight")  # float32 as published
        size = int(np.prod(shape)) * (4 if wide else 2)
        header[name] = {"dtype": "F32" if wide else "BF16", "shape": list(shape), "data_offsets": [at, at + size]}
        plan.append((name, shape, wide))
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(folder / "model.safetensors", "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for name, shape, wide in plan:
            count = int(np.prod(shape))
            if wide:
                out.write((np.random.default_rng(count).standard_normal(count) * 0.02).astype("<f4").tobytes())
            elif name.endswith("norm.weight"):
                out.write(ones[:count].tobytes())
            else:
                for first in range(0, count, len(noise)):
                    out.write(noise[: min(len(noise), count - first)].tobytes())
    for kind in ("q4_0", "q8_0"):
        write_gguf(config, kind, folder.parent / f"{kind}.gguf")


main()
