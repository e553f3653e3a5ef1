#include "engine/layers/gated_mlp.h"

#include <array>

namespace engine {

void gated_mlp(Backend& backend, const GatedMlpWeights& weights, std::int64_t tokens, Activations& a, SubLayerOutput to) {
  // The buffers are as wide as the widest MLP of the model; a narrower one uses their beginning.
  const std::int64_t width = weights.gate.weight.rows();
  const bool add = to == SubLayerOutput::AddToX;
  const Tensor normed = a.normed.first(tokens);
  Tensor gate = a.gate.part({tokens, width}), up = a.up.part({tokens, width});
  Tensor out = (add ? a.x : a.normed).first(tokens);
  const std::array inputs{Projection{&weights.gate.weight, &weights.gate.bias, &gate},
                          Projection{&weights.up.weight, &weights.up.bias, &up}};
  backend.linear(normed, inputs);
  backend.gated_silu(gate, up, gate);
  const std::array output{Projection{&weights.down.weight, &weights.down.bias, &out, add}};
  backend.linear(gate, output);
}

}  // namespace engine
