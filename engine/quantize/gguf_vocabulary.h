#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/formats/gguf_writer.h"
#include "engine/formats/tokenizer_data.h"
#include "engine/tokenizer/tokenizer.h"

namespace engine {

/// Sentences about what a file that is about to be written will lack, for the person who asked for it.
using Warnings = std::vector<std::string>;

/// Writes a folder's tokenizer as the keys "tokenizer.ggml.*" (models.md 1.8): kind "llama" for a tokenizer.model or a
/// tokenizer.json that says the same by merges, "gpt2" with the pre-tokenizer "glm4" for the byte-level one of GLM-4,
/// "none" where there is no tokenizer (`tokenizer` is null then). The lists are `vocab_size` long, as wide as the
/// logits. read_gguf_tokenizer() makes the same ids of them. Throws Error(UnsupportedModel) for what these keys cannot
/// say, naming the file.
void add_vocabulary(const TokenizerData& data, const Tokenizer* tokenizer, std::int64_t vocab_size, GgufKeys& keys,
                    Warnings& warnings);

/// Writes the ids that end a reply. The keys have room for three: first the one that `data` calls eos_token, then the
/// lowest. One more that is not known by its text is left out with a warning.
void add_end_tokens(const TokenizerData& data, const Tokenizer* tokenizer, std::span<const std::int32_t> ids,
                    GgufKeys& keys, Warnings& warnings);

}  // namespace engine
