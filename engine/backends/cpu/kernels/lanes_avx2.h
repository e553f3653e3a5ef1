#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace engine {
namespace {

using Byte = std::uint8_t;

// A binary16 number at any address.
inline float half_at(const Byte* p) {
  std::uint16_t bits;
  __builtin_memcpy(&bits, p, sizeof bits);
  return _cvtsh_ss(bits);
}

/// AVX2 with FMA and F16C. The functions are described in lanes_portable.h.
struct LanesAvx2 {
  static constexpr const char* kName = "avx2";
  struct Codes {
    __m256i v;
  };
  struct Floats {
    __m256 v;
  };

  static __m128i load_half(const Byte* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
  static __m256i load_q(const std::int8_t* q) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(q)); }

  static Codes load(const Byte* p) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))}; }
  static Codes nibbles(const Byte* p) {
    const __m256i both = _mm256_broadcastsi128_si256(load_half(p));
    const __m256i shifted = _mm256_srlv_epi64(both, _mm256_setr_epi64x(0, 0, 4, 4));
    return {_mm256_and_si256(shifted, _mm256_set1_epi8(15))};
  }
  template <int shift>
  static Codes bits(const Byte* p, Byte mask) {
    const __m256i moved = shift == 0 ? load(p).v : _mm256_srli_epi16(load(p).v, shift);
    return {_mm256_and_si256(moved, _mm256_set1_epi8(static_cast<char>(mask)))};
  }
  template <int shift>
  static Codes join(Codes a, Codes b) {
    return {_mm256_or_si256(a.v, _mm256_slli_epi16(b.v, shift))};
  }
  static Codes spread(std::uint32_t word) {
    const __m256i byte = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int>(word)), byte);
    const __m256i bit = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201ull));
    return {_mm256_min_epu8(_mm256_and_si256(bytes, bit), _mm256_set1_epi8(1))};
  }
  static Codes look_up(const std::int8_t* table, Codes codes) {
    const __m128i values = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
    return {_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(values), codes.v)};
  }

  /// Two products of at most 127 * 127 fit 16 bits; those with q count 256-fold when they are added up.
  static Floats dot_unsigned(Codes codes, const std::int8_t* q, const std::int8_t* rest) {
    return widen(_mm256_maddubs_epi16(codes.v, load_q(q)), _mm256_maddubs_epi16(codes.v, load_q(rest)));
  }
  /// |code| * (q with code's sign): two products of at most 128 * 127 fit 16 bits.
  static Floats dot_signed(Codes codes, const std::int8_t* q, const std::int8_t* rest) {
    const __m256i magnitudes = _mm256_abs_epi8(codes.v);
    return widen(_mm256_maddubs_epi16(magnitudes, _mm256_sign_epi8(load_q(q), codes.v)),
                 _mm256_maddubs_epi16(magnitudes, _mm256_sign_epi8(load_q(rest), codes.v)));
  }
  static Floats widen(__m256i high_pairs, __m256i low_pairs) {
    const __m256i high = _mm256_madd_epi16(high_pairs, _mm256_set1_epi16(256));
    return {_mm256_cvtepi32_ps(_mm256_add_epi32(high, _mm256_madd_epi16(low_pairs, _mm256_set1_epi16(1))))};
  }

  enum Flavour { kNibbles, kUnsigned, kSigned };
  struct Ints {
    __m256i v;
  };
  static int word(const std::int8_t* q) {
    int word;
    __builtin_memcpy(&word, q, sizeof word);
    return word;
  }
  static Codes four(const std::int8_t* q) { return {_mm256_set1_epi32(word(q))}; }
  static Ints zero() { return {_mm256_setzero_si256()}; }
  /// Eight pairs of products of at most 15 * 127 fit 16 bits together: they are widened at the end.
  template <Flavour flavour>
  static Ints add_products(Ints sums, Codes codes, Codes q) {
    if constexpr (flavour == kNibbles) return {_mm256_add_epi16(sums.v, _mm256_maddubs_epi16(codes.v, q.v))};
    const __m256i pairs = flavour == kSigned
                              ? _mm256_maddubs_epi16(_mm256_abs_epi8(codes.v), _mm256_sign_epi8(q.v, codes.v))
                              : _mm256_maddubs_epi16(codes.v, q.v);
    return {_mm256_add_epi32(sums.v, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))};
  }
  template <Flavour flavour>
  static Floats to_floats(Ints sums) {
    const bool narrow = flavour == kNibbles;
    return {_mm256_cvtepi32_ps(narrow ? _mm256_madd_epi16(sums.v, _mm256_set1_epi16(1)) : sums.v)};
  }
  template <Flavour flavour>
  static Floats to_floats(Ints high, Ints low) {
    if constexpr (flavour == kNibbles) return widen(high.v, low.v);
    return {_mm256_cvtepi32_ps(_mm256_add_epi32(_mm256_slli_epi32(high.v, 8), low.v))};
  }
  /// Words of pairs of rows, then of four, then of eight.
  static void transpose(Codes* rows) {
    __m256i t[8], u[8];
    for (int i = 0; i < 8; i += 2) {
      t[i] = _mm256_unpacklo_epi32(rows[i].v, rows[i + 1].v);
      t[i + 1] = _mm256_unpackhi_epi32(rows[i].v, rows[i + 1].v);
    }
    for (int i = 0; i < 8; i += 4) {
      u[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
      u[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
      u[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
      u[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 4; ++i) {
      rows[i].v = _mm256_permute2x128_si256(u[i], u[i + 4], 0x20);
      rows[i + 4].v = _mm256_permute2x128_si256(u[i], u[i + 4], 0x31);
    }
  }
  static void store_codes(Byte* p, Codes codes) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), codes.v); }
  static Codes move_up(Codes codes) { return {_mm256_xor_si256(codes.v, _mm256_set1_epi8(static_cast<char>(0x80)))}; }

  static std::uint32_t largest_magnitude(const float* x) {
    const __m256i magnitude = _mm256_set1_epi32(0x7fffffff);
    __m256i largest = _mm256_setzero_si256();
    for (int i = 0; i < 32; i += 8) {
      largest = _mm256_max_epi32(largest, _mm256_and_si256(magnitude, _mm256_castps_si256(_mm256_loadu_ps(x + i))));
    }
    const __m128i four = _mm_max_epi32(_mm256_castsi256_si128(largest), _mm256_extracti128_si256(largest, 1));
    const __m128i two = _mm_max_epi32(four, _mm_unpackhi_epi64(four, four));
    return static_cast<std::uint32_t>(_mm_cvtsi128_si32(_mm_max_epi32(two, _mm_shuffle_epi32(two, 1))));
  }
  static int sum_of_words(__m256i a) {
    const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    const __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
    return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 1)));
  }
  static void round_codes(const float* x, float inverse, std::int8_t* q, std::int32_t* halves) {
    __m256i rounded[4];
    for (int i = 0; i < 4; ++i) {
      rounded[i] = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + 8 * i), _mm256_set1_ps(inverse)));
    }
    halves[0] = sum_of_words(_mm256_add_epi32(rounded[0], rounded[1]));
    halves[1] = sum_of_words(_mm256_add_epi32(rounded[2], rounded[3]));
    // Packing goes by halves of a vector: words 0 to 3 of all four vectors, then 4 to 7.
    const __m256i packed = _mm256_packs_epi16(_mm256_packs_epi32(rounded[0], rounded[1]), _mm256_packs_epi32(rounded[2], rounded[3]));
    const __m256i in_order = _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(q), in_order);
  }
  static void rests(const float* x, float inverse, float* to) {
    for (int i = 0; i < 32; i += 8) {
      const __m256 quotient = _mm256_mul_ps(_mm256_loadu_ps(x + i), _mm256_set1_ps(inverse));
      const __m256 whole = _mm256_round_ps(quotient, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
      const __m256 rest = _mm256_mul_ps(_mm256_sub_ps(quotient, whole), _mm256_set1_ps(256));
      _mm256_storeu_ps(to + i, _mm256_max_ps(_mm256_min_ps(rest, _mm256_set1_ps(127)), _mm256_set1_ps(-127)));
    }
  }

  static Floats set(float a) { return {_mm256_set1_ps(a)}; }
  static Floats pair(float a, float b) { return {_mm256_set_m128(_mm_set1_ps(b), _mm_set1_ps(a))}; }
  static Floats load_floats(const float* p) { return {_mm256_loadu_ps(p)}; }
  static void store(float* p, Floats a) { _mm256_storeu_ps(p, a.v); }
  static Floats each_twice(const float* p) {
    const __m256 four = _mm256_castps128_ps256(_mm_loadu_ps(p));
    return {_mm256_permutevar8x32_ps(four, _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3))};
  }
  static Floats add(Floats a, Floats b) { return {_mm256_add_ps(a.v, b.v)}; }
  static Floats mul(Floats a, Floats b) { return {_mm256_mul_ps(a.v, b.v)}; }
  static Floats fma(Floats a, Floats b, Floats c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
  static float sum(Floats a) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
  template <std::size_t stride>
  static Floats halves(const Byte* p) {
    const auto at = [p](std::size_t i) {
      std::int16_t bits;
      __builtin_memcpy(&bits, p + i * stride, sizeof bits);
      return bits;
    };
    return {_mm256_cvtph_ps(_mm_setr_epi16(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)))};
  }
  static Floats unsigned_bytes(std::uint64_t word) {
    return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(word))))};
  }
  static Floats signed_bytes(std::uint64_t word) {
    return {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_cvtsi64_si128(static_cast<long long>(word))))};
  }
};

}  // namespace
}  // namespace engine
