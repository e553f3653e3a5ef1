#include "engine/backends/cpu/cpu_attention.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace engine {
namespace {

// Query rows times heads of one task in prefill: enough to pay for reading the history, few enough for the second cache
// level with the positions below, and many tasks.
constexpr std::int64_t kBlockRows = 64;
// Positions that such a block weighs at a time.
constexpr std::int64_t kChunk = 256;
// Positions of one stretch of a long history in decoding, weighed at once.
constexpr std::int64_t kStretch = 512;
// Up to so many rows of a sequence count as decoding.
constexpr std::int64_t kFewRows = 4;
// A task with so many query rows widens pages to float32 once instead of in every product.
constexpr std::int64_t kWidenFrom = 32;

// Multiplications below which waking a thread costs more than it saves.
constexpr std::int64_t kWorthSharing = 1 << 19;

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

const std::byte* bytes_of(const float* p) { return reinterpret_cast<const std::byte*>(p); }

bool few(const SequenceRows& sequence) { return sequence.rows <= kFewRows; }

/// Positions of `sequence` that a task takes at a time.
std::int64_t chunk_of(const SequenceRows& sequence) { return few(sequence) ? kStretch : kChunk; }

}  // namespace

CpuAttention::CpuAttention(const KernelTable& kernels, ThreadTeam& team, ComputeMode compute, IsaChoice isa)
    : kernels_(kernels),
      products_(choose_attention_kernels(isa)),
      bf16_products_(compute == ComputeMode::Auto ? choose_bf16_attention_kernels(isa) : nullptr),
      team_(team) {}

AttentionKernels::Multiply CpuAttention::multiply_of(DType dtype) const {
  return dtype == DType::F16    ? products_.multiply_f16
         : dtype == DType::BF16 ? products_.multiply_bf16
                                : products_.multiply_f32;
}

void CpuAttention::plan(const Call& call, std::span<const SequenceRows> sequences) {
  tasks_.clear();
  std::size_t partial = 0;
  std::int64_t most_rows = 0, most_scores = 0;
  for (const SequenceRows& sequence : sequences) {
    const std::int64_t block = few(sequence) ? sequence.rows : std::max<std::int64_t>(1, kBlockRows / call.group);
    const std::int64_t rows_and_heads = std::min(block, sequence.rows) * call.group;
    most_rows = std::max(most_rows, rows_and_heads);
    most_scores = std::max(most_scores, rows_and_heads * chunk_of(sequence));
    for (std::int64_t kv_head = 0; kv_head < call.pool.num_kv_heads; ++kv_head) {
      for (std::int64_t first = 0; first < sequence.rows; first += block) {
        const std::int64_t rows = std::min(block, sequence.rows - first);
        const std::int64_t end = sequence.first_position + first + rows;
        const std::int64_t stretch = few(sequence) ? kStretch : end;
        for (std::int64_t begin = 0; begin < end; begin += stretch) {
          Task task{&sequence, kv_head, first, rows, begin, std::min(end, begin + stretch), stretch >= end, partial};
          if (!task.whole) partial += size(rows * call.group * (call.pool.head_dim + 2));
          tasks_.push_back(task);
        }
      }
    }
  }
  partials_.resize(std::max(partials_.size(), partial));

  const auto grow = [](auto& memory, std::int64_t n) { memory.resize(std::max(memory.size(), size(n))); };
  const std::int64_t block_elements = call.width * call.pool.page_tokens;
  const std::int64_t most_pages = kStretch / call.pool.page_tokens;
  static_assert(kStretch >= kChunk);
  scratch_.resize(size(team_.threads()));
  for (Scratch& scratch : scratch_) {
    grow(scratch.queries, most_rows * call.width);
    grow(scratch.sums, most_rows * call.pool.head_dim);
    grow(scratch.scores, most_scores);
    grow(scratch.largest, most_rows);
    grow(scratch.total, most_rows);
    grow(scratch.blocks, most_pages + static_cast<std::int64_t>(PairedBlocks::kAhead));
    if (call.bf16) grow(scratch.bf16_queries, most_rows * call.width);
    if (call.bf16) grow(scratch.bf16_weights, most_scores);
    if (call.pool.dtype == DType::F32 || (call.bf16 && KvPool::is_paired(call.pool.dtype))) continue;  // read where they lie
    if (!KvPool::is_paired(call.pool.dtype)) {
      grow(scratch.turned, std::max(block_elements, call.width * static_cast<std::int64_t>(kernels_.tile_columns)));
    }
    if (call.bf16) grow(scratch.bf16_paired, block_elements * most_pages);
    if (!call.bf16) grow(scratch.paired, block_elements * most_pages);
  }
}

