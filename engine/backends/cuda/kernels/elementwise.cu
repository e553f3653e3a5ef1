#include "engine/backends/cuda/kernels.h"

namespace engine::cuda {
namespace {

__global__ void ramp(float* out, int count, float start) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < count) out[i] = start + static_cast<float>(i);
}

}  // namespace

cudaError_t launch_ramp(float* out, int count, float start, cudaStream_t stream) {
  const int threads = 256;
  ramp<<<(count + threads - 1) / threads, threads, 0, stream>>>(out, count, start);
  return cudaGetLastError();
}

}  // namespace engine::cuda
