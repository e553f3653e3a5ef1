// The searches behind the K-quants, four numbers at a time. Sums are made in a fixed order, so that every machine finds
// the same blocks; this file is compiled without fused multiply-adds (engine/CMakeLists.txt).
#include "engine/tensor/quant_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace engine {

namespace {

using F4 = float __attribute__((vector_size(16)));

F4 load(const float* from) {
  F4 value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

F4 all(float value) {
  return F4{value, value, value, value};
}

float sum(F4 v) {
  return (v[0] + v[1]) + (v[2] + v[3]);
}

// To the nearest whole number, ties to even, for magnitudes below 2^22: a float32 of 1.5 * 2^23 has no fraction.
F4 nearest(F4 v) {
  return (v + 12582912.0f) - 12582912.0f;
}

F4 clamped(F4 v, float low, float high) {
  v = v < low ? all(low) : v;
  return v > high ? all(high) : v;
}

// Numbers with their weights: rms + |x|, so that large ones, which move a product most, are kept best.
template <int kVectors>
struct Weighted {
  std::array<F4, kVectors> x, w, wx;
  float sum_w = 0.0f, sum_wx = 0.0f;

  explicit Weighted(const float* from) {
    constexpr float kCount = 4 * kVectors;
    F4 squares = all(0.0f);
    for (int i = 0; i < kVectors; ++i) {
      x[i] = load(from + 4 * i);
      squares += x[i] * x[i];
    }
    const float rms = std::sqrt(sum(squares) / kCount);
    F4 weights = all(0.0f), products = all(0.0f);
    for (int i = 0; i < kVectors; ++i) {
      w[i] = rms + (x[i] < 0.0f ? -x[i] : x[i]);
      wx[i] = w[i] * x[i];
      weights += w[i];
      products += wx[i];
    }
    sum_w = sum(weights);
    sum_wx = sum(products);
  }
};

// Sums over the levels q that a candidate gives.
struct Moments {
  float q = 0.0f, qq = 0.0f, xq = 0.0f;  // of w q, w q^2, w x q
};

// q = (x + shift) * inverse, rounded and clamped.
template <int kVectors>
Moments moments(const Weighted<kVectors>& numbers, float shift, float inverse, float low, float high) {
  F4 q_sum = all(0.0f), qq_sum = q_sum, xq_sum = q_sum;
  for (int i = 0; i < kVectors; ++i) {
    const F4 q = clamped(nearest((numbers.x[i] + shift) * inverse), low, high);
    const F4 wq = numbers.w[i] * q;
    q_sum += wq;
    qq_sum += wq * q;
    xq_sum += numbers.wx[i] * q;
  }
  return {sum(q_sum), sum(qq_sum), sum(xq_sum)};
}

// Least squares for given levels: minimising the sum of w (x - scale q + minimum)^2 leaves
// sum(w x^2) - scale sum(w x q) + minimum sum(w x). `gain` is what it takes off, the larger the better.
struct Solution {
  AffineFit fit;
  float gain = -1.0f;
};

template <int kVectors>
Solution solve(const Weighted<kVectors>& numbers, const Moments& m) {
  Solution solution;
  const float determinant = numbers.sum_w * m.qq - m.q * m.q;
  if (!(determinant > 0.0f)) return solution;
  solution.fit.scale = (numbers.sum_w * m.xq - numbers.sum_wx * m.q) / determinant;
  solution.fit.minimum = (m.q * m.xq - m.qq * numbers.sum_wx) / determinant;
  if (solution.fit.minimum < 0.0f) solution.fit = {m.xq / m.qq, 0.0f};
  if (!(solution.fit.scale > 0.0f)) return Solution();
  solution.gain = solution.fit.scale * m.xq - solution.fit.minimum * numbers.sum_wx;
  return solution;
}

// The sum of w (x - (step q - offset))^2 with the levels that step and offset give, 0 ... 15.
float error_of(const Weighted<8>& numbers, float step, float inverse, float offset) {
  F4 error = all(0.0f);
  for (std::size_t i = 0; i < 8; ++i) {
    const F4 shifted = numbers.x[i] + offset;
    const F4 apart = shifted - clamped(nearest(shifted * inverse), 0.0f, 15.0f) * step;
    error += numbers.w[i] * apart * apart;
  }
  return sum(error);
}

// Where the candidates lie: the range of the numbers on some more or fewer levels than there are.
constexpr int kCandidates = 21;
constexpr float kFirst = -1.0f, kStep = 0.1f;
constexpr float kBetter = 1.0f + 0x1p-20f;
constexpr int kRefinements = 2;  // the levels that the best candidate's scale and minimum give, fitted again

}  // namespace

AffineFit fit_affine(const float* x) {
  constexpr float kLevels = 15.0f;
  float lowest = 0.0f, highest = x[0];
  for (int i = 0; i < 32; ++i) {
    lowest = std::min(lowest, x[i]);
    highest = std::max(highest, x[i]);
  }
  const float range = highest - lowest;
  const AffineFit plain{range / kLevels, -lowest};
  if (!(range > 1e-30f)) return {0.0f, -lowest};
  const Weighted<8> numbers(x);
  Solution best;
  for (int i = 0; i < kCandidates; ++i) {
    const float inverse = (kLevels + kFirst + kStep * static_cast<float>(i)) / range;
    const Solution found = solve(numbers, moments(numbers, -lowest, inverse, 0.0f, kLevels));
    if (found.gain > best.gain) best = found;
  }
  for (int i = 0; i < kRefinements && best.gain > 0.0f; ++i) {
    const Solution found = solve(numbers, moments(numbers, best.fit.minimum, 1.0f / best.fit.scale, 0.0f, kLevels));
    if (found.gain > best.gain) best = found;
  }
  return best.gain > 0.0f ? best.fit : plain;
}

AffineLevels choose_levels(const float* x, const AffineFit& fit, float d, float dmin) {
  constexpr int kMost = 63;
  const auto nearest_level = [](float value, float unit) {
    return unit > 0.0f ? static_cast<int>(std::min(value / unit + 0.5f, 63.0f)) : 0;
  };
  const AffineLevels middle{nearest_level(fit.scale, d), nearest_level(fit.minimum, dmin)};
  const Weighted<8> numbers(x);
  AffineLevels best = middle;
  float least = -1.0f;
  for (int s = std::max(middle.scale - 1, 0); s <= std::min(middle.scale + 1, kMost); ++s) {
    const float step = d * static_cast<float>(s), inverse = step > 0.0f ? 1.0f / step : 0.0f;
    if (!std::isfinite(inverse)) continue;
    for (int m = std::max(middle.minimum - 1, 0); m <= std::min(middle.minimum + 1, kMost); ++m) {
      const float error = error_of(numbers, step, inverse, dmin * static_cast<float>(m));
      if (least >= 0.0f && !(error < least)) continue;
      least = error;
      best = {s, m};
    }
  }
  return best;
}

float fit_symmetric(const float* x) {
  constexpr float kLowest = -32.0f, kHighest = 31.0f;
  float extreme = 0.0f;
  for (int i = 0; i < 16; ++i) {
    if (std::fabs(x[i]) > std::fabs(extreme)) extreme = x[i];
  }
  if (!(std::fabs(extreme) > 1e-30f)) return 0.0f;
  const Weighted<4> numbers(x);
  float scale = extreme / kLowest, best = -1.0f;
  const auto consider = [&](float inverse) {
    const Moments m = moments(numbers, 0.0f, inverse, kLowest, kHighest);
    // The best scale for these levels is xq / qq, and takes xq^2 / qq off the error. Of candidates that differ by
    // rounding only the first stays: the plain one, whose scale is a round number where the numbers are.
    if (!(m.qq > 0.0f) || !(m.xq * (m.xq / m.qq) > best * kBetter)) return;
    scale = m.xq / m.qq;
    best = m.xq * scale;
  };
  consider(kLowest / extreme);
  for (int i = 0; i < kCandidates; ++i) consider((kLowest - kFirst - kStep * static_cast<float>(i)) / extreme);
  for (int i = 0; i < kRefinements && scale != 0.0f; ++i) consider(1.0f / scale);
  return scale;
}

}  // namespace engine
