#pragma once

#include <cstdint>
#include <vector>

#include "engine/formats/model_source.h"
#include "engine/generation/sequence.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/types.h"

namespace engine {

/// Ids that end a reply: those of config.json and generation_config.json, and the control tokens that models of the
/// family end a turn with, looked up by their text (published configs leave some out). Sorted. `tokenizer` may be null.
std::vector<std::int32_t> end_of_sequence_ids(const ModelConfig& config, const GenerationDefaults& defaults,
                                              const TokenizerData& data, const Tokenizer* tokenizer);

/// The model's own settings (what its generation_config.json leaves out has the reference's default), or where the files
/// bring none those that its makers recommend: GLM-Z1 has its own, and is known by the thought that its chat template
/// writes, or by its file's or folder's name.
SamplingParams default_sampling(const ModelSource& source);

/// What the sequences of a model draw from, for logits `vocab_size` wide.
Vocabulary make_vocabulary(const ModelSource& source, const Tokenizer* tokenizer, std::int64_t context_length);

}  // namespace engine
