#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/types.h"

namespace engine {

/// Rows of the KV cache as products read them: blocks of pairs of rows that are interleaved, so that both of a pair's
/// elements stand side by side in every column. Pair j is row j % block_pairs of blocks[j / block_pairs], which is
/// [block_pairs][columns][2]. Behind the pointers that are read there are kAhead more, whose blocks are only prefetched.
/// Keys are [head_dim / 2][page_tokens][2], one block at a time; values are [page_tokens / 2][head_dim][2].
struct PairedBlocks {
  static constexpr std::size_t kAhead = 1;
  const std::byte* const* blocks = nullptr;
  std::size_t block_pairs = 0;
  std::size_t pairs = 0;    ///< over all blocks
  std::size_t columns = 0;
};

/// The inner loops of attention for one instruction set: `portable` is the specification. A sum does not depend on what is
/// computed beside it, but rows are multiplied in groups for which every block is read once. Any thread.
struct AttentionKernels {
  const char* name;  ///< "portable", "avx2", "avx512"

  /// out[m * out_stride + c] = sum over pairs j and e < 2 of a[m * a_stride + 2 * j + e] * b[j][c][e], or += it, for
  /// m < rows, c < columns. Elements are widened exactly, all arithmetic is float32.
  /// Tolerance against portable: pairs * 2^-22 of the sum of magnitudes.
  using Multiply = void (*)(const float* a, std::size_t a_stride, std::size_t rows, const PairedBlocks& b, float* out,
                            std::size_t out_stride, bool add_to_out);
  Multiply multiply_f32, multiply_f16, multiply_bf16;
  /// Interleaves two rows: to[2 * i] = even[i], to[2 * i + 1] = odd[i], i < n.
  void (*pair)(const float* even, const float* odd, std::size_t n, float* to);
};

/// The same with products of bfloat16, two to a float32 sum (subnormal numbers count as zero), for CPUs that have them.
struct Bf16AttentionKernels {
  /// to[i] = factor * from[i], rounded to nearest even.
  void (*narrow)(const float* from, std::size_t n, float factor, std::uint16_t* to);
  /// As AttentionKernels::pair, each element rounded to nearest even.
  void (*pair)(const float* even, const float* odd, std::size_t n, std::uint16_t* to);
  /// As AttentionKernels::Multiply over blocks of bfloat16; a_stride is even and `a` starts at an even element.
  /// Tolerance against products in float32 of the same numbers: pairs * 2^-22 of the sum of magnitudes.
  void (*multiply)(const std::uint16_t* a, std::size_t a_stride, std::size_t rows, const PairedBlocks& b, float* out,
                   std::size_t out_stride, bool add_to_out);
  /// The largest of `most` and scores[i], i < n; n >= 1.
  float (*largest)(const float* scores, std::size_t n, float most);
  /// weights[i] = exp(scores[i] - shift) rounded to bfloat16, shift >= scores[i]; returns their sum,
  /// in float32. Relative tolerance of what is rounded and of adding up: 1e-5.
  float (*exp_and_sum)(const float* scores, std::size_t n, float shift, std::uint16_t* weights);
};

const AttentionKernels& portable_attention_kernels();
const AttentionKernels& avx2_attention_kernels();    ///< needs AVX2, FMA and F16C
const AttentionKernels& avx512_attention_kernels();  ///< needs AVX-512 F, BW, DQ and VL
const Bf16AttentionKernels& avx512_bf16_attention_kernels();  ///< needs these and AVX512_BF16

/// The best version that this CPU can run and `cap` allows, as choose_kernels.
const AttentionKernels& choose_attention_kernels(IsaChoice cap);
/// Null where the CPU or `cap` has no products of bfloat16.
const Bf16AttentionKernels* choose_bf16_attention_kernels(IsaChoice cap);

}  // namespace engine
