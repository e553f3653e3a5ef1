#pragma once

#include <cstdint>
#include <span>

#include "engine/formats/model_source.h"

namespace engine {

/// The types that decode_rows reads: F32, F16, BF16, F64, the quantised ones of GGUF and the scaled ones of Hugging Face.
bool can_decode(DType dtype);

/// Numbers of one row: the last dimension, 1 for a scalar.
std::int64_t row_length_of(const TensorView& tensor);
/// The bytes of rows [first, first + count) where they lie, counted through all dimensions but the last; of a GPTQ4 weight,
/// whose rows lie side by side, as many bytes.
std::span<const std::byte> bytes_of_rows(const TensorView& tensor, std::int64_t first, std::int64_t count);

/// Rows that are decoded together for little more than one costs.
constexpr std::int64_t rows_at_once(DType dtype) { return dtype == DType::GPTQ4 ? 32 : 1; }

/// Rows [first, first + count) as float32, exact up to one rounding (the kernels' widen): `out` has count times
/// row_length_of(tensor) numbers. The one place where weights of a file become numbers. Any thread.
void decode_rows(const TensorView& tensor, std::int64_t first, std::int64_t count, std::span<float> out);

}  // namespace engine
