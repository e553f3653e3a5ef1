#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "engine/tensor/dtype.h"

namespace tests {

/// Geometry of a random ERNIE 4.5 model. The defaults make two layers with grouped heads and odd widths, so that no
/// kernel meets whole vectors only.
struct TinyModel {
  std::int64_t hidden_size = 36, num_layers = 2, num_heads = 6, num_kv_heads = 2, head_dim = 10, intermediate_size = 54;
  std::int64_t vocab_size = 75, max_position_embeddings = 512;
  bool tie_word_embeddings = true, use_bias = false;
  engine::DType type = engine::DType::F32;  ///< F32, F16 or BF16
  std::uint64_t seed = 1;
  std::size_t header_padding = 0;  ///< spaces after the JSON header: an odd number puts every tensor at an odd address
  std::string skip_tensor;         ///< left out of the file
};

/// Writes config.json and model.safetensors of a model with seeded random weights into `folder`, which must exist.
/// Throws std::runtime_error where it cannot.
void write_tiny_model(const std::filesystem::path& folder, const TinyModel& model);

}  // namespace tests
