#include "engine/backends/cpu/cpu_backend.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/backends/cpu/column_stretches.h"
#include "engine/backends/cpu/cpu_cores.h"
#include "engine/backends/cpu/kv_rows.h"
#include "engine/backends/cpu/weight_rows.h"
#include "engine/base/error.h"

namespace engine {
namespace {

constexpr std::size_t kMostProjections = 8;
// Below so many rows the weights set the pace and the dot kernels read them once; from here on packing them pays.
constexpr std::int64_t kManyRows = 8;
// Rows that the dot kernels multiply together.
constexpr std::int64_t kFewRows = kManyRows - 1;
static_assert(kFewRows <= ScaledProducts::kMostInputs);
// Rows of a weight that are multiplied at a time: at 1024 bfloat16 each 64 KB, so that x and they share a cache.
constexpr std::int64_t kWeightRows = 32;
// Bytes of weights that a thread takes at a time: less is read faster than a thread is woken.
constexpr std::int64_t kWeightBytes = 131072;
// Elements of cheap row-wise work below which starting the team costs more than it saves.
constexpr std::int64_t kWorthSharing = 16384;

int thread_count(const EngineOptions& options) {
  if (options.threads < 0 || options.threads > 1024) {
    throw Error(ErrorCode::InvalidRequest,
                "The thread count must be between 1 and 1024 (0: as many as there are cores), not " +
                    std::to_string(options.threads));
  }
  return options.threads > 0 ? options.threads : usable_cores();
}

/// Rows to a chunk of row-wise work of `length` elements each.
std::int64_t rows_per_chunk(std::int64_t length) {
  return std::max<std::int64_t>(1, kWorthSharing / std::max<std::int64_t>(1, length));
}

std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

}  // namespace

CpuBackend::CpuBackend(const EngineOptions& options, std::string reason)
    : kernels_(choose_kernels(options.isa)),
      integer_kernels_(choose_integer_kernels(options.isa)),
      team_(thread_count(options), options.pin_threads ? cpus_of_cores() : std::vector<int>()),
      gemm_(kernels_, team_, options.compute, options.isa),
      attention_(kernels_, team_, options.compute, options.isa),
      scaled_(kernels_, team_.threads()),
      integer_inputs_(integer_kernels_, team_),
      integer_gemm_(integer_kernels_, kernels_, team_),
      deterministic_(options.deterministic) {
  info_.device = Device::Cpu;
  info_.device_name = cpu_name();
  info_.device_reason = std::move(reason);
  info_.isa = kernels_.name;
  info_.matrix_library = Gemm::library_name();
  info_.threads = team_.threads();
  info_.compute = options.compute;
  info_.fast_bf16_cache = attention_.multiplies_bf16();
  products_.resize(size(info_.threads) * size(kManyRows * kWeightRows));
}

Tensor CpuBackend::weight(DType dtype, Shape shape, std::span<const std::byte> bytes) {
  Tensor tensor = Tensor::view(dtype, std::move(shape), bytes.data());
  assert(tensor.bytes() == bytes.size());
  return tensor;
}

Tensor CpuBackend::scaled_weight(DType dtype, Shape shape, std::span<const std::byte> bytes, const Scaling& scaling,
                                 std::int64_t first_row) {
  return Tensor::scaled(dtype, std::move(shape), bytes.data(), scaling, first_row);
}

void CpuBackend::upload(std::span<const std::byte> from, Tensor& to) {
  assert(from.size() == to.bytes());
  std::memcpy(to.mutable_data(), from.data(), from.size());
}

void CpuBackend::download(const Tensor& from, std::span<std::byte> to) {
  assert(to.size() == from.bytes());
  std::memcpy(to.data(), from.data(), to.size());
}

void CpuBackend::embed(const Tensor& table, std::span<const std::int32_t> ids, Tensor& out) {
  assert(out.rows() == static_cast<std::int64_t>(ids.size()) && out.row_length() == table.row_length());
  const std::size_t length = size(table.row_length());
  for (std::size_t t = 0; t < ids.size(); ++t) {
    if (ids[t] < 0 || ids[t] >= table.rows()) {
      throw Error(ErrorCode::InvalidRequest, "Token id " + std::to_string(ids[t]) + " is outside the vocabulary of " +
                                                 std::to_string(table.rows()) + " tokens");
    }
    widen_rows(kernels_, table, ids[t], 1, out.mutable_f32() + t * length);
  }
}

void CpuBackend::gather_rows(const Tensor& x, std::span<const std::int64_t> rows, Tensor& out) {
  assert(out.rows() >= static_cast<std::int64_t>(rows.size()) && out.row_length() == x.row_length());
  const std::int64_t length = x.row_length();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    assert(rows[i] >= 0 && rows[i] < x.rows());
    std::copy_n(x.f32() + rows[i] * length, length, out.mutable_f32() + static_cast<std::int64_t>(i) * length);
  }
}

