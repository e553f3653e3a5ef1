#pragma once

#include <vector>

#include "engine/base/json.h"
#include "engine/formats/tokenizer_data.h"

namespace engine {

/// Reads a tokenizer.json (format of the tokenizers library) of the kind BPE: vocabulary, merges, normaliser and
/// pre-tokeniser go to `vocabulary`, its added tokens are returned. Parts that this engine does not run are refused by
/// name. The post-processor, truncation and padding have no effect: nothing is ever prepended, since chat templates
/// write those tokens (models.md 2.2), and no text is cut.
/// Throws Error: CorruptFile, UnsupportedModel, naming file and field.
std::vector<AddedToken> read_tokenizer_json(const Json& json, BpeVocabulary& vocabulary);

}  // namespace engine
