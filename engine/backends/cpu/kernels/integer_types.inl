// What each quantised type's bits mean (models.md 5.2), written once over Lanes: included by integer_portable.cpp,
// integer_avx2.cpp and integer_vnni.cpp after the Lanes of that instruction set. Everything is in an unnamed namespace and
// nothing comes from the standard library's inline code (see kernels.inl).

namespace engine {
namespace {

using Codes = Lanes::Codes;
using Floats = Lanes::Floats;

std::uint64_t word_of_8(const Byte* p) {
  std::uint64_t word;
  __builtin_memcpy(&word, p, sizeof word);
  return word;
}
std::uint32_t word_of_4(const Byte* p) {
  std::uint32_t word;
  __builtin_memcpy(&word, p, sizeof word);
  return word;
}

// Fetches what a product with a panel reads of a row that will be multiplied soon: inputs of a long product fit no near
// cache, and as pieces lie between others' the hardware does not ask in time.
void ask_for(IntegerRows rows, std::size_t row, std::size_t k) {
  const char* const piece = reinterpret_cast<const char*>(&rows.at(row, k / 256));
  for (std::size_t line = 0; line < sizeof(IntegerPiece::q); line += 64) __builtin_prefetch(piece + line);
  for (std::size_t line = offsetof(IntegerPiece, scales); line < sizeof(IntegerPiece); line += 64) __builtin_prefetch(piece + line);
}

// A type of block says: kElements, kBytes, kGroup (elements that share factor and shift), kFlavour (how large codes are),
// codes<J>: those of the Jth 32 elements of a piece of 256, and factors: factor and shift of every group of a piece. An
// element is factor * (code - kZero), plus its group's shift for a type with kHasShift; the others leave shifts alone.
// Pieces are whole: who comes to the end of a row first fills one up with zeros.
constexpr std::size_t kPiece = 256, kPieceGroups = 8, kMostPieceBytes = 8 * 34;

template <typename Type>
constexpr std::size_t kPieceBytes = kPiece / Type::kElements * Type::kBytes;

// The piece of a row that has `left` elements from here on; its end is copied to `room` and filled up.
template <typename Type>
const Byte* whole_piece(const Byte* piece, std::size_t left, Byte* room) {
  if (left >= kPiece) return piece;
  __builtin_memset(room, 0, kPieceBytes<Type>);
  __builtin_memcpy(room, piece, left / Type::kElements * Type::kBytes);
  return room;
}

// Types with blocks of 32: a piece is 8 of them. `Self` says code(block).
template <typename Self, std::size_t bytes, int zero, bool has_shift>
struct SmallBlock {
  static constexpr std::size_t kElements = 32, kBytes = bytes, kGroup = 32;
  static constexpr int kZero = zero;
  static constexpr bool kHasShift = has_shift;
  template <int J>
  static Codes codes(const Byte* piece) {
    return Self::code(piece + J * kBytes);
  }
  static void factors(const Byte* piece, float* factor, float* shift) {
    Lanes::store(factor, Lanes::template halves<bytes>(piece));
    if constexpr (has_shift) Lanes::store(shift, Lanes::template halves<bytes>(piece + 2));
  }
};

struct IntegerQ4_0 : SmallBlock<IntegerQ4_0, 18, 8, false> {
  static constexpr Lanes::Flavour kFlavour = Lanes::kNibbles;
  static Codes code(const Byte* block) { return Lanes::nibbles(block + 2); }
};
struct IntegerQ4_1 : SmallBlock<IntegerQ4_1, 20, 0, true> {
  static constexpr Lanes::Flavour kFlavour = Lanes::kNibbles;
  static Codes code(const Byte* block) { return Lanes::nibbles(block + 4); }
};
struct IntegerQ5_0 : SmallBlock<IntegerQ5_0, 22, 16, false> {
  static constexpr Lanes::Flavour kFlavour = Lanes::kUnsigned;
  static Codes code(const Byte* block) {
    return Lanes::join<4>(Lanes::nibbles(block + 6), Lanes::spread(word_of_4(block + 2)));
  }
};
struct IntegerQ5_1 : SmallBlock<IntegerQ5_1, 24, 0, true> {
  static constexpr Lanes::Flavour kFlavour = Lanes::kUnsigned;
  static Codes code(const Byte* block) {
    return Lanes::join<4>(Lanes::nibbles(block + 8), Lanes::spread(word_of_4(block + 4)));
  }
};
struct IntegerQ8_0 : SmallBlock<IntegerQ8_0, 34, 0, false> {
  static constexpr Lanes::Flavour kFlavour = Lanes::kSigned;
  static Codes code(const Byte* block) { return Lanes::load(block + 2); }
};
alignas(16) constexpr std::int8_t kIq4Codes[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
alignas(16) constexpr std::int8_t kFp4Codes[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
struct IntegerIQ4_NL : SmallBlock<IntegerIQ4_NL, 18, 0, false> {
  static constexpr Lanes::Flavour kFlavour = Lanes::kSigned;
  static Codes code(const Byte* block) { return Lanes::look_up(kIq4Codes, Lanes::nibbles(block + 2)); }
};
struct IntegerMXFP4 {
  static constexpr std::size_t kElements = 32, kBytes = 17, kGroup = 32;
  static constexpr int kZero = 0;
  static constexpr bool kHasShift = false;
  static constexpr Lanes::Flavour kFlavour = Lanes::kSigned;
  template <int J>
  static Codes codes(const Byte* piece) {
    return Lanes::look_up(kFp4Codes, Lanes::nibbles(piece + J * kBytes + 1));
  }
  static void factors(const Byte* piece, float* factor, float*) {
    for (std::size_t g = 0; g < kPieceGroups; ++g) {
      const std::uint32_t e = piece[g * kBytes];
      const std::uint32_t power = e < 2 ? 0x200000u << e : (e - 1) << 23;  // 2^(e - 128), the first two subnormal
      factor[g] = __builtin_bit_cast(float, power);
    }
  }
};

// The 6-bit scales and minima of Q4_K and Q5_K, eight bytes each.
struct ScalesOfK {
  std::uint64_t scales, minima;
  explicit ScalesOfK(const Byte* s) {
    const std::uint32_t a = word_of_4(s), b = word_of_4(s + 4), c = word_of_4(s + 8);
    const std::uint32_t high_scales = (c & 0x0f0f0f0fu) | (a >> 2 & 0x30303030u);
    const std::uint32_t high_minima = (c >> 4 & 0x0f0f0f0fu) | (b >> 2 & 0x30303030u);
    scales = static_cast<std::uint64_t>(high_scales) << 32 | (a & 0x3f3f3f3fu);
    minima = static_cast<std::uint64_t>(high_minima) << 32 | (b & 0x3f3f3f3fu);
  }
};

struct IntegerQ4_K {
  static constexpr std::size_t kElements = 256, kBytes = 144, kGroup = 32;
  static constexpr int kZero = 0;
  static constexpr bool kHasShift = true;
  static constexpr Lanes::Flavour kFlavour = Lanes::kNibbles;
  template <int J>
  static Codes codes(const Byte* piece) {
    return Lanes::bits<4 * (J % 2)>(piece + 16 + 32 * (J / 2), 15);
  }
  static void factors(const Byte* piece, float* factor, float* shift) {
    const ScalesOfK packed(piece + 4);
    Lanes::store(factor, Lanes::mul(Lanes::unsigned_bytes(packed.scales), Lanes::set(half_at(piece))));
    Lanes::store(shift, Lanes::mul(Lanes::unsigned_bytes(packed.minima), Lanes::set(-half_at(piece + 2))));
  }
};
struct IntegerQ5_K : IntegerQ4_K {
  static constexpr std::size_t kBytes = 176;
  static constexpr Lanes::Flavour kFlavour = Lanes::kUnsigned;
  template <int J>
  static Codes codes(const Byte* piece) {
    return Lanes::join<4>(Lanes::bits<4 * (J % 2)>(piece + 48 + 32 * (J / 2), 15), Lanes::bits<J>(piece + 16, 1));
  }
};
struct IntegerQ6_K {
  static constexpr std::size_t kElements = 256, kBytes = 210, kGroup = 16;
  static constexpr int kZero = 32;
  static constexpr bool kHasShift = false;
  static constexpr Lanes::Flavour kFlavour = Lanes::kUnsigned;
  template <int J>
  static Codes codes(const Byte* piece) {
    constexpr int half = J / 4, group = J % 4;
    return Lanes::join<4>(Lanes::bits<group / 2 * 4>(piece + 64 * half + 32 * (group % 2), 15),
                          Lanes::bits<2 * group>(piece + 128 + 32 * half, 3));
  }
  static void factors(const Byte* piece, float* factor, float*) {
    const Floats d = Lanes::set(half_at(piece + 208));
    for (std::size_t part = 0; part < 2; ++part) {
      Lanes::store(factor + 8 * part, Lanes::mul(Lanes::signed_bytes(word_of_8(piece + 192 + 8 * part)), d));
    }
  }
};
struct IntegerQ2_K {
  static constexpr std::size_t kElements = 256, kBytes = 84, kGroup = 16;
  static constexpr int kZero = 0;
  static constexpr bool kHasShift = true;
  static constexpr Lanes::Flavour kFlavour = Lanes::kNibbles;
  template <int J>
  static Codes codes(const Byte* piece) {
    return Lanes::bits<2 * (J % 4)>(piece + 16 + 32 * (J / 4), 3);
  }
  static void factors(const Byte* piece, float* factor, float* shift) {
    constexpr std::uint64_t kLow = 0x0f0f0f0f0f0f0f0full;
    for (std::size_t part = 0; part < 2; ++part) {
      const std::uint64_t both = word_of_8(piece + 8 * part);
      Lanes::store(factor + 8 * part, Lanes::mul(Lanes::unsigned_bytes(both & kLow), Lanes::set(half_at(piece + 80))));
      Lanes::store(shift + 8 * part, Lanes::mul(Lanes::unsigned_bytes(both >> 4 & kLow), Lanes::set(-half_at(piece + 82))));
    }
  }
};
struct IntegerQ3_K {
  static constexpr std::size_t kElements = 256, kBytes = 110, kGroup = 16;
  static constexpr int kZero = 4;
  static constexpr bool kHasShift = false;
  static constexpr Lanes::Flavour kFlavour = Lanes::kNibbles;
  template <int J>
  static Codes codes(const Byte* piece) {
    return Lanes::join<2>(Lanes::bits<2 * (J % 4)>(piece + 32 + 32 * (J / 4), 3), Lanes::bits<J>(piece, 1));
  }
  static void factors(const Byte* piece, float* factor, float*) {
    const float d = half_at(piece + 108);
    const Byte* s = piece + 96;
    for (int part = 0; part < 16; ++part) {
      const int scale = (s[part % 8] >> 4 * (part / 8) & 15) | (s[8 + part % 4] >> 2 * (part / 4) & 3) << 4;
      factor[part] = d * static_cast<float>(scale - 32);
    }
  }
};
struct IntegerIQ4_XS {
  static constexpr std::size_t kElements = 256, kBytes = 136, kGroup = 32;
  static constexpr int kZero = 0;
  static constexpr bool kHasShift = false;
  static constexpr Lanes::Flavour kFlavour = Lanes::kSigned;
  template <int J>
  static Codes codes(const Byte* piece) {
    return Lanes::look_up(kIq4Codes, Lanes::nibbles(piece + 8 + 16 * J));
  }
  static void factors(const Byte* piece, float* factor, float*) {
    const float d = half_at(piece);
    const int high = piece[2] | piece[3] << 8;
    for (int part = 0; part < 8; ++part) {
      const int bits = (piece[4 + part / 2] >> part % 2 * 4 & 15) | (high >> 2 * part & 3) << 4;
      factor[part] = d * static_cast<float>(bits - 32);
    }
  }
};

}  // namespace
}  // namespace engine
