#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace engine {

/// The rows of work that a mixture of experts makes of a batch: one for each token and expert that it chose, sorted by
/// expert, those of one expert in order of token, so that an expert's weights are read once for all its tokens.
struct ExpertRows {
  /// The rows [first, first + count) go through `expert`.
  struct Run {
    std::int64_t expert = 0, first = 0, count = 0;
  };
  std::vector<Run> runs;
  std::vector<std::int64_t> token;     ///< of each row
  std::vector<float> weight;           ///< of each row
  std::vector<std::int64_t> rows_of;   ///< [tokens, k]: the rows of each token, in order of expert

  /// chosen, weights: [tokens, k]; experts in [0, num_experts). Uses the memory of the last call again.
  void assign(std::span<const std::int32_t> chosen, std::span<const float> weights, std::int64_t k, std::int64_t num_experts);

 private:
  std::vector<std::int64_t> next_;  ///< of each expert: where its next row goes
};

}  // namespace engine
