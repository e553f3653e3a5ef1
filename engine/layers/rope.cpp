#include "engine/layers/rope.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

namespace engine {

namespace {

/// Attention temperature of yarn for a context `factor` times longer.
double yarn_mscale(double factor, double mscale) { return factor > 1 ? 0.1 * mscale * std::log(factor) + 1.0 : 1.0; }

}  // namespace

double Rope::attention_factor(const RopeConfig& config) {
  if (config.type == "yarn") {
    if (config.attention_factor) return *config.attention_factor;
    if (config.mscale.value_or(0) != 0 && config.mscale_all_dim.value_or(0) != 0) {
      return yarn_mscale(config.factor, *config.mscale) / yarn_mscale(config.factor, *config.mscale_all_dim);
    }
    return yarn_mscale(config.factor, 1.0);
  }
  if (config.type == "longrope") {
    if (config.attention_factor) return *config.attention_factor;
    if (config.factor <= 1) return 1.0;
    return std::sqrt(1.0 + std::log(config.factor) / std::log(static_cast<double>(config.original_context_length)));
  }
  return 1.0;
}

Rope::Rope(const RopeConfig& config, std::int64_t head_dim)
    : config_(config), width_(config.rotated_dims(head_dim)), attention_factor_(static_cast<float>(attention_factor(config))) {
  frequencies_.resize(static_cast<std::size_t>(width_ / 2));
  for (std::size_t i = 0; i < frequencies_.size(); ++i) frequencies_[i] = 1.0f / power(config.theta, i);
  if (config.type == "linear") {
    for (float& frequency : frequencies_) frequency /= static_cast<float>(config.factor);
  } else if (config.type == "yarn") {
    scale_yarn();
  } else if (config.type == "llama3") {
    scale_llama3();
  }
}

/// theta^(2i / d), the exponent rounded to float32 as the reference does.
float Rope::power(double theta, std::size_t pair) const {
  const float exponent = static_cast<float>(2 * pair) / static_cast<float>(width_);
  return static_cast<float>(std::pow(theta, static_cast<double>(exponent)));
}

/// Pairs that turn often within the original context keep their frequency, slow ones are slowed by the factor, those
/// between are blended.
void Rope::scale_yarn() {
  const auto dimension_of = [this](double turns) {
    return static_cast<double>(width_) * std::log(static_cast<double>(config_.original_context_length) / (turns * 2 * std::numbers::pi)) /
           (2 * std::log(config_.theta));
  };
  double low = dimension_of(config_.beta_fast), high = dimension_of(config_.beta_slow);
  if (config_.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, static_cast<double>(width_ - 1));
  if (low == high) high += 0.001;
  for (std::size_t i = 0; i < frequencies_.size(); ++i) {
    const auto slowed = static_cast<float>(std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0));
    frequencies_[i] = slowed * frequencies_[i] / static_cast<float>(config_.factor) + (1.0f - slowed) * frequencies_[i];
  }
}

/// As yarn, by wave length instead of dimension.
void Rope::scale_llama3() {
  const auto original = static_cast<double>(config_.original_context_length);
  for (float& frequency : frequencies_) {
    const double wave_length = 2 * std::numbers::pi / static_cast<double>(frequency);
    const double slowed = static_cast<double>(frequency) / config_.factor;
    if (wave_length > original / config_.low_freq_factor) {
      frequency = static_cast<float>(slowed);
    } else if (wave_length >= original / config_.high_freq_factor) {
      const double kept = (original / wave_length - config_.low_freq_factor) / (config_.high_freq_factor - config_.low_freq_factor);
      frequency = static_cast<float>((1 - kept) * slowed + kept * static_cast<double>(frequency));
    }
  }
}

std::vector<float> Rope::frequencies(std::int64_t length) const {
  std::vector<float> result = frequencies_;
  if (config_.type == "dynamic" && length > config_.context_length) {
    // theta grows so that the slowest pair turns as far over `length` tokens as it used to.
    const double longer = static_cast<double>(length) / static_cast<double>(config_.context_length);
    const auto d = static_cast<double>(width_);
    const double theta = config_.theta * std::pow(config_.factor * longer - (config_.factor - 1), d / (d - 2));
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = 1.0f / power(theta, i);
  } else if (config_.type == "longrope") {
    const auto& factors = length > config_.original_context_length ? config_.long_factor : config_.short_factor;
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = 1.0f / (static_cast<float>(factors[i]) * power(config_.theta, i));
  }
  return result;
}

void Rope::fill(Backend& backend, std::span<const std::int64_t> positions, std::span<const std::int64_t> lengths,
                Tensor& cosines, Tensor& sines) const {
  assert(cosines.count() == static_cast<std::int64_t>(positions.size()) * pairs() && cosines.count() == sines.count());
  assert(lengths.size() == positions.size());
  std::vector<float> cosine(positions.size() * frequencies_.size()), sine(cosine.size());
  std::vector<float> turns;
  std::size_t at = 0;
  for (std::size_t t = 0; t < positions.size(); ++t) {
    if (t == 0 || lengths[t] != lengths[t - 1]) turns = frequencies(lengths[t]);
    for (const float frequency : turns) {
      const float angle = static_cast<float>(positions[t]) * frequency;
      cosine[at] = std::cos(angle) * attention_factor_;
      sine[at++] = std::sin(angle) * attention_factor_;
    }
  }
  backend.upload(std::as_bytes(std::span(cosine)), cosines);
  backend.upload(std::as_bytes(std::span(sine)), sines);
}

}  // namespace engine
