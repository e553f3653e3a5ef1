#include <immintrin.h>

#include "engine/backends/cpu/kernels/attention_kernels.h"

// Products of bfloat16 with AVX512_BF16: an instruction multiplies 16 columns of a pair of rows by a pair of factors.

namespace engine {
namespace {

constexpr std::size_t kWidth = 16;
constexpr std::size_t kVectors = 2;
constexpr std::size_t kMostRows = 12;  // 24 sums, 2 columns and 1 pair of factors in 32 registers

__mmask16 first_lanes(std::size_t n) { return static_cast<__mmask16>(n >= kWidth ? 0xffffu : (1u << n) - 1u); }

template <std::size_t M>
void multiply_strip(const std::uint16_t* a, std::size_t a_stride, const PairedBlocks& b, std::size_t column, float* out,
                    std::size_t out_stride, bool add_to_out) {
  const std::size_t columns = b.columns - column, pair_bytes = 4 * b.columns;
  __mmask16 lanes[kVectors];
#pragma GCC unroll 2
  for (std::size_t v = 0; v < kVectors; ++v) lanes[v] = columns < v * kWidth ? 0 : first_lanes(columns - v * kWidth);
  __m512 sums[M][kVectors];
#pragma GCC unroll 12
  for (std::size_t m = 0; m < M; ++m) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) {
      float* const from = out + m * out_stride + v * kWidth;
      sums[m][v] = add_to_out ? _mm512_maskz_loadu_ps(lanes[v], from) : _mm512_setzero_ps();
    }
  }
  for (std::size_t first = 0, block = 0; first < b.pairs; first += b.block_pairs, ++block) {
    const std::byte* at = b.blocks[block] + 4 * column;
    const std::byte* ahead = b.blocks[block + PairedBlocks::kAhead] + 4 * column;
    const std::size_t steps = b.block_pairs < b.pairs - first ? b.block_pairs : b.pairs - first;
    const std::uint16_t* factors = a + 2 * first;
    for (std::size_t j = 0; j < steps; ++j, at += pair_bytes, ahead += pair_bytes, factors += 2) {
      __m512bh row[kVectors];
#pragma GCC unroll 2
      for (std::size_t v = 0; v < kVectors; ++v) {
        row[v] = reinterpret_cast<__m512bh>(_mm512_maskz_loadu_epi32(lanes[v], at + v * 4 * kWidth));
        __builtin_prefetch(ahead + v * 4 * kWidth, 0, 2);  // to the second cache level: the first is full
      }
#pragma GCC unroll 12
      for (std::size_t m = 0; m < M; ++m) {
        std::int32_t pair;
        __builtin_memcpy(&pair, factors + m * a_stride, sizeof pair);
        const __m512bh both = reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair));
#pragma GCC unroll 2
        for (std::size_t v = 0; v < kVectors; ++v) sums[m][v] = _mm512_dpbf16_ps(sums[m][v], both, row[v]);
      }
    }
  }
#pragma GCC unroll 12
  for (std::size_t m = 0; m < M; ++m) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) {
      _mm512_mask_storeu_ps(out + m * out_stride + v * kWidth, lanes[v], sums[m][v]);
    }
  }
}

// The number of rows is a template argument so that the sums stay in registers: counts down to the one that fits.
template <std::size_t M>
void multiply_at_most(const std::uint16_t* a, std::size_t a_stride, std::size_t rows, const PairedBlocks& b,
                      std::size_t column, float* out, std::size_t out_stride, bool add_to_out) {
  if (rows == M) {
    multiply_strip<M>(a, a_stride, b, column, out, out_stride, add_to_out);
  } else if constexpr (M > 1) {
    multiply_at_most<M - 1>(a, a_stride, rows, b, column, out, out_stride, add_to_out);
  }
}

void multiply(const std::uint16_t* a, std::size_t a_stride, std::size_t rows, const PairedBlocks& b, float* out,
              std::size_t out_stride, bool add_to_out) {
  for (std::size_t column = 0; column < b.columns; column += kVectors * kWidth) {
    std::size_t groups = (rows + kMostRows - 1) / kMostRows;
    for (std::size_t m = 0; m < rows; --groups) {  // of equal size
      const std::size_t count = (rows - m + groups - 1) / groups;
      multiply_at_most<kMostRows>(a + m * a_stride, a_stride, count, b, column, out + m * out_stride + column, out_stride,
                                  add_to_out);
      m += count;
    }
  }
}

