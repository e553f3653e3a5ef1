#pragma once

#include <filesystem>
#include <memory>

#include "engine/formats/model_source.h"

namespace engine {

/// Opens a model in a GGUF file, or in the parts of one of which `file` is any: metadata as ModelConfig, tokenizer and
/// chat template, tensors under the names of the reference implementation (models.md 1.8), all read in place.
/// Stacked experts are "mlp.experts.{gate,up}_proj.weight" [experts, intermediate, hidden] and "...down_proj.weight"
/// [experts, hidden, intermediate]; GLM-4's fused "ffn_up" is "mlp.gate_up_proj.weight"; a fused "attn_qkv" is given as
/// its three parts. Throws Error: FileNotFound, CorruptFile, UnsupportedModel; the sentence names file and key or
/// tensor.
std::unique_ptr<ModelSource> open_gguf(const std::filesystem::path& file);

/// Only the tokenizer of such a file; `present` is false where it has none. Throws as open_gguf does.
TokenizerData open_gguf_tokenizer(const std::filesystem::path& file);

}  // namespace engine
