// F8Kernels and GptqKernels, included by kernels.inl after quantised_rows.inl, whose Byte, half_at, word_at and kPiece
// they use. Plain loops that the compiler turns into vectors; no sum is fused with a product, so that all instruction
// sets decode to the same bits.

namespace engine {
namespace {

// FP8 numbers as the bits of a half, times a power of two: exact, and no number goes through a float32 that is
// subnormal, which processors handle slowly.
struct NumberE4M3 {  // 1 sign, 4 exponent (bias 7), 3 fraction; no infinity
  static constexpr float kFactor = 256.0f;  // the bias of a half is 15
  static std::uint16_t half(Byte b) {
    const unsigned magnitude = b & 0x7fu;
    return static_cast<std::uint16_t>((b & 0x80u) << 8 | (magnitude == 0x7f ? 0x7fffu : magnitude << 7));
  }
};
struct NumberE5M2 {  // the upper half of a half
  static constexpr float kFactor = 1.0f;
  static std::uint16_t half(Byte b) { return static_cast<std::uint16_t>(b << 8); }
};

float scale_at(DType type, const std::byte* scales, std::size_t index) {
  const Byte* p = reinterpret_cast<const Byte*>(scales) + index * (type == DType::F32 ? 4 : 2);
  if (type == DType::F16) return half_at(p);
  if (type == DType::F32) return __builtin_bit_cast(float, word_at(p));
  return __builtin_bit_cast(float, static_cast<std::uint32_t>(p[0]) << 16 | static_cast<std::uint32_t>(p[1]) << 24);
}

// n <= kPiece numbers with one scale. The product with a power of two is exact, so that there is one rounding.
template <typename Number>
void decode_f8(const Byte* from, std::size_t n, float scale, float* __restrict to) {
  alignas(64) std::uint16_t halves[kPiece];
  for (std::size_t i = 0; i < n; ++i) halves[i] = Number::half(from[i]);
  const std::byte* const bits = reinterpret_cast<const std::byte*>(halves);
  const Vec factor = Vec::set(Number::kFactor), scales = Vec::set(scale);
  std::size_t i = 0;
  for (; i + kWidth <= n; i += kWidth) {
    store_floats(to + i, Vec::mul(Vec::mul(Vec::load_f16(bits + 2 * i), factor), scales));
  }
  if (i < n) {
    store_floats(to + i, n - i, Vec::mul(Vec::mul(Vec::load_f16_first(bits + 2 * i, n - i), factor), scales));
  }
}

template <typename Number>
void widen_f8(const F8Row& row, std::size_t column, std::size_t n, float* to) {
  const Byte* const numbers = reinterpret_cast<const Byte*>(row.numbers);
  const std::size_t end = column + n;
  for (std::size_t block = column / row.block_columns; column < end; ++block) {
    const float scale = scale_at(row.scale_type, row.scales, block);
    const std::size_t left_in_block = (block + 1) * row.block_columns - column;
    std::size_t left = end - column < left_in_block ? end - column : left_in_block;
    while (left > 0) {
      const std::size_t count = left < kPiece ? left : kPiece;
      for (std::size_t i = 0; i < count; i += 64) __builtin_prefetch(numbers + column + row.ahead + i);
      decode_f8<Number>(numbers + column, count, scale, to);
      column += count;
      left -= count;
      to += count;
    }
  }
}

template <typename Number>
void pack_f8(const F8Row* rows, std::size_t num_rows, std::size_t column, std::size_t n, float* panel) {
  alignas(64) float pieces[kWidth][kPiece];
  for (std::size_t r = 0; r < kTileColumns; r += kWidth) {
    const std::size_t count = r >= num_rows ? 0 : num_rows - r < kWidth ? num_rows - r : kWidth;
    for (std::size_t k = 0; k < n; k += kPiece) {
      const std::size_t width = n - k < kPiece ? n - k : kPiece;
      for (std::size_t i = 0; i < count; ++i) widen_f8<Number>(rows[r + i], column + k, width, pieces[i]);
      pack_strip<AsF32>(bytes_of(pieces[0]), sizeof pieces[0], count, width, panel + k * kTileColumns + r);
    }
  }
}

// Zero points of rows [row, row + num_rows): eight to a word.
void gptq_zeros(const Byte* words, float offset, std::size_t row, std::size_t num_rows, float* __restrict to) {
  std::size_t r = 0;
  if (row % 8 == 0) {
    for (; r + 8 <= num_rows; r += 8) {
      const std::uint32_t word = word_at(words + (row + r) / 8 * 4);
      KEEP_LOOP for (unsigned j = 0; j < 8; ++j) to[r + j] = as_float(static_cast<int>(word >> 4 * j & 15)) + offset;
    }
  }
  for (; r < num_rows; ++r) {
    const std::uint32_t word = word_at(words + (row + r) / 8 * 4);
    to[r] = as_float(static_cast<int>(word >> 4 * ((row + r) % 8) & 15)) + offset;
  }
}

void fill_gptq_tables(const Scaling& scaling, std::size_t row, std::size_t num_rows, float* tables) {
  const std::size_t rows = static_cast<std::size_t>(scaling.rows), groups = static_cast<std::size_t>(scaling.groups);
  const std::size_t zero_bytes = (rows + 7) / 8 * 4;
  const Byte* zeros = reinterpret_cast<const Byte*>(scaling.zeros);
  const float offset = as_float(scaling.zero_offset);
  for (std::size_t g = 0; g < groups; ++g, zeros += zero_bytes) {
    float* const scale_table = tables + 2 * g * kTileColumns;
    float* const zero_table = scale_table + kTileColumns;
    for (std::size_t r = num_rows; r < kTileColumns; ++r) scale_table[r] = zero_table[r] = 0.0f;
    const std::size_t first = g * rows + row;
    switch (scaling.type) {
      case DType::F16: widen<AsF16>(scaling.scales + 2 * first, num_rows, scale_table); break;
      case DType::BF16: widen<AsBf16>(scaling.scales + 2 * first, num_rows, scale_table); break;
      default: widen<AsF32>(scaling.scales + 4 * first, num_rows, scale_table); break;
    }
    gptq_zeros(zeros, offset, row, num_rows, zero_table);
  }
}

// One column of a tile: the number at `shift` in each word.
void decode_gptq(const std::uint32_t* __restrict words, unsigned shift, const float* __restrict table,
                 float* __restrict to) {
  KEEP_LOOP for (std::size_t r = 0; r < kTileColumns; ++r) {
    to[r] = table[r] * (as_float(static_cast<int>(words[r] >> shift & 15)) - table[kTileColumns + r]);
  }
}

void pack_gptq(const std::byte* weight, const Scaling& scaling, const float* tables, std::size_t row,
               std::size_t num_rows, std::size_t column, std::size_t n, float* panel) {
  const std::size_t word_row_bytes = 4 * static_cast<std::size_t>(scaling.rows);
  const std::size_t group_size = static_cast<std::size_t>(scaling.group_size);
  const Byte* const index = reinterpret_cast<const Byte*>(scaling.group_index);
  const std::byte* from = weight + column / 8 * word_row_bytes + 4 * row;
  std::size_t group = column / group_size;
  std::size_t group_end = (group + 1) * group_size;
  for (std::size_t k = column; k < column + n; k += 8, from += word_row_bytes) {
    alignas(64) std::uint32_t words[kTileColumns] = {};
    if (num_rows == kTileColumns) {
      __builtin_memcpy(words, from, sizeof words);
    } else {
      __builtin_memcpy(words, from, num_rows * sizeof words[0]);
    }
    __builtin_prefetch(from + sizeof words);  // the next tile's: word rows are too far apart for the hardware to guess
    for (std::size_t j = 0; j < 8; ++j, panel += kTileColumns) {
      if (index != nullptr) {
        group = word_at(index + 4 * (k + j));
      } else if (k + j == group_end) {
        ++group;
        group_end += group_size;
      }
      decode_gptq(words, static_cast<unsigned>(4 * j), tables + 2 * group * kTileColumns, panel);
    }
  }
}

}  // namespace
}  // namespace engine

#undef KEEP_LOOP
