#include "engine/quantize/gguf_vocabulary.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/file_view.h"
#include "engine/base/utf8.h"
#include "engine/generation/model_defaults.h"
#include "engine/quantize/piece_table.h"
#include "engine/tokenizer/sentencepiece_model.h"

namespace engine {

namespace {

constexpr std::string_view kSpaceSymbol = "\u2581";

[[noreturn]] void unsupported(const std::string& source, const std::string& what) {
  throw Error(ErrorCode::UnsupportedModel, source + ": " + what + ".");
}

void put_sentencepiece(const TokenizerData& data, PieceTable& table, GgufKeys& keys, Warnings& warnings) {
  const std::string file = shown_name(data.folder / "tokenizer.model");
  const SentencePieceModel model = parse_sentencepiece_model(data.sentencepiece_model, file);
  if (!model.escapes_whitespace) unsupported(file, "its pieces have spaces in them, which GGUF has no way to say");
  for (std::size_t id = 0; id < model.pieces.size(); ++id) {
    const SentencePieceModel::Piece& piece = model.pieces[id];
    table.put(id, piece.text, piece.score, static_cast<PieceType>(piece.type), file);
  }
  keys.add("tokenizer.ggml.add_space_prefix", model.adds_dummy_prefix);
  if (model.removes_extra_spaces) keys.add("tokenizer.ggml.remove_extra_whitespaces", true);
  if (!model.chars_map.empty()) keys.add_bytes("tokenizer.ggml.precompiled_charsmap", model.chars_map);
  if (model.removes_extra_spaces || !model.chars_map.empty()) {
    warnings.push_back(file +
                       ": Sotto normalises texts as this tokenizer does, but llama.cpp does not: some texts have "
                       "other tokens there.");
  }
}

// Whether a normaliser only writes U+2581 for spaces, maybe with one put in front; nothing: it does something else.
std::optional<bool> space_prefix_of(const std::vector<NormalizerStep>& steps) {
  bool prefix = false, replaced = false;
  for (const NormalizerStep& step : steps) {
    if (step.kind == NormalizerStep::Kind::Prepend && step.content == kSpaceSymbol && !prefix) {
      prefix = true;
    } else if (step.kind == NormalizerStep::Kind::Replace && !step.is_regex && step.pattern == " " &&
               step.content == kSpaceSymbol && !replaced) {
      replaced = true;
    } else {
      return std::nullopt;
    }
  }
  return replaced ? std::optional(prefix) : std::nullopt;
}

bool is_byte_piece(const std::string& text) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); };
  return text.size() == 6 && text.starts_with("<0x") && text[5] == '>' && is_digit(text[3]) && is_digit(text[4]);
}

// A tokenizer.json that merges characters, as a tokenizer.model does.
void put_characters(const BpeVocabulary& bpe, const Tokenizer& tokenizer, PieceTable& table, GgufKeys& keys) {
  const auto prefix = space_prefix_of(bpe.normalizer);
  if (!prefix || !bpe.splits.empty() || bpe.ignore_merges || !bpe.space_symbol) {
    unsupported(bpe.source,
                "its normalizer or pre_tokenizer does more than to write U+2581 for spaces, which GGUF has "
                "no way to say; a tokenizer.model of this model would do");
  }
  if (!bpe.byte_fallback || bpe.unknown_id < 0) {
    unsupported(bpe.source, "it has no pieces for bytes or for unknown text, which a GGUF vocabulary needs");
  }
  std::vector<bool> is_control(bpe.pieces.size());
  for (std::size_t id = 0; id < bpe.pieces.size(); ++id) {
    is_control[id] = tokenizer.is_special(static_cast<std::int32_t>(id)) || is_byte_piece(bpe.pieces[id]);
  }
  const std::vector<float> scores = scores_of_merges(bpe, is_control);
  for (std::size_t id = 0; id < bpe.pieces.size(); ++id) {
    if (bpe.pieces[id].empty()) continue;
    const PieceType type = static_cast<std::int32_t>(id) == bpe.unknown_id ? PieceType::Unknown
                           : is_byte_piece(bpe.pieces[id])                 ? PieceType::Byte
                                                                           : PieceType::Normal;
    table.put(id, bpe.pieces[id], scores[id], type, bpe.source);
  }
  keys.add("tokenizer.ggml.add_space_prefix", *prefix);
}

// The byte-level tokenizer.json of GLM-4.
void put_bytes(const BpeVocabulary& bpe, PieceTable& table) {
  const bool is_glm4 = bpe.splits.size() == 1 && bpe.splits[0].pattern == kGlm4SplitPattern && bpe.splits[0].is_regex &&
                       !bpe.splits[0].invert && bpe.splits[0].behavior == SplitStep::Behavior::Isolated;
  if (!is_glm4 || !bpe.normalizer.empty() || bpe.ignore_merges || bpe.byte_fallback) {
    unsupported(bpe.source,
                "its normalizer, pre_tokenizer or options are not those of GLM-4, the one byte-level "
                "tokenizer that this version of Sotto writes to GGUF");
  }
  for (std::size_t id = 0; id < bpe.pieces.size(); ++id) {
    if (!bpe.pieces[id].empty()) table.put(id, bpe.pieces[id], 0.0f, PieceType::Normal, bpe.source);
  }
}

