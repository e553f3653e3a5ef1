#include "engine/backends/cuda/kernels.h"
#include "engine/backends/cuda/kernels/launch.cuh"
#include "engine/backends/cuda/kernels/pages.cuh"

// Attention over the pages of a KV cache with a running softmax, all in float32. A warp weighs a page at a time: in the
// scores a lane is a position, in the sums of values a dimension. kHeads query heads of one kv head go together, so that
// keys and values are read once for them. Tolerance against the portable CPU kernels: sums in another order.

namespace engine::cuda {
namespace {

constexpr int kHeads = 8;       // query heads of a block; a wider group takes several blocks
constexpr int kSplitWarps = 4;  // of attend_few: they share the pages of a stretch

/// What a warp knows of kHeads rows of scores: the largest so far, the sum of weights under it, the weighted values.
template <int kDims>
struct Running {
  float largest[kHeads], total[kHeads], sums[kHeads][kDims];

  __device__ void clear() {
#pragma unroll
    for (int g = 0; g < kHeads; ++g) {
      largest[g] = -INFINITY;
      total[g] = 0.0f;
#pragma unroll
      for (int i = 0; i < kDims; ++i) sums[g][i] = 0.0f;
    }
  }
};

/// Adds the first `visible` positions of a page. queries [kHeads][width] are scaled and end in a zero where head_dim is
/// odd; weights [kHeads][kPageTokens] is the warp's own. Rows behind `visible` may hold anything: they are not multiplied.
template <Storage kType, int kDims>
__device__ void weigh_page(const Pool& pool, const std::uint8_t* keys, const std::uint8_t* values, int visible, int heads,
                           const float* queries, int width, float* weights, Running<kDims>& state) {
  const int lane = static_cast<int>(threadIdx.x % kWarp), dim = static_cast<int>(pool.head_dim);
  float scores[kHeads] = {};
  if (lane < visible) {
    for (int pair = 0; pair < width / 2; ++pair) {
      const float2 key = key_pair<kType>(pool, keys, pair, lane);
#pragma unroll
      for (int g = 0; g < kHeads; ++g) {
        const float* const query = queries + g * width + 2 * pair;
        scores[g] += query[0] * key.x + query[1] * key.y;
      }
    }
  }
#pragma unroll
  for (int g = 0; g < kHeads; ++g) {
    if (g >= heads) break;
    const float score = lane < visible ? scores[g] : -INFINITY;
    const float largest = fmaxf(state.largest[g], warp_max(score));
    const float shrink = expf(state.largest[g] - largest);  // 0 at the first page
    const float weight = lane < visible ? expf(score - largest) : 0.0f;
    state.total[g] = state.total[g] * shrink + warp_sum(weight);
    state.largest[g] = largest;
#pragma unroll
    for (int i = 0; i < kDims; ++i) state.sums[g][i] *= shrink;
    weights[g * kPageTokens + lane] = weight;
  }
  __syncwarp();
#pragma unroll
  for (int i = 0; i < kDims; ++i) {
    const int d = lane + 32 * i;
    if (d >= dim) break;
    for (int pair = 0; 2 * pair < visible; ++pair) {
      float2 value = value_pair<kType>(pool, values, pair, d);
      if (2 * pair + 1 >= visible) value.y = 0.0f;
#pragma unroll
      for (int g = 0; g < kHeads; ++g) {
        if (g >= heads) break;
        const float* const weight = weights + g * kPageTokens + 2 * pair;
        state.sums[g][i] += weight[0] * value.x + weight[1] * value.y;
      }
    }
  }
  __syncwarp();  // before the next page's weights take their place
}

/// The task of a block: a place, and which query heads of which kv head.
struct Task {
  RowPlace place;
  int kv_head, first_head, heads;
};

__device__ Task task_of(const Attention& call, int place, int chunk) {
  const int group = static_cast<int>(call.heads / call.pool.num_kv_heads), chunks = (group + kHeads - 1) / kHeads;
  Task task;
  task.place = call.places[place];
  task.kv_head = chunk / chunks;
  task.first_head = task.kv_head * group + chunk % chunks * kHeads;
  const int left = group - chunk % chunks * kHeads;
  task.heads = left < kHeads ? left : kHeads;
  return task;
}

/// Queries of a task, scaled, to shared memory: [kHeads][width], zeros where there is no head or dimension.
__device__ void load_queries(const Attention& call, const Task& task, int width, int thread, int threads, float* to) {
  const int dim = static_cast<int>(call.pool.head_dim);
  const float* const from = call.queries + (task.place.row * call.heads + task.first_head) * dim;
  for (int i = thread; i < kHeads * width; i += threads) {
    const int g = i / width, d = i % width;
    to[i] = g < task.heads && d < dim ? from[g * dim + d] * call.scale : 0.0f;
  }
}

template <Storage kType, int kDims>
__device__ void weigh_pages(const Attention& call, const Task& task, int first_page, int end_page, int step,
                            const float* queries, int width, float* weights, Running<kDims>& state) {
  for (int number = first_page; number < end_page; number += step) {
    const std::int64_t page = call.pages[task.place.first_page + number];
    const int left = task.place.position + 1 - number * kPageTokens;
    weigh_page<kType>(call.pool, block_of(call.pool, call.layer, false, task.kv_head, page),
                      block_of(call.pool, call.layer, true, task.kv_head, page), left < kPageTokens ? left : kPageTokens,
                      task.heads, queries, width, weights, state);
  }
}

/// Floats of what a block of attend_few leaves for a head: largest, total, sums.
__host__ __device__ inline std::int64_t partial_floats(std::int64_t head_dim) { return head_dim + 2; }

/// Grid: places, kv heads times chunks of their query heads, stretches. The warps of a block take the pages of a stretch
/// in turn. A single stretch is finished here, several leave partials [place, head, stretch].
template <Storage kType, int kDims>
__global__ void attend_few(const Attention call, int stretches, float* partials) {
  constexpr int kMostWidth = 32 * kDims;
  __shared__ float queries[kHeads * kMostWidth];
  __shared__ float weights[kSplitWarps][kHeads * kPageTokens];
  __shared__ float largest[kSplitWarps][kHeads], total[kSplitWarps][kHeads];
  __shared__ float sums[kSplitWarps][kMostWidth];
  const int warp = static_cast<int>(threadIdx.x / kWarp), lane = static_cast<int>(threadIdx.x % kWarp);
  const int dim = static_cast<int>(call.pool.head_dim), width = (dim + 1) / 2 * 2;
  const Task task = task_of(call, static_cast<int>(blockIdx.x), static_cast<int>(blockIdx.y));
  const int pages = task.place.position / kPageTokens + 1, per_stretch = kSplitTokens / kPageTokens;
  const int first = static_cast<int>(blockIdx.z) * per_stretch;
  if (first >= pages) return;  // a whole block
  const int end = first + per_stretch < pages ? first + per_stretch : pages;
  const bool whole = pages <= per_stretch;

  load_queries(call, task, width, static_cast<int>(threadIdx.x), kSplitWarps * 32, queries);
  __syncthreads();
  Running<kDims> state;
  state.clear();
  weigh_pages<kType>(call, task, first + warp, end, kSplitWarps, queries, width, weights[warp], state);
#pragma unroll
  for (int g = 0; g < kHeads; ++g) {
    if (lane == 0) largest[warp][g] = state.largest[g], total[warp][g] = state.total[g];
  }
  __syncthreads();
#pragma unroll
  for (int g = 0; g < kHeads; ++g) {
    if (g >= task.heads) break;
    float most = -INFINITY;
    for (int w = 0; w < kSplitWarps; ++w) most = fmaxf(most, largest[w][g]);
    const float level = expf(state.largest[g] - most);  // 0 for a warp without pages
#pragma unroll
    for (int i = 0; i < kDims; ++i) sums[warp][lane + 32 * i] = state.sums[g][i] * level;
    __syncthreads();
    float all = 0.0f;
    for (int w = 0; w < kSplitWarps; ++w) all += total[w][g] * expf(largest[w][g] - most);
    const std::int64_t head = task.first_head + g;
    float* const partial =
        partials + ((blockIdx.x * call.heads + head) * stretches + blockIdx.z) * partial_floats(dim);
    for (int d = static_cast<int>(threadIdx.x); d < dim; d += kSplitWarps * 32) {
      float sum = 0.0f;
      for (int w = 0; w < kSplitWarps; ++w) sum += sums[w][d];
      if (whole) {
        call.out[(task.place.row * call.heads + head) * dim + d] = sum / all;
      } else {
        partial[2 + d] = sum;
      }
    }
    if (!whole && threadIdx.x == 0) partial[0] = most, partial[1] = all;
    __syncthreads();  // before the next head's sums take their place
  }
}

/// Grid: places, heads. Puts the stretches of a row together.
__global__ void merge(const Attention call, int stretches, const float* partials) {
  const RowPlace place = call.places[blockIdx.x];
  const int own = place.position / kSplitTokens + 1, dim = static_cast<int>(call.pool.head_dim);
  if (own == 1) return;  // finished already
  const float* const first = partials + (blockIdx.x * call.heads + blockIdx.y) * stretches * partial_floats(dim);
  float most = -INFINITY, all = 0.0f;
  for (int s = 0; s < own; ++s) most = fmaxf(most, first[s * partial_floats(dim)]);
  for (int s = 0; s < own; ++s) {
    const float* const partial = first + s * partial_floats(dim);
    all += partial[1] * expf(partial[0] - most);
  }
  for (int d = static_cast<int>(threadIdx.x); d < dim; d += static_cast<int>(blockDim.x)) {
    float sum = 0.0f;
    for (int s = 0; s < own; ++s) {
      const float* const partial = first + s * partial_floats(dim);
      sum += partial[2 + d] * expf(partial[0] - most);
    }
    call.out[(place.row * call.heads + blockIdx.y) * dim + d] = sum / all;
  }
}

/// Grid: kTogether places each, kv heads times chunks of their query heads. A warp goes through all pages of its row; the
/// rows of a block read the same ones, mostly from the first cache.
template <Storage kType, int kDims>
__global__ void attend_many(const Attention call, int count) {
  constexpr int kMostWidth = 32 * kDims;
  constexpr int kTogether = kDims > 4 ? 2 : 4;  // warps whose queries find room
  __shared__ float queries[kTogether][kHeads * kMostWidth];
  __shared__ float weights[kTogether][kHeads * kPageTokens];
  const int warp = static_cast<int>(threadIdx.x / kWarp), lane = static_cast<int>(threadIdx.x % kWarp);
  const int dim = static_cast<int>(call.pool.head_dim), width = (dim + 1) / 2 * 2;
  const int place = static_cast<int>(blockIdx.x) * kTogether + warp;
  if (place >= count) return;  // a whole warp; no barrier of the block follows
  const Task task = task_of(call, place, static_cast<int>(blockIdx.y));
  load_queries(call, task, width, lane, 32, queries[warp]);
  __syncwarp();
  Running<kDims> state;
  state.clear();
  weigh_pages<kType>(call, task, 0, task.place.position / kPageTokens + 1, 1, queries[warp], width, weights[warp], state);
#pragma unroll
  for (int g = 0; g < kHeads; ++g) {
    if (g >= task.heads) break;
#pragma unroll
    for (int i = 0; i < kDims; ++i) {
      const int d = lane + 32 * i;
      if (d < dim) {
        call.out[(task.place.row * call.heads + task.first_head + g) * dim + d] = state.sums[g][i] / state.total[g];
      }
    }
  }
}

/// Grid: places, heads. Scores, then their softmax, in `out` itself.
template <Storage kType>
__global__ void probabilities(const Attention call, long long length, float* out) {
  __shared__ float values[2 * kMostHeadDim];
  const int dim = static_cast<int>(call.pool.head_dim), width = (dim + 1) / 2 * 2;
  const int threads = static_cast<int>(blockDim.x), thread = static_cast<int>(threadIdx.x);
  const RowPlace place = call.places[blockIdx.x];
  const long long head = blockIdx.y, kv_head = head / (call.heads / call.pool.num_kv_heads);
  float* const row = out + (head * gridDim.x + blockIdx.x) * length;
  for (int d = thread; d < width; d += threads) {
    values[d] = d < dim ? call.queries[(place.row * call.heads + head) * dim + d] * call.scale : 0.0f;
  }
  __syncthreads();
  float largest = -INFINITY;
  for (long long p = thread; p < length; p += threads) {
    float score = 0.0f;
    if (p <= place.position) {
      const std::uint8_t* const keys =
          block_of(call.pool, call.layer, false, kv_head, call.pages[place.first_page + p / kPageTokens]);
      for (int pair = 0; pair < width / 2; ++pair) {
        const float2 key = key_pair<kType>(call.pool, keys, pair, static_cast<int>(p % kPageTokens));
        score += values[2 * pair] * key.x + values[2 * pair + 1] * key.y;
      }
      largest = fmaxf(largest, score);
    }
    row[p] = score;
  }
  __syncthreads();  // the queries are not needed any more
  values[thread] = largest;
  __syncthreads();
  for (int t = 0; t < threads; ++t) largest = fmaxf(largest, values[t]);
  __syncthreads();
  float total = 0.0f;
  for (long long p = thread; p < length; p += threads) {
    row[p] = p <= place.position ? expf(row[p] - largest) : 0.0f;
    total += row[p];
  }
  values[thread] = total;
  __syncthreads();
  total = 0.0f;
  for (int t = 0; t < threads; ++t) total += values[t];
  for (long long p = thread; p < length; p += threads) row[p] /= total;
}

int stretches_of(std::int64_t deepest) { return static_cast<int>(deepest / kSplitTokens + 1); }

/// Blocks of a grid's second dimension: chunks of kHeads query heads of each kv head.
unsigned chunks_of(const Attention& call) {
  return static_cast<unsigned>((call.heads / call.pool.num_kv_heads + kHeads - 1) / kHeads * call.pool.num_kv_heads);
}

struct AttendFew {
  const Attention& call;
  std::int64_t count;
  int stretches;
  float* scratch;
  cudaStream_t stream;

