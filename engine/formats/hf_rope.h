#pragma once

#include <cstdint>
#include <string>

#include "engine/base/json.h"
#include "engine/formats/model_source.h"

namespace engine {

/// What a family takes where config.json says nothing.
struct RopeDefaults {
  double theta = 0;
  double partial_rotary_factor = 1.0;
  std::int64_t context_length = 0;  ///< max_position_embeddings
};

/// The rotary embedding of a Hugging Face config.json, in the spellings of transformers 4 (`rope_theta`,
/// `rope_scaling` with `type` or `rope_type`) and 5 (`rope_parameters`). Throws Error: CorruptFile for missing or
/// impossible values, UnsupportedModel for an unknown type, by name.
RopeConfig read_rope(const Json& config, const RopeDefaults& defaults);

/// Relations of the values to each other and to head_dim: an even rotated width, lengths of the longrope lists. `where` is for the sentence.
/// Throws Error(CorruptFile).
void check_rope(const RopeConfig& rope, std::int64_t head_dim, const std::string& where);

}  // namespace engine
