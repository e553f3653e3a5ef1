// IntegerKernels for one instruction set: quantising and packing over Lanes, after integer_types.inl and the products of
// integer_narrow.inl or integer_wide.inl.

namespace engine {
namespace {

template <typename Type>
void integer_dot(IntegerRows x, IntegerRows rests, std::size_t num_x, const std::byte* rows, std::size_t row_bytes,
                 std::size_t num_rows, std::size_t n, float* out, std::size_t out_stride) {
  std::size_t i = 0;
  for (; i + 4 <= num_x; i += 4) {
    dot_rows<Type, 4>(x.from(i), rests.from(i), rows, row_bytes, num_rows, n, out + i * out_stride, out_stride);
  }
  for (; i + 2 <= num_x; i += 2) {
    dot_rows<Type, 2>(x.from(i), rests.from(i), rows, row_bytes, num_rows, n, out + i * out_stride, out_stride);
  }
  for (; i < num_x; ++i) {
    dot_rows<Type, 1>(x.from(i), rests.from(i), rows, row_bytes, num_rows, n, out + i * out_stride, out_stride);
  }
}

// The 32 codes of group J of 8 rows, turned so that 4 of each row stand together.
template <typename Type, int J>
void pack_group(const Byte* const* pieces, std::size_t first_row, IntegerPanel& panel) {
  Codes rows[8];
  for (std::size_t r = 0; r < 8; ++r) {
    rows[r] = Type::template codes<J>(pieces[r]);
    if constexpr (Type::kFlavour == Lanes::kSigned && kMovedPanels) rows[r] = Lanes::move_up(rows[r]);
  }
  Lanes::transpose(rows);
  for (std::size_t step = 0; step < 8; ++step) {
    Lanes::store_codes(panel.codes + (8 * static_cast<std::size_t>(J) + step) * kColumns * 4 + first_row * 4, rows[step]);
  }
}

template <typename Type, int J = 0>
void pack_groups(const Byte* const* pieces, std::size_t first_row, IntegerPanel& panel) {
  if constexpr (J < static_cast<int>(kPieceGroups)) {
    pack_group<Type, J>(pieces, first_row, panel);
    pack_groups<Type, J + 1>(pieces, first_row, panel);
  }
}

// What rows that are not there are made of: codes that count for nothing, as their factors are 0.
alignas(64) constexpr Byte kNothing[kMostPieceBytes] = {};

template <typename Type>
void integer_pack(const std::byte* rows, std::size_t row_bytes, std::size_t num_rows, std::size_t n, IntegerPanel& panel) {
  for (std::size_t first = 0; first < kColumns; first += 8) {
    Byte room[8][kMostPieceBytes];
    const Byte* pieces[8];
    for (std::size_t r = 0; r < 8; ++r) {
      const bool there = first + r < num_rows;
      alignas(32) float factor[16] = {}, shift[16] = {};
      pieces[r] = kNothing;
      if (there) {
        const Byte* const from = reinterpret_cast<const Byte*>(rows) + (first + r) * row_bytes;
        // What will be packed next comes while this panel is multiplied.
        for (std::size_t line = 0; line < kPieceBytes<Type>; line += 64) __builtin_prefetch(from + kPieceBytes<Type> + line, 0, 2);
        pieces[r] = whole_piece<Type>(from, n, room[r]);
        Type::factors(pieces[r], factor, shift);
      }
      for (std::size_t g = 0; g < kPiece / Type::kGroup; ++g) {
        panel.factors[g * kColumns + first + r] = factor[g];
        panel.shifts[g * kColumns + first + r] = Type::kHasShift ? shift[g] : -Type::kZero * factor[g];
      }
    }
    pack_groups<Type>(pieces, first, panel);
  }
}

template <typename Type>
constexpr IntegerType integer_type() {
  return {integer_dot<Type>, integer_pack<Type>, integer_multiply<Type>};
}

// The codes of a piece in their other order: word i of both halves of every four groups, group after group.
void cross(IntegerPiece& piece) {
  for (std::size_t g = 0; g < kPieceGroups; ++g) {
    for (std::size_t word = 0; word < 8; ++word) {
      __builtin_memcpy(piece.crossed + 128 * (g / 4) + 16 * word + 4 * (g % 4), piece.q + 32 * g + 4 * word, 4);
    }
  }
}

// What is told of group g of a piece, whose codes are there: `halves` are the sums of its numbers.
void complete_group(IntegerPiece& piece, std::size_t g, float scale, const std::int32_t* halves) {
  for (std::size_t half = 0; half < 2; ++half) {
    piece.minus_half_totals[2 * g + half] = -halves[half];
    piece.half_sums[2 * g + half] = scale * static_cast<float>(halves[half]);
  }
  piece.scales[g] = scale;
  piece.minus_totals[g] = -(halves[0] + halves[1]);
  piece.sums[g] = scale * static_cast<float>(halves[0] + halves[1]);
}

void quantise(const float* x, std::size_t n, IntegerRow to, IntegerRow rests, bool crossed) {
  if (n % kPiece != 0) {
    __builtin_memset(&to.at(n / kPiece), 0, sizeof(IntegerPiece));
    if (rests.pieces != nullptr) __builtin_memset(&rests.at(n / kPiece), 0, sizeof(IntegerPiece));
  }
  for (std::size_t at = 0; at < n; at += 32) {
    IntegerPiece& piece = to.at(at / kPiece);
    const std::size_t g = at % kPiece / 32;
    // As bits, what is not finite is larger than what is.
    const std::uint32_t largest_bits = Lanes::largest_magnitude(x + at);
    const bool finite = largest_bits < 0x7f800000u;
    const float scale = __builtin_bit_cast(float, largest_bits) / 127.0f;
    // Where the scale is too small to divide by, the group is as good as zero. Elsewhere no quotient rounds beyond 127.
    const float inverse = scale < 1e-37f ? 0.0f : 1.0f / scale;
    std::int32_t halves[2] = {0, 0};
    if (finite) {
      Lanes::round_codes(x + at, inverse, piece.q + 32 * g, halves);
    } else {
      __builtin_memset(piece.q + 32 * g, 0, 32);
    }
    const float told = finite ? scale : __builtin_nanf("");
    complete_group(piece, g, told, halves);
    if (rests.pieces == nullptr) continue;
    IntegerPiece& rest = rests.at(at / kPiece);
    alignas(32) float left[32] = {};
    if (finite) Lanes::rests(x + at, inverse, left);
    std::int32_t of_rests[2];
    Lanes::round_codes(left, 1.0f, rest.q + 32 * g, of_rests);
    const std::int32_t fine_halves[2] = {256 * halves[0] + of_rests[0], 256 * halves[1] + of_rests[1]};
    complete_group(rest, g, told / 256.0f, fine_halves);
  }
  for (std::size_t p = 0; crossed && p * kPiece < n; ++p) {
    cross(to.at(p));
    if (rests.pieces != nullptr) cross(rests.at(p));
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