void CpuBackend::rms_norm(const Tensor& x, const Tensor& weight, float eps, Tensor& out) {
  assert(x.rows() == out.rows() && x.row_length() == weight.count() && out.row_length() == weight.count());
  const std::int64_t length = x.row_length();
  const float* const from = x.f32();
  float* const to = out.mutable_f32();
  team_.parallel_for(0, x.rows(), rows_per_chunk(length), [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t t = begin; t < end; ++t) {
      kernels_.rms_norm(from + t * length, weight.f32(), eps, size(length), to + t * length);
    }
  });
}

void CpuBackend::linear(const Tensor& x, std::span<const Projection> projections) {
  assert(!projections.empty() && projections.size() <= kMostProjections);
  std::array<MatrixProduct, kMostProjections> products;
  const std::span<const std::int64_t> fine = projections.front().fine ? all_rows(x.dim(0)) : fine_rows(x.dim(0));
  for (std::size_t i = 0; i < projections.size(); ++i) {
    const Projection& projection = projections[i];
    const Tensor& weight = *projection.weight;
    const bool bias = projection.bias != nullptr && !projection.bias->empty();
    assert(weight.row_length() == x.count() / std::max<std::int64_t>(1, x.dim(0)));
    assert(projection.out->count() == x.dim(0) * weight.rows());
    assert(!bias || projection.bias->count() == weight.rows());
    assert(projection.fine == projections.front().fine);
    products[i] = {x.f32(),  weight.data(),       weight.dtype(), bias ? projection.bias->f32() : nullptr,
                   projection.out->mutable_f32(), x.dim(0),       weight.row_length(),
                   weight.rows(),                 projection.accumulate,
                   weight.scaling(),              weight.first_row(),
                   fine};
  }
  const std::span<const MatrixProduct> all(products.data(), projections.size());
  if (x.dim(0) < kManyRows || deterministic_) {
    multiply_few_rows(all);
  } else {
    multiply_many_rows(all);
  }
}

/// Those of `rows` rows that are fine.
std::span<const std::int64_t> CpuBackend::fine_rows(std::int64_t rows) const {
  const auto end = std::lower_bound(fine_rows_.begin(), fine_rows_.end(), rows);
  return {fine_rows_.begin(), end};
}

/// 0, 1, 2, ...
std::span<const std::int64_t> CpuBackend::all_rows(std::int64_t rows) {
  for (auto row = static_cast<std::int64_t>(all_rows_.size()); row < rows; ++row) all_rows_.push_back(row);
  return std::span(all_rows_).first(size(rows));
}

/// Quantised weights with activations in 8 bits, unless every sum shall be float32; the others by the matrix library.
void CpuBackend::multiply_many_rows(std::span<const MatrixProduct> products) {
  integer_products_.clear();
  other_products_.clear();
  for (const MatrixProduct& product : products) {
    const bool integer = info_.compute == ComputeMode::Auto && is_quantised(product.type);
    (integer ? integer_products_ : other_products_).push_back(product);
  }
  if (!integer_products_.empty()) integer_gemm_.multiply(integer_products_);
  if (!other_products_.empty()) gemm_.multiply(other_products_);
}

