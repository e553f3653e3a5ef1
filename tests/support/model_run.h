#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/formats/model_source.h"
#include "engine/kv_cache/kv_cache.h"
#include "engine/layers/activations.h"
#include "engine/models/model.h"

namespace tests {

/// Every product and sum in float32, float32 cache, one thread: what goldens are compared in.
engine::EngineOptions exact(engine::IsaChoice isa = engine::IsaChoice::Auto);

/// A loaded model with all that a forward pass needs, and the passes that tests are made of.
class ModelRun {
 public:
  /// What stands in for the backend that was made, for tests that compute something else on purpose.
  using Replace = std::function<std::unique_ptr<engine::Backend>(std::unique_ptr<engine::Backend>, const engine::ModelConfig&)>;

  explicit ModelRun(const std::filesystem::path& folder, const engine::EngineOptions& options = exact(),
                    std::int64_t context = 512, const Replace& replace = {});

  /// Feeds `ids` after what `sequence` holds, in chunks of at most `chunk` tokens, and commits them. Returns the logits
  /// of every token, [ids, vocab].
  std::vector<float> feed(engine::SequenceId sequence, std::span<const std::int32_t> ids, std::int64_t chunk = 256,
                          engine::Probe* probe = nullptr);
  /// A new sequence that shares nothing.
  engine::SequenceId fresh();
  /// The most likely token after `logits`' last row, lowest id first, appended `count` times; returns those ids. The last
  /// one is not fed.
  std::vector<std::int32_t> greedy(engine::SequenceId sequence, std::span<const float> logits, std::size_t count);

  std::unique_ptr<engine::ModelSource> source;
  std::unique_ptr<engine::Backend> backend;
  std::unique_ptr<engine::Model> model;
  engine::KvCache cache;
  engine::Activations activations;
};

/// The index of the largest; the lowest of equals.
std::int32_t argmax(std::span<const float> values);

}  // namespace tests
