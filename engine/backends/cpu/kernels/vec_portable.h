#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/tensor/dtype.h"

namespace engine {
namespace {

/// Four floats in plain C++ with the vectors that GCC and Clang offer on every processor: what every instruction set's
/// Vec must do. Loads and stores take any address; `_first` touches only the first n < kWidth elements and fills with
/// zero. 16-bit types are given by their bits.
struct Vec {
  static constexpr std::size_t kWidth = 4;
  static constexpr std::size_t kTileRows = 4;  ///< multiply_tile keeps kTileRows * kTileVectors sums in registers
  static constexpr std::size_t kTileVectors = 2;
  static constexpr std::size_t kDotRows = 4;  ///< dot takes so many rows of a weight with kDotInputs of x
  static constexpr std::size_t kDotInputs = 2;
  static constexpr const char* kName = "portable";

  using Floats = float __attribute__((vector_size(16)));
  using Words = std::uint32_t __attribute__((vector_size(16)));
  using Halves = std::uint16_t __attribute__((vector_size(8)));
  Floats v;

  static Vec set(float value) { return {Floats{value, value, value, value}}; }
  static Vec load(const std::byte* p) { return load_first(p, kWidth); }
  static Vec load_first(const std::byte* p, std::size_t n) {
    Vec a = set(0.0f);
    std::memcpy(&a.v, p, n * sizeof(float));
    return a;
  }
  static void store(std::byte* p, Vec a) { std::memcpy(p, &a.v, sizeof a.v); }
  static void store_first(std::byte* p, std::size_t n, Vec a) { std::memcpy(p, &a.v, n * sizeof(float)); }

  static Vec load_bf16(const std::byte* p) { return load_bf16_first(p, kWidth); }
  static Vec load_bf16_first(const std::byte* p, std::size_t n) {
    Halves bits = {};
    std::memcpy(&bits, p, n * sizeof(std::uint16_t));
    return {std::bit_cast<Floats>(__builtin_convertvector(bits, Words) << 16)};  // the upper half of a float32
  }
  static void store_bf16(std::byte* p, Vec a) { store_bf16_first(p, kWidth, a); }
  static void store_bf16_first(std::byte* p, std::size_t n, Vec a) { narrowed<f32_to_bf16>(p, n, a); }
  static Vec load_f16(const std::byte* p) { return load_f16_first(p, kWidth); }
  static Vec load_f16_first(const std::byte* p, std::size_t n) {
    Halves bits = {};
    std::memcpy(&bits, p, n * sizeof(std::uint16_t));
    const Words words = __builtin_convertvector(bits, Words);
    const Words magnitude = (words & 0x7fffu) << 13;
    // Read as a float32 the exponent is 112 too small; the product is exact, for subnormals too. Infinity and NaN keep
    // their fraction under the exponent that says so.
    const Words finite = std::bit_cast<Words>(std::bit_cast<Floats>(magnitude) * set(0x1p112f).v);
    const Words value = magnitude >= (0x7c00u << 13) ? magnitude | 0x7f800000u : finite;
    return {std::bit_cast<Floats>(value | (words & 0x8000u) << 16)};
  }
  static void store_f16(std::byte* p, Vec a) { store_f16_first(p, kWidth, a); }
  static void store_f16_first(std::byte* p, std::size_t n, Vec a) { narrowed<f32_to_f16>(p, n, a); }

  static Vec add(Vec a, Vec b) { return {a.v + b.v}; }
  static Vec sub(Vec a, Vec b) { return {a.v - b.v}; }
  static Vec mul(Vec a, Vec b) { return {a.v * b.v}; }
  static Vec div(Vec a, Vec b) { return {a.v / b.v}; }
  /// a * b + c; rounded once or twice.
  static Vec fma(Vec a, Vec b, Vec c) { return {a.v * b.v + c.v}; }
  /// The larger; b where one of them is NaN.
  static Vec max(Vec a, Vec b) { return {a.v > b.v ? a.v : b.v}; }
  /// The smaller; b where one of them is NaN.
  static Vec min(Vec a, Vec b) { return {a.v < b.v ? a.v : b.v}; }
  /// v, but 0 where x < limit.
  static Vec zero_below(Vec x, float limit, Vec a) { return {x.v < set(limit).v ? set(0.0f).v : a.v}; }
  /// To the nearest whole number, ties to even.
  static Vec round(Vec a) {
    for (std::size_t i = 0; i < kWidth; ++i) a.v[i] = std::nearbyint(a.v[i]);
    return a;
  }
  /// a * 2^n for whole n in [-126, 127]; where n is NaN, the result is.
  static Vec scale_by_power(Vec a, Vec n) {
    for (std::size_t i = 0; i < kWidth; ++i) {
      const bool whole = n.v[i] >= -126.0f && n.v[i] <= 127.0f;
      const auto exponent = static_cast<std::uint32_t>(static_cast<std::int32_t>(whole ? n.v[i] : 0.0f) + 127);
      a.v[i] *= whole ? std::bit_cast<float>(exponent << 23) : n.v[i];
    }
    return a;
  }
  static float sum(Vec a) { return (a.v[0] + a.v[1]) + (a.v[2] + a.v[3]); }
  static float largest(Vec a) {
    const float low = a.v[0] > a.v[1] ? a.v[0] : a.v[1];
    const float high = a.v[2] > a.v[3] ? a.v[2] : a.v[3];
    return low > high ? low : high;
  }
  /// p[0] in the even lanes, p[1] in the odd ones.
  static Vec set_pair(const float* p) { return {Floats{p[0], p[1], p[0], p[1]}}; }
  /// Lane i is the sum of lanes 2 i and 2 i + 1 of a, then of b.
  static Vec add_neighbours(Vec a, Vec b) {
    return {Floats{a.v[0] + a.v[1], a.v[2] + a.v[3], b.v[0] + b.v[1], b.v[2] + b.v[3]}};
  }
  /// low, then high: a's lanes and b's in turn.
  static void interleave(Vec a, Vec b, Vec& low, Vec& high) {
    low = {Floats{a.v[0], b.v[0], a.v[1], b.v[1]}};
    high = {Floats{a.v[2], b.v[2], a.v[3], b.v[3]}};
  }
  /// Element j of rows[i] and element i of rows[j] change places.
  static void transpose(Vec* rows) {
    for (std::size_t i = 0; i < kWidth; ++i) {
      for (std::size_t j = i + 1; j < kWidth; ++j) {
        const float kept = rows[i].v[j];
        rows[i].v[j] = rows[j].v[i];
        rows[j].v[i] = kept;
      }
    }
  }

 private:
  template <std::uint16_t (*convert)(float)>
  static void narrowed(std::byte* p, std::size_t n, Vec a) {
    std::uint16_t bits[kWidth];
    for (std::size_t i = 0; i < kWidth; ++i) bits[i] = convert(a.v[i]);
    std::memcpy(p, bits, n * sizeof bits[0]);
  }
};

}  // namespace
}  // namespace engine
