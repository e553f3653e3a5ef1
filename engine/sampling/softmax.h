#pragma once

#include <bit>
#include <cstdint>
#include <span>

namespace engine {

// The arithmetic of softmax over a vocabulary, written so that compilers vectorise it and that it gives the same bits
// on every machine, which the C library's exp does not promise. Any thread.

/// e^x for x <= 0, within 2e-7 relative; 0 below -87 (and for -infinity). Cody and Waite's reduction to [-ln2/2,
/// ln2/2], then the polynomial of Cephes' expf.
inline float exp_nonpositive(float x) {
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it leaves the nearest whole number in the low bits
  const float shifted = x * 1.44269504F + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  float y = 1.9875691500e-4F;
  y = y * r + 1.3981999507e-3F;
  y = y * r + 8.3334519073e-3F;
  y = y * r + 4.1665795894e-2F;
  y = y * r + 1.6666665459e-1F;
  y = y * r + 5.0000001201e-1F;
  y = y * r * r + r + 1.0F;
  // Times 2^n: n is added to the exponent.
  const float scaled =
      std::bit_cast<float>(std::bit_cast<std::uint32_t>(y) + (std::bit_cast<std::uint32_t>(shifted) << 23));
  return x < -87.0F ? 0.0F : scaled;
}

/// The largest of `scores`; NaN is passed over; -infinity where there is none.
float largest_of(std::span<const float> scores);

/// Sum of e^(score - top) over all scores, none of which is above `top`.
double sum_of_exp(std::span<const float> scores, float top);

}  // namespace engine
