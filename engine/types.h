#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/error.h"

namespace engine {

enum class DeviceChoice { Auto, Cpu, Cuda };
enum class ComputeMode { Auto, F32 };  ///< F32: every product and sum in float32, the mode of golden logits
/// Auto: F32 with ComputeMode::F32, else the family's own (models.md). Q8_0: 8 bits and a scale for each 32 numbers of a head.
enum class KvType { Auto, F32, F16, BF16, Q8_0 };
enum class IsaChoice { Auto, Portable, Avx2, Avx512, Amx };  ///< the most that the CPU backend may use

struct EngineOptions {
  DeviceChoice device = DeviceChoice::Auto;
  int threads = 0;  ///< 0: physical cores, within the process's CPU limits
  bool pin_threads = false;  ///< each thread of the CPU backend keeps to a core of its own
  KvType kv_type = KvType::Auto;
  ComputeMode compute = ComputeMode::Auto;
  IsaChoice isa = IsaChoice::Auto;
  std::int64_t context_length = 0;  ///< tokens of KV cache in all; 0: the model's own, at most 8192
  int max_sequences = 4;            ///< requests that run side by side; more wait in the queue
  std::int64_t prefill_chunk = 256; ///< tokens of a prompt read between two decode steps of others
  /// Every bit of a token's logits depends on the tokens up to it alone: not on what is computed beside it, in which
  /// chunks, by how many threads, or what was cached. Reads prompts more slowly.
  bool deterministic = false;
};

/// How the next token is drawn; names and order as in transformers' generate(). Defaults are "off".
struct SamplingParams {
  bool do_sample = true;  ///< false, or temperature 0: greedy
  double temperature = 1.0;
  std::int64_t top_k = 0;  ///< 0: off
  double top_p = 1.0;
  double min_p = 0.0;
  double repetition_penalty = 1.0;
  std::uint64_t seed = 0;  ///< 0: drawn anew for each request and told in the result
  bool operator==(const SamplingParams&) const = default;
};

/// A stretch of a prompt. Where `ids` is not empty they count and the text does not (replies generated earlier).
struct PromptPiece {
  std::string text;             ///< UTF-8
  bool parse_special = false;   ///< true for the template's own text only: control tokens in it count
  std::vector<std::int32_t> ids;
};

struct TokenAlternative {
  std::int32_t id = 0;
  std::string text;
  float logprob = 0;
};

/// One generated token. `text` is what can be shown now; it may be empty or finish earlier bytes.
struct TokenEvent {
  std::int32_t id = 0;
  std::string text;
  float logprob = 0;  ///< natural logarithm, of the raw logits before any processor
  std::vector<TokenAlternative> alternatives;  ///< most likely first, by raw logits
};

/// A stretch of a prompt that becomes ids by itself: a control token, a reply given as ids, or the text between these,
/// which is tokenized as one even where several pieces meet in it.
struct PromptRun {
  struct Part {
    std::size_t piece;  ///< index of the piece that it comes from
    std::string text;
  };
  std::vector<Part> parts;
  bool control = false;  ///< one control token
  std::vector<std::int32_t> ids;
};

enum class FinishReason { Stop, Length, Time, Cancelled, Error };
std::string_view name_of(FinishReason reason);

struct GenerationResult {
  FinishReason finish_reason = FinishReason::Stop;
  std::optional<ErrorCode> error_code;  ///< set with FinishReason::Error, and with Length where the context is full
  std::string error;                    ///< its sentence
  std::string tail_text;                ///< text held back until the end, to be shown after the last event's
  std::vector<std::int32_t> ids;        ///< every generated id, the end token included
  std::int64_t prompt_tokens = 0;
  std::int64_t cached_tokens = 0;  ///< of the prompt, found in the KV cache
  std::int64_t completion_tokens = 0;
  double time_to_first_token_s = 0;
  double decode_tok_s = 0;
  std::uint64_t seed = 0;
};

/// One reply to generate.
struct GenerationRequest {
  std::vector<PromptPiece> prompt;
  std::uint64_t session = 0;  ///< requests of one conversation share it, and with it the cached prefix; 0: none kept
  SamplingParams sampling;
  std::int64_t max_new_tokens = 0;  ///< 0: as many as the context holds
  std::vector<std::string> stop;    ///< stop strings; the text ends before the first one found
  std::optional<std::vector<std::int32_t>> eos_token_ids;  ///< in place of the model's own; empty: none
  double max_time_s = 0;            ///< 0: no limit
  int logprobs = 0;                 ///< alternatives wanted for each token
};

using RequestId = std::uint64_t;
/// Called on the engine thread, in order for each request; must return at once and not call the engine.
using TokenCallback = std::function<void(const TokenEvent&)>;
/// Called on the engine thread exactly once a request, after its last token.
using FinishCallback = std::function<void(const GenerationResult&)>;
/// How freezing a session to a file, or thawing it, ended.
struct SessionFileResult {
  bool done = false;        ///< frozen: the file holds the session; thawed: all of the file is in the cache
  std::int64_t tokens = 0;  ///< frozen: in the file; thawed: brought into the cache, where not done perhaps some
  std::uint64_t bytes = 0;  ///< of the file
  double seconds = 0;       ///< from its turn on
  std::string reason;       ///< in a sentence, where not done
  std::optional<ErrorCode> error_code = {};  ///< where an error is the reason
};
/// Called on the engine thread exactly once; must return at once and not call the engine.
using SessionFileCallback = std::function<void(const SessionFileResult&)>;
/// Share of loading done, 0 to 1; returning false stops it (Engine::load then returns null).
using LoadProgress = std::function<bool(double)>;

struct DeviceInfo {
  std::string name;
  std::string kind;  ///< "cpu" or "cuda"
  std::uint64_t memory_total = 0, memory_free = 0;  ///< bytes
  bool usable = false;
  std::string reason;  ///< in words, where not usable
};

/// What a model is and how it was loaded.
struct ModelInfo {
  std::string name;          ///< folder or file name
  std::string architecture;  ///< "ernie4_5"
  std::uint64_t parameters = 0;
  std::int64_t layers = 0, hidden_size = 0, vocab_size = 0;
  std::int64_t context_length = 0;         ///< of the model
  std::int64_t usable_context_length = 0;  ///< of this load: what the KV cache was made for
  std::uint64_t weight_bytes = 0;
  std::vector<std::pair<std::string, std::uint64_t>> weight_types;  ///< type name to bytes
  std::uint64_t kv_bytes_per_token = 0;
  std::uint64_t active_bytes_per_token = 0;  ///< weights read to decode one token
  std::uint64_t memory_bytes = 0;            ///< the plan: weights, KV cache, activations and tokenizer
  std::uint64_t memory_available = 0;        ///< bytes that the system could have given when it was loaded; 0: not known
  bool larger_than_memory = false;           ///< the plan does not fit: weights are read from the disk as they are needed
  std::string device, device_reason;         ///< where it runs, and why there
  std::string isa;                           ///< "avx2" ...
  int threads = 0;
  std::string chat_template;  ///< the file's own; empty: none
  std::vector<std::pair<std::string, std::string>> named_tokens;  ///< "bos_token" ... to their text, for the template
  std::vector<std::int32_t> eos_token_ids;
  SamplingParams default_sampling;  ///< the model's own settings, or its family's
};

}  // namespace engine