void CpuAttention::attend(const KvPool& pool, std::int64_t layer, const float* queries, std::int64_t num_heads,
                          std::span<const SequenceRows> sequences, float scale, float* out) {
  assert(num_heads % pool.num_kv_heads == 0 && kStretch % pool.page_tokens == 0 && kChunk % pool.page_tokens == 0);
  const bool bf16 = bf16_products_ != nullptr && (pool.dtype == DType::BF16 || pool.dtype == DType::Q8_0);
  const Call call{pool,    layer, num_heads, num_heads / pool.num_kv_heads, KvPool::row_width(pool.head_dim), bf16,
                  queries, scale, out};
  plan(call, sequences);
  const auto num_tasks = static_cast<std::int64_t>(tasks_.size());
  std::int64_t work = 1;
  for (const Task& task : tasks_) work += task.rows * call.group * (task.end - task.begin) * pool.head_dim;
  const std::int64_t grain = std::max<std::int64_t>(1, kWorthSharing * num_tasks / work);
  team_.parallel_for(0, num_tasks, grain, [&](std::int64_t begin, std::int64_t end, int worker) {
    for (std::int64_t i = begin; i < end; ++i) run(call, tasks_[size(i)], scratch_[size(worker)]);
  });
  for (std::size_t i = 0; i < tasks_.size();) {
    std::size_t end = i + 1;
    while (end < tasks_.size() && tasks_[end].begin > 0) ++end;  // stretches of the same rows stand together
    if (!tasks_[i].whole) merge(call, i, end);
    i = end;
  }
}

void CpuAttention::run(const Call& call, const Task& task, Scratch& scratch) {
  const std::int64_t rows = task.rows * call.group;
  load_queries(call, task, scratch);
  std::fill_n(scratch.sums.data(), rows * call.pool.head_dim, 0.0f);
  std::fill_n(scratch.largest.data(), rows, kMinusInfinity);
  std::fill_n(scratch.total.data(), rows, 0.0f);
  const std::int64_t chunk = chunk_of(*task.sequence);
  for (std::int64_t begin = task.begin; begin < task.end; begin += chunk) {
    const std::int64_t end = std::min(task.end, begin + chunk);
    score(call, task, begin, end, scratch);
    soften(call, task, begin, end, scratch);
    weigh(call, task, begin, end, scratch);
  }
  finish(call, task, scratch);
}

void CpuAttention::load_queries(const Call& call, const Task& task, Scratch& scratch) const {
  const std::int64_t dim = call.pool.head_dim;
  for (std::int64_t r = 0; r < task.rows * call.group; ++r) {
    const std::int64_t row = task.sequence->first_row + task.first + r / call.group;
    const float* const from = call.queries + (row * call.num_heads + task.kv_head * call.group + r % call.group) * dim;
    if (call.bf16) {
      std::uint16_t* const to = scratch.bf16_queries.data() + r * call.width;
      bf16_products_->narrow(from, size(dim), call.scale, to);
      std::fill(to + dim, to + call.width, std::uint16_t{0});
    } else {
      float* const to = scratch.queries.data() + r * call.width;
      std::copy_n(from, dim, to);
      kernels_.scale(to, size(dim), call.scale);
      std::fill(to + dim, to + call.width, 0.0f);
    }
  }
}

