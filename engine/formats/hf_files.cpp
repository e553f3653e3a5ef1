#include "engine/formats/hf_files.h"

#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/file_view.h"
#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "engine/formats/hf_config.h"
#include "engine/formats/quantization_config.h"
#include "engine/formats/quantized_hf.h"
#include "engine/formats/safetensors.h"
#include "engine/formats/tokenizer_json.h"

namespace engine {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxTokenizerModelBytes = std::size_t{64} << 20;  // the largest published ones have a few MB
constexpr std::size_t kMaxTemplateBytes = std::size_t{1} << 20;
constexpr std::int64_t kMaxTokenId = (std::int64_t{1} << 24) - 1;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// A JSON file of the folder whose top level is an object, or nothing where the folder lacks it.
std::optional<Json> read_optional(const fs::path& path) {
  if (!is_there(path)) return std::nullopt;
  Json json = Json::read(path);
  if (!json.is_object()) json.refuse("an object");
  return json;
}

// A token is written as its text or as an object with the text under "content".
std::optional<AddedToken> read_token(const Json& value) {
  AddedToken token;
  token.id = AddedToken::kIdByContent;
  if (value.is_string()) {
    token.content = value.as_string();
    return token;
  }
  if (!value.is_object()) return std::nullopt;
  const auto content = value.find_string("content");
  if (!content) return std::nullopt;
  token.content = *content;
  token.lstrip = value.find_bool("lstrip").value_or(false);
  token.rstrip = value.find_bool("rstrip").value_or(false);
  token.single_word = value.find_bool("single_word").value_or(false);
  token.normalized = value.find_bool("normalized").value_or(false);
  token.special = value.find_bool("special").value_or(true);
  return token;
}

// Collects the added tokens of several files; the first file that names a text decides about it, except that a token
// with a name or in a list of special tokens is special whatever else is said (transformers,
// tokenization_utils_base.py).
class TokenCollector {
 public:
  explicit TokenCollector(TokenizerData& data) : data_(data) {}

  void add(AddedToken token) {
    if (token.content.empty()) return;  // it would match everywhere
    if (index_.try_emplace(token.content, data_.added_tokens.size()).second)
      data_.added_tokens.push_back(std::move(token));
  }

  // "added_tokens_decoder": {"5": {"content": ...}}
  void add_decoder(const Json& decoder) {
    for (const auto& [key, value] : decoder.members()) {
      auto token = read_token(value);
      if (!token) value.refuse("an object with the token's text as \"content\"");
      token->id = id_of(key, value);
      add(std::move(*token));
    }
  }

  // added_tokens.json: {"<token>": id}
  void add_ids(const Json& ids) {
    for (const auto& [content, value] : ids.members()) {
      AddedToken token;
      token.content = content;
      token.id = static_cast<std::int32_t>(value.as_integer(0, kMaxTokenId));
      add(std::move(token));
    }
  }

  // "bos_token": ..., "additional_special_tokens": [...] of tokenizer_config.json and special_tokens_map.json
  void add_named(const Json& config) {
    for (const auto& [key, value] : config.members()) {
      if (key == "additional_special_tokens" && value.is_array()) {
        for (const Json& element : value.elements()) add_special(element);
      } else if (key.ends_with("_token")) {
        const auto token = read_token(value);  // keys such as "add_bos_token" hold true or false: no token
        if (!token) continue;
        data_.named_tokens.emplace(key, token->content);
        add_special(value);
      }
    }
  }

 private:
  void add_special(const Json& value) {
    auto token = read_token(value);
    if (!token) value.refuse("a token");
    token->special = true;
    if (const auto known = index_.find(token->content); known != index_.end()) {
      data_.added_tokens[known->second].special = true;
    } else {
      add(std::move(*token));
    }
  }

  static std::int32_t id_of(const std::string& key, const Json& value) {
    std::int64_t id = 0;
    bool valid = !key.empty() && key.size() <= 9;
    for (const char digit : key) {
      valid = valid && digit >= '0' && digit <= '9';
      if (valid) id = id * 10 + (digit - '0');
    }
    if (!valid || id > kMaxTokenId) {
      throw Error(ErrorCode::CorruptFile,
                  value.where() + ": the key must be a token id from 0 to " + std::to_string(kMaxTokenId) + ".");
    }
    return static_cast<std::int32_t>(id);
  }

