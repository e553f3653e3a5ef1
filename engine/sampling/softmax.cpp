#include "engine/sampling/softmax.h"

#include <algorithm>
#include <array>
#include <limits>

namespace engine {

namespace {

/// Independent running values, so that a loop over a block has no chain from one element to the next.
constexpr std::size_t kLanes = 16;

}  // namespace

float largest_of(std::span<const float> scores) {
  std::array<float, kLanes> lanes;
  lanes.fill(-std::numeric_limits<float>::infinity());
  std::size_t i = 0;
  for (; i + kLanes <= scores.size(); i += kLanes) {
    for (std::size_t j = 0; j < kLanes; ++j) lanes[j] = scores[i + j] > lanes[j] ? scores[i + j] : lanes[j];
  }
  float top = *std::max_element(lanes.begin(), lanes.end());
  for (; i < scores.size(); ++i) top = scores[i] > top ? scores[i] : top;
  return top;
}

double sum_of_exp(std::span<const float> scores, float top) {
  std::array<double, kLanes> sums{};
  std::size_t i = 0;
  for (; i + kLanes <= scores.size(); i += kLanes) {
    std::array<float, kLanes> weights;
    for (std::size_t j = 0; j < kLanes; ++j) weights[j] = exp_nonpositive(scores[i + j] - top);
    for (std::size_t j = 0; j < kLanes; ++j) sums[j] += static_cast<double>(weights[j]);
  }
  double total = 0;
  for (const double sum : sums) total += sum;
  for (; i < scores.size(); ++i) total += static_cast<double>(exp_nonpositive(scores[i] - top));
  return total;
}

}  // namespace engine
