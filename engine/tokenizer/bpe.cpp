#include "engine/tokenizer/bpe.h"

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/base/utf8.h"
#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/character_class.h"
#include "engine/tokenizer/merge_table.h"
#include "engine/tokenizer/normalizer.h"
#include "engine/tokenizer/pre_tokenizer.h"
#include "engine/tokenizer/vocabulary_tokenizer.h"

namespace engine {

namespace {

constexpr std::int32_t kNoPiece = -1;

using IdsByText = std::unordered_map<std::string_view, std::int32_t>;

IdsByText ids_by_text(const std::vector<std::string>& pieces) {
  IdsByText ids;
  ids.reserve(pieces.size());
  for (std::size_t id = 0; id < pieces.size(); ++id) {
    if (!pieces[id].empty()) ids.emplace(pieces[id], static_cast<std::int32_t>(id));
  }
  return ids;
}

std::unordered_set<std::int32_t> control_ids(const std::vector<AddedToken>& tokens) {
  std::unordered_set<std::int32_t> ids;
  for (const AddedToken& token : tokens) {
    if (token.special) ids.insert(token.id);
  }
  return ids;
}

std::string byte_piece(unsigned char byte) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  return {'<', '0', 'x', digits[byte >> 4], digits[byte & 15], '>'};
}

class BpeTokenizer : public VocabularyTokenizer {
 public:
  BpeTokenizer(const BpeVocabulary& vocabulary, const std::vector<AddedToken>& tokens)
      : BpeTokenizer(vocabulary, control_ids(tokens), tokens) {}

  std::uint64_t memory_bytes() const override { return VocabularyTokenizer::memory_bytes() + merges_.memory_bytes(); }

 protected:
  void append_ordinary(std::string_view text, std::vector<std::int32_t>& ids) const override {
    std::string normalized;
    if (!normalizer_.changes_nothing()) text = normalized = normalizer_.apply(text);
    std::deque<std::string> storage;
    MergeTable::Workspace workspace;
    std::vector<std::int32_t> symbols;
    for (const std::string_view word : pre_tokenizer_.split(text, storage)) {
      symbols.clear();
      if (const std::int32_t whole = ignore_merges_ ? id_of_word(word) : kNoPiece; whole != kNoPiece) {
        ids.push_back(whole);
        continue;
      }
      if (byte_level_) {
        append_bytes(word, symbols);
      } else {
        append_characters(word, symbols);
      }
      merges_.apply(symbols, workspace);
      ids.insert(ids.end(), symbols.begin(), symbols.end());
    }
  }

 private:
  BpeTokenizer(const BpeVocabulary& vocabulary, const std::unordered_set<std::int32_t>& controls,
               const std::vector<AddedToken>& tokens)
      : VocabularyTokenizer(pieces_of(vocabulary), tokens, vocabulary.unknown_id, vocabulary.source),
        normalizer_(vocabulary.normalizer, vocabulary.source),
        pre_tokenizer_(vocabulary.splits, vocabulary.source),
        merges_(vocabulary.merges, controls),
        controls_(controls),
        byte_level_(vocabulary.byte_level),
        fuse_unknown_(vocabulary.fuse_unknown),
        ignore_merges_(vocabulary.ignore_merges),
        unknown_id_(vocabulary.unknown_id) {
    for (unsigned b = 0; b < 256; ++b) {
      const auto byte = static_cast<unsigned char>(b);
      byte_ids_[b] = byte_level_                ? id_or_none(byte_character(byte))
                     : vocabulary.byte_fallback ? id_or_none(byte_piece(byte))
                                                : kNoPiece;
    }
  }

  static PackedPieces pieces_of(const BpeVocabulary& vocabulary) {
    PackedPieces pieces;
    pieces.reserve(vocabulary.pieces.size());
    std::unordered_map<std::string, char> bytes;
    for (unsigned b = 0; vocabulary.byte_fallback && b < 256; ++b) {
      bytes.emplace(byte_piece(static_cast<unsigned char>(b)), static_cast<char>(b));
    }
    for (const std::string& text : vocabulary.pieces) {
      if (const auto byte = bytes.find(text); byte != bytes.end()) {
        pieces.add(text, std::string_view(&byte->second, 1));
      } else if (vocabulary.byte_level) {
        pieces.add(text, bytes_of_characters(text));
      } else {
        pieces.add(text, vocabulary.space_symbol ? with_spaces(text) : text);
      }
    }
    return pieces;
  }

  // A person's text never yields a control token, not even where its spelling is a piece.
  std::int32_t id_or_none(std::string_view text) const {
    const std::optional<std::int32_t> found = pieces().find(text);
    return found && !controls_.contains(*found) ? *found : kNoPiece;
  }

  std::int32_t id_of_word(std::string_view word) const {
    if (!byte_level_) return id_or_none(word);
    std::string characters;
    for (const char byte : word) characters += byte_character(static_cast<unsigned char>(byte));
    return id_or_none(characters);
  }

  // A byte without a piece, which no sound byte-level vocabulary lacks, becomes the unknown piece or nothing, as in the
  // reference.
  void append_bytes(std::string_view word, std::vector<std::int32_t>& symbols) const {
    bool after_unknown = false;
    for (const char byte : word) append(byte_ids_[static_cast<unsigned char>(byte)], symbols, after_unknown);
  }

  void append_characters(std::string_view word, std::vector<std::int32_t>& symbols) const {
    bool after_unknown = false;
    while (!word.empty()) {
      const std::string_view character = first_character(word);
      word.remove_prefix(character.size());
      std::int32_t id = id_or_none(character);
      if (id == kNoPiece && has_bytes(character)) {
        for (const char byte : character) symbols.push_back(byte_ids_[static_cast<unsigned char>(byte)]);
        after_unknown = false;
      } else {
        append(id, symbols, after_unknown);
      }
    }
  }

  bool has_bytes(std::string_view character) const {
    for (const char byte : character) {
      if (byte_ids_[static_cast<unsigned char>(byte)] == kNoPiece) return false;
    }
    return true;
  }

  void append(std::int32_t id, std::vector<std::int32_t>& symbols, bool& after_unknown) const {
    const bool unknown = id == kNoPiece;
    const bool fused = unknown && after_unknown && fuse_unknown_;
    after_unknown = unknown;
    if (unknown) id = unknown_id_;
    if (!fused && id != kNoPiece) symbols.push_back(id);
  }

  Normalizer normalizer_;
  PreTokenizer pre_tokenizer_;
  MergeTable merges_;
  std::unordered_set<std::int32_t> controls_;
  bool byte_level_, fuse_unknown_, ignore_merges_;
  std::int32_t unknown_id_;
  std::array<std::int32_t, 256> byte_ids_{};  // of the piece that stands for one byte, or kNoPiece
};

}  // namespace

std::unique_ptr<Tokenizer> create_bpe_tokenizer(const TokenizerData& data) {
  return std::make_unique<BpeTokenizer>(data.bpe, with_ids(data.added_tokens, ids_by_text(data.bpe.pieces)));
}

}  // namespace engine
