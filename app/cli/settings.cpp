#include "app/cli/settings.h"

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>

#include "app/cli/arguments.h"
#include "engine/sampling/sampler.h"

namespace app::cli {

namespace {

/// Reads typed values out of one settings file.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : file_(file) {}

  double number(const std::string& name, const Json& value) const {
    if (!value.is_number()) refuseJson(file_, name, "a number");
    return value.get<double>();
  }
  std::int64_t integer(const std::string& name, const Json& value, std::int64_t min, std::int64_t max) const {
    if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) ||
        value.get<std::int64_t>() < min || value.get<std::int64_t>() > max) {
      refuseJson(file_, name, "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    }
    return value.get<std::int64_t>();
  }
  std::uint64_t seed(const Json& value) const {
    if (!value.is_number_integer() || (!value.is_number_unsigned() && value.get<std::int64_t>() < 0)) {
      refuseJson(file_, "seed", "a whole number of 64 bits, 0 or more");
    }
    return value.get<std::uint64_t>();
  }
  bool boolean(const std::string& name, const Json& value) const {
    if (!value.is_boolean()) refuseJson(file_, name, "true or false");
    return value.get<bool>();
  }
  std::vector<std::string> strings(const std::string& name, const Json& value) const {
    std::vector<std::string> texts;
    if (!value.is_array()) refuseJson(file_, name, "a list of strings");
    for (const Json& text : value) {
      if (!text.is_string() || text.get_ref<const std::string&>().empty())
        refuseJson(file_, name, "a list of strings that are not empty");
      texts.push_back(text.get<std::string>());
    }
    return texts;
  }
  std::vector<std::int32_t> ids(const std::string& name, const Json& value) const {
    constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
    if (!value.is_array()) return {static_cast<std::int32_t>(integer(name, value, 0, kMax))};
    std::vector<std::int32_t> list;
    for (const Json& id : value) list.push_back(static_cast<std::int32_t>(integer(name, id, 0, kMax)));
    return list;
  }

 private:
  const std::filesystem::path& file_;
};

/// Settings of cli.md that this version does not apply, with the value that asks for nothing (null: none does).
const std::map<std::string_view, Json>& offValues() {
  static const std::map<std::string_view, Json> values = {
      {"typical_p", 1.0},
      {"epsilon_cutoff", 0.0},
      {"eta_cutoff", 0.0},
      {"presence_penalty", 0.0},
      {"frequency_penalty", 0.0},
      {"no_repeat_ngram_size", 0},
      {"min_new_tokens", 0},
      {"min_length", 0},
      {"logit_bias", Json::object()},
      {"sequence_bias", Json::array()},
      {"bad_words_ids", Json::array()},
      {"num_beams", 1},
      {"num_return_sequences", 1},
      {"guidance_scale", 1.0},
      {"suppress_tokens", Json::array()},
      {"begin_suppress_tokens", Json::array()},
      {"renormalize_logits", false},
      {"dry_multiplier", 0.0},
      {"xtc_probability", 0.0},
  };
  return values;
}

}  // namespace

void applySettings(const std::filesystem::path& file, engine::GenerationRequest& request) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const Json settings = readJson(file);
  if (!settings.is_object()) refuseJson(file, "the file", "an object of settings");
  const Reader read(file);
  for (const auto& [name, value] : settings.items()) {
    if (value.is_null()) continue;
    if (name == "temperature") {
      request.sampling.temperature = read.number(name, value);
    } else if (name == "top_k") {
      request.sampling.top_k = read.integer(name, value, 0, kMax);
    } else if (name == "top_p") {
      request.sampling.top_p = read.number(name, value);
    } else if (name == "min_p") {
      request.sampling.min_p = read.number(name, value);
    } else if (name == "repetition_penalty") {
      request.sampling.repetition_penalty = read.number(name, value);
    } else if (name == "do_sample") {
      request.sampling.do_sample = read.boolean(name, value);
    } else if (name == "seed") {
      request.sampling.seed = read.seed(value);
    } else if (name == "max_new_tokens") {
      request.max_new_tokens = read.integer(name, value, 0, kMax);
    } else if (name == "max_time_s") {
      request.max_time_s = read.number(name, value);
    } else if (name == "logprobs") {
      request.logprobs = static_cast<int>(read.integer(name, value, 0, 1 << 20));
    } else if (name == "stop") {
      request.stop = read.strings(name, value);
    } else if (name == "eos_token_id") {
      request.eos_token_ids = read.ids(name, value);
    } else {
      const auto off = offValues().find(name);
      if (off == offValues().end() || value != off->second) throw UsageError("unsupported setting: " + name);
    }
  }
  try {
    engine::check_sampling(request.sampling);
  } catch (const engine::Error& error) {
    throw engine::Error(error.code(), file.string() + ": " + error.what());
  }
  if (!(request.max_time_s >= 0)) refuseJson(file, "max_time_s", "0 or more");
}

}  // namespace app::cli
