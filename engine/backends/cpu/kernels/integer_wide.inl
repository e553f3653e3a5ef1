// Products over the 512 bits of AVX-512 with VNNI, after integer_types.inl: for integer_vnni.cpp.

namespace engine {
namespace {

// 64 codes from 0 to 255, of the groups 2P and 2P + 1 of a piece. Types whose bits allow it have a shorter way: their
// high nibbles stay where they are, and count 16-fold in the lanes of `kHigh`.
template <typename Type>
struct Pairs {
  static constexpr __mmask16 kHigh = 0;
  template <int P>
  static __m512i codes(const Byte* piece) {
    const __m512i low = _mm512_castsi256_si512(Type::template codes<2 * P>(piece).v);
    const __m512i both = _mm512_inserti64x4(low, Type::template codes<2 * P + 1>(piece).v, 1);
    return Type::kFlavour == Lanes::kSigned ? _mm512_xor_si512(both, _mm512_set1_epi8(static_cast<char>(0x80))) : both;
  }
};

// 32 bytes twice.
__m512i twice(const Byte* p) { return _mm512_broadcast_i64x4(Lanes::load(p).v); }
// Shift counts of 16 bits for the lower and the upper half.
__m512i counts(short low, short high) {
  return _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_set1_epi16(low)), _mm256_set1_epi16(high), 1);
}
constexpr int kSelectOrMasked = 0xea;  // of ternary logic: (a & b) | c

template <>
struct Pairs<IntegerQ4_K> {
  static constexpr __mmask16 kHigh = 0xff00;
  template <int P>
  static __m512i codes(const Byte* piece) {
    const __m512i low = _mm512_castsi256_si512(_mm256_set1_epi8(0x0f));
    return _mm512_and_si512(twice(piece + 16 + 32 * P), _mm512_inserti64x4(low, _mm256_set1_epi8(static_cast<char>(0xf0)), 1));
  }
};
template <>
struct Pairs<IntegerQ5_K> {
  static constexpr __mmask16 kHigh = 0;
  template <int P>
  static __m512i codes(const Byte* piece) {
    const __m512i nibbles = _mm512_srlv_epi16(twice(piece + 48 + 32 * P), counts(0, 4)), fifth = twice(piece + 16);
    const __m512i moved = P < 2 ? _mm512_sllv_epi16(fifth, counts(4 - 2 * P, 3 - 2 * P))
                                : _mm512_srlv_epi16(fifth, counts(2 * P - 4, 2 * P - 3));
    return _mm512_ternarylogic_epi64(nibbles, _mm512_set1_epi8(0x0f), _mm512_and_si512(moved, _mm512_set1_epi8(0x10)),
                                     kSelectOrMasked);
  }
};
template <>
struct Pairs<IntegerQ6_K> {
  static constexpr __mmask16 kHigh = 0;
  template <int P>
  static __m512i codes(const Byte* piece) {
    const __m512i both = _mm512_loadu_si512(piece + 64 * (P / 2)), upper = twice(piece + 128 + 32 * (P / 2));
    const __m512i nibbles = P % 2 == 0 ? both : _mm512_srli_epi16(both, 4);
    const __m512i moved = P % 2 == 0 ? _mm512_sllv_epi16(upper, counts(4, 2)) : _mm512_srlv_epi16(upper, counts(0, 2));
    return _mm512_ternarylogic_epi64(nibbles, _mm512_set1_epi8(0x0f), _mm512_and_si512(moved, _mm512_set1_epi8(0x30)),
                                     kSelectOrMasked);
  }
};

// The nibbles of eight blocks in registers, for the groups 4Q to 4Q + 3 in the order of IntegerPiece::crossed.
template <std::size_t bytes, std::size_t offset, bool even = bytes % 2 == 0>
struct EightBlocks {
  const Byte* piece;
  void load(const Byte* from) { piece = from; }
  template <int Q>
  __m512i nibbles() const {
    const Byte* const first = piece + 4 * Q * bytes + offset;
    __m512i four = _mm512_broadcast_i32x4(Lanes::load_half(first));
    four = _mm512_mask_broadcast_i32x4(four, 0x00f0, Lanes::load_half(first + bytes));
    four = _mm512_mask_broadcast_i32x4(four, 0x0f00, Lanes::load_half(first + 2 * bytes));
    four = _mm512_mask_broadcast_i32x4(four, 0xf000, Lanes::load_half(first + 3 * bytes));
    return _mm512_permutexvar_epi32(_mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0), four);
  }
};

