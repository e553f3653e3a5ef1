#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/types.h"

namespace engine {

/// Throws Error(InvalidRequest) naming the first setting that is out of its range or not a number.
void check_sampling(const SamplingParams& params);

/// A token with the natural logarithm of its probability under the raw logits, before any processor.
struct Likely {
  std::int32_t id = 0;
  float logprob = 0;
};
/// The `count` most likely tokens of `logits` [vocab_size], most likely first; of equals the lower id first.
std::vector<Likely> most_likely(std::span<const float> logits, int count);

/// xoshiro256++ (Blackman, Vigna: prng.di.unimi.it), its state filled by splitmix64: the same numbers everywhere, which
/// the standard library's distributions do not promise.
class Random {
 public:
  explicit Random(std::uint64_t seed);
  std::uint64_t next();
  /// Uniform in [0, 1), 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  std::uint64_t state_[4] = {};
};

/// Draws the next token: processors in the reference order (models.md section 4), then greedy or a seeded draw.
/// The same seed, settings, logits and history give the same token on every machine. One sampler a sequence.
class Sampler {
 public:
  struct Drawn {
    std::int32_t id = 0;
    float logprob = 0;  ///< natural logarithm, of the raw logits before any processor
  };

  /// `masked` are ids that never come (no piece in the vocabulary); must outlive the sampler. `params` passed
  /// check_sampling().
  Sampler(const SamplingParams& params, std::uint64_t seed, std::span<const std::int32_t> masked);

  /// `logits` [vocab_size] is left as it was; `tokens` is prompt and reply so far.
  /// Throws Error(CorruptFile) where the model's output is not a number: damaged weights, or values beyond the format.
  /// `watch`, where given, sees the scores [vocab_size] after each processor that is set, by the name of its setting.
  using Watch = std::function<void(std::string_view processor, std::span<const float> scores)>;
  Drawn sample(std::span<const float> logits, std::span<const std::int32_t> tokens, const Watch& watch = {});
  /// Settings for the tokens that follow; the state of the random numbers goes on.
  void update(const SamplingParams& params) { params_ = params; }

 private:
  SamplingParams params_;
  std::span<const std::int32_t> masked_;
  std::vector<float> scores_;
  Random random_;
};

}  // namespace engine
