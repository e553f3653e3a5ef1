#include "engine/models/probe.h"

#include <cmath>
#include <string>

#include "engine/base/error.h"

namespace engine {

ProbeWriter::ProbeWriter(Probe* probe, Backend& backend, const ModelConfig& config, const BatchRows& rows)
    : probe_(probe), backend_(backend), config_(config), rows_(rows) {
  if (probe_ == nullptr) return;
  probe_->hidden_states.clear();
  probe_->routers.clear();
  probe_->attentions.assign(probe_->want_attentions.size(), {});
  for (const std::int64_t layer : probe_->want_attentions) {
    if (layer < 0 || layer >= config.num_layers) {
      throw Error(ErrorCode::InvalidRequest, "Attention of layer " + std::to_string(layer) +
                                                 " was asked for, but the model has layers 0 to " +
                                                 std::to_string(config.num_layers - 1));
    }
  }
  const bool whole = rows.sequences.size() == 1 && rows.sequences[0].first_position == 0;
  if (!probe_->want_attentions.empty() && !whole) {
    throw Error(ErrorCode::InvalidRequest, "Attention can be shown only for one prompt that is read from its start at once");
  }
}

void ProbeWriter::hidden_states(const Tensor& x) {
  if (!wants_hidden_states()) return;
  std::vector<float>& values = probe_->hidden_states.emplace_back(static_cast<std::size_t>(x.count()));
  backend_.download(x, std::as_writable_bytes(std::span(values)));
}

void ProbeWriter::final_hidden_states(const Tensor& x, const Norm& norm, Tensor& scratch) {
  if (!wants_hidden_states()) return;
  backend_.rms_norm(x, norm.weight, norm.eps, scratch);
  hidden_states(scratch);
}

void ProbeWriter::router(std::int64_t layer, Activations& a) {
  if (probe_ == nullptr || !probe_->want_routers) return;
  const auto tokens = static_cast<std::int64_t>(rows_.ids.size());
  const auto fetch = [&](Tensor& from, auto& to) {
    const Tensor part = from.first(tokens);
    to.resize(static_cast<std::size_t>(part.count()));
    backend_.download(part, std::as_writable_bytes(std::span(to)));
  };
  Probe::Router& router = probe_->routers.emplace_back();
  router.layer = layer;
  fetch(a.router, router.logits);
  fetch(a.chosen, router.chosen);
  fetch(a.expert_weights, router.weights);
}

void ProbeWriter::attentions(const KvPool& pool, std::int64_t layer, Tensor& queries) {
  if (probe_ == nullptr) return;
  const auto tokens = static_cast<std::int64_t>(rows_.ids.size());
  const float scale = 1.0f / std::sqrt(static_cast<float>(config_.head_dim));
  for (std::size_t i = 0; i < probe_->want_attentions.size(); ++i) {
    if (probe_->want_attentions[i] != layer) continue;
    probe_->attentions[i].resize(static_cast<std::size_t>(config_.num_heads * tokens * tokens));
    backend_.attention_probabilities(pool, layer, queries.first(tokens), rows_.sequences[0], scale,
                                     probe_->attentions[i]);
  }
}

}  // namespace engine
