#pragma once

#include "engine/base/json.h"
#include "engine/formats/model_source.h"

namespace engine {

/// A Hugging Face config.json as ModelConfig, in every spelling in the wild (models.md 1.6): `rope_parameters` or
/// `rope_theta` with `rope_scaling`, keys left out or null where the family has a default. Ranges and relations are
/// checked. Throws Error: CorruptFile for missing, mistyped or impossible values; UnsupportedModel for an architecture,
/// rope type, activation or option that this engine does not run, by name.
ModelConfig read_hf_config(const Json& config);

/// generation_config.json; what is absent or null there is absent in the result. Throws Error(CorruptFile).
GenerationDefaults read_generation_config(const Json& config, const ModelConfig& model);

}  // namespace engine
