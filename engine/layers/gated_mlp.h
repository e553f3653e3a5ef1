#pragma once

#include <cstdint>

#include "engine/backends/backend.h"
#include "engine/layers/activations.h"
#include "engine/layers/attention.h"
#include "engine/layers/weights.h"

namespace engine {

/// Weights of a gated feed-forward layer: gate and up [intermediate, hidden], down [hidden, intermediate].
struct GatedMlpWeights {
  Linear gate, up, down;
};

/// down(silu(gate(normed)) * up(normed)) for the first `tokens` rows.
/// Source: Shazeer, GLU Variants Improve Transformer, arXiv:2002.05202 (SwiGLU).
void gated_mlp(Backend& backend, const GatedMlpWeights& weights, std::int64_t tokens, Activations& a,
               SubLayerOutput to = SubLayerOutput::AddToX);

}  // namespace engine