/// The keys, or else the values, of the task's head in positions [begin, end), whose first page begins at `begin`.
PairedBlocks CpuAttention::blocks_of(const Call& call, const Task& task, std::int64_t begin, std::int64_t end,
                                     bool keys, Scratch& scratch) const {
  const KvPool& pool = call.pool;
  const std::byte** to = scratch.blocks.data();
  for (std::int64_t position = begin; position < end; position += pool.page_tokens) {
    const std::int64_t page = task.sequence->pages[size(position / pool.page_tokens)];
    *to++ = keys ? pool.keys(page, call.layer, task.kv_head) : pool.values(page, call.layer, task.kv_head);
  }
  // What comes next: the values of the same positions, or the keys of those that follow, if only in another task.
  const std::int64_t length = task.sequence->first_position + task.sequence->rows;
  std::int64_t next = keys || end >= length ? begin : end;
  for (std::size_t i = 0; i < PairedBlocks::kAhead; ++i) {
    const std::int64_t page = task.sequence->pages[size(next / pool.page_tokens)];
    *to++ = keys ? pool.values(page, call.layer, task.kv_head) : pool.keys(page, call.layer, task.kv_head);
    if (next + pool.page_tokens < length) next += pool.page_tokens;
  }
  const bool paired = KvPool::is_paired(pool.dtype);
  const bool widen = pool.dtype != DType::F32 && !call.bf16 && task.rows * call.group >= kWidenFrom;
  if (!paired || widen) open_pages(call, begin, end, keys, scratch);
  const std::int64_t pairs = keys ? call.width / 2 : (end - begin + 1) / 2;
  return {scratch.blocks.data(), size(keys ? pairs : pool.page_tokens / 2), size(pairs),
          size(keys ? pool.page_tokens : pool.head_dim)};
}

/// Puts pairs that can be multiplied in place of the blocks: float32, or bfloat16 for its products.
void CpuAttention::open_pages(const Call& call, std::int64_t begin, std::int64_t end, bool keys,
                              Scratch& scratch) const {
  const KvPool& pool = call.pool;
  const std::size_t dim = size(pool.head_dim), tokens = size(pool.page_tokens), elements = size(call.width) * tokens;
  std::size_t i = 0;
  for (std::int64_t position = begin; position < end; position += pool.page_tokens, ++i) {
    const std::byte*& block = scratch.blocks[i];
    const std::size_t count = size(std::min(pool.page_tokens, end - position));
    float* const paired = scratch.paired.data() + i * elements;
    if (KvPool::is_paired(pool.dtype)) {
      kernels_.rows_of(pool.dtype).widen(block, keys ? elements : (count + 1) / 2 * 2 * dim, paired);
      block = bytes_of(paired);
    } else if (call.bf16) {
      std::uint16_t* const narrow = scratch.bf16_paired.data() + i * elements;
      pair_rows(bf16_products_->pair, pool, block, count, keys, scratch.turned.data(), narrow);
      block = reinterpret_cast<const std::byte*>(narrow);
    } else {
      pair_rows(products_.pair, pool, block, count, keys, scratch.turned.data(), paired);
      block = bytes_of(paired);
    }
  }
  std::fill_n(scratch.blocks.begin() + static_cast<std::ptrdiff_t>(i), PairedBlocks::kAhead,
              scratch.blocks[i - 1]);  // nothing to fetch
}

/// Pairs of the first `count` rows of a block that stands row by row; `turned` has room for a page or a tile.
template <typename Element>
void CpuAttention::pair_rows(void (*pair)(const float*, const float*, std::size_t, Element*), const KvPool& pool,
                             const std::byte* block, std::size_t count, bool keys, float* turned, Element* to) const {
  const RowKernels& rows = kernels_.rows_of(pool.dtype);
  const std::size_t dim = size(pool.head_dim), tokens = size(pool.page_tokens);
  if (keys) {
    const std::size_t tile = kernels_.tile_columns;
    for (std::size_t first = 0; first < count; first += tile) {
      rows.pack(block + first * pool.row_bytes(), pool.row_bytes(), std::min(tile, count - first), dim, turned);
      const std::size_t columns = std::min(tile, tokens - first);
      for (std::size_t d = 0; d < dim; d += 2)
        pair(turned + d * tile, turned + (d + 1) * tile, columns, to + d * tokens + 2 * first);
    }
    return;
  }
  rows.widen(block, count * dim, turned);
  if (count % 2 != 0) std::fill_n(turned + count * dim, dim, 0.0f);
  for (std::size_t t = 0; t < count; t += 2) pair(turned + t * dim, turned + (t + 1) * dim, dim, to + t * dim);
}

