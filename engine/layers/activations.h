#pragma once

#include <cstdint>
#include <span>

#include "engine/backends/backend.h"
#include "engine/formats/model_source.h"

namespace engine {

/// Every buffer of a forward pass, allocated once at load and used again in every step. `T` is max_tokens, `A`
/// max_logits; all float32. Engine thread only.
class Activations {
 public:
  /// Room for batches of up to `max_tokens` tokens of which up to `max_logits` ask for logits.
  /// Throws Error(OutOfMemory).
  Activations(Backend& backend, const ModelConfig& config, std::int64_t max_tokens, std::int64_t max_logits);

  /// Bytes that the constructor allocates: part of the memory plan.
  static std::uint64_t bytes_needed(const ModelConfig& config, std::int64_t max_tokens, std::int64_t max_logits);

  std::int64_t max_tokens() const { return max_tokens_; }
  std::int64_t max_logits() const { return max_logits_; }

  /// Logits of the last forward pass in CPU memory: [asked, output_size] in batch order.
  std::span<const float> logits() const;
  /// One row of them, `row` counted among the tokens that asked.
  std::span<const float> logits(std::int64_t row) const;
  /// Set by Model::forward: how many rows of head_out are the last pass's; fetches them from the device.
  void set_asked(Backend& backend, std::int64_t asked);

  Tensor x;             ///< [T, hidden]: the residual stream
  Tensor normed;        ///< [T, hidden]: input of a sub-layer
  Tensor queries;       ///< [T, heads, head_dim]
  Tensor keys, values;  ///< [T, kv_heads, head_dim]
  Tensor attended;      ///< [T, heads, head_dim]
  Tensor gate, up;      ///< [T, intermediate]
  Tensor cosines, sines;  ///< [T, rotated / 2]
  Tensor router;          ///< [T, experts]; like the next five empty in a dense model, k = experts_per_token
  Tensor chosen;          ///< [T, k] I32
  Tensor expert_weights;  ///< [T, k]
  Tensor expert_rows;     ///< [T * k, hidden]
  Tensor expert_gate, expert_up;  ///< [T * k, intermediate of an expert]
  Tensor head_in;       ///< [A, hidden]: rows that asked, after the final norm
  Tensor head_out;      ///< [A, output_size]: their logits

 private:
  std::int64_t max_tokens_;
  std::int64_t max_logits_;
  std::int64_t output_size_;
  std::int64_t asked_ = 0;
  Tensor downloaded_;  ///< [A, output_size] in CPU memory where head_out is not
};

}  // namespace engine
