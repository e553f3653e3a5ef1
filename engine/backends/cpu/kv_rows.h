#pragma once

#include <cstdint>
#include <span>

#include "engine/backends/backend.h"
#include "engine/backends/cpu/kernels/kernel_table.h"

namespace engine {

/// As Backend::append_kv: keys, values [tokens, num_kv_heads, head_dim]. A value without a partner gets a zero for one, so
/// that nothing unwritten is ever multiplied.
void append_kv_rows(const KernelTable& kernels, const KvPool& pool, std::int64_t layer, const float* keys,
                    const float* values, std::span<const SequenceRows> sequences);

}  // namespace engine
