// IntegerKernels, written once over Lanes: included by integer_portable.cpp, integer_avx2.cpp and integer_vnni.cpp after
// the Lanes of that instruction set. What each type's bits mean is models.md 5.2. Everything is in an unnamed namespace and
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

// A type of block says: kElements, kBytes, kGroup (elements that share factor and shift), kFlavour (how large codes are),
// codes<J>: those of the Jth 32 elements of a piece of 256, and factors: factor and shift of every group of a piece.
constexpr std::size_t kPiece = 256, kPieceGroups = 8;

// Types with blocks of 32: a piece is up to 8 of them. `Self` says code(block) and, in two flavours, its factors.
template <typename Self, std::size_t bytes, bool has_shift_of_its_own>
struct SmallBlock {
  static constexpr std::size_t kElements = 32, kBytes = bytes, kGroup = 32;
  template <int J>
  static Codes codes(const Byte* piece) {
    return Self::code(piece + J * kBytes);
  }
  static void factors(const Byte* piece, std::size_t groups, float* factor, float* shift) {
    if (groups == kPieceGroups) {
      const Floats d = Lanes::halves(piece, kBytes);
      Lanes::store(factor, d);
      if constexpr (has_shift_of_its_own) {
        Lanes::store(shift, Lanes::halves(piece + 2, kBytes));
      } else {
        Lanes::store(shift, Lanes::mul(d, Lanes::set(Self::kZero)));
      }
      return;
    }
    for (std::size_t g = 0; g < kPieceGroups; ++g) {
      const bool there = g < groups;
      factor[g] = there ? half_at(piece + g * kBytes) : 0.0f;
      if constexpr (has_shift_of_its_own) {
        shift[g] = there ? half_at(piece + g * kBytes + 2) : 0.0f;
      } else {
        shift[g] = factor[g] * Self::kZero;
      }
    }
  }
};