// Places of words for permutex2var: out of the first two of three registers, and out of the last two.
template <std::size_t bytes, std::size_t offset>
struct WordPlaces {
  static constexpr std::size_t kThird = 8 * bytes - 64;  // byte at which the third register begins
  alignas(64) std::uint16_t nibbles[2][32];
  constexpr WordPlaces() : nibbles() {
    for (std::size_t i = 0; i < 32; ++i) {
      const std::size_t block = i / 2 % 4, word = bytes / 2 * block + offset / 2 + i / 8 * 2 + i % 2, later = word + 2 * bytes;
      nibbles[0][i] = static_cast<std::uint16_t>(word);
      nibbles[1][i] = static_cast<std::uint16_t>(later < 64 ? later - 32 : 32 + later - kThird / 2);
    }
  }
};

// Blocks of whole words: each byte is fetched once.
template <std::size_t bytes, std::size_t offset>
struct EightBlocks<bytes, offset, true> {
  static constexpr WordPlaces<bytes, offset> kPlaces{};
  __m512i lines[3];
  void load(const Byte* piece) {
    lines[0] = _mm512_loadu_si512(piece);
    lines[1] = _mm512_loadu_si512(piece + 64);
    lines[2] = _mm512_loadu_si512(piece + kPlaces.kThird);
    __asm__("" : "+v"(lines[0]), "+v"(lines[1]), "+v"(lines[2]));  // or each use becomes a load, most of them of two lines
  }
  template <int Q>
  __m512i nibbles() const {
    return _mm512_permutex2var_epi16(lines[Q], _mm512_load_si512(kPlaces.nibbles[Q]), lines[Q + 1]);
  }
};

// A piece of a type with nibbles in blocks of 32: 128 codes of four groups at a time, which count `kTimes`-fold.
template <typename Type>
struct Quads {
  static constexpr bool kThere = false;
  void load(const Byte*) {}
};

template <std::size_t bytes, std::size_t offset>
struct PlainQuads : EightBlocks<bytes, offset> {
  static constexpr bool kThere = true;
  static constexpr int kTimes = 16;  // both nibbles as high ones: this takes one shift for both
  template <int Q>
  void codes(__m512i& low, __m512i& high) const {
    const __m512i nibbles = this->template nibbles<Q>(), mask = _mm512_set1_epi8(static_cast<char>(0xf0));
    low = _mm512_and_si512(_mm512_slli_epi16(nibbles, 4), mask);
    high = _mm512_and_si512(nibbles, mask);
  }
};
template <>
struct Quads<IntegerQ4_0> : PlainQuads<18, 2> {};
template <>
struct Quads<IntegerQ4_1> : PlainQuads<20, 4> {};

template <std::size_t bytes, std::size_t offset, const std::int8_t* table>
struct TableQuads : EightBlocks<bytes, offset> {
  static constexpr bool kThere = true;
  static constexpr int kTimes = 1;
  template <int Q>
  void codes(__m512i& low, __m512i& high) const {
    const __m512i nibbles = this->template nibbles<Q>(), mask = _mm512_set1_epi8(15);
    const __m128i values = _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table)), _mm_set1_epi8(static_cast<char>(0x80)));
    low = _mm512_shuffle_epi8(_mm512_broadcast_i32x4(values), _mm512_and_si512(nibbles, mask));
    high = _mm512_shuffle_epi8(_mm512_broadcast_i32x4(values), _mm512_and_si512(_mm512_srli_epi16(nibbles, 4), mask));
  }
};
template <>
struct Quads<IntegerIQ4_NL> : TableQuads<18, 2, kIq4Codes> {};
template <>
struct Quads<IntegerMXFP4> : TableQuads<17, 1, kFp4Codes> {};

// What the codes of Pairs, of Quads and of moved panels stand above the numbers meant.
template <typename Type>
constexpr int kAbove = Type::kZero + (Type::kFlavour == Lanes::kSigned ? 128 : 0);

