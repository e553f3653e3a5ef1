#include "engine/backends/cuda/kernels.h"
#include "engine/backends/cuda/kernels/blocks.cuh"
#include "engine/backends/cuda/kernels/launch.cuh"

namespace engine::cuda {
namespace {

constexpr unsigned kThreads = 128;

__device__ void store(float* out, float value) { *out = value; }
__device__ void store(std::uint16_t* out, float value) { *out = float_to_bf16(value); }

/// A block for each row: numbers of the weight, then zeros up to `padded`.
template <Storage kType, typename Element>
__global__ void widen(const Weight weight, const std::int32_t* ids, long long first, long long padded, Element* out) {
  const long long row = ids != nullptr ? ids[blockIdx.x] : first + blockIdx.x;
  Element* const to = out + blockIdx.x * padded;
  for (long long column = 8LL * threadIdx.x; column < padded; column += 8LL * kThreads) {
    const long long own = weight.length - column, room = padded - column;
    const int count = static_cast<int>(own < 0 ? 0 : own < 8 ? own : 8), written = static_cast<int>(room < 8 ? room : 8);
    float values[8] = {};
    if (count > 0) Eight<kType>::get(weight, row, column, count, values);
    for (int i = 0; i < 8; ++i) {
      if (i < written) store(to + column + i, i < count ? values[i] : 0.0f);
    }
  }
}

template <typename Element>
struct Widen {
  const Weight& weight;
  const std::int32_t* ids;
  std::int64_t first, count, padded;
  Element* out;
  cudaStream_t stream;

  template <Storage kType>
  cudaError_t run() const {
    return launch(widen<kType, Element>, static_cast<unsigned>(count), kThreads, stream, weight, ids, first, padded, out);
  }
};

}  // namespace

cudaError_t launch_widen(const Weight& weight, const std::int32_t* ids, std::int64_t first, std::int64_t count, float* out,
                         cudaStream_t stream) {
  if (count * weight.length == 0) return cudaSuccess;
  return with_storage(weight.type, Widen<float>{weight, ids, first, count, weight.length, out, stream});
}

cudaError_t launch_widen_bf16(const Weight& weight, std::int64_t first, std::int64_t count, std::int64_t padded,
                              std::uint16_t* out, cudaStream_t stream) {
  if (count * padded == 0) return cudaSuccess;
  return with_storage(weight.type, Widen<std::uint16_t>{weight, nullptr, first, count, padded, out, stream});
}

}  // namespace engine::cuda
