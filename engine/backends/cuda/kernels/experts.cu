#include "engine/backends/cuda/kernels.h"
#include "engine/backends/cuda/kernels/launch.cuh"
#include "engine/backends/cuda/kernels/numbers.cuh"

namespace engine::cuda {
namespace {

/// A warp for each token: softmax, then k times the largest of p + bias, the lower number first where two are equal.
/// Adding a bias rounds in float32, as the reference does. A sum that is no number counts as the least.
__global__ void choose(const float* logits, const float* bias, float norm_min, int experts, int k, std::int32_t* chosen,
                       float* weights) {
  __shared__ float probabilities[kMostExperts];
  __shared__ float scores[kMostExperts];
  __shared__ float kept[kMostExpertsPerToken];
  const int lane = static_cast<int>(threadIdx.x);
  const float* const row = logits + static_cast<long long>(blockIdx.x) * experts;
  const float lowest = -INFINITY;

  float largest = lowest;
  for (int e = lane; e < experts; e += 32) largest = fmaxf(largest, row[e]);
  largest = warp_max(largest);
  float total = 0.0f;
  for (int e = lane; e < experts; e += 32) total += probabilities[e] = expf(row[e] - largest);
  total = warp_sum(total);
  for (int e = lane; e < experts; e += 32) {
    probabilities[e] /= total;
    const float score = probabilities[e] + bias[e];
    scores[e] = score == score ? score : lowest;
  }
  unsigned taken = 0;  // of this lane's experts, lane + 32 * bit: at most kMostExperts / 32 of them
  float sum = 0.0f;
  for (int j = 0; j < k; ++j) {
    float best = lowest;
    int number = experts;  // none
    for (int e = lane, at = 0; e < experts; e += 32, ++at) {
      if (taken >> at & 1u) continue;
      if (number == experts || scores[e] > best) best = scores[e], number = e;
    }
    for (int step = 16; step > 0; step /= 2) {
      const float other = __shfl_xor_sync(kAllLanes, best, step);
      const int other_number = __shfl_xor_sync(kAllLanes, number, step);
      const bool better = other_number < experts &&
                          (number == experts || other > best || (other == best && other_number < number));
      if (better) best = other, number = other_number;
    }
    if (number % 32 == lane) taken |= 1u << number / 32;
    __syncwarp();
    const float p = probabilities[number];
    sum += p;
    if (lane == 0) {
      chosen[static_cast<long long>(blockIdx.x) * k + j] = number;
      kept[j] = p;
    }
  }
  __syncwarp();
  const float divisor = fmaxf(sum, norm_min);
  for (int j = lane; j < k; j += 32) weights[static_cast<long long>(blockIdx.x) * k + j] = kept[j] / divisor;
}

/// A block for each token. Experts are added in order of their number, so that sums do not depend on how they rank.
__global__ void combine(const float* rows, const std::int64_t* rows_of, const std::int32_t* chosen, const float* weights,
                        int k, long long length, float* out) {
  __shared__ int order[kMostExpertsPerToken];
  const long long first = static_cast<long long>(blockIdx.x) * k;
  for (int j = static_cast<int>(threadIdx.x); j < k; j += static_cast<int>(blockDim.x)) {
    int before = 0;
    for (int other = 0; other < k; ++other) before += chosen[first + other] < chosen[first + j];
    order[before] = j;
  }
  __syncthreads();
  for (long long i = threadIdx.x; i < length; i += blockDim.x) {
    float sum = out[blockIdx.x * length + i];
    for (int n = 0; n < k; ++n) {
      const long long row = rows_of != nullptr ? rows_of[first + n] : first + order[n];
      sum += weights[first + order[n]] * rows[row * length + i];
    }
    out[blockIdx.x * length + i] = sum;
  }
}

}  // namespace

cudaError_t launch_choose(const float* logits, const float* bias, float norm_min, std::int64_t tokens, int experts, int k,
                          std::int32_t* chosen, float* weights, cudaStream_t stream) {
  if (tokens == 0) return cudaSuccess;
  if (experts > kMostExperts || k > kMostExpertsPerToken || k > experts) return cudaErrorInvalidValue;
  return launch(choose, static_cast<unsigned>(tokens), kWarp, stream, logits, bias, norm_min, experts, k, chosen, weights);
}

cudaError_t launch_combine(const float* rows, const std::int64_t* rows_of, const std::int32_t* chosen, const float* weights,
                           std::int64_t tokens, int k, std::int64_t length, float* out, cudaStream_t stream) {
  if (tokens * length == 0) return cudaSuccess;
  if (k > kMostExpertsPerToken) return cudaErrorInvalidValue;
  return launch(combine, static_cast<unsigned>(tokens), 256u, stream, rows, rows_of, chosen, weights, k, length, out);
}

}  // namespace engine::cuda
