#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/formats/model_source.h"
#include "engine/kv_cache/kv_cache.h"
#include "engine/types.h"

namespace engine {

class Backend;
class Activations;

/// One token of a forward pass.
struct BatchToken {
  std::int32_t id = 0;
  std::int64_t position = 0;     ///< in its sequence, from 0
  SequenceId sequence = 0;       ///< as KvCache::open gave it
  bool wants_logits = false;
  /// Tokens of the sequence with all of its prompt, what is not computed yet included; 0: up to this batch's end. Some
  /// rope scalings turn by it, and a prompt read in chunks must turn as if read whole.
  std::int64_t sequence_length = 0;
};

/// A flat list of tokens: chunks of prompts and single decode steps side by side. Tokens of one sequence stand together
/// and in order of position.
struct Batch {
  std::vector<BatchToken> tokens;
  /// In place of what the embedding says about the ids (inputs_embeds of the reference): [tokens, hidden] float32 in CPU
  /// memory, alive during forward(). Empty: looked up.
  std::span<const float> embeddings = {};
};

/// What a caller wants to see of a forward pass; filled only where asked for, costs nothing otherwise. All values are
/// float32, rows in batch order.
struct Probe {
  bool want_hidden_states = false;
  std::vector<std::int64_t> want_attentions;          ///< layer numbers; only for one sequence fed from position 0
  std::vector<std::vector<float>> hidden_states;      ///< layers + 1 entries of [tokens, hidden]; the last after the final norm
  std::vector<std::vector<float>> attentions;         ///< per wanted layer [heads, tokens, tokens]
  bool want_routers = false;
  /// What the router of a layer said about each token, in the order of the layers that have experts.
  struct Router {
    std::int64_t layer = 0;
    std::vector<float> logits;         ///< [tokens, experts]
    std::vector<std::int32_t> chosen;  ///< [tokens, experts_per_token]
    std::vector<float> weights;        ///< [tokens, experts_per_token]
  };
  std::vector<Router> routers;
};

/// A decoder whose weights are loaded. Immutable after creation, keeps no state of a conversation.
class Model {
 public:
  virtual ~Model() = default;
  virtual const ModelConfig& config() const = 0;

  /// Runs `batch`: writes keys and values of its tokens into `cache` (room must have been reserved) and leaves the
  /// logits of the tokens that asked in `activations.logits()`, float32 [asked, vocab_size] in batch order.
  /// `stop`, where not null, is looked at between layers; returns false if it was seen set (the logits are then not
  /// valid and the cache positions of this batch not written). Throws Error(CorruptFile) where a file of the weights was cut meanwhile. Needs batch.tokens.size() <= activations.max_tokens().
  virtual bool forward(const Batch& batch, KvCache& cache, Activations& activations, const std::atomic<bool>* stop,
                       Probe* probe = nullptr) const = 0;
};

/// Loads the model that `source` describes onto `backend`; weights stay views of the mapped file where the backend can
/// use them so. `source` must outlive the model. `progress` as in Engine::load; null is returned when it said stop.
/// Throws Error(UnsupportedModel) for an unknown architecture, Error(CorruptFile) for a missing or misshapen tensor.
std::unique_ptr<Model> create_model(const ModelSource& source, Backend& backend, const EngineOptions& options,
                                    const LoadProgress& progress);

/// The cache geometry that a model of this config needs. Throws Error(InvalidRequest) where its heads do not fit the type.
KvGeometry kv_geometry(const ModelConfig& config, const EngineOptions& options);
/// The same on the backend that the model runs on: where the type is left open, a float16 cache becomes one of bfloat16,
/// of the same size, if that is multiplied faster and weights are quantised, so that what it rounds counts little.
KvGeometry kv_geometry(const ModelSource& source, const EngineOptions& options, const BackendInfo& where);

/// Memory that a model takes, in bytes: weights where they lie, KV cache for `context_length` tokens, activations.
/// Pure: what is shown before loading is what is allocated later.
struct MemoryNeeded {
  std::uint64_t weights = 0, kv_cache = 0, activations = 0;
  std::uint64_t total() const { return weights + kv_cache + activations; }
};
MemoryNeeded memory_needed(const ModelSource& source, const EngineOptions& options, std::int64_t context_length);
/// Whether the system has so many bytes to give just now; true where it does not tell.
bool fits_memory(std::uint64_t bytes);

}  // namespace engine
