#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/tensor/tensor.h"
#include "engine/types.h"

namespace engine {

/// The page pool of a KV cache as operations see it: [layers, 2 (keys, values), kv_heads, pages, page_tokens, head_dim]
/// of `dtype` (F32, F16, BF16 or Q8_0). One page holds `page_tokens` positions of one sequence over all layers. What one
/// head keeps of neighbouring pages lies together, so that attention streams it. In a page, floating-point rows stand in
/// pairs, as attention's products read them: keys [head_dim / 2][page_tokens][2], values [page_tokens / 2][head_dim][2], an
/// odd head_dim filled up with a zero. Q8_0 stands row by row, [page_tokens, head_dim]. A view; owns nothing.
struct KvPool {
  std::byte* data = nullptr;
  DType dtype = DType::F32;
  std::int64_t num_pages = 0;
  std::int64_t num_layers = 0;
  std::int64_t num_kv_heads = 0;
  std::int64_t page_tokens = 0;
  std::int64_t head_dim = 0;

  /// Whether rows of this type stand in pairs.
  static bool is_paired(DType dtype) { return dtype != DType::Q8_0; }
  /// Elements of a row with room for what makes an odd head_dim even.
  static std::int64_t row_width(std::int64_t head_dim) { return head_dim + head_dim % 2; }
  /// Bytes of what one head keeps of one position, keys or values.
  std::size_t row_bytes() const { return bytes_of(dtype, static_cast<std::size_t>(row_width(head_dim))); }
  /// Bytes of the rows of one head in one page and layer: [page_tokens, head_dim].
  std::size_t block_bytes() const { return static_cast<std::size_t>(page_tokens) * row_bytes(); }
  std::byte* keys(std::int64_t page, std::int64_t layer, std::int64_t kv_head) const {
    return block(2 * layer * num_kv_heads + kv_head, page);
  }
  std::byte* values(std::int64_t page, std::int64_t layer, std::int64_t kv_head) const {
    return block((2 * layer + 1) * num_kv_heads + kv_head, page);
  }
  /// Bytes of all blocks of a page together.
  std::size_t page_bytes() const { return static_cast<std::size_t>(num_blocks()) * block_bytes(); }
  /// Blocks of a page, and where a page's block number `index` lies: layers, keys before values, heads.
  std::int64_t num_blocks() const { return 2 * num_layers * num_kv_heads; }
  std::byte* block(std::int64_t index, std::int64_t page) const {
    return data + static_cast<std::size_t>(index * num_pages + page) * block_bytes();
  }
  /// For a pool in CPU memory: gathers a page's blocks, page_bytes() in all, in their order, and puts them back.
  void copy_out(std::int64_t page, std::byte* to) const {
    for (std::int64_t i = 0; i < num_blocks(); ++i, to += block_bytes()) std::memcpy(to, block(i, page), block_bytes());
  }
  void copy_in(std::int64_t page, const std::byte* from) const {
    for (std::int64_t i = 0; i < num_blocks(); ++i, from += block_bytes()) std::memcpy(block(i, page), from, block_bytes());
  }
  /// Clears the rows behind the first `used` in a page as copy_out() gathers it.
  void clear_rows(std::span<std::byte> page, std::int64_t used) const;
  /// Copies a page's rows over those of another, in CPU memory.
  void copy_page(std::int64_t from, std::int64_t to) const {
    for (std::int64_t i = 0; i < num_blocks(); ++i) std::memcpy(block(i, to), block(i, from), block_bytes());
  }
};

/// The rows of one sequence in a batch: rows [first_row, first_row + rows) are its positions [first_position, ...).
struct SequenceRows {
  std::int64_t first_row = 0;
  std::int64_t rows = 0;
  std::int64_t first_position = 0;
  std::span<const std::int32_t> pages;  ///< position p lies in pages[p / page_tokens], row p % page_tokens
};

/// One matrix product of several that read the same rows: out = weight * x + bias, or out += where it accumulates.
struct Projection {
  const Tensor* weight = nullptr;  ///< [out_features, in_features] of any weight type, at any address
  const Tensor* bias = nullptr;    ///< [out_features] float32; null or empty: none
  Tensor* out = nullptr;           ///< [tokens, out_features] float32
  bool accumulate = false;         ///< adds to what `out` holds (the residual stream)
  bool fine = false;               ///< all rows are fine, whatever set_fine_rows says; alike in all that are given together
};

/// One routed expert: gate and up [intermediate, hidden], down [hidden, intermediate].
struct ExpertWeights {
  Tensor gate, up, down;
};

/// Memory that `experts` works in, a row for each token and expert that it goes through.
struct ExpertBuffers {
  Tensor* rows = nullptr;  ///< [tokens * experts_per_token, hidden]
  Tensor* gate = nullptr;  ///< [tokens * experts_per_token, intermediate]
  Tensor* up = nullptr;    ///< as gate
};

/// Where and how a model runs.
struct BackendInfo {
  Device device = Device::Cpu;
  std::string device_name;    ///< "AMD EPYC 7B13" ...
  std::string device_reason;  ///< why this device, in words
  std::string isa;            ///< kernels in use: "portable", "avx2", "avx512"
  std::string matrix_library; ///< what multiplies many rows: "oneDNN 2.6.3" or "own kernels"
  int threads = 1;
  ComputeMode compute = ComputeMode::Auto;
  bool fast_bf16_cache = false;  ///< attention over a cache of bfloat16 has products of bfloat16, float16 has none
};

/// The operations that a model is made of, on one device. Activations are float32 and row-major, `tokens` is the number
/// of rows of the batch. Tensors must be made by this backend, except where a span says CPU memory. What shapes ask for
/// is checked in debug builds: weights were checked when they were loaded. Inputs and outputs do not overlap unless an
/// operation says so. One thread at a time; an operation may return before the device is done (synchronise()).
class Backend {
 public:
  virtual ~Backend() = default;
  virtual const BackendInfo& info() const = 0;

