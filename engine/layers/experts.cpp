#include "engine/layers/experts.h"

#include <array>
#include <span>
#include <vector>

#include "engine/base/file_view.h"

namespace engine {
namespace {

ExpertWeights load_expert(const WeightLoader& weights, const std::string& prefix, std::int64_t j, const ModelConfig& config) {
  const std::int64_t hidden = config.hidden_size, width = config.moe.intermediate_size, count = config.moe.num_experts;
  const std::string fused = prefix + "experts.gate_up_proj", stacked = prefix + "experts.gate_proj.weight";
  if (weights.has(fused)) {
    const Shape shape{count, 2 * width, hidden};
    return {weights.rows_of(fused, shape, 2 * j * width, width), weights.rows_of(fused, shape, (2 * j + 1) * width, width),
            weights.rows_of(prefix + "experts.down_proj", {count, hidden, width}, j * hidden, hidden)};
  }
  if (weights.has(stacked)) {
    const Shape shape{count, width, hidden};
    return {weights.rows_of(stacked, shape, j * width, width),
            weights.rows_of(prefix + "experts.up_proj.weight", shape, j * width, width),
            weights.rows_of(prefix + "experts.down_proj.weight", {count, hidden, width}, j * hidden, hidden)};
  }
  const std::string expert = prefix + "experts." + std::to_string(j) + ".";
  return {weights.matrix(expert + "gate_proj.weight", width, hidden), weights.matrix(expert + "up_proj.weight", width, hidden),
          weights.matrix(expert + "down_proj.weight", hidden, width)};
}

/// Asks for the experts that `chosen` [tokens, k] names, in the order in which they are computed. A page fault brings a
/// hundred kilobytes and waits for them; asked for together, megabytes come at the pace of the disk while the first are
/// computed. More than a part of the memory at once would push out what was asked for first.
void request_experts(Backend& backend, const MoeWeights& weights, const Tensor& chosen) {
  constexpr std::size_t kMostBytes = std::size_t{256} << 20;
  std::vector<std::int32_t> ids(static_cast<std::size_t>(chosen.count()));
  backend.download(chosen, std::as_writable_bytes(std::span(ids)));
  std::vector<bool> wanted(weights.routed.size());
  for (const std::int32_t id : ids) wanted[static_cast<std::size_t>(id)] = true;
  std::size_t bytes = 0;
  const auto request = [&bytes](const Tensor& matrix) {
    bytes += matrix.bytes();
    if (bytes <= kMostBytes && matrix.scaling() == nullptr) request_pages({matrix.data(), matrix.bytes()});
  };
  // As Backend::experts goes through them: gate and up of all, then down of all.
  for (std::size_t j = 0; j < wanted.size(); ++j) {
    if (!wanted[j]) continue;
    request(weights.routed[j].gate);
    request(weights.routed[j].up);
  }
  for (std::size_t j = 0; j < wanted.size(); ++j) {
    if (wanted[j]) request(weights.routed[j].down);
  }
}

}  // namespace

MoeWeights load_moe(const WeightLoader& weights, const std::string& prefix, const ModelConfig& config) {
  const MoeConfig& moe = config.moe;
  MoeWeights loaded;
  loaded.router = weights.matrix(prefix + "gate.weight", moe.num_experts, config.hidden_size);
  const std::string bias = "moe_statics.e_score_correction_bias";  // below the router in files of transformers 5
  loaded.correction_bias = weights.row_vector(prefix + (weights.has(prefix + "gate." + bias) ? "gate." : "") + bias, moe.num_experts);
  loaded.norm_min = static_cast<float>(moe.norm_min);
  for (std::int64_t j = 0; j < moe.num_experts; ++j) loaded.routed.push_back(load_expert(weights, prefix, j, config));
  if (const std::int64_t width = moe.shared_intermediate_size; width > 0) {
    const std::string shared = prefix + "shared_experts.";
    loaded.shared = {weights.linear(shared + "gate_proj", width, config.hidden_size, config.use_bias),
                     weights.linear(shared + "up_proj", width, config.hidden_size, config.use_bias),
                     weights.linear(shared + "down_proj", config.hidden_size, width, config.use_bias)};
  }
  return loaded;
}

void mixture_of_experts(Backend& backend, const MoeWeights& weights, std::int64_t tokens, Activations& a) {
  const Tensor normed = a.normed.first(tokens);
  Tensor router = a.router.first(tokens), chosen = a.chosen.first(tokens), share = a.expert_weights.first(tokens);
  Tensor x = a.x.first(tokens);
  const std::array inputs{Projection{&weights.router, nullptr, &router}};
  backend.linear(normed, inputs);
  backend.choose_experts(router, weights.correction_bias, weights.norm_min, chosen, share);
  if (weights.from_disk) request_experts(backend, weights, chosen);
  const ExpertBuffers buffers{&a.expert_rows, &a.expert_gate, &a.expert_up};
  backend.experts(normed, weights.routed, chosen, share, buffers, x);
  if (!weights.shared.gate.weight.empty()) gated_mlp(backend, weights.shared, tokens, a);
}

}  // namespace engine
