#include "engine/tensor/quant_blocks.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "engine/tensor/quant_search.h"

namespace engine {

namespace {

using Byte = std::uint8_t;

void put_half(Byte* to, std::uint16_t bits) {
  to[0] = static_cast<Byte>(bits & 0xff);
  to[1] = static_cast<Byte>(bits >> 8);
}

// 1 / d; 0 where the quotient would not be finite: such a block decodes to zeros, for its scale rounds to 0.
float reciprocal(float d) {
  const float quotient = d != 0.0f ? 1.0f / d : 0.0f;
  return std::isfinite(quotient) ? quotient : 0.0f;
}

// d, 32 int8: x = d * q, q in [-127, 127].
void encode_q8_0(const float* x, Byte* to) {
  float largest = 0.0f;
  for (int i = 0; i < 32; ++i) largest = std::max(largest, std::fabs(x[i]));
  const float d = largest / 127.0f, inverse = reciprocal(d);
  put_half(to, f32_to_f16(d));
  for (int i = 0; i < 32; ++i) to[2 + i] = static_cast<Byte>(static_cast<std::int8_t>(std::round(x[i] * inverse)));
}

// d, 16 bytes of nibbles: x = d * (q - 8). The number of largest magnitude becomes -8 * d, whatever its sign.
void encode_q4_0(const float* x, Byte* to) {
  float extreme = 0.0f;
  for (int i = 0; i < 32; ++i) {
    if (std::fabs(x[i]) > std::fabs(extreme)) extreme = x[i];
  }
  const float d = extreme / -8.0f, inverse = reciprocal(d);
  put_half(to, f32_to_f16(d));
  const auto nibble = [inverse](float value) { return std::min(static_cast<int>(value * inverse + 8.5f), 15); };
  for (int i = 0; i < 16; ++i) to[2 + i] = static_cast<Byte>(nibble(x[i]) | nibble(x[i + 16]) << 4);
}

// The nearest of the levels low ... high to value / step; 0 where the step is.
int level(float value, float step, int low, int high) {
  if (step == 0.0f) return 0;
  // Clamped before it is rounded: the quotient of a tiny step fits no integer.
  const float quotient = std::clamp(value / step, static_cast<float>(low), static_cast<float>(high));
  return static_cast<int>(std::nearbyint(quotient));
}

// d, dmin, eight scales and minima of 6 bits in 12 bytes, 128 bytes of nibbles: x = d * scale * q - dmin * minimum.
void encode_q4_k(const float* x, Byte* to) {
  AffineFit fits[8];
  float largest_scale = 0.0f, largest_minimum = 0.0f;
  for (int j = 0; j < 8; ++j) {
    fits[j] = fit_affine(x + 32 * j);
    largest_scale = std::max(largest_scale, fits[j].scale);
    largest_minimum = std::max(largest_minimum, fits[j].minimum);
  }
  const std::uint16_t d_bits = f32_to_f16(largest_scale / 63.0f), dmin_bits = f32_to_f16(largest_minimum / 63.0f);
  const float d = f16_to_f32(d_bits), dmin = f16_to_f32(dmin_bits);
  put_half(to, d_bits);
  put_half(to + 2, dmin_bits);
  Byte* const scales = to + 4;
  Byte* const quants = to + 16;
  std::memset(scales, 0, 140);
  for (int j = 0; j < 8; ++j) {
    const auto [scale, minimum] = choose_levels(x + 32 * j, fits[j], d, dmin);
    if (j < 4) {
      scales[j] = static_cast<Byte>(scales[j] | scale);
      scales[j + 4] = static_cast<Byte>(scales[j + 4] | minimum);
    } else {
      scales[j + 4] = static_cast<Byte>((scale & 15) | (minimum & 15) << 4);
      scales[j - 4] = static_cast<Byte>(scales[j - 4] | (scale >> 4) << 6);
      scales[j] = static_cast<Byte>(scales[j] | (minimum >> 4) << 6);
    }
    const float step = d * static_cast<float>(scale), offset = dmin * static_cast<float>(minimum);
    for (int l = 0; l < 32; ++l) {
      Byte& pair = quants[32 * (j / 2) + l];
      pair = static_cast<Byte>(pair | level(x[32 * j + l] + offset, step, 0, 15) << (j % 2 == 0 ? 0 : 4));
    }
  }
}

// 128 bytes of low nibbles, 64 of upper bit pairs, 16 int8 scales, d: x = d * scale * (q - 32).
void encode_q6_k(const float* x, Byte* to) {
  float fits[16];
  float extreme = 0.0f;
  for (int j = 0; j < 16; ++j) {
    fits[j] = fit_symmetric(x + 16 * j);
    if (std::fabs(fits[j]) > std::fabs(extreme)) extreme = fits[j];
  }
  // The scale of largest magnitude becomes -128, the end of the range that reaches further.
  const std::uint16_t d_bits = f32_to_f16(extreme / -128.0f);
  const float d = f16_to_f32(d_bits);
  std::memset(to, 0, 192);
  for (int j = 0; j < 16; ++j) {
    const int scale = level(fits[j], d, -128, 127);
    to[192 + j] = static_cast<Byte>(static_cast<std::int8_t>(scale));
    const float step = d * static_cast<float>(scale);
    for (int i = 16 * j; i < 16 * j + 16; ++i) {
      const int q = level(x[i], step, -32, 31) + 32, half = i / 128, group = i % 128 / 32, l = i % 32;
      Byte& low = to[64 * half + 32 * (group % 2) + l];
      Byte& high = to[128 + 32 * half + l];
      low = static_cast<Byte>(low | (q & 15) << (group < 2 ? 0 : 4));
      high = static_cast<Byte>(high | (q >> 4) << (2 * group));
    }
  }
  put_half(to + 208, d_bits);
}

bool fits_in_blocks(std::span<const float> numbers) {
  bool fits = true;
  for (const float number : numbers) fits &= std::fabs(number) <= kLargestQuantised;  // false for NaN
  return fits;
}

}  // namespace

bool encode(DType dtype, std::span<const float> from, std::byte* to) {
  if (dtype == DType::F32) {
    std::memcpy(to, from.data(), from.size_bytes());
    return true;
  }
  auto* bytes = reinterpret_cast<Byte*>(to);
  if (dtype == DType::BF16) {
    for (std::size_t i = 0; i < from.size(); ++i) {
      const std::uint16_t bits = f32_to_bf16(from[i]);
      std::memcpy(bytes + 2 * i, &bits, sizeof bits);
    }
    return true;
  }
  if (!fits_in_blocks(from)) return false;
  void (*const encode_block)(const float*, Byte*) = dtype == DType::Q8_0   ? encode_q8_0
                                                    : dtype == DType::Q4_0 ? encode_q4_0
                                                    : dtype == DType::Q4_K ? encode_q4_k
                                                                           : encode_q6_k;
  const std::size_t elements = block_elements(dtype);
  for (std::size_t i = 0; i + elements <= from.size(); i += elements, bytes += block_bytes(dtype)) {
    encode_block(from.data() + i, bytes);
  }
  return true;
}

}  // namespace engine
