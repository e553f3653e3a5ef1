#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/tensor/dtype.h"
#include "engine/types.h"

namespace engine {

/// 256 activations in 8 bits, in groups of 32: element k is about scales[k / 32] * q[k]. Zeros behind the end of a row.
/// In 16 bits two of these belong together: a number is 256 times that of the first plus that of the second, the rests, and
/// what the second says beside q is about those numbers of 16 bits.
/// Source of the idea: quantised dot products of ggml (types Q8_0 and Q8_K).
struct alignas(64) IntegerPiece {
  std::int8_t q[256];
  std::int8_t crossed[256];      ///< q as dot likes it: 4 of each of four groups, the next 4 of each
  float scales[8];               ///< the largest of a group is 127 times that, or in 16 bits about 127 * 256 times
  float sums[8];                 ///< sum of scale * q over each group
  float half_sums[16];           ///< the same over each half of a group
  std::int32_t minus_totals[8];  ///< -sum of q over each group
  std::int32_t minus_half_totals[16];
};

/// Rows of activations: elements [256 p, 256 p + 256) of row i are pieces[p * stride + i]. The same elements of all rows lie
/// together, for they are what meets a panel.
struct IntegerRows {
  const IntegerPiece* pieces = nullptr;
  std::size_t stride = 0;

  const IntegerPiece& at(std::size_t row, std::size_t piece) const { return pieces[piece * stride + row]; }
  IntegerRows from(std::size_t row) const { return {pieces + row, stride}; }
};

/// One of such rows, to be written: pieces[p * stride].
struct IntegerRow {
  IntegerPiece* pieces = nullptr;
  std::size_t stride = 0;

  IntegerPiece& at(std::size_t piece) const { return pieces[piece * stride]; }
};

/// Up to tile_columns rows of a weight over up to 256 elements, as multiply reads them: every 4 codes of each row, then
/// the next 4 of each, and the factors and shifts of every group.
struct IntegerPanel {
  static constexpr std::size_t kMostColumns = 32;
  alignas(64) std::uint8_t codes[256 * kMostColumns];
  alignas(64) float factors[16 * kMostColumns], shifts[16 * kMostColumns];
};

/// The kernels of one quantised type. Tolerance of both products against portable: n * 2^-22 of the sum of magnitudes.
struct IntegerType {
  /// out[i * out_stride + r] = product of row i of x + rests and rows[r], i < num_x, r < num_rows; n is a multiple of the
  /// type's block. `rests` as quantise leaves them; both crossed. A sum does not depend on what is computed beside it. Reads
  /// each row once: for few inputs.
  void (*dot)(IntegerRows x, IntegerRows rests, std::size_t num_x, const std::byte* rows, std::size_t row_bytes, std::size_t num_rows,
              std::size_t n, float* out, std::size_t out_stride);
  /// n <= 256 elements of num_rows <= tile_columns rows; the other columns become zeros.
  void (*pack)(const std::byte* rows, std::size_t row_bytes, std::size_t num_rows, std::size_t n, IntegerPanel& panel);
  /// sums[i * tile_columns + c] = product of elements [k, k + n) of row i of x, k a multiple of 256, with column c of the
  /// panel, or += it, for i < num_x and all columns. With `rests` x is in 16 bits, without (no pieces) in 8.
  void (*multiply)(IntegerRows x, IntegerRows rests, std::size_t num_x, std::size_t k, std::size_t n, const IntegerPanel& panel,
                   float* sums, bool add);
};

/// Products of quantised weights as they lie in a file with activations in 8 bits: a weight is factor * code + shift with
/// a whole-number code, factor and shift shared by 16 or 32 elements, so that the sum over a group is
/// scale * factor * (sum of code * q) + shift * sum. Sums of codes are exact in 32 bits; the rest is float32.
struct IntegerKernels {
  const char* name;          ///< "portable", "avx2", "vnni"
  std::size_t tile_columns;  ///< width of a panel

  /// Rounds to nearest even. n: a multiple of 32. Writes whole pieces. The same bits from every version. A group with a
  /// number that is not finite gets a scale that is NaN. Into `rests`, unless null, goes what rounding left, in 8 bits too:
  /// together they are x in 16 bits. `crossed`: whether that order is wanted too.
  void (*quantise)(const float* x, std::size_t n, IntegerRow to, IntegerRow rests, bool crossed);

  IntegerType types[kQuantisedTypes];  ///< in the order of DType, from Q4_0 on

  const IntegerType& type(DType dtype) const {
    return types[static_cast<std::size_t>(dtype) - static_cast<std::size_t>(DType::Q4_0)];
  }
};

const IntegerKernels& portable_integer_kernels();
const IntegerKernels& avx2_integer_kernels();  ///< needs AVX2, FMA and F16C
const IntegerKernels& vnni_integer_kernels();  ///< needs AVX-512 F, BW, DQ, VL and VNNI

/// The best version that this CPU can run and `cap` allows, as choose_kernels.
const IntegerKernels& choose_integer_kernels(IsaChoice cap);

}  // namespace engine