void CpuAttention::score(const Call& call, const Task& task, std::int64_t begin, std::int64_t end,
                         Scratch& scratch) const {
  const std::size_t rows = size(task.rows * call.group), width = size(call.width),
                    stride = size(chunk_of(*task.sequence));
  PairedBlocks keys = blocks_of(call, task, begin, end, true, scratch);
  const bool opened = scratch.blocks[0] == bytes_of(scratch.paired.data());
  const auto multiply = multiply_of(opened ? DType::F32 : call.pool.dtype);
  for (std::int64_t first = 0; first < end - begin; first += call.pool.page_tokens, ++keys.blocks) {
    float* const to = scratch.scores.data() + first;
    if (call.bf16) {
      bf16_products_->multiply(scratch.bf16_queries.data(), width, rows, keys, to, stride, false);
    } else {
      multiply(scratch.queries.data(), width, rows, keys, to, stride, false);
    }
  }
}

/// Turns scores into weights under each row's largest score so far, and what was summed before to that level.
void CpuAttention::soften(const Call& call, const Task& task, std::int64_t begin, std::int64_t end,
                          Scratch& scratch) const {
  const std::int64_t dim = call.pool.head_dim, stride = chunk_of(*task.sequence), padded = (end - begin + 1) / 2 * 2;
  for (std::int64_t r = 0; r < task.rows * call.group; ++r) {
    float* const scores = scratch.scores.data() + r * stride;
    std::uint16_t* const narrow = scratch.bf16_weights.data() + r * stride;
    const std::int64_t own = task.sequence->first_position + task.first + r / call.group;
    const std::int64_t visible = std::clamp<std::int64_t>(own - begin + 1, 0, end - begin);
    // Later positions weigh nothing.
    if (call.bf16) std::fill(narrow + visible, narrow + padded, std::uint16_t{0});
    if (!call.bf16) std::fill(scores + visible, scores + padded, 0.0f);
    if (visible == 0) continue;
    float& largest = scratch.largest[size(r)];
    float& total = scratch.total[size(r)];
    const float before = largest;
    largest = call.bf16 ? bf16_products_->largest(scores, size(visible), before)
                        : std::max(before, kernels_.largest(scores, size(visible)));
    if (largest != before) {
      const float shrink = std::exp(before - largest);  // 0 at the first chunk
      if (begin > task.begin) kernels_.scale(scratch.sums.data() + r * dim, size(dim), shrink);
      total *= shrink;
    }
    total += call.bf16 ? bf16_products_->exp_and_sum(scores, size(visible), largest, narrow)
                       : kernels_.exp_and_sum(scores, size(visible), largest);
  }
}

void CpuAttention::weigh(const Call& call, const Task& task, std::int64_t begin, std::int64_t end,
                         Scratch& scratch) const {
  const std::size_t rows = size(task.rows * call.group), dim = size(call.pool.head_dim),
                    stride = size(chunk_of(*task.sequence));
  PairedBlocks values = blocks_of(call, task, begin, end, false, scratch);
  const bool opened = scratch.blocks[0] == bytes_of(scratch.paired.data());
  const auto multiply = multiply_of(opened ? DType::F32 : call.pool.dtype);
  // Few rows take page after page, as memory gives them; many hold their sums in registers over all pages of the chunk.
  const std::size_t all = values.pairs, step = few(*task.sequence) ? values.block_pairs : all;
  for (std::size_t first = 0; first < all; first += step, ++values.blocks) {
    values.pairs = std::min(step, all - first);
    if (call.bf16) {
      bf16_products_->multiply(scratch.bf16_weights.data() + 2 * first, stride, rows, values, scratch.sums.data(), dim,
                               true);
    } else {
      multiply(scratch.scores.data() + 2 * first, stride, rows, values, scratch.sums.data(), dim, true);
    }
  }
}

