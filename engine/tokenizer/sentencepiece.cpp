#include "engine/tokenizer/sentencepiece.h"

#include <sentencepiece_processor.h>

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/file_view.h"
#include "engine/base/utf8.h"
#include "engine/tokenizer/sentencepiece_model.h"
#include "engine/tokenizer/vocabulary_tokenizer.h"

namespace engine {

namespace {

using ModelPiece = SentencePieceModel::Piece;
using Type = SentencePieceModel::Type;

bool is_tag(std::string_view text) {
  return text.size() > 4 && text.starts_with("<|") && text.ends_with("|>");
}

// The bytes that a piece stands for in a text.
std::string bytes_of_piece(const ModelPiece& piece, bool escapes_whitespace) {
  if (piece.type == Type::Byte) return {static_cast<char>(std::stoi(piece.text.substr(3, 2), nullptr, 16))};
  if (!escapes_whitespace || piece.type == Type::Control || piece.type == Type::Unknown) return piece.text;
  return with_spaces(piece.text);
}

// The added tokens of the files with their ids, and the control pieces (the one for unknown text is one) that no file
// lists.
std::vector<AddedToken> complete(const std::vector<AddedToken>& listed, const SentencePieceModel& model) {
  std::unordered_map<std::string_view, std::int32_t> ids;
  for (std::size_t id = 0; id < model.pieces.size(); ++id)
    ids.emplace(model.pieces[id].text, static_cast<std::int32_t>(id));

  std::vector<AddedToken> tokens = with_ids(listed, ids);
  std::unordered_set<std::string> texts;
  for (const AddedToken& token : tokens) texts.insert(token.content);
  for (const ModelPiece& piece : model.pieces) {
    const bool controls = piece.type == Type::Control || piece.type == Type::Unknown ||
                          (piece.type == Type::UserDefined && is_tag(piece.text));
    if (!controls || !texts.insert(piece.text).second) continue;
    AddedToken token;
    token.content = piece.text;
    token.id = ids.at(piece.text);
    tokens.push_back(std::move(token));
  }
  return tokens;
}

// What the sentencepiece library keeps for a piece: its message, its place in a hash table and in a trie. Measured with
// version 0.1.97 and 103,424 pieces.
constexpr std::uint64_t kLibraryBytesPerPiece = 192;

class SentencePieceTokenizer : public VocabularyTokenizer {
 public:
  std::uint64_t memory_bytes() const override {
    return VocabularyTokenizer::memory_bytes() + kLibraryBytesPerPiece * pieces().size();
  }

  SentencePieceTokenizer(const std::string& bytes, const std::vector<AddedToken>& listed, const std::string& file)
      : SentencePieceTokenizer(bytes, listed, parse_sentencepiece_model(bytes, file), file) {}

 protected:
  void append_ordinary(std::string_view text, std::vector<std::int32_t>& ids) const override {
    std::vector<int> pieces;
    const auto status = processor_.Encode(text, &pieces);
    if (!status.ok()) {
      throw Error(ErrorCode::InvalidRequest,
                  "The text cannot be tokenized: " + in_quotes(status.error_message(), 200) + ".");
    }
    ids.insert(ids.end(), pieces.begin(), pieces.end());
  }

 private:
  SentencePieceTokenizer(const std::string& bytes, const std::vector<AddedToken>& listed,
                         const SentencePieceModel& model, const std::string& file)
      : VocabularyTokenizer(pieces_of(model), complete(listed, model), unknown_of(model), file) {
    // The library recognises user-defined pieces wherever they stand in a text, also in what a person typed, and merges
    // into ordinary ones. Those that are control tokens become control pieces, which it never yields; nothing else
    // about the model changes.
    std::vector<bool> controls(model.pieces.size());
    for (std::size_t id = 0; id < model.pieces.size(); ++id) controls[id] = is_special(static_cast<std::int32_t>(id));
    const auto status = processor_.LoadFromSerializedProto(with_control_pieces(bytes, model, controls));
    if (!status.ok()) {
      throw Error(ErrorCode::CorruptFile,
                  file + " is refused by the sentencepiece library: " + in_quotes(status.error_message(), 200) + ".");
    }
  }

  static PackedPieces pieces_of(const SentencePieceModel& model) {
    PackedPieces pieces;
    pieces.reserve(model.pieces.size());
    for (const ModelPiece& piece : model.pieces) {
      // Unused pieces pad a vocabulary: no text ever becomes one.
      if (piece.type == Type::Unused) {
        pieces.add({}, {});
      } else {
        pieces.add(piece.text, bytes_of_piece(piece, model.escapes_whitespace));
      }
    }
    return pieces;
  }

  static std::int32_t unknown_of(const SentencePieceModel& model) {
    std::int32_t id = 0;
    for (const ModelPiece& piece : model.pieces) {
      if (piece.type == Type::Unknown) return id;
      ++id;
    }
    return -1;
  }

  sentencepiece::SentencePieceProcessor processor_;
};

}  // namespace

std::unique_ptr<Tokenizer> create_sentencepiece_tokenizer(const TokenizerData& data) {
  if (data.sentencepiece_model.empty() && !data.piece_list.pieces.empty()) {
    const std::string& file = data.piece_list.source;
    return std::make_unique<SentencePieceTokenizer>(model_of_pieces(data.piece_list), data.added_tokens, file);
  }
  return std::make_unique<SentencePieceTokenizer>(data.sentencepiece_model, data.added_tokens,
                                                  shown_name(data.folder / "tokenizer.model"));
}

}  // namespace engine
