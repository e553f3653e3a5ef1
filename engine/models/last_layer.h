#pragma once

#include <cstdint>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/layers/activations.h"
#include "engine/layers/attention.h"
#include "engine/layers/rope.h"
#include "engine/models/batch_rows.h"

namespace engine {

/// Attention of the last layer, `layer`, where not every row wants logits: of the others only keys and values are ever
/// read again. Those of all rows go to the cache; the rest is computed for the rows that `rows.asked` names, which become
/// the first rows of a.x, a.normed, a.cosines and a.sines, in order, and the backend's fine rows. Otherwise as attention().
/// Returns how many they are; with 0 nothing but the cache is written.
std::int64_t attention_of_last_layer(Backend& backend, const AttentionWeights& weights, const KvPool& pool,
                                     std::int64_t layer, const BatchRows& rows, const Rope& rope, Activations& a,
                                     SubLayerOutput to = SubLayerOutput::AddToX);

}  // namespace engine