/// All products as one range of output features, so that they cost one fork and join together. The sums of the dot kernels
/// do not depend on what is computed beside them: the only ones where results must be deterministic. All rows are fine,
/// for the weights set the pace.
void CpuBackend::multiply_few_rows(std::span<const MatrixProduct> products) {
  const ColumnStretches chunks(products, kWeightRows);
  std::int64_t bytes = 0;
  for (const MatrixProduct& product : products) {
    bytes += static_cast<std::int64_t>(bytes_of(product.type, size(product.out_features * product.in_features)));
  }
  const std::int64_t grain = std::max<std::int64_t>(1, kWeightBytes * chunks.count() / std::max<std::int64_t>(1, bytes));

  const bool integer = info_.compute == ComputeMode::Auto;
  if (integer) integer_inputs_.quantise(products, IntegerInputs::Fine::All);
  scaled_.reserve(products);

  team_.parallel_for(0, chunks.count(), grain, [&](std::int64_t begin, std::int64_t end, int worker) {
    for (std::int64_t chunk = begin; chunk < end; ++chunk) {
      const auto [product, first] = chunks[chunk];
      for (std::int64_t t = 0; t < product.rows; t += kFewRows) multiply_stretch(product, first, t, integer, worker);
    }
  });
}

/// Rows [first_row, first_row + kFewRows) of x with kWeightRows rows of the weight from `first` on.
void CpuBackend::multiply_stretch(const MatrixProduct& product, std::int64_t first, std::int64_t first_row, bool integer,
                                  int worker) {
  float* const sums = products_.data() + worker * kManyRows * kWeightRows;
  const std::int64_t count = std::min(kWeightRows, product.out_features - first);
  const std::int64_t rows = std::min(kFewRows, product.rows - first_row);
  const float* const x = product.x + first_row * product.in_features;
  if (product.scaling != nullptr) {
    MatrixProduct part = product;
    part.x = x;
    part.rows = rows;
    scaled_.dot(part, first, count, worker, sums, size(kWeightRows));
  } else {
    const std::size_t row_bytes = bytes_of(product.type, size(product.in_features));
    const std::byte* const weight = product.weight + size(first) * row_bytes;
    if (integer && is_quantised(product.type)) {
      integer_kernels_.type(product.type)
          .dot(integer_inputs_.rows_of(product).from(size(first_row)), integer_inputs_.rests_of(product).from(size(first_row)),
               size(rows), weight, row_bytes, size(count), size(product.in_features), sums, size(kWeightRows));
    } else {
      kernels_.rows_of(product.type)
          .dot(x, size(product.in_features), size(rows), weight, row_bytes, size(count), size(product.in_features), sums,
               size(kWeightRows));
    }
  }
  for (std::int64_t t = 0; t < rows; ++t) put_sums(kernels_, product, first_row + t, first, count, sums + t * kWeightRows);
}

void CpuBackend::add(const Tensor& y, Tensor& x) {
  assert(y.count() == x.count());
  kernels_.add(y.f32(), size(x.count()), x.mutable_f32());
}

void CpuBackend::rotate(Tensor& x, const Tensor& cosines, const Tensor& sines) {
  assert(x.shape().size() == 3 && cosines.rows() == x.dim(0) && sines.rows() == x.dim(0));
  assert(2 * cosines.row_length() <= x.dim(2));
  const std::int64_t heads = x.dim(1), head_dim = x.dim(2), pairs = cosines.row_length();
  float* const data = x.mutable_f32();
  team_.parallel_for(0, x.dim(0), rows_per_chunk(heads * head_dim), [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t row = begin * heads; row < end * heads; ++row) {
      const std::int64_t angles = row / heads * pairs;
      kernels_.rotate_pairs(data + row * head_dim, cosines.f32() + angles, sines.f32() + angles, size(pairs));
    }
  });
}

void CpuBackend::append_kv(const KvPool& pool, std::int64_t layer, const Tensor& keys, const Tensor& values,
                           std::span<const SequenceRows> sequences) {
  assert(keys.dim(1) == pool.num_kv_heads && keys.dim(2) == pool.head_dim && values.shape() == keys.shape());
  append_kv_rows(kernels_, pool, layer, keys.f32(), values.f32(), sequences);
}

