#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/json_io.h"
#include "app/cli/loaded_model.h"
#include "engine/backends/cpu/memory_bandwidth.h"
#include "engine/base/error.h"
#include "engine/engine.h"
#include "engine/kv_cache/kv_cache.h"
#include "engine/layers/activations.h"

namespace app::cli {

namespace {

using Clock = std::chrono::steady_clock;

/// Tokens of one forward pass while a prompt is read; the peers' figures are taken with the same.
constexpr std::int64_t kChunk = 512;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

struct Stopped {};  ///< Ctrl-C was seen

/// One model with a cache for one sequence, fed with ids that mean nothing.
class Runner {
 public:
  Runner(const LoadedModel& loaded, const engine::EngineOptions& options, std::int64_t tokens,
         const std::atomic<bool>& stop)
      : model_(*loaded.model),
        cache_(engine::kv_geometry(*loaded.source, options, loaded.backend->info()), tokens + 1, loaded.backend.get()),
        activations_(*loaded.backend, model_.config(), kChunk, 1),
        stop_(stop) {}

  void begin() {
    const std::vector<std::int32_t> first = {idAt(0)};
    sequence_ = cache_.open(0, first)->sequence;
  }
  void end() { cache_.close(sequence_); }

  /// Computes `count` further tokens, `chunk` at a time, each time with the logits of the last.
  void feed(std::int64_t count, std::int64_t chunk) {
    while (count > 0) {
      const std::int64_t tokens = std::min(count, chunk), begin = cache_.length(sequence_);
      if (!cache_.reserve(sequence_, tokens)) {
        throw engine::Error(engine::ErrorCode::OutOfMemory, "The KV cache of the measurement is too small.");
      }
      engine::Batch batch;
      std::vector<std::int32_t> ids;
      for (std::int64_t i = 0; i < tokens; ++i) {
        ids.push_back(idAt(begin + i));
        batch.tokens.push_back({ids.back(), begin + i, sequence_, i + 1 == tokens});
      }
      if (!model_.forward(batch, cache_, activations_, &stop_)) throw Stopped();
      cache_.commit(sequence_, ids);
      count -= tokens;
    }
  }

 private:
  std::int32_t idAt(std::int64_t position) const {
    return static_cast<std::int32_t>((300 + position * 7919) % model_.config().vocab_size);
  }

  const engine::Model& model_;
  engine::KvCache cache_;
  engine::Activations activations_;
  const std::atomic<bool>& stop_;
  engine::SequenceId sequence_ = 0;
};

}  // namespace

int runBench(Words words, Interrupt& interrupt) {
  constexpr Option kOptions[] = {{"--prompt"}, {"--generate"}, {"--depth"}, {"--repeat"}};
  const Arguments arguments(words, kOptions);
  constexpr std::int64_t kMost = 1 << 20;
  const std::int64_t prompt = arguments.integer("--prompt", 512, 0, kMost),
                     generate = arguments.integer("--generate", 64, 0, kMost);
  const std::int64_t depth = arguments.integer("--depth", 0, 0, kMost),
                     repeat = arguments.integer("--repeat", 3, 1, 1000);
  const std::filesystem::path path = arguments.model();
  const engine::EngineOptions options = arguments.engineOptions();
  const engine::ModelInfo info = engine::inspect(path, options);
  if (depth + prompt + generate > std::max(info.context_length, info.usable_context_length)) {
    throw engine::Error(engine::ErrorCode::ContextFull,
                        path.string() + ": depth, prompt and generate together exceed the context length of " +
                            std::to_string(info.context_length) + " tokens.");
  }

  std::atomic<bool> stopped = false;
  const Interrupt::Scope scope(interrupt, [&stopped] { stopped = true; });
  const Clock::time_point start = Clock::now();
  const LoadedModel loaded = loadModel(path, options, stopped);
  if (!loaded.model) return kInterruptedStatus;
  const double load = secondsSince(start);
  std::vector<double> promptSpeeds, decodeSpeeds;
  double firstToken = 0;
  try {
    Runner runner(loaded, options, std::max<std::int64_t>(depth + prompt + generate, 1), stopped);
    runner.begin();
    runner.feed(1, 1);
    runner.end();
    firstToken = secondsSince(start);
    for (std::int64_t turn = 0; turn <= repeat; ++turn) {  // the first turn warms up
      runner.begin();
      runner.feed(depth, kChunk);
      const Clock::time_point reading = Clock::now();
      runner.feed(prompt, kChunk);
      const double read = secondsSince(reading);
      const Clock::time_point writing = Clock::now();
      runner.feed(generate, 1);
      const double written = secondsSince(writing);
      runner.end();
      if (turn == 0) continue;
      if (prompt > 0) promptSpeeds.push_back(static_cast<double>(prompt) / read);
      if (generate > 0) decodeSpeeds.push_back(static_cast<double>(generate) / written);
    }
  } catch (const Stopped&) {
    return kInterruptedStatus;
  }

  const engine::BackendInfo& backend = loaded.backend->info();
  // A decoded token reads every active weight once, and the keys and values of all positions before it.
  const double bytesPerToken = static_cast<double>(info.active_bytes_per_token) +
                               static_cast<double>(info.kv_bytes_per_token) *
                                   (static_cast<double>(depth + prompt) + static_cast<double>(generate) / 2);
  const double decodeSpeed = median(decodeSpeeds);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  printJson({{"engine", "sotto"},
             {"version", SOTTO_VERSION},
             {"model", info.name},
             {"threads", backend.threads},
             {"prompt", prompt},
             {"generate", generate},
             {"depth", depth},
             {"kv", nameOf(engine::kv_geometry(*loaded.source, options, loaded.backend->info()).type)},
             {"load_s", load},
             {"first_token_s", firstToken},
             {"prompt_tok_s", promptSpeeds.empty() ? Json(nullptr) : Json(median(promptSpeeds))},
             {"decode_tok_s", decodeSpeeds.empty() ? Json(nullptr) : Json(decodeSpeed)},
             {"peak_rss_mb", usage.ru_maxrss / 1024},
             {"device", backend.device_name},
             {"isa", backend.isa},
             {"read_gb_s", decodeSpeeds.empty() ? Json(nullptr) : Json(decodeSpeed * bytesPerToken / 1e9)},
             {"memory_gb_s", engine::measure_read_bandwidth(backend.threads)}});
  return 0;
}

}  // namespace app::cli
