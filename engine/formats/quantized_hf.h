#pragma once

#include <deque>
#include <map>
#include <string>

#include "engine/formats/model_source.h"
#include "engine/formats/quantization_config.h"

namespace engine {

/// Makes one scaled weight, under its plain name, of the tensors that each quantised layer is kept in:
///   FP8:  X (F8_E4M3 or F8_E5M2, [out, in] or stacked [matrices, out, in]) with X_scale_inv or X_scale, which is one
///         number, one a row ([out] or [out, 1]) or one a block;
///   GPTQ: X.weight from X.qweight I32 [in / 8, out], X.qzeros I32 [groups, out / 8 rounded up], X.scales [groups, out]
///         and, where there is one, X.g_idx I32 [in].
/// Scales are F32, F16 or BF16. Everything is checked: types, shapes, each group index; scales are not read. Scales of
/// activations and caches, which are not quantised here, are dropped. `folder` is what sentences call the model;
/// `scalings` keeps what the tensors point to, where it stays. Throws Error: CorruptFile; UnsupportedModel for tensors
/// of other methods, which a config without quantization_config may hide.
void join_quantized_tensors(const HfQuantization& quantization, const std::string& folder,
                            std::map<std::string, TensorView>& tensors, std::deque<Scaling>& scalings);

}  // namespace engine
