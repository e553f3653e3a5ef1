#include "engine/models/glm4.h"

#include <string>

#include "engine/layers/activations.h"
#include "engine/models/batch_rows.h"
#include "engine/models/last_layer.h"
#include "engine/models/probe.h"

namespace engine {

Glm4::Glm4(const ModelSource& source, Backend& backend)
    : source_(source), config_(source.config()), backend_(backend), rope_(config_.rope, config_.head_dim) {}

std::unique_ptr<Model> Glm4::load(const ModelSource& source, Backend& backend, const LoadProgress& progress) {
  const ModelConfig& config = source.config();
  const std::int64_t hidden = config.hidden_size, intermediate = config.intermediate_size;
  const std::int64_t q_width = config.num_heads * config.head_dim, kv_width = config.num_kv_heads * config.head_dim;
  const WeightLoader weights(source, backend);
  std::unique_ptr<Glm4> model(new Glm4(source, backend));

  model->embedding_ = weights.matrix("model.embed_tokens.weight", config.vocab_size, hidden);
  for (std::int64_t i = 0; i < config.num_layers; ++i) {
    const std::string layer = "model.layers." + std::to_string(i) + ".";
    const auto norm = [&](const std::string& name) { return weights.norm(layer + name, hidden, config.rms_norm_eps); };
    const auto qkv = [&](const std::string& name, std::int64_t width) {
      return weights.linear(layer + "self_attn." + name, width, hidden, config.attention_bias);
    };
    Layer loaded;
    loaded.input_norm = norm("input_layernorm");
    loaded.attention = {qkv("q_proj", q_width), qkv("k_proj", kv_width), qkv("v_proj", kv_width),
                        weights.linear(layer + "self_attn.o_proj", hidden, q_width, false)};
    // What is rounded here all later rows see; with activations in 8 bits the next token's probabilities diverge nine times as
    // far from those in float32 (KL 2e-4 instead of 3e-5, 9B in Q4_0), for a sixth of the prompt's time.
    loaded.attention.fine = true;
    loaded.post_self_attn_norm = norm("post_self_attn_layernorm");
    loaded.post_attention_norm = norm("post_attention_layernorm");
    // One tensor in the files, gate rows first; two views of it here.
    const std::string gate_up = layer + "mlp.gate_up_proj.weight";
    loaded.mlp.gate.weight = weights.rows_of(gate_up, {2 * intermediate, hidden}, 0, intermediate);
    loaded.mlp.up.weight = weights.rows_of(gate_up, {2 * intermediate, hidden}, intermediate, intermediate);
    loaded.mlp.down = weights.linear(layer + "mlp.down_proj", hidden, intermediate, false);
    loaded.post_mlp_norm = norm("post_mlp_layernorm");
    model->layers_.push_back(std::move(loaded));
    if (progress && !progress(static_cast<double>(i + 1) / static_cast<double>(config.num_layers + 1))) return nullptr;
  }
  model->head_ = load_head(weights, config, false);
  if (progress && !progress(1.0)) return nullptr;
  return model;
}

bool Glm4::forward(const Batch& batch, KvCache& cache, Activations& a, const std::atomic<bool>* stop, Probe* probe) const {
  const BatchRows rows = rows_of(batch, cache, a);
  auto tokens = static_cast<std::int64_t>(rows.ids.size());
  const KvPool pool = cache.pool();
  Tensor x = a.x.first(tokens), normed = a.normed.first(tokens);
  Tensor cosines = a.cosines.first(tokens), sines = a.sines.first(tokens);
  ProbeWriter seen(probe, backend_, config_, rows);
  const auto norm = [this](const Tensor& from, const Norm& with, Tensor& to) { backend_.rms_norm(from, with.weight, with.eps, to); };

  const bool few_asked = probe == nullptr && rows.asked.size() < rows.ids.size();
  backend_.set_fine_rows(rows.asked);
  rope_.fill(backend_, rows.positions, rows.lengths, cosines, sines);
  embed(backend_, embedding_, batch, rows, x);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) return false;
    const Layer& layer = layers_[i];
    const auto number = static_cast<std::int64_t>(i);
    seen.hidden_states(x);
    norm(x, layer.input_norm, normed);
    if (few_asked && i + 1 == layers_.size()) {
      tokens = attention_of_last_layer(backend_, layer.attention, pool, number, rows, rope_, a, SubLayerOutput::ToNormed);
      if (tokens == 0) break;
      x = a.x.first(tokens);
      normed = a.normed.first(tokens);
    } else {
      attention(backend_, layer.attention, pool, number, rows.sequences, tokens, a, SubLayerOutput::ToNormed);
    }
    seen.attentions(pool, number, a.queries);
    norm(normed, layer.post_self_attn_norm, normed);
    backend_.add(normed, x);
    norm(x, layer.post_attention_norm, normed);
    gated_mlp(backend_, layer.mlp, tokens, a, SubLayerOutput::ToNormed);
    norm(normed, layer.post_mlp_norm, normed);
    backend_.add(normed, x);
  }
  if (stop != nullptr && stop->load(std::memory_order_relaxed)) return false;
  seen.final_hidden_states(x, head_.norm, normed);
  head(backend_, head_, embedding_, few_asked ? first_rows(rows.asked.size()) : rows.asked, a);
  source_.check_files();
  return true;
}

}  // namespace engine
