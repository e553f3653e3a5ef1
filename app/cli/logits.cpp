#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/loaded_model.h"
#include "app/cli/safetensors_file.h"
#include "engine/base/error.h"
#include "engine/formats/safetensors.h"
#include "engine/kv_cache/kv_cache.h"
#include "engine/layers/activations.h"
#include "engine/tensor/tensor.h"

namespace app::cli {

namespace {

/// Tokens of one forward pass where the command line does not say: what it computes does not depend on it.
constexpr std::int64_t kOwnChunk = 256;

[[noreturn]] void refuse(const std::string& sentence) {
  throw engine::Error(engine::ErrorCode::InvalidRequest, sentence);
}

struct Wishes {
  std::vector<std::int32_t> ids;
  std::vector<float> embeddings;  ///< [tokens, hidden] in place of what the ids look up (they are zeros then); empty: none
  std::vector<std::int64_t> chunks;  ///< sum to the number of ids
  std::vector<std::int64_t> attentions;
  bool hiddenStates = false, routerLogits = false;
  bool asOneText = true;  ///< pieces turn as the whole does; false: each as the cache has it when it comes
  std::int64_t firstRow = 0, endRow = 0;  ///< of the logits
  std::int64_t tokens() const { return static_cast<std::int64_t>(ids.size()); }
  std::int64_t rows() const { return endRow - firstRow; }
};

/// The tensor "embeddings" [tokens, hidden] of a safetensors file in place of ids.
void readEmbeddings(const std::filesystem::path& path, Wishes& wishes) {
  const auto file = engine::SafetensorsFiles::open_file(path);
  const auto found = file.tensors().find("embeddings");
  if (found == file.tensors().end()) refuse(path.string() + ": there is no tensor \"embeddings\" in it.");
  const engine::TensorView& tensor = found->second;
  if (tensor.dtype != engine::DType::F32 || tensor.shape.size() != 2 || tensor.bytes.empty()) {
    refuse(path.string() + ": \"embeddings\" must be F32 of shape [tokens, hidden size], found " +
           std::string(name_of(tensor.dtype)) + " " + engine::to_string(tensor.shape) + ".");
  }
  wishes.embeddings.resize(tensor.bytes.size() / sizeof(float));
  std::memcpy(wishes.embeddings.data(), tensor.bytes.data(), tensor.bytes.size());
  wishes.ids.assign(static_cast<std::size_t>(tensor.shape[0]), 0);
}

Wishes wishesOf(const Arguments& arguments) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
  Wishes wishes;
  if (arguments.has("--embeddings")) {
    if (arguments.has("--ids")) throw UsageError("--ids and --embeddings exclude each other");
    readEmbeddings(arguments.require("--embeddings"), wishes);
  } else {
    const auto ids = arguments.integers("--ids", 0, kMax);
    wishes.ids.assign(ids.begin(), ids.end());
  }
  wishes.hiddenStates = arguments.has("--hidden-states");
  wishes.routerLogits = arguments.has("--router-logits");
  wishes.endRow = wishes.tokens();
  if (arguments.has("--logits-from") && arguments.has("--last-only")) throw UsageError("--logits-from and --last-only exclude each other");
  if (arguments.has("--logits-from")) wishes.firstRow = arguments.integer("--logits-from", 0, 0, wishes.tokens() - 1);
  if (arguments.has("--last-only")) wishes.firstRow = wishes.tokens() - 1;
  if (arguments.has("--attentions")) {
    wishes.attentions = arguments.integers("--attentions", 0, kMax);
    if (arguments.has("--chunks")) throw UsageError("--attentions goes with whole ids, not with --chunks");
    wishes.chunks = {wishes.tokens()};
  } else if (arguments.has("--chunks")) {
    wishes.chunks = arguments.integers("--chunks", 1, kMax);
    wishes.asOneText = false;
    if (std::accumulate(wishes.chunks.begin(), wishes.chunks.end(), std::int64_t{0}) != wishes.tokens()) {
      throw UsageError("--chunks must sum to the number of ids, " + std::to_string(wishes.tokens()));
    }
  } else {
    for (std::int64_t left = wishes.tokens(); left > 0; left -= kOwnChunk)
      wishes.chunks.push_back(std::min(left, kOwnChunk));
  }
  return wishes;
}

void check(const Wishes& wishes, const engine::ModelConfig& config, const std::string& model) {
  for (const std::int32_t id : wishes.ids) {
    if (id >= config.vocab_size) {
      refuse(model + ": the id " + std::to_string(id) + " is outside the vocabulary of " +
             std::to_string(config.vocab_size) + ".");
    }
  }
  if (wishes.tokens() > config.longest_sequence()) {
    refuse(model + ": " + std::to_string(wishes.tokens()) + " ids are more than the context length of " +
           std::to_string(config.context_length) + ".");
  }
  if (!wishes.embeddings.empty() && wishes.tokens() * config.hidden_size != static_cast<std::int64_t>(wishes.embeddings.size())) {
    refuse(model + ": the embeddings have rows of " + std::to_string(wishes.embeddings.size() / wishes.ids.size()) +
           " numbers, the model's hidden size is " + std::to_string(config.hidden_size) + ".");
  }
  for (const std::int64_t layer : wishes.attentions) {
    if (layer >= config.num_layers) {
      refuse(model + ": there is no layer " + std::to_string(layer) + "; the model has " +
             std::to_string(config.num_layers) + ".");
    }
  }
  if (wishes.routerLogits && config.moe.num_experts == 0) {
    refuse(model + ": the architecture " + config.architecture + " has no router.");
  }
}

std::vector<SafetensorsFile::Entry> entriesOf(const Wishes& wishes, const engine::ModelConfig& config) {
  std::vector<SafetensorsFile::Entry> entries = {
      {"logits", {wishes.rows(), config.output_size()}}};
  if (config.task == engine::ModelTask::SequenceClassification) entries.front().shape.erase(entries.front().shape.begin());
  if (wishes.hiddenStates)
    entries.push_back({"hidden_states", {config.num_layers + 1, wishes.tokens(), config.hidden_size}});
  for (const std::int64_t layer : wishes.attentions) {
    entries.push_back({"attentions." + std::to_string(layer), {config.num_heads, wishes.tokens(), wishes.tokens()}});
  }
  for (std::int64_t layer = 0; wishes.routerLogits && layer < config.num_layers; ++layer) {
    if (config.moe.has_experts(layer))
      entries.push_back({"router_logits." + std::to_string(layer), {wishes.tokens(), config.moe.num_experts}});
  }
  return entries;
}

/// Runs the ids through the model and writes what was wished for; false: stopped.
bool compute(const Wishes& wishes, const LoadedModel& loaded, const engine::EngineOptions& options,
             const std::atomic<bool>& stopped, const std::filesystem::path& out) {
  const engine::ModelConfig& config = loaded.model->config();
  const std::int64_t longest = *std::max_element(wishes.chunks.begin(), wishes.chunks.end());
  engine::KvCache cache(engine::kv_geometry(*loaded.source, options, loaded.backend->info()), wishes.tokens(),
                        loaded.backend.get());
  engine::Activations activations(*loaded.backend, config, longest, std::min(longest, wishes.rows()));
  const engine::SequenceId sequence = cache.open(0, wishes.ids)->sequence;
  SafetensorsFile file(out, entriesOf(wishes, config));

  std::int64_t position = 0;
  for (const std::int64_t chunk : wishes.chunks) {
    engine::Batch batch;
    for (std::int64_t i = 0; i < chunk; ++i) {
      const bool wantsLogits = position + i >= wishes.firstRow && position + i < wishes.endRow;
      batch.tokens.push_back({wishes.ids[static_cast<std::size_t>(position + i)], position + i, sequence, wantsLogits,
                              wishes.asOneText ? wishes.tokens() : position + chunk});
    }
    if (!wishes.embeddings.empty()) {
      batch.embeddings = std::span(wishes.embeddings)
                             .subspan(static_cast<std::size_t>(position * config.hidden_size),
                                      static_cast<std::size_t>(chunk * config.hidden_size));
    }
    engine::Probe probe;
    probe.want_hidden_states = wishes.hiddenStates;
    probe.want_attentions = wishes.attentions;
    probe.want_routers = wishes.routerLogits;
    if (!loaded.model->forward(batch, cache, activations, &stopped, &probe)) return false;
    cache.commit(sequence,
                 std::span(wishes.ids).subspan(static_cast<std::size_t>(position), static_cast<std::size_t>(chunk)));

    if (!activations.logits().empty())
      file.write("logits", std::max<std::int64_t>(0, position - wishes.firstRow) * config.output_size(), activations.logits());
    for (std::size_t layer = 0; layer < probe.hidden_states.size(); ++layer) {
      const std::int64_t row = static_cast<std::int64_t>(layer) * wishes.tokens() + position;
      file.write("hidden_states", row * config.hidden_size, probe.hidden_states[layer]);
    }
    for (std::size_t i = 0; i < probe.attentions.size(); ++i) {
      file.write("attentions." + std::to_string(wishes.attentions[i]), 0, probe.attentions[i]);
    }
    for (const engine::Probe::Router& router : probe.routers) {
      file.write("router_logits." + std::to_string(router.layer), position * config.moe.num_experts, router.logits);
    }
    position += chunk;
  }
  file.commit();
  return true;
}

}  // namespace

