#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/types.h"

namespace engine {

/// Draws the next token: processors in the reference order (models.md section 4), then greedy or a seeded draw.
/// The same seed, settings, logits and history give the same token on every machine. One sampler a sequence.
class Sampler {
 public:
  struct Drawn {
    std::int32_t id = 0;
    float logprob = 0;  ///< natural logarithm, of the raw logits before any processor
  };

  /// `masked` are ids that never come (no piece in the vocabulary); must outlive the sampler.
  Sampler(const SamplingParams& params, std::uint64_t seed, std::span<const std::int32_t> masked);

  /// `logits` [vocab_size] is left as it was; `tokens` is prompt and reply so far.
  Drawn sample(std::span<const float> logits, std::span<const std::int32_t> tokens);
  /// Settings for the tokens that follow; the state of the random numbers goes on.
  void update(const SamplingParams& params) { params_ = params; }

 private:
  SamplingParams params_;
  std::span<const std::int32_t> masked_;
  std::vector<float> scores_;
  std::uint64_t random_state_[4] = {};
};

}  // namespace engine
