#pragma once

#include <cstdint>

#include "engine/base/json.h"

namespace engine {

/// How config.json says that the linear layers of a folder are quantised. Which layers are, the tensors tell.
struct HfQuantization {
  enum class Method : std::uint8_t { None, Fp8, Gptq };
  Method method = Method::None;
  std::int64_t block_rows = 0, block_columns = 0;  ///< Fp8: of a scale that serves a block; 0: no such scales
  std::int64_t group_size = 0;                     ///< Gptq: columns of a group; 0: all of them
  std::int32_t zero_offset = 0;                    ///< Gptq: added to the stored zero points
};

/// `quantization_config` of config.json: FP8 (quant_method "fp8", or "compressed-tensors" with floats of 8 bits) and
/// GPTQ of 4 bits in both versions. Throws Error: UnsupportedModel for every other method, by name and with what to get
/// instead; CorruptFile for missing, mistyped or impossible values.
HfQuantization read_hf_quantization(const Json& config);

}  // namespace engine