int runLogits(Words words, Interrupt& interrupt) {
  constexpr Option kOptions[] = {{"--ids"},
                                 {"--embeddings"},
                                 {"--out"},
                                 {"--chunks"},
                                 {"--hidden-states", false},
                                 {"--attentions"},
                                 {"--router-logits", false},
                                 {"--logits-from"},
                                 {"--last-only", false}};
  const Arguments arguments(words, kOptions);
  const std::filesystem::path path = arguments.model(), out = arguments.require("--out");
  const engine::EngineOptions options = arguments.engineOptions();
  const Wishes wishes = wishesOf(arguments);

  std::atomic<bool> stopped = false;
  const Interrupt::Scope scope(interrupt, [&stopped] { stopped = true; });
  const LoadedModel loaded = loadModel(path, options, stopped);
  if (!loaded.model) return kInterruptedStatus;
  const engine::ModelConfig& config = loaded.model->config();
  if (config.task != engine::ModelTask::CausalLm) refuse(path.string() + ": a classifier; see sotto-cli classify.");
  check(wishes, config, path.string());
  return compute(wishes, loaded, options, stopped, out) ? 0 : kInterruptedStatus;
}

int runClassify(Words words, Interrupt& interrupt) {
  constexpr Option kOptions[] = {{"--ids"}, {"--out"}};
  const Arguments arguments(words, kOptions);
  const std::filesystem::path path = arguments.model(), out = arguments.require("--out");
  const engine::EngineOptions options = arguments.engineOptions();
  Wishes wishes = wishesOf(arguments);

  std::atomic<bool> stopped = false;
  const Interrupt::Scope scope(interrupt, [&stopped] { stopped = true; });
  const LoadedModel loaded = loadModel(path, options, stopped);
  if (!loaded.model) return kInterruptedStatus;
  const engine::ModelConfig& config = loaded.model->config();
  if (config.task == engine::ModelTask::CausalLm) refuse(path.string() + ": no classifier; see sotto-cli logits.");
  check(wishes, config, path.string());
  if (config.task == engine::ModelTask::SequenceClassification) {
    // The last token says it, padding aside; nothing but padding: the first.
    std::int64_t row = wishes.tokens() - 1;
    while (row > 0 && wishes.ids[static_cast<std::size_t>(row)] == config.pad_token_id) --row;
    wishes.firstRow = row;
    wishes.endRow = row + 1;
  }
  return compute(wishes, loaded, options, stopped, out) ? 0 : kInterruptedStatus;
}

}  // namespace app::cli
