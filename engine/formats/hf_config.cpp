#include "engine/formats/hf_config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/formats/config_limits.h"
#include "engine/formats/hf_rope.h"

namespace engine {

namespace {

// What a family's configuration class takes for keys that are left out, and what its checkpoints call themselves.
struct Family {
  std::string_view model_type;
  std::array<std::string_view, 3> classes;
  double rope_theta;
  double partial_rotary_factor;
  double rms_norm_eps;
  std::int64_t context_length;
  bool tie_word_embeddings;
};

// Defaults: transformers 5.23, the configuration class of each family.
constexpr std::array kFamilies = {
    Family{"ernie4_5", {"Ernie4_5ForCausalLM", "Ernie4_5_ForCausalLM"}, 500000.0, 1.0, 1e-5, 131072, true},
    Family{"ernie4_5_moe", {"Ernie4_5_MoeForCausalLM"}, 500000.0, 1.0, 1e-5, 131072, true},
    Family{"glm4",
           {"Glm4ForCausalLM", "Glm4ForSequenceClassification", "Glm4ForTokenClassification"},
           10000.0, 0.5, 1.5625e-7, 131072, false},
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

// What stands on top of the layers. The same families also have heads for tasks whose weights this engine does not know.
ModelTask read_task(const Json& config, const Family& family) {
  ModelTask task = ModelTask::CausalLm;
  const auto classes = config.find("architectures");
  if (!classes) return task;
  for (const Json& name : classes->elements()) {
    const std::string& text = name.as_string();
    if (text.empty() || std::find(family.classes.begin(), family.classes.end(), text) == family.classes.end()) {
      std::string known;
      for (const std::string_view known_class : family.classes) {
        if (!known_class.empty()) known += (known.empty() ? "" : ", ") + std::string(known_class);
      }
      unsupported(name, known);
    }
    if (text.ends_with("ForSequenceClassification")) task = ModelTask::SequenceClassification;
    if (text.ends_with("ForTokenClassification")) task = ModelTask::TokenClassification;
  }
  return task;
}

// Names of the classes: id2label, else num_labels of them, else two, as in the reference's configuration class.
std::vector<std::string> read_labels(const Json& config) {
  constexpr std::int64_t kMostLabels = 65536;
  std::vector<std::string> labels;
  if (const auto names = config.find("id2label")) {
    labels.resize(names->members().size());
    for (const auto& [key, value] : names->members()) {
      std::size_t id = labels.size();
      const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
      if (error != std::errc() || end != key.data() + key.size() || id >= labels.size()) {
        value.refuse("a label whose key is a number below " + std::to_string(labels.size()));
      }
      labels[id] = value.as_string();
    }
  } else {
    const std::int64_t count = config.find_integer("num_labels", 1, kMostLabels).value_or(2);
    for (std::int64_t i = 0; i < count; ++i) labels.push_back("LABEL_" + std::to_string(i));
  }
  if (labels.empty()) config.at("id2label").refuse("at least one label");
  return labels;
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
  if (const auto act = config.find("moe_gate_act"); act && act->as_string() != "softmax") unsupported(*act, "\"softmax\" only");
  if (const auto gate = config.find("moe_gate"); gate && gate->as_string() != "topk" && gate->as_string() != "topk_fused") {
    unsupported(*gate, "\"topk\" only");
  }
}

// Keys of files derived from the vision models are lists [text, vision]: `choose` takes the one that counts.
std::optional<std::int64_t> find_maybe_list(const Json& config, std::string_view key, std::int64_t min, std::int64_t max,
                                            std::int64_t (*choose)(const std::vector<std::int64_t>&)) {
  const auto value = config.find(key);
  if (!value) return std::nullopt;
  if (!value->is_array()) return value->as_integer(min, max);
  std::vector<std::int64_t> values;
  for (const Json& element : value->elements()) values.push_back(element.as_integer(min, max));
  if (values.empty()) value->refuse("at least one number");
  return choose(values);
}

// Defaults: Ernie4_5_MoeConfig of transformers 5.23.
MoeConfig read_moe(const Json& json, std::int64_t num_layers) {
  const auto first = [](const std::vector<std::int64_t>& values) { return values.front(); };
  const auto least = [](const std::vector<std::int64_t>& values) { return *std::min_element(values.begin(), values.end()); };
  const auto most = [](const std::vector<std::int64_t>& values) { return *std::max_element(values.begin(), values.end()); };
  const auto find = [&](std::string_view key, std::string_view alias, std::int64_t min, std::int64_t max, auto choose) {
    const auto value = find_maybe_list(json, key, min, max, choose);
    return value || alias.empty() ? value : find_maybe_list(json, alias, min, max, choose);
  };
  MoeConfig moe;
  moe.num_experts = find("moe_num_experts", "num_experts", 1, kMaxExperts, first).value_or(64);
  moe.experts_per_token = find("moe_k", "num_experts_per_tok", 1, kMaxExperts, first).value_or(6);
  moe.intermediate_size = find("moe_intermediate_size", "", 1, kMaxWidth, first).value_or(1536);
  const std::int64_t shared = find("moe_num_shared_experts", "", 0, kMaxExperts, first).value_or(2);
  moe.shared_intermediate_size = shared * moe.intermediate_size;
  moe.layer_start = find("moe_layer_start_index", "", 0, kMaxLayers, least).value_or(1);
  moe.layer_end = find("moe_layer_end_index", "", -1, kMaxLayers, most).value_or(-1);
  if (moe.layer_end < 0) moe.layer_end = num_layers - 1;
  moe.layer_interval = find("moe_layer_interval", "", 1, kMaxLayers, first).value_or(1);
  moe.norm_min = json.find_number("moe_norm_min", 0.0, 1.0).value_or(1e-12);
  if (moe.experts_per_token > moe.num_experts) {
    throw Error(ErrorCode::CorruptFile, json.where() + ": moe_k (" + std::to_string(moe.experts_per_token) +
                                            ") must be at most moe_num_experts (" + std::to_string(moe.num_experts) + ").");
  }
  if (moe.shared_intermediate_size > kMaxWidth) {
    throw Error(ErrorCode::CorruptFile, json.where() + ": moe_num_shared_experts times moe_intermediate_size must be at most " +
                                            std::to_string(kMaxWidth) + ", found " + std::to_string(moe.shared_intermediate_size) + ".");
  }
  return moe;
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
  check_options(json);

  const auto required = [&](std::string_view key, std::int64_t max) { return json.at(key).as_integer(1, max); };
  ModelConfig config;
  config.architecture = family.model_type;
  config.task = read_task(json, family);
  if (config.task != ModelTask::CausalLm) config.labels = read_labels(json);
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
  config.attention_bias = json.find_bool("attention_bias").value_or(false);
  config.rope = read_rope(json, {family.rope_theta, family.partial_rotary_factor, config.context_length});
  if (family.partial_rotary_factor == 1.0 && config.rope.partial_rotary_factor != 1.0) {
    throw Error(ErrorCode::UnsupportedModel, json.where() + " sets partial_rotary_factor to " +
                                                 std::to_string(config.rope.partial_rotary_factor) + "; " +
                                                 std::string(family.model_type) + " rotates whole heads only.");
  }
  if (config.architecture == "ernie4_5_moe") config.moe = read_moe(json, config.num_layers);
  if (const auto pad = json.find_integer("pad_token_id", -1, config.vocab_size - 1); pad && *pad >= 0) {
    config.pad_token_id = static_cast<std::int32_t>(*pad);
  }
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
  check_rope(config.rope, config.head_dim, json.where());
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
