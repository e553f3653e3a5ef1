#include "app/cli/arguments.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "app/demo_model.h"
#include "engine/base/error.h"

namespace app::cli {

namespace {

constexpr Option kCommonOptions[] = {{"--device"}, {"--threads"}, {"--kv"},          {"--compute"},
                                     {"--isa"},    {"--context"}, {"--quiet", false}, {"--deterministic", false},
                                     {"--pin", false}};

std::int64_t parseInteger(std::string_view option, std::string_view word, std::int64_t min, std::int64_t max) {
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (failed != std::errc() || end != word.data() + word.size() || value < min || value > max) {
    throw UsageError(std::string(option) + " needs a whole number from " + std::to_string(min) + " to " +
                     std::to_string(max) + ", not '" + std::string(word) + "'");
  }
  return value;
}

template <class Choice, std::size_t N>
Choice choose(const Arguments& arguments, std::string_view option,
              const std::pair<std::string_view, Choice> (&choices)[N], Choice fallback) {
  const std::optional<std::string> word = arguments.find(option);
  if (!word) return fallback;
  std::string allowed;
  for (const auto& [name, choice] : choices) {
    if (*word == name) return choice;
    allowed += (allowed.empty() ? "" : ", ") + std::string(name);
  }
  throw UsageError(std::string(option) + " is one of " + allowed + ", not '" + *word + "'");
}

}  // namespace

Arguments::Arguments(std::span<const std::string> words, std::span<const Option> known, std::size_t maxPositional) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!word.starts_with("--")) {
      if (positional_.size() == maxPositional) throw UsageError("unexpected argument '" + word + "'");
      positional_.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const auto named = [&name](const Option& option) { return option.name == name; };
    const Option* option = nullptr;
    if (const auto own = std::find_if(known.begin(), known.end(), named); own != known.end()) option = &*own;
    if (const auto common = std::find_if(std::begin(kCommonOptions), std::end(kCommonOptions), named);
        common != std::end(kCommonOptions)) {
      option = &*common;
    }
    if (!option) throw UsageError("unknown option " + name);
    if (values_.contains(name)) throw UsageError("option " + name + " is given twice");
    if (!option->takesValue) {
      if (equals != std::string::npos) throw UsageError("option " + name + " takes no value");
      values_[name] = "";
    } else if (equals != std::string::npos) {
      values_[name] = word.substr(equals + 1);
    } else {
      if (i + 1 == words.size()) throw UsageError("option " + name + " needs a value");
      values_[name] = words[++i];
    }
  }
}

std::optional<std::string> Arguments::find(std::string_view option) const {
  const auto found = values_.find(option);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::string Arguments::require(std::string_view option) const {
  const std::optional<std::string> value = find(option);
  if (!value) throw UsageError("option " + std::string(option) + " is missing");
  return *value;
}

std::int64_t Arguments::integer(std::string_view option, std::int64_t fallback, std::int64_t min,
                                std::int64_t max) const {
  const std::optional<std::string> word = find(option);
  return word ? parseInteger(option, *word, min, max) : fallback;
}

std::vector<std::int64_t> Arguments::integers(std::string_view option, std::int64_t min, std::int64_t max) const {
  const std::string words = require(option);
  std::vector<std::int64_t> values;
  std::size_t begin = 0;
  while (begin <= words.size()) {
    const std::size_t comma = std::min(words.find(',', begin), words.size());
    values.push_back(parseInteger(option, std::string_view(words).substr(begin, comma - begin), min, max));
    begin = comma + 1;
  }
  return values;
}

std::filesystem::path Arguments::model() const {
  if (positional_.empty()) throw UsageError("the model is missing: a folder, a GGUF file, or the word demo");
  if (positional_.front() != "demo") return positional_.front();
  const std::optional<std::filesystem::path> demo = demoModelPath();
  if (!demo) {
    throw engine::Error(engine::ErrorCode::FileNotFound,
                        "demo: the demo model is not installed beside the program (share/sotto/demo-model).");
  }
  return *demo;
}

engine::EngineOptions Arguments::engineOptions() const {
  using namespace engine;
  constexpr std::pair<std::string_view, DeviceChoice> kDevices[] = {
      {"cpu", DeviceChoice::Cpu}, {"cuda", DeviceChoice::Cuda}, {"auto", DeviceChoice::Auto}};
  constexpr std::pair<std::string_view, KvType> kKvTypes[] = {
      {"f16", KvType::F16}, {"f32", KvType::F32}, {"bf16", KvType::BF16}, {"q8_0", KvType::Q8_0}};
  constexpr std::pair<std::string_view, ComputeMode> kComputeModes[] = {{"f32", ComputeMode::F32},
                                                                        {"auto", ComputeMode::Auto}};
  constexpr std::pair<std::string_view, IsaChoice> kIsas[] = {{"portable", IsaChoice::Portable},
                                                              {"avx2", IsaChoice::Avx2},
                                                              {"avx512", IsaChoice::Avx512},
                                                              {"amx", IsaChoice::Amx},
                                                              {"auto", IsaChoice::Auto}};
  EngineOptions options;
  options.device = choose(*this, "--device", kDevices, options.device);
  options.kv_type = choose(*this, "--kv", kKvTypes, options.kv_type);
  options.compute = choose(*this, "--compute", kComputeModes, options.compute);
  options.isa = choose(*this, "--isa", kIsas, options.isa);
  options.threads = static_cast<int>(integer("--threads", 0, 0, 1024));
  options.deterministic = has("--deterministic");
  options.pin_threads = has("--pin");
  options.context_length = integer("--context", 0, 1, std::numeric_limits<std::int32_t>::max());
  return options;
}

}  // namespace app::cli
