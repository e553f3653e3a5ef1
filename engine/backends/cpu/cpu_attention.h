#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/backends/cpu/thread_team.h"

namespace engine {

/// Causal attention over KV pages with a running softmax: the query heads that share a kv head go together, so that
/// every K and V row is read once for its group. Few rows (decoding) read the pages as they are stored, and a long
/// history is cut into fixed stretches that threads share; many rows (prefill) turn each page once for a block of them.
/// How the work is cut depends on positions alone, so results do not depend on the thread count. One thread at a time.
class CpuAttention {
 public:
  CpuAttention(const KernelTable& kernels, ThreadTeam& team) : kernels_(kernels), team_(team) {}

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
    const float* queries = nullptr;
    float scale = 1.0f;
    float* out = nullptr;
  };
  /// A worker's own memory.
  struct Scratch {
    std::vector<float> queries, scores, sums, turned_keys, values, largest, total;
  };

  void plan(const Call& call, std::span<const SequenceRows> sequences);
  void run(const Call& call, const Task& task, Scratch& scratch);
  static const std::byte* block(const Call& call, const Task& task, std::int64_t position, bool keys);
  void score_page(const Call& call, const Task& task, std::int64_t position, std::size_t count, Scratch& scratch) const;
  void weigh_page(const Call& call, const Task& task, std::int64_t position, std::size_t count, Scratch& scratch) const;
  void finish(const Call& call, const Task& task, Scratch& scratch);
  void merge(const Call& call, std::size_t first_task, std::size_t end_task) const;

  const KernelTable& kernels_;
  ThreadTeam& team_;
  std::vector<Task> tasks_;
  std::vector<float> partials_;
  std::vector<Scratch> scratch_;
};

}  // namespace engine
