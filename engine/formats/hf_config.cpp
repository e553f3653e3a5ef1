#include "engine/formats/hf_config.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace engine {

namespace {

// Far above every published model, low enough that no product of two overflows and no table is absurd.
constexpr std::int64_t kMaxWidth = std::int64_t{1} << 20;  // hidden and intermediate sizes
constexpr std::int64_t kMaxLayers = 4096;
constexpr std::int64_t kMaxHeads = 4096;
constexpr std::int64_t kMaxHeadDim = 4096;
constexpr std::int64_t kMaxVocab = std::int64_t{1} << 24;
constexpr std::int64_t kMaxContext = std::int64_t{1} << 27;

// What a family's configuration class takes for keys that are left out, and what its checkpoints call themselves.
struct Family {
  std::string_view model_type;
  std::array<std::string_view, 2> classes;
  double rope_theta;
  double partial_rotary_factor;
  double rms_norm_eps;
  std::int64_t context_length;
  bool tie_word_embeddings;
};

// Defaults: transformers 5.23, the configuration class of each family.
constexpr std::array kFamilies = {
    Family{"ernie4_5", {"Ernie4_5ForCausalLM", "Ernie4_5_ForCausalLM"}, 500000.0, 1.0, 1e-5, 131072, true},
};

[[noreturn]] void unsupported(const Json& value, const std::string& known) {
  throw Error(ErrorCode::UnsupportedModel,
              value.where() + " is " + value.found() + "; this version of Sotto runs " + known + ".");
}

const Family& family_of(const Json& config) {
  const Json type = config.at("model_type");
  std::string known;
  for (const Family& family : kFamilies) {
    if (type.as_string() == family.model_type) return family;
    known += (known.empty() ? "" : ", ") + std::string(family.model_type);
  }
  unsupported(type, "these architectures: " + known);
}

// The same family also has heads for other tasks, whose weights this engine does not know.
void check_class(const Json& config, const Family& family) {
  const auto classes = config.find("architectures");
  if (!classes) return;
  for (const Json& name : classes->elements()) {
    if (std::find(family.classes.begin(), family.classes.end(), name.as_string()) == family.classes.end()) {
      unsupported(name, std::string(family.classes[0]) + " only");
    }
  }
}

// Options that other checkpoints of a family may carry and that would change the mathematics.
void check_options(const Json& config) {
  if (const auto activation = config.find("hidden_act"); activation && activation->as_string() != "silu") {
    unsupported(*activation, "\"silu\" only");
  }
  if (const auto rms = config.find("use_rmsnorm"); rms && !rms->as_bool()) unsupported(*rms, "RMS norm only");
  if (const auto ratio = config.find("compression_ratio"); ratio && ratio->as_number() != 1.0) {
    unsupported(*ratio, "compression_ratio 1 only");
  }
  if (const auto window = config.find("sliding_window")) unsupported(*window, "full attention only");
  if (const auto quantization = config.find("quantization_config")) {
    const auto method = quantization->find_string("quant_method").value_or("unknown");
    throw Error(ErrorCode::UnsupportedModel, quantization->where() + " names the method " + in_quotes(method) +
                                                 "; this version of Sotto runs unquantised weights (F32, BF16, F16).");
  }
}

RopeConfig read_rope(const Json& config, const Family& family) {
  constexpr double kSmallestTheta = 1.0, kLargestTheta = 1e18;  // so that every frequency is finite and at most 1
  constexpr double kSmallestPart = 1e-3;
  RopeConfig rope;
  rope.theta = config.find_number("rope_theta", kSmallestTheta, kLargestTheta).value_or(family.rope_theta);
  rope.partial_rotary_factor =
      config.find_number("partial_rotary_factor", kSmallestPart, 1.0).value_or(family.partial_rotary_factor);
  // transformers 5 writes rope_parameters; where an older rope_scaling stands too, that one counts.
  for (const std::string_view key : {"rope_parameters", "rope_scaling"}) {
    const auto dict = config.find(key);
    if (!dict) continue;
    rope.theta = dict->find_number("rope_theta", kSmallestTheta, kLargestTheta).value_or(rope.theta);
    rope.partial_rotary_factor =
        dict->find_number("partial_rotary_factor", kSmallestPart, 1.0).value_or(rope.partial_rotary_factor);
    auto type = dict->find("rope_type");
    if (!type) type = dict->find("type");
    if (!type) continue;
    rope.type = type->as_string();
    if (rope.type != "default") unsupported(*type, "the rope type \"default\" only");
  }
  if (family.partial_rotary_factor == 1.0 && rope.partial_rotary_factor != 1.0) {
    throw Error(ErrorCode::UnsupportedModel, config.where() + " sets partial_rotary_factor to " +
                                                 std::to_string(rope.partial_rotary_factor) + "; " +
                                                 std::string(family.model_type) + " rotates whole heads only.");
  }
  return rope;
}

// One id or a list of ids, sorted, without duplicates.
std::vector<std::int32_t> read_eos(const Json& config, std::int64_t vocab_size) {
  std::vector<std::int32_t> ids;
  if (const auto eos = config.find("eos_token_id")) {
    if (eos->is_array()) {
      for (const Json& id : eos->elements()) ids.push_back(static_cast<std::int32_t>(id.as_integer(0, vocab_size - 1)));
    } else {
      ids.push_back(static_cast<std::int32_t>(eos->as_integer(0, vocab_size - 1)));
    }
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

// Relations between values that are each in range.
void check_relations(const ModelConfig& config, const Json& json) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorCode::CorruptFile, json.where() + ": " + what + ".");
  };
  if (config.num_heads % config.num_kv_heads != 0) {
    refuse("num_attention_heads (" + std::to_string(config.num_heads) +
           ") must be a multiple of num_key_value_heads (" + std::to_string(config.num_kv_heads) + ")");
  }
  if (config.head_dim % 2 != 0) refuse("head_dim must be even, found " + std::to_string(config.head_dim));
  if (config.num_heads * config.head_dim > kMaxWidth) {
    refuse("num_attention_heads times head_dim must be at most " + std::to_string(kMaxWidth) + ", found " +
           std::to_string(config.num_heads * config.head_dim));
  }
}

}  // namespace

