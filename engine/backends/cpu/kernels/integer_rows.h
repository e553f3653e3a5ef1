#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/tensor/dtype.h"
#include "engine/types.h"

namespace engine {

/// Activations in 8 bits: element k is about scales[k / 32] * q[k], one scale for each group of 32 elements, so that the
/// largest of a group is 127. Source of the idea: quantised dot products of ggml (types Q8_0 and Q8_K).
struct IntegerRow {
  const std::int8_t* q = nullptr;   ///< [n]
  const float* scales = nullptr;    ///< [n / 32]
  const float* sums = nullptr;      ///< [n / 32]: sum of scale * q over the group
  const float* half_sums = nullptr; ///< [n / 16]: the same over each half of it
};

/// Up to tile_columns rows of a weight over up to 256 elements, as multiply reads them: every 4 codes of each row, then
/// the next 4 of each, and the factors and shifts of every group.
struct IntegerPanel {
  static constexpr std::size_t kMostColumns = 16;
  alignas(64) std::uint8_t codes[256 * kMostColumns];
  alignas(64) float factors[16 * kMostColumns], shifts[16 * kMostColumns];
};

/// The kernels of one quantised type. Tolerance of both products against portable: n * 2^-22 of the sum of magnitudes.
struct IntegerType {
  /// out[i * out_stride + r] = product of x[i] and rows[r], i < num_x, r < num_rows; n is a multiple of the type's block.
  /// A sum does not depend on what is computed beside it. Reads each row once: for few inputs.
  void (*dot)(const IntegerRow* x, std::size_t num_x, const std::byte* rows, std::size_t row_bytes, std::size_t num_rows,
              std::size_t n, float* out, std::size_t out_stride);
  /// n <= 256 elements of num_rows <= tile_columns rows; the other columns become zeros.
  void (*pack)(const std::byte* rows, std::size_t row_bytes, std::size_t num_rows, std::size_t n, IntegerPanel& panel);
  /// out[i * out_stride + c] = product of elements [k, k + n) of x[i], k a multiple of 256, with column c of the panel, or
  /// += it, for i < num_x, c < columns <= tile_columns.
  void (*multiply)(const IntegerRow* x, std::size_t num_x, std::size_t k, std::size_t n, const IntegerPanel& panel,
                   float* out, std::size_t out_stride, std::size_t columns, bool add_to_out);
};

/// Products of quantised weights as they lie in a file with activations in 8 bits: a weight is factor * code + shift with
/// a whole-number code, factor and shift shared by 16 or 32 elements, so that the sum over a group is
/// scale * factor * (sum of code * q) + shift * sum. Sums of codes are exact in 32 bits; the rest is float32.
struct IntegerKernels {
  const char* name;          ///< "portable", "avx2", "vnni"
  std::size_t tile_columns;  ///< width of a panel

  /// Rounds to nearest even. n: a multiple of 32. Each group's arrays as IntegerRow describes them. The same bits from
  /// every version. A group with a number that is not finite gets a scale that is NaN.
  void (*quantise)(const float* x, std::size_t n, std::int8_t* q, float* scales, float* sums, float* half_sums);

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
