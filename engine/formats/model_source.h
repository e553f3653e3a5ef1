#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/formats/tokenizer_data.h"
#include "engine/tensor/dtype.h"

namespace engine {

/// Rotary embedding as the file asks for it. Only type "default" is run today; others are refused by name at load.
struct RopeConfig {
  std::string type = "default";
  double theta = 500000.0;
  double partial_rotary_factor = 1.0;  ///< share of head_dim that is rotated
};

/// The numbers of a decoder model, typed and checked (models.md 1.6, 5.3): every value is in a range that the forward
/// pass can use, heads divide, head_dim is even. Immutable after loading.
struct ModelConfig {
  std::string architecture;  ///< `model_type` of config.json ("ernie4_5")
  std::int64_t hidden_size = 0;
  std::int64_t num_layers = 0;
  std::int64_t num_heads = 0;
  std::int64_t num_kv_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t vocab_size = 0;
  std::int64_t context_length = 0;  ///< max_position_embeddings
  double rms_norm_eps = 1e-5;
  bool tie_word_embeddings = false;
  bool use_bias = false;
  RopeConfig rope;
  std::vector<std::int32_t> eos_token_ids;  ///< of config.json, sorted, may be empty
};

/// Sampling defaults that a model's files bring (generation_config.json); what is absent there is absent here.
struct GenerationDefaults {
  std::optional<bool> do_sample;
  std::optional<double> temperature, top_p, min_p, repetition_penalty;
  std::optional<std::int64_t> top_k, max_new_tokens;
  std::vector<std::int32_t> eos_token_ids;
};

/// A tensor where it lies in the mapped file. `bytes` is exactly product(shape) elements, need not be aligned to the
/// element size, and lives as long as the ModelSource.
struct TensorView {
  std::string name;
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape;  ///< row-major, outermost first; empty for a scalar
  std::span<const std::byte> bytes;
};

/// A model on disk, whatever its format: typed config, tokenizer data, chat template and tensors as views of mapped
/// files. Trusts nothing in the files. Immutable after open(); const methods may be called from any thread.
class ModelSource {
 public:
  /// Opens a Hugging Face folder (config.json, *.safetensors, tokenizer files where present).
  /// Throws Error: FileNotFound, CorruptFile, UnsupportedModel; the sentence names the file and the field.
  static std::unique_ptr<ModelSource> open(const std::filesystem::path& path);

  /// Reads only the tokenizer files of a folder (no config, no weights needed). Throws as open() does.
  static TokenizerData open_tokenizer(const std::filesystem::path& path);

  virtual ~ModelSource() = default;
  ModelSource(const ModelSource&) = delete;
  ModelSource& operator=(const ModelSource&) = delete;

  const std::filesystem::path& path() const { return path_; }
  const ModelConfig& config() const { return config_; }
  const GenerationDefaults& generation_defaults() const { return generation_defaults_; }
  const TokenizerData& tokenizer_data() const { return tokenizer_data_; }
  /// The chat template that the files bring; empty where they bring none.
  const std::string& chat_template() const { return chat_template_; }
  /// All tensors by name, sorted.
  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  /// One tensor, or nullptr.
  const TensorView* find(const std::string& name) const;
  /// Bytes of all tensors.
  std::uint64_t weight_bytes() const;

 protected:
  ModelSource() = default;
  std::filesystem::path path_;
  ModelConfig config_;
  GenerationDefaults generation_defaults_;
  TokenizerData tokenizer_data_;
  std::string chat_template_;
  std::map<std::string, TensorView> tensors_;
};

}  // namespace engine
