#include "engine/layers/activations.h"

#include <cassert>

namespace engine {
namespace {

/// Elements of one token's row over all buffers that have a row per token.
std::int64_t floats_per_token(const ModelConfig& config) {
  const std::int64_t rotated = config.head_dim;  // cosines and sines, at most half a head each
  return 2 * config.hidden_size + 2 * config.num_heads * config.head_dim + 2 * config.num_kv_heads * config.head_dim +
         2 * config.intermediate_size + rotated;
}

}  // namespace

Activations::Activations(Backend& backend, const ModelConfig& config, std::int64_t max_tokens, std::int64_t max_logits)
    : max_tokens_(max_tokens), max_logits_(max_logits), vocab_size_(config.vocab_size) {
  assert(max_tokens > 0 && max_logits > 0);
  const auto allocate = [&backend](Shape shape) { return backend.allocate(DType::F32, std::move(shape)); };
  x = allocate({max_tokens, config.hidden_size});
  normed = allocate({max_tokens, config.hidden_size});
  queries = allocate({max_tokens, config.num_heads, config.head_dim});
  keys = allocate({max_tokens, config.num_kv_heads, config.head_dim});
  values = allocate({max_tokens, config.num_kv_heads, config.head_dim});
  attended = allocate({max_tokens, config.num_heads, config.head_dim});
  gate = allocate({max_tokens, config.intermediate_size});
  up = allocate({max_tokens, config.intermediate_size});
  const auto rotated = static_cast<std::int64_t>(static_cast<double>(config.head_dim) * config.rope.partial_rotary_factor);
  cosines = allocate({max_tokens, rotated / 2});
  sines = allocate({max_tokens, rotated / 2});
  head_in = allocate({max_logits, config.hidden_size});
  head_out = allocate({max_logits, config.vocab_size});
  if (head_out.device() != Device::Cpu) downloaded_ = Tensor::owned(DType::F32, {max_logits, config.vocab_size});
}

std::uint64_t Activations::bytes_needed(const ModelConfig& config, std::int64_t max_tokens, std::int64_t max_logits) {
  const std::int64_t floats =
      max_tokens * floats_per_token(config) + max_logits * (config.hidden_size + config.vocab_size);
  return static_cast<std::uint64_t>(floats) * sizeof(float);
}

std::span<const float> Activations::logits() const {
  const Tensor& source = downloaded_.empty() ? head_out : downloaded_;
  return {source.f32(), static_cast<std::size_t>(asked_ * vocab_size_)};
}

std::span<const float> Activations::logits(std::int64_t row) const {
  assert(row >= 0 && row < asked_);
  return logits().subspan(static_cast<std::size_t>(row * vocab_size_), static_cast<std::size_t>(vocab_size_));
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
