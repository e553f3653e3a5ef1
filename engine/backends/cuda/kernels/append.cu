#include "engine/backends/cuda/kernels.h"
#include "engine/backends/cuda/kernels/launch.cuh"
#include "engine/backends/cuda/kernels/pages.cuh"

namespace engine::cuda {
namespace {

constexpr unsigned kThreads = 64;

/// What float16 cannot hold is cut to its largest; what is no number stays that.
__device__ float within_half(float value) {
  return value == value ? fminf(fmaxf(value, -65504.0f), 65504.0f) : value;
}

template <Storage kType>
__device__ void put(std::uint8_t* block, std::int64_t index, float value) {
  if (kType == Storage::F32) reinterpret_cast<float*>(block)[index] = value;
  if (kType == Storage::F16) reinterpret_cast<std::uint16_t*>(block)[index] = float_to_half(within_half(value));
  if (kType == Storage::BF16) reinterpret_cast<std::uint16_t*>(block)[index] = float_to_bf16(value);
}

/// 32 numbers, one a lane, as a block of Q8_0: the scale is a 127th of the largest. What no scale can hold is cut to
/// 127 * 65504; what is no number becomes 0.
__device__ void put_q8(std::uint8_t* block, float value) {
  const float magnitude = fabsf(value);
  const float largest = warp_max(magnitude == magnitude ? magnitude : 0.0f);
  const std::uint16_t scale = float_to_half(fminf(largest / 127.0f, 65504.0f));
  const float step = half_to_float(scale);
  const float quotient = step > 0.0f && value == value ? value / step : 0.0f;
  block[2 + threadIdx.x % kWarp] =
      static_cast<std::uint8_t>(static_cast<signed char>(rintf(fminf(fmaxf(quotient, -127.0f), 127.0f))));
  if (threadIdx.x % kWarp == 0) {
    block[0] = static_cast<std::uint8_t>(scale & 0xffu);
    block[1] = static_cast<std::uint8_t>(scale >> 8);
  }
}

/// A block for each row and kv head. The partner of a row in its pair is another block's: each number is stored alone.
template <Storage kType>
__global__ void append(const Pool pool, long long layer, const float* keys, const float* values, const RowPlace* places,
                       const std::int32_t* pages) {
  const RowPlace place = places[blockIdx.x];
  const long long head = blockIdx.y, dim = pool.head_dim;
  const long long page = pages[place.first_page + place.position / pool.page_tokens];
  const long long slot = place.position % pool.page_tokens;
  std::uint8_t* const key_block = block_of(pool, layer, false, head, page);
  std::uint8_t* const value_block = block_of(pool, layer, true, head, page);
  const long long from = (place.row * pool.num_kv_heads + head) * dim;
  if (kType == Storage::Q8_0) {  // head_dim is a multiple of 32: whole warps go round together
    for (long long d = threadIdx.x; d < dim; d += kThreads) {
      put_q8(key_block + slot * pool.row_bytes + d / 32 * 34, keys[from + d]);
      put_q8(value_block + slot * pool.row_bytes + d / 32 * 34, values[from + d]);
    }
    return;
  }
  const long long width = (dim + 1) / 2 * 2;  // an odd head_dim is filled up with a zero in keys
  for (long long d = threadIdx.x; d < width; d += kThreads) {
    put<kType>(key_block, (d / 2 * pool.page_tokens + slot) * 2 + d % 2, d < dim ? keys[from + d] : 0.0f);
    if (d < dim) put<kType>(value_block, (slot / 2 * dim + d) * 2 + slot % 2, values[from + d]);
  }
}

struct Append {
  const Pool& pool;
  std::int64_t layer;
  const float *keys, *values;
  const RowPlace* places;
  std::int64_t count;
  const std::int32_t* pages;
  cudaStream_t stream;

  template <Storage kType>
  cudaError_t run() const {
    const dim3 blocks(static_cast<unsigned>(count), static_cast<unsigned>(pool.num_kv_heads));
    return launch(append<kType>, blocks, kThreads, stream, pool, layer, keys, values, places, pages);
  }
};

}  // namespace

cudaError_t launch_append(const Pool& pool, std::int64_t layer, const float* keys, const float* values,
                          const RowPlace* places, std::int64_t count, const std::int32_t* pages, cudaStream_t stream) {
  if (count == 0) return cudaSuccess;
  return with_cache(pool.type, Append{pool, layer, keys, values, places, count, pages, stream});
}

}  // namespace engine::cuda
