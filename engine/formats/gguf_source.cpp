#include "engine/formats/gguf_source.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/formats/config_limits.h"
#include "engine/formats/gguf_files.h"
#include "engine/formats/gguf_tokenizer.h"
#include "engine/tensor/tensor.h"

namespace engine {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxTemplateBytes = std::size_t{1} << 20;

// How a family is written in GGUF, and what it means where keys are absent.
struct Family {
  std::string_view architecture;  // "general.architecture", and the prefix of its keys
  std::string_view model_type;    // the reference implementation's name
  double rope_theta;
  bool half_rotary;  // the first half of each head is rotated, unless the file says otherwise
};
constexpr std::array kFamilies = {
    Family{"ernie4_5", "ernie4_5", 500000.0, false}, Family{"ernie4_5-moe", "ernie4_5_moe", 500000.0, false},
    Family{"glm4", "glm4", 10000.0, true}, Family{"chatglm", "glm4", 10000.0, true},  // early files of GLM-4-0414
};

// A tensor's name without its block, in the file and in the reference implementation.
struct NamePair {
  std::string_view gguf, reference;
};
constexpr std::array kModelNames = {
    NamePair{"token_embd.weight", "model.embed_tokens.weight"}, NamePair{"output_norm.weight", "model.norm.weight"},
    NamePair{"output.weight", "lm_head.weight"}, NamePair{"output.bias", "lm_head.bias"}};
constexpr std::array kBlockNames = {NamePair{"attn_norm", "input_layernorm"},
                                    NamePair{"attn_q", "self_attn.q_proj"},
                                    NamePair{"attn_k", "self_attn.k_proj"},
                                    NamePair{"attn_v", "self_attn.v_proj"},
                                    NamePair{"attn_output", "self_attn.o_proj"},
                                    NamePair{"ffn_norm", "post_attention_layernorm"},
                                    NamePair{"post_attention_norm", "post_self_attn_layernorm"},
                                    NamePair{"post_ffw_norm", "post_mlp_layernorm"},
                                    NamePair{"ffn_gate", "mlp.gate_proj"},
                                    NamePair{"ffn_up", "mlp.up_proj"},
                                    NamePair{"ffn_down", "mlp.down_proj"},
                                    NamePair{"ffn_gate_inp", "mlp.gate"},
                                    NamePair{"ffn_gate_exps", "mlp.experts.gate_proj"},
                                    NamePair{"ffn_up_exps", "mlp.experts.up_proj"},
                                    NamePair{"ffn_down_exps", "mlp.experts.down_proj"},
                                    NamePair{"ffn_gate_shexp", "mlp.shared_experts.gate_proj"},
                                    NamePair{"ffn_up_shexp", "mlp.shared_experts.up_proj"},
                                    NamePair{"ffn_down_shexp", "mlp.shared_experts.down_proj"}};

const std::string_view* reference_of(std::span<const NamePair> names, std::string_view gguf) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const NamePair& pair) { return pair.gguf == gguf; });
  return found == names.end() ? nullptr : &found->reference;
}

// "blk.7.attn_q.weight" in its parts.
struct BlockName {
  std::int64_t block;
  std::string_view stem, ending;  // "attn_q", ".weight"
};

std::optional<BlockName> block_name_of(std::string_view name) {
  if (!name.starts_with("blk.")) return std::nullopt;
  BlockName parts{};
  const char* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + 4, end, parts.block);
  if (error != std::errc() || parts.block < 0 || rest == end || *rest != '.') return std::nullopt;
  const std::string_view tail(rest + 1, static_cast<std::size_t>(end - rest - 1));
  const auto dot = std::min(tail.rfind('.'), tail.size());
  parts.stem = tail.substr(0, dot);
  parts.ending = tail.substr(dot);
  return parts;
}

class GgufSource : public ModelSource {
 public:
  explicit GgufSource(const fs::path& file) : files_(GgufFiles::open(file)), family_(find_family()) {
    path_ = files_.path();
    read_config();
    tokenizer_data_ = read_gguf_tokenizer(metadata(), path_.parent_path());
    read_end_tokens();
    read_chat_template();
    for (const auto& [name, tensor] : files_.tensors()) add(tensor);
  }