  /// Memory of the device, contents undefined. Throws Error(OutOfMemory).
  virtual Tensor allocate(DType dtype, Shape shape) = 0;
  /// A weight for reading. On the CPU a view of `bytes` themselves, which must outlive it; else a copy on the device.
  virtual Tensor weight(DType dtype, Shape shape, std::span<const std::byte> bytes) = 0;
  /// The same of `shape` = [rows, row length] of a scaled weight, from row `first_row` on; `bytes` are the whole weight's.
  virtual Tensor scaled_weight(DType dtype, Shape shape, std::span<const std::byte> bytes, const Scaling& scaling,
                               std::int64_t first_row) = 0;
  /// Copies between CPU memory and a tensor of exactly that many bytes; both wait until it is done.
  virtual void upload(std::span<const std::byte> from, Tensor& to) = 0;
  virtual void download(const Tensor& from, std::span<std::byte> to) = 0;
  /// Waits until all operations given so far are done.
  virtual void synchronise() = 0;

  /// Pages of a pool that lies where this backend computes, KvPool's own functions on the CPU. read_page and write_page
  /// have page_bytes() in CPU memory, in the order of KvPool::copy_out, the same on every device; they wait until it is done.
  virtual void copy_page(const KvPool& pool, std::int64_t from, std::int64_t to) = 0;
  virtual void read_page(const KvPool& pool, std::int64_t page, std::byte* to) = 0;
  virtual void write_page(const KvPool& pool, std::int64_t page, const std::byte* from) = 0;