// One row's factors of a piece times the scales of one input: of 8 groups, or of 16 halves.
template <typename Type>
void store_scaled(const IntegerPiece& x, const float* factor, float* to) {
  const __m256 scales = _mm256_loadu_ps(x.scales);
  if constexpr (Type::kGroup == 32) {
    _mm256_store_ps(to, _mm256_mul_ps(_mm256_loadu_ps(factor), scales));
  } else {
    const __m512i halves = _mm512_set_epi32(7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0);
    _mm512_store_ps(to, _mm512_mul_ps(_mm512_loadu_ps(factor), _mm512_permutexvar_ps(halves, _mm512_castps256_ps512(scales))));
  }
}

// The sums of an input's groups, or of halves of groups.
template <typename Type>
__m512 sums_of(const IntegerPiece& x) {
  if constexpr (Type::kGroup == 32) return _mm512_zextps256_ps512(_mm256_loadu_ps(x.sums));
  return _mm512_loadu_ps(x.half_sums);
}

// What the row's shifts, and what its codes stand too high, come to.
template <typename Type>
__m512 add_shifts(__m512 sums, const float* factor, const float* shift, __m512 shifted) {
  if constexpr (!Type::kHasShift && kAbove<Type> == 0) return shifted;
  if constexpr (Type::kGroup == 32) {
    const __m256 from = _mm256_loadu_ps(Type::kHasShift ? shift : factor);
    const __m256 shifts = Type::kHasShift ? from : _mm256_mul_ps(from, _mm256_set1_ps(-kAbove<Type>));
    return _mm512_zextps256_ps512(_mm256_fmadd_ps(shifts, _mm512_castps512_ps256(sums), _mm512_castps512_ps256(shifted)));
  }
  const __m512 from = _mm512_loadu_ps(Type::kHasShift ? shift : factor);
  const __m512 shifts = Type::kHasShift ? from : _mm512_mul_ps(from, _mm512_set1_ps(-kAbove<Type>));
  return _mm512_fmadd_ps(shifts, sums, shifted);
}

// In each lane of a pair its group's factor.
template <typename Type, int P>
__m512 factor_of_pair(const float* scaled) {
  if constexpr (Type::kGroup == 32) {
    const __m512i places = _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_set1_epi32(2 * P)), _mm256_set1_epi32(2 * P + 1), 1);
    return _mm512_permutexvar_ps(places, _mm512_castps256_ps512(_mm256_load_ps(scaled)));
  }
  const __m512i quarters = _mm512_set_epi32(3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0);
  return _mm512_permutexvar_ps(_mm512_add_epi32(quarters, _mm512_set1_epi32(4 * P)), _mm512_load_ps(scaled));
}

// The products with the codes of a piece of each row: of the numbers in 8 bits, and of what these left. Loops over rows and
// inputs are unrolled on demand: left to GCC it happens too late, and sums live in memory.
template <typename Type, std::size_t X, std::size_t R, int P = 0>
[[gnu::always_inline]] inline void add_pairs(IntegerRows x, IntegerRows rests, std::size_t k, const Byte* const* pieces,
                                             const float (*scaled)[X][16], __m512 (*sums)[X][2]) {
  if constexpr (P < 4) {
    __m512i codes[R];
#pragma GCC unroll 4
    for (std::size_t r = 0; r < R; ++r) codes[r] = Pairs<Type>::template codes<P>(pieces[r]);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < X; ++i) {
      const __m512i q = _mm512_load_si512(x.at(i, k / kPiece).q + 64 * P);
      const __m512i rest = _mm512_load_si512(rests.at(i, k / kPiece).q + 64 * P);
#pragma GCC unroll 4
      for (std::size_t r = 0; r < R; ++r) {
        const __m512i large = _mm512_dpbusd_epi32(_mm512_setzero_si512(), codes[r], q);
        const __m512i products = _mm512_dpbusd_epi32(_mm512_slli_epi32(large, 8), codes[r], rest);
        const __m512 factor = factor_of_pair<Type, P>(scaled[r][i]);
        sums[r][i][P % 2] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(products), factor, sums[r][i][P % 2]);
      }
    }
    add_pairs<Type, X, R, P + 1>(x, rests, k, pieces, scaled, sums);
  }
}

