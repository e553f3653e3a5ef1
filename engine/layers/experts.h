#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/formats/model_source.h"
#include "engine/layers/activations.h"
#include "engine/layers/gated_mlp.h"
#include "engine/layers/weights.h"

namespace engine {

/// A mixture-of-experts layer: a router chooses some of many small gated MLPs for each token.
struct MoeWeights {
  Tensor router;           ///< [experts, hidden]
  Tensor correction_bias;  ///< [experts] float32: takes part in choosing, not in weighing
  float norm_min = 0;
  std::vector<ExpertWeights> routed;
  GatedMlpWeights shared;  ///< every token goes through it; empty: none
  /// The model does not fit the memory: the experts that were chosen are asked of the disk together before the first of
  /// them is computed. Only for weights that are views of a mapped file.
  bool from_disk = false;
};

/// The tensors below `prefix` ("model.layers.3.mlp."). Routed experts may be tensors of their own, as published, or
/// stacked: gate_proj, up_proj and down_proj (GGUF), or gate_up_proj and down_proj (transformers 5).
/// Throws as WeightLoader does.
MoeWeights load_moe(const WeightLoader& weights, const std::string& prefix, const ModelConfig& config);

/// Adds the layer to the residual stream: x += shared(normed) + sum over the chosen experts of weight * expert(normed),
/// for the first `tokens` rows. Leaves router logits, choice and weights in the activations.
/// Reference: transformers, models/ernie4_5_moe/modeling_ernie4_5_moe.py.
void mixture_of_experts(Backend& backend, const MoeWeights& weights, std::int64_t tokens, Activations& a);

}  // namespace engine
