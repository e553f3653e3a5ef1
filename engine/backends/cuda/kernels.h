#pragma once

#include <cuda_runtime.h>

#include <cstdint>

// Launchers of the kernels, plain C++17: all that a .cu file includes of ours. Pointers are to memory of the card unless
// said otherwise; sums are float32. A launcher returns what starting the kernel reported; faults while it runs show at
// the next synchronisation. Nothing is started for empty work.

namespace engine::cuda {

/// Writes `start + i` into out[i] for i < count: shows that this build holds code for the card and that it computes.
cudaError_t launch_ramp(float* out, int count, float start, cudaStream_t stream);

/// Storage types of weights: the numbers of engine::DType (cuda_weights.cpp asserts that they are the same).
enum class Storage : std::uint8_t {
  F32 = 0, F16 = 1, BF16 = 2, F64 = 3, F8E4M3 = 7, F8E5M2 = 8, Gptq4 = 9,
  Q4_0 = 10, Q4_1, Q5_0, Q5_1, Q8_0, Q2K, Q3K, Q4K, Q5K, Q6K, Iq4Nl, Iq4Xs, Mxfp4
};

/// engine::Scaling with its pointers on the card.
struct WeightScales {
  Storage type;
  const std::uint8_t* scales;
  std::int64_t matrix_rows, block_rows, block_columns, scale_rows, scale_columns;
  const std::uint8_t* zeros;
  std::int32_t zero_offset;
  std::int64_t rows, group_size;
  const std::uint8_t* group_index;
};

/// A weight [rows, length] as it lies in its file; `scales` and `first_row` are for scaled types, whose `data` is where
/// the whole weight begins.
struct Weight {
  const std::uint8_t* data;
  Storage type;
  std::int64_t rows, length;
  std::int64_t row_bytes;
  std::int64_t first_row;
  WeightScales scales;
};

/// out = weight * x + bias, or out += where it accumulates; bias may be null.
struct Product {
  Weight weight;
  const float* bias;
  float* out;  ///< [rows of x, weight.rows]
  bool accumulate;
};

constexpr int kMostProducts = 4;  ///< that one launch of multiply_few takes
constexpr int kFewRows = 8;       ///< rows of x that it takes

/// Products of weights of one storage type with the same x [rows, length], rows <= kFewRows. Each weight is read once.
/// `count` <= kMostProducts, `products` in host memory. The sums of a row are the same whatever rows are beside it where
/// `same_sums` asks for that.
cudaError_t launch_multiply_few(const Product* products, int count, const float* x, int rows, bool same_sums,
                                cudaStream_t stream);

/// out[i] = row ids[i] of the weight, or row first + i where ids is null: float32 [count, length].
cudaError_t launch_widen(const Weight& weight, const std::int32_t* ids, std::int64_t first, std::int64_t count, float* out,
                         cudaStream_t stream);
/// Rows [first, first + count) as bfloat16 [count, padded], zeros behind the row's own length.
cudaError_t launch_widen_bf16(const Weight& weight, std::int64_t first, std::int64_t count, std::int64_t padded,
                              std::uint16_t* out, cudaStream_t stream);
/// float32 [count, length] to bfloat16 [count, padded], zeros behind.
cudaError_t launch_narrow_bf16(const float* x, std::int64_t count, std::int64_t length, std::int64_t padded,
                               std::uint16_t* out, cudaStream_t stream);

/// out[i] = x[rows[i]], rows of `length`.
cudaError_t launch_gather(const float* x, const std::int64_t* rows, std::int64_t count, std::int64_t length, float* out,
                          cudaStream_t stream);
/// Each row of out [rows, length] += bias.
cudaError_t launch_add_bias(const float* bias, std::int64_t rows, std::int64_t length, float* out, cudaStream_t stream);
/// x += y.
cudaError_t launch_add(const float* y, std::int64_t count, float* x, cudaStream_t stream);
/// out = gate / (1 + exp(-gate)) * up.
cudaError_t launch_gated_silu(const float* gate, const float* up, std::int64_t count, float* out, cudaStream_t stream);
/// out = x / sqrt(mean(x^2) + eps) * weight for each row.
cudaError_t launch_rms_norm(const float* x, const float* weight, float eps, std::int64_t rows, std::int64_t length,
                            float* out, cudaStream_t stream);
/// Backend::rotate.
cudaError_t launch_rotate(float* x, const float* cosines, const float* sines, std::int64_t tokens, std::int64_t heads,
                          std::int64_t head_dim, std::int64_t pairs, cudaStream_t stream);

/// engine::KvPool on the card.
struct Pool {
  std::uint8_t* data;
  Storage type;  ///< F32, F16, BF16, Q8_0
  std::int64_t num_pages, num_kv_heads, page_tokens, head_dim;
  std::int64_t block_bytes, row_bytes;
};

/// One row of a batch: its position and where its sequence's pages begin in the list of pages.
struct RowPlace {
  std::int32_t row, position, first_page;
};

constexpr std::int64_t kMostHeadDim = 256;  ///< of attention
constexpr int kPageTokens = 32;             ///< of the pool: the lanes of a warp

/// Writes keys and values [.., kv_heads, head_dim] of `count` rows to the pool.
cudaError_t launch_append(const Pool& pool, std::int64_t layer, const float* keys, const float* values,
                          const RowPlace* places, std::int64_t count, const std::int32_t* pages, cudaStream_t stream);

/// A call of attention: queries, out [.., heads, head_dim].
struct Attention {
  Pool pool;
  std::int64_t layer, heads;
  const float* queries;
  const RowPlace* places;
  const std::int32_t* pages;
  float scale;
  float* out;
};

constexpr int kSplitTokens = 256;  ///< positions of a stretch that one block of attend_few weighs

/// Floats that launch_attend_few works in for `count` rows of which the deepest has position `deepest`.
std::int64_t attend_few_floats(const Attention& call, std::int64_t count, std::int64_t deepest);
/// Attention of single rows: the context is split, the query heads of a kv head are computed together. How sums are cut
/// depends on a row's position alone.
cudaError_t launch_attend_few(const Attention& call, std::int64_t count, std::int64_t deepest, float* scratch,
                              cudaStream_t stream);
/// The same of many rows: neighbouring places should be neighbouring rows of one sequence, which read the same pages.
cudaError_t launch_attend_many(const Attention& call, std::int64_t count, cudaStream_t stream);
/// out [heads, count, length]: weights of each position, zero beyond the row's own.
cudaError_t launch_probabilities(const Attention& call, std::int64_t count, std::int64_t length, float* out,
                                 cudaStream_t stream);

constexpr int kMostExperts = 1024;        ///< that launch_choose chooses from
constexpr int kMostExpertsPerToken = 64;  ///< and how many

/// Backend::choose_experts.
cudaError_t launch_choose(const float* logits, const float* bias, float norm_min, std::int64_t tokens, int experts, int k,
                          std::int32_t* chosen, float* weights, cudaStream_t stream);

/// out[i] = weight(chosen[i]) * x[i / rows_per_x] for i < count, i a token and one of its experts. `like` says storage
/// type and shape of all of them, `data` [experts] where each begins; not for scaled types.
cudaError_t launch_multiply_experts(const Weight& like, const std::uint8_t* const* data, const std::int32_t* chosen,
                                    std::int64_t count, const float* x, std::int64_t rows_per_x, float* out,
                                    cudaStream_t stream);
/// out[t] += sum over j < k, in order of the expert's number, of weights[t, j] * rows[row], where row is t * k + j, or
/// rows_of[t * k + n] for the n-th of the token's experts in that order. chosen, weights [tokens, k].
cudaError_t launch_combine(const float* rows, const std::int64_t* rows_of, const std::int32_t* chosen, const float* weights,
                           std::int64_t tokens, int k, std::int64_t length, float* out, cudaStream_t stream);

}  // namespace engine::cuda
