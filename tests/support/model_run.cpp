#include "tests/support/model_run.h"

#include <algorithm>
#include <stdexcept>

namespace tests {

using engine::SequenceId;

ModelRun::ModelRun(const std::filesystem::path& folder, const engine::EngineOptions& options, std::int64_t context,
                   const Replace& replace)
    : source(engine::ModelSource::open(folder)),
      backend(replace ? replace(engine::create_backend(options), source->config()) : engine::create_backend(options)),
      model(engine::create_model(*source, *backend, options, {})),
      cache(engine::kv_geometry(*source, options, backend->info()), context, backend.get()),
      activations(*backend, source->config(), 256, 256) {}

engine::EngineOptions exact(engine::IsaChoice isa) {
  engine::EngineOptions options;
  options.device = engine::DeviceChoice::Cpu;
  options.compute = engine::ComputeMode::F32;
  options.isa = isa;
  options.threads = 1;
  return options;
}

std::vector<float> ModelRun::feed(SequenceId sequence, std::span<const std::int32_t> ids, std::int64_t chunk,
                                  engine::Probe* probe) {
  std::vector<float> logits;
  while (!ids.empty()) {
    const auto part = ids.first(std::min(ids.size(), static_cast<std::size_t>(chunk)));
    const std::int64_t length = cache.length(sequence);
    if (!cache.reserve(sequence, static_cast<std::int64_t>(part.size()))) throw std::runtime_error("cache is full");
    engine::Batch batch;
    for (std::size_t i = 0; i < part.size(); ++i) {
      batch.tokens.push_back({part[i], length + static_cast<std::int64_t>(i), sequence, true,
                              length + static_cast<std::int64_t>(ids.size())});
    }
    if (!model->forward(batch, cache, activations, nullptr, probe)) throw std::runtime_error("forward was stopped");
    cache.commit(sequence, part);
    const auto rows = activations.logits();
    logits.insert(logits.end(), rows.begin(), rows.end());
    ids = ids.subspan(part.size());
  }
  return logits;
}

SequenceId ModelRun::fresh() {
  const std::int32_t id = 0;
  const auto opened = cache.open(0, std::span(&id, 1));
  if (!opened) throw std::runtime_error("cache is full");
  return opened->sequence;
}

std::vector<std::int32_t> ModelRun::greedy(SequenceId sequence, std::span<const float> logits, std::size_t count) {
  const auto vocab = static_cast<std::size_t>(model->config().vocab_size);
  std::vector<std::int32_t> ids{argmax(logits.last(vocab))};
  while (ids.size() < count) ids.push_back(argmax(feed(sequence, std::span(&ids.back(), 1))));
  return ids;
}

std::int32_t argmax(std::span<const float> values) {
  return static_cast<std::int32_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

}  // namespace tests