  std::span<const FileView> files() const override { return files_.files(); }
  const GgufFiles* gguf_files() const override { return &files_; }

 private:
  const GgufMetadata& metadata() const { return files_.metadata(); }
  std::string key(std::string_view name) const { return std::string(family_.architecture) + "." + std::string(name); }
  const GgufValue* find(std::string_view name) const { return metadata().find(key(name)); }
  std::int64_t integer(std::string_view name, std::int64_t min, std::int64_t max) const {
    return metadata().at(key(name)).as_integer(min, max);
  }
  std::int64_t integer_or(std::string_view name, std::int64_t min, std::int64_t max, std::int64_t otherwise) const {
    const GgufValue* value = find(name);
    return value == nullptr ? otherwise : value->as_integer(min, max);
  }
  double number_or(std::string_view name, double min, double max, double otherwise) const {
    const GgufValue* value = find(name);
    return value == nullptr ? otherwise : value->as_number(min, max);
  }
  const TensorView* tensor(const std::string& name) const {
    const auto found = files_.tensors().find(name);
    return found == files_.tensors().end() ? nullptr : &found->second;
  }
  [[noreturn]] void corrupt(const std::string& what) const {
    throw Error(ErrorCode::CorruptFile, metadata().file() + ": " + what + ".");
  }
  [[noreturn]] void unsupported(const std::string& what) const {
    throw Error(ErrorCode::UnsupportedModel, metadata().file() + ": " + what + ".");
  }

  const Family& find_family() const {
    const GgufValue& architecture = metadata().at("general.architecture");
    const std::string_view name = architecture.as_text();
    std::string known;
    for (const Family& family : kFamilies) {
      // The older ChatGLM models have no norm behind the MLP.
      if (name == family.architecture && (name != "chatglm" || tensor("blk.0.post_ffw_norm.weight"))) return family;
      if (family.architecture != "chatglm") known += (known.empty() ? "" : ", ") + std::string(family.architecture);
    }
    unsupported("\"general.architecture\" is " + in_quotes(name) + "; this version of Sotto runs " + known);
  }

  void read_config() {
    config_.architecture = family_.model_type;
    config_.hidden_size = integer("embedding_length", 1, kMaxWidth);
    const std::int64_t blocks = integer("block_count", 1, kMaxLayers);
    config_.num_layers = blocks - integer_or("nextn_predict_layers", 0, blocks - 1, 0);  // drafters stand behind them
    config_.num_heads = integer("attention.head_count", 1, kMaxHeads);
    config_.num_kv_heads = integer_or("attention.head_count_kv", 1, kMaxHeads, config_.num_heads);
    config_.intermediate_size = integer("feed_forward_length", 1, kMaxWidth);
    config_.context_length = integer("context_length", 1, kMaxContext);
    config_.rms_norm_eps = metadata().at(key("attention.layer_norm_rms_epsilon")).as_number(1e-30, 1.0);
    read_head_dim();
    read_vocab_size();
    config_.tie_word_embeddings = tensor("output.weight") == nullptr;
    const bool bias = tensor("blk.0.attn_q.bias") != nullptr || tensor("blk.0.attn_qkv.bias") != nullptr;
    (is_glm() ? config_.attention_bias : config_.use_bias) = bias;
    if (integer_or("attention.sliding_window", 0, kMaxContext, 0) != 0) {
      unsupported(in_quotes(key("attention.sliding_window")) +
                  " is set; this version of Sotto runs full attention only");
    }
    read_rope();
    if (config_.architecture == "ernie4_5_moe") read_moe();
  }

  bool is_glm() const { return config_.architecture == "glm4"; }