std::vector<std::string> texts_of(const BpeVocabulary& bpe) {
  std::vector<std::string> merges;
  merges.reserve(bpe.merges.size());
  const auto piece = [&bpe](std::int32_t id) -> const std::string& { return bpe.pieces[static_cast<std::size_t>(id)]; };
  for (const BpeVocabulary::Merge& merge : bpe.merges) merges.push_back(piece(merge.left) + " " + piece(merge.right));
  return merges;
}

void add_named_tokens(const TokenizerData& data, const Tokenizer& tokenizer, const PieceTable& table, GgufKeys& keys) {
  for (const auto& [name, key] : std::array<std::pair<const char*, const char*>, 6>{
           {{"bos_token", "bos_token_id"},
            {"unk_token", "unknown_token_id"},
            {"pad_token", "padding_token_id"},
            {"sep_token", "seperator_token_id"},  // as gguf-py and llama.cpp spell it
            {"cls_token", "cls_token_id"},
            {"mask_token", "mask_token_id"}}}) {
    const auto named = data.named_tokens.find(name);
    if (named == data.named_tokens.end()) continue;
    const auto id = tokenizer.id_of(named->second);
    if (!id || *id < 0 || static_cast<std::size_t>(*id) >= table.texts.size()) continue;
    keys.add(std::string("tokenizer.ggml.") + key, static_cast<std::uint32_t>(*id));
  }
}

}  // namespace

void add_vocabulary(const TokenizerData& data, const Tokenizer* tokenizer, std::int64_t vocab_size, GgufKeys& keys,
                    Warnings& warnings) {
  if (tokenizer == nullptr) {
    keys.add("tokenizer.ggml.model", "none");
    return;
  }
  PieceTable table(static_cast<std::size_t>(vocab_size));
  const bool byte_level = data.bpe.byte_level && data.sentencepiece_model.empty();
  keys.add("tokenizer.ggml.model", byte_level ? "gpt2" : "llama");
  keys.add("tokenizer.ggml.pre", byte_level ? "glm4" : "default");
  if (!data.sentencepiece_model.empty()) {
    put_sentencepiece(data, table, keys, warnings);
  } else if (byte_level) {
    put_bytes(data.bpe, table);
  } else {
    put_characters(data.bpe, *tokenizer, table, keys);
  }
  const std::string source =
      byte_level || data.sentencepiece_model.empty() ? data.bpe.source : shown_name(data.folder / "tokenizer.model");
  table.finish(data, *tokenizer, source);
  keys.add("tokenizer.ggml.tokens", table.texts);
  if (!byte_level) keys.add("tokenizer.ggml.scores", table.scores);
  keys.add("tokenizer.ggml.token_type", table.types);
  if (byte_level) keys.add("tokenizer.ggml.merges", texts_of(data.bpe));
  add_named_tokens(data, *tokenizer, table, keys);
  keys.add("tokenizer.ggml.add_bos_token", false);  // the chat template writes it
  keys.add("tokenizer.ggml.add_eos_token", false);
  for (const AddedToken& token : data.added_tokens) {
    if (!token.lstrip && !token.rstrip && !token.single_word) continue;
    warnings.push_back(source + ": the token " + in_quotes(token.content) +
                       " swallows spaces beside it or needs word borders, which GGUF cannot say; texts with it are "
                       "tokenized differently.");
    break;
  }
}

void add_end_tokens(const TokenizerData& data, const Tokenizer* tokenizer, std::span<const std::int32_t> ids,
                    GgufKeys& keys, Warnings& warnings) {
  constexpr std::array kKeys = {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                                "tokenizer.ggml.eom_token_id"};
  std::vector<std::int32_t> ordered(ids.begin(), ids.end());
  const auto named = data.named_tokens.find("eos_token");
  if (tokenizer != nullptr && named != data.named_tokens.end()) {
    const auto first = std::find(ordered.begin(), ordered.end(), tokenizer->id_of(named->second));
    if (first != ordered.end()) std::rotate(ordered.begin(), first, first + 1);
  }
  for (std::size_t i = 0; i < std::min(kKeys.size(), ordered.size()); ++i) {
    keys.add(kKeys[i], static_cast<std::uint32_t>(ordered[i]));
  }
  if (ordered.size() <= kKeys.size()) return;
  ModelConfig read_back;
  read_back.vocab_size = ids.back() + 1;
  read_back.eos_token_ids.assign(ordered.begin(), ordered.begin() + kKeys.size());
  const std::vector<std::int32_t> found = end_of_sequence_ids(read_back, {}, data, tokenizer);
  for (const std::int32_t id : ids) {
    if (std::binary_search(found.begin(), found.end(), id)) continue;
    warnings.push_back("GGUF has room for three tokens that end a reply; the token " + std::to_string(id) +
                       " is left out.");
  }
}

}  // namespace engine
