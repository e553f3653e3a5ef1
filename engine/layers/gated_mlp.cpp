#include "engine/layers/gated_mlp.h"

#include <array>

namespace engine {

void gated_mlp(Backend& backend, const GatedMlpWeights& weights, std::int64_t tokens, Activations& a) {
  const Tensor normed = a.normed.first(tokens), up = a.up.first(tokens);
  Tensor gate_out = a.gate.first(tokens), up_out = a.up.first(tokens), x = a.x.first(tokens);
  const std::array inputs{Projection{&weights.gate.weight, &weights.gate.bias, &gate_out},
                          Projection{&weights.up.weight, &weights.up.bias, &up_out}};
  backend.linear(normed, inputs);
  backend.gated_silu(gate_out, up, gate_out);
  const std::array output{Projection{&weights.down.weight, &weights.down.bias, &x, true}};
  backend.linear(gate_out, output);
}

}  // namespace engine
