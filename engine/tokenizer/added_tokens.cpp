#include "engine/tokenizer/added_tokens.h"

#include <algorithm>
#include <cassert>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/tokenizer/character_class.h"

namespace engine {

namespace {

constexpr std::size_t kMaxTokenBytes = 128;  // real ones have at most some thirty

// Bytes of white space at the end of the text.
std::size_t spaces_at_end(std::string_view text) {
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const std::string_view last = last_character(text.substr(0, text.size() - bytes));
    if (!is_white_space(last)) break;
    bytes += last.size();
  }
  return bytes;
}

std::size_t spaces_at_start(std::string_view text) {
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const std::string_view first = text.substr(bytes, next_utf8(text.substr(bytes)).bytes);
    if (!is_white_space(first)) break;
    bytes += first.size();
  }
  return bytes;
}

}  // namespace

AddedTokens::AddedTokens(const std::vector<AddedToken>& tokens, std::string_view file) : tokens_(tokens) {
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const AddedToken& token = tokens_[i];
    if (token.content.empty()) continue;
    if (token.content.size() > kMaxTokenBytes) {
      throw Error(ErrorCode::CorruptFile, std::string(file) + ": the added token " + in_quotes(token.content) +
                                              " has " + std::to_string(token.content.size()) +
                                              " bytes, more than the " + std::to_string(kMaxTokenBytes) +
                                              " that a token can have.");
    }
    (token.normalized ? normalized_ : raw_).insert(token.content, static_cast<std::int32_t>(i));
  }
}

void AddedTokens::Trie::insert(std::string_view text, std::int32_t token) {
  begins[static_cast<unsigned char>(text[0])] = true;
  std::uint32_t node = 0;
  for (const char byte : text) {
    const auto next = static_cast<std::uint32_t>(token_at.size());
    const auto [edge, is_new] = edges.try_emplace(std::uint64_t{node} * 256 + static_cast<unsigned char>(byte), next);
    if (is_new) token_at.push_back(-1);
    node = edge->second;
  }
  if (token_at[node] < 0) token_at[node] = token;  // the first token with a text keeps it
}

std::int32_t AddedTokens::Trie::longest(std::string_view text) const {
  if (text.empty() || !begins[static_cast<unsigned char>(text[0])]) return -1;
  std::int32_t best = -1;
  std::uint32_t node = 0;
  for (const char byte : text) {
    const auto edge = edges.find(std::uint64_t{node} * 256 + static_cast<unsigned char>(byte));
    if (edge == edges.end()) break;
    node = edge->second;
    if (token_at[node] >= 0) best = token_at[node];
  }
  return best;
}

void AddedTokens::split_by(const Trie& trie, std::string_view text, std::vector<Section>& sections) const {
  std::size_t done = 0;      // everything before it is in `sections`
  std::size_t position = 0;  // where the search goes on
  while (position < text.size()) {
    const std::int32_t index = trie.longest(text.substr(position));
    if (index < 0) {
      ++position;
      continue;
    }
    const AddedToken& token = tokens_[static_cast<std::size_t>(index)];
    std::size_t begin = position;
    std::size_t end = position + token.content.size();
    position = end;
    if (begin < done) continue;  // white space that an rstrip before it has swallowed
    if (token.single_word && (is_word_character(last_character(text.substr(0, begin))) ||
                              is_word_character(first_character(text.substr(end))))) {
      continue;
    }
    if (token.lstrip) begin = std::max(done, begin - spaces_at_end(text.substr(0, begin)));
    if (token.rstrip) end += spaces_at_start(text.substr(end));
    if (begin > done) sections.push_back({text.substr(done, begin - done), std::nullopt});
    sections.push_back({text.substr(begin, end - begin), token.id});
    done = end;
  }
  if (done < text.size()) sections.push_back({text.substr(done), std::nullopt});
}

std::vector<AddedTokens::Section> AddedTokens::split(std::string_view text) const {
  std::vector<Section> sections;
  split_by(raw_, text, sections);
  if (normalized_.edges.empty()) return sections;
  std::vector<Section> all;
  for (const Section& section : sections) {
    if (section.id) {
      all.push_back(section);
    } else {
      split_by(normalized_, section.text, all);
    }
  }
  return all;
}

}  // namespace engine
