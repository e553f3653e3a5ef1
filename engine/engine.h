#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "engine/types.h"

namespace engine {

/// The one door to a loaded model. Owns the backend, the model, tokenizer, cache and scheduler, and the one thread that
/// runs them. Every method may be called from any thread; none waits for computation except load().
class Engine {
 public:
  /// Loads a Hugging Face folder. Blocks its caller while the engine thread loads; `progress` is called there.
  /// Returns null if `progress` asked to stop. Throws Error with a sentence naming the file and the field.
  static std::unique_ptr<Engine> load(const std::filesystem::path& path, const EngineOptions& options,
                                      const LoadProgress& progress = {});
  /// Cancels every request (each gets its on_finish with Cancelled), joins the thread, frees everything.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Puts a request in the queue; what is wrong with it is told through `on_finish` (FinishReason::Error).
  RequestId submit(GenerationRequest request, TokenCallback on_tokens, FinishCallback on_finish);
  /// Changes the sampling of a running request from its next token on; an ended id is ignored.
  /// Throws Error(InvalidRequest) naming a setting that is out of its range.
  void update(RequestId id, const SamplingParams& sampling);
  /// Ends a request soon: seen between layers, chunks and steps. An ended id is ignored.
  void cancel(RequestId id);
  /// Drops what is cached for a session and ends what is asked for its files.
  void forget(std::uint64_t session);

  /// Writes what is cached for a session (1 to 2^63 - 1) to a file, so that thaw() brings it back after a restart, in
  /// place of a session file of that name. Replies go on meanwhile; the file gets its name when it is whole. Nothing is
  /// written where the file holds the session already or would have more than `max_bytes` (0: any). What goes wrong is
  /// told through `on_finish`. Freezing and thawing run in the order of the calls. Throws Error(InvalidRequest) for
  /// another session number.
  void freeze(std::uint64_t session, const std::filesystem::path& path, std::uint64_t max_bytes,
              SessionFileCallback on_finish);
  /// Reads a session's file into the cache; requests of the session that are submitted later wait for it and find it as
  /// a cached prefix, token by token. A file of another model, other options, or a damaged one is not used, or to where
  /// it is sound. Errors as freeze().
  void thaw(std::uint64_t session, const std::filesystem::path& path, SessionFileCallback on_finish);

  /// Ids of a prompt, as submit() would make them. Throws Error(InvalidRequest) when the model has no tokenizer.
  std::vector<std::int32_t> tokenize(const std::vector<PromptPiece>& prompt) const;
  /// The same with the stretches of text that the ids stand for, in order.
  std::vector<PromptRun> tokenize_runs(const std::vector<PromptPiece>& prompt) const;
  std::size_t count_tokens(const std::vector<PromptPiece>& prompt) const { return tokenize(prompt).size(); }
  const ModelInfo& info() const;

 private:
  struct State;
  explicit Engine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// What a model would be and need, from its header alone, without loading it (`plan` of sotto-cli info).
/// `context_length` 0 asks for the default. Throws Error as Engine::load does.
ModelInfo inspect(const std::filesystem::path& path, const EngineOptions& options);

/// How small quantize() makes a model's matrices. Four bits: Q4_0, which has whole blocks in every row of the known models.
enum class Precision { EightBits, FourBits };

/// Writes the model at `path` as one GGUF file, memory staying at some tens of megabytes. Blocks its caller; `progress`
/// is called there some times a second. False if it asked to stop: nothing was written. `out` appears only when it is
/// complete. `threads` 0: physical cores. Throws Error as engine/quantize/quantize.h says.
bool quantize(const std::filesystem::path& path, const std::filesystem::path& out, Precision precision, int threads,
              const LoadProgress& progress);

/// The devices of this machine: the CPU always, CUDA always with the reason where it is not usable.
std::vector<DeviceInfo> list_devices();

/// Threads that a model on the CPU gets where the options leave it open.
int default_threads();
/// Bytes a second that default_threads() reach in reading the main memory just now: with active_bytes_per_token the most
/// tokens a second that the CPU can decode. Reads `bytes` several times, about a second for a gigabyte; they should be
/// well beyond the CPU's caches. Throws Error(OutOfMemory).
double measure_memory_bandwidth(std::size_t bytes);

}  // namespace engine
