#include "engine/models/ernie4_5.h"

#include <string>

#include "engine/base/error.h"
#include "engine/layers/activations.h"
#include "engine/models/batch_rows.h"
#include "engine/models/last_layer.h"
#include "engine/models/probe.h"

namespace engine {

Ernie45::Ernie45(const ModelSource& source, Backend& backend)
    : source_(source), config_(source.config()), backend_(backend), rope_(config_.rope, config_.head_dim) {}

std::unique_ptr<Model> Ernie45::load(const ModelSource& source, Backend& backend, bool from_disk,
                                     const LoadProgress& progress) {
  const ModelConfig& config = source.config();
  const std::int64_t hidden = config.hidden_size, intermediate = config.intermediate_size;
  const std::int64_t q_width = config.num_heads * config.head_dim, kv_width = config.num_kv_heads * config.head_dim;
  const WeightLoader weights(source, backend);
  std::unique_ptr<Ernie45> model(new Ernie45(source, backend));

  model->embedding_ = weights.matrix("model.embed_tokens.weight", config.vocab_size, hidden);
  for (std::int64_t i = 0; i < config.num_layers; ++i) {
    const std::string layer = "model.layers." + std::to_string(i) + ".";
    const auto linear = [&](const std::string& name, std::int64_t out_features, std::int64_t in_features) {
      return weights.linear(layer + name, out_features, in_features, config.use_bias);
    };
    Layer loaded;
    loaded.input_norm = weights.norm(layer + "input_layernorm", hidden, config.rms_norm_eps);
    loaded.attention = {linear("self_attn.q_proj", q_width, hidden), linear("self_attn.k_proj", kv_width, hidden),
                        linear("self_attn.v_proj", kv_width, hidden), linear("self_attn.o_proj", hidden, q_width)};
    loaded.post_attention_norm = weights.norm(layer + "post_attention_layernorm", hidden, config.rms_norm_eps);
    loaded.has_experts = config.moe.has_experts(i);
    if (loaded.has_experts) {
      loaded.moe = load_moe(weights, layer + "mlp.", config);
      loaded.moe.from_disk = from_disk;
    } else {
      loaded.mlp = {linear("mlp.gate_proj", intermediate, hidden), linear("mlp.up_proj", intermediate, hidden),
                    linear("mlp.down_proj", hidden, intermediate)};
    }
    model->layers_.push_back(std::move(loaded));
    if (progress && !progress(static_cast<double>(i + 1) / static_cast<double>(config.num_layers + 1))) return nullptr;
  }
  // Only the class with experts has a bias on its head.
  model->head_ = load_head(weights, config, config.use_bias && config.moe.num_experts > 0);
  if (progress && !progress(1.0)) return nullptr;
  return model;
}

bool Ernie45::forward(const Batch& batch, KvCache& cache, Activations& a, const std::atomic<bool>* stop,
                      Probe* probe) const {
  const BatchRows rows = rows_of(batch, cache, a);
  auto tokens = static_cast<std::int64_t>(rows.ids.size());
  const KvPool pool = cache.pool();
  Tensor x = a.x.first(tokens), normed = a.normed.first(tokens);
  Tensor cosines = a.cosines.first(tokens), sines = a.sines.first(tokens);
  ProbeWriter seen(probe, backend_, config_, rows);

  const bool few_asked = probe == nullptr && rows.asked.size() < rows.ids.size();
  backend_.set_fine_rows(rows.asked);
  rope_.fill(backend_, rows.positions, rows.lengths, cosines, sines);
  embed(backend_, embedding_, batch, rows, x);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) return false;
    const Layer& layer = layers_[i];
    const auto number = static_cast<std::int64_t>(i);
    seen.hidden_states(x);
    backend_.rms_norm(x, layer.input_norm.weight, layer.input_norm.eps, normed);
    if (few_asked && i + 1 == layers_.size()) {
      tokens = attention_of_last_layer(backend_, layer.attention, pool, number, rows, rope_, a);
      if (tokens == 0) break;
      x = a.x.first(tokens);
      normed = a.normed.first(tokens);
    } else {
      attention(backend_, layer.attention, pool, number, rows.sequences, tokens, a);
    }
    seen.attentions(pool, number, a.queries);
    backend_.rms_norm(x, layer.post_attention_norm.weight, layer.post_attention_norm.eps, normed);
    if (layer.has_experts) {
      mixture_of_experts(backend_, layer.moe, tokens, a);
      seen.router(number, a);
    } else {
      gated_mlp(backend_, layer.mlp, tokens, a);
    }
  }
  if (stop != nullptr && stop->load(std::memory_order_relaxed)) return false;
  seen.final_hidden_states(x, head_.norm, normed);
  head(backend_, head_, embedding_, few_asked ? first_rows(rows.asked.size()) : rows.asked, a);
  source_.check_files();
  return true;
}

}  // namespace engine
