#include "engine/generation/prompt_ids.h"

#include <string>
#include <string_view>

#include "engine/base/error.h"

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
    // The tokenizer says which control tokens the text holds and in which order; each is the next occurrence of its
    // content, since they are recognised from left to right.
    std::string_view rest = piece.text;
    for (const std::int32_t id : tokenizer->encode(piece.text, true)) {
      if (!tokenizer->is_special(id)) continue;
      const std::string_view content = tokenizer->bytes_of(id);
      const std::size_t at = content.empty() ? std::string_view::npos : rest.find(content);
      if (at == std::string_view::npos) continue;  // an unknown-token id stands for text of another spelling
      plain += rest.substr(0, at);
      flush();
      ids.push_back(id);
      rest.remove_prefix(at + content.size());
    }
    plain += rest;
  }
  flush();
  return ids;
}

}  // namespace engine
