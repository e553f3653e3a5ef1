#include "engine/quantize/gguf_config.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/layers/rope.h"

namespace engine {

namespace {

// Writes the keys of one model, all under the name of its architecture.
class ConfigWriter {
 public:
  ConfigWriter(const ModelConfig& config, const std::string& where, GgufKeys& keys, Warnings& warnings)
      : config_(config),
        where_(where),
        keys_(keys),
        warnings_(warnings),
        architecture_(config.architecture == "ernie4_5_moe" ? "ernie4_5-moe" : config.architecture) {}

  void check() const {
    if (config_.task != ModelTask::CausalLm) unsupported("architectures", "the model is a classifier");
    if (config_.use_bias) unsupported("use_bias", "the model's MLP has biases");
    if (config_.moe.num_experts == 0) return;
    const MoeConfig& moe = config_.moe;
    MoeConfig to_the_end = moe;
    to_the_end.layer_end = config_.num_layers - 1;
    for (std::int64_t layer = 0; layer < config_.num_layers; ++layer) {
      if (moe.has_experts(layer) == to_the_end.has_experts(layer)) continue;
      unsupported("moe_layer_end_index",
                  "layer " + std::to_string(layer) + " behind the last layer with experts has none");
    }
    constexpr double kNormMin = 1e-12;  // what readers of GGUF take, for there is no key
    if (moe.norm_min != kNormMin) unsupported("moe_norm_min", "the least sum of the experts' weights is not 1e-12");
  }

  void add_architecture() const { keys_.add("general.architecture", architecture_); }

  void add_numbers() {
    add("vocab_size", config_.vocab_size);
    add("context_length", config_.context_length);
    add("embedding_length", config_.hidden_size);
    add("block_count", config_.num_layers);
    add("feed_forward_length", config_.intermediate_size);
    add("attention.head_count", config_.num_heads);
    add("attention.head_count_kv", config_.num_kv_heads);
    add("attention.key_length", config_.head_dim);
    add("attention.value_length", config_.head_dim);
    add("attention.layer_norm_rms_epsilon", config_.rms_norm_eps);
    if (config_.moe.num_experts > 0) add_experts();
  }

  std::vector<RopeFactors> add_rope() {
    const RopeConfig& rope = config_.rope;
    add("rope.freq_base", rope.theta);
    add("rope.dimension_count", rope.rotated_dims(config_.head_dim));
    if (rope.type == "default") return {};
    if (rope.type == "dynamic")
      unsupported("rope_scaling", "frequencies of the rope type \"dynamic\" follow the length");
    if (rope.type == "llama3" || (rope.type == "yarn" && !rope.truncate)) return add_divisors();
    add_text("rope.scaling.type", rope.type);
    add("rope.scaling.factor", rope.factor);
    if (rope.type == "linear") return {};
    add("rope.scaling.original_context_length", rope.original_context_length);
    if (rope.type == "yarn") {
      add_yarn();
      return {};
    }
    add("rope.scaling.attn_factor", attention_factor());
    warn_of_llama("its rope type \"longrope\"");
    const auto narrowed = [](const std::vector<double>& numbers) {
      return std::vector<float>(numbers.begin(), numbers.end());
    };
    return {{"rope_factors_long.weight", narrowed(rope.long_factor)},
            {"rope_factors_short.weight", narrowed(rope.short_factor)}};
  }

 private:
  [[noreturn]] void unsupported(const std::string& field, const std::string& what) const {
    throw Error(ErrorCode::UnsupportedModel, where_ + ": " + field + ": " + what + ", which a GGUF file cannot say.");
  }

  void add(const std::string& name, std::int64_t number) {
    keys_.add(architecture_ + "." + name, static_cast<std::uint32_t>(number));
  }
  void add(const std::string& name, double number) {
    keys_.add(architecture_ + "." + name, static_cast<float>(number));
  }
  void add_text(const std::string& name, std::string_view text) { keys_.add(architecture_ + "." + name, text); }

  void warn_of_llama(const std::string& what) {
    warnings_.push_back(where_ + ": Sotto runs the file that is written, but llama.cpp does not read " + what +
                        " for the architecture " + architecture_ + ".");
  }

  void add_experts() {
    const MoeConfig& moe = config_.moe;
    add("expert_count", moe.num_experts);
    add("expert_used_count", moe.experts_per_token);
    add("expert_feed_forward_length", moe.intermediate_size);
    add("expert_shared_count", moe.shared_intermediate_size / moe.intermediate_size);
    if (moe.shared_intermediate_size > 0) add("expert_shared_feed_forward_length", moe.shared_intermediate_size);
    add("leading_dense_block_count", moe.layer_start);
    add("interleave_moe_layer_step", moe.layer_interval);
    if (moe.layer_interval != 1)
      warn_of_llama("experts in every " + std::to_string(moe.layer_interval) + "th layer only");
  }

  // On cosines and sines, as the reference has it: see Rope.
  double attention_factor() const { return Rope::attention_factor(config_.rope); }

  void add_yarn() {
    const RopeConfig& rope = config_.rope;
    // Readers multiply what yarn itself says by the file's factor (ggml, rope_yarn).
    const double own = 1.0 + 0.1 * std::log(std::max(rope.factor, 1.0));
    if (const double factor = attention_factor(); factor != own) add("rope.scaling.attn_factor", factor / own);
    const RopeConfig usual;
    if (rope.beta_fast != usual.beta_fast) add("rope.scaling.yarn_beta_fast", rope.beta_fast);
    if (rope.beta_slow != usual.beta_slow) add("rope.scaling.yarn_beta_slow", rope.beta_slow);
  }

  // Frequencies that are the same at every length, said as what the plain ones are divided by.
  std::vector<RopeFactors> add_divisors() {
    RopeConfig plain = config_.rope;
    plain.type = "default";
    const std::vector<float> frequencies = Rope(config_.rope, config_.head_dim).frequencies(1);
    RopeFactors factors{"rope_freqs.weight", Rope(plain, config_.head_dim).frequencies(1)};
    for (std::size_t i = 0; i < frequencies.size(); ++i) factors.numbers[i] /= frequencies[i];
    if (const double factor = attention_factor(); factor != 1.0) add("rope.scaling.attn_factor", factor);
    warn_of_llama("divided rope frequencies (its rope type " + in_quotes(config_.rope.type) + ")");
    return {factors};
  }

  const ModelConfig& config_;
  const std::string& where_;
  GgufKeys& keys_;
  Warnings& warnings_;
  std::string architecture_;
};

}  // namespace

std::vector<RopeFactors> add_config(const ModelConfig& config, const std::string& where, GgufKeys& keys,
                                    Warnings& warnings) {
  ConfigWriter writer(config, where, keys, warnings);
  writer.check();
  writer.add_architecture();
  writer.add_numbers();
  return writer.add_rope();
}

}  // namespace engine