void store_bf16(std::uint16_t* to, __mmask16 lanes, __m512 v) {
  _mm256_mask_storeu_epi16(to, lanes, reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(v)));
}

__m512 widened(__m256i bf16) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bf16), 16)); }

void narrow(const float* from, std::size_t n, float factor, std::uint16_t* to) {
  for (std::size_t i = 0; i < n; i += kWidth) {
    const __mmask16 lanes = first_lanes(n - i);
    store_bf16(to + i, lanes, _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, from + i), _mm512_set1_ps(factor)));
  }
}

// Both rows are rounded into one register, the even one below, whose halves then take turns.
void pair(const float* even, const float* odd, std::size_t n, std::uint16_t* to) {
  alignas(64) std::uint16_t turns[2 * kWidth];
  for (std::uint16_t i = 0; i < kWidth; ++i) {
    turns[2 * i] = i;
    turns[2 * i + 1] = static_cast<std::uint16_t>(i + kWidth);
  }
  const __m512i order = _mm512_load_si512(turns);
  for (std::size_t i = 0; i < n; i += kWidth) {
    const __mmask16 lanes = first_lanes(n - i);
    const __m512bh both = _mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(lanes, odd + i), _mm512_maskz_loadu_ps(lanes, even + i));
    _mm512_mask_storeu_epi32(to + 2 * i, lanes, _mm512_permutexvar_epi16(order, reinterpret_cast<__m512i>(both)));
  }
}

float largest(const float* scores, std::size_t n, float most) {
  __m512 lanes = _mm512_set1_ps(most);
  std::size_t i = 0;
  for (; i + kWidth <= n; i += kWidth) lanes = _mm512_max_ps(lanes, _mm512_loadu_ps(scores + i));
  if (i < n) {
    const __mmask16 rest = first_lanes(n - i);
    lanes = _mm512_mask_max_ps(lanes, rest, lanes, _mm512_maskz_loadu_ps(rest, scores + i));
  }
  return _mm512_reduce_max_ps(lanes);
}

// e^x = 2^y with y = x / ln 2; 2^(y - floor(y)) by a polynomial that is within 2.6e-6 of it (relative, fitted by
// least squares with weights that level the error), times 2^floor(y), which becomes 0 far below.
__m512 exponential(__m512 y) {
  const __m512 fraction = _mm512_reduce_ps(y, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  __m512 p = _mm512_set1_ps(0.01353417f);
  p = _mm512_fmadd_ps(p, fraction, _mm512_set1_ps(0.05201146f));
  p = _mm512_fmadd_ps(p, fraction, _mm512_set1_ps(0.24144276f));
  p = _mm512_fmadd_ps(p, fraction, _mm512_set1_ps(0.69300383f));
  p = _mm512_fmadd_ps(p, fraction, _mm512_set1_ps(1.00000259f));
  return _mm512_scalef_ps(p, y);
}

float exp_and_sum(const float* scores, std::size_t n, float shift, std::uint16_t* weights) {
  const __m512 per_ln2 = _mm512_set1_ps(1.44269504088896341f), shifts = _mm512_set1_ps(shift);
  __m512 sums = _mm512_setzero_ps();
  for (std::size_t i = 0; i < n; i += kWidth) {
    const __mmask16 lanes = first_lanes(n - i);
    const __m512 below = _mm512_sub_ps(_mm512_maskz_loadu_ps(lanes, scores + i), shifts);
    const __m512 weight = exponential(_mm512_mul_ps(below, per_ln2));
    const __m256i rounded = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(weight));
    _mm256_mask_storeu_epi16(weights + i, lanes, rounded);
    // What is added up is what will be multiplied: rounding then moves the weights, but not their sum.
    sums = _mm512_mask_add_ps(sums, lanes, sums, widened(rounded));
  }
  return _mm512_reduce_add_ps(sums);
}

constexpr Bf16AttentionKernels kTable = {narrow, pair, multiply, largest, exp_and_sum};

}  // namespace

const Bf16AttentionKernels& avx512_bf16_attention_kernels() { return kTable; }

}  // namespace engine
