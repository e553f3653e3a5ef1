#include "engine/layers/attention.h"

#include <array>
#include <cmath>

namespace engine {
namespace {

/// The result of rotated queries, whose keys and values are in the cache.
void attend_and_project(Backend& backend, const AttentionWeights& weights, const KvPool& pool, std::int64_t layer,
                        std::span<const SequenceRows> sequences, std::int64_t tokens, Activations& a, SubLayerOutput to) {
  const bool add = to == SubLayerOutput::AddToX;
  const Tensor queries = a.queries.first(tokens);
  Tensor attended = a.attended.first(tokens), out = (add ? a.x : a.normed).first(tokens);
  const float scale = 1.0f / std::sqrt(static_cast<float>(pool.head_dim));
  backend.attend(pool, layer, queries, sequences, scale, attended);
  const std::array output{Projection{&weights.output.weight, &weights.output.bias, &out, add, weights.fine}};
  backend.linear(attended, output);
}

}  // namespace

void attention(Backend& backend, const AttentionWeights& weights, const KvPool& pool, std::int64_t layer,
               std::span<const SequenceRows> sequences, std::int64_t tokens, Activations& a,
               SubLayerOutput to) {
  const Tensor normed = a.normed.first(tokens), cosines = a.cosines.first(tokens), sines = a.sines.first(tokens);
  Tensor queries = a.queries.first(tokens), keys = a.keys.first(tokens), values = a.values.first(tokens);
  const std::array inputs{Projection{&weights.query.weight, &weights.query.bias, &queries, false, weights.fine},
                          Projection{&weights.key.weight, &weights.key.bias, &keys, false, weights.fine},
                          Projection{&weights.value.weight, &weights.value.bias, &values, false, weights.fine}};
  backend.linear(normed, inputs);
  backend.rotate(queries, cosines, sines);
  backend.rotate(keys, cosines, sines);
  backend.append_kv(pool, layer, keys, values, sequences);
  attend_and_project(backend, weights, pool, layer, sequences, tokens, a, to);
}

void append_keys_and_values(Backend& backend, const AttentionWeights& weights, const KvPool& pool, std::int64_t layer,
                            std::span<const SequenceRows> sequences, std::int64_t tokens, Activations& a) {
  const Tensor normed = a.normed.first(tokens), cosines = a.cosines.first(tokens), sines = a.sines.first(tokens);
  Tensor keys = a.keys.first(tokens), values = a.values.first(tokens);
  const std::array inputs{Projection{&weights.key.weight, &weights.key.bias, &keys, false, weights.fine},
                          Projection{&weights.value.weight, &weights.value.bias, &values, false, weights.fine}};
  backend.linear(normed, inputs);
  backend.rotate(keys, cosines, sines);
  backend.append_kv(pool, layer, keys, values, sequences);
}

void attention_of_appended(Backend& backend, const AttentionWeights& weights, const KvPool& pool, std::int64_t layer,
                           std::span<const SequenceRows> sequences, std::int64_t tokens, Activations& a,
                           SubLayerOutput to) {
  const Tensor normed = a.normed.first(tokens), cosines = a.cosines.first(tokens), sines = a.sines.first(tokens);
  Tensor queries = a.queries.first(tokens);
  const std::array inputs{Projection{&weights.query.weight, &weights.query.bias, &queries, false, weights.fine}};
  backend.linear(normed, inputs);
  backend.rotate(queries, cosines, sines);
  attend_and_project(backend, weights, pool, layer, sequences, tokens, a, to);
}

}  // namespace engine
