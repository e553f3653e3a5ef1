#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/backends/cpu/kernels/attention_kernels.h"
#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/backends/cpu/thread_team.h"

namespace engine {

/// Causal attention over KV pages with a running softmax: the query heads that share a kv head go together, so that
/// every K and V row is read once for its group. Few rows (decoding) cut a long history into fixed stretches that threads
/// share; many rows (prefill) go in blocks, each over all it sees, chunk by chunk. A cache of bfloat16 or 8 bits is
/// multiplied in bfloat16 where the CPU can and `compute` is Auto, all else in float32. How the work is cut depends on
/// positions alone, so results do not depend on the thread count. One thread at a time.
class CpuAttention {
 public:
  CpuAttention(const KernelTable& kernels, ThreadTeam& team, ComputeMode compute, IsaChoice isa);

  /// Whether a cache of bfloat16 is multiplied in bfloat16.
  bool multiplies_bf16() const { return bf16_products_ != nullptr; }
  /// As Backend::attend.
  void attend(const KvPool& pool, std::int64_t layer, const float* queries, std::int64_t num_heads,
              std::span<const SequenceRows> sequences, float scale, float* out);
  /// As Backend::attention_probabilities.
  void probabilities(const KvPool& pool, std::int64_t layer, const float* queries, std::int64_t num_heads,
                     const SequenceRows& sequence, float scale, std::span<float> out);

 private:
  /// A block of query rows of one sequence and kv head against positions [begin, end).
  struct Task {
    const SequenceRows* sequence = nullptr;
    std::int64_t kv_head = 0;
    std::int64_t first = 0, rows = 0;  ///< of the sequence's rows in this batch
    std::int64_t begin = 0, end = 0;   ///< positions; cut at page borders
    bool whole = true;                 ///< no other task has these rows: the result is final
    std::size_t partial = 0;           ///< else where its unfinished sums lie, in floats
  };
  /// What all tasks of one call share.
  struct Call {
    KvPool pool;
    std::int64_t layer = 0, num_heads = 0, group = 0;  ///< group: query heads of one kv head
    std::int64_t width = 0;                            ///< of a query: head_dim, made even by a zero
    bool bf16 = false;                                 ///< products of bfloat16
    const float* queries = nullptr;
    float scale = 1.0f;
    float* out = nullptr;
  };
  /// A worker's own memory. Row t * group + h of a task's block is head kv_head * group + h of its row t.
  struct Scratch {
    std::vector<float> queries, scores, sums, largest, total;  ///< scores become weights in place
    std::vector<std::uint16_t> bf16_queries, bf16_weights;
    std::vector<float> turned, paired;  ///< a page of Q8_0, widened; a chunk of pages as pairs of float32
    std::vector<std::uint16_t> bf16_paired;
    std::vector<const std::byte*> blocks;
  };

  void plan(const Call& call, std::span<const SequenceRows> sequences);
  void run(const Call& call, const Task& task, Scratch& scratch);
  void load_queries(const Call& call, const Task& task, Scratch& scratch) const;
  PairedBlocks blocks_of(const Call& call, const Task& task, std::int64_t begin, std::int64_t end, bool keys,
                         Scratch& scratch) const;
  void open_pages(const Call& call, std::int64_t begin, std::int64_t end, bool keys, Scratch& scratch) const;
  template <typename Element>
  void pair_rows(void (*pair)(const float*, const float*, std::size_t, Element*), const KvPool& pool,
                 const std::byte* block, std::size_t count, bool keys, float* turned, Element* to) const;
  void score(const Call& call, const Task& task, std::int64_t begin, std::int64_t end, Scratch& scratch) const;
  void soften(const Call& call, const Task& task, std::int64_t begin, std::int64_t end, Scratch& scratch) const;
  void weigh(const Call& call, const Task& task, std::int64_t begin, std::int64_t end, Scratch& scratch) const;
  void finish(const Call& call, const Task& task, Scratch& scratch);
  void merge(const Call& call, std::size_t first_task, std::size_t end_task);
  AttentionKernels::Multiply multiply_of(DType dtype) const;

  const KernelTable& kernels_;
  const AttentionKernels& products_;
  const Bf16AttentionKernels* const bf16_products_;  ///< null: none
  ThreadTeam& team_;
  std::vector<Task> tasks_;
  std::vector<float> partials_, merge_weights_;
  std::vector<Scratch> scratch_;
};

}  // namespace engine
