#pragma once

#include <memory>
#include <vector>

#include "engine/layers/attention.h"
#include "engine/layers/gated_mlp.h"
#include "engine/layers/head.h"
#include "engine/layers/rope.h"
#include "engine/layers/weights.h"
#include "engine/models/model.h"

namespace engine {

/// GLM-4-0414 and GLM-Z1-0414 (model_type "glm4"): grouped-query attention with rotary positions on a part of each head,
/// a gated MLP; a norm before each and another on its result, before it is added to the residual stream. On top a
/// language head or a classifier. Its values leave the range of float16. Reference: transformers,
/// models/glm4/modeling_glm4.py.
class Glm4 final : public Model {
 public:
  /// As create_model; null where `progress` said stop.
  static std::unique_ptr<Model> load(const ModelSource& source, Backend& backend, const LoadProgress& progress);

  const ModelConfig& config() const override { return config_; }
  bool forward(const Batch& batch, KvCache& cache, Activations& activations, const std::atomic<bool>* stop,
               Probe* probe) const override;

 private:
  struct Layer {
    Norm input_norm;
    AttentionWeights attention;
    Norm post_self_attn_norm;
    Norm post_attention_norm;  ///< despite its name the one before the MLP
    GatedMlpWeights mlp;
    Norm post_mlp_norm;
  };

  Glm4(const ModelSource& source, Backend& backend);

  const ModelSource& source_;
  ModelConfig config_;
  Backend& backend_;
  Rope rope_;
  Tensor embedding_;  ///< [vocab, hidden]
  std::vector<Layer> layers_;
  Head head_;
};

}  // namespace engine
