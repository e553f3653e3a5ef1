#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

namespace engine {
namespace {

using Byte = std::uint8_t;

// A binary16 number at any address; as load_f16 of vec_portable.h.
inline float half_at(const Byte* p) {
  const std::uint32_t bits = static_cast<std::uint32_t>(p[0]) | static_cast<std::uint32_t>(p[1]) << 8;
  const std::uint32_t magnitude = (bits & 0x7fffu) << 13;
  const float finite = __builtin_bit_cast(float, magnitude) * 0x1p112f;
  const std::uint32_t value = magnitude >= (0x7c00u << 13) ? magnitude | 0x7f800000u : __builtin_bit_cast(std::uint32_t, finite);
  return __builtin_bit_cast(float, value | (bits & 0x8000u) << 16);
}

/// What integer_types.inl and its like are written over, in plain C++: 32 codes of 8 bits, and 8 numbers that each belong to 4 of them.
/// Every instruction set's Lanes must do the same. Loads take any address.
struct Lanes {
  static constexpr const char* kName = "portable";
  struct Codes {
    Byte v[32];
  };
  struct Floats {
    float v[8];
  };

  static Codes load(const Byte* p) {
    Codes codes;
    std::memcpy(codes.v, p, 32);
    return codes;
  }
  /// 16 low nibbles, then the 16 high ones.
  static Codes nibbles(const Byte* p) {
    Codes codes;
    for (int i = 0; i < 16; ++i) {
      codes.v[i] = p[i] & 15;
      codes.v[i + 16] = p[i] >> 4;
    }
    return codes;
  }
  /// (p[i] >> shift) & mask
  template <int shift>
  static Codes bits(const Byte* p, Byte mask) {
    Codes codes;
    for (int i = 0; i < 32; ++i) codes.v[i] = static_cast<Byte>((p[i] >> shift) & mask);
    return codes;
  }
  /// a | b << shift, where nothing leaves its byte
  template <int shift>
  static Codes join(Codes a, Codes b) {
    for (int i = 0; i < 32; ++i) a.v[i] = static_cast<Byte>(a.v[i] | b.v[i] << shift);
    return a;
  }
  /// Byte i is bit i, as 0 or 1.
  static Codes spread(std::uint32_t word) {
    Codes codes;
    for (int i = 0; i < 32; ++i) codes.v[i] = static_cast<Byte>(word >> i & 1);
    return codes;
  }
  /// table[codes[i]], codes below 16
  static Codes look_up(const std::int8_t* table, Codes codes) {
    for (int i = 0; i < 32; ++i) codes.v[i] = static_cast<Byte>(table[codes.v[i]]);
    return codes;
  }

  /// Lane j: sum over its 4 of code * (256 q + rest). Codes from 0 to 127; q and rest are never -128.
  static Floats dot_unsigned(Codes codes, const std::int8_t* q, const std::int8_t* rest) {
    Floats sums;
    for (int j = 0; j < 8; ++j) {
      int sum = 0;
      for (int i = 4 * j; i < 4 * j + 4; ++i) sum += static_cast<int>(codes.v[i]) * (256 * q[i] + rest[i]);
      sums.v[j] = static_cast<float>(sum);
    }
    return sums;
  }
  /// The same with signed codes.
  static Floats dot_signed(Codes codes, const std::int8_t* q, const std::int8_t* rest) {
    Floats sums;
    for (int j = 0; j < 8; ++j) {
      int sum = 0;
      for (int i = 4 * j; i < 4 * j + 4; ++i) {
        sum += static_cast<int>(static_cast<std::int8_t>(codes.v[i])) * (256 * q[i] + rest[i]);
      }
      sums.v[j] = static_cast<float>(sum);
    }
    return sums;
  }

