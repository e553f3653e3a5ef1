#pragma once

#include <cstdint>

#include "engine/backends/backend.h"
#include "engine/layers/activations.h"
#include "engine/layers/weights.h"
#include "engine/models/batch_rows.h"
#include "engine/models/model.h"

namespace engine {

/// Fills a Probe while a forward pass goes through the layers; without one, or for what it does not want, every call is
/// nothing.
class ProbeWriter {
 public:
  /// `probe` may be null. Throws Error(InvalidRequest) if it wants attentions of a batch that is not one sequence from
  /// position 0, or of a layer that the model does not have.
  ProbeWriter(Probe* probe, Backend& backend, const ModelConfig& config, const BatchRows& rows);

  bool wants_hidden_states() const { return probe_ != nullptr && probe_->want_hidden_states; }
  /// The next entry: x is [tokens, hidden].
  void hidden_states(const Tensor& x);
  /// The last entry: x after the final norm, computed in `scratch` [tokens, hidden].
  void final_hidden_states(const Tensor& x, const Norm& norm, Tensor& scratch);
  /// What the router of `layer` left in the activations.
  void router(std::int64_t layer, Activations& a);
  /// What attention of `layer` weighed with, if it is wanted; `queries` rotated, the keys in the cache.
  void attentions(const KvPool& pool, std::int64_t layer, Tensor& queries);

 private:
  Probe* probe_;
  Backend& backend_;
  const ModelConfig& config_;
  const BatchRows& rows_;
};

}  // namespace engine
