#include "engine/backends/cpu/cpu_attention.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace engine {
namespace {

// Query rows times heads of one task in prefill: enough to pay for turning a page, few enough for the first cache level.
constexpr std::int64_t kBlockRows = 64;
// Positions of one stretch of a long history in decoding.
constexpr std::int64_t kStretch = 512;
// Up to so many rows of a sequence count as decoding.
constexpr std::int64_t kFewRows = 4;
// A task with so many query rows turns pages into panels instead of reading them row by row.
constexpr std::int64_t kTurnFrom = 24;

// Multiplications below which waking a thread costs more than it saves.
constexpr std::int64_t kWorthSharing = 1 << 19;

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

/// Asks for a block of a page before it is needed: pages lie far apart, where the hardware does not look ahead.
void prefetch(const std::byte* block, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += 64) __builtin_prefetch(block + i);
}

}  // namespace

void CpuAttention::plan(const Call& call, std::span<const SequenceRows> sequences) {
  tasks_.clear();
  std::size_t partial = 0;
  for (const SequenceRows& sequence : sequences) {
    const bool few = sequence.rows <= kFewRows;
    const std::int64_t block = few ? sequence.rows : std::max<std::int64_t>(1, kBlockRows / call.group);
    for (std::int64_t kv_head = 0; kv_head < call.pool.num_kv_heads; ++kv_head) {
      for (std::int64_t first = 0; first < sequence.rows; first += block) {
        const std::int64_t rows = std::min(block, sequence.rows - first);
        const std::int64_t end = sequence.first_position + first + rows;
        const std::int64_t stretch = few ? kStretch : end;
        for (std::int64_t begin = 0; begin < end; begin += stretch) {
          Task task{&sequence, kv_head, first, rows, begin, std::min(end, begin + stretch), stretch >= end, partial};
          if (!task.whole) partial += size(rows * call.group * (call.pool.head_dim + 2));
          tasks_.push_back(task);
        }
      }
    }
  }
  partials_.resize(std::max(partials_.size(), partial));

  const std::int64_t rows = std::max(kBlockRows, kFewRows * call.group) + call.group;
  const std::size_t padding = kernels_.tile_columns;  // multiply_tile reads whole panels
  scratch_.resize(size(team_.threads()));
  for (Scratch& scratch : scratch_) {
    scratch.queries.resize(size(rows * call.pool.head_dim));
    scratch.sums.resize(size(rows * call.pool.head_dim));
    scratch.scores.resize(size(rows * call.pool.page_tokens));
    scratch.turned_keys.resize(size(call.pool.head_dim * call.pool.page_tokens) + size(call.pool.head_dim) * padding);
    scratch.values.resize(size(call.pool.head_dim * call.pool.page_tokens) + padding);
    scratch.largest.resize(size(rows));
    scratch.total.resize(size(rows));
  }
}