void CpuBackend::attend(const KvPool& pool, std::int64_t layer, const Tensor& queries,
                        std::span<const SequenceRows> sequences, float scale, Tensor& out) {
  assert(queries.shape().size() == 3 && queries.dim(2) == pool.head_dim && out.count() == queries.count());
  if (!deterministic_) {
    attention_.attend(pool, layer, queries.f32(), queries.dim(1), sequences, scale, out.mutable_f32());
    return;
  }
  // Row by row, as in decoding: how sums are cut depends on the position alone.
  rows_alone_.clear();
  for (const SequenceRows& sequence : sequences) {
    for (std::int64_t t = 0; t < sequence.rows; ++t) {
      rows_alone_.push_back({sequence.first_row + t, 1, sequence.first_position + t, sequence.pages});
    }
  }
  attention_.attend(pool, layer, queries.f32(), queries.dim(1), rows_alone_, scale, out.mutable_f32());
}

void CpuBackend::attention_probabilities(const KvPool& pool, std::int64_t layer, const Tensor& queries,
                                         const SequenceRows& sequence, float scale, std::span<float> out) {
  attention_.probabilities(pool, layer, queries.f32(), queries.dim(1), sequence, scale, out);
}

void CpuBackend::gated_silu(const Tensor& gate, const Tensor& up, Tensor& out) {
  assert(gate.count() == up.count() && gate.count() == out.count());
  float* const to = out.mutable_f32();
  team_.parallel_for(0, gate.count(), kWorthSharing, [&](std::int64_t begin, std::int64_t end, int) {
    kernels_.gated_silu(gate.f32() + begin, up.f32() + begin, size(end - begin), to + begin);
  });
}

void CpuBackend::choose_experts(const Tensor& logits, const Tensor& bias, float norm_min, Tensor& chosen, Tensor& weights) {
  assert(logits.row_length() == bias.count() && chosen.shape() == weights.shape() && chosen.rows() == logits.rows());
  const std::size_t count = size(bias.count()), k = size(chosen.row_length());
  auto* const ids = reinterpret_cast<std::int32_t*>(chosen.mutable_data());
  std::vector<float> probabilities(count), scores(count);
  std::vector<std::int32_t> order(count);
  for (std::size_t t = 0; t < size(logits.rows()); ++t) {
    const float* const row = logits.f32() + t * count;
    const float largest = *std::max_element(row, row + count);
    float total = 0;
    for (std::size_t e = 0; e < count; ++e) total += probabilities[e] = std::exp(row[e] - largest);
    for (std::size_t e = 0; e < count; ++e) {
      probabilities[e] /= total;
      scores[e] = probabilities[e] + bias.f32()[e];
      if (std::isnan(scores[e])) scores[e] = -std::numeric_limits<float>::infinity();  // of a broken file: still an order
      order[e] = static_cast<std::int32_t>(e);
    }
    const auto before = [&scores](std::int32_t a, std::int32_t b) {
      const float score_a = scores[static_cast<std::size_t>(a)], score_b = scores[static_cast<std::size_t>(b)];
      return score_a != score_b ? score_a > score_b : a < b;
    };
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(), before);
    float sum = 0;
    for (std::size_t j = 0; j < k; ++j) sum += probabilities[static_cast<std::size_t>(order[j])];
    for (std::size_t j = 0; j < k; ++j) {
      ids[t * k + j] = order[j];
      weights.mutable_f32()[t * k + j] = probabilities[static_cast<std::size_t>(order[j])] / std::max(sum, norm_min);
    }
  }
}

