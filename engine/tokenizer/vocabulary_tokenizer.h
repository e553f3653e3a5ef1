#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/formats/tokenizer_data.h"
#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/packed_pieces.h"
#include "engine/tokenizer/tokenizer.h"

namespace engine {

/// What all tokenizers share: pieces and added tokens by id and by text, and the added tokens cut out of a text before
/// the rest is tokenized.
class VocabularyTokenizer : public Tokenizer {
 public:
  std::vector<std::int32_t> encode(std::string_view text, bool parse_special) const final;
  std::vector<Section> split(std::string_view text) const final;
  std::string_view bytes_of(std::int32_t id) const final;
  bool is_special(std::int32_t id) const final;
  bool has_piece(std::int32_t id) const final;
  std::optional<std::int32_t> id_of(std::string_view content) const final;
  std::int32_t vocab_size() const final { return vocab_size_; }
  std::uint64_t memory_bytes() const override { return pieces_.memory_bytes(); }

 protected:
  /// `unknown_id`: the piece for text that nothing else stands for, or -1. `file` is for sentences.
  /// Throws Error(CorruptFile) for an added token that is too long.
  VocabularyTokenizer(PackedPieces pieces, std::vector<AddedToken> tokens, std::int32_t unknown_id,
                      const std::string& file);

  const PackedPieces& pieces() const { return pieces_; }

  /// Appends the ids of text without added tokens. `text`: valid UTF-8, not longer than kMaxTextBytes.
  virtual void append_ordinary(std::string_view text, std::vector<std::int32_t>& ids) const = 0;

 private:
  PackedPieces pieces_;
  std::vector<AddedToken> tokens_;
  AddedTokens added_;
  std::unordered_map<std::int32_t, std::size_t> token_by_id_;
  std::unordered_map<std::string_view, std::int32_t> token_by_text_;  // views of tokens_
  std::int32_t unknown_id_;
  std::int32_t vocab_size_ = 0;
};

/// A piece with U+2581 read as the space that it stands for.
std::string with_spaces(std::string_view piece);

/// The added tokens that the files list, each text once. Those given without an id get
/// that of the piece with their text, or are left out. `ids`: text to id of all pieces.
std::vector<AddedToken> with_ids(const std::vector<AddedToken>& listed,
                                 const std::unordered_map<std::string_view, std::int32_t>& ids);

}  // namespace engine
