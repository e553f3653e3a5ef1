"""The model in NumPy, from config.json and model.safetensors alone: a second opinion on the layout, and what asks the
evaluation's questions. float32 arithmetic on the bfloat16 weights; incremental, with keys and values kept."""
import json
from pathlib import Path

import numpy as np


def read_tensors(path):
    """The tensors of a safetensors file that holds bfloat16 only, as float32."""
    data = Path(path).read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            assert entry["dtype"] == "BF16", name
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            bits = np.frombuffer(data[begin:end], np.uint16).astype(np.uint32) << 16
            tensors[name] = bits.view(np.float32).reshape(entry["shape"])
    return tensors


class Reference:
    def __init__(self, folder):
        self.config = json.loads((Path(folder) / "config.json").read_text())
        self.tensors = read_tensors(Path(folder) / "model.safetensors")

    def norm(self, x, name):
        scale = 1 / np.sqrt(np.mean(x * x, -1, keepdims=True) + self.config["rms_norm_eps"])
        return x * scale * self.tensors[name + ".weight"]

    def linear(self, x, name):
        return x @ self.tensors[name + ".weight"].T

    def rotate(self, x, positions):
        """x [tokens, heads, head_dim]; the pair (2i, 2i + 1) turns by position * theta ^ (-2i / head_dim)."""
        size = self.config["head_dim"]
        angles = positions[:, None] * self.config["rope_theta"] ** (-np.arange(0, size, 2) / size)
        cos, sin = np.cos(angles)[:, None].astype(np.float32), np.sin(angles)[:, None].astype(np.float32)
        out = np.empty_like(x)
        out[..., 0::2] = x[..., 0::2] * cos - x[..., 1::2] * sin
        out[..., 1::2] = x[..., 1::2] * cos + x[..., 0::2] * sin
        return out

    def attention(self, x, name, positions, cache):
        heads, kv_heads, size = (self.config[k] for k in ("num_attention_heads", "num_key_value_heads", "head_dim"))
        q = self.rotate(self.linear(x, name + ".q_proj").reshape(-1, heads, size), positions)
        k = self.rotate(self.linear(x, name + ".k_proj").reshape(-1, kv_heads, size), positions)
        v = self.linear(x, name + ".v_proj").reshape(-1, kv_heads, size)
        if cache:
            k, v = np.concatenate((cache[0], k)), np.concatenate((cache[1], v))
        cache[:] = [k, v]
        group = heads // kv_heads
        scores = np.einsum("qhd,khd->hqk", q, np.repeat(k, group, 1)) / np.sqrt(np.float32(size))
        scores = np.where(np.arange(len(k)) <= positions[:, None], scores, -np.inf)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        mixed = np.einsum("hqk,khd->qhd", weights, np.repeat(v, group, 1)).reshape(len(x), heads * size)
        return self.linear(mixed, name + ".o_proj")

    def logits(self, ids, caches=None):
        """[tokens, vocabulary]. caches: one list for each layer, empty at first; the ids follow what they hold."""
        caches = caches if caches is not None else [[] for _ in range(self.config["num_hidden_layers"])]
        begin = len(caches[0][0]) if caches[0] else 0
        positions = np.arange(begin, begin + len(ids))
        x = self.tensors["model.embed_tokens.weight"][ids]
        for i, cache in enumerate(caches):
            layer = f"model.layers.{i}"
            x = x + self.attention(self.norm(x, layer + ".input_layernorm"), layer + ".self_attn", positions, cache)
            h = self.norm(x, layer + ".post_attention_layernorm")
            gate = self.linear(h, layer + ".mlp.gate_proj")
            x = x + self.linear(gate / (1 + np.exp(-gate)) * self.linear(h, layer + ".mlp.up_proj"), layer + ".mlp.down_proj")
        return self.linear(self.norm(x, "model.norm"), "model.embed_tokens")

    def greedy(self, ids, limit, ends):
        """The most likely reply to a prompt, without the id that ends it."""
        caches, reply = [[] for _ in range(self.config["num_hidden_layers"])], []
        row = self.logits(ids, caches)[-1]
        while len(reply) < limit and (best := int(row.argmax())) not in ends:
            reply.append(best)
            row = self.logits([best], caches)[-1]
        return reply
