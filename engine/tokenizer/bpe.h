#pragma once

#include <memory>

#include "engine/formats/tokenizer_data.h"
#include "engine/tokenizer/tokenizer.h"

namespace engine {

/// The tokenizer of data.bpe: byte-level as GLM-4 has it, or of characters with byte fallback as ERNIE's tokenizer.json
/// has it. Nothing is prepended, whatever the file's post-processor says: chat templates write those tokens. No merge
/// yields a control token. Source: tokenizers 0.23, models/bpe/model.rs.
/// Throws Error: CorruptFile, UnsupportedModel, naming the file.
std::unique_ptr<Tokenizer> create_bpe_tokenizer(const TokenizerData& data);

}  // namespace engine
