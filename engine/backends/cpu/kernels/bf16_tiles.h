#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/types.h"

namespace engine {

/// Up to kColumns rows of a weight over up to kDepth elements, as Bf16Kernels::pack_weights writes them. 64 KB: it stays in
/// the second cache level while all rows of x pass, and each sum goes to memory once in kDepth elements.
struct Bf16Panel {
  static constexpr std::size_t kColumns = 32, kDepth = 1024;
  alignas(64) std::uint16_t elements[kColumns * kDepth];
};

/// The inner loops of products whose two factors are bfloat16 and whose sums are float32, for instructions that multiply
/// pairs: element k stands beside element k + 1. Numbers too small to be normal (below 2^-126) count as zero, in both
/// factors and in every sum. Any thread.
struct Bf16Kernels {
  std::size_t tile_rows;  ///< most rows of x in one multiply_tile

  /// to[k / 2][i][k % 2] = x[i * x_stride + k], rounded to nearest even, for i < rows <= tile_rows and k < n; 0 behind the
  /// end of an odd n.
  void (*pack_inputs)(const float* x, std::size_t x_stride, std::size_t rows, std::size_t n, std::uint16_t* to);
  /// panel[k / 2][r][k % 2] = rows[r][k] for k < n <= kDepth, of bfloat16 at any address; 0 for num_rows <= r < kColumns
  /// and behind the end of an odd n.
  void (*pack_weights)(const std::byte* rows, std::size_t row_bytes, std::size_t num_rows, std::size_t n,
                       Bf16Panel& panel);
  /// out[i * out_stride + c] = sum over k < n of x[i][k] * panel[c][k], both as packed above, or += it, for i < rows <=
  /// tile_rows, c < columns <= kColumns. `x` was packed with as many `rows`. A sum does not depend on what is computed
  /// beside it. Tolerance against the formula in float64: n * 2^-23 of the sum of magnitudes.
  void (*multiply_tile)(const std::uint16_t* x, const Bf16Panel& panel, std::size_t n, float* out,
                        std::size_t out_stride, std::size_t rows, std::size_t columns, bool add_to_out);
};

const Bf16Kernels& avx512_bf16_kernels();  ///< needs AVX-512 F, BW, DQ, VL and BF16

/// What this CPU can run and `cap` allows; null: there is none, and float32 does the work.
const Bf16Kernels* choose_bf16_kernels(IsaChoice cap);

}  // namespace engine
