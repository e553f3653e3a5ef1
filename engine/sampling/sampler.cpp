#include "engine/sampling/sampler.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "engine/base/error.h"
#include "engine/sampling/processors.h"
#include "engine/sampling/softmax.h"

namespace engine {

namespace {

/// Below this the scaled scores could leave float32; the draw has long become greedy.
constexpr double kGreedyTemperature = 1e-6;
/// No sound model comes near; beyond it the largest penalty and the smallest temperature together leave float32.
constexpr float kLargestLogit = 1e25F;

[[noreturn]] void refuse(const char* setting, const char* allowed, double found) {
  throw Error(ErrorCode::InvalidRequest, std::string("The sampling setting ") + setting + " must be " + allowed +
                                             ", not " + std::to_string(found) + ".");
}

/// log(sum(exp(logits))), and the check that they are numbers at all.
double log_sum_exp(std::span<const float> logits) {
  const float top = largest_of(logits);
  bool sound = top >= -kLargestLogit;
  for (const float value : logits) sound &= value <= kLargestLogit;  // false for NaN too
  if (!sound) {
    throw Error(
        ErrorCode::CorruptFile,
        "The model computed scores that are not numbers; its weights are damaged or leave the range of their type.");
  }
  return static_cast<double>(top) + std::log(sum_of_exp(logits, top));
}

float logprob_of(float logit, double log_sum) {
  return static_cast<float>(static_cast<double>(logit) - log_sum);
}

/// Index of the largest score, the lowest of equals.
std::size_t argmax(std::span<const float> scores) {
  return static_cast<std::size_t>(std::find(scores.begin(), scores.end(), largest_of(scores)) - scores.begin());
}

/// Inverse of the cumulative distribution of softmax(scores) at `share` in [0, 1).
std::size_t draw(std::span<const float> scores, double share) {
  const float top = largest_of(scores);
  const double wanted = share * sum_of_exp(scores, top);
  double below = 0;
  std::size_t last = 0;
  for (std::size_t id = 0; id < scores.size(); ++id) {
    const double weight = exp_nonpositive(scores[id] - top);
    if (weight == 0) continue;
    last = id;  // stays the last one where the order of the additions leaves `below` a trace short of the sum
    below += weight;
    if (below > wanted) break;
  }
  return last;
}

}  // namespace

void check_sampling(const SamplingParams& params) {
  const auto within = [](double value, double low, double high) { return value >= low && value <= high; };  // no NaN
  if (!within(params.temperature, 0, 1e6)) refuse("temperature", "0 or more", params.temperature);
  if (params.top_k < 0) refuse("top_k", "0 or more", static_cast<double>(params.top_k));
  if (!within(params.top_p, 0, 1)) refuse("top_p", "between 0 and 1", params.top_p);
  if (!within(params.min_p, 0, 1)) refuse("min_p", "between 0 and 1", params.min_p);
  if (!within(params.repetition_penalty, 1e-3, 1e3)) {
    refuse("repetition_penalty", "between 0.001 and 1000", params.repetition_penalty);
  }
}

std::vector<Likely> most_likely(std::span<const float> logits, int count) {
  std::vector<Likely> best(std::min(logits.size(), static_cast<std::size_t>(std::max(count, 0))));
  if (best.empty()) return best;
  const double log_sum = log_sum_exp(logits);
  std::vector<std::int32_t> ids(logits.size());
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int32_t>(i);
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(best.size()), ids.end(),
                    [logits](std::int32_t a, std::int32_t b) {
                      const float left = logits[static_cast<std::size_t>(a)],
                                  right = logits[static_cast<std::size_t>(b)];
                      return left != right ? left > right : a < b;
                    });
  for (std::size_t i = 0; i < best.size(); ++i) {
    best[i] = {ids[i], logprob_of(logits[static_cast<std::size_t>(ids[i])], log_sum)};
  }
  return best;
}

Random::Random(std::uint64_t seed) {
  for (std::uint64_t& word : state_) {
    seed += 0x9E3779B97F4A7C15;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    word = mixed ^ (mixed >> 31);
  }
}

std::uint64_t Random::next() {
  const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

Sampler::Sampler(const SamplingParams& params, std::uint64_t seed, std::span<const std::int32_t> masked)
    : params_(params), masked_(masked), random_(seed) {}

Sampler::Drawn Sampler::sample(std::span<const float> logits, std::span<const std::int32_t> tokens,
                               const Watch& watch) {
  const double log_sum = log_sum_exp(logits);
  scores_.assign(logits.begin(), logits.end());
  for (const std::int32_t id : masked_) {
    const auto index = static_cast<std::size_t>(id);
    if (index < scores_.size()) scores_[index] = -std::numeric_limits<float>::infinity();
  }
  const auto seen = [&](std::string_view processor) {
    if (watch) watch(processor, scores_);
  };

  if (params_.repetition_penalty != 1) {
    apply_repetition_penalty(scores_, tokens, params_.repetition_penalty);
    seen("repetition_penalty");
  }
  if (!params_.do_sample || params_.temperature < kGreedyTemperature) {
    const std::size_t id = argmax(scores_);
    return {static_cast<std::int32_t>(id), logprob_of(logits[id], log_sum)};
  }
  if (params_.temperature != 1) {
    apply_temperature(scores_, params_.temperature);
    seen("temperature");
  }
  if (params_.top_k > 0) {
    apply_top_k(scores_, params_.top_k);
    seen("top_k");
  }
  if (params_.top_p < 1) {
    apply_top_p(scores_, params_.top_p);
    seen("top_p");
  }
  if (params_.min_p > 0) {
    apply_min_p(scores_, params_.min_p);
    seen("min_p");
  }
  const std::size_t id = draw(scores_, random_.uniform());
  return {static_cast<std::int32_t>(id), logprob_of(logits[id], log_sum)};
}

}  // namespace engine
