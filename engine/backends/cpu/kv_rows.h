#pragma once

#include <cstdint>
#include <span>

#include "engine/backends/backend.h"
#include "engine/backends/cpu/kernels/kernel_table.h"

namespace engine {

/// How the CPU backend lays out one head's rows in a page. Floating-point types stand in pairs, as attention's products
/// read them (kernels/attention_kernels.h): keys [head_dim / 2][page_tokens][2], values [page_tokens / 2][head_dim][2], an
/// odd head_dim filled up with a zero. Q8_0 stands row by row, [page_tokens, head_dim].

/// Whether rows of this type stand in pairs.
inline bool is_paired(DType dtype) { return dtype != DType::Q8_0; }

/// As Backend::append_kv: keys, values [tokens, num_kv_heads, head_dim]. A value without a partner gets a zero for one, so
/// that nothing unwritten is ever multiplied.
void append_kv_rows(const KernelTable& kernels, const KvPool& pool, std::int64_t layer, const float* keys,
                    const float* values, std::span<const SequenceRows> sequences);

}  // namespace engine
