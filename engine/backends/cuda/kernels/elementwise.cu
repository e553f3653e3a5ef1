#include "engine/backends/cuda/kernels.h"
#include "engine/backends/cuda/kernels/launch.cuh"
#include "engine/backends/cuda/kernels/numbers.cuh"

namespace engine::cuda {
namespace {

constexpr unsigned kThreads = 256;

__device__ long long own_index() { return static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; }

__global__ void ramp(float* out, int count, float start) {
  const long long i = own_index();
  if (i < count) out[i] = start + static_cast<float>(i);
}

__global__ void add(const float* y, long long count, float* x) {
  const long long i = own_index();
  if (i < count) x[i] += y[i];
}

__global__ void add_bias(const float* bias, long long length, long long count, float* out) {
  const long long i = own_index();
  if (i < count) out[i] += bias[i % length];
}

__global__ void gated_silu(const float* gate, const float* up, long long count, float* out) {
  const long long i = own_index();
  if (i < count) out[i] = gate[i] / (1.0f + expf(-gate[i])) * up[i];
}

__global__ void gather(const float* x, const std::int64_t* rows, long long length, long long count, float* out) {
  const long long i = own_index();
  if (i < count) out[i] = x[rows[i / length] * length + i % length];
}

__global__ void narrow_bf16(const float* x, long long length, long long padded, long long count, std::uint16_t* out) {
  const long long i = own_index();
  if (i >= count) return;
  const long long row = i / padded, column = i % padded;
  out[i] = column < length ? float_to_bf16(x[row * length + column]) : std::uint16_t{0};
}

__global__ void rotate(float* x, const float* cosines, const float* sines, long long count, int heads, int head_dim,
                       int pairs) {
  const long long i = own_index();
  if (i >= count) return;
  const long long row = i / pairs, angle = row / heads * pairs + i % pairs;
  float* const pair = x + row * head_dim + 2 * (i % pairs);
  const float a = pair[0], b = pair[1], c = cosines[angle], s = sines[angle];
  pair[0] = a * c - b * s;
  pair[1] = b * c + a * s;
}

}  // namespace

cudaError_t launch_ramp(float* out, int count, float start, cudaStream_t stream) {
  return launch(ramp, blocks_for(count, kThreads), kThreads, stream, out, count, start);
}

cudaError_t launch_add(const float* y, std::int64_t count, float* x, cudaStream_t stream) {
  if (count == 0) return cudaSuccess;
  return launch(add, blocks_for(count, kThreads), kThreads, stream, y, count, x);
}

cudaError_t launch_add_bias(const float* bias, std::int64_t rows, std::int64_t length, float* out, cudaStream_t stream) {
  const std::int64_t count = rows * length;
  if (count == 0) return cudaSuccess;
  return launch(add_bias, blocks_for(count, kThreads), kThreads, stream, bias, length, count, out);
}

cudaError_t launch_gated_silu(const float* gate, const float* up, std::int64_t count, float* out, cudaStream_t stream) {
  if (count == 0) return cudaSuccess;
  return launch(gated_silu, blocks_for(count, kThreads), kThreads, stream, gate, up, count, out);
}

cudaError_t launch_gather(const float* x, const std::int64_t* rows, std::int64_t count, std::int64_t length, float* out,
                          cudaStream_t stream) {
  if (count * length == 0) return cudaSuccess;
  return launch(gather, blocks_for(count * length, kThreads), kThreads, stream, x, rows, length, count * length, out);
}

cudaError_t launch_narrow_bf16(const float* x, std::int64_t count, std::int64_t length, std::int64_t padded,
                               std::uint16_t* out, cudaStream_t stream) {
  if (count * padded == 0) return cudaSuccess;
  return launch(narrow_bf16, blocks_for(count * padded, kThreads), kThreads, stream, x, length, padded, count * padded,
                out);
}

cudaError_t launch_rotate(float* x, const float* cosines, const float* sines, std::int64_t tokens, std::int64_t heads,
                          std::int64_t head_dim, std::int64_t pairs, cudaStream_t stream) {
  const std::int64_t count = tokens * heads * pairs;
  if (count == 0) return cudaSuccess;
  return launch(rotate, blocks_for(count, kThreads), kThreads, stream, x, cosines, sines, count, heads, head_dim, pairs);
}

}  // namespace engine::cuda
