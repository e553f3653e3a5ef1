// RowKernels of the quantised types, included by kernels.inl. A piece of a row is decoded into floats on the stack and
// multiplied as float32: every weight is decoded once for all inputs. The decoders follow models.md 5.2 in plain loops
// over bytes, which the compiler turns into vectors. Each of them is exact up to one rounding: scales are halves (11
// bits) times at most 6 bits, quants have at most 8 bits, so that every product fits a float32 and only adding a
// minimum rounds. All instruction sets therefore decode to the same bits.

// GCC unrolls short loops before it looks for vectors, and then finds none.
#if defined(__clang__)
#define KEEP_LOOP
#else
#define KEEP_LOOP _Pragma("GCC unroll 1")
#endif

namespace engine {
namespace {

using Byte = std::uint8_t;

// A binary16 number at any address; as load_f16 of vec_portable.h.
float half_at(const Byte* p) {
  const std::uint32_t bits = static_cast<std::uint32_t>(p[0]) | static_cast<std::uint32_t>(p[1]) << 8;
  const std::uint32_t magnitude = (bits & 0x7fffu) << 13;
  const auto finite = __builtin_bit_cast(std::uint32_t, __builtin_bit_cast(float, magnitude) * 0x1p112f);
  const std::uint32_t value = magnitude >= (0x7c00u << 13) ? magnitude | 0x7f800000u : finite;
  return __builtin_bit_cast(float, value | (bits & 0x8000u) << 16);
}

std::uint32_t word_at(const Byte* p) {
  std::uint32_t word;
  __builtin_memcpy(&word, p, sizeof word);
  return word;
}

float as_float(int value) {
  return static_cast<float>(value);
}

// What each block type is made of, and its values: `to` has kElements floats.
struct BlockQ4_0 {  // d, 16 bytes: low nibbles, then high
  static constexpr std::size_t kElements = 32, kBytes = 18;
  static void decode(const Byte* block, float* __restrict to) {
    const float d = half_at(block);
    const Byte* q = block + 2;
    KEEP_LOOP for (int l = 0; l < 16; ++l) {
      to[l] = d * as_float((q[l] & 15) - 8);
      to[l + 16] = d * as_float((q[l] >> 4) - 8);
    }
  }
};

struct BlockQ4_1 {  // d, m, 16 bytes
  static constexpr std::size_t kElements = 32, kBytes = 20;
  static void decode(const Byte* block, float* __restrict to) {
    const float d = half_at(block), m = half_at(block + 2);
    const Byte* q = block + 4;
    KEEP_LOOP for (int l = 0; l < 16; ++l) {
      to[l] = d * as_float(q[l] & 15) + m;
      to[l + 16] = d * as_float(q[l] >> 4) + m;
    }
  }
};

struct BlockQ5_0 {  // d, 32 fifth bits, 16 bytes
  static constexpr std::size_t kElements = 32, kBytes = 22;
  static void decode(const Byte* block, float* __restrict to) {
    const float d = half_at(block);
    const std::uint32_t high = word_at(block + 2);
    const Byte* q = block + 6;
    KEEP_LOOP for (int l = 0; l < 16; ++l) {
      to[l] = d * as_float(((q[l] & 15) | static_cast<int>((high >> l) & 1) << 4) - 16);
      to[l + 16] = d * as_float(((q[l] >> 4) | static_cast<int>((high >> (l + 16)) & 1) << 4) - 16);
    }
  }
};

struct BlockQ5_1 {  // d, m, 32 fifth bits, 16 bytes
  static constexpr std::size_t kElements = 32, kBytes = 24;
  static void decode(const Byte* block, float* __restrict to) {
    const float d = half_at(block), m = half_at(block + 2);
    const std::uint32_t high = word_at(block + 4);
    const Byte* q = block + 8;
    KEEP_LOOP for (int l = 0; l < 16; ++l) {
      to[l] = d * as_float((q[l] & 15) | static_cast<int>((high >> l) & 1) << 4) + m;
      to[l + 16] = d * as_float((q[l] >> 4) | static_cast<int>((high >> (l + 16)) & 1) << 4) + m;
    }
  }
};

struct BlockQ8_0 {  // d, 32 signed bytes
  static constexpr std::size_t kElements = 32, kBytes = 34;
  static void decode(const Byte* block, float* __restrict to) {
    const float d = half_at(block);
    const Byte* q = block + 2;
    for (int l = 0; l < 32; ++l) to[l] = d * as_float(static_cast<std::int8_t>(q[l]));
  }
};

struct BlockQ2_K {  // 16 scales and minima of 4 bits, 64 bytes of 2 bits, d, dmin
  static constexpr std::size_t kElements = 256, kBytes = 84;
  static void decode(const Byte* block, float* __restrict to) {
    const float d = half_at(block + 80), dmin = half_at(block + 82);
    for (int part = 0; part < 16; ++part) {
      const Byte* q = block + 16 + 32 * (part / 8) + 16 * (part % 2);
      const int shift = part % 8 / 2 * 2;
      const float scale = d * as_float(block[part] & 15), minimum = dmin * as_float(block[part] >> 4);
      KEEP_LOOP for (int l = 0; l < 16; ++l) to[16 * part + l] = scale * as_float((q[l] >> shift) & 3) - minimum;
    }
  }
};

struct BlockQ3_K {  // 32 bytes of third bits, 64 bytes of 2 bits, 16 scales of 6 bits in 12 bytes, d
  static constexpr std::size_t kElements = 256, kBytes = 110;
  static void decode(const Byte* block, float* __restrict to) {
    const float d = half_at(block + 108);
    const Byte* s = block + 96;
    for (int part = 0; part < 16; ++part) {
      const Byte* high = block + 16 * (part % 2);
      const Byte* q = block + 32 + 32 * (part / 8) + 16 * (part % 2);
      const int shift = part % 8 / 2 * 2;
      const int bits = (s[part % 8] >> 4 * (part / 8) & 15) | (s[8 + part % 4] >> 2 * (part / 4) & 3) << 4;
      const float scale = d * as_float(bits - 32);
      KEEP_LOOP for (int l = 0; l < 16; ++l) {
        const int third = (high[l] >> (part / 2)) & 1;
        to[16 * part + l] = scale * as_float(((q[l] >> shift) & 3) + 4 * third - 4);
      }
    }
  }
};

// The scale and the minimum of each of the 8 parts of Q4_K and Q5_K: 6 bits each in 12 bytes.
void scales_of_k(const Byte* s, int part, int& scale, int& minimum) {
  if (part < 4) {
    scale = s[part] & 63;
    minimum = s[part + 4] & 63;
  } else {
    scale = (s[part + 4] & 15) | (s[part - 4] >> 6) << 4;
    minimum = (s[part + 4] >> 4) | (s[part] >> 6) << 4;
  }
}

struct BlockQ4_K {  // d, dmin, 12 bytes of scales, 128 bytes: low nibbles are one part of 32, high the next
  static constexpr std::size_t kElements = 256, kBytes = 144;
  static void decode(const Byte* block, float* __restrict to) {
    const float d = half_at(block), dmin = half_at(block + 2);
    for (int part = 0; part < 8; ++part) {
      int scale_bits = 0, minimum_bits = 0;
      scales_of_k(block + 4, part, scale_bits, minimum_bits);
      const float scale = d * as_float(scale_bits), minimum = dmin * as_float(minimum_bits);
      const Byte* q = block + 16 + 32 * (part / 2);
      const int shift = part % 2 * 4;
      for (int l = 0; l < 32; ++l) to[32 * part + l] = scale * as_float((q[l] >> shift) & 15) - minimum;
    }
  }
};

struct BlockQ5_K {  // d, dmin, 12 bytes of scales, 32 bytes of fifth bits, 128 bytes
  static constexpr std::size_t kElements = 256, kBytes = 176;
  static void decode(const Byte* block, float* __restrict to) {
    const float d = half_at(block), dmin = half_at(block + 2);
    const Byte* high = block + 16;
    for (int part = 0; part < 8; ++part) {
      int scale_bits = 0, minimum_bits = 0;
      scales_of_k(block + 4, part, scale_bits, minimum_bits);
      const float scale = d * as_float(scale_bits), minimum = dmin * as_float(minimum_bits);
      const Byte* q = block + 48 + 32 * (part / 2);
      const int shift = part % 2 * 4;
      for (int l = 0; l < 32; ++l) {
        const int value = ((q[l] >> shift) & 15) | ((high[l] >> part) & 1) << 4;
        to[32 * part + l] = scale * as_float(value) - minimum;
      }
    }
  }
};

struct BlockQ6_K {  // 128 bytes of low nibbles, 64 bytes of high bits, 16 signed scales, d
  static constexpr std::size_t kElements = 256, kBytes = 210;
  static void decode(const Byte* block, float* __restrict to) {
    const float d = half_at(block + 208);
    for (int part = 0; part < 16; ++part) {
      const int group = part % 8 / 2;  // of 32 elements, four in each half of the block
      const Byte* low = block + 64 * (part / 8) + 32 * (group % 2) + 16 * (part % 2);
      const Byte* high = block + 128 + 32 * (part / 8) + 16 * (part % 2);
      const int low_shift = group / 2 * 4, high_shift = 2 * group;
      const float scale = d * as_float(static_cast<std::int8_t>(block[192 + part]));
      KEEP_LOOP for (int l = 0; l < 16; ++l) {
        const int value = ((low[l] >> low_shift) & 15) | ((high[l] >> high_shift) & 3) << 4;
        to[16 * part + l] = scale * as_float(value - 32);
      }
    }
  }
};

constexpr float kIq4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
constexpr float kFp4Values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// 32 nibbles as numbers of a table: 16 low ones, then 16 high ones.
void look_up_nibbles(const Byte* q, const float* table, float scale, float* __restrict to) {
  KEEP_LOOP for (int l = 0; l < 16; ++l) {
    to[l] = scale * table[q[l] & 15];
    to[l + 16] = scale * table[q[l] >> 4];
  }
}

struct BlockIQ4_NL {  // d, 16 bytes
  static constexpr std::size_t kElements = 32, kBytes = 18;
  static void decode(const Byte* block, float* __restrict to) {
    look_up_nibbles(block + 2, kIq4Values, half_at(block), to);
  }
};

struct BlockIQ4_XS {  // d, 2 bytes and 4 bytes of scales, 128 bytes
  static constexpr std::size_t kElements = 256, kBytes = 136;
  static void decode(const Byte* block, float* __restrict to) {
    const float d = half_at(block);
    const int high = block[2] | block[3] << 8;
    for (int part = 0; part < 8; ++part) {
      const int bits = (block[4 + part / 2] >> part % 2 * 4 & 15) | (high >> 2 * part & 3) << 4;
      look_up_nibbles(block + 8 + 16 * part, kIq4Values, d * as_float(bits - 32), to + 32 * part);
    }
  }
};

struct BlockMXFP4 {  // a power of two, 16 bytes
  static constexpr std::size_t kElements = 32, kBytes = 17;
  static void decode(const Byte* block, float* __restrict to) {
    const std::uint32_t e = block[0];
    const std::uint32_t power = e < 2 ? 0x200000u << e : (e - 1) << 23;  // 2^(e - 128), the first two subnormal
    look_up_nibbles(block + 1, kFp4Values, __builtin_bit_cast(float, power), to);
  }
};

// `n` elements, whole blocks.
template <typename Block>
void decode(const std::byte* from, std::size_t n, float* to) {
  const Byte* block = reinterpret_cast<const Byte*>(from);
  for (std::size_t i = 0; i < n; i += Block::kElements, block += Block::kBytes) Block::decode(block, to + i);
}

constexpr std::size_t kPiece = 256;  // elements decoded at a time: whole blocks of every type

template <std::size_t X, std::size_t R>
void dot_piece(const float* x, std::size_t x_stride, const float (&piece)[R][kPiece], std::size_t n, Vec (*sums)[R]) {
  Vec kept[X][R];
  for (std::size_t i = 0; i < X; ++i) {
    for (std::size_t r = 0; r < R; ++r) kept[i][r] = sums[i][r];
  }
  for (std::size_t k = 0; k < n; k += kWidth) {
    dot_step<AsF32>(x + k, x_stride, bytes_of(piece[0] + k), sizeof piece[0], kept);
  }
  for (std::size_t i = 0; i < X; ++i) {
    for (std::size_t r = 0; r < R; ++r) sums[i][r] = kept[i][r];
  }
}

constexpr std::size_t kMostInputs = 8;  // whose sums are kept while a row is decoded

template <typename Block, std::size_t R>
void dot_decoded(const float* x, std::size_t x_stride, std::size_t num_x, const std::byte* rows, std::size_t row_bytes,
                 std::size_t n, float* out, std::size_t out_stride) {
  alignas(64) float piece[R][kPiece];
  Vec sums[kMostInputs][R];
  for (std::size_t i = 0; i < num_x; ++i) {
    for (std::size_t r = 0; r < R; ++r) sums[i][r] = Vec::set(0.0f);
  }
  for (std::size_t k = 0; k < n; k += kPiece) {
    const std::size_t count = n - k < kPiece ? n - k : kPiece;
    for (std::size_t r = 0; r < R; ++r) {
      decode<Block>(rows + r * row_bytes + k / Block::kElements * Block::kBytes, count, piece[r]);
    }
    std::size_t i = 0;
    for (; i + Vec::kDotInputs <= num_x; i += Vec::kDotInputs) {
      dot_piece<Vec::kDotInputs>(x + i * x_stride + k, x_stride, piece, count, sums + i);
    }
    for (; i < num_x; ++i) dot_piece<1>(x + i * x_stride + k, x_stride, piece, count, sums + i);
  }
  for (std::size_t i = 0; i < num_x; ++i) {
    for (std::size_t r = 0; r < R; ++r) out[i * out_stride + r] = Vec::sum(sums[i][r]);
  }
}

template <typename Block>
void dot_blocks(const float* x, std::size_t x_stride, std::size_t num_x, const std::byte* rows, std::size_t row_bytes,
                std::size_t num_rows, std::size_t n, float* out, std::size_t out_stride) {
  for (std::size_t i = 0; i < num_x; i += kMostInputs) {
    const std::size_t inputs = num_x - i < kMostInputs ? num_x - i : kMostInputs;
    const float* const first = x + i * x_stride;
    float* const sums = out + i * out_stride;
    std::size_t r = 0;
    for (; r + 4 <= num_rows; r += 4) {
      dot_decoded<Block, 4>(first, x_stride, inputs, rows + r * row_bytes, row_bytes, n, sums + r, out_stride);
    }
    for (; r < num_rows; ++r) {
      dot_decoded<Block, 1>(first, x_stride, inputs, rows + r * row_bytes, row_bytes, n, sums + r, out_stride);
    }
  }
}

template <typename Block>
void pack_blocks(const std::byte* rows, std::size_t row_bytes, std::size_t num_rows, std::size_t n, float* panel) {
  alignas(64) float pieces[kWidth][kPiece];
  for (std::size_t r = 0; r < kTileColumns; r += kWidth) {
    const std::size_t count = r >= num_rows ? 0 : num_rows - r < kWidth ? num_rows - r : kWidth;
    for (std::size_t k = 0; k < n; k += kPiece) {
      const std::size_t width = n - k < kPiece ? n - k : kPiece;
      for (std::size_t i = 0; i < count; ++i) {
        decode<Block>(rows + (r + i) * row_bytes + k / Block::kElements * Block::kBytes, width, pieces[i]);
      }
      pack_strip<AsF32>(bytes_of(pieces[0]), sizeof pieces[0], count, width, panel + k * kTileColumns + r);
    }
  }
}

template <DType type, typename Block>
constexpr RowKernels block_kernels() {
  static_assert(Block::kElements == block_elements(type) && Block::kBytes == block_bytes(type));
  return {dot_blocks<Block>, nullptr, pack_blocks<Block>, decode<Block>, nullptr};
}

}  // namespace
}  // namespace engine
