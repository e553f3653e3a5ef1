#include "engine/tokenizer/sentencepiece.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/file_view.h"
#include "engine/base/utf8.h"
#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/sentencepiece_model.h"

namespace engine {

namespace {

using Piece = SentencePieceModel::Piece;
using Type = SentencePieceModel::Type;

// The library needs about a hundred bytes for each byte of text; no context is as long as this.
constexpr std::size_t kMaxTextBytes = std::size_t{16} << 20;

constexpr std::string_view kSpaceSymbol = "\u2581";

bool is_tag(std::string_view text) {
  return text.size() > 4 && text.starts_with("<|") && text.ends_with("|>");
}

// The bytes that a piece stands for in a text.
std::string bytes_of_piece(const Piece& piece, bool escapes_whitespace) {
  if (piece.type == Type::Byte) return {static_cast<char>(std::stoi(piece.text.substr(3, 2), nullptr, 16))};
  if (!escapes_whitespace || piece.type == Type::Control || piece.type == Type::Unknown) return piece.text;
  std::string bytes;
  std::string_view rest = piece.text;
  for (auto at = rest.find(kSpaceSymbol); at != rest.npos; at = rest.find(kSpaceSymbol)) {
    bytes += rest.substr(0, at);
    bytes += ' ';
    rest.remove_prefix(at + kSpaceSymbol.size());
  }
  return bytes += rest;
}

// The added tokens of the files with their ids, and the control pieces that no file lists.
std::vector<AddedToken> complete(const std::vector<AddedToken>& listed, const SentencePieceModel& model) {
  std::unordered_map<std::string_view, std::int32_t> ids;
  for (std::size_t id = 0; id < model.pieces.size(); ++id)
    ids.emplace(model.pieces[id].text, static_cast<std::int32_t>(id));

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
  for (const Piece& piece : model.pieces) {
    const bool controls = piece.type == Type::Control || (piece.type == Type::UserDefined && is_tag(piece.text));
    if (!controls || !texts.insert(piece.text).second) continue;
    AddedToken token;
    token.content = piece.text;
    token.id = ids.at(piece.text);
    tokens.push_back(std::move(token));
  }
  return tokens;
}

// The library recognises user-defined pieces wherever they stand in a text, also in what a person typed. Those that are
// control tokens become control pieces, which it never recognises; nothing else about the model changes.
std::string without_user_defined_controls(std::string bytes, const SentencePieceModel& model,
                                          const std::vector<AddedToken>& tokens) {
  std::unordered_set<std::string_view> controls;
  for (const AddedToken& token : tokens) {
    if (token.special) controls.insert(token.content);
  }
  for (const Piece& piece : model.pieces) {
    if (piece.type == Type::UserDefined && controls.contains(piece.text)) {
      bytes[piece.type_offset] = static_cast<char>(Type::Control);
    }
  }
  return bytes;
}

class SentencePieceTokenizer : public Tokenizer {
 public:
  SentencePieceTokenizer(const TokenizerData& data, const std::string& file)
      : SentencePieceTokenizer(data, file, parse_sentencepiece_model(data.sentencepiece_model, file)) {}

  std::vector<std::int32_t> encode(std::string_view text, bool parse_special) const override {
    if (text.size() > kMaxTextBytes) {
      throw Error(ErrorCode::InvalidRequest, "A text of " + std::to_string(text.size()) +
                                                 " bytes is too long to tokenize; at most " +
                                                 std::to_string(kMaxTextBytes) + " are accepted.");
    }
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

  std::vector<Section> split(std::string_view text) const override {
    std::vector<Section> sections;
    for (const AddedTokens::Section& section : added_.split(text)) sections.push_back({section.text, section.id});
    return sections;
  }

  std::string_view bytes_of(std::int32_t id) const override {
    if (const auto token = token_by_id_.find(id); token != token_by_id_.end()) return tokens_[token->second].content;
    return is_piece(id) ? std::string_view(bytes_[static_cast<std::size_t>(id)]) : std::string_view();
  }

  bool is_special(std::int32_t id) const override {
    if (const auto token = token_by_id_.find(id); token != token_by_id_.end()) return tokens_[token->second].special;
    return id == unknown_id_;
  }

  bool has_piece(std::int32_t id) const override { return is_piece(id) || token_by_id_.contains(id); }

  std::optional<std::int32_t> id_of(std::string_view content) const override {
    const auto found = id_by_text_.find(content);
    return found == id_by_text_.end() ? std::nullopt : std::optional(found->second);
  }

  std::int32_t vocab_size() const override { return vocab_size_; }

 private:
  SentencePieceTokenizer(const TokenizerData& data, const std::string& file, const SentencePieceModel& model)
      : tokens_(complete(data.added_tokens, model)), added_(tokens_, file) {
    const auto status =
        processor_.LoadFromSerializedProto(without_user_defined_controls(data.sentencepiece_model, model, tokens_));
    if (!status.ok()) {
      throw Error(ErrorCode::CorruptFile,
                  file + " is refused by the sentencepiece library: " + in_quotes(status.error_message(), 200) + ".");
    }
    texts_.reserve(model.pieces.size());
    for (std::size_t id = 0; id < model.pieces.size(); ++id) {
      const Piece& piece = model.pieces[id];
      bytes_.push_back(bytes_of_piece(piece, model.escapes_whitespace));
      texts_.push_back(piece.text);
      if (piece.type == Type::Unknown) unknown_id_ = static_cast<std::int32_t>(id);
    }
    vocab_size_ = static_cast<std::int32_t>(texts_.size());
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      token_by_id_.emplace(tokens_[i].id, i);
      id_by_text_.emplace(tokens_[i].content, tokens_[i].id);
      vocab_size_ = std::max(vocab_size_, tokens_[i].id + 1);
    }
    for (std::size_t id = 0; id < texts_.size(); ++id) id_by_text_.emplace(texts_[id], static_cast<std::int32_t>(id));
  }

  bool is_piece(std::int32_t id) const { return id >= 0 && static_cast<std::size_t>(id) < bytes_.size(); }

  void append_ordinary(std::string_view text, std::vector<std::int32_t>& ids) const {
    std::vector<int> pieces;
    const auto status = processor_.Encode(text, &pieces);
    if (!status.ok()) {
      throw Error(ErrorCode::InvalidRequest,
                  "The text cannot be tokenized: " + in_quotes(status.error_message(), 200) + ".");
    }
    ids.insert(ids.end(), pieces.begin(), pieces.end());
  }

  sentencepiece::SentencePieceProcessor processor_;
  std::vector<AddedToken> tokens_;
  AddedTokens added_;
  std::vector<std::string> bytes_;  // by id of the piece: what it stands for
  std::vector<std::string> texts_;  // by id of the piece: how the model writes it
  std::unordered_map<std::int32_t, std::size_t> token_by_id_;
  std::unordered_map<std::string_view, std::int32_t> id_by_text_;  // views of tokens_ and texts_
  std::int32_t unknown_id_ = -1;
  std::int32_t vocab_size_ = 0;
};

}  // namespace

std::unique_ptr<Tokenizer> create_sentencepiece_tokenizer(const TokenizerData& data) {
  return std::make_unique<SentencePieceTokenizer>(data, shown_name(data.folder / "tokenizer.model"));
}

}  // namespace engine
