#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace engine {
namespace {

/// Sixteen floats in an AVX-512 register (F, BW, DQ, VL). The functions are described in vec_portable.h.
struct Vec {
  static constexpr std::size_t kWidth = 16;
  static constexpr std::size_t kTileRows = 12;  // 24 sums, 2 columns and 1 broadcast in 32 registers
  static constexpr std::size_t kTileVectors = 2;
  static constexpr std::size_t kDotRows = 4;
  static constexpr std::size_t kDotInputs = 4;
  static constexpr const char* kName = "avx512";

  __m512 v;

  static __mmask16 first_lanes(std::size_t n) { return static_cast<__mmask16>((1u << n) - 1u); }
  static __m512 widen_bf16(__m256i bits) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
  }
  static __m256i narrow_bf16(__m512 v) {
    const __m512i bits = _mm512_castps_si512(v);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
    const __mmask16 nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_mask_mov_epi32(rounded, nan, quiet), 16));
  }
  static __m256i halves(const std::byte* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
  static __m256i halves_first(const std::byte* p, std::size_t n) { return _mm256_maskz_loadu_epi16(first_lanes(n), p); }

  static Vec set(float value) { return {_mm512_set1_ps(value)}; }
  static Vec load(const std::byte* p) { return {_mm512_loadu_ps(p)}; }
  static Vec load_first(const std::byte* p, std::size_t n) { return {_mm512_maskz_loadu_ps(first_lanes(n), p)}; }
  static void store(std::byte* p, Vec a) { _mm512_storeu_ps(p, a.v); }
  static void store_first(std::byte* p, std::size_t n, Vec a) { _mm512_mask_storeu_ps(p, first_lanes(n), a.v); }
  static Vec load_bf16(const std::byte* p) { return {widen_bf16(halves(p))}; }
  static Vec load_bf16_first(const std::byte* p, std::size_t n) { return {widen_bf16(halves_first(p, n))}; }
  static void store_bf16(std::byte* p, Vec a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), narrow_bf16(a.v)); }
  static void store_bf16_first(std::byte* p, std::size_t n, Vec a) {
    _mm256_mask_storeu_epi16(p, first_lanes(n), narrow_bf16(a.v));
  }
  static Vec load_f16(const std::byte* p) { return {_mm512_cvtph_ps(halves(p))}; }
  static Vec load_f16_first(const std::byte* p, std::size_t n) { return {_mm512_cvtph_ps(halves_first(p, n))}; }
  static void store_f16(std::byte* p, Vec a) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(a.v, _MM_FROUND_TO_NEAREST_INT));
  }
  static void store_f16_first(std::byte* p, std::size_t n, Vec a) {
    _mm256_mask_storeu_epi16(p, first_lanes(n), _mm512_cvtps_ph(a.v, _MM_FROUND_TO_NEAREST_INT));
  }

  static Vec add(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
  static Vec sub(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
  static Vec mul(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
  static Vec div(Vec a, Vec b) { return {_mm512_div_ps(a.v, b.v)}; }
  static Vec fma(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
  static Vec max(Vec a, Vec b) { return {_mm512_max_ps(a.v, b.v)}; }
  static Vec min(Vec a, Vec b) { return {_mm512_min_ps(a.v, b.v)}; }
  static Vec zero_below(Vec x, float limit, Vec a) {
    const __mmask16 keep = _mm512_cmp_ps_mask(x.v, _mm512_set1_ps(limit), _CMP_NLT_UQ);
    return {_mm512_maskz_mov_ps(keep, a.v)};
  }
  static Vec round(Vec a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
  static Vec scale_by_power(Vec a, Vec n) {
    const __m512i exponent = _mm512_add_epi32(_mm512_cvtps_epi32(n.v), _mm512_set1_epi32(127));
    return {_mm512_mul_ps(a.v, _mm512_castsi512_ps(_mm512_slli_epi32(exponent, 23)))};
  }
  static float sum(Vec a) { return _mm512_reduce_add_ps(a.v); }
  static float largest(Vec a) { return _mm512_reduce_max_ps(a.v); }
  static Vec set_pair(const float* p) {
    long long pair;
    __builtin_memcpy(&pair, p, sizeof pair);
    return {_mm512_castsi512_ps(_mm512_set1_epi64(pair))};
  }
  static Vec add_neighbours(Vec a, Vec b) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    return {_mm512_add_ps(_mm512_permutex2var_ps(a.v, even, b.v), _mm512_permutex2var_ps(a.v, odd, b.v))};
  }
  static void interleave(Vec a, Vec b, Vec& low, Vec& high) {
    const __m512i first = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    low = {_mm512_permutex2var_ps(a.v, first, b.v)};
    high = {_mm512_permutex2var_ps(a.v, _mm512_add_epi32(first, _mm512_set1_epi32(8)), b.v)};
  }
  /// Pairs of rows, then pairs of pairs within 128 bits; then lane L of four such groups becomes one row.
  static void transpose(Vec* rows) {
    __m512 t[16];
    for (std::size_t i = 0; i < 16; i += 2) {
      t[i] = _mm512_unpacklo_ps(rows[i].v, rows[i + 1].v);
      t[i + 1] = _mm512_unpackhi_ps(rows[i].v, rows[i + 1].v);
    }
    __m512 u[16];
    for (std::size_t i = 0; i < 16; i += 4) {
      u[i] = _mm512_shuffle_ps(t[i], t[i + 2], 0x44);
      u[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], 0xee);
      u[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0x44);
      u[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0xee);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      const __m512 even_low = _mm512_shuffle_f32x4(u[i], u[i + 4], 0x88);
      const __m512 odd_low = _mm512_shuffle_f32x4(u[i], u[i + 4], 0xdd);
      const __m512 even_high = _mm512_shuffle_f32x4(u[i + 8], u[i + 12], 0x88);
      const __m512 odd_high = _mm512_shuffle_f32x4(u[i + 8], u[i + 12], 0xdd);
      rows[i].v = _mm512_shuffle_f32x4(even_low, even_high, 0x88);
      rows[i + 4].v = _mm512_shuffle_f32x4(odd_low, odd_high, 0x88);
      rows[i + 8].v = _mm512_shuffle_f32x4(even_low, even_high, 0xdd);
      rows[i + 12].v = _mm512_shuffle_f32x4(odd_low, odd_high, 0xdd);
    }
  }
};

}  // namespace
}  // namespace engine
