#!/usr/bin/env python3
"""Blocks of the quantised types and what they decode to: writes tests/fixtures/quantised/blocks.safetensors.

Random bytes with finite scales, decoded by the Python package gguf (the reference of models.md 5.2). Two tensors a type:
TYPE.blocks, U8 [blocks, bytes], and TYPE.values, F32 [blocks, elements]. Needs requirements.txt; torch is not used.
"""
import pathlib

import numpy
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants
from safetensors.numpy import save_file

FIXTURE = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "quantised" / "blocks.safetensors"

# Where the binary16 scales of a block stand.
HALVES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
          "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0], "MXFP4": []}


def random_blocks(name, random):
    elements, size = GGML_QUANT_SIZES[GGMLQuantizationType[name]]
    blocks = random.integers(0, 256, (9 if elements == 32 else 3, size), dtype=numpy.uint8)
    for at in HALVES[name]:
        scales = random.normal(0, 0.1, len(blocks)).astype("<f2")
        scales[0] = 3e-7  # a subnormal half
        blocks[:, at : at + 2] = scales.view(numpy.uint8).reshape(-1, 2)
    if name == "MXFP4":
        blocks[:, 0] = [0, 1, 2, 126, 127, 128, 130, 200, 100]  # powers of two, the first ones subnormal
    return blocks


def main():
    random = numpy.random.default_rng(13)
    tensors = {}
    for name in HALVES:
        blocks = random_blocks(name, random)
        tensors[name + ".blocks"] = blocks
        tensors[name + ".values"] = quants.dequantize(blocks, GGMLQuantizationType[name]).astype(numpy.float32)
        assert numpy.isfinite(tensors[name + ".values"]).all(), name
    FIXTURE.parent.mkdir(exist_ok=True)
    save_file(tensors, FIXTURE)
    print(FIXTURE, FIXTURE.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
