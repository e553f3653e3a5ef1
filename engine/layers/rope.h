#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/formats/model_source.h"

namespace engine {

/// Rotary position embedding (Su et al., RoFormer, arXiv:2104.09864): pair i of a head turns by position * f_i with
/// f_i = theta^(-2i / d), d the rotated dimensions, or with what the file's scaling makes of f_i: linear, dynamic, yarn
/// (Peng et al., arXiv:2309.00071), longrope (Ding et al., arXiv:2402.13753), llama3. Frequencies and angles are float32
/// as in the reference implementation (transformers, modeling_rope_utils.py), so that far positions turn exactly as the
/// weights learned. Immutable.
class Rope {
 public:
  Rope(const RopeConfig& config, std::int64_t head_dim);

  /// What cosines and sines are multiplied by: the file's number, or what the type says.
  static double attention_factor(const RopeConfig& config);

  /// d / 2.
  std::int64_t pairs() const { return static_cast<std::int64_t>(frequencies_.size()); }
  /// Turns of each pair per position, in radians, where the whole sequence is `length` tokens long.
  std::vector<float> frequencies(std::int64_t length) const;
  /// Writes the cosines and sines of each position, times the scaling's attention factor, to [positions, pairs] tensors
  /// of the backend. lengths[i]: tokens of the sequence of position i, its prompt to the end included: what "dynamic"
  /// and "longrope" choose their frequencies by.
  void fill(Backend& backend, std::span<const std::int64_t> positions, std::span<const std::int64_t> lengths,
            Tensor& cosines, Tensor& sines) const;

 private:
  float power(double theta, std::size_t pair) const;
  void scale_yarn();
  void scale_llama3();

  RopeConfig config_;
  std::int64_t width_;              ///< d
  std::vector<float> frequencies_;  ///< those that do not depend on a length
  float attention_factor_ = 1.0f;
};

}  // namespace engine
