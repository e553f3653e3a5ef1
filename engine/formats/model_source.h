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

#include "engine/base/file_view.h"
#include "engine/formats/config_limits.h"
#include "engine/formats/tokenizer_data.h"
#include "engine/tensor/dtype.h"
#include "engine/tensor/scaling.h"
#include "engine/tensor/tensor.h"

namespace engine {

class GgufFiles;

/// Rotary embedding as the file asks for it. What a type does not use keeps its default (models.md 1.5).
struct RopeConfig {
  std::string type = "default";        ///< or "linear", "dynamic", "yarn", "longrope", "llama3"
  double theta = 500000.0;
  double partial_rotary_factor = 1.0;  ///< share of head_dim that is rotated
  double factor = 1.0;                 ///< how many times longer the context became
  std::int64_t context_length = 0;           ///< max_position_embeddings: where "dynamic" begins to scale
  std::int64_t original_context_length = 0;  ///< that of the training without scaling
  std::optional<double> attention_factor;    ///< on cosines and sines; absent: what the type says
  double beta_fast = 32.0, beta_slow = 1.0;  ///< yarn: turns within the original context
  bool truncate = true;                      ///< yarn: whole dimensions as borders
  std::optional<double> mscale, mscale_all_dim;    ///< yarn
  std::vector<double> short_factor, long_factor;   ///< longrope: a divisor for each frequency
  double low_freq_factor = 1.0, high_freq_factor = 1.0;  ///< llama3

  /// Dimensions of a head that are rotated.
  std::int64_t rotated_dims(std::int64_t head_dim) const {
    return static_cast<std::int64_t>(static_cast<double>(head_dim) * partial_rotary_factor);
  }
};

/// Mixture of experts: which layers have one, and how large it is. No experts: a dense model.
struct MoeConfig {
  std::int64_t num_experts = 0;
  std::int64_t experts_per_token = 0;
  std::int64_t intermediate_size = 0;         ///< of one routed expert
  std::int64_t shared_intermediate_size = 0;  ///< of the expert that every token goes through; 0: none
  std::int64_t layer_start = 0, layer_end = 0;  ///< first and last layer that may have experts
  std::int64_t layer_interval = 1;              ///< of these every so manieth, counted from layer 1
  double norm_min = 1e-12;  ///< least sum that the weights of the chosen experts are divided by

  bool has_experts(std::int64_t layer) const {
    return num_experts > 0 && layer >= layer_start && layer <= layer_end && (layer + 1) % layer_interval == 0;
  }
};

/// What stands on top of the layers.
enum class ModelTask : std::uint8_t { CausalLm, SequenceClassification, TokenClassification };

/// The numbers of a decoder model, typed and checked (models.md 1.6, 5.3): every value is in a range that the forward
/// pass can use, heads divide, head_dim is even. Immutable after loading.
struct ModelConfig {
  std::string architecture;  ///< `model_type` of config.json: "ernie4_5", "ernie4_5_moe" or "glm4"
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
  bool use_bias = false;        ///< on every projection (ERNIE 4.5)
  bool attention_bias = false;  ///< on query, key and value (GLM-4)
  RopeConfig rope;
  MoeConfig moe;
  ModelTask task = ModelTask::CausalLm;
  std::vector<std::string> labels;            ///< of the classes, for classification
  std::optional<std::int32_t> pad_token_id;
  std::vector<std::int32_t> eos_token_ids;  ///< of config.json, sorted, may be empty

  /// Tokens that a sequence can have: what positions were made for. Dynamic scaling grows with the sequence, so that only
  /// memory bounds it.
  std::int64_t longest_sequence() const { return rope.type == "dynamic" ? kMaxContext : context_length; }