void CpuBackend::experts(const Tensor& x, std::span<const ExpertWeights> experts, const Tensor& chosen, const Tensor& weights,
                         const ExpertBuffers& buffers, Tensor& out) {
  const std::int64_t tokens = x.dim(0), hidden = x.row_length(), k = chosen.row_length();
  const std::int64_t width = experts.front().gate.rows();
  expert_rows_.assign({reinterpret_cast<const std::int32_t*>(chosen.data()), size(tokens * k)},
                      {weights.f32(), size(tokens * k)}, k, static_cast<std::int64_t>(experts.size()));
  assert(buffers.rows->count() >= tokens * k * hidden && buffers.gate->count() >= tokens * k * width);
  float* const rows = buffers.rows->mutable_f32();
  Tensor gate = buffers.gate->part({tokens * k, width}), up = buffers.up->part({tokens * k, width});

  team_.parallel_for(0, tokens * k, rows_per_chunk(hidden), [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t row = begin; row < end; ++row) {
      std::copy_n(x.f32() + expert_rows_.token[size(row)] * hidden, hidden, rows + row * hidden);
    }
  });
  const auto product = [](const float* from, const Tensor& weight, float* to, const ExpertRows::Run& run,
                      std::span<const std::int64_t> fine) {
    return MatrixProduct{from, weight.data(), weight.dtype(), nullptr, to, run.count, weight.row_length(), weight.rows(),
                         false, weight.scaling(), weight.first_row(), fine};
  };
  expert_fine_rows_.clear();
  expert_fine_rows_.reserve(2 * size(tokens * k));  // so that views of it stay
  expert_products_.clear();
  for (const ExpertRows::Run& run : expert_rows_.runs) {
    const ExpertWeights& expert = experts[size(run.expert)];
    const float* const from = rows + run.first * hidden;
    const std::span<const std::int64_t> fine = fine_rows_of(run);
    expert_products_.push_back(product(from, expert.gate, gate.mutable_f32() + run.first * width, run, fine));
    expert_products_.push_back(product(from, expert.up, up.mutable_f32() + run.first * width, run, fine));
  }
  multiply_by_experts(expert_products_);
  gated_silu(gate, up, gate);
  expert_products_.clear();
  for (const ExpertRows::Run& run : expert_rows_.runs) {  // what came in is not needed any more: results take its place
    expert_products_.push_back(product(gate.f32() + run.first * width, experts[size(run.expert)].down,
                                       rows + run.first * hidden, run, fine_rows_of(run)));
  }
  multiply_by_experts(expert_products_);

  team_.parallel_for(0, tokens, rows_per_chunk(hidden * k), [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t i = begin * k; i < end * k; ++i) {
      const std::int64_t row = expert_rows_.rows_of[size(i)];
      kernels_.f32.accumulate(&expert_rows_.weight[size(row)], 1, 1, reinterpret_cast<const std::byte*>(rows + row * hidden),
                              size(hidden) * sizeof(float), 1, size(hidden), out.mutable_f32() + i / k * hidden, size(hidden));
    }
  });
}

/// Those of an expert's rows whose tokens are fine, appended to expert_fine_rows_.
std::span<const std::int64_t> CpuBackend::fine_rows_of(const ExpertRows::Run& run) {
  const std::size_t before = expert_fine_rows_.size();
  for (std::int64_t i = 0; i < run.count; ++i) {
    const std::int64_t token = expert_rows_.token[size(run.first + i)];
    if (std::binary_search(fine_rows_.begin(), fine_rows_.end(), token)) expert_fine_rows_.push_back(i);
  }
  return std::span(expert_fine_rows_).subspan(before);
}

/// Experts with few rows all together in one fork and join, those with many likewise; what the matrix library multiplies,
/// one by one.
void CpuBackend::multiply_by_experts(std::span<const MatrixProduct> products) {
  const bool integer = info_.compute == ComputeMode::Auto;
  few_products_.clear();
  integer_products_.clear();
  for (const MatrixProduct& product : products) {
    if (product.rows < kManyRows || deterministic_) {
      few_products_.push_back(product);
    } else if (integer && is_quantised(product.type)) {
      integer_products_.push_back(product);
    } else {
      gemm_.multiply({&product, 1});
    }
  }
  if (!integer_products_.empty()) integer_gemm_.multiply(integer_products_);
  if (!few_products_.empty()) multiply_few_rows(few_products_);
}

}  // namespace engine
