#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/formats/model_source.h"

namespace engine {

/// Finds added tokens in raw text, as the tokenizers library does (added_vocabulary.rs, find_matches): leftmost,
/// longest match first; `lstrip` and `rstrip` swallow neighbouring white space; `single_word` needs word borders;
/// tokens marked `normalized` are looked for last, in what the others left. Immutable; any thread. Cost: linear in the
/// text.
class AddedTokens {
 public:
  /// Tokens with empty text are ignored. `file` is for sentences. Throws Error(CorruptFile) for a token whose text is
  /// longer than any real one, which would make the search slow.
  AddedTokens(const std::vector<AddedToken>& tokens, std::string_view file);

  /// A stretch of text: an added token, or what lies between two of them.
  struct Section {
    std::string_view text;
    std::optional<std::int32_t> id;  ///< set for an added token
  };

  /// The text cut into sections, none of them empty, in order. The views point into `text`, which must be UTF-8.
  std::vector<Section> split(std::string_view text) const;

 private:
  // A trie over the bytes of the token texts; edges in one table, since most nodes have one child.
  struct Trie {
    std::vector<std::int32_t> token_at = {-1};               // node to index in tokens_, or -1
    std::unordered_map<std::uint64_t, std::uint32_t> edges;  // node * 256 + byte, to node
    std::array<bool, 256> begins{};                          // bytes that some token begins with

    void insert(std::string_view text, std::int32_t token);
    // Index of the longest token that `text` begins with, or -1.
    std::int32_t longest(std::string_view text) const;
  };

  void split_by(const Trie& trie, std::string_view text, std::vector<Section>& sections) const;

  std::vector<AddedToken> tokens_;
  Trie raw_, normalized_;
};

}  // namespace engine
