#!/usr/bin/env python3
"""What other encoders make of the same numbers: writes tests/fixtures/quantised/encoded.safetensors.

`numbers` F32 [rows, 512], a distribution a row, and their blocks U8 [rows, bytes]: `Q8_0`, `Q4_0` and `BF16` by the
Python package gguf, `Q4_K` and `Q6_K` by ggml_quantize_chunk of the library ggml, which the Python package
llama-cpp-python brings (--ggml FILE, libggml-base.so). Needs requirements.txt beside it.
"""
import argparse
import ctypes
import pathlib

import numpy
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants
from safetensors.numpy import save_file

FIXTURE = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "quantised" / "encoded.safetensors"
COLUMNS = 512


def numbers():
    random = numpy.random.default_rng(29)
    normal = [random.standard_normal(COLUMNS) * scale for scale in (0.02, 0.02, 0.02, 0.02, 1.0, 1e-4)]
    rows = [*normal, random.laplace(size=COLUMNS) * 0.02, random.standard_t(3, size=COLUMNS) * 0.02,
            random.uniform(-1, 1, COLUMNS), numpy.abs(random.standard_normal(COLUMNS)),
            -numpy.abs(random.standard_normal(COLUMNS)) - 0.5, random.standard_normal(COLUMNS) * 1000,
            random.standard_normal(COLUMNS) * (random.random(COLUMNS) < 0.05), numpy.full(COLUMNS, 0.25),
            numpy.full(COLUMNS, -3.0), numpy.zeros(COLUMNS)]
    # No negative zeros: encoders differ in the sign that they give a block of nothing else.
    return numpy.array(rows, dtype=numpy.float32) + numpy.float32(0)


def by_ggml(library, values, kind):
    blocks, size = GGML_QUANT_SIZES[kind]
    out = numpy.zeros((len(values), COLUMNS // blocks * size), dtype=numpy.uint8)
    library.ggml_quantize_chunk(ctypes.c_int(kind), ctypes.c_void_p(values.ctypes.data), ctypes.c_void_p(out.ctypes.data),
                                ctypes.c_int64(0), ctypes.c_int64(len(values)), ctypes.c_int64(COLUMNS), None)
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ggml", required=True)
    library = ctypes.CDLL(parser.parse_args().ggml)
    values = numbers()
    tensors = {"numbers": values}
    for name in ("Q8_0", "Q4_0", "BF16"):
        tensors[name] = quants.quantize(values, GGMLQuantizationType[name]).view(numpy.uint8)
    for name in ("Q4_K", "Q6_K"):
        tensors[name] = by_ggml(library, values, GGMLQuantizationType[name])
    save_file(tensors, FIXTURE)
    print(FIXTURE, FIXTURE.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
