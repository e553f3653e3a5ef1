#include "engine/models/model.h"

#include <algorithm>
#include <string>

#include "engine/backends/cpu/cpu_cores.h"
#include "engine/base/error.h"
#include "engine/layers/activations.h"
#include "engine/models/ernie4_5.h"
#include "engine/models/glm4.h"

namespace engine {
namespace {

/// Whether a model is quantised, to less than 5.6 bits a weight: Q5_K has 5.5, as have Q4_0 and Q4_K with an embedding in
/// Q6_K at the most.
bool has_few_bits(const ModelSource& source) {
  double bits = 0, weights = 0;
  for (const auto& [name, tensor] : source.tensors()) {
    if (!is_quantised(tensor.dtype)) continue;
    bits += 8.0 * static_cast<double>(tensor.bytes.size());
    weights += static_cast<double>(tensor.bytes.size() / block_bytes(tensor.dtype) * block_elements(tensor.dtype));
  }
  return weights > 0 && bits / weights < 5.6;
}

}  // namespace

std::unique_ptr<Model> create_model(const ModelSource& source, Backend& backend, const EngineOptions& options,
                                    const LoadProgress& progress) {
  const std::string& architecture = source.config().architecture;
  const bool from_disk = backend.info().device == Device::Cpu &&
                         !fits_memory(memory_needed(source, options, KvCache::kPageTokens).total());
  if (!from_disk) source.prefer_huge_pages();
  if (architecture == "ernie4_5" || architecture == "ernie4_5_moe") {
    return Ernie45::load(source, backend, from_disk, progress);
  }
  if (architecture == "glm4") return Glm4::load(source, backend, progress);
  throw Error(ErrorCode::UnsupportedModel, source.path().string() + ": the architecture \"" + architecture +
                                               "\" is not known; this version runs ernie4_5, ernie4_5_moe and glm4");
}

KvGeometry kv_geometry(const ModelConfig& config, const EngineOptions& options) {
  KvType type = options.kv_type;
  if (type == KvType::Auto && options.compute == ComputeMode::F32) type = KvType::F32;
  if (type == KvType::Auto) type = KvType::F16;
  if (type == KvType::Q8_0 && config.head_dim % static_cast<std::int64_t>(block_elements(DType::Q8_0)) != 0) {
    throw Error(ErrorCode::InvalidRequest, "A KV cache of 8 bits (q8_0) needs heads whose width is a multiple of 32; this model's is " +
                                               std::to_string(config.head_dim) + ". Choose f16, bf16 or f32.");
  }
  return {config.num_layers, config.num_kv_heads, config.head_dim, type};
}

KvGeometry kv_geometry(const ModelSource& source, const EngineOptions& options, const BackendInfo& where) {
  KvGeometry geometry = kv_geometry(source.config(), options);
  if (options.kv_type != KvType::Auto || geometry.type != KvType::F16 || !where.fast_bf16_cache) return geometry;
  // Rounding keys to bfloat16 changes less than weights of 4 or 5 bits did. Whoever keeps more bits wants them heard, a
  // router's choice of experts turns on small differences, and GLM's scores do too (three times the divergence).
  if (has_few_bits(source) && source.config().architecture == "ernie4_5") geometry.type = KvType::BF16;
  return geometry;
}

MemoryNeeded memory_needed(const ModelSource& source, const EngineOptions& options, std::int64_t context_length) {
  const ModelConfig& config = source.config();
  const std::int64_t pages = (context_length + KvCache::kPageTokens - 1) / KvCache::kPageTokens;
  MemoryNeeded needed;
  needed.weights = source.weight_bytes();
  needed.kv_cache = kv_geometry(config, options).bytes_per_token() * static_cast<std::uint64_t>(pages * KvCache::kPageTokens);
  needed.activations =
      Activations::bytes_needed(config, options.prefill_chunk + options.max_sequences, options.max_sequences);
  return needed;
}

bool fits_memory(std::uint64_t bytes) {
  const std::uint64_t available = main_memory().available;
  return available == 0 || bytes <= available;
}

}  // namespace engine
