#pragma once

#include <memory>
#include <vector>

#include "engine/layers/attention.h"
#include "engine/layers/experts.h"
#include "engine/layers/gated_mlp.h"
#include "engine/layers/head.h"
#include "engine/layers/rope.h"
#include "engine/layers/weights.h"
#include "engine/models/model.h"

namespace engine {

/// ERNIE 4.5, dense and with mixture of experts (model_type "ernie4_5", "ernie4_5_moe"): grouped-query attention with
/// rotary positions on the whole head, a gated MLP or experts, a norm before each, residuals around both; the head may be
/// the embedding. Reference: transformers, models/ernie4_5/modeling_ernie4_5.py and models/ernie4_5_moe/.
class Ernie45 final : public Model {
 public:
  /// As create_model; null where `progress` said stop.
  static std::unique_ptr<Model> load(const ModelSource& source, Backend& backend, bool from_disk,
                                     const LoadProgress& progress);

  const ModelConfig& config() const override { return config_; }
  bool forward(const Batch& batch, KvCache& cache, Activations& activations, const std::atomic<bool>* stop,
               Probe* probe) const override;

 private:
  struct Layer {
    Norm input_norm;
    AttentionWeights attention;
    Norm post_attention_norm;
    bool has_experts = false;
    GatedMlpWeights mlp;  ///< where the layer has no experts
    MoeWeights moe;       ///< where it has
  };

  Ernie45(const ModelSource& source, Backend& backend);

  const ModelSource& source_;
  ModelConfig config_;
  Backend& backend_;
  Rope rope_;
  Tensor embedding_;  ///< [vocab, hidden]
  std::vector<Layer> layers_;
  Head head_;
};

}  // namespace engine
