#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "engine/formats/model_source.h"

namespace engine {

/// Opens a model folder as the Hugging Face hub lays it out: config.json, model.safetensors or shards with their index,
/// and where present generation_config.json, tokenizer files and chat template.
/// Throws Error: FileNotFound, CorruptFile, UnsupportedModel.
std::unique_ptr<ModelSource> open_hf_folder(const std::filesystem::path& folder);

/// The tokenizer files of a folder: tokenizer.model where it exists, tokenizer.json otherwise, and the added and named
/// tokens of tokenizer_config.json, special_tokens_map.json and added_tokens.json. `present` is false where the folder
/// has no tokenizer at all. Throws Error: CorruptFile, UnsupportedModel.
TokenizerData read_hf_tokenizer(const std::filesystem::path& folder);

/// The folder's chat template: chat_template.jinja, else chat_template of tokenizer_config.json (a text, or a list of
/// named templates of which "default" counts). Empty where there is none. Throws Error(CorruptFile).
std::string read_hf_chat_template(const std::filesystem::path& folder);

}  // namespace engine
