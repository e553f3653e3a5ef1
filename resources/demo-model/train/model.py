"""ERNIE 4.5 dense in PyTorch, for training: the module names are the tensor names of the published checkpoints."""
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Shape:
    """The sizes of config.json, by its names. head_dim is a multiple of 16, hidden_size of 32."""
    vocab_size: int = 3584
    hidden_size: int = 192
    intermediate_size: int = 512
    num_hidden_layers: int = 4
    num_attention_heads: int = 6
    num_key_value_heads: int = 2
    head_dim: int = 32
    rms_norm_eps: float = 1e-5
    rope_theta: float = 500000.0
    max_position_embeddings: int = 2048


def rotation(positions, shape):
    """cos and sin of each position's angles, [..., head_dim / 2]: position * theta ^ (-2i / head_dim)."""
    exponent = torch.arange(0, shape.head_dim, 2, dtype=torch.float32) / shape.head_dim
    angles = positions.float().unsqueeze(-1) / shape.rope_theta ** exponent
    return angles.cos(), angles.sin()


def rotate(x, cos, sin):
    """Interleaved rope: the pair (x[2i], x[2i+1]) turns by angle i. x [batch, heads, tokens, head_dim]."""
    pairs = x.float().unflatten(-1, (-1, 2))
    a, b = pairs.unbind(-1)
    return torch.stack((a * cos - b * sin, b * cos + a * sin), -1).flatten(-2).to(x.dtype)


class Norm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(size)), eps

    def forward(self, x):
        return F.rms_norm(x, (x.shape[-1],), self.weight, self.eps)


class Attention(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.s = s
        self.q_proj = nn.Linear(s.hidden_size, s.num_attention_heads * s.head_dim, bias=False)
        self.k_proj = nn.Linear(s.hidden_size, s.num_key_value_heads * s.head_dim, bias=False)
        self.v_proj = nn.Linear(s.hidden_size, s.num_key_value_heads * s.head_dim, bias=False)
        self.o_proj = nn.Linear(s.num_attention_heads * s.head_dim, s.hidden_size, bias=False)

    def forward(self, x, cos, sin, mask):
        s = self.s
        split = lambda y, heads: y.unflatten(-1, (heads, s.head_dim)).transpose(1, 2)
        q = rotate(split(self.q_proj(x), s.num_attention_heads), cos, sin)
        k = rotate(split(self.k_proj(x), s.num_key_value_heads), cos, sin)
        v = split(self.v_proj(x), s.num_key_value_heads)
        group = s.num_attention_heads // s.num_key_value_heads  # consecutive query heads share a key head
        k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.o_proj(y.transpose(1, 2).flatten(-2))


class GatedMlp(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.gate_proj = nn.Linear(s.hidden_size, s.intermediate_size, bias=False)
        self.up_proj = nn.Linear(s.hidden_size, s.intermediate_size, bias=False)
        self.down_proj = nn.Linear(s.intermediate_size, s.hidden_size, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.input_layernorm = Norm(s.hidden_size, s.rms_norm_eps)
        self.self_attn = Attention(s)
        self.post_attention_layernorm = Norm(s.hidden_size, s.rms_norm_eps)
        self.mlp = GatedMlp(s)

    def forward(self, x, cos, sin, mask, drop):
        x = x + F.dropout(self.self_attn(self.input_layernorm(x), cos, sin, mask), drop, self.training)
        return x + F.dropout(self.mlp(self.post_attention_layernorm(x)), drop, self.training)


class Body(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.embed_tokens = nn.Embedding(s.vocab_size, s.hidden_size)
        self.layers = nn.ModuleList(Layer(s) for _ in range(s.num_hidden_layers))
        self.norm = Norm(s.hidden_size, s.rms_norm_eps)


class Ernie(nn.Module):
    """Ernie4_5ForCausalLM with tied embeddings. Its state_dict is what model.safetensors holds."""

    def __init__(self, shape):
        super().__init__()
        self.shape, self.model = shape, Body(shape)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                # The two matrices that write into the residual stream start smaller, the deeper the model the more.
                ends = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(p, std=0.02 / (2 * shape.num_hidden_layers) ** 0.5 if ends else 0.02)

    def hidden(self, ids, positions, mask, drop=0.0):
        """States after the final norm [batch, tokens, hidden]. mask [batch, 1, tokens, tokens], true = visible."""
        cos, sin = (t.unsqueeze(1) for t in rotation(positions, self.shape))
        x = F.dropout(self.model.embed_tokens(ids), drop, self.training)
        for layer in self.model.layers:
            x = layer(x, cos, sin, mask, drop)
        return self.model.norm(x)

    def head(self, hidden):
        return F.linear(hidden, self.model.embed_tokens.weight)
