#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/formats/model_source.h"

namespace engine {

/// Rotary position embedding (Su et al., RoFormer, arXiv:2104.09864): pair i of a head turns by position * f_i with
/// f_i = theta^(-2i / d), d = head_dim * partial_rotary_factor. Frequencies and angles are float32 as in the reference
/// implementation (transformers, modeling_rope_utils.py), so that far positions turn exactly as the weights learned.
/// Immutable.
class Rope {
 public:
  /// Throws Error(UnsupportedModel) for a type other than "default".
  Rope(const RopeConfig& config, std::int64_t head_dim);

  /// d / 2.
  std::int64_t pairs() const { return static_cast<std::int64_t>(frequencies_.size()); }
  /// Writes the cosines and sines of each position to [positions, pairs] tensors of the backend.
  void fill(Backend& backend, std::span<const std::int64_t> positions, Tensor& cosines, Tensor& sines) const;

 private:
  std::vector<float> frequencies_;
};

}  // namespace engine