void CpuAttention::attend(const KvPool& pool, std::int64_t layer, const float* queries, std::int64_t num_heads,
                          std::span<const SequenceRows> sequences, float scale, float* out) {
  static_assert(kStretch % 32 == 0);
  assert(num_heads % pool.num_kv_heads == 0 && kStretch % pool.page_tokens == 0);
  const Call call{pool, layer, num_heads, num_heads / pool.num_kv_heads, queries, scale, out};
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
  const std::int64_t dim = call.pool.head_dim;
  const std::int64_t page_tokens = call.pool.page_tokens;
  const std::int64_t rows = task.rows * call.group;
  // Row t * group + h of the scratch is head kv_head * group + h of the block's row t.
  for (std::int64_t t = 0; t < task.rows; ++t) {
    const std::int64_t row = task.sequence->first_row + task.first + t;
    const float* from = call.queries + (row * call.num_heads + task.kv_head * call.group) * dim;
    std::copy_n(from, call.group * dim, scratch.queries.data() + t * call.group * dim);
  }
  kernels_.scale(scratch.queries.data(), size(rows * dim), call.scale);
  std::fill_n(scratch.sums.data(), rows * dim, 0.0f);
  std::fill_n(scratch.largest.data(), rows, kMinusInfinity);
  std::fill_n(scratch.total.data(), rows, 0.0f);

  for (std::int64_t position = task.begin; position < task.end; position += page_tokens) {
    const auto count = size(std::min(page_tokens, task.end - position));
    prefetch(block(call, task, position, false), count * call.pool.row_bytes());
    score_page(call, task, position, count, scratch);
    for (std::int64_t r = 0; r < rows; ++r) {
      float* const scores = scratch.scores.data() + r * page_tokens;
      const std::int64_t own = task.sequence->first_position + task.first + r / call.group;
      const auto visible = size(std::clamp<std::int64_t>(own - position + 1, 0, static_cast<std::int64_t>(count)));
      std::fill(scores + visible, scores + count, 0.0f);  // later positions weigh nothing
      if (visible == 0) continue;
      const float largest = std::max(scratch.largest[size(r)], kernels_.largest(scores, visible));
      const float shrink = std::exp(scratch.largest[size(r)] - largest);  // 0 at the first page
      if (shrink != 1.0f) kernels_.scale(scratch.sums.data() + r * dim, size(dim), shrink);
      scratch.total[size(r)] = scratch.total[size(r)] * shrink + kernels_.exp_and_sum(scores, visible, largest);
      scratch.largest[size(r)] = largest;
    }
    if (position + page_tokens < task.end) {
      prefetch(block(call, task, position + page_tokens, true), call.pool.block_bytes());
    }
    weigh_page(call, task, position, count, scratch);
  }
  finish(call, task, scratch);
}

/// The keys, or else the values, of the task's head in the page that holds `position`.
const std::byte* CpuAttention::block(const Call& call, const Task& task, std::int64_t position, bool keys) {
  const std::int64_t page = task.sequence->pages[size(position / call.pool.page_tokens)];
  return keys ? call.pool.keys(page, call.layer, task.kv_head) : call.pool.values(page, call.layer, task.kv_head);
}

void CpuAttention::score_page(const Call& call, const Task& task, std::int64_t position, std::size_t count,
                              Scratch& scratch) const {
  const KvPool& pool = call.pool;
  const RowKernels& rows = kernels_.rows_of(pool.dtype);
  const std::byte* const keys = block(call, task, position, true);
  const std::size_t dim = size(pool.head_dim), row_bytes = pool.row_bytes(), stride = size(pool.page_tokens);
  const std::size_t num_rows = size(task.rows * call.group);
  if (static_cast<std::int64_t>(num_rows) < kTurnFrom) {
    rows.dot(scratch.queries.data(), dim, num_rows, keys, row_bytes, count, dim, scratch.scores.data(), stride);
    return;
  }
  for (std::size_t first = 0; first < count; first += kernels_.tile_columns) {
    const std::size_t columns = std::min(kernels_.tile_columns, count - first);
    rows.pack(keys + first * row_bytes, row_bytes, columns, dim, scratch.turned_keys.data());
    for (std::size_t r = 0; r < num_rows; r += kernels_.tile_rows) {
      kernels_.multiply_tile(scratch.queries.data() + r * dim, dim, scratch.turned_keys.data(), kernels_.tile_columns,
                             dim, scratch.scores.data() + r * stride + first, stride,
                             std::min(kernels_.tile_rows, num_rows - r), columns, false);
    }
  }
}

