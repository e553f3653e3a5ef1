#include "engine/formats/gguf_tokenizer.h"

#include <array>
#include <string>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace engine {

namespace {

constexpr std::size_t kMaxPieces = std::size_t{1} << 20;
constexpr std::size_t kMaxMerges = std::size_t{1} << 22;
// Kinds of pieces, as sentencepiece numbers them.
constexpr std::int32_t kControl = 3, kUserDefined = 4, kUnused = 5;

[[noreturn]] void unsupported(const GgufValue& value, const std::string& known) {
  throw Error(ErrorCode::UnsupportedModel,
              value.where() + " is " + in_quotes(value.as_text()) + "; this version of Sotto reads " + known + ".");
}

void read_pieces(const GgufMetadata& metadata, std::vector<std::string_view> tokens, std::vector<std::int32_t> types,
                 PieceVocabulary& list) {
  list.source = metadata.file();
  list.pieces.assign(tokens.begin(), tokens.end());
  list.scores = metadata.at("tokenizer.ggml.scores").floats(tokens.size());
  list.types = std::move(types);
  if (const GgufValue* prefix = metadata.find("tokenizer.ggml.add_space_prefix")) {
    list.add_space_prefix = prefix->as_bool();
  }
  if (const GgufValue* remove = metadata.find("tokenizer.ggml.remove_extra_whitespaces")) {
    list.remove_extra_spaces = remove->as_bool();
  }
  if (const GgufValue* map = metadata.find("tokenizer.ggml.precompiled_charsmap")) list.chars_map = map->octets();
}

void read_merges(const GgufMetadata& metadata, const std::vector<std::string_view>& tokens,
                 const std::vector<std::int32_t>& types, TokenizerData& data) {
  const GgufValue& pre = metadata.at("tokenizer.ggml.pre");
  if (pre.as_text() != "glm4" && pre.as_text() != "chatglm-bpe") unsupported(pre, "\"glm4\" and \"chatglm-bpe\"");
  BpeVocabulary& bpe = data.bpe;
  bpe.source = metadata.file();
  bpe.byte_level = true;
  bpe.splits.push_back(SplitStep{.pattern = std::string(kGlm4SplitPattern)});
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    // Unused pieces ("[PAD7]") fill the vocabulary up to the width of the logits: there is no such text.
    bpe.pieces.emplace_back(types[id] == kUnused ? std::string_view() : tokens[id]);
    if (types[id] != kControl && types[id] != kUserDefined) continue;
    AddedToken token;
    token.id = static_cast<std::int32_t>(id);
    token.content = tokens[id];
    token.special = types[id] == kControl;
    data.added_tokens.push_back(std::move(token));
  }
  const GgufValue& merges = metadata.at("tokenizer.ggml.merges");
  const std::string where = merges.where();
  MergeReader reader(bpe);
  for (const std::string_view merge : merges.texts(kMaxMerges)) reader.add(merge, where);
}

}  // namespace

TokenizerData read_gguf_tokenizer(const GgufMetadata& metadata, const std::filesystem::path& folder) {
  TokenizerData data;
  data.folder = folder;
  const GgufValue* model = metadata.find("tokenizer.ggml.model");
  if (model == nullptr || model->as_text() == "no_vocab" || model->as_text() == "none") return data;
  if (model->as_text() != "llama" && model->as_text() != "gpt2") unsupported(*model, "\"llama\" and \"gpt2\"");

  const GgufValue& list = metadata.at("tokenizer.ggml.tokens");
  const std::vector<std::string_view> tokens = list.texts(kMaxPieces);
  if (tokens.empty()) list.refuse("at least one token");
  std::vector<std::int32_t> types = metadata.at("tokenizer.ggml.token_type").integers(tokens.size());
  for (const auto& [key, name] : std::array<std::pair<const char*, const char*>, 8>{
           {{"tokenizer.ggml.bos_token_id", "bos_token"},
            {"tokenizer.ggml.eos_token_id", "eos_token"},
            {"tokenizer.ggml.unknown_token_id", "unk_token"},
            {"tokenizer.ggml.padding_token_id", "pad_token"},
            {"tokenizer.ggml.seperator_token_id", "sep_token"},  // as gguf-py spells it
            {"tokenizer.ggml.separator_token_id", "sep_token"},
            {"tokenizer.ggml.cls_token_id", "cls_token"},
            {"tokenizer.ggml.mask_token_id", "mask_token"}}}) {
    const GgufValue* id = metadata.find(key);
    if (id == nullptr) continue;
    const std::int64_t number = id->as_integer(0, static_cast<std::int64_t>(tokens.size()) - 1);
    data.named_tokens[name] = tokens[static_cast<std::size_t>(number)];
  }
  if (model->as_text() == "llama") {
    read_pieces(metadata, tokens, std::move(types), data.piece_list);
  } else {
    read_merges(metadata, tokens, types, data);
  }
  data.present = true;
  return data;
}

}  // namespace engine