void CpuAttention::finish(const Call& call, const Task& task, Scratch& scratch) {
  const std::int64_t dim = call.pool.head_dim;
  const std::int64_t rows = task.rows * call.group;
  if (!task.whole) {  // sums, then the largest score and the total of each row
    float* const partial = partials_.data() + task.partial;
    std::copy_n(scratch.sums.data(), rows * dim, partial);
    std::copy_n(scratch.largest.data(), rows, partial + rows * dim);
    std::copy_n(scratch.total.data(), rows, partial + rows * (dim + 1));
    return;
  }
  for (std::int64_t t = 0; t < task.rows; ++t) {
    const std::int64_t row = task.sequence->first_row + task.first + t;
    float* const to = call.out + (row * call.num_heads + task.kv_head * call.group) * dim;
    std::copy_n(scratch.sums.data() + t * call.group * dim, call.group * dim, to);
    for (std::int64_t h = 0; h < call.group; ++h) {
      kernels_.scale(to + h * dim, size(dim), 1.0f / scratch.total[size(t * call.group + h)]);
    }
  }
}

/// Sums of all stretches, brought to one common largest score, in order of position.
void CpuAttention::merge(const Call& call, std::size_t first_task, std::size_t end_task) {
  const std::int64_t dim = call.pool.head_dim;
  const Task& task = tasks_[first_task];
  const std::int64_t rows = task.rows * call.group;
  const std::size_t partial_bytes = size(rows * (dim + 2)) * sizeof(float), count = end_task - first_task;
  const auto largest_of = [&](std::size_t i) { return partials_.data() + tasks_[first_task + i].partial + rows * dim; };
  merge_weights_.resize(std::max(merge_weights_.size(), count));
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t row = task.sequence->first_row + task.first + r / call.group;
    float* const out = call.out + (row * call.num_heads + task.kv_head * call.group + r % call.group) * dim;
    float largest = kMinusInfinity;
    for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, largest_of(i)[r]);
    float total = 0.0f;
    for (std::size_t i = 0; i < count; ++i) {
      merge_weights_[i] = std::exp(largest_of(i)[r] - largest);  // 0 for a stretch that this row does not see
      total += merge_weights_[i] * largest_of(i)[rows + r];
    }
    std::fill_n(out, dim, 0.0f);
    kernels_.f32.accumulate(merge_weights_.data(), 0, 1, bytes_of(partials_.data() + task.partial + r * dim),
                            partial_bytes, count, size(dim), out, 0);
    kernels_.scale(out, size(dim), 1.0f / total);
  }
}

void CpuAttention::probabilities(const KvPool& pool, std::int64_t layer, const float* queries, std::int64_t num_heads,
                                 const SequenceRows& sequence, float scale, std::span<float> out) {
  const std::int64_t length = sequence.first_position + sequence.rows;
  assert(static_cast<std::int64_t>(out.size()) == num_heads * sequence.rows * length);
  const std::int64_t group = num_heads / pool.num_kv_heads;
  const std::size_t dim = size(pool.head_dim), width = size(KvPool::row_width(pool.head_dim)),
                    tokens = size(pool.page_tokens);
  std::vector<float> query(width), scores(tokens);
  for (std::int64_t head = 0; head < num_heads; ++head) {
    for (std::int64_t t = 0; t < sequence.rows; ++t) {
      std::copy_n(queries + ((sequence.first_row + t) * num_heads + head) * pool.head_dim, dim, query.data());
      float* const row = out.data() + (head * sequence.rows + t) * length;
      const std::int64_t visible = sequence.first_position + t + 1;
      for (std::int64_t position = 0; position < visible; position += pool.page_tokens) {
        const std::byte* const keys = pool.keys(sequence.pages[size(position / pool.page_tokens)], layer, head / group);
        const std::byte* const blocks[1 + PairedBlocks::kAhead] = {keys, keys};
        const std::size_t count = size(std::min(pool.page_tokens, visible - position));
        if (KvPool::is_paired(pool.dtype)) {
          multiply_of(pool.dtype)(query.data(), width, 1, {blocks, width / 2, width / 2, tokens}, scores.data(), tokens,
                                  false);
        } else {
          kernels_.rows_of(pool.dtype)
              .dot(query.data(), dim, 1, keys, pool.row_bytes(), count, dim, scores.data(), tokens);
        }
        std::copy_n(scores.data(), count, row + position);
      }
      kernels_.scale(row, size(visible), scale);
      const float total = kernels_.exp_and_sum(row, size(visible), kernels_.largest(row, size(visible)));
      kernels_.scale(row, size(visible), 1.0f / total);
      std::fill(row + visible, row + length, 0.0f);
    }
  }
}

}  // namespace engine
