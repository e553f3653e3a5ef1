#include "engine/layers/head.h"

#include <array>
#include <numeric>

namespace engine {

Head load_head(const WeightLoader& weights, const ModelConfig& config, bool bias) {
  Head head{weights.norm("model.norm", config.hidden_size, config.rms_norm_eps), {}};
  if (config.task != ModelTask::CausalLm) {
    head.projection = weights.linear("score", config.output_size(), config.hidden_size, config.task == ModelTask::TokenClassification);
  } else if (!config.tie_word_embeddings) {
    head.projection = weights.linear("lm_head", config.vocab_size, config.hidden_size, bias);
  } else if (bias) {
    head.projection.bias = weights.vector("lm_head.bias", config.vocab_size);
  }
  return head;
}

std::vector<std::int64_t> first_rows(std::size_t count) {
  std::vector<std::int64_t> rows(count);
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  return rows;
}

void head(Backend& backend, const Head& head, const Tensor& embedding, std::span<const std::int64_t> asked, Activations& a) {
  const auto count = static_cast<std::int64_t>(asked.size());
  if (count > 0) {
    Tensor in = a.head_in.first(count), out = a.head_out.first(count), last = a.normed.first(count);
    backend.gather_rows(a.x, asked, last);
    backend.rms_norm(last, head.norm.weight, head.norm.eps, in);
    backend.set_fine_rows(first_rows(asked.size()));
    const Tensor& matrix = head.projection.weight.empty() ? embedding : head.projection.weight;
    const std::array projections{Projection{&matrix, &head.projection.bias, &out}};
    backend.linear(in, projections);
  }
  a.set_asked(backend, count);
}

}  // namespace engine
