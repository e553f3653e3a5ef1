#pragma once

#include <vector>

#include "engine/formats/gguf_writer.h"
#include "engine/formats/model_source.h"
#include "engine/quantize/gguf_vocabulary.h"

namespace engine {

/// Small tensors that a rotary embedding needs beside its keys.
struct RopeFactors {
  std::string name;  ///< "rope_freqs.weight" ...
  std::vector<float> numbers;
};

/// Writes `general.architecture` and the numbers of a model read from a folder as the keys of its family (models.md
/// 1.8), and returns the tensors that its rotary embedding needs. Throws Error(UnsupportedModel), naming `where` and
/// the field of config.json, for what GGUF cannot say: classification heads, biases of the MLP, layers with experts
/// that end early, the rope type "dynamic". Warns of what can be said but is not read by llama.cpp.
std::vector<RopeFactors> add_config(const ModelConfig& config, const std::string& where, GgufKeys& keys,
                                    Warnings& warnings);

}  // namespace engine
