#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/tensor/dtype.h"
#include "engine/tensor/scaling.h"
#include "engine/types.h"

namespace engine {

/// Kernels over rows of one storage type as they lie in memory, at any address, `row_bytes` apart. All arithmetic is
/// float32; elements are widened exactly. Sizes are in elements, whole blocks of a quantised type.
struct RowKernels {
  /// out[i * out_stride + r] = sum over k < n of x[i * x_stride + k] * rows[r][k], for i < num_x, r < num_rows. One
  /// accumulator register a pair, so that a sum does not depend on what else is computed beside it.
  /// Tolerance against portable: n * 2^-23 of the sum of magnitudes.
  void (*dot)(const float* x, std::size_t x_stride, std::size_t num_x, const std::byte* rows, std::size_t row_bytes,
              std::size_t num_rows, std::size_t n, float* out, std::size_t out_stride);
  /// Null for F64 and quantised types. out[i * out_stride + k] += sum over r < num_rows of p[i * p_stride + r] * rows[r][k], for i < num_x, k < n.
  void (*accumulate)(const float* p, std::size_t p_stride, std::size_t num_x, const std::byte* rows,
                     std::size_t row_bytes, std::size_t num_rows, std::size_t n, float* out, std::size_t out_stride);
  /// panel[k * tile_columns + r] = rows[r][k] for k < n, and 0 for num_rows <= r < tile_columns: the form that
  /// multiply_tile reads.
  void (*pack)(const std::byte* rows, std::size_t row_bytes, std::size_t num_rows, std::size_t n, float* panel);
  /// Exact but for F64, which is rounded to nearest even, and for quantised types, which are what models.md 5.2 says,
  /// rounded once: the same bits from every version.
  void (*widen)(const std::byte* from, std::size_t n, float* to);
  /// Null for F64 and quantised types. Rounds to nearest even (a plain copy for F32).
  void (*narrow)(const float* from, std::size_t n, std::byte* to);
};

/// One row of an FP8 weight: its numbers and its scales, one for every `block_columns` columns.
struct F8Row {
  const std::byte* numbers = nullptr;
  const std::byte* scales = nullptr;
  DType scale_type = DType::F32;
  std::size_t block_columns = 1;
  std::size_t ahead = 0;  ///< bytes from `numbers` to the row that will be wanted soon; it is prefetched
};

/// Kernels over rows of FP8. A value is number * scale, rounded once: the same bits from every version.
struct F8Kernels {
  /// to[i] = value of column `column` + i, for i < n.
  void (*widen)(const F8Row& row, std::size_t column, std::size_t n, float* to);
  /// panel[k * tile_columns + r] = value of column `column` + k of rows[r] for k < n, 0 for num_rows <= r < tile_columns.
  void (*pack)(const F8Row* rows, std::size_t num_rows, std::size_t column, std::size_t n, float* panel);
};

/// Kernels over tiles of up to tile_columns rows of a GPTQ4 weight, which lie together in every word row. A value is
/// scale * (number - zero), rounded once: the same bits from every version.
struct GptqKernels {
  /// tables[(2 * g) * tile_columns + r] = scale of group g and row `row` + r, and, in the next tile_columns floats, its
  /// zero point; 0 for num_rows <= r < tile_columns. For all groups: 2 * groups * tile_columns floats.
  void (*fill_tables)(const Scaling& scaling, std::size_t row, std::size_t num_rows, float* tables);
  /// panel[k * tile_columns + r] = value of column `column` + k of row `row` + r for k < n, 0 for num_rows <= r <
  /// tile_columns. column and n are multiples of 8; `tables` as fill_tables left it.
  void (*pack)(const std::byte* words, const Scaling& scaling, const float* tables, std::size_t row,
               std::size_t num_rows, std::size_t column, std::size_t n, float* panel);
};

/// The inner loops of the CPU backend for one instruction set. Every version computes the same formulas; `portable` is
/// the specification. Any thread.
struct KernelTable {
  const char* name;          ///< "portable", "avx2", "avx512"
  std::size_t tile_rows;     ///< most rows of one multiply_tile
  std::size_t tile_columns;  ///< most columns of one, and width of a packed panel
  RowKernels f32, bf16, f16, f64;
  RowKernels quantised[kQuantisedTypes];  ///< in the order of DType, from Q4_0 on
  F8Kernels f8_e4m3, f8_e5m2;
  GptqKernels gptq;

  /// out = x / sqrt(sum(x^2) / n + eps) * weight. Relative tolerance against portable 1e-5.
  void (*rms_norm)(const float* x, const float* weight, float eps, std::size_t n, float* out);
  /// out = gate / (1 + exp(-gate)) * up. Relative tolerance 1e-6; out may be gate or up.
  void (*gated_silu)(const float* gate, const float* up, std::size_t n, float* out);
  /// x = exp(x - shift), returns the sum. Relative tolerance of each 1e-6 (2 units in the last place); below
  /// exp(-87.3) exactly 0.
  float (*exp_and_sum)(float* x, std::size_t n, float shift);
  /// The largest; n >= 1.
  float (*largest)(const float* x, std::size_t n);
  /// x *= factor.
  void (*scale)(float* x, std::size_t n, float factor);
  /// x += y.
  void (*add)(const float* y, std::size_t n, float* x);
  /// (x[2i], x[2i+1]) = (x[2i] c[i] - x[2i+1] s[i], x[2i+1] c[i] + x[2i] s[i]) for i < pairs.
  void (*rotate_pairs)(float* x, const float* cosines, const float* sines, std::size_t pairs);
  /// out[m * out_stride + c] = sum over k < n of a[m * a_stride + k] * b[k * b_stride + c], or += it, for m < rows <=
  /// tile_rows, c < columns <= tile_columns. Rows of b must be readable for tile_columns elements.
  void (*multiply_tile)(const float* a, std::size_t a_stride, const float* b, std::size_t b_stride, std::size_t n,
                        float* out, std::size_t out_stride, std::size_t rows, std::size_t columns, bool add_to_out);

  /// The row kernels of a storage type: F32, BF16, F16, F64 or a quantised one.
  const RowKernels& rows_of(DType dtype) const {
    if (is_quantised(dtype)) return quantised[static_cast<std::size_t>(dtype) - static_cast<std::size_t>(DType::Q4_0)];
    return dtype == DType::BF16 ? bf16 : dtype == DType::F16 ? f16 : dtype == DType::F64 ? f64 : f32;
  }
};

const KernelTable& portable_kernels();
const KernelTable& avx2_kernels();    ///< needs AVX2, FMA and F16C
const KernelTable& avx512_kernels();  ///< needs AVX-512 F, BW, DQ and VL

/// The best version that this CPU can run and `cap` allows. Amx caps like Auto: what AMX speeds up is the matrix
/// library's.
const KernelTable& choose_kernels(IsaChoice cap);

/// What the CPU and the operating system support.
struct CpuFeatures {
  bool avx2 = false;      ///< with FMA and F16C
  bool avx512 = false;    ///< F, BW, DQ, VL
  bool vnni = false;      ///< AVX-512 with products of bytes
  bool bf16 = false;      ///< AVX-512 with products of bfloat16
  bool amx_bf16 = false;  ///< matrix tiles of bfloat16
};
const CpuFeatures& cpu_features();

}  // namespace engine