void CpuAttention::weigh_page(const Call& call, const Task& task, std::int64_t position, std::size_t count,
                              Scratch& scratch) const {
  const KvPool& pool = call.pool;
  const RowKernels& rows = kernels_.rows_of(pool.dtype);
  const std::byte* const values = block(call, task, position, false);
  const std::size_t dim = size(pool.head_dim), row_bytes = pool.row_bytes(), stride = size(pool.page_tokens);
  const std::size_t num_rows = size(task.rows * call.group);
  if (static_cast<std::int64_t>(num_rows) < kTurnFrom && rows.accumulate == nullptr) {
    rows.widen(values, count * dim, scratch.values.data());
    kernels_.f32.accumulate(scratch.scores.data(), stride, num_rows, reinterpret_cast<const std::byte*>(scratch.values.data()),
                            dim * sizeof(float), count, dim, scratch.sums.data(), dim);
    return;
  }
  if (static_cast<std::int64_t>(num_rows) < kTurnFrom) {
    rows.accumulate(scratch.scores.data(), stride, num_rows, values, row_bytes, count, dim, scratch.sums.data(), dim);
    return;
  }
  rows.widen(values, count * dim, scratch.values.data());
  for (std::size_t first = 0; first < dim; first += kernels_.tile_columns) {
    for (std::size_t r = 0; r < num_rows; r += kernels_.tile_rows) {
      kernels_.multiply_tile(scratch.scores.data() + r * stride, stride, scratch.values.data() + first, dim, count,
                             scratch.sums.data() + r * dim + first, dim, std::min(kernels_.tile_rows, num_rows - r),
                             std::min(kernels_.tile_columns, dim - first), true);
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
void CpuAttention::merge(const Call& call, std::size_t first_task, std::size_t end_task) const {
  const std::int64_t dim = call.pool.head_dim;
  const Task& task = tasks_[first_task];
  const std::int64_t rows = task.rows * call.group;
  const auto largest_of = [&](std::size_t i) { return partials_.data() + tasks_[i].partial + rows * dim; };
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t row = task.sequence->first_row + task.first + r / call.group;
    float* const out = call.out + (row * call.num_heads + task.kv_head * call.group + r % call.group) * dim;
    float largest = kMinusInfinity;
    for (std::size_t i = first_task; i < end_task; ++i) largest = std::max(largest, largest_of(i)[r]);
    std::fill_n(out, dim, 0.0f);
    float total = 0.0f;
    for (std::size_t i = first_task; i < end_task; ++i) {
      const float weight = std::exp(largest_of(i)[r] - largest);  // 0 for a stretch that this row does not see
      const float* const sums = partials_.data() + tasks_[i].partial + r * dim;
      for (std::int64_t d = 0; d < dim; ++d) out[d] += weight * sums[d];
      total += weight * largest_of(i)[rows + r];
    }
    kernels_.scale(out, size(dim), 1.0f / total);
  }
}

void CpuAttention::probabilities(const KvPool& pool, std::int64_t layer, const float* queries, std::int64_t num_heads,
                                 const SequenceRows& sequence, float scale, std::span<float> out) {
  const std::size_t dim = size(pool.head_dim);
  const std::int64_t group = num_heads / pool.num_kv_heads;
  const std::int64_t length = sequence.first_position + sequence.rows;
  const RowKernels& rows = kernels_.rows_of(pool.dtype);
  assert(static_cast<std::int64_t>(out.size()) == num_heads * sequence.rows * length);
  for (std::int64_t head = 0; head < num_heads; ++head) {
    for (std::int64_t t = 0; t < sequence.rows; ++t) {
      const float* const query = queries + ((sequence.first_row + t) * num_heads + head) * pool.head_dim;
      float* const row = out.data() + (head * sequence.rows + t) * length;
      const std::int64_t visible = sequence.first_position + t + 1;
      for (std::int64_t position = 0; position < visible; position += pool.page_tokens) {
        const std::int64_t page = sequence.pages[size(position / pool.page_tokens)];
        rows.dot(query, dim, 1, pool.keys(page, layer, head / group), pool.row_bytes(),
                 size(std::min(pool.page_tokens, visible - position)), dim, row + position, 0);
      }
      kernels_.scale(row, size(visible), scale);
      const float total = kernels_.exp_and_sum(row, size(visible), kernels_.largest(row, size(visible)));
      kernels_.scale(row, size(visible), 1.0f / total);
      std::fill(row + visible, row + length, 0.0f);
    }
  }
}

}  // namespace engine
