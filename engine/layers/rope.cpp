#include "engine/layers/rope.h"

#include <cassert>
#include <cmath>

#include "engine/base/error.h"

namespace engine {

Rope::Rope(const RopeConfig& config, std::int64_t head_dim) {
  if (config.type != "default") {
    throw Error(ErrorCode::UnsupportedModel,
                "config.json asks for the rope type \"" + config.type + "\"; this version runs \"default\" only");
  }
  const auto width = static_cast<std::int64_t>(static_cast<double>(head_dim) * config.partial_rotary_factor);
  frequencies_.resize(static_cast<std::size_t>(width / 2));
  for (std::size_t i = 0; i < frequencies_.size(); ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(width);
    frequencies_[i] = 1.0f / static_cast<float>(std::pow(config.theta, static_cast<double>(exponent)));
  }
}

void Rope::fill(Backend& backend, std::span<const std::int64_t> positions, Tensor& cosines, Tensor& sines) const {
  assert(cosines.count() == static_cast<std::int64_t>(positions.size()) * pairs() && cosines.count() == sines.count());
  std::vector<float> cosine(positions.size() * frequencies_.size()), sine(cosine.size());
  std::size_t at = 0;
  for (const std::int64_t position : positions) {
    for (const float frequency : frequencies_) {
      const float angle = static_cast<float>(position) * frequency;
      cosine[at] = std::cos(angle);
      sine[at++] = std::sin(angle);
    }
  }
  backend.upload(std::as_bytes(std::span(cosine)), cosines);
  backend.upload(std::as_bytes(std::span(sine)), sines);
}

}  // namespace engine
