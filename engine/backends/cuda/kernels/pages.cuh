#pragma once

#include "engine/backends/cuda/kernels.h"
#include "engine/backends/cuda/kernels/numbers.cuh"

// How numbers stand in the pages of a KV cache (engine::KvPool): floating-point keys [head_dim / 2][page_tokens][2] and
// values [page_tokens / 2][head_dim][2], so that neighbouring lanes read neighbouring pairs; Q8_0 row by row.

namespace engine::cuda {

__device__ inline std::uint8_t* block_of(const Pool& pool, std::int64_t layer, bool values, std::int64_t kv_head,
                                         std::int64_t page) {
  const std::int64_t index = (2 * layer + (values ? 1 : 0)) * pool.num_kv_heads + kv_head;
  return pool.data + (index * pool.num_pages + page) * pool.block_bytes;
}

/// The pair at `index` of pairs of two-byte or four-byte numbers.
template <Storage kType>
__device__ inline float2 pair_at(const std::uint8_t* block, std::int64_t index) {
  if (kType == Storage::F32) return reinterpret_cast<const float2*>(block)[index];
  const unsigned bits = reinterpret_cast<const unsigned*>(block)[index];
  float2 pair;
  if (kType == Storage::F16) {
    pair.x = half_to_float(static_cast<std::uint16_t>(bits & 0xffffu));
    pair.y = half_to_float(static_cast<std::uint16_t>(bits >> 16));
  } else {
    pair.x = bf16_to_float(static_cast<std::uint16_t>(bits & 0xffffu));
    pair.y = bf16_to_float(static_cast<std::uint16_t>(bits >> 16));
  }
  return pair;
}

__device__ inline float q8_at(const std::uint8_t* row, int column) {
  const std::uint8_t* const block = row + column / 32 * 34;
  return half_at(block) * static_cast<float>(static_cast<signed char>(block[2 + column % 32]));
}

/// Dimensions 2 * pair and 2 * pair + 1 of the key in row `slot`; an odd head_dim ends in a zero.
template <Storage kType>
__device__ inline float2 key_pair(const Pool& pool, const std::uint8_t* block, int pair, int slot) {
  if (kType != Storage::Q8_0) return pair_at<kType>(block, static_cast<std::int64_t>(pair) * pool.page_tokens + slot);
  const std::uint8_t* const row = block + slot * pool.row_bytes;
  float2 values;
  values.x = q8_at(row, 2 * pair);
  values.y = q8_at(row, 2 * pair + 1);
  return values;
}

/// Dimension d of the values in rows 2 * pair and 2 * pair + 1.
template <Storage kType>
__device__ inline float2 value_pair(const Pool& pool, const std::uint8_t* block, int pair, int d) {
  if (kType != Storage::Q8_0) return pair_at<kType>(block, pair * pool.head_dim + d);
  float2 values;
  values.x = q8_at(block + 2 * pair * pool.row_bytes, d);
  values.y = q8_at(block + (2 * pair + 1) * pool.row_bytes, d);
  return values;
}

/// Calls visit.run<type>() for a type that a cache can have.
template <typename Visit>
cudaError_t with_cache(Storage type, const Visit& visit) {
  switch (type) {
    case Storage::F32: return visit.template run<Storage::F32>();
    case Storage::F16: return visit.template run<Storage::F16>();
    case Storage::BF16: return visit.template run<Storage::BF16>();
    case Storage::Q8_0: return visit.template run<Storage::Q8_0>();
    default: return cudaErrorInvalidValue;
  }
}

}  // namespace engine::cuda