  TokenizerData& data_;
  std::map<std::string, std::size_t> index_;  // text to its place in added_tokens
};

// tokenizer_config.json's template: a text, or a list of {"name", "template"}.
std::string template_of(const Json& config) {
  const auto value = config.find("chat_template");
  if (!value) return {};
  if (!value->is_array()) return value->as_string();
  std::string first;
  for (const Json& named : value->elements()) {
    const std::string text = named.at("template").as_string();
    if (named.at("name").as_string() == "default") return text;
    if (first.empty()) first = text;
  }
  return first;
}

// A model as a folder of the hub's layout.
class HfSource : public ModelSource {
 public:
  explicit HfSource(const fs::path& folder) {
    path_ = folder;
    const Json config = Json::read(folder / "config.json");
    if (!config.is_object()) config.refuse("an object");
    config_ = read_hf_config(config);
    const HfQuantization quantization = read_hf_quantization(config);
    if (const auto json = read_optional(folder / "generation_config.json")) {
      generation_defaults_ = read_generation_config(*json, config_);
    }
    tokenizer_data_ = read_hf_tokenizer(folder);
    chat_template_ = read_hf_chat_template(folder);
    open_weights(folder);
    join_quantized_tensors(quantization, folder.string(), tensors_, scalings_);
  }

 private:
  std::span<const FileView> files() const override { return files_.files(); }

  void open_weights(const fs::path& folder) {
    const auto single = folder / "model.safetensors";
    const auto index = folder / "model.safetensors.index.json";
    if (is_there(single)) {
      files_ = SafetensorsFiles::open_file(single);
    } else if (is_there(index)) {
      files_ = SafetensorsFiles::open_shards(index);
    } else if (is_there(folder / "pytorch_model.bin") || is_there(folder / "pytorch_model.bin.index.json")) {
      throw Error(ErrorCode::UnsupportedModel,
                  "The weights in " + in_quotes(folder.string(), 400) +
                      " are PyTorch pickles, which can run code; get the model's .safetensors files instead.");
    } else {
      throw Error(ErrorCode::FileNotFound, "The folder " + in_quotes(folder.string(), 400) +
                                               " has no weights: neither model.safetensors nor "
                                               "model.safetensors.index.json is there.");
    }
    tensors_ = files_.tensors();
    // Layers for predicting several tokens at once: no part of the model that answers, here as in the reference.
    std::erase_if(tensors_, [](const auto& entry) { return entry.first.find("mtp") != std::string::npos; });
    for (const auto& [name, tensor] : tensors_) {
      if (name.starts_with("ernie.")) {
        throw Error(ErrorCode::UnsupportedModel,
                    "The weights in " + in_quotes(folder.string(), 400) +
                        " are in Paddle's layout; get the variant of this model whose name ends in -PT.");
      }
    }
  }

  SafetensorsFiles files_;
  std::deque<Scaling> scalings_;  // where the tensors that point to them find them
};

}  // namespace

TokenizerData read_hf_tokenizer(const fs::path& folder) {
  TokenizerData data;
  data.folder = folder;
  TokenCollector tokens(data);
  if (const auto model = folder / "tokenizer.model"; is_there(model)) {
    data.sentencepiece_model = read_file(model, kMaxTokenizerModelBytes);
  } else if (const auto json = folder / "tokenizer.json"; is_there(json)) {
    for (AddedToken& token : read_tokenizer_json(Json::read(json), data.bpe)) tokens.add(std::move(token));
  } else {
    return data;
  }
  data.present = true;

  const auto config = read_optional(folder / "tokenizer_config.json");
  if (config) {
    if (const auto decoder = config->find("added_tokens_decoder")) tokens.add_decoder(*decoder);
  }
  if (const auto ids = read_optional(folder / "added_tokens.json")) tokens.add_ids(*ids);
  if (config) tokens.add_named(*config);
  if (const auto map = read_optional(folder / "special_tokens_map.json")) tokens.add_named(*map);
  return data;
}

std::string read_hf_chat_template(const fs::path& folder) {
  const auto file = folder / "chat_template.jinja";
  std::string text;
  fs::path source = file;
  if (is_there(file)) {
    text = read_file(file, kMaxTemplateBytes);
  } else if (const auto config = read_optional(folder / "tokenizer_config.json")) {
    source = folder / "tokenizer_config.json";
    text = template_of(*config);
  }
  if (text.size() > kMaxTemplateBytes) {
    throw Error(ErrorCode::CorruptFile, shown_name(source) + ": chat_template has " + std::to_string(text.size()) +
                                            " bytes, more than the " + std::to_string(kMaxTemplateBytes) +
                                            " that a template can have.");
  }
  if (!is_utf8(text)) {
    throw Error(ErrorCode::CorruptFile, shown_name(source) + ": the chat template is not valid UTF-8.");
  }
  return text;
}

std::unique_ptr<ModelSource> open_hf_folder(const fs::path& folder) {
  return std::make_unique<HfSource>(folder);
}

}  // namespace engine
