#pragma once

#include <cstdint>
#include <span>

#include "engine/backends/backend.h"
#include "engine/layers/activations.h"
#include "engine/layers/weights.h"

namespace engine {

/// Weights of grouped-query attention: query [heads * head_dim, hidden], key and value [kv_heads * head_dim, hidden],
/// output [hidden, heads * head_dim].
struct AttentionWeights {
  Linear query, key, value, output;
  bool fine = false;  ///< for all four products all rows are fine (Backend::set_fine_rows)
};

/// Where a sub-layer's result goes.
enum class SubLayerOutput {
  AddToX,    ///< a.x += result
  ToNormed,  ///< a.normed = result, in place of the sub-layer's input
};

/// output(attend(rotate(query(normed)), rotate(key(normed)), value(normed))) for the first `tokens` rows of the
/// activations. Reads a.normed, a.cosines and a.sines; writes keys and values of layer `layer` into the cache and leaves
/// the rotated queries in a.queries.
void attention(Backend& backend, const AttentionWeights& weights, const KvPool& pool, std::int64_t layer,
               std::span<const SequenceRows> sequences, std::int64_t tokens, Activations& a,
               SubLayerOutput to = SubLayerOutput::AddToX);

/// The two halves of attention(), for more rows in the first than in the second: keys and values of the first `tokens`
/// rows go to the cache ...
void append_keys_and_values(Backend& backend, const AttentionWeights& weights, const KvPool& pool, std::int64_t layer,
                            std::span<const SequenceRows> sequences, std::int64_t tokens, Activations& a);
/// ... and what rows see whose keys and values are there.
void attention_of_appended(Backend& backend, const AttentionWeights& weights, const KvPool& pool, std::int64_t layer,
                           std::span<const SequenceRows> sequences, std::int64_t tokens, Activations& a,
                           SubLayerOutput to = SubLayerOutput::AddToX);

}  // namespace engine
