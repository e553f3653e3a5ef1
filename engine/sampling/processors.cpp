#include "engine/sampling/processors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "engine/sampling/softmax.h"

namespace engine {

namespace {

constexpr float kRemoved = -std::numeric_limits<float>::infinity();

struct Candidate {
  float score;
  std::uint32_t id;
};

/// The scores down to a lowest one, and how their probability mass lies: buckets by distance from the best, of which
/// only the one that a border falls in needs to be sorted, never the vocabulary. 1024 buckets of 1/16 reach e^-64, far
/// below what a float32 sum can see. Masses are in units of the best score's.
struct Masses {
  static constexpr std::size_t kBuckets = 1024;
  static std::size_t bucket_of(float top, float score) {
    return static_cast<std::size_t>(std::min((top - score) * 16.0F, static_cast<float>(kBuckets - 1)));
  }

  Masses(std::span<const float> scores, float top, float lowest) {
    for (std::size_t id = 0; id < scores.size(); ++id) {
      if (!(scores[id] >= lowest)) continue;
      candidates.push_back({scores[id], static_cast<std::uint32_t>(id)});
      const double mass = exp_nonpositive(scores[id] - top);
      of_bucket[bucket_of(top, scores[id])] += mass;
      total += mass;
    }
  }

  std::vector<Candidate> candidates;  ///< by id
  std::array<double, kBuckets> of_bucket{};
  double total = 0;
};

}  // namespace

void apply_repetition_penalty(std::span<float> scores, std::span<const std::int32_t> tokens, double penalty) {
  if (penalty == 1.0) return;
  const auto factor = static_cast<float>(penalty);
  std::vector<bool> seen(scores.size());
  for (const std::int32_t id : tokens) {
    const auto index = static_cast<std::size_t>(id);
    if (id < 0 || index >= scores.size() || seen[index]) continue;
    seen[index] = true;
    scores[index] = scores[index] < 0 ? scores[index] * factor : scores[index] / factor;
  }
}

void apply_temperature(std::span<float> scores, double temperature) {
  if (temperature == 1.0) return;
  const auto divisor = static_cast<float>(temperature);
  for (float& score : scores) score /= divisor;
}

void apply_top_k(std::span<float> scores, std::int64_t top_k) {
  if (top_k <= 0 || static_cast<std::uint64_t>(top_k) >= scores.size()) return;
  // A heap of the k best while the scores go by: most are turned away by one comparison.
  std::vector<float> best(static_cast<std::size_t>(top_k));
  std::partial_sort_copy(scores.begin(), scores.end(), best.begin(), best.end(), std::greater<>());
  const float border = best.back();
  for (float& score : scores) {
    if (score < border) score = kRemoved;
  }
}

void apply_top_p(std::span<float> scores, double top_p) {
  if (top_p >= 1.0) return;
  const float top = largest_of(scores);
  if (top == kRemoved) return;
  const double wanted = top_p * sum_of_exp(scores, top);

  // Nearly always the few scores close to the best hold the mass; the slope below them need not be looked at.
  constexpr float kNear = 12.0F;
  Masses masses(scores, top, top - kNear);
  if (masses.total < wanted) masses = Masses(scores, top, std::numeric_limits<float>::lowest());

  // The reference sorts ascending and removes while the running sum, the token included, is <= 1 - top_p: a token stays
  // exactly when the mass of all before it in descending order is below top_p.
  std::size_t border = 0;
  double above = 0;
  while (border + 1 < Masses::kBuckets && above + masses.of_bucket[border] < wanted)
    above += masses.of_bucket[border++];

  std::fill(scores.begin(), scores.end(), kRemoved);
  std::vector<Candidate> at_border;
  for (const Candidate& candidate : masses.candidates) {
    const std::size_t bucket = Masses::bucket_of(top, candidate.score);
    if (bucket < border) scores[candidate.id] = candidate.score;
    if (bucket == border) at_border.push_back(candidate);
  }
  std::sort(at_border.begin(), at_border.end(), [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
  });
  for (const Candidate& candidate : at_border) {
    const bool first_of_all = border == 0 && above == 0;  // the best token stays even at top_p 0
    if (above >= wanted && !first_of_all) break;
    scores[candidate.id] = candidate.score;
    above += exp_nonpositive(candidate.score - top);
  }
}

void apply_min_p(std::span<float> scores, double min_p) {
  if (min_p <= 0.0) return;
  const float top = largest_of(scores);
  if (top == kRemoved) return;
  // prob < min_p * max prob, both sides divided by the max: exp(score - top) < min_p.
  const double border = std::log(min_p);
  for (float& score : scores) {
    if (static_cast<double>(score) - static_cast<double>(top) < border) score = kRemoved;
  }
}

}  // namespace engine
