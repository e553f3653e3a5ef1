#include "engine/sampling/processors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace engine {

namespace {

constexpr float kRemoved = -std::numeric_limits<float>::infinity();

float largest(std::span<const float> scores) {
  return scores.empty() ? kRemoved : *std::max_element(scores.begin(), scores.end());
}

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
  const float top = largest(scores);
  if (top == kRemoved) return;

  // Buckets by distance from the best score hold the probability mass; only the one that the border falls in is
  // sorted, never the vocabulary. 1024 buckets of 1/16 reach e^-64, far below what a float32 sum can see.
  constexpr float kPerUnit = 16.0F;
  constexpr std::size_t kBuckets = 1024;
  const auto bucket_of = [top](float score) {
    return static_cast<std::size_t>(std::min((top - score) * kPerUnit, static_cast<float>(kBuckets - 1)));
  };
  std::array<double, kBuckets> mass{};
  double total = 0;
  for (const float score : scores) {
    if (score == kRemoved) continue;
    const double weight = std::exp(score - top);
    mass[bucket_of(score)] += weight;
    total += weight;
  }

  // The reference sorts ascending and removes while the running sum, the token included, is <= 1 - top_p: a token stays
  // exactly when the mass of all before it in descending order is below top_p.
  const double wanted = top_p * total;
  std::size_t border = 0;
  double above = 0;
  while (border + 1 < kBuckets && above + mass[border] < wanted) above += mass[border++];

  struct Candidate {
    float score;
    std::size_t id;
  };
  std::vector<Candidate> candidates;
  for (std::size_t id = 0; id < scores.size(); ++id) {
    if (scores[id] == kRemoved) continue;
    const std::size_t bucket = bucket_of(scores[id]);
    if (bucket == border) candidates.push_back({scores[id], id});
    if (bucket > border) scores[id] = kRemoved;
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
  });
  bool first_of_all = border == 0;  // the best token stays even at top_p 0
  for (const Candidate& candidate : candidates) {
    if (!first_of_all && above >= wanted) scores[candidate.id] = kRemoved;
    first_of_all = false;
    above += std::exp(candidate.score - top);
  }
}

void apply_min_p(std::span<float> scores, double min_p) {
  if (min_p <= 0.0) return;
  const float top = largest(scores);
  if (top == kRemoved) return;
  // prob < min_p * max prob, both sides divided by the max: exp(score - top) < min_p.
  const double border = std::log(min_p);
  for (float& score : scores) {
    if (static_cast<double>(score) - static_cast<double>(top) < border) score = kRemoved;
  }
}

}  // namespace engine
