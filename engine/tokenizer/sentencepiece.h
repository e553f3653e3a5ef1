#pragma once

#include <memory>

#include "engine/formats/model_source.h"
#include "engine/tokenizer/tokenizer.h"

namespace engine {

/// The tokenizer of a tokenizer.model, or of the same vocabulary as lists (data.piece_list): sentencepiece BPE with
/// byte fallback, as ERNIE 4.5 has it, run by the sentencepiece library. Added tokens are cut out by our own code
/// before the library sees the text. Control pieces and tag-shaped user-defined pieces ("<|im_start|>") count as added
/// control tokens even where no other file lists them; the library never yields one. Throws Error: CorruptFile,
/// UnsupportedModel, naming the file.
std::unique_ptr<Tokenizer> create_sentencepiece_tokenizer(const TokenizerData& data);

}  // namespace engine
