#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace engine {
namespace {

/// Eight floats in an AVX2 register, with FMA and F16C. The functions are described in vec_portable.h.
struct Vec {
  static constexpr std::size_t kWidth = 8;
  static constexpr std::size_t kTileRows = 6;  // 12 sums, 2 columns and 1 broadcast in 16 registers
  static constexpr std::size_t kTileVectors = 2;
  static constexpr std::size_t kDotRows = 2;
  static constexpr std::size_t kDotInputs = 3;
  static constexpr const char* kName = "avx2";

  __m256 v;

  static const float* floats(const std::byte* p) { return reinterpret_cast<const float*>(p); }
  static float* floats(std::byte* p) { return reinterpret_cast<float*>(p); }
  static __m256i first_lanes(std::size_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  /// n < 8 16-bit values; bytes are copied one by one, because AVX2 has no 16-bit mask and the map may end here.
  static __m128i halves_first(const std::byte* p, std::size_t n) {
    alignas(16) std::byte copy[16] = {};
    for (std::size_t i = 0; i < 2 * n; ++i) copy[i] = p[i];
    return _mm_load_si128(reinterpret_cast<const __m128i*>(copy));
  }
  static void store_halves_first(std::byte* p, std::size_t n, __m128i halves) {
    alignas(16) std::byte copy[16];
    _mm_store_si128(reinterpret_cast<__m128i*>(copy), halves);
    for (std::size_t i = 0; i < 2 * n; ++i) p[i] = copy[i];
  }
  static __m128i halves(const std::byte* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
  static __m256 widen_bf16(__m128i bits) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  static __m128i narrow_bf16(__m256 v) {
    const __m256i bits = _mm256_castps_si256(v);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i rounded = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
    const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
    const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
    const __m256i upper = _mm256_srli_epi32(_mm256_blendv_epi8(rounded, quiet, nan), 16);
    const __m256i packed = _mm256_packus_epi32(upper, upper);  // within 128-bit halves
    return _mm256_castsi256_si128(_mm256_permute4x64_epi64(packed, 0x08));
  }

  static Vec set(float value) { return {_mm256_set1_ps(value)}; }
  static Vec load(const std::byte* p) { return {_mm256_loadu_ps(floats(p))}; }
  static Vec load_first(const std::byte* p, std::size_t n) { return {_mm256_maskload_ps(floats(p), first_lanes(n))}; }
  static void store(std::byte* p, Vec a) { _mm256_storeu_ps(floats(p), a.v); }
  static void store_first(std::byte* p, std::size_t n, Vec a) { _mm256_maskstore_ps(floats(p), first_lanes(n), a.v); }
  static Vec load_bf16(const std::byte* p) { return {widen_bf16(halves(p))}; }
  static Vec load_bf16_first(const std::byte* p, std::size_t n) { return {widen_bf16(halves_first(p, n))}; }
  static void store_bf16(std::byte* p, Vec a) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), narrow_bf16(a.v)); }
  static void store_bf16_first(std::byte* p, std::size_t n, Vec a) { store_halves_first(p, n, narrow_bf16(a.v)); }
  static Vec load_f16(const std::byte* p) { return {_mm256_cvtph_ps(halves(p))}; }
  static Vec load_f16_first(const std::byte* p, std::size_t n) { return {_mm256_cvtph_ps(halves_first(p, n))}; }
  static void store_f16(std::byte* p, Vec a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(a.v, _MM_FROUND_TO_NEAREST_INT));
  }
  static void store_f16_first(std::byte* p, std::size_t n, Vec a) {
    store_halves_first(p, n, _mm256_cvtps_ph(a.v, _MM_FROUND_TO_NEAREST_INT));
  }

  static Vec add(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
  static Vec sub(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
  static Vec mul(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
  static Vec div(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
  static Vec fma(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
  static Vec max(Vec a, Vec b) { return {_mm256_max_ps(a.v, b.v)}; }
  static Vec min(Vec a, Vec b) { return {_mm256_min_ps(a.v, b.v)}; }
  static Vec zero_below(Vec x, float limit, Vec a) {
    return {_mm256_andnot_ps(_mm256_cmp_ps(x.v, _mm256_set1_ps(limit), _CMP_LT_OQ), a.v)};
  }
  static Vec round(Vec a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
  static Vec scale_by_power(Vec a, Vec n) {
    const __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127));
    return {_mm256_mul_ps(a.v, _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)))};
  }
  static float sum(Vec a) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
  }
  static float largest(Vec a) {
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    m = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
  }
  static Vec set_pair(const float* p) {
    long long pair;
    __builtin_memcpy(&pair, p, sizeof pair);
    return {_mm256_castsi256_ps(_mm256_set1_epi64x(pair))};
  }
  static Vec add_neighbours(Vec a, Vec b) {
    const __m256d in_halves = _mm256_castps_pd(_mm256_hadd_ps(a.v, b.v));  // a's and b's in each half
    return {_mm256_castpd_ps(_mm256_permute4x64_pd(in_halves, 0xd8))};
  }
  static void interleave(Vec a, Vec b, Vec& low, Vec& high) {
    const __m256 first = _mm256_unpacklo_ps(a.v, b.v), second = _mm256_unpackhi_ps(a.v, b.v);  // of each half
    low = {_mm256_permute2f128_ps(first, second, 0x20)};
    high = {_mm256_permute2f128_ps(first, second, 0x31)};
  }
  /// Pairs of rows, then pairs of pairs within 128 bits, then the 128-bit halves change places.
  static void transpose(Vec* rows) {
    __m256 t[8];
    for (std::size_t i = 0; i < 8; i += 2) {
      t[i] = _mm256_unpacklo_ps(rows[i].v, rows[i + 1].v);
      t[i + 1] = _mm256_unpackhi_ps(rows[i].v, rows[i + 1].v);
    }
    __m256 u[8];
    for (std::size_t i = 0; i < 8; i += 4) {
      u[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
      u[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
      u[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
      u[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      rows[i].v = _mm256_permute2f128_ps(u[i], u[i + 4], 0x20);
      rows[i + 4].v = _mm256_permute2f128_ps(u[i], u[i + 4], 0x31);
    }
  }
};

}  // namespace
}  // namespace engine
