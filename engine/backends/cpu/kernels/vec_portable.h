#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/tensor/dtype.h"

namespace engine {
namespace {

/// Eight floats in plain C++: what every instruction set's Vec must do. Loads and stores take any address; `_first`
/// touches only the first n < kWidth elements and fills with zero. 16-bit types are given by their bits.
struct Vec {
  static constexpr std::size_t kWidth = 8;
  static constexpr std::size_t kTileRows = 4;     ///< registers that multiply_tile uses: kTileRows * kTileVectors sums
  static constexpr std::size_t kTileVectors = 1;
  static constexpr const char* kName = "portable";

  float lane[kWidth];

  template <typename Function>
  static Vec each(const Function& f) {
    Vec v;
    for (std::size_t i = 0; i < kWidth; ++i) v.lane[i] = f(i);
    return v;
  }

  static Vec set(float value) {
    return each([=](std::size_t) { return value; });
  }
  static Vec load(const std::byte* p) {
    Vec v;
    std::memcpy(v.lane, p, sizeof v.lane);
    return v;
  }
  static Vec load_first(const std::byte* p, std::size_t n) {
    Vec v = set(0.0f);
    std::memcpy(v.lane, p, n * sizeof(float));
    return v;
  }
  static void store(std::byte* p, Vec v) { std::memcpy(p, v.lane, sizeof v.lane); }
  static void store_first(std::byte* p, std::size_t n, Vec v) { std::memcpy(p, v.lane, n * sizeof(float)); }

  static Vec load_bf16(const std::byte* p) { return load_bf16_first(p, kWidth); }
  static Vec load_bf16_first(const std::byte* p, std::size_t n) {
    std::uint16_t bits[kWidth] = {};
    std::memcpy(bits, p, n * sizeof bits[0]);
    return each([&](std::size_t i) { return bf16_to_f32(bits[i]); });
  }
  static void store_bf16(std::byte* p, Vec v) { store_bf16_first(p, kWidth, v); }
  static void store_bf16_first(std::byte* p, std::size_t n, Vec v) {
    std::uint16_t bits[kWidth];
    for (std::size_t i = 0; i < kWidth; ++i) bits[i] = f32_to_bf16(v.lane[i]);
    std::memcpy(p, bits, n * sizeof bits[0]);
  }
  static Vec load_f16(const std::byte* p) { return load_f16_first(p, kWidth); }
  static Vec load_f16_first(const std::byte* p, std::size_t n) {
    std::uint16_t bits[kWidth] = {};
    std::memcpy(bits, p, n * sizeof bits[0]);
    return each([&](std::size_t i) { return f16_to_f32(bits[i]); });
  }
  static void store_f16(std::byte* p, Vec v) { store_f16_first(p, kWidth, v); }
  static void store_f16_first(std::byte* p, std::size_t n, Vec v) {
    std::uint16_t bits[kWidth];
    for (std::size_t i = 0; i < kWidth; ++i) bits[i] = f32_to_f16(v.lane[i]);
    std::memcpy(p, bits, n * sizeof bits[0]);
  }

  static Vec add(Vec a, Vec b) {
    return each([&](std::size_t i) { return a.lane[i] + b.lane[i]; });
  }
  static Vec sub(Vec a, Vec b) {
    return each([&](std::size_t i) { return a.lane[i] - b.lane[i]; });
  }
  static Vec mul(Vec a, Vec b) {
    return each([&](std::size_t i) { return a.lane[i] * b.lane[i]; });
  }
  static Vec div(Vec a, Vec b) {
    return each([&](std::size_t i) { return a.lane[i] / b.lane[i]; });
  }
  /// a * b + c; rounded once or twice.
  static Vec fma(Vec a, Vec b, Vec c) {
    return each([&](std::size_t i) { return a.lane[i] * b.lane[i] + c.lane[i]; });
  }
  /// The larger; b where one of them is NaN.
  static Vec max(Vec a, Vec b) {
    return each([&](std::size_t i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
  }
  /// The smaller; b where one of them is NaN.
  static Vec min(Vec a, Vec b) {
    return each([&](std::size_t i) { return a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]; });
  }
  /// v, but 0 where x < limit.
  static Vec zero_below(Vec x, float limit, Vec v) {
    return each([&](std::size_t i) { return x.lane[i] < limit ? 0.0f : v.lane[i]; });
  }
  /// To the nearest whole number, ties to even.
  static Vec round(Vec v) {
    return each([&](std::size_t i) { return std::nearbyint(v.lane[i]); });
  }
  /// v * 2^n for whole n in [-126, 127]; v may be NaN, n is then anything.
  static Vec scale_by_power(Vec v, Vec n) {
    return each([&](std::size_t i) {
      const std::int32_t exponent = n.lane[i] == n.lane[i] ? static_cast<std::int32_t>(n.lane[i]) : 0;
      return v.lane[i] * std::bit_cast<float>((exponent + 127) << 23);
    });
  }
  static float sum(Vec v) {
    float total = 0.0f;
    for (std::size_t i = 0; i < kWidth; ++i) total += v.lane[i];
    return total;
  }
  static float largest(Vec v) {
    float most = v.lane[0];
    for (std::size_t i = 1; i < kWidth; ++i) most = v.lane[i] > most ? v.lane[i] : most;
    return most;
  }
  /// rows[i].lane[j] and rows[j].lane[i] change places.
  static void transpose(Vec* rows) {
    for (std::size_t i = 0; i < kWidth; ++i) {
      for (std::size_t j = i + 1; j < kWidth; ++j) {
        const float kept = rows[i].lane[j];
        rows[i].lane[j] = rows[j].lane[i];
        rows[j].lane[i] = kept;
      }
    }
  }
};

}  // namespace
}  // namespace engine