  void read_head_dim() {
    if (const GgufValue* length = find("attention.key_length")) {
      config_.head_dim = length->as_integer(2, kMaxHeadDim);
    } else if (config_.hidden_size % config_.num_heads == 0) {
      config_.head_dim = config_.hidden_size / config_.num_heads;
    } else {
      corrupt("without " + in_quotes(key("attention.key_length")) + ", the embedding length (" +
              std::to_string(config_.hidden_size) + ") must be a multiple of the head count (" +
              std::to_string(config_.num_heads) + ")");
    }
    if (integer_or("attention.value_length", 1, kMaxHeadDim, config_.head_dim) != config_.head_dim) {
      unsupported("keys and values are of different length; this version of Sotto runs equal ones only");
    }
    if (config_.head_dim % 2 != 0 || config_.head_dim > kMaxHeadDim) {
      corrupt("heads of " + std::to_string(config_.head_dim) + " numbers; it must be an even number up to " +
              std::to_string(kMaxHeadDim));
    }
    if (config_.num_heads % config_.num_kv_heads != 0) {
      corrupt(in_quotes(key("attention.head_count")) + " (" + std::to_string(config_.num_heads) +
              ") must be a multiple of " + in_quotes(key("attention.head_count_kv")) + " (" +
              std::to_string(config_.num_kv_heads) + ")");
    }
    if (config_.num_heads * config_.head_dim > kMaxWidth) {
      corrupt("head count times key length must be at most " + std::to_string(kMaxWidth) + ", found " +
              std::to_string(config_.num_heads * config_.head_dim));
    }
  }

  // The width of the logits is that of the embedding: the list of tokens may be shorter, "vocab_size" may be absent.
  void read_vocab_size() {
    const TensorView* embedding = tensor("token_embd.weight");
    if (embedding == nullptr) corrupt("the tensor \"token_embd.weight\" is missing; download the model again");
    if (embedding->shape.size() != 2 || embedding->shape[0] > kMaxVocab) {
      corrupt("the tensor \"token_embd.weight\" has shape " + to_string(embedding->shape) +
              ", which is no table of tokens");
    }
    config_.vocab_size = embedding->shape[0];
  }

  void read_rope() {
    constexpr double kLargestTheta = 1e18, kLargestFactor = 1e6;
    RopeConfig& rope = config_.rope;
    rope.theta = number_or("rope.freq_base", 1.0, kLargestTheta, family_.rope_theta);
    rope.context_length = config_.context_length;
    rope.original_context_length =
        integer_or("rope.scaling.original_context_length", 1, kMaxContext, config_.context_length);
    const std::int64_t head_dim = config_.head_dim;
    const std::int64_t rotated =
        integer_or("rope.dimension_count", 2, head_dim, family_.half_rotary ? head_dim / 2 : head_dim);
    if (rotated % 2 != 0) corrupt("an even number of dimensions must be rotated, not " + std::to_string(rotated));
    if (!is_glm() && rotated != head_dim) {
      unsupported(in_quotes(key("rope.dimension_count")) + " is " + std::to_string(rotated) +
                  "; this architecture rotates whole heads only");
    }
    rope.partial_rotary_factor = static_cast<double>(rotated) / static_cast<double>(head_dim);
    if (rope.rotated_dims(head_dim) < rotated) {  // the quotient was rounded down
      rope.partial_rotary_factor = std::nextafter(rope.partial_rotary_factor, 2.0);
    }
    const double factor = number_or("rope.scaling.factor", 0.0, kLargestFactor, 0.0);  // 0: none, as in llama.cpp
    rope.factor = factor != 0.0
                      ? factor
                      : static_cast<double>(rope.context_length) / static_cast<double>(rope.original_context_length);
    if (rope.factor < 1e-3) corrupt("the rope scaling factor is " + std::to_string(rope.factor) + ", less than 0.001");

    // A factor without a type is linear in llama.cpp (llama-model.cpp, load_hparams).
    const GgufValue* type = find("rope.scaling.type");
    const std::string_view name = type != nullptr ? type->as_text() : factor != 0.0 ? "linear" : "none";
    const double attention = number_or("rope.scaling.attn_factor", 1e-6, kLargestFactor, 1.0);
    const TensorView* divisors = tensor("rope_freqs.weight");
    if (divisors != nullptr && name != "none") {
      unsupported("\"rope_freqs.weight\" together with the rope scaling " + in_quotes(name) + " is not known");
    }
    if (name == "linear") {
      rope.type = "linear";
    } else if (name == "yarn") {
      rope.type = "yarn";
      rope.beta_fast = number_or("rope.scaling.yarn_beta_fast", 1e-6, kLargestFactor, rope.beta_fast);
      rope.beta_slow = number_or("rope.scaling.yarn_beta_slow", 1e-6, kLargestFactor, rope.beta_slow);
      // llama.cpp multiplies yarn's own factor by the file's (ggml, rope_yarn).
      if (attention != 1.0) rope.attention_factor = attention * (1.0 + 0.1 * std::log(std::max(rope.factor, 1.0)));
    } else if (name == "longrope") {
      rope.type = "longrope";
      if (find("rope.scaling.attn_factor") != nullptr) rope.attention_factor = attention;
      rope.short_factor = divisors_of("rope_factors_short.weight", rotated);
      rope.long_factor = divisors_of("rope_factors_long.weight", rotated);
    } else if (name != "none") {
      unsupported(type->where() + " is " + in_quotes(name) +
                  "; this version of Sotto runs \"none\", \"linear\", \"yarn\" and \"longrope\"");
    } else if (divisors != nullptr) {
      rope.type = "longrope";  // the same divisors at every length
      rope.attention_factor = attention;
      rope.short_factor = rope.long_factor = divisors_of("rope_freqs.weight", rotated);
    }
  }