ModelConfig read_hf_config(const Json& json) {
  const Family& family = family_of(json);
  check_class(json, family);
  check_options(json);

  const auto required = [&](std::string_view key, std::int64_t max) { return json.at(key).as_integer(1, max); };
  ModelConfig config;
  config.architecture = family.model_type;
  config.hidden_size = required("hidden_size", kMaxWidth);
  config.num_layers = required("num_hidden_layers", kMaxLayers);
  config.num_heads = required("num_attention_heads", kMaxHeads);
  config.num_kv_heads = json.find_integer("num_key_value_heads", 1, kMaxHeads).value_or(config.num_heads);
  config.intermediate_size = required("intermediate_size", kMaxWidth);
  config.vocab_size = required("vocab_size", kMaxVocab);
  config.context_length = json.find_integer("max_position_embeddings", 1, kMaxContext).value_or(family.context_length);
  config.rms_norm_eps = json.find_number("rms_norm_eps", 1e-30, 1.0).value_or(family.rms_norm_eps);
  config.tie_word_embeddings = json.find_bool("tie_word_embeddings").value_or(family.tie_word_embeddings);
  config.use_bias = json.find_bool("use_bias").value_or(false);
  config.rope = read_rope(json, family);
  config.eos_token_ids = read_eos(json, config.vocab_size);

  if (const auto head_dim = json.find_integer("head_dim", 2, kMaxHeadDim)) {
    config.head_dim = *head_dim;
  } else if (config.hidden_size % config.num_heads == 0) {
    config.head_dim = config.hidden_size / config.num_heads;
  } else {
    throw Error(ErrorCode::CorruptFile,
                json.where() + ": without head_dim, hidden_size (" + std::to_string(config.hidden_size) +
                    ") must be a multiple of num_attention_heads (" + std::to_string(config.num_heads) + ").");
  }
  check_relations(config, json);
  return config;
}

GenerationDefaults read_generation_config(const Json& json, const ModelConfig& model) {
  GenerationDefaults defaults;
  defaults.do_sample = json.find_bool("do_sample");
  defaults.temperature = json.find_number("temperature", 0.0, 100.0);
  defaults.top_p = json.find_number("top_p", 0.0, 1.0);
  defaults.min_p = json.find_number("min_p", 0.0, 1.0);
  defaults.repetition_penalty = json.find_number("repetition_penalty", 0.01, 100.0);
  // -1 is a common way to write "off", which is 0 here.
  if (const auto top_k = json.find_integer("top_k", -1, kMaxVocab)) defaults.top_k = std::max<std::int64_t>(*top_k, 0);
  defaults.max_new_tokens = json.find_integer("max_new_tokens", 1, std::numeric_limits<std::int32_t>::max());
  defaults.eos_token_ids = read_eos(json, model.vocab_size);
  return defaults;
}

}  // namespace engine
