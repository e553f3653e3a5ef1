#pragma once

#include <cstddef>
#include <span>

#include "engine/tensor/dtype.h"

namespace engine {

/// The largest magnitude that encode() puts into a quantised block: that of the binary16 numbers, which scales are.
inline constexpr float kLargestQuantised = 65504.0f;

/// The types that encode() writes.
constexpr bool can_encode(DType dtype) {
  return dtype == DType::F32 || dtype == DType::BF16 || dtype == DType::Q8_0 || dtype == DType::Q4_0 ||
         dtype == DType::Q4_K || dtype == DType::Q6_K;
}

/// Writes `from` (whole blocks of `dtype`, one that can_encode) to `to`, which has bytes_of(dtype, from.size()) bytes
/// at any address. Layouts: models.md 5.2. The same bytes on every machine; any thread.
///
/// F32 is copied, BF16 rounded to nearest even. Q8_0 and Q4_0 take their scale from the largest magnitude, bit for bit
/// as ggml does (ggml-quants.c, quantize_row_q8_0_ref and _q4_0_ref). Q4_K and Q6_K search for the scale (and minimum)
/// of each stretch of 32 (16) numbers that leave the least sum of (rms + |x|) * (x - decoded)^2: of each candidate the
/// numbers are rounded, then scale and minimum follow by least squares.
///
/// False, with `to` undefined, where a quantised type is to hold a number that is not finite or larger than
/// kLargestQuantised.
bool encode(DType dtype, std::span<const float> from, std::byte* to);

}  // namespace engine