  template <Storage kType>
  cudaError_t run() const {
    const dim3 blocks(static_cast<unsigned>(count), chunks_of(call), static_cast<unsigned>(stretches));
    return call.pool.head_dim <= 128
               ? launch(attend_few<kType, 4>, blocks, kSplitWarps * kWarp, stream, call, stretches, scratch)
               : launch(attend_few<kType, 8>, blocks, kSplitWarps * kWarp, stream, call, stretches, scratch);
  }
};

struct AttendMany {
  const Attention& call;
  std::int64_t count;
  cudaStream_t stream;

  template <Storage kType>
  cudaError_t run() const {
    const auto blocks = [&](int together) { return dim3(blocks_for(count, together), chunks_of(call)); };
    const auto rows = static_cast<int>(count);
    return call.pool.head_dim <= 128 ? launch(attend_many<kType, 4>, blocks(4), 4 * kWarp, stream, call, rows)
                                     : launch(attend_many<kType, 8>, blocks(2), 2 * kWarp, stream, call, rows);
  }
};

struct Probabilities {
  const Attention& call;
  std::int64_t count, length;
  float* out;
  cudaStream_t stream;

  template <Storage kType>
  cudaError_t run() const {
    const dim3 blocks(static_cast<unsigned>(count), static_cast<unsigned>(call.heads));
    return launch(probabilities<kType>, blocks, 256u, stream, call, length, out);
  }
};

bool fits(const Attention& call) {
  return call.pool.head_dim <= kMostHeadDim && call.pool.page_tokens == kPageTokens;
}

}  // namespace

std::int64_t attend_few_floats(const Attention& call, std::int64_t count, std::int64_t deepest) {
  return count * call.heads * stretches_of(deepest) * partial_floats(call.pool.head_dim);
}

cudaError_t launch_attend_few(const Attention& call, std::int64_t count, std::int64_t deepest, float* scratch,
                              cudaStream_t stream) {
  if (count == 0) return cudaSuccess;
  if (!fits(call)) return cudaErrorInvalidValue;
  const int stretches = stretches_of(deepest);
  const cudaError_t status = with_cache(call.pool.type, AttendFew{call, count, stretches, scratch, stream});
  if (status != cudaSuccess || stretches == 1) return status;
  const dim3 blocks(static_cast<unsigned>(count), static_cast<unsigned>(call.heads));
  return launch(merge, blocks, 128u, stream, call, stretches, scratch);
}

cudaError_t launch_attend_many(const Attention& call, std::int64_t count, cudaStream_t stream) {
  if (count == 0) return cudaSuccess;
  if (!fits(call)) return cudaErrorInvalidValue;
  return with_cache(call.pool.type, AttendMany{call, count, stream});
}

cudaError_t launch_probabilities(const Attention& call, std::int64_t count, std::int64_t length, float* out,
                                 cudaStream_t stream) {
  if (count * length == 0) return cudaSuccess;
  if (!fits(call)) return cudaErrorInvalidValue;
  return with_cache(call.pool.type, Probabilities{call, count, length, out, stream});
}

}  // namespace engine::cuda