struct IntegerQ4_0 : SmallBlock<IntegerQ4_0, 18, false> {
  static constexpr Lanes::Flavour kFlavour = Lanes::kNibbles;
  static constexpr float kZero = -8;
  static Codes code(const Byte* block) { return Lanes::nibbles(block + 2); }
};
struct IntegerQ4_1 : SmallBlock<IntegerQ4_1, 20, true> {
  static constexpr Lanes::Flavour kFlavour = Lanes::kNibbles;
  static Codes code(const Byte* block) { return Lanes::nibbles(block + 4); }
};
struct IntegerQ5_0 : SmallBlock<IntegerQ5_0, 22, false> {
  static constexpr Lanes::Flavour kFlavour = Lanes::kUnsigned;
  static constexpr float kZero = -16;
  static Codes code(const Byte* block) {
    return Lanes::join<4>(Lanes::nibbles(block + 6), Lanes::spread(word_of_4(block + 2)));
  }
};
struct IntegerQ5_1 : SmallBlock<IntegerQ5_1, 24, true> {
  static constexpr Lanes::Flavour kFlavour = Lanes::kUnsigned;
  static Codes code(const Byte* block) {
    return Lanes::join<4>(Lanes::nibbles(block + 8), Lanes::spread(word_of_4(block + 4)));
  }
};
struct IntegerQ8_0 : SmallBlock<IntegerQ8_0, 34, false> {
  static constexpr Lanes::Flavour kFlavour = Lanes::kSigned;
  static constexpr float kZero = 0;
  static Codes code(const Byte* block) { return Lanes::load(block + 2); }
};
alignas(16) constexpr std::int8_t kIq4Codes[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
alignas(16) constexpr std::int8_t kFp4Codes[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
struct IntegerIQ4_NL : SmallBlock<IntegerIQ4_NL, 18, false> {
  static constexpr Lanes::Flavour kFlavour = Lanes::kSigned;
  static constexpr float kZero = 0;
  static Codes code(const Byte* block) { return Lanes::look_up(kIq4Codes, Lanes::nibbles(block + 2)); }
};
struct IntegerMXFP4 {
  static constexpr std::size_t kElements = 32, kBytes = 17, kGroup = 32;
  static constexpr Lanes::Flavour kFlavour = Lanes::kSigned;
  template <int J>
  static Codes codes(const Byte* piece) {
    return Lanes::look_up(kFp4Codes, Lanes::nibbles(piece + J * kBytes + 1));
  }
  static void factors(const Byte* piece, std::size_t groups, float* factor, float* shift) {
    for (std::size_t g = 0; g < kPieceGroups; ++g) {
      const std::uint32_t e = g < groups ? piece[g * kBytes] : 0;
      const std::uint32_t power = e < 2 ? 0x200000u << e : (e - 1) << 23;  // 2^(e - 128), the first two subnormal
      factor[g] = g < groups ? __builtin_bit_cast(float, power) : 0.0f;
      shift[g] = 0;
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
  static constexpr Lanes::Flavour kFlavour = Lanes::kNibbles;
  template <int J>
  static Codes codes(const Byte* piece) {
    return Lanes::bits<4 * (J % 2)>(piece + 16 + 32 * (J / 2), 15);
  }
  static void factors(const Byte* piece, std::size_t, float* factor, float* shift) {
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
  static constexpr Lanes::Flavour kFlavour = Lanes::kUnsigned;
  template <int J>
  static Codes codes(const Byte* piece) {
    constexpr int half = J / 4, group = J % 4;
    return Lanes::join<4>(Lanes::bits<group / 2 * 4>(piece + 64 * half + 32 * (group % 2), 15),
                          Lanes::bits<2 * group>(piece + 128 + 32 * half, 3));
  }
  static void factors(const Byte* piece, std::size_t, float* factor, float* shift) {
    const Floats d = Lanes::set(half_at(piece + 208)), zero = Lanes::set(-32);
    for (std::size_t part = 0; part < 2; ++part) {
      const Floats scales = Lanes::mul(Lanes::signed_bytes(word_of_8(piece + 192 + 8 * part)), d);
      Lanes::store(factor + 8 * part, scales);
      Lanes::store(shift + 8 * part, Lanes::mul(scales, zero));
    }
  }
};
struct IntegerQ2_K {
  static constexpr std::size_t kElements = 256, kBytes = 84, kGroup = 16;
  static constexpr Lanes::Flavour kFlavour = Lanes::kNibbles;
  template <int J>
  static Codes codes(const Byte* piece) {
    return Lanes::bits<2 * (J % 4)>(piece + 16 + 32 * (J / 4), 3);
  }
  static void factors(const Byte* piece, std::size_t, float* factor, float* shift) {
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
  static constexpr Lanes::Flavour kFlavour = Lanes::kNibbles;
  template <int J>
  static Codes codes(const Byte* piece) {
    return Lanes::join<2>(Lanes::bits<2 * (J % 4)>(piece + 32 + 32 * (J / 4), 3), Lanes::bits<J>(piece, 1));
  }
  static void factors(const Byte* piece, std::size_t, float* factor, float* shift) {
    const float d = half_at(piece + 108);
    const Byte* s = piece + 96;
    for (int part = 0; part < 16; ++part) {
      const int scale = (s[part % 8] >> 4 * (part / 8) & 15) | (s[8 + part % 4] >> 2 * (part / 4) & 3) << 4;
      factor[part] = d * static_cast<float>(scale - 32);
      shift[part] = -4 * factor[part];
    }
  }
};
struct IntegerIQ4_XS {
  static constexpr std::size_t kElements = 256, kBytes = 136, kGroup = 32;
  static constexpr Lanes::Flavour kFlavour = Lanes::kSigned;
  template <int J>
  static Codes codes(const Byte* piece) {
    return Lanes::look_up(kIq4Codes, Lanes::nibbles(piece + 8 + 16 * J));
  }
  static void factors(const Byte* piece, std::size_t, float* factor, float* shift) {
    const float d = half_at(piece);
    const int high = piece[2] | piece[3] << 8;
    for (int part = 0; part < 8; ++part) {
      const int bits = (piece[4 + part / 2] >> part % 2 * 4 & 15) | (high >> 2 * part & 3) << 4;
      factor[part] = d * static_cast<float>(bits - 32);
      shift[part] = 0;
    }
  }
};

// One row's factors of a piece times the scales of one input, and what its shifts come to.
template <typename Type>
Floats combine(const IntegerRow& x, std::size_t k, const float* factor, const float* shift, float* scaled, Floats shifted) {
  const Floats scales = Lanes::load_floats(x.scales + k / 32);
  if constexpr (Type::kGroup == 32) {
    Lanes::store(scaled, Lanes::mul(Lanes::load_floats(factor), scales));
    return Lanes::fma(Lanes::load_floats(shift), Lanes::load_floats(x.sums + k / 32), shifted);
  } else {
    for (std::size_t g = 0; g < 16; ++g) scaled[g] = factor[g] * x.scales[k / 32 + g / 2];
    const Floats half = Lanes::fma(Lanes::load_floats(shift), Lanes::load_floats(x.half_sums + k / 16), shifted);
    return Lanes::fma(Lanes::load_floats(shift + 8), Lanes::load_floats(x.half_sums + k / 16 + 8), half);
  }
}

template <typename Type, int J, std::size_t X>
void add_group(const IntegerRow* x, std::size_t k, const Codes codes, const float (*scaled)[16], Floats (*sums)[2]) {
  for (std::size_t i = 0; i < X; ++i) {
    const std::int8_t* const q = x[i].q + k + 32 * J;
    const Floats products = Type::kFlavour == Lanes::kSigned ? Lanes::dot_signed(codes, q) : Lanes::dot_unsigned(codes, q);
    const Floats factor = Type::kGroup == 32 ? Lanes::set(scaled[i][J]) : Lanes::pair(scaled[i][2 * J % 16], scaled[i][(2 * J + 1) % 16]);
    sums[i][J % 2] = Lanes::fma(products, factor, sums[i][J % 2]);
  }
}

template <typename Type, std::size_t X, int J = 0>
void add_piece(const IntegerRow* x, std::size_t k, const Byte* piece, std::size_t groups, const float (*scaled)[16],
               Floats (*sums)[2]) {
  if constexpr (J < static_cast<int>(kPieceGroups)) {
    if (Type::kElements == 32 && static_cast<std::size_t>(J) >= groups) return;
    add_group<Type, J, X>(x, k, Type::template codes<J>(piece), scaled, sums);
    add_piece<Type, X, J + 1>(x, k, piece, groups, scaled, sums);
  }
}

// R rows with X inputs. Each weight is unpacked once; the rows behind these are asked for meanwhile.
template <typename Type, std::size_t X, std::size_t R>
void dot_rows(const IntegerRow* x, const std::byte* rows, std::size_t row_bytes, std::size_t n, float* out, std::size_t out_stride) {
  constexpr std::size_t kPieceBytes = kPiece / Type::kElements * Type::kBytes;
  Floats sums[R][X][2], shifted[R][X];
  for (std::size_t r = 0; r < R; ++r) {
    for (std::size_t i = 0; i < X; ++i) sums[r][i][0] = sums[r][i][1] = shifted[r][i] = Lanes::set(0);
  }
  for (std::size_t k = 0; k < n; k += kPiece) {
    const std::size_t groups = n - k < kPiece ? (n - k) / 32 : kPieceGroups;
    for (std::size_t r = 0; r < R; ++r) {
      const Byte* const piece = reinterpret_cast<const Byte*>(rows) + r * row_bytes + k / Type::kElements * Type::kBytes;
      for (std::size_t line = 0; line < kPieceBytes; line += 64) __builtin_prefetch(piece + R * row_bytes + line);
      alignas(32) float factor[16], shift[16], scaled[X][16];
      Type::factors(piece, groups, factor, shift);
      for (std::size_t i = 0; i < X; ++i) shifted[r][i] = combine<Type>(x[i], k, factor, shift, scaled[i], shifted[r][i]);
      add_piece<Type, X>(x, k, piece, groups, scaled, sums[r]);
    }
  }
  for (std::size_t r = 0; r < R; ++r) {
    for (std::size_t i = 0; i < X; ++i) {
      out[i * out_stride + r] = (Lanes::sum(sums[r][i][0]) + Lanes::sum(sums[r][i][1])) + Lanes::sum(shifted[r][i]);
    }
  }
}

template <typename Type, std::size_t X, std::size_t R>
void dot_inputs(const IntegerRow* x, const std::byte* rows, std::size_t row_bytes, std::size_t num_rows, std::size_t n,
                float* out, std::size_t out_stride) {
  std::size_t r = 0;
  for (; r + R <= num_rows; r += R) dot_rows<Type, X, R>(x, rows + r * row_bytes, row_bytes, n, out + r, out_stride);
  for (; r < num_rows; ++r) dot_rows<Type, X, 1>(x, rows + r * row_bytes, row_bytes, n, out + r, out_stride);
}

template <typename Type>
void integer_dot(const IntegerRow* x, std::size_t num_x, const std::byte* rows, std::size_t row_bytes, std::size_t num_rows,
                 std::size_t n, float* out, std::size_t out_stride) {
  std::size_t i = 0;
  for (; i + 4 <= num_x; i += 4) dot_inputs<Type, 4, 1>(x + i, rows, row_bytes, num_rows, n, out + i * out_stride, out_stride);
  for (; i + 2 <= num_x; i += 2) dot_inputs<Type, 2, 2>(x + i, rows, row_bytes, num_rows, n, out + i * out_stride, out_stride);
  for (; i < num_x; ++i) dot_inputs<Type, 1, 4>(x + i, rows, row_bytes, num_rows, n, out + i * out_stride, out_stride);
}

constexpr std::size_t kPanelVectors = Lanes::kPanelVectors, kColumns = 8 * kPanelVectors;

// The 32 codes of group J of 8 rows, turned so that 4 of each row stand together.
template <typename Type, int J>
void pack_group(const Byte* const* pieces, std::size_t groups, IntegerPanel& panel) {
  if (Type::kElements == 32 && static_cast<std::size_t>(J) >= groups) return;
  for (std::size_t v = 0; v < kPanelVectors; ++v) {
    Codes rows[8];
    for (std::size_t r = 0; r < 8; ++r) {
      const Byte* const piece = pieces[8 * v + r];
      rows[r] = piece == nullptr ? Lanes::no_codes() : Type::template codes<J>(piece);
      if constexpr (Type::kFlavour == Lanes::kSigned && !Lanes::kSignedPanels) rows[r] = Lanes::move_up(rows[r]);
    }
    Lanes::transpose(rows);
    for (std::size_t step = 0; step < 8; ++step) {
      Lanes::store_codes(panel.codes + ((8 * static_cast<std::size_t>(J) + step) * kPanelVectors + v) * 32, rows[step]);
    }
  }
}

template <typename Type, int J = 0>
void pack_groups(const Byte* const* pieces, std::size_t groups, IntegerPanel& panel) {
  if constexpr (J < static_cast<int>(kPieceGroups)) {
    pack_group<Type, J>(pieces, groups, panel);
    pack_groups<Type, J + 1>(pieces, groups, panel);
  }
}

template <typename Type>
void integer_pack(const std::byte* rows, std::size_t row_bytes, std::size_t num_rows, std::size_t n, IntegerPanel& panel) {
  const std::size_t groups = n / 32;
  const Byte* pieces[kColumns];
  for (std::size_t r = 0; r < kColumns; ++r) {
    pieces[r] = r < num_rows ? reinterpret_cast<const Byte*>(rows) + r * row_bytes : nullptr;
    alignas(32) float factor[16] = {}, shift[16] = {};
    if (r < num_rows) Type::factors(pieces[r], groups, factor, shift);
    for (std::size_t g = 0; g < kPiece / Type::kGroup; ++g) {
      panel.factors[g * kColumns + r] = factor[g];
      const bool moved = Type::kFlavour == Lanes::kSigned && !Lanes::kSignedPanels;
      panel.shifts[g * kColumns + r] = moved ? shift[g] - 128 * factor[g] : shift[g];
    }
  }
  pack_groups<Type>(pieces, groups, panel);
}

// The products of M inputs with a panel, over the groups of a piece.
template <typename Type, std::size_t M>
void multiply_inputs(const IntegerRow* x, std::size_t k, std::size_t groups, const IntegerPanel& panel, float (*out)[kColumns]) {
  constexpr std::size_t kSteps = Type::kGroup / 4, kParts = 32 / Type::kGroup;
  Floats sums[M][kPanelVectors];
  for (std::size_t m = 0; m < M; ++m) {
    for (std::size_t v = 0; v < kPanelVectors; ++v) sums[m][v] = Lanes::set(0);
  }
  for (std::size_t g = 0; g < groups; ++g) {
    for (std::size_t part = 0; part < kParts; ++part) {
      Lanes::Ints products[M][kPanelVectors];
      for (std::size_t m = 0; m < M; ++m) {
        for (std::size_t v = 0; v < kPanelVectors; ++v) products[m][v] = Lanes::zero();
      }
      for (std::size_t step = 0; step < kSteps; ++step) {
        const std::size_t at = 8 * g + kSteps * part + step;
        for (std::size_t v = 0; v < kPanelVectors; ++v) {
          const Codes codes = Lanes::load(panel.codes + (at * kPanelVectors + v) * 32);
          for (std::size_t m = 0; m < M; ++m) {
            products[m][v] = Lanes::add_products<Type::kFlavour>(products[m][v], codes, x[m].q + k + 4 * at);
          }
        }
      }
      for (std::size_t v = 0; v < kPanelVectors; ++v) {
        const std::size_t row = (kParts * g + part) * kColumns + 8 * v;
        const Floats factor = Lanes::load_floats(panel.factors + row), shift = Lanes::load_floats(panel.shifts + row);
        for (std::size_t m = 0; m < M; ++m) {
          const float sum = kParts == 1 ? x[m].sums[k / 32 + g] : x[m].half_sums[k / 16 + 2 * g + part];
          const Floats scaled = Lanes::mul(factor, Lanes::set(x[m].scales[k / 32 + g]));
          sums[m][v] = Lanes::fma(Lanes::to_floats<Type::kFlavour>(products[m][v]), scaled, sums[m][v]);
          sums[m][v] = Lanes::fma(shift, Lanes::set(sum), sums[m][v]);
        }
      }
    }
  }
  for (std::size_t m = 0; m < M; ++m) {
    for (std::size_t v = 0; v < kPanelVectors; ++v) Lanes::store(out[m] + 8 * v, sums[m][v]);
  }
}

template <typename Type>
void integer_multiply(const IntegerRow* x, std::size_t num_x, std::size_t k, std::size_t n, const IntegerPanel& panel,
                      float* out, std::size_t out_stride, std::size_t columns, bool add_to_out) {
  constexpr std::size_t kInputs = 4;
  const std::size_t groups = n / 32;
  for (std::size_t i = 0; i < num_x; i += kInputs) {
    const std::size_t count = num_x - i < kInputs ? num_x - i : kInputs;
    alignas(32) float tile[kInputs][kColumns];
    if (count == kInputs) {
      multiply_inputs<Type, kInputs>(x + i, k, groups, panel, tile);
    } else {
      for (std::size_t m = 0; m < count; ++m) multiply_inputs<Type, 1>(x + i + m, k, groups, panel, tile + m);
    }
    for (std::size_t m = 0; m < count; ++m) {
      float* const to = out + (i + m) * out_stride;
      for (std::size_t c = 0; c < columns; ++c) to[c] = add_to_out ? to[c] + tile[m][c] : tile[m][c];
    }
  }
}

template <typename Type>
constexpr IntegerType integer_type() {
  return {integer_dot<Type>, integer_pack<Type>, integer_multiply<Type>};
}

// Plain loops: every version gives the same bits, and the compiler makes vectors of them.
void quantise(const float* x, std::size_t n, std::int8_t* q, float* scales, float* sums, float* half_sums) {
  for (std::size_t g = 0; g < n / 32; ++g) {
    const float* const from = x + 32 * g;
    float largest = 0;
    bool finite = true;
    for (int i = 0; i < 32; ++i) {
      const float magnitude = from[i] < 0 ? -from[i] : from[i];
      finite = finite && magnitude <= 3.4028235e38f;
      largest = magnitude > largest ? magnitude : largest;
    }
    const float scale = largest / 127.0f;
    // Where the scale is too small to divide by, the group is as good as zero.
    const float inverse = scale < 1e-37f ? 0.0f : 1.0f / scale;
    int total[2] = {0, 0};
    for (int i = 0; i < 32; ++i) {
      // Adding and taking away 1.5 * 2^23 rounds a number below 2^22 to the nearest whole one, ties to even.
      const float rounded = (from[i] * inverse + 12582912.0f) - 12582912.0f;
      const int code = finite ? static_cast<int>(rounded < -127 ? -127.0f : rounded > 127 ? 127.0f : rounded) : 0;
      q[32 * g + static_cast<std::size_t>(i)] = static_cast<std::int8_t>(code);
      total[i / 16] += code;
    }
    scales[g] = finite ? scale : __builtin_nanf("");
    half_sums[2 * g] = scales[g] * static_cast<float>(total[0]);
    half_sums[2 * g + 1] = scales[g] * static_cast<float>(total[1]);
    sums[g] = scales[g] * static_cast<float>(total[0] + total[1]);
  }
}

static_assert(kColumns <= IntegerPanel::kMostColumns);
constexpr IntegerKernels kIntegerTable = {
    Lanes::kName,
    kColumns,
    quantise,
    {integer_type<IntegerQ4_0>(), integer_type<IntegerQ4_1>(), integer_type<IntegerQ5_0>(), integer_type<IntegerQ5_1>(),
     integer_type<IntegerQ8_0>(), integer_type<IntegerQ2_K>(), integer_type<IntegerQ3_K>(), integer_type<IntegerQ4_K>(),
     integer_type<IntegerQ5_K>(), integer_type<IntegerQ6_K>(), integer_type<IntegerIQ4_NL>(), integer_type<IntegerIQ4_XS>(),
     integer_type<IntegerMXFP4>()}};

}  // namespace
}  // namespace engine