  /// Numbers that the head gives for a token: one a vocabulary entry, or one a label.
  std::int64_t output_size() const {
    return task == ModelTask::CausalLm ? vocab_size : static_cast<std::int64_t>(labels.size());
  }
};

/// Sampling defaults that a model's files bring (generation_config.json); what is absent there is absent here.
struct GenerationDefaults {
  std::optional<bool> do_sample;
  std::optional<double> temperature, top_p, min_p, repetition_penalty;
  std::optional<std::int64_t> top_k, max_new_tokens;
  std::vector<std::int32_t> eos_token_ids;
};

/// A tensor where it lies in the mapped file. `bytes` is exactly product(shape) elements, need not be aligned to the
/// element size, and lives as long as the ModelSource. A scaled weight is one tensor here, whatever parts the file keeps
/// it in: [out, in], with the values that `scaling` makes of its bytes.
struct TensorView {
  std::string name;
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape;  ///< row-major, outermost first; empty for a scalar
  std::span<const std::byte> bytes;
  const Scaling* scaling = nullptr;  ///< of a scaled weight, else null; lives as long as `bytes`

  /// All bytes of the file that make the tensor.
  std::uint64_t stored_bytes() const { return bytes.size() + (scaling == nullptr ? 0 : scaling->bytes); }
  /// The same in CPU memory for code that reads tensors (widen_rows): a view, which lives no longer than `bytes`.
  Tensor as_tensor() const {
    return scaling == nullptr ? Tensor::view(dtype, shape, bytes.data())
                              : Tensor::scaled(dtype, shape, bytes.data(), *scaling, 0);
  }
};

/// A model on disk, whatever its format: typed config, tokenizer data, chat template and tensors as views of mapped
/// files. Trusts nothing in the files. Immutable after open(); const methods may be called from any thread.
class ModelSource {
 public:
  /// Opens a Hugging Face folder (config.json, *.safetensors, tokenizer files where present), or a GGUF file, by itself or
  /// by a folder without config.json that has no other model. Any part of a split GGUF file will do.
  /// Throws Error: FileNotFound, CorruptFile, UnsupportedModel; the sentence names the file and the field.
  static std::unique_ptr<ModelSource> open(const std::filesystem::path& path);

  /// Reads only the tokenizer of a folder or GGUF file (no config, no weights needed). Throws as open() does.
  static TokenizerData open_tokenizer(const std::filesystem::path& path);

  virtual ~ModelSource() = default;
  ModelSource(const ModelSource&) = delete;
  ModelSource& operator=(const ModelSource&) = delete;

  const std::filesystem::path& path() const { return path_; }
  const ModelConfig& config() const { return config_; }
  const GenerationDefaults& generation_defaults() const { return generation_defaults_; }
  const TokenizerData& tokenizer_data() const { return tokenizer_data_; }
  /// Frees the vocabulary in tokenizer_data(), tens of megabytes that a tokenizer, once made, does not need. Not while
  /// another thread uses the object.
  void drop_vocabulary();
  /// The chat template that the files bring; empty where they bring none.
  const std::string& chat_template() const { return chat_template_; }
  /// All tensors by name, sorted.
  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  /// One tensor, or nullptr.
  const TensorView* find(const std::string& name) const;
  /// Bytes of all tensors, with their scales.
  std::uint64_t weight_bytes() const;
  /// Throws Error(CorruptFile) where a mapped file became shorter while it was in use: what was read of it since is
  /// zeros. Cheap.
  void check_files() const;
  /// The weights fit the memory and will all be read over and over: huge pages for them, where there are any.
  void prefer_huge_pages() const;
  /// Whether `path` names one of the mapped files, by whatever link.
  bool reads_from(const std::filesystem::path& path) const;
  /// The GGUF files that the model lies in; null for other formats.
  virtual const GgufFiles* gguf_files() const { return nullptr; }

 protected:
  /// The mapped files.
  virtual std::span<const FileView> files() const = 0;

  ModelSource() = default;
  std::filesystem::path path_;
  ModelConfig config_;
  GenerationDefaults generation_defaults_;
  TokenizerData tokenizer_data_;
  std::string chat_template_;
  std::map<std::string, TensorView> tensors_;
};

}  // namespace engine