template <typename Type, std::size_t X, std::size_t R, int Q = 0>
[[gnu::always_inline]] inline void add_quads(IntegerRows x, IntegerRows rests, std::size_t k, const Quads<Type>* quads,
                                             const float (*scaled)[X][16], __m512 (*sums)[X][2]) {
  if constexpr (Q < 2) {
    __m512i low[R], high[R];
#pragma GCC unroll 4
    for (std::size_t r = 0; r < R; ++r) quads[r].template codes<Q>(low[r], high[r]);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < X; ++i) {
      __m512i products[R];
      const auto multiply = [&](const std::int8_t* q) {
        const __m512i left = _mm512_load_si512(q + 128 * Q), right = _mm512_load_si512(q + 128 * Q + 64);
#pragma GCC unroll 4
        for (std::size_t r = 0; r < R; ++r) {
          products[r] = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(products[r], low[r], left), high[r], right);
        }
      };
#pragma GCC unroll 4
      for (std::size_t r = 0; r < R; ++r) products[r] = _mm512_setzero_si512();
      multiply(x.at(i, k / kPiece).crossed);
#pragma GCC unroll 4
      for (std::size_t r = 0; r < R; ++r) products[r] = _mm512_slli_epi32(products[r], 8);
      multiply(rests.at(i, k / kPiece).crossed);
#pragma GCC unroll 4
      for (std::size_t r = 0; r < R; ++r) {
        const __m512 factor = _mm512_broadcast_f32x4(_mm_load_ps(scaled[r][i] + 4 * Q));
        sums[r][i][Q] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(products[r]), factor, sums[r][i][Q]);
      }
    }
    add_quads<Type, X, R, Q + 1>(x, rests, k, quads, scaled, sums);
  }
}

// What each lane's sum is to be multiplied with.
template <typename Type>
__m512 weight_of() {
  if constexpr (Quads<Type>::kThere) return _mm512_set1_ps(1.0f / Quads<Type>::kTimes);
  return _mm512_mask_blend_ps(Pairs<Type>::kHigh, _mm512_set1_ps(1), _mm512_set1_ps(1.0f / 16));
}

// How far ahead of a piece the second level of the cache is asked to have what will be read. The first level, which can
// wait for too few lines at a time to keep memory busy, is asked for what is four pieces away.
constexpr std::size_t kFarAhead = 8192;

template <typename Type>
void ask_ahead(const Byte* piece, std::size_t far_ahead) {
  for (std::size_t line = 0; line < kPieceBytes<Type>; line += 64) {
    __builtin_prefetch(piece + far_ahead + line, 0, 2);
    __builtin_prefetch(piece + 4 * kPieceBytes<Type> + line);
  }
}

// R rows side by side with X inputs. Each weight is unpacked once.
template <typename Type, std::size_t X, std::size_t R>
void dot_beside(IntegerRows x, IntegerRows rests, const Byte* rows, std::size_t row_bytes, std::size_t n, float* out,
                std::size_t out_stride) {
  // Side by side, what is needed next are whole rows.
  const std::size_t together = R * row_bytes, ahead = R == 1 ? kFarAhead : (kFarAhead + together - 1) / together * together;
  __m512 sums[R][X][2], shifted[R][X];
#pragma GCC unroll 4
  for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < X; ++i) {
      sums[r][i][0] = sums[r][i][1] = shifted[r][i] = _mm512_setzero_ps();
    }
  }
  for (std::size_t k = 0; k < n; k += kPiece) {
    Byte room[R][kMostPieceBytes];
    const Byte* pieces[R];
    Quads<Type> quads[R];
    alignas(64) float scaled[R][X][16];
#pragma GCC unroll 4
    for (std::size_t r = 0; r < R; ++r) {
      const Byte* const from = rows + r * row_bytes + k / Type::kElements * Type::kBytes;
      ask_ahead<Type>(from, ahead);
      pieces[r] = whole_piece<Type>(from, n - k, room[r]);
      quads[r].load(pieces[r]);
      alignas(64) float factor[16], shift[16];
      Type::factors(pieces[r], factor, shift);
#pragma GCC unroll 4
      for (std::size_t i = 0; i < X; ++i) {
        const IntegerPiece& rest = rests.at(i, k / kPiece);
        store_scaled<Type>(rest, factor, scaled[r][i]);
        shifted[r][i] = add_shifts<Type>(sums_of<Type>(rest), factor, shift, shifted[r][i]);
      }
    }
    if constexpr (Quads<Type>::kThere) {
      add_quads<Type, X, R>(x, rests, k, quads, scaled, sums);
    } else {
      add_pairs<Type, X, R>(x, rests, k, pieces, scaled, sums);
    }
  }