  /// Which rows of a batch matter more, ascending, for all operations until the next call; none at first. Where
  /// ComputeMode::Auto rounds activations, these are rounded less: results are wanted of them, of others only keys and values.
  /// A batch of few rows, as in decoding, is fine as a whole.
  virtual void set_fine_rows(std::span<const std::int64_t> /*rows*/) {}
  /// out[t] = table[ids[t]]: table [vocab, hidden] (any weight type), ids in CPU memory, out [tokens, hidden].
  /// Throws Error(InvalidRequest) for an id outside the table.
  virtual void embed(const Tensor& table, std::span<const std::int32_t> ids, Tensor& out) = 0;
  /// out[i] = x[rows[i]]: x [tokens, n], rows in CPU memory, out [rows.size(), n].
  virtual void gather_rows(const Tensor& x, std::span<const std::int64_t> rows, Tensor& out) = 0;
  /// out = x / sqrt(mean(x^2) + eps) * weight, row by row: x, out [tokens, hidden], weight [hidden] float32; out may be x.
  virtual void rms_norm(const Tensor& x, const Tensor& weight, float eps, Tensor& out) = 0;
  /// Products with up to 8 weights of the same input width, x [tokens, in_features]: q, k, v or gate, up in one go, the
  /// head, anything linear. Float32 sums; with ComputeMode::Auto many rows may be multiplied in bfloat16.
  virtual void linear(const Tensor& x, std::span<const Projection> projections) = 0;
  /// x += y, both [tokens, n].
  virtual void add(const Tensor& y, Tensor& x) = 0;
  /// Rotates pairs (2i, 2i+1) of each head of x [tokens, heads, head_dim] in place, the first 2 * row_length(cosines)
  /// dimensions of it: (a, b) becomes (a cos - b sin, b cos + a sin). cosines, sines [tokens, rotated / 2].
  virtual void rotate(Tensor& x, const Tensor& cosines, const Tensor& sines) = 0;
  /// Writes keys and values [tokens, kv_heads, head_dim] (keys rotated) to the positions that `sequences` name.
  virtual void append_kv(const KvPool& pool, std::int64_t layer, const Tensor& keys, const Tensor& values,
                         std::span<const SequenceRows> sequences) = 0;
  /// Causal attention over the pages, the batch's own positions included (append_kv first): query head h reads kv head
  /// h / (heads / kv_heads). queries, out [tokens, heads, head_dim]; scale multiplies the products before the softmax.
  virtual void attend(const KvPool& pool, std::int64_t layer, const Tensor& queries,
                      std::span<const SequenceRows> sequences, float scale, Tensor& out) = 0;
  /// What attend weighs with, for people who look inside a model: out [heads, rows, first_position + rows] in CPU
  /// memory, zero above the diagonal. Slow and simple.
  virtual void attention_probabilities(const KvPool& pool, std::int64_t layer, const Tensor& queries,
                                       const SequenceRows& sequence, float scale, std::span<float> out) = 0;
  /// out = silu(gate) * up with silu(v) = v / (1 + exp(-v)); all [tokens, n]; out may be gate or up.
  virtual void gated_silu(const Tensor& gate, const Tensor& up, Tensor& out) = 0;

  /// Chooses the experts of each token: p = softmax(logits), the k largest of p + bias (the lower number first where two
  /// are equal), their weights p / max(sum of the chosen p, norm_min). logits [tokens, experts] float32, bias [experts];
  /// out: chosen [tokens, k] I32 in falling order of p + bias, weights [tokens, k] float32.
  virtual void choose_experts(const Tensor& logits, const Tensor& bias, float norm_min, Tensor& chosen, Tensor& weights) = 0;
  /// out += sum over the chosen experts j of a token, in order of their number, of
  /// weights * down_j(silu(gate_j(x)) * up_j(x)). x, out [tokens, hidden]; chosen, weights as choose_experts gave them.
  virtual void experts(const Tensor& x, std::span<const ExpertWeights> experts, const Tensor& chosen, const Tensor& weights,
                       const ExpertBuffers& buffers, Tensor& out) = 0;
};

/// Makes the backend that `options` ask for; `device_reason` of its info says why. Throws Error(DeviceFailure) for a
/// device that was asked for by name and cannot be used, Error(InvalidRequest) for impossible options.
std::unique_ptr<Backend> create_backend(const EngineOptions& options);

/// The devices of this machine: the CPU first, then CUDA, always, with the reason where it is not usable. Any thread.
std::vector<DeviceInfo> available_devices();

}  // namespace engine
