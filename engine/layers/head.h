#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/formats/model_source.h"
#include "engine/layers/activations.h"
#include "engine/layers/weights.h"

namespace engine {

/// What stands on top of the layers: the final norm and the projection to logits, of the vocabulary or of labels.
struct Head {
  Norm norm;
  Linear projection;  ///< [output_size, hidden]; empty where the embedding is the projection
};

/// model.norm with lm_head (its bias where `bias`), or with the score of a classifier (token classifiers have a bias).
/// Throws as WeightLoader does.
Head load_head(const WeightLoader& weights, const ModelConfig& config, bool bias);

/// 0, 1, ... count - 1: the rows that are left where only those that asked were kept.
std::vector<std::int64_t> first_rows(std::size_t count);

/// Writes the logits of the rows `asked` of a.x to a.head_out. `embedding` is used where the head is tied to it. The
/// head is the largest matrix of a small model: only rows that asked meet it.
void head(Backend& backend, const Head& head, const Tensor& embedding, std::span<const std::int64_t> asked, Activations& a);

}  // namespace engine
