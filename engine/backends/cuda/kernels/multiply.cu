#include "engine/backends/cuda/kernels.h"
#include "engine/backends/cuda/kernels/blocks.cuh"
#include "engine/backends/cuda/kernels/launch.cuh"

// Products of weights with few rows of x. A warp takes kWeightRows rows of the weight and goes through them eight numbers
// a lane at a time: weights are read once, x as often as there are warps, from the caches. Tolerance against the portable
// CPU kernels: sums of float32 in another order.

namespace engine::cuda {
namespace {

constexpr unsigned kThreads = 128;
constexpr unsigned kWarps = kThreads / kWarp;

struct ProductGroup {
  Product product[kMostProducts];
  std::int64_t first_tile[kMostProducts];  ///< of all tiles of the group, where a product's begin
  int count;
  std::int64_t tiles;
};

/// Eight numbers of a row of x; zeros behind its end.
__device__ void eight_of_x(const float* x, std::int64_t length, std::int64_t column, int count, float* to) {
  if (length % 4 == 0 && count == 8) {
    const float4 a = *reinterpret_cast<const float4*>(x + column), b = *reinterpret_cast<const float4*>(x + column + 4);
    to[0] = a.x, to[1] = a.y, to[2] = a.z, to[3] = a.w, to[4] = b.x, to[5] = b.y, to[6] = b.z, to[7] = b.w;
    return;
  }
  for (int i = 0; i < 8; ++i) to[i] = i < count ? x[column + i] : 0.0f;
}

/// This lane's part of the products of kRows rows of x, of which the first `rows` are there, with kWeightRows rows of the
/// weight from `first` on.
template <Storage kType, int kRows, int kWeightRows>
__device__ void multiply_lane(const Weight& weight, std::int64_t first, const float* x, int rows,
                              float (&sums)[kRows][kWeightRows]) {
  const std::int64_t length = weight.length;
  for (std::int64_t column = 8 * (threadIdx.x % kWarp); column < length; column += 8 * kWarp) {
    const int count = static_cast<int>(length - column < 8 ? length - column : 8);
    float weights[kWeightRows][8] = {};
#pragma unroll
    for (int n = 0; n < kWeightRows; ++n) {
      if (first + n < weight.rows) Eight<kType>::get(weight, first + n, column, count, weights[n]);
    }
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      if (r >= rows) break;
      float values[8];
      eight_of_x(x + r * length, length, column, count, values);
#pragma unroll
      for (int n = 0; n < kWeightRows; ++n) {
#pragma unroll
        for (int i = 0; i < 8; ++i) sums[r][n] += weights[n][i] * values[i];
      }
    }
  }
}

template <Storage kType, int kRows, int kWeightRows>
__global__ void multiply_few(const ProductGroup group, const float* x, int rows) {
  const std::int64_t tile = static_cast<std::int64_t>(blockIdx.x) * kWarps + threadIdx.x / kWarp;
  if (tile >= group.tiles) return;  // a whole warp
  int which = 0;
  while (which + 1 < group.count && tile >= group.first_tile[which + 1]) ++which;
  const Product& product = group.product[which];
  const std::int64_t first = (tile - group.first_tile[which]) * kWeightRows;

  float sums[kRows][kWeightRows] = {};
  multiply_lane<kType, kRows, kWeightRows>(product.weight, first, x, rows, sums);
#pragma unroll
  for (int r = 0; r < kRows; ++r) {
#pragma unroll
    for (int n = 0; n < kWeightRows; ++n) {
      float sum = warp_sum(sums[r][n]);
      if (threadIdx.x % kWarp != 0 || r >= rows || first + n >= product.weight.rows) continue;
      if (product.bias != nullptr) sum += product.bias[first + n];
      float* const out = product.out + r * product.weight.rows + first + n;
      *out = product.accumulate ? *out + sum : sum;
    }
  }
}

struct MultiplyFew {
  const Product* products;
  int count;
  const float* x;
  int rows;
  bool same_sums;
  cudaStream_t stream;

  template <Storage kType, int kRows, int kWeightRows>
  cudaError_t start() const {
    ProductGroup group{};
    group.count = count;
    for (int i = 0; i < count; ++i) {
      group.product[i] = products[i];
      group.first_tile[i] = group.tiles;
      group.tiles += (products[i].weight.rows + kWeightRows - 1) / kWeightRows;
    }
    if (group.tiles == 0) return cudaSuccess;
    return launch(multiply_few<kType, kRows, kWeightRows>, blocks_for(group.tiles, kWarps), kThreads, stream, group, x,
                  rows);
  }
  template <Storage kType>
  cudaError_t run() const {
    return rows == 1 && !same_sums ? start<kType, 1, 4>() : start<kType, kFewRows, 2>();
  }
};

/// A grid row for each token and expert; the weight is found by the expert's number.
template <Storage kType, int kWeightRows>
__global__ void multiply_experts(const Weight like, const std::uint8_t* const* data, const std::int32_t* chosen,
                                 const float* x, long long rows_per_x, float* out) {
  const long long tile = static_cast<long long>(blockIdx.x) * kWarps + threadIdx.x / kWarp;
  const long long first = tile * kWeightRows, row = blockIdx.y;
  if (first >= like.rows) return;  // a whole warp
  Weight weight = like;
  weight.data = data[chosen[row]];
  float sums[1][kWeightRows] = {};
  multiply_lane<kType, 1, kWeightRows>(weight, first, x + row / rows_per_x * like.length, 1, sums);
#pragma unroll
  for (int n = 0; n < kWeightRows; ++n) {
    const float sum = warp_sum(sums[0][n]);
    if (threadIdx.x % kWarp == 0 && first + n < like.rows) out[row * like.rows + first + n] = sum;
  }
}

struct MultiplyExperts {
  const Weight& like;
  const std::uint8_t* const* data;
  const std::int32_t* chosen;
  std::int64_t count;
  const float* x;
  std::int64_t rows_per_x;
  float* out;
  cudaStream_t stream;

  template <Storage kType>
  cudaError_t run() const {
    constexpr int kWeightRows = 2;
    const dim3 blocks(blocks_for(like.rows, kWeightRows * kWarps), static_cast<unsigned>(count));
    return launch(multiply_experts<kType, kWeightRows>, blocks, kThreads, stream, like, data, chosen, x, rows_per_x, out);
  }
};

}  // namespace

cudaError_t launch_multiply_few(const Product* products, int count, const float* x, int rows, bool same_sums,
                                cudaStream_t stream) {
  if (count == 0 || rows == 0) return cudaSuccess;
  if (count > kMostProducts || rows > kFewRows) return cudaErrorInvalidValue;
  return with_storage(products[0].weight.type, MultiplyFew{products, count, x, rows, same_sums, stream});
}

cudaError_t launch_multiply_experts(const Weight& like, const std::uint8_t* const* data, const std::int32_t* chosen,
                                    std::int64_t count, const float* x, std::int64_t rows_per_x, float* out,
                                    cudaStream_t stream) {
  if (count == 0 || like.rows == 0) return cudaSuccess;
  if (count > 65535) return cudaErrorInvalidValue;  // rows of a grid
  return with_storage(like.type, MultiplyExperts{like, data, chosen, count, x, rows_per_x, out, stream});
}

}  // namespace engine::cuda