  /// What panels are multiplied with: sums of 4 products in each lane. How far they may go without a break depends on
  /// the codes: from 0 to 15 for 32 of them in one lane, from 0 to 127, or signed.
  enum Flavour { kNibbles, kUnsigned, kSigned };
  struct Ints {
    std::int32_t v[8];
  };
  static Ints zero() { return {}; }
  /// The same 4 numbers in each lane.
  static Codes four(const std::int8_t* q) {
    Codes codes;
    for (int j = 0; j < 32; j += 4) std::memcpy(codes.v + j, q, 4);
    return codes;
  }
  /// Lane j: sums + codes[4 j ...] * q[4 j ...], q signed
  template <Flavour flavour>
  static Ints add_products(Ints sums, Codes codes, Codes q) {
    for (int j = 0; j < 8; ++j) {
      for (int i = 0; i < 4; ++i) {
        const Byte code = codes.v[4 * j + i];
        const int factor = flavour == kSigned ? static_cast<int>(static_cast<std::int8_t>(code)) : static_cast<int>(code);
        sums.v[j] += factor * static_cast<std::int8_t>(q.v[4 * j + i]);
      }
    }
    return sums;
  }
  template <Flavour>
  static Floats to_floats(Ints sums) {
    Floats a;
    for (int j = 0; j < 8; ++j) a.v[j] = static_cast<float>(sums.v[j]);
    return a;
  }
  /// Of 256 * high + low.
  template <Flavour>
  static Floats to_floats(Ints high, Ints low) {
    Floats a;
    for (int j = 0; j < 8; ++j) a.v[j] = static_cast<float>(256 * high.v[j] + low.v[j]);
    return a;
  }
  /// rows[r] holds 8 words of 4 codes: becomes word r of all rows.
  static void transpose(Codes* rows) {
    Codes turned[8];
    for (int r = 0; r < 8; ++r) {
      for (int w = 0; w < 8; ++w) std::memcpy(turned[w].v + 4 * r, rows[r].v + 4 * w, 4);
    }
    std::memcpy(rows, turned, sizeof turned);
  }
  static void store_codes(Byte* p, Codes codes) { std::memcpy(p, codes.v, 32); }
  /// signed to 0 ... 255, 128 more
  static Codes move_up(Codes codes) {
    for (Byte& code : codes.v) code ^= 0x80;
    return codes;
  }

  /// The bits of the largest magnitude of 32 numbers; of one that is not finite, where there is one.
  static std::uint32_t largest_magnitude(const float* x) {
    std::uint32_t largest = 0;
    for (int i = 0; i < 32; ++i) {
      const std::uint32_t magnitude = __builtin_bit_cast(std::uint32_t, x[i]) & 0x7fffffffu;
      largest = magnitude > largest ? magnitude : largest;
    }
    return largest;
  }
  /// q = x * inverse, at most 127, rounded to nearest even, for 32 numbers; and the sums of both halves.
  static void round_codes(const float* x, float inverse, std::int8_t* q, std::int32_t* halves) {
    halves[0] = halves[1] = 0;
    for (int i = 0; i < 32; ++i) {
      // Adding and taking away 1.5 * 2^23 rounds a number below 2^22 to the nearest whole one, ties to even.
      const auto code = static_cast<int>((x[i] * inverse + 12582912.0f) - 12582912.0f);
      q[i] = static_cast<std::int8_t>(code);
      halves[i / 16] += code;
    }
  }
  /// 256 times what round_codes leaves of 32 numbers, at most 127 either way.
  static void rests(const float* x, float inverse, float* to) {
    for (int i = 0; i < 32; ++i) {
      const float quotient = x[i] * inverse;
      const float rest = (quotient - ((quotient + 12582912.0f) - 12582912.0f)) * 256.0f;
      to[i] = rest < -127.0f ? -127.0f : rest > 127.0f ? 127.0f : rest;
    }
  }

  static Floats set(float a) { return {{a, a, a, a, a, a, a, a}}; }
  static Floats pair(float a, float b) { return {{a, a, a, a, b, b, b, b}}; }
  static Floats load_floats(const float* p) {
    Floats a;
    std::memcpy(a.v, p, sizeof a.v);
    return a;
  }
  static void store(float* p, Floats a) { std::memcpy(p, a.v, sizeof a.v); }
  /// p[0], p[0], p[1] ... p[3]
  static Floats each_twice(const float* p) { return {{p[0], p[0], p[1], p[1], p[2], p[2], p[3], p[3]}}; }
  static Floats add(Floats a, Floats b) {
    for (int i = 0; i < 8; ++i) a.v[i] += b.v[i];
    return a;
  }
  static Floats mul(Floats a, Floats b) {
    for (int i = 0; i < 8; ++i) a.v[i] *= b.v[i];
    return a;
  }
  static Floats fma(Floats a, Floats b, Floats c) {
    for (int i = 0; i < 8; ++i) c.v[i] = std::fma(a.v[i], b.v[i], c.v[i]);
    return c;
  }
  static float sum(Floats a) {
    return ((a.v[0] + a.v[4]) + (a.v[2] + a.v[6])) + ((a.v[1] + a.v[5]) + (a.v[3] + a.v[7]));
  }
  /// Eight binary16 numbers, `stride` bytes apart.
  template <std::size_t stride>
  static Floats halves(const Byte* p) {
    Floats a;
    for (std::size_t i = 0; i < 8; ++i) a.v[i] = half_at(p + i * stride);
    return a;
  }
  /// The 8 bytes of a word, the lowest first.
  static Floats unsigned_bytes(std::uint64_t word) {
    Floats a;
    for (int i = 0; i < 8; ++i) a.v[i] = static_cast<float>(word >> 8 * i & 255);
    return a;
  }
  static Floats signed_bytes(std::uint64_t word) {
    Floats a;
    for (int i = 0; i < 8; ++i) a.v[i] = static_cast<float>(static_cast<std::int8_t>(word >> 8 * i & 255));
    return a;
  }
};

}  // namespace
}  // namespace engine
