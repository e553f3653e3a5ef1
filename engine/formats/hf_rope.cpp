#include "engine/formats/hf_rope.h"

#include <array>
#include <string_view>

#include "engine/base/error.h"
#include "engine/formats/config_limits.h"

namespace engine {

namespace {

constexpr double kSmallestTheta = 1.0, kLargestTheta = 1e18;  // so that every frequency is finite and at most 1
constexpr double kSmallestPart = 1e-3;
constexpr double kLargestFactor = 1e6;
constexpr std::array<std::string_view, 6> kTypes = {"default", "linear", "dynamic", "yarn", "longrope", "llama3"};

void check_type(const Json& type) {
  std::string known;
  for (const std::string_view name : kTypes) {
    if (type.as_string() == name) return;
    known += (known.empty() ? "\"" : ", \"") + std::string(name) + "\"";
  }
  throw Error(ErrorCode::UnsupportedModel,
              type.where() + " is " + type.found() + "; this version of Sotto runs the rope types " + known + ".");
}

std::vector<double> read_factors(const Json& dict, std::string_view key) {
  std::vector<double> factors;
  for (const Json& factor : dict.at(key).elements()) factors.push_back(factor.as_number(1e-6, kLargestFactor));
  return factors;
}

// What the type of `rope` reads of its own from the dictionary.
void read_scaling(const Json& dict, RopeConfig& rope) {
  const auto number = [&dict](std::string_view key, double min, double max) { return dict.find_number(key, min, max); };
  if (rope.type == "linear" || rope.type == "dynamic" || rope.type == "llama3") {
    rope.factor = dict.at("factor").as_number(1e-3, kLargestFactor);
  } else {
    const double longer = static_cast<double>(rope.context_length) / static_cast<double>(rope.original_context_length);
    rope.factor = number("factor", 1e-3, kLargestFactor).value_or(longer);
  }
  rope.attention_factor = number("attention_factor", 1e-6, kLargestFactor);
  if (rope.type == "yarn") {
    rope.beta_fast = number("beta_fast", 1e-6, kLargestFactor).value_or(rope.beta_fast);
    rope.beta_slow = number("beta_slow", 1e-6, kLargestFactor).value_or(rope.beta_slow);
    rope.truncate = dict.find_bool("truncate").value_or(rope.truncate);
    rope.mscale = number("mscale", 0.0, kLargestFactor);
    rope.mscale_all_dim = number("mscale_all_dim", 0.0, kLargestFactor);
  } else if (rope.type == "longrope") {
    rope.short_factor = read_factors(dict, "short_factor");
    rope.long_factor = read_factors(dict, "long_factor");
  } else if (rope.type == "llama3") {
    rope.low_freq_factor = dict.at("low_freq_factor").as_number(1e-6, kLargestFactor);
    rope.high_freq_factor = dict.at("high_freq_factor").as_number(1e-6, kLargestFactor);
    if (rope.high_freq_factor <= rope.low_freq_factor) {
      dict.at("high_freq_factor").refuse("larger than low_freq_factor");
    }
  }
}

}  // namespace

RopeConfig read_rope(const Json& config, const RopeDefaults& defaults) {
  RopeConfig rope;
  rope.context_length = defaults.context_length;
  rope.theta = config.find_number("rope_theta", kSmallestTheta, kLargestTheta).value_or(defaults.theta);
  rope.partial_rotary_factor =
      config.find_number("partial_rotary_factor", kSmallestPart, 1.0).value_or(defaults.partial_rotary_factor);
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
    check_type(*type);
    rope.type = type->as_string();
    const auto original = [](const Json& json) { return json.find_integer("original_max_position_embeddings", 1, kMaxContext); };
    rope.original_context_length = original(config).value_or(original(*dict).value_or(rope.context_length));
    if (rope.type != "default") read_scaling(*dict, rope);
  }
  return rope;
}

void check_rope(const RopeConfig& rope, std::int64_t head_dim, const std::string& where) {
  const std::int64_t rotated = rope.rotated_dims(head_dim);
  const auto refuse = [&where](const std::string& what) { throw Error(ErrorCode::CorruptFile, where + ": " + what + "."); };
  if (rotated < 2 || rotated % 2 != 0) {
    refuse("head_dim times partial_rotary_factor must be an even number of dimensions, found " + std::to_string(rotated));
  }
  if (rope.type == "dynamic" && rotated < 4) refuse("the rope type \"dynamic\" needs 4 rotated dimensions or more");
  if (rope.type == "yarn" && rope.theta <= 1.0) refuse("the rope type \"yarn\" needs a rope_theta above 1");
  if (rope.type != "longrope") return;
  for (const auto& [name, factors] : {std::pair("short_factor", &rope.short_factor), std::pair("long_factor", &rope.long_factor)}) {
    if (static_cast<std::int64_t>(factors->size()) != rotated / 2) {
      refuse(std::string(name) + " must have " + std::to_string(rotated / 2) + " numbers, one for each frequency, found " +
             std::to_string(factors->size()));
    }
  }
}

}  // namespace engine
