#include "engine/tokenizer/vocabulary_tokenizer.h"

#include <algorithm>
#include <utility>

#include "engine/base/utf8.h"

namespace engine {

std::string with_spaces(std::string_view piece) {
  constexpr std::string_view symbol = "\u2581";
  std::string text;
  for (auto at = piece.find(symbol); at != piece.npos; at = piece.find(symbol)) {
    text += piece.substr(0, at);
    text += ' ';
    piece.remove_prefix(at + symbol.size());
  }
  return text += piece;
}

std::vector<AddedToken> with_ids(const std::vector<AddedToken>& listed,
                                 const std::unordered_map<std::string_view, std::int32_t>& ids) {
  std::vector<AddedToken> tokens;
  std::unordered_set<std::string> texts;
  for (AddedToken token : listed) {
    if (token.id == AddedToken::kIdByContent) {
      const auto id = ids.find(token.content);
      if (id == ids.end()) continue;  // a name for a token that this vocabulary lacks: nothing can stand for it
      token.id = id->second;
    }
    if (texts.insert(token.content).second) tokens.push_back(std::move(token));
  }
  return tokens;
}

VocabularyTokenizer::VocabularyTokenizer(PackedPieces pieces, std::vector<AddedToken> tokens,
                                         std::int32_t unknown_id, const std::string& file)
    : pieces_(std::move(pieces)), tokens_(std::move(tokens)), added_(tokens_, file), unknown_id_(unknown_id) {
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    token_by_id_.emplace(tokens_[i].id, i);
    token_by_text_.emplace(tokens_[i].content, tokens_[i].id);
    vocab_size_ = std::max(vocab_size_, tokens_[i].id + 1);
  }
  vocab_size_ = std::max(vocab_size_, static_cast<std::int32_t>(pieces_.size()));
}

std::vector<std::int32_t> VocabularyTokenizer::encode(std::string_view text, bool parse_special) const {
  refuse_long_text(text.size());
  std::string repaired;
  if (!is_utf8(text)) text = repaired = replace_invalid_utf8(text);

  std::vector<std::int32_t> ids;
  if (!parse_special) {
    append_ordinary(text, ids);
    return ids;
  }
  for (const AddedTokens::Section& section : added_.split(text)) {
    if (section.id) {
      ids.push_back(*section.id);
    } else {
      append_ordinary(section.text, ids);
    }
  }
  return ids;
}

std::vector<Tokenizer::Section> VocabularyTokenizer::split(std::string_view text) const {
  std::vector<Section> sections;
  for (const AddedTokens::Section& section : added_.split(text)) sections.push_back({section.text, section.id});
  return sections;
}

std::string_view VocabularyTokenizer::bytes_of(std::int32_t id) const {
  if (const auto token = token_by_id_.find(id); token != token_by_id_.end()) return tokens_[token->second].content;
  return pieces_.has(id) ? pieces_.bytes(id) : std::string_view();
}

bool VocabularyTokenizer::is_special(std::int32_t id) const {
  if (const auto token = token_by_id_.find(id); token != token_by_id_.end()) return tokens_[token->second].special;
  return unknown_id_ >= 0 && id == unknown_id_;
}

bool VocabularyTokenizer::has_piece(std::int32_t id) const {
  return pieces_.has(id) || token_by_id_.contains(id);
}

std::optional<std::int32_t> VocabularyTokenizer::id_of(std::string_view content) const {
  const auto token = token_by_text_.find(content);
  return token != token_by_text_.end() ? token->second : pieces_.find(content);
}

}  // namespace engine
