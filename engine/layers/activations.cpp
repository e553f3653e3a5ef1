#include "engine/layers/activations.h"

#include <algorithm>
#include <cassert>

namespace engine {
namespace {

/// Width of the dense layers' MLP and of the shared expert, which use the same buffers.
std::int64_t mlp_width(const ModelConfig& config) {
  return std::max(config.intermediate_size, config.moe.shared_intermediate_size);
}

/// Elements of one token's row over all buffers that have a row per token.
std::int64_t floats_per_token(const ModelConfig& config) {
  const std::int64_t rotated = config.rope.rotated_dims(config.head_dim);  // cosines and sines, half each
  return 2 * config.hidden_size + 2 * config.num_heads * config.head_dim + 2 * config.num_kv_heads * config.head_dim +
         2 * mlp_width(config) + rotated + config.moe.num_experts +
         config.moe.experts_per_token * (2 + config.hidden_size + 2 * config.moe.intermediate_size);
}

}  // namespace

Activations::Activations(Backend& backend, const ModelConfig& config, std::int64_t max_tokens, std::int64_t max_logits)
    : max_tokens_(max_tokens), max_logits_(max_logits), output_size_(config.output_size()) {
  assert(max_tokens > 0 && max_logits > 0);
  const auto allocate = [&backend](Shape shape) { return backend.allocate(DType::F32, std::move(shape)); };
  x = allocate({max_tokens, config.hidden_size});
  normed = allocate({max_tokens, config.hidden_size});
  queries = allocate({max_tokens, config.num_heads, config.head_dim});
  keys = allocate({max_tokens, config.num_kv_heads, config.head_dim});
  values = allocate({max_tokens, config.num_kv_heads, config.head_dim});
  attended = allocate({max_tokens, config.num_heads, config.head_dim});
  gate = allocate({max_tokens, mlp_width(config)});
  up = allocate({max_tokens, mlp_width(config)});
  const std::int64_t rotated = config.rope.rotated_dims(config.head_dim);
  cosines = allocate({max_tokens, rotated / 2});
  sines = allocate({max_tokens, rotated / 2});
  if (const MoeConfig& moe = config.moe; moe.num_experts > 0) {
    const std::int64_t rows = max_tokens * moe.experts_per_token;
    router = allocate({max_tokens, moe.num_experts});
    chosen = backend.allocate(DType::I32, {max_tokens, moe.experts_per_token});
    expert_weights = allocate({max_tokens, moe.experts_per_token});
    expert_rows = allocate({rows, config.hidden_size});
    expert_gate = allocate({rows, moe.intermediate_size});
    expert_up = allocate({rows, moe.intermediate_size});
  }
  head_in = allocate({max_logits, config.hidden_size});
  head_out = allocate({max_logits, config.output_size()});
  if (head_out.device() != Device::Cpu) downloaded_ = Tensor::owned(DType::F32, {max_logits, config.output_size()});
}

std::uint64_t Activations::bytes_needed(const ModelConfig& config, std::int64_t max_tokens, std::int64_t max_logits) {
  const std::int64_t floats =
      max_tokens * floats_per_token(config) + max_logits * (config.hidden_size + config.output_size());
  return static_cast<std::uint64_t>(floats) * sizeof(float);
}

std::span<const float> Activations::logits() const {
  const Tensor& source = downloaded_.empty() ? head_out : downloaded_;
  return {source.f32(), static_cast<std::size_t>(asked_ * output_size_)};
}

std::span<const float> Activations::logits(std::int64_t row) const {
  assert(row >= 0 && row < asked_);
  return logits().subspan(static_cast<std::size_t>(row * output_size_), static_cast<std::size_t>(output_size_));
}

void Activations::set_asked(Backend& backend, std::int64_t asked) {
  assert(asked >= 0 && asked <= max_logits_);
  asked_ = asked;
  if (asked > 0 && !downloaded_.empty()) {
    const Tensor computed = head_out.first(asked);
    Tensor target = downloaded_.first(asked);
    backend.download(computed, {target.mutable_data(), target.bytes()});
  }
}

}  // namespace engine
