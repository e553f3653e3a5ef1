#pragma once

#include <cstdint>
#include <vector>

#include "engine/tokenizer/tokenizer.h"
#include "engine/types.h"

namespace engine {

/// A prompt in the stretches that become ids. Neighbouring texts are tokenized as one text, because words and their spaces join across the border
/// of template and message ("User: " + "hello"); only control tokens inside pieces with `parse_special` are cut out of
/// it. Pieces with ids stand as they are. `tokenizer` may be null where no piece has text. Any thread.
/// Throws Error(InvalidRequest) for text without a tokenizer.
std::vector<PromptRun> prompt_runs(const Tokenizer* tokenizer, const std::vector<PromptPiece>& pieces);

/// The ids of prompt_runs() alone.
std::vector<std::int32_t> prompt_ids(const Tokenizer* tokenizer, const std::vector<PromptPiece>& pieces);

}  // namespace engine
