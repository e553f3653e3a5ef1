#include "engine/engine.h"

#include <malloc.h>

#include <algorithm>
#include <future>
#include <thread>

#include "engine/backends/backend.h"
#include "engine/backends/cpu/cpu_cores.h"
#include "engine/backends/cpu/memory_bandwidth.h"
#include "engine/formats/model_source.h"
#include "engine/generation/fingerprint.h"
#include "engine/generation/model_defaults.h"
#include "engine/generation/prompt_ids.h"
#include "engine/generation/request_queue.h"
#include "engine/generation/scheduler.h"
#include "engine/generation/session_files.h"
#include "engine/kv_cache/kv_cache.h"
#include "engine/layers/activations.h"
#include "engine/models/model.h"
#include "engine/quantize/quantize.h"
#include "engine/tokenizer/tokenizer.h"

namespace engine {

namespace {

/// Tokens of KV cache where the options leave it open: enough for long chats, small beside the weights.
constexpr std::int64_t kDefaultContext = 8192;

void check_options(const EngineOptions& options) {
  const auto refuse = [](const std::string& sentence) { throw Error(ErrorCode::InvalidRequest, sentence); };
  if (options.threads < 0) refuse("threads must be 0 or more, not " + std::to_string(options.threads) + ".");
  if (options.context_length < 0)
    refuse("The context length must be 0 or more, not " + std::to_string(options.context_length) + ".");
  if (options.max_sequences < 1)
    refuse("max_sequences must be 1 or more, not " + std::to_string(options.max_sequences) + ".");
  if (options.prefill_chunk < 1)
    refuse("prefill_chunk must be 1 or more, not " + std::to_string(options.prefill_chunk) + ".");
}

void check_session(std::uint64_t session) {
  if (session > 0 && session < KvCache::kFirstOwnSession) return;
  throw Error(ErrorCode::InvalidRequest, "Only a session with a number from 1 to 2^63 - 1 has a file, not " + std::to_string(session) + ".");
}

/// Tokens that the KV cache is made for.
std::int64_t cache_tokens(const ModelConfig& config, const EngineOptions& options) {
  return options.context_length > 0 ? options.context_length : std::min(config.longest_sequence(), kDefaultContext);
}

/// What the files say; `tokenizer` may be null.
ModelInfo describe(const ModelSource& source, const EngineOptions& options, const Tokenizer* tokenizer) {
  const ModelConfig& config = source.config();
  ModelInfo info;
  info.name = source.path().filename().empty() ? source.path().parent_path().filename().string()
                                               : source.path().filename().string();
  info.architecture = config.architecture;
  info.layers = config.num_layers;
  info.hidden_size = config.hidden_size;
  info.vocab_size = config.vocab_size;
  info.context_length = config.context_length;
  info.usable_context_length = std::min(config.longest_sequence(), cache_tokens(config, options));
  info.weight_bytes = source.weight_bytes();
  std::map<std::string, std::uint64_t> types;
  std::uint64_t routed_bytes = 0;
  for (const auto& [name, tensor] : source.tensors()) {
    std::uint64_t count = 1;
    for (const std::int64_t dim : tensor.shape) count *= static_cast<std::uint64_t>(dim);
    info.parameters += count;
    types[std::string(name_of(tensor.dtype))] += tensor.stored_bytes();
    // A token reads one row of the embedding, which is nothing, unless the embedding is the head too.
    const bool only_looked_up = name == "model.embed_tokens.weight" && !config.tie_word_embeddings;
    // Of the routed experts it goes through a few.
    const bool routed = name.find(".mlp.experts.") != std::string::npos && config.moe.num_experts > 0;
    if (routed) {
      routed_bytes += tensor.stored_bytes();
    } else if (!only_looked_up) {
      info.active_bytes_per_token += tensor.stored_bytes();
    }
  }
  if (routed_bytes > 0) {
    info.active_bytes_per_token += routed_bytes / static_cast<std::uint64_t>(config.moe.num_experts) *
                                   static_cast<std::uint64_t>(config.moe.experts_per_token);
  }
  info.weight_types.assign(types.begin(), types.end());
  info.kv_bytes_per_token = kv_geometry(config, options).bytes_per_token();
  info.memory_bytes = memory_needed(source, options, cache_tokens(config, options)).total() +
                      (tokenizer == nullptr ? 0 : tokenizer->memory_bytes());
  info.memory_available = main_memory().available;
  info.larger_than_memory = info.memory_available > 0 && info.memory_bytes > info.memory_available;
  info.chat_template = source.chat_template();
  const auto& named = source.tokenizer_data().named_tokens;
  info.named_tokens.assign(named.begin(), named.end());
  info.eos_token_ids = end_of_sequence_ids(config, source.generation_defaults(), source.tokenizer_data(), tokenizer);
  info.default_sampling = default_sampling(source);
  return info;
}

std::unique_ptr<Tokenizer> open_tokenizer(const ModelSource& source) {
  return source.tokenizer_data().present ? Tokenizer::create(source.tokenizer_data()) : nullptr;
}

// What making a tokenizer left behind is tens of megabytes in small pieces, which the allocator keeps for itself.
void give_back_free_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace

struct Engine::State {
  bool load(const std::filesystem::path& path, const EngineOptions& options, const LoadProgress& progress);
  void run(std::stop_token stop);

