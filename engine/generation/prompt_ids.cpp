#include "engine/generation/prompt_ids.h"

#include <string>

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace engine {

namespace {

void append(std::vector<std::int32_t>& ids, const std::vector<std::int32_t>& more) {
  ids.insert(ids.end(), more.begin(), more.end());
}

}  // namespace

std::vector<std::int32_t> prompt_ids(const Tokenizer* tokenizer, const std::vector<PromptPiece>& pieces) {
  std::vector<std::int32_t> ids;
  std::string plain;  // text since the last control token, not tokenized yet
  const auto flush = [&] {
    if (!plain.empty()) append(ids, tokenizer->encode(plain, false));
    plain.clear();
  };
  for (const PromptPiece& piece : pieces) {
    if (!piece.ids.empty()) {
      flush();
      append(ids, piece.ids);
      continue;
    }
    if (piece.text.empty()) continue;
    if (!tokenizer) {
      throw Error(ErrorCode::InvalidRequest,
                  "The model brings no tokenizer, so a prompt can be given as token ids only.");
    }
    if (!piece.parse_special) {
      plain += piece.text;
      continue;
    }
    const std::string text = replace_invalid_utf8(piece.text);
    for (const Tokenizer::Section& section : tokenizer->split(text)) {
      if (section.id) {
        flush();
        ids.push_back(*section.id);
      } else {
        plain += section.text;
      }
    }
  }
  flush();
  return ids;
}

}  // namespace engine