#pragma GCC unroll 4
  for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < X; ++i) {
      const __m512 all = _mm512_fmadd_ps(_mm512_add_ps(sums[r][i][0], sums[r][i][1]), weight_of<Type>(), shifted[r][i]);
      out[i * out_stride + r] = Lanes::sum({_mm256_add_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1))});
    }
  }
}

// Rows with X inputs. The codes of an input fill the first level of the cache where rows are long: with one input, two
// rows that share what is fetched of it are faster.
template <typename Type, std::size_t X>
void dot_rows(IntegerRows x, IntegerRows rests, const std::byte* rows, std::size_t row_bytes, std::size_t num_rows, std::size_t n,
              float* out, std::size_t out_stride) {
  constexpr std::size_t kBeside = X == 1 ? 2 : 1;
  const Byte* const first = reinterpret_cast<const Byte*>(rows);
  std::size_t r = 0;
  for (; r + kBeside <= num_rows; r += kBeside) {
    dot_beside<Type, X, kBeside>(x, rests, first + r * row_bytes, row_bytes, n, out + r, out_stride);
  }
  for (; r < num_rows; ++r) dot_beside<Type, X, 1>(x, rests, first + r * row_bytes, row_bytes, n, out + r, out_stride);
}

// Panels of 32 columns, two vectors, with codes from 0 to 255.
constexpr std::size_t kColumns = 32;
constexpr bool kMovedPanels = true;

constexpr int log2_of(int power) { return power <= 1 ? 0 : 1 + log2_of(power / 2); }

// The products of M inputs, fine or not, with a panel: group is 16 or 32. `above`: what codes stand too high, 0 or a power of two.
// Unrolled on demand, as in add_pairs.
template <std::size_t group, bool has_shift, int above, bool fine, std::size_t M>
void multiply_inputs(IntegerRows x, IntegerRows rests, std::size_t k, std::size_t groups, const IntegerPanel& panel,
                     float* to, bool add) {
  constexpr std::size_t kSteps = group / 4, kParts = 32 / group;
  __m512 sums[M][2];
#pragma GCC unroll 8
  for (std::size_t m = 0; m < M; ++m) sums[m][0] = sums[m][1] = _mm512_setzero_ps();
  for (std::size_t g = 0; g < groups; ++g) {
    if (g < M) ask_for(x, M + g, k);
    if (fine && g < M) ask_for(rests, M + g, k);
    __m512 of_parts[M][2];  // of both halves of a group, without the input's scale
#pragma GCC unroll 8
    for (std::size_t part = 0; part < kParts; ++part) {
      __m512i products[M][2], too_high[M];
#pragma GCC unroll 8
      for (std::size_t m = 0; m < M; ++m) {
        const IntegerPiece& told = (fine ? rests : x).at(m, k / kPiece);
        const __m512i total = _mm512_set1_epi32(kParts == 1 ? told.minus_totals[g] : told.minus_half_totals[2 * g + part]);
        too_high[m] = above == 0 ? _mm512_setzero_si512() : _mm512_slli_epi32(total, log2_of(above));
        products[m][0] = products[m][1] = fine ? _mm512_setzero_si512() : too_high[m];
      }
      const auto add_codes = [&](IntegerRows from) {
#pragma GCC unroll 8
        for (std::size_t step = 0; step < kSteps; ++step) {
          const std::size_t at = 8 * g + kSteps * part + step;
          const __m512i left = _mm512_load_si512(panel.codes + at * 128), right = _mm512_load_si512(panel.codes + at * 128 + 64);
#pragma GCC unroll 8
          for (std::size_t m = 0; m < M; ++m) {
            const __m512i q = _mm512_set1_epi32(Lanes::word(from.at(m, k / kPiece).q + 4 * at));
            products[m][0] = _mm512_dpbusd_epi32(products[m][0], left, q);
            products[m][1] = _mm512_dpbusd_epi32(products[m][1], right, q);
          }
        }
      };
      add_codes(x);
      if constexpr (fine) {
#pragma GCC unroll 8
        for (std::size_t m = 0; m < M; ++m) {
          products[m][0] = _mm512_add_epi32(_mm512_slli_epi32(products[m][0], 8), too_high[m]);
          products[m][1] = _mm512_add_epi32(_mm512_slli_epi32(products[m][1], 8), too_high[m]);
        }
        add_codes(rests);
      }
      const std::size_t row = (kParts * g + part) * kColumns;
#pragma GCC unroll 8
      for (std::size_t m = 0; m < M; ++m) {
        const IntegerPiece& told = (fine ? rests : x).at(m, k / kPiece);
        const __m512 scale = _mm512_set1_ps(told.scales[g]);
        const __m512 sum = _mm512_set1_ps(kParts == 1 ? told.sums[g] : told.half_sums[2 * g + part]);
#pragma GCC unroll 8
        for (std::size_t v = 0; v < 2; ++v) {
          const __m512 whole = _mm512_cvtepi32_ps(products[m][v]), factor = _mm512_load_ps(panel.factors + row + 16 * v);
          of_parts[m][v] = part == 0 ? _mm512_mul_ps(whole, factor) : _mm512_fmadd_ps(whole, factor, of_parts[m][v]);
          if (part + 1 == kParts) sums[m][v] = _mm512_fmadd_ps(of_parts[m][v], scale, sums[m][v]);
          if constexpr (has_shift) sums[m][v] = _mm512_fmadd_ps(_mm512_load_ps(panel.shifts + row + 16 * v), sum, sums[m][v]);
        }
      }
    }
  }
#pragma GCC unroll 8
  for (std::size_t m = 0; m < M; ++m) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < 2; ++v) {
      float* const sum = to + m * kColumns + 16 * v;
      _mm512_storeu_ps(sum, add ? _mm512_add_ps(_mm512_loadu_ps(sum), sums[m][v]) : sums[m][v]);
    }
  }
}

