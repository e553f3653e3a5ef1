#include "engine/backends/expert_rows.h"

#include <cassert>

namespace engine {

void ExpertRows::assign(std::span<const std::int32_t> chosen, std::span<const float> weights, std::int64_t k,
                        std::int64_t num_experts) {
  assert(chosen.size() == weights.size());
  next_.assign(static_cast<std::size_t>(num_experts) + 1, 0);
  for (const std::int32_t expert : chosen) ++next_[static_cast<std::size_t>(expert) + 1];
  runs.clear();
  for (std::int64_t expert = 0; expert < num_experts; ++expert) {
    const auto e = static_cast<std::size_t>(expert);
    if (next_[e + 1] > 0) runs.push_back({expert, next_[e], next_[e + 1]});
    next_[e + 1] += next_[e];
  }
  token.resize(chosen.size());
  weight.resize(chosen.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const auto row = static_cast<std::size_t>(next_[static_cast<std::size_t>(chosen[i])]++);
    token[row] = static_cast<std::int64_t>(i) / k;
    weight[row] = weights[i];
  }
  // Going through the rows in order gives each token its experts in order.
  rows_of.resize(chosen.size());
  next_.assign(chosen.size() / static_cast<std::size_t>(k), 0);
  for (std::size_t row = 0; row < token.size(); ++row) {
    std::int64_t& filled = next_[static_cast<std::size_t>(token[row])];
    rows_of[static_cast<std::size_t>(token[row] * k + filled++)] = static_cast<std::int64_t>(row);
  }
}

}  // namespace engine
