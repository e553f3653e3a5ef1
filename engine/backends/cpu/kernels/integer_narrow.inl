// Products over Lanes of 8 numbers, after integer_types.inl: for integer_portable.cpp and integer_avx2.cpp.

namespace engine {
namespace {

// One row's factors of a piece times the scales of one input, and what its shifts come to.
template <typename Type>
Floats combine(const IntegerPiece& x, const float* factor, const float* shift, float* scaled, Floats shifted) {
  const Floats zero = Lanes::set(-Type::kZero);
  if constexpr (Type::kGroup == 32) {
    const Floats factors = Lanes::load_floats(factor);
    Lanes::store(scaled, Lanes::mul(factors, Lanes::load_floats(x.scales)));
    if constexpr (Type::kHasShift) return Lanes::fma(Lanes::load_floats(shift), Lanes::load_floats(x.sums), shifted);
    if constexpr (Type::kZero != 0) return Lanes::fma(Lanes::mul(factors, zero), Lanes::load_floats(x.sums), shifted);
  } else {
    for (std::size_t part = 0; part < 16; part += 8) {
      const Floats factors = Lanes::load_floats(factor + part);
      Lanes::store(scaled + part, Lanes::mul(factors, Lanes::each_twice(x.scales + part / 2)));
      const Floats shifts = Type::kHasShift ? Lanes::load_floats(shift + part) : Lanes::mul(factors, zero);
      shifted = Lanes::fma(shifts, Lanes::load_floats(x.half_sums + part), shifted);
    }
  }
  return shifted;
}

template <typename Type, std::size_t X, int J = 0>
[[gnu::always_inline]] inline void add_piece(IntegerRows x, IntegerRows rests, std::size_t k, const Byte* piece,
                                             const float (*scaled)[16], Floats (*sums)[4]) {
  if constexpr (J < static_cast<int>(kPieceGroups)) {
    const Codes codes = Type::template codes<J>(piece);
    for (std::size_t i = 0; i < X; ++i) {
      const std::int8_t* const q = x.at(i, k / kPiece).q + 32 * J;
      const std::int8_t* const rest = rests.at(i, k / kPiece).q + 32 * J;
      constexpr bool kSigned = Type::kFlavour == Lanes::kSigned;
      const Floats products = kSigned ? Lanes::dot_signed(codes, q, rest) : Lanes::dot_unsigned(codes, q, rest);
      const Floats factor = Type::kGroup == 32 ? Lanes::set(scaled[i][J]) : Lanes::pair(scaled[i][2 * J % 16], scaled[i][(2 * J + 1) % 16]);
      sums[i][J % 4] = Lanes::fma(products, factor, sums[i][J % 4]);
    }
    add_piece<Type, X, J + 1>(x, rests, k, piece, scaled, sums);
  }
}

// How far ahead rows are asked for: a page, where the hardware's own looking ahead ends.
constexpr std::size_t kAhead = 4096;

// Rows, one after the other as they lie, with X inputs. Each weight is unpacked once.
template <typename Type, std::size_t X>
void dot_rows(IntegerRows x, IntegerRows rests, const std::byte* rows, std::size_t row_bytes, std::size_t num_rows, std::size_t n,
              float* out, std::size_t out_stride) {
  for (std::size_t r = 0; r < num_rows; ++r) {
    Floats sums[X][4], shifted[X];
    for (std::size_t i = 0; i < X; ++i) sums[i][0] = sums[i][1] = sums[i][2] = sums[i][3] = shifted[i] = Lanes::set(0);
    for (std::size_t k = 0; k < n; k += kPiece) {
      const Byte* const from = reinterpret_cast<const Byte*>(rows) + r * row_bytes + k / Type::kElements * Type::kBytes;
      for (std::size_t line = 0; line < kPieceBytes<Type>; line += 64) __builtin_prefetch(from + kAhead + line);
      Byte room[kMostPieceBytes];
      const Byte* const piece = whole_piece<Type>(from, n - k, room);
      alignas(32) float factor[16], shift[16], scaled[X][16];
      Type::factors(piece, factor, shift);
      for (std::size_t i = 0; i < X; ++i) {
        shifted[i] = combine<Type>(rests.at(i, k / kPiece), factor, shift, scaled[i], shifted[i]);
      }
      add_piece<Type, X>(x, rests, k, piece, scaled, sums);
    }
    for (std::size_t i = 0; i < X; ++i) {
      const Floats all = Lanes::add(Lanes::add(sums[i][0], sums[i][1]), Lanes::add(sums[i][2], sums[i][3]));
      out[i * out_stride + r] = Lanes::sum(Lanes::add(all, shifted[i]));
    }
  }
}

// Panels of 16 columns, two vectors: each number of an input is then fetched once for both.
constexpr std::size_t kColumns = 16;
constexpr bool kMovedPanels = false;  // signed codes stay as they are

// The products of M inputs, fine or not, with a panel.
template <typename Type, bool fine, std::size_t M>
void multiply_inputs(IntegerRows x, IntegerRows rests, std::size_t k, std::size_t groups, const IntegerPanel& panel,
                     float* to, bool add) {
  constexpr std::size_t kSteps = Type::kGroup / 4, kParts = 32 / Type::kGroup;
  Floats sums[M][2];
  for (std::size_t m = 0; m < M; ++m) sums[m][0] = sums[m][1] = Lanes::set(0);
  for (std::size_t g = 0; g < groups; ++g) {
    if (g < M) ask_for(x, M + g, k);
    if (fine && g < M) ask_for(rests, M + g, k);
    for (std::size_t part = 0; part < kParts; ++part) {
      Lanes::Ints products[M][2], of_rests[M][2];
      for (std::size_t m = 0; m < M; ++m) products[m][0] = products[m][1] = of_rests[m][0] = of_rests[m][1] = Lanes::zero();
      for (std::size_t step = 0; step < kSteps; ++step) {
        const std::size_t at = 8 * g + kSteps * part + step;
        const Codes left = Lanes::load(panel.codes + at * 64), right = Lanes::load(panel.codes + at * 64 + 32);
        for (std::size_t m = 0; m < M; ++m) {
          const Codes q = Lanes::four(x.at(m, k / kPiece).q + 4 * at);
          products[m][0] = Lanes::add_products<Type::kFlavour>(products[m][0], left, q);
          products[m][1] = Lanes::add_products<Type::kFlavour>(products[m][1], right, q);
          if constexpr (fine) {
            const Codes rest = Lanes::four(rests.at(m, k / kPiece).q + 4 * at);
            of_rests[m][0] = Lanes::add_products<Type::kFlavour>(of_rests[m][0], left, rest);
            of_rests[m][1] = Lanes::add_products<Type::kFlavour>(of_rests[m][1], right, rest);
          }
        }
      }
      const std::size_t row = (kParts * g + part) * kColumns;
      for (std::size_t m = 0; m < M; ++m) {
        const IntegerPiece& piece = (fine ? rests : x).at(m, k / kPiece);
        const Floats scale = Lanes::set(piece.scales[g]), sum = Lanes::set(kParts == 1 ? piece.sums[g] : piece.half_sums[2 * g + part]);
        for (std::size_t v = 0; v < 2; ++v) {
          const Floats scaled = Lanes::mul(Lanes::load_floats(panel.factors + row + 8 * v), scale);
          const Floats whole = fine ? Lanes::to_floats<Type::kFlavour>(products[m][v], of_rests[m][v])
                                    : Lanes::to_floats<Type::kFlavour>(products[m][v]);
          sums[m][v] = Lanes::fma(whole, scaled, sums[m][v]);
          if constexpr (Type::kHasShift || Type::kZero != 0) {
            sums[m][v] = Lanes::fma(Lanes::load_floats(panel.shifts + row + 8 * v), sum, sums[m][v]);
          }
        }
      }
    }
  }
  for (std::size_t m = 0; m < M; ++m) {
    for (std::size_t v = 0; v < 2; ++v) {
      float* const sum = to + m * kColumns + 8 * v;
      Lanes::store(sum, add ? Lanes::add(Lanes::load_floats(sum), sums[m][v]) : sums[m][v]);
    }
  }
}

template <typename Type, bool fine>
void multiply_all(IntegerRows x, IntegerRows rests, std::size_t num_x, std::size_t k, std::size_t groups,
                  const IntegerPanel& panel, float* to, bool add) {
  constexpr std::size_t kInputs = fine ? 2 : 4;  // with their sums and codes they fill 16 registers
  std::size_t i = 0;
  for (; i + kInputs <= num_x; i += kInputs) {
    multiply_inputs<Type, fine, kInputs>(x.from(i), fine ? rests.from(i) : rests, k, groups, panel, to + i * kColumns, add);
  }
  for (; i < num_x; ++i) {
    multiply_inputs<Type, fine, 1>(x.from(i), fine ? rests.from(i) : rests, k, groups, panel, to + i * kColumns, add);
  }
}

template <typename Type>
void integer_multiply(IntegerRows x, IntegerRows rests, std::size_t num_x, std::size_t k, std::size_t n, const IntegerPanel& panel,
                      float* sums, bool add) {
  const bool fine = rests.pieces != nullptr;
  (fine ? multiply_all<Type, true> : multiply_all<Type, false>)(x, rests, num_x, k, n / 32, panel, sums, add);
}

}  // namespace
}  // namespace engine
