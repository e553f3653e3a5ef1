// Products of pairs of bfloat16 (VDPBF16PS); formulas and tolerances stand in bf16_tiles.h. As in kernels.inl everything
// is in an unnamed namespace and nothing comes from the standard library's inline code.
#include "engine/backends/cpu/kernels/bf16_tiles.h"
#include "engine/backends/cpu/kernels/vec_avx512.h"

namespace engine {
namespace {

constexpr std::size_t kPairs = 16;     // of bfloat16 in a register
constexpr std::size_t kTileRows = 12;  // 24 sums, 2 columns and 1 broadcast in 32 registers
constexpr std::size_t kTileVectors = Bf16Panel::kColumns / kPairs;

Vec as_vec(__m512i bits) { return {_mm512_castsi512_ps(bits)}; }
__m512i as_bits(Vec v) { return _mm512_castps_si512(v.v); }

// The first n lanes.
__mmask16 first_16(std::size_t n) { return static_cast<__mmask16>(n < 16 ? (1u << n) - 1u : 0xffffu); }
__mmask32 first_32(std::size_t n) { return n < 32 ? (1u << n) - 1u : 0xffffffffu; }

/// Elements k to k + 31 of a row of x, or as many as there are, and zeros.
__m512i narrowed(const float* x, std::size_t count) {
  const std::size_t low = count < 16 ? count : 16;
  const __m512 first = _mm512_maskz_loadu_ps(first_16(low), x);
  const __m512 second = _mm512_maskz_loadu_ps(first_16(count - low), x + low);
  return (__m512i)_mm512_cvtne2ps_pbh(second, first);
}

void pack_inputs(const float* x, std::size_t x_stride, std::size_t rows, std::size_t n, std::uint16_t* to) {
  const __mmask16 kept = first_16(rows);
  for (std::size_t k = 0; k < n; k += 2 * kPairs) {
    const std::size_t count = n - k < 2 * kPairs ? n - k : 2 * kPairs;
    Vec square[kPairs];
    for (std::size_t i = 0; i < kPairs; ++i) {
      square[i] = i < rows ? as_vec(narrowed(x + i * x_stride + k, count)) : Vec::set(0.0f);
    }
    Vec::transpose(square);
    for (std::size_t i = 0; 2 * i < count; ++i) {
      _mm512_mask_storeu_epi32(to + (k + 2 * i) * rows, kept, as_bits(square[i]));
    }
  }
}

__m512i with_lane(__m512i lanes, const std::byte* p, __mmask16 where) {
  return _mm512_mask_broadcast_i32x4(lanes, where, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}

/// 16 rows of 16 pairs, turned: to[i * stride] holds pair i of every row. Rows q, 4 + q, 8 + q and 12 + q come together from
/// memory, four pairs of each, so that only squares of four by four are left to turn, in all lanes at once.
void turn(const std::byte* rows, std::size_t row_bytes, std::uint16_t* to, std::size_t stride) {
  for (std::size_t lane = 0; lane < 4; ++lane, rows += 16) {
    __m512i z[4];
    for (std::size_t q = 0; q < 4; ++q) {
      const std::byte* const at = rows + q * row_bytes;
      z[q] = _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
      z[q] = with_lane(z[q], at + 4 * row_bytes, 0x00f0);
      z[q] = with_lane(z[q], at + 8 * row_bytes, 0x0f00);
      z[q] = with_lane(z[q], at + 12 * row_bytes, 0xf000);
    }
    const __m512i low_01 = _mm512_unpacklo_epi32(z[0], z[1]), high_01 = _mm512_unpackhi_epi32(z[0], z[1]);
    const __m512i low_23 = _mm512_unpacklo_epi32(z[2], z[3]), high_23 = _mm512_unpackhi_epi32(z[2], z[3]);
    _mm512_store_si512(to, _mm512_unpacklo_epi64(low_01, low_23));
    _mm512_store_si512(to + stride, _mm512_unpackhi_epi64(low_01, low_23));
    _mm512_store_si512(to + 2 * stride, _mm512_unpacklo_epi64(high_01, high_23));
    _mm512_store_si512(to + 3 * stride, _mm512_unpackhi_epi64(high_01, high_23));
    to += 4 * stride;
  }
}

/// The same where rows or elements are missing: zeros in their place.
void turn_some(const std::byte* rows, std::size_t row_bytes, std::size_t num_rows, std::size_t count, std::uint16_t* to,
               std::size_t stride) {
  Vec square[kPairs];
  for (std::size_t i = 0; i < kPairs; ++i) {
    square[i] = i < num_rows ? as_vec(_mm512_maskz_loadu_epi16(first_32(count), rows + i * row_bytes)) : Vec::set(0.0f);
  }
  Vec::transpose(square);
  for (std::size_t i = 0; 2 * i < count; ++i) _mm512_store_si512(to + i * stride, as_bits(square[i]));
}

void pack_weights(const std::byte* rows, std::size_t row_bytes, std::size_t num_rows, std::size_t n,
                  Bf16Panel& panel) {
  constexpr std::size_t kStride = 2 * Bf16Panel::kColumns;
  for (std::size_t first = 0; first < Bf16Panel::kColumns; first += kPairs) {
    const std::byte* const from = rows + first * row_bytes;
    const std::size_t left = num_rows > first ? num_rows - first : 0;
    for (std::size_t k = 0; k < n; k += 2 * kPairs) {
      std::uint16_t* const to = panel.elements + k * Bf16Panel::kColumns + 2 * first;
      const std::size_t count = n - k < 2 * kPairs ? n - k : 2 * kPairs;
      if (left >= kPairs && count == 2 * kPairs) {
        turn(from + 2 * k, row_bytes, to, kStride);
      } else {
        turn_some(from + 2 * k, row_bytes, left, count, to, kStride);
      }
    }
  }
}

template <std::size_t M>
void multiply_rows(const std::uint16_t* x, const Bf16Panel& panel, std::size_t n, float* out,
                   std::size_t out_stride, std::size_t columns, bool add_to_out) {
  __m512 sums[M][kTileVectors];
  for (std::size_t m = 0; m < M; ++m) {
    for (std::size_t v = 0; v < kTileVectors; ++v) sums[m][v] = _mm512_setzero_ps();
  }
  for (std::size_t k = 0; k < n; k += 2) {
    __m512i weights[kTileVectors];
    for (std::size_t v = 0; v < kTileVectors; ++v) {
      weights[v] = _mm512_load_si512(panel.elements + k * Bf16Panel::kColumns + 2 * v * kPairs);
    }
    for (std::size_t m = 0; m < M; ++m) {
      int pair;
      __builtin_memcpy(&pair, x + k * M + 2 * m, sizeof pair);
      const __m512i factor = _mm512_set1_epi32(pair);
      for (std::size_t v = 0; v < kTileVectors; ++v) {
        sums[m][v] = _mm512_dpbf16_ps(sums[m][v], (__m512bh)factor, (__m512bh)weights[v]);
      }
    }
  }
  for (std::size_t m = 0; m < M; ++m) {
    for (std::size_t v = 0; v < kTileVectors && v * kPairs < columns; ++v) {
      float* const at = out + m * out_stride + v * kPairs;
      const __mmask16 kept = first_16(columns - v * kPairs);
      const __m512 sum = add_to_out ? _mm512_add_ps(_mm512_maskz_loadu_ps(kept, at), sums[m][v]) : sums[m][v];
      _mm512_mask_storeu_ps(at, kept, sum);
    }
  }
}

// The number of rows is a template argument so that the sums stay in registers: counts down to the one that fits.
template <std::size_t M>
void multiply_at_most(const std::uint16_t* x, const Bf16Panel& panel, std::size_t n, float* out,
                      std::size_t out_stride, std::size_t rows, std::size_t columns, bool add_to_out) {
  if (rows == M) {
    multiply_rows<M>(x, panel, n, out, out_stride, columns, add_to_out);
  } else if constexpr (M > 1) {
    multiply_at_most<M - 1>(x, panel, n, out, out_stride, rows, columns, add_to_out);
  }
}

constexpr Bf16Kernels kBf16Table = {kTileRows, pack_inputs, pack_weights, multiply_at_most<kTileRows>};

}  // namespace

const Bf16Kernels& avx512_bf16_kernels() { return kBf16Table; }

}  // namespace engine
