#include "engine/backends/cuda/kernels.h"
#include "engine/backends/cuda/kernels/launch.cuh"
#include "engine/backends/cuda/kernels/numbers.cuh"

namespace engine::cuda {
namespace {

constexpr unsigned kThreads = 256;

/// A block for each row: x / sqrt(mean(x^2) + eps) * weight, squares summed in float32.
__global__ void rms_norm(const float* x, const float* weight, float eps, long long length, float* out) {
  __shared__ float sums[kThreads / kWarp];
  const float* const from = x + blockIdx.x * length;
  float* const to = out + blockIdx.x * length;
  float sum = 0.0f;
  for (long long i = threadIdx.x; i < length; i += kThreads) sum += from[i] * from[i];
  sum = warp_sum(sum);
  if (threadIdx.x % kWarp == 0) sums[threadIdx.x / kWarp] = sum;
  __syncthreads();
  float total = 0.0f;
  for (unsigned w = 0; w < kThreads / kWarp; ++w) total += sums[w];
  const float factor = 1.0f / sqrtf(total / static_cast<float>(length) + eps);
  for (long long i = threadIdx.x; i < length; i += kThreads) to[i] = from[i] * factor * weight[i];
}

}  // namespace

cudaError_t launch_rms_norm(const float* x, const float* weight, float eps, std::int64_t rows, std::int64_t length,
                            float* out, cudaStream_t stream) {
  if (rows * length == 0) return cudaSuccess;
  return launch(rms_norm, static_cast<unsigned>(rows), kThreads, stream, x, weight, eps, length, out);
}

}  // namespace engine::cuda