  // A divisor for each frequency.
  std::vector<double> divisors_of(const std::string& name, std::int64_t rotated) const {
    const TensorView* view = tensor(name);
    if (view == nullptr) corrupt("the tensor " + in_quotes(name) + " that this rope scaling needs is missing");
    if (view->dtype != DType::F32 || view->shape != Shape{rotated / 2}) {
      corrupt("the tensor " + in_quotes(name) + " must be " + std::to_string(rotated / 2) + " numbers of type F32");
    }
    std::vector<float> numbers(static_cast<std::size_t>(rotated / 2));
    std::memcpy(numbers.data(), view->bytes.data(), view->bytes.size());
    for (const float number : numbers) {
      if (!(number > 1e-6f && number < 1e9f)) corrupt("the tensor " + in_quotes(name) + " has a number out of range");
    }
    return {numbers.begin(), numbers.end()};
  }

  void read_moe() {
    constexpr std::int64_t kSoftmax = 1;  // llama.cpp, LLAMA_EXPERT_GATING_FUNC_TYPE_SOFTMAX
    MoeConfig& moe = config_.moe;
    moe.num_experts = integer("expert_count", 1, kMaxExperts);
    moe.experts_per_token = integer("expert_used_count", 1, moe.num_experts);
    moe.intermediate_size = integer("expert_feed_forward_length", 1, kMaxWidth);
    moe.layer_start = integer_or("leading_dense_block_count", 0, kMaxLayers, 0);
    moe.layer_end = config_.num_layers - 1;
    moe.layer_interval = integer_or("interleave_moe_layer_step", 1, kMaxLayers, 1);
    if (integer_or("expert_gating_func", 0, kMaxLayers, kSoftmax) != kSoftmax) {
      unsupported(in_quotes(key("expert_gating_func")) + " must be softmax (1) for this architecture");
    }
    // Converters do not agree about the width of the shared expert: the tensor knows.
    const std::int64_t shared = integer_or("expert_shared_count", 0, kMaxExperts, 0);
    if (shared > kMaxWidth / moe.intermediate_size)
      corrupt("there are too many shared experts, " + std::to_string(shared));
    moe.shared_intermediate_size = shared * moe.intermediate_size;
    for (std::int64_t layer = 0; layer < config_.num_layers; ++layer) {
      if (!moe.has_experts(layer)) continue;
      const TensorView* gate = tensor("blk." + std::to_string(layer) + ".ffn_gate_shexp.weight");
      if (gate != nullptr) moe.shared_intermediate_size = gate->shape.front();
      break;
    }
  }