template <std::size_t group, bool has_shift, int above, bool fine, std::size_t M>
void multiply_rest(IntegerRows x, IntegerRows rests, std::size_t num_x, std::size_t k, std::size_t groups,
                   const IntegerPanel& panel, float* to, bool add) {
  if constexpr (M > 0) {
    if (num_x == M) {
      multiply_inputs<group, has_shift, above, fine, M>(x, rests, k, groups, panel, to, add);
    } else {
      multiply_rest<group, has_shift, above, fine, M - 1>(x, rests, num_x, k, groups, panel, to, add);
    }
  }
}

template <typename Type, bool fine>
void multiply_all(IntegerRows x, IntegerRows rests, std::size_t num_x, std::size_t k, std::size_t groups,
                  const IntegerPanel& panel, float* to, bool add) {
  // With two vectors each, they and their sums fill 24 of 32 registers; halves of groups take as many again.
  constexpr std::size_t kGroup = Type::kGroup, kInputs = kGroup == 32 ? 6 : 4;
  constexpr bool kHasShift = Type::kHasShift;
  std::size_t i = 0;
  for (; i + kInputs <= num_x; i += kInputs) {
    multiply_inputs<kGroup, kHasShift, kAbove<Type>, fine, kInputs>(x.from(i), fine ? rests.from(i) : rests, k, groups, panel,
                                                                    to + i * kColumns, add);
  }
  multiply_rest<kGroup, kHasShift, kAbove<Type>, fine, kInputs - 1>(x.from(i), fine ? rests.from(i) : rests, num_x - i, k, groups,
                                                                    panel, to + i * kColumns, add);
}

template <typename Type>
void integer_multiply(IntegerRows x, IntegerRows rests, std::size_t num_x, std::size_t k, std::size_t n, const IntegerPanel& panel,
                      float* sums, bool add) {
  const bool fine = rests.pieces != nullptr;
  (fine ? multiply_all<Type, true> : multiply_all<Type, false>)(x, rests, num_x, k, n / 32, panel, sums, add);
}

}  // namespace
}  // namespace engine
