#pragma once

#include "engine/backends/cuda/kernels.h"
#include "engine/backends/cuda/kernels/numbers.cuh"

// Eight neighbouring numbers of a row of a weight, for every storage type: the one place of the kernels that knows how
// blocks are laid out (models.md 5.2, as the CPU's decoders). Eight never cross a block or a part with a scale of its
// own. A product with a minimum behind it may be fused here: within one rounding of the CPU's value.

namespace engine::cuda {

template <Storage kType>
struct Eight;

template <>
struct Eight<Storage::F32> {
  static __device__ void get(const Weight& w, std::int64_t row, std::int64_t column, int count, float* to) {
    const float* from = reinterpret_cast<const float*>(w.data + row * w.row_bytes) + column;
    if (w.length % 4 == 0 && count == 8) {
      const float4 a = *reinterpret_cast<const float4*>(from), b = *reinterpret_cast<const float4*>(from + 4);
      to[0] = a.x, to[1] = a.y, to[2] = a.z, to[3] = a.w, to[4] = b.x, to[5] = b.y, to[6] = b.z, to[7] = b.w;
      return;
    }
    for (int i = 0; i < 8; ++i) to[i] = i < count ? from[i] : 0.0f;
  }
};

template <>
struct Eight<Storage::F64> {
  static __device__ void get(const Weight& w, std::int64_t row, std::int64_t column, int count, float* to) {
    const double* from = reinterpret_cast<const double*>(w.data + row * w.row_bytes) + column;
    for (int i = 0; i < 8; ++i) to[i] = i < count ? static_cast<float>(from[i]) : 0.0f;
  }
};

/// Eight numbers of two bytes, aligned to 16 where rows allow it.
__device__ inline void eight_shorts(const Weight& w, std::int64_t row, std::int64_t column, int count, std::uint16_t* to) {
  const std::uint16_t* from = reinterpret_cast<const std::uint16_t*>(w.data + row * w.row_bytes) + column;
  if (w.length % 8 == 0) {
    const uint4 words = *reinterpret_cast<const uint4*>(from);
    const unsigned parts[4] = {words.x, words.y, words.z, words.w};
    for (int i = 0; i < 8; ++i) to[i] = static_cast<std::uint16_t>(parts[i / 2] >> 16 * (i % 2));
    return;
  }
  for (int i = 0; i < 8; ++i) to[i] = i < count ? from[i] : std::uint16_t{0};
}

template <>
struct Eight<Storage::F16> {
  static __device__ void get(const Weight& w, std::int64_t row, std::int64_t column, int count, float* to) {
    std::uint16_t bits[8];
    eight_shorts(w, row, column, count, bits);
    for (int i = 0; i < 8; ++i) to[i] = half_to_float(bits[i]);
  }
};

template <>
struct Eight<Storage::BF16> {
  static __device__ void get(const Weight& w, std::int64_t row, std::int64_t column, int count, float* to) {
    std::uint16_t bits[8];
    eight_shorts(w, row, column, count, bits);
    for (int i = 0; i < 8; ++i) to[i] = bf16_to_float(bits[i]);
  }
};

__device__ inline float scale_at(const WeightScales& s, std::int64_t index) {
  if (s.type == Storage::F16) return half_at(s.scales + 2 * index);
  if (s.type == Storage::BF16) return bf16_to_float(static_cast<std::uint16_t>(short_at(s.scales + 2 * index)));
  return __uint_as_float(word_at(s.scales + 4 * index));
}

/// FP8 numbers as bits of a half, times a power of two: exact.
template <bool kE4M3>
__device__ inline float f8_number(std::uint8_t bits) {
  if (!kE4M3) return half_to_float(static_cast<std::uint16_t>(bits << 8));
  const unsigned magnitude = bits & 0x7fu;
  const unsigned half = (bits & 0x80u) << 8 | (magnitude == 0x7fu ? 0x7fffu : magnitude << 7);
  return 256.0f * half_to_float(static_cast<std::uint16_t>(half));
}

template <bool kE4M3>
struct EightF8 {
  static __device__ void get(const Weight& w, std::int64_t row, std::int64_t column, int count, float* to) {
    const WeightScales& s = w.scales;
    const std::int64_t own = w.first_row + row;
    const std::int64_t scale_row = own / s.matrix_rows * s.scale_rows + own % s.matrix_rows / s.block_rows;
    const std::uint8_t* from = w.data + own * w.length;
    for (int i = 0; i < 8; ++i) {
      to[i] = 0.0f;
      if (i >= count) continue;
      to[i] = f8_number<kE4M3>(from[column + i]) * scale_at(s, scale_row * s.scale_columns + (column + i) / s.block_columns);
    }
  }
};
template <>
struct Eight<Storage::F8E4M3> : EightF8<true> {};
template <>
struct Eight<Storage::F8E5M2> : EightF8<false> {};

template <>
struct Eight<Storage::Gptq4> {
  static __device__ void get(const Weight& w, std::int64_t row, std::int64_t column, int, float* to) {
    const WeightScales& s = w.scales;
    const std::int64_t own = w.first_row + row;
    const unsigned word = word_at(w.data + 4 * (column / 8 * s.rows + own));
    for (int i = 0; i < 8; ++i) {
      const std::int64_t group = s.group_index != nullptr ? static_cast<std::int64_t>(word_at(s.group_index + 4 * (column + i)))
                                                          : (column + i) / s.group_size;
      const unsigned zeros = word_at(s.zeros + 4 * (group * ((s.rows + 7) / 8) + own / 8));
      const int zero = static_cast<int>(zeros >> 4 * (own % 8) & 15u) + s.zero_offset;
      to[i] = scale_at(s, group * s.rows + own) * static_cast<float>(static_cast<int>(word >> 4 * i & 15u) - zero);
    }
  }
};

/// What all block types share: where the block of a column begins, and which eight of it are asked for.
template <typename Block, int kElements, int kBytes>
struct EightOfBlock {
  static __device__ void get(const Weight& w, std::int64_t row, std::int64_t column, int, float* to) {
    Block::decode(w.data + row * w.row_bytes + column / kElements * kBytes, static_cast<int>(column % kElements), to);
  }
};

// Blocks of 32 in nibbles: numbers 0 ... 15 low, 16 ... 31 high.
__device__ inline void eight_nibbles(const std::uint8_t* q, int first, int* to) {
  eight_bytes(q + first % 16, to);
  for (int i = 0; i < 8; ++i) to[i] = to[i] >> first / 16 * 4 & 15;
}

struct BlockQ4_0 {  // d, 16 bytes
  static __device__ void decode(const std::uint8_t* block, int first, float* to) {
    const float d = half_at(block);
    int q[8];
    eight_nibbles(block + 2, first, q);
    for (int i = 0; i < 8; ++i) to[i] = d * static_cast<float>(q[i] - 8);
  }
};
struct BlockQ4_1 {  // d, m, 16 bytes
  static __device__ void decode(const std::uint8_t* block, int first, float* to) {
    const float d = half_at(block), m = half_at(block + 2);
    int q[8];
    eight_nibbles(block + 4, first, q);
    for (int i = 0; i < 8; ++i) to[i] = d * static_cast<float>(q[i]) + m;
  }
};
struct BlockQ5_0 {  // d, 32 fifth bits, 16 bytes
  static __device__ void decode(const std::uint8_t* block, int first, float* to) {
    const float d = half_at(block);
    const unsigned high = word_at(block + 2);
    int q[8];
    eight_nibbles(block + 6, first, q);
    for (int i = 0; i < 8; ++i) {
      to[i] = d * static_cast<float>((q[i] | static_cast<int>(high >> (first + i) & 1u) << 4) - 16);
    }
  }
};
struct BlockQ5_1 {  // d, m, 32 fifth bits, 16 bytes
  static __device__ void decode(const std::uint8_t* block, int first, float* to) {
    const float d = half_at(block), m = half_at(block + 2);
    const unsigned high = word_at(block + 4);
    int q[8];
    eight_nibbles(block + 8, first, q);
    for (int i = 0; i < 8; ++i) {
      to[i] = d * static_cast<float>(q[i] | static_cast<int>(high >> (first + i) & 1u) << 4) + m;
    }
  }
};
struct BlockQ8_0 {  // d, 32 signed bytes
  static __device__ void decode(const std::uint8_t* block, int first, float* to) {
    const float d = half_at(block);
    int q[8];
    eight_bytes(block + 2 + first, q);
    for (int i = 0; i < 8; ++i) to[i] = d * static_cast<float>(static_cast<signed char>(q[i]));
  }
};
struct BlockQ2K {  // 16 scales and minima of 4 bits, 64 bytes of 2 bits, d, dmin
  static __device__ void decode(const std::uint8_t* block, int first, float* to) {
    const int part = first / 16;
    const std::uint8_t* q = block + 16 + 32 * (part / 8) + 16 * (part % 2) + first % 16;
    const int shift = part % 8 / 2 * 2;
    const float scale = half_at(block + 80) * static_cast<float>(block[part] & 15);
    const float minimum = half_at(block + 82) * static_cast<float>(block[part] >> 4);
    int bytes[8];
    eight_bytes(q, bytes);
    for (int i = 0; i < 8; ++i) to[i] = scale * static_cast<float>(bytes[i] >> shift & 3) - minimum;
  }
};
struct BlockQ3K {  // 32 bytes of third bits, 64 bytes of 2 bits, 16 scales of 6 bits in 12 bytes, d
  static __device__ void decode(const std::uint8_t* block, int first, float* to) {
    const int part = first / 16;
    const std::uint8_t *s = block + 96, *high = block + 16 * (part % 2) + first % 16;
    const std::uint8_t* q = block + 32 + 32 * (part / 8) + 16 * (part % 2) + first % 16;
    const int shift = part % 8 / 2 * 2;
    const int bits = (s[part % 8] >> 4 * (part / 8) & 15) | (s[8 + part % 4] >> 2 * (part / 4) & 3) << 4;
    const float scale = half_at(block + 108) * static_cast<float>(bits - 32);
    int twos[8], thirds[8];
    eight_bytes(q, twos);
    eight_bytes(high, thirds);
    for (int i = 0; i < 8; ++i) {
      to[i] = scale * static_cast<float>((twos[i] >> shift & 3) + 4 * (thirds[i] >> part / 2 & 1) - 4);
    }
  }
};

/// Scale and minimum of each of the 8 parts of Q4_K and Q5_K: 6 bits each in 12 bytes.
__device__ inline void scales_of_k(const std::uint8_t* block, int part, float& scale, float& minimum) {
  const std::uint8_t* s = block + 4;
  const int scale_bits = part < 4 ? s[part] & 63 : (s[part + 4] & 15) | (s[part - 4] >> 6) << 4;
  const int minimum_bits = part < 4 ? s[part + 4] & 63 : (s[part + 4] >> 4) | (s[part] >> 6) << 4;
  scale = half_at(block) * static_cast<float>(scale_bits);
  minimum = half_at(block + 2) * static_cast<float>(minimum_bits);
}

struct BlockQ4K {  // d, dmin, 12 bytes of scales, 128 bytes: low nibbles are one part of 32, high the next
  static __device__ void decode(const std::uint8_t* block, int first, float* to) {
    const int part = first / 32, shift = part % 2 * 4;
    float scale, minimum;
    scales_of_k(block, part, scale, minimum);
    int q[8];
    eight_bytes(block + 16 + 32 * (part / 2) + first % 32, q);
    for (int i = 0; i < 8; ++i) to[i] = scale * static_cast<float>(q[i] >> shift & 15) - minimum;
  }
};
struct BlockQ5K {  // d, dmin, 12 bytes of scales, 32 bytes of fifth bits, 128 bytes
  static __device__ void decode(const std::uint8_t* block, int first, float* to) {
    const int part = first / 32, shift = part % 2 * 4;
    float scale, minimum;
    scales_of_k(block, part, scale, minimum);
    int high[8], q[8];
    eight_bytes(block + 16 + first % 32, high);
    eight_bytes(block + 48 + 32 * (part / 2) + first % 32, q);
    for (int i = 0; i < 8; ++i) {
      to[i] = scale * static_cast<float>((q[i] >> shift & 15) | (high[i] >> part & 1) << 4) - minimum;
    }
  }
};
struct BlockQ6K {  // 128 bytes of low nibbles, 64 bytes of high bits, 16 signed scales, d
  static __device__ void decode(const std::uint8_t* block, int first, float* to) {
    const int part = first / 16, group = part % 8 / 2;
    int low[8], high[8];
    eight_bytes(block + 64 * (part / 8) + 32 * (group % 2) + 16 * (part % 2) + first % 16, low);
    eight_bytes(block + 128 + 32 * (part / 8) + 16 * (part % 2) + first % 16, high);
    const int low_shift = group / 2 * 4, high_shift = 2 * group;
    const float scale = half_at(block + 208) * static_cast<float>(static_cast<signed char>(block[192 + part]));
    for (int i = 0; i < 8; ++i) {
      to[i] = scale * static_cast<float>(((low[i] >> low_shift & 15) | (high[i] >> high_shift & 3) << 4) - 32);
    }
  }
};

/// kvalues of IQ4, and twice the numbers of FP4 (E2M1), as two words of four signed bytes for each eight codes.
__device__ inline float iq4_value(unsigned code) {
  const unsigned words[4] = {0xbfad9881u, 0xf6eaddcfu, 0x26190d01u, 0x71594535u};
  return static_cast<float>(static_cast<signed char>(words[code / 4] >> 8 * (code % 4) & 0xffu));
}
__device__ inline float fp4_value(unsigned code) {
  const unsigned words[2] = {0x03020100u, 0x0c080604u};
  const float magnitude = static_cast<float>(words[code % 8 / 4] >> 8 * (code % 4) & 0xffu);
  return code >= 8 ? -magnitude : magnitude;
}

struct BlockIq4Nl {  // d, 16 bytes
  static __device__ void decode(const std::uint8_t* block, int first, float* to) {
    const float d = half_at(block);
    int q[8];
    eight_nibbles(block + 2, first, q);
    for (int i = 0; i < 8; ++i) to[i] = d * iq4_value(static_cast<unsigned>(q[i]));
  }
};
struct BlockIq4Xs {  // d, 2 bytes and 4 bytes of scales, 128 bytes
  static __device__ void decode(const std::uint8_t* block, int first, float* to) {
    const int part = first / 32;
    const int bits = (block[4 + part / 2] >> part % 2 * 4 & 15) | static_cast<int>(short_at(block + 2) >> 2 * part & 3u) << 4;
    const float scale = half_at(block) * static_cast<float>(bits - 32);
    int q[8];
    eight_nibbles(block + 8 + 16 * part, first % 32, q);
    for (int i = 0; i < 8; ++i) to[i] = scale * iq4_value(static_cast<unsigned>(q[i]));
  }
};
struct BlockMxfp4 {  // a power of two, 16 bytes
  static __device__ void decode(const std::uint8_t* block, int first, float* to) {
    const unsigned e = block[0];
    const float power = __uint_as_float(e < 2 ? 0x200000u << e : (e - 1) << 23);  // 2^(e - 128)
    // Blocks of an odd size: byte by byte.
    for (int i = 0; i < 8; ++i) to[i] = power * fp4_value(block[1 + first % 16 + i] >> first / 16 * 4 & 15u);
  }
};

template <> struct Eight<Storage::Q4_0> : EightOfBlock<BlockQ4_0, 32, 18> {};
template <> struct Eight<Storage::Q4_1> : EightOfBlock<BlockQ4_1, 32, 20> {};
template <> struct Eight<Storage::Q5_0> : EightOfBlock<BlockQ5_0, 32, 22> {};
template <> struct Eight<Storage::Q5_1> : EightOfBlock<BlockQ5_1, 32, 24> {};
template <> struct Eight<Storage::Q8_0> : EightOfBlock<BlockQ8_0, 32, 34> {};
template <> struct Eight<Storage::Q2K> : EightOfBlock<BlockQ2K, 256, 84> {};
template <> struct Eight<Storage::Q3K> : EightOfBlock<BlockQ3K, 256, 110> {};
template <> struct Eight<Storage::Q4K> : EightOfBlock<BlockQ4K, 256, 144> {};
template <> struct Eight<Storage::Q5K> : EightOfBlock<BlockQ5K, 256, 176> {};
template <> struct Eight<Storage::Q6K> : EightOfBlock<BlockQ6K, 256, 210> {};
template <> struct Eight<Storage::Iq4Nl> : EightOfBlock<BlockIq4Nl, 32, 18> {};
template <> struct Eight<Storage::Iq4Xs> : EightOfBlock<BlockIq4Xs, 256, 136> {};
template <> struct Eight<Storage::Mxfp4> : EightOfBlock<BlockMxfp4, 32, 17> {};

/// Calls visit.run<type>() for the storage type; cudaErrorInvalidValue for one that is no weight.
template <typename Visit>
cudaError_t with_storage(Storage type, const Visit& visit) {
  switch (type) {
    case Storage::F32: return visit.template run<Storage::F32>();
    case Storage::F16: return visit.template run<Storage::F16>();
    case Storage::BF16: return visit.template run<Storage::BF16>();
    case Storage::F64: return visit.template run<Storage::F64>();
    case Storage::F8E4M3: return visit.template run<Storage::F8E4M3>();
    case Storage::F8E5M2: return visit.template run<Storage::F8E5M2>();
    case Storage::Gptq4: return visit.template run<Storage::Gptq4>();
    case Storage::Q4_0: return visit.template run<Storage::Q4_0>();
    case Storage::Q4_1: return visit.template run<Storage::Q4_1>();
    case Storage::Q5_0: return visit.template run<Storage::Q5_0>();
    case Storage::Q5_1: return visit.template run<Storage::Q5_1>();
    case Storage::Q8_0: return visit.template run<Storage::Q8_0>();
    case Storage::Q2K: return visit.template run<Storage::Q2K>();
    case Storage::Q3K: return visit.template run<Storage::Q3K>();
    case Storage::Q4K: return visit.template run<Storage::Q4K>();
    case Storage::Q5K: return visit.template run<Storage::Q5K>();
    case Storage::Q6K: return visit.template run<Storage::Q6K>();
    case Storage::Iq4Nl: return visit.template run<Storage::Iq4Nl>();
    case Storage::Iq4Xs: return visit.template run<Storage::Iq4Xs>();
    case Storage::Mxfp4: return visit.template run<Storage::Mxfp4>();
  }
  return cudaErrorInvalidValue;
}

}  // namespace engine::cuda