  void read_end_tokens() {
    std::vector<std::int32_t>& ids = config_.eos_token_ids;
    for (const char* name :
         {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
      if (const GgufValue* id = metadata().find(name)) {
        ids.push_back(static_cast<std::int32_t>(id->as_integer(0, config_.vocab_size - 1)));
      }
    }
    if (is_glm()) {  // metadata have no key for a reply that ends in a call of a tool
      for (const AddedToken& token : tokenizer_data_.added_tokens) {
        const bool ends =
            token.content == "<|endoftext|>" || token.content == "<|user|>" || token.content == "<|observation|>";
        if (ends && token.id < config_.vocab_size) ids.push_back(token.id);
      }
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  }

  void read_chat_template() {
    const GgufValue* text = metadata().find("tokenizer.chat_template");
    if (text == nullptr) return;
    chat_template_ = text->as_text();
    if (chat_template_.size() > kMaxTemplateBytes) {
      corrupt("\"tokenizer.chat_template\" has " + std::to_string(chat_template_.size()) + " bytes, more than the " +
              std::to_string(kMaxTemplateBytes) + " that a template can have");
    }
  }

  // Gives a tensor of the file its name, or its names.
  void add(const TensorView& tensor) {
    if (const std::string_view* name = reference_of(kModelNames, tensor.name)) {
      return put(std::string(*name), tensor);
    }
    const auto block = block_name_of(tensor.name);
    if (!block) return put(tensor.name, tensor);
    if (block->block >= config_.num_layers) return;
    const std::string layer = "model.layers." + std::to_string(block->block) + ".";
    if (block->stem == "attn_qkv") return put_parts(layer, std::string(block->ending), tensor);
    if (block->stem == "exp_probs_b") return put(layer + "mlp.moe_statics.e_score_correction_bias", tensor);
    const std::string_view* name = reference_of(kBlockNames, block->stem);
    std::string_view stem = name == nullptr ? block->stem : *name;
    if (is_glm() && block->stem == "ffn_up") stem = "mlp.gate_up_proj";
    put(layer + std::string(stem) + std::string(block->ending), tensor);
  }

  void put(std::string name, const TensorView& tensor) {
    if (!tensors_.try_emplace(std::move(name), tensor).second) {
      corrupt("the tensor " + in_quotes(tensor.name) + " is there under another name too");
    }
  }

  // Query, key and value rows of a fused projection or its bias.
  void put_parts(const std::string& layer, const std::string& ending, const TensorView& fused) {
    const std::array<std::pair<const char*, std::int64_t>, 3> parts{
        {{"q_proj", config_.num_heads}, {"k_proj", config_.num_kv_heads}, {"v_proj", config_.num_kv_heads}}};
    const std::int64_t rows = (config_.num_heads + 2 * config_.num_kv_heads) * config_.head_dim;
    const bool blocks_across_rows = fused.shape.size() == 1 && is_quantised(fused.dtype);
    if (fused.shape.front() != rows || blocks_across_rows) {
      corrupt("the tensor " + in_quotes(fused.name) + " has shape " + to_string(fused.shape) +
              ", but queries, keys and " + "values are " + std::to_string(rows) + " rows together");
    }
    const std::size_t row_bytes = fused.bytes.size() / static_cast<std::size_t>(rows);
    std::size_t first = 0;
    for (const auto& [name, heads] : parts) {
      TensorView part = fused;
      part.shape.front() = heads * config_.head_dim;
      part.bytes = fused.bytes.subspan(first, static_cast<std::size_t>(part.shape.front()) * row_bytes);
      first += part.bytes.size();
      put(layer + "self_attn." + name + ending, part);
    }
  }

  GgufFiles files_;
  const Family& family_;
};

}  // namespace

std::unique_ptr<ModelSource> open_gguf(const fs::path& file) {
  return std::make_unique<GgufSource>(file);
}

TokenizerData open_gguf_tokenizer(const fs::path& file) {
  const GgufFiles files = GgufFiles::open(file);
  return read_gguf_tokenizer(files.metadata(), file.parent_path());
}

}  // namespace engine