  // In the order in which they need each other; the thread is last, so that it has ended before anything goes.
  RequestQueue queue;
  std::unique_ptr<ModelSource> source;
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Model> model;
  std::unique_ptr<KvCache> cache;
  std::unique_ptr<Activations> activations;
  Vocabulary vocabulary;
  std::unique_ptr<SessionFiles> files;
  std::unique_ptr<Scheduler> scheduler;
  ModelInfo info;
  std::jthread thread;
};

bool Engine::State::load(const std::filesystem::path& path, const EngineOptions& options,
                         const LoadProgress& progress) {
  check_options(options);
  if (progress && !progress(0)) return false;
  source = ModelSource::open(path);
  if (source->config().task != ModelTask::CausalLm) {
    throw Error(ErrorCode::UnsupportedModel, path.string() + " is a classifier, which writes no text; sotto-cli classify runs it.");
  }
  tokenizer = open_tokenizer(*source);
  source->drop_vocabulary();
  give_back_free_memory();
  backend = create_backend(options);
  model = create_model(*source, *backend, options, progress);
  if (!model) return false;

  const std::int64_t tokens = cache_tokens(source->config(), options);
  const SchedulerLimits limits{options.max_sequences, options.prefill_chunk};
  cache = std::make_unique<KvCache>(kv_geometry(*source, options, backend->info()), tokens, backend.get());
  activations =
      std::make_unique<Activations>(*backend, source->config(), limits.max_batch_tokens(), limits.max_sequences);
  info = describe(*source, options, tokenizer.get());
  const BackendInfo& where = backend->info();
  info.device = where.device_name;
  info.device_reason = where.device_reason;
  info.isa = where.isa;
  info.threads = where.threads;
  vocabulary = make_vocabulary(*source, tokenizer.get(), info.usable_context_length);
  files = std::make_unique<SessionFiles>(
      *cache, [this, options] { return fingerprint_of(*source, cache->geometry(), backend->info(), options); });
  scheduler = std::make_unique<Scheduler>(*model, *cache, *activations, vocabulary, queue, *files, limits);
  return !progress || progress(1);
}

void Engine::State::run(std::stop_token stop) {
  while (queue.wait(stop)) {
    try {
      while (!stop.stop_requested() && scheduler->step()) {
      }
    } catch (const std::exception& error) {
      // Outside of any one request, which step() sees to itself: nobody's reply can be trusted to go on.
      scheduler->end_all(FinishReason::Error,
                         Error(ErrorCode::DeviceFailure, std::string("The engine failed: ") + error.what()));
    }
  }
  scheduler->end_all(FinishReason::Cancelled);
  files->cancel_all();
}

std::unique_ptr<Engine> Engine::load(const std::filesystem::path& path, const EngineOptions& options,
                                     const LoadProgress& progress) {
  auto state = std::make_unique<State>();
  std::promise<bool> promise;
  std::future<bool> loaded = promise.get_future();
  // Loading happens on the thread that will compute, so that memory is first touched where it is used.
  state->thread = std::jthread(
      [state = state.get(), path, options, progress, promise = std::move(promise)](std::stop_token stop) mutable {
        try {
          const bool wanted = state->load(path, options, progress);
          promise.set_value(wanted);
          if (!wanted) return;
        } catch (...) {
          promise.set_exception(std::current_exception());
          return;
        }
        state->run(stop);
      });
  if (!loaded.get()) return nullptr;
  return std::unique_ptr<Engine>(new Engine(std::move(state)));
}

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}

Engine::~Engine() {
  state_->thread.request_stop();
  state_->queue.stop_computing();
}

RequestId Engine::submit(GenerationRequest request, TokenCallback on_tokens, FinishCallback on_finish) {
  SubmittedRequest submitted;
  try {
    submitted.prompt_ids = tokenize(request.prompt);
  } catch (const Error& error) {
    submitted.error = error;
  } catch (const std::exception& error) {
    submitted.error = Error(ErrorCode::OutOfMemory, std::string("The prompt could not be tokenized: ") + error.what());
  }
  request.prompt.clear();
  submitted.request = std::move(request);
  submitted.on_tokens = std::move(on_tokens);
  submitted.on_finish = std::move(on_finish);
  return state_->queue.submit(std::move(submitted));
}

void Engine::update(RequestId id, const SamplingParams& sampling) {
  check_sampling(sampling);
  state_->queue.update(id, sampling);
}

void Engine::cancel(RequestId id) {
  state_->queue.cancel(id);
}

void Engine::forget(std::uint64_t session) {
  state_->queue.forget(session);
}

void Engine::freeze(std::uint64_t session, const std::filesystem::path& path, std::uint64_t max_bytes,
                    SessionFileCallback on_finish) {
  check_session(session);
  state_->queue.add({SessionJob::Kind::Freeze, session, path, max_bytes, std::move(on_finish)});
}

void Engine::thaw(std::uint64_t session, const std::filesystem::path& path, SessionFileCallback on_finish) {
  check_session(session);
  state_->queue.add({SessionJob::Kind::Thaw, session, path, 0, std::move(on_finish)});
}

std::vector<std::int32_t> Engine::tokenize(const std::vector<PromptPiece>& prompt) const {
  return prompt_ids(state_->tokenizer.get(), prompt);
}

std::vector<PromptRun> Engine::tokenize_runs(const std::vector<PromptPiece>& prompt) const {
  return prompt_runs(state_->tokenizer.get(), prompt);
}

const ModelInfo& Engine::info() const {
  return state_->info;
}

ModelInfo inspect(const std::filesystem::path& path, const EngineOptions& options) {
  check_options(options);
  const std::unique_ptr<ModelSource> source = ModelSource::open(path);
  return describe(*source, options, open_tokenizer(*source).get());
}

bool quantize(const std::filesystem::path& path, const std::filesystem::path& out, Precision precision, int threads,
              const LoadProgress& progress) {
  QuantizeOptions options;
  options.type = precision == Precision::FourBits ? DType::Q4_0 : DType::Q8_0;
  options.threads = threads;
  options.progress = progress;
  return quantize(*ModelSource::open(path), out, options).finished;
}

std::vector<DeviceInfo> list_devices() {
  return available_devices();
}

int default_threads() {
  return usable_cores();
}

double measure_memory_bandwidth(std::size_t bytes) {
  return measure_read_bandwidth(usable_cores(), bytes) * 1e9;
}

}  // namespace engine
