#include "engine/generation/fingerprint.h"

#include <algorithm>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/base/checksum.h"

namespace engine {

namespace {

/// To be raised with every change after which the same weights give other keys and values.
constexpr std::uint32_t kComputation = 1;

/// Gathers what the fingerprint is taken of, each part with its length, so that no two lists look the same.
class Parts {
 public:
  void add(std::span<const std::byte> part) {
    add(static_cast<std::uint64_t>(part.size()));
    bytes_.insert(bytes_.end(), part.begin(), part.end());
  }
  void add(const std::string& text) { add(std::as_bytes(std::span(text))); }
  template <typename T>
  requires(std::is_arithmetic_v<T> || std::is_enum_v<T>) void add(T number) {
    const auto part = std::as_bytes(std::span(&number, 1));
    bytes_.insert(bytes_.end(), part.begin(), part.end());
  }
  template <typename T>
  void add(const std::vector<T>& numbers) {
    add(std::as_bytes(std::span(numbers)));
  }
  template <typename T>
  void add(const std::optional<T>& number) {
    add(number.has_value());
    if (number) add(*number);
  }
  Fingerprint sum() const { return {checksum(bytes_, 1), checksum(bytes_, 2)}; }

 private:
  std::vector<std::byte> bytes_;
};

void add_config(Parts& parts, const ModelConfig& config) {
  parts.add(config.architecture);
  for (const std::int64_t number : {config.hidden_size, config.num_layers, config.num_heads, config.num_kv_heads,
                                    config.head_dim, config.intermediate_size, config.vocab_size}) {
    parts.add(number);
  }
  parts.add(config.rms_norm_eps);
  for (const bool flag : {config.tie_word_embeddings, config.use_bias, config.attention_bias}) parts.add(flag);

  const RopeConfig& rope = config.rope;
  parts.add(rope.type);
  for (const double number : {rope.theta, rope.partial_rotary_factor, rope.factor, rope.beta_fast, rope.beta_slow,
                              rope.low_freq_factor, rope.high_freq_factor}) {
    parts.add(number);
  }
  parts.add(rope.context_length);
  parts.add(rope.original_context_length);
  parts.add(rope.truncate);
  parts.add(rope.attention_factor);
  parts.add(rope.mscale);
  parts.add(rope.mscale_all_dim);
  parts.add(rope.short_factor);
  parts.add(rope.long_factor);

  const MoeConfig& moe = config.moe;
  for (const std::int64_t number : {moe.num_experts, moe.experts_per_token, moe.intermediate_size,
                                    moe.shared_intermediate_size, moe.layer_start, moe.layer_end, moe.layer_interval}) {
    parts.add(number);
  }
  parts.add(moe.norm_min);
}

void add_weight(Parts& parts, const std::string& name, const TensorView& weight) {
  constexpr std::size_t kSample = 64, kEvery = std::size_t{16} << 20;
  parts.add(name);
  parts.add(weight.dtype);
  parts.add(weight.shape);
  parts.add(weight.stored_bytes());
  const std::size_t size = weight.bytes.size();
  for (std::size_t at = 0; at < size; at += kEvery) parts.add(weight.bytes.subspan(at, std::min(kSample, size - at)));
  parts.add(weight.bytes.last(std::min(kSample, size)));
}

}  // namespace

Fingerprint fingerprint_of(const ModelSource& source, const KvGeometry& geometry, const BackendInfo& backend,
                           const EngineOptions& options) {
  Parts parts;
  parts.add(kComputation);
  add_config(parts, source.config());
  for (const auto& [name, weight] : source.tensors()) add_weight(parts, name, weight);
  parts.add(geometry.type);
  parts.add(backend.device);
  parts.add(backend.isa);
  parts.add(backend.matrix_library);
  parts.add(options.compute);
  parts.add(options.deterministic);
  return parts.sum();
}

}  // namespace engine
