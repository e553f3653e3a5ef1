#pragma once

#include <filesystem>

#include "engine/formats/gguf.h"
#include "engine/formats/tokenizer_data.h"

namespace engine {

/// The vocabulary that the keys "tokenizer.ggml.*" describe: lists of pieces ("llama") or merges by rank ("gpt2").
/// `present` is false where there is none. `folder` is for error sentences of the tokenizer.
/// Throws Error: CorruptFile; UnsupportedModel for other kinds of tokenizer.
TokenizerData read_gguf_tokenizer(const GgufMetadata& metadata, const std::filesystem::path& folder);

}  // namespace engine
