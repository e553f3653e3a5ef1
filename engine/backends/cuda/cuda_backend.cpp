#include "engine/backends/cuda/cuda_backend.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

#include "engine/base/error.h"

namespace engine::cuda {
namespace {

Pool pool_of(const KvPool& pool) {
  return {reinterpret_cast<std::uint8_t*>(pool.data), static_cast<Storage>(pool.dtype), pool.num_pages, pool.num_kv_heads,
          pool.page_tokens, pool.head_dim, static_cast<std::int64_t>(pool.block_bytes()),
          static_cast<std::int64_t>(pool.row_bytes())};
}

/// Throws where attention's kernels are too narrow for a model: said once, in words, instead of a refused launch.
void check_pool(const KvPool& pool) {
  if (pool.head_dim <= kMostHeadDim && pool.page_tokens == kPageTokens) return;
  throw Error(ErrorCode::UnsupportedModel, "Attention on the NVIDIA card takes heads of up to " +
                                               std::to_string(kMostHeadDim) + " numbers; this model's have " +
                                               std::to_string(pool.head_dim) + ". Choose the CPU");
}

/// Makes the card this thread's, before anything is asked of it.
cudaDeviceProp choose_card(int device) {
  check(cudaSetDevice(device), "it was chosen");
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, device), "it was asked for its properties");
  return properties;
}

/// Kernels that were given before may still use what is released: nothing of the stream says when they are done.
void release(std::byte* data) {
  cudaDeviceSynchronize();
  cudaFree(data);
}

}  // namespace

CudaBackend::CudaBackend(const EngineOptions& options, int device, std::string reason)
    : device_(device),
      deterministic_(options.deterministic),
      properties_(choose_card(device)),
      products_(options.compute, options.deterministic, properties_.major >= 8) {
  info_.device = Device::Cuda;
  info_.device_name = properties_.name;
  info_.device_reason = std::move(reason);
  info_.isa = "CUDA " + std::to_string(properties_.major) + "." + std::to_string(properties_.minor);
  info_.matrix_library = GemmCublasLt::library_name();
  info_.compute = options.compute;
}

CudaBackend::~CudaBackend() {
  cudaSetDevice(device_);
  cudaStreamSynchronize(stream_);  // kernels may still read what is given back now
}

/// The card is chosen for each thread: a model is loaded on one and runs on another.
void CudaBackend::use_card() const { check(cudaSetDevice(device_), "it was chosen"); }

Tensor CudaBackend::allocate(DType dtype, Shape shape) {
  use_card();
  const auto bytes = bytes_of_shape(dtype, shape);
  if (!bytes) {
    throw Error(ErrorCode::OutOfMemory, "A tensor of shape " + to_string(shape) + " is larger than any memory");
  }
  void* memory = nullptr;
  const cudaError_t status = cudaMalloc(&memory, *bytes > 0 ? *bytes : 1);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // else the next kernel would be blamed
    std::size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    throw Error(ErrorCode::OutOfMemory, "The card " + info_.device_name + " has " + std::to_string(free / 1000000) +
                                            " MB free, " + std::to_string(*bytes / 1000000 + 1) +
                                            " MB are needed for a tensor of shape " + to_string(shape) +
                                            "; choose a shorter context, a smaller model or the CPU");
  }
  check(status, "memory was asked for");
  return Tensor::adopt(Device::Cuda, dtype, std::move(shape), static_cast<std::byte*>(memory), release);
}

std::byte* CudaBackend::copy_to_card(std::span<const std::byte> bytes) {
  std::byte* const to = weights_.take(bytes.size());
  staging_.copy(bytes.data(), bytes.size(), to, stream_);
  return to;
}

const std::byte* CudaBackend::shared_copy(std::span<const std::byte> bytes) {
  const std::byte*& copy = copies_[bytes.data()];
  if (copy == nullptr) copy = copy_to_card(bytes);
  return copy;
}

Tensor CudaBackend::weight(DType dtype, Shape shape, std::span<const std::byte> bytes) {
  use_card();
  return Tensor::view(dtype, std::move(shape), copy_to_card(bytes), Device::Cuda);
}

Tensor CudaBackend::scaled_weight(DType dtype, Shape shape, std::span<const std::byte> bytes, const Scaling& scaling,
                                  std::int64_t first_row) {
  use_card();
  Scaling& own = scalings_.emplace_back(scaling);
  const auto rows = static_cast<std::size_t>(scaling.rows), groups = static_cast<std::size_t>(scaling.groups);
  std::size_t scales = rows * groups;
  if (dtype == DType::GPTQ4) {
    own.zeros = shared_copy({scaling.zeros, groups * ((rows + 7) / 8) * 4});
    if (scaling.group_index != nullptr) {
      own.group_index = shared_copy({scaling.group_index, static_cast<std::size_t>(shape.back()) * 4});
    }
  } else {
    const std::size_t matrices = bytes.size() / static_cast<std::size_t>(scaling.matrix_rows * shape.back());
    scales = matrices * static_cast<std::size_t>(scaling.scale_rows * scaling.scale_columns);
  }
  own.scales = shared_copy({scaling.scales, scales * size_of(scaling.type)});
  return Tensor::scaled(dtype, std::move(shape), shared_copy(bytes), own, first_row, Device::Cuda);
}

void CudaBackend::upload(std::span<const std::byte> from, Tensor& to) {
  assert(from.size() == to.bytes());
  use_card();
  if (from.empty()) return;
  check(cudaMemcpyAsync(to.mutable_data(), from.data(), from.size(), cudaMemcpyHostToDevice, stream_), "numbers were copied");
  stream_.wait();
}

void CudaBackend::download(const Tensor& from, std::span<std::byte> to) {
  assert(to.size() == from.bytes());
  use_card();
  if (!to.empty()) {
    check(cudaMemcpyAsync(to.data(), from.data(), to.size(), cudaMemcpyDeviceToHost, stream_), "numbers were fetched");
  }
  stream_.wait();
}

void CudaBackend::synchronise() {
  use_card();
  stream_.wait();
}

// Blocks of a page lie num_pages blocks apart, one above the other: a copy in two dimensions.
void CudaBackend::copy_page(const KvPool& pool, std::int64_t from, std::int64_t to) {
  use_card();
  const std::size_t block = pool.block_bytes(), pitch = block * static_cast<std::size_t>(pool.num_pages);
  check(cudaMemcpy2DAsync(pool.block(0, to), pitch, pool.block(0, from), pitch, block,
                          static_cast<std::size_t>(pool.num_blocks()), cudaMemcpyDeviceToDevice, stream_),
        "a page was copied");
}

void CudaBackend::read_page(const KvPool& pool, std::int64_t page, std::byte* to) {
  use_card();
  const std::size_t block = pool.block_bytes(), pitch = block * static_cast<std::size_t>(pool.num_pages);
  check(cudaMemcpy2DAsync(to, block, pool.block(0, page), pitch, block, static_cast<std::size_t>(pool.num_blocks()),
                          cudaMemcpyDeviceToHost, stream_),
        "a page was fetched");
  stream_.wait();
}

void CudaBackend::write_page(const KvPool& pool, std::int64_t page, const std::byte* from) {
  use_card();
  const std::size_t block = pool.block_bytes(), pitch = block * static_cast<std::size_t>(pool.num_pages);
  check(cudaMemcpy2DAsync(pool.block(0, page), pitch, from, block, block, static_cast<std::size_t>(pool.num_blocks()),
                          cudaMemcpyHostToDevice, stream_),
        "a page was copied");
  stream_.wait();
}

void CudaBackend::embed(const Tensor& table, std::span<const std::int32_t> ids, Tensor& out) {
  assert(out.rows() == static_cast<std::int64_t>(ids.size()) && out.row_length() == table.row_length());
  use_card();
  for (const std::int32_t id : ids) {
    if (id >= 0 && id < table.rows()) continue;
    throw Error(ErrorCode::InvalidRequest, "Token id " + std::to_string(id) + " is outside the vocabulary of " +
                                               std::to_string(table.rows()) + " tokens");
  }
  if (ids.empty()) return;
  auto* const on_card = ids_.reserve_as<std::int32_t>(ids.size());
  check(cudaMemcpyAsync(on_card, ids.data(), ids.size_bytes(), cudaMemcpyHostToDevice, stream_), "token ids were copied");
  check(launch_widen(weight_of(table), on_card, 0, static_cast<std::int64_t>(ids.size()), mutable_floats(out), stream_),
        "embeddings were looked up");
}

void CudaBackend::gather_rows(const Tensor& x, std::span<const std::int64_t> rows, Tensor& out) {
  assert(out.rows() >= static_cast<std::int64_t>(rows.size()) && out.row_length() == x.row_length());
  use_card();
  if (rows.empty()) return;
  auto* const on_card = row_numbers_.reserve_as<std::int64_t>(rows.size());
  check(cudaMemcpyAsync(on_card, rows.data(), rows.size_bytes(), cudaMemcpyHostToDevice, stream_), "row numbers were copied");
  check(launch_gather(floats(x), on_card, static_cast<std::int64_t>(rows.size()), x.row_length(), mutable_floats(out), stream_),
        "rows were gathered");
}

void CudaBackend::rms_norm(const Tensor& x, const Tensor& weight, float eps, Tensor& out) {
  assert(x.rows() == out.rows() && x.row_length() == weight.count() && out.row_length() == weight.count());
  use_card();
  check(launch_rms_norm(floats(x), floats(weight), eps, x.rows(), x.row_length(), mutable_floats(out), stream_),
        "rows were normalised");
}

void CudaBackend::linear(const Tensor& x, std::span<const Projection> projections) {
  use_card();
  products_.multiply(floats(x), x.dim(0), projections, stream_);
}

void CudaBackend::add(const Tensor& y, Tensor& x) {
  assert(y.count() == x.count());
  use_card();
  check(launch_add(floats(y), x.count(), mutable_floats(x), stream_), "rows were added");
}

void CudaBackend::rotate(Tensor& x, const Tensor& cosines, const Tensor& sines) {
  assert(x.shape().size() == 3 && cosines.rows() == x.dim(0) && sines.rows() == x.dim(0));
  use_card();
  check(launch_rotate(mutable_floats(x), floats(cosines), floats(sines), x.dim(0), x.dim(1), x.dim(2), cosines.row_length(),
                      stream_),
        "heads were rotated");
}

void CudaBackend::append_kv(const KvPool& pool, std::int64_t layer, const Tensor& keys, const Tensor& values,
                            std::span<const SequenceRows> sequences) {
  assert(keys.dim(1) == pool.num_kv_heads && keys.dim(2) == pool.head_dim && values.shape() == keys.shape());
  use_card();
  check_pool(pool);
  append_places_.set(sequences, pool.page_tokens, true, stream_);
  check(launch_append(pool_of(pool), layer, floats(keys), floats(values), append_places_.places(), append_places_.count(),
                      append_places_.pages(), stream_),
        "keys and values were stored");
}

void CudaBackend::attend(const KvPool& pool, std::int64_t layer, const Tensor& queries,
                         std::span<const SequenceRows> sequences, float scale, Tensor& out) {
  assert(queries.shape().size() == 3 && queries.dim(2) == pool.head_dim && out.count() == queries.count());
  use_card();
  check_pool(pool);
  attend_places_.set(sequences, pool.page_tokens, deterministic_, stream_);
  const std::int64_t few = attend_places_.few(), deepest = attend_places_.deepest_few();
  Attention call{pool_of(pool), layer, queries.dim(1), floats(queries), attend_places_.places(), attend_places_.pages(), scale,
                 mutable_floats(out)};
  // Deep rows take room for their stretches; many of them (rows one by one, where results must be deterministic) go in turns.
  constexpr std::int64_t kMostPartials = std::int64_t{64} << 20;
  const std::int64_t floats_of_row = attend_few_floats(call, 1, deepest);
  const std::int64_t together = std::max<std::int64_t>(1, kMostPartials / std::max<std::int64_t>(1, floats_of_row));
  for (std::int64_t first = 0; first < few; first += together) {
    const std::int64_t count = std::min(together, few - first);
    call.places = attend_places_.places() + first;
    float* const partials = partials_.reserve_as<float>(static_cast<std::size_t>(count * floats_of_row));
    check(launch_attend_few(call, count, deepest, partials, stream_), "attention was computed");
  }
  call.places = attend_places_.places() + few;
  check(launch_attend_many(call, attend_places_.count() - few, stream_), "attention was computed");
}

void CudaBackend::attention_probabilities(const KvPool& pool, std::int64_t layer, const Tensor& queries,
                                          const SequenceRows& sequence, float scale, std::span<float> out) {
  use_card();
  check_pool(pool);
  attend_places_.set({&sequence, 1}, pool.page_tokens, true, stream_);
  const Attention call{pool_of(pool), layer, queries.dim(1), floats(queries), attend_places_.places(), attend_places_.pages(),
                       scale, nullptr};
  assert(out.size() == static_cast<std::size_t>(queries.dim(1) * sequence.rows * (sequence.first_position + sequence.rows)));
  float* const on_card = probabilities_.reserve_as<float>(out.size());
  check(launch_probabilities(call, sequence.rows, sequence.first_position + sequence.rows, on_card, stream_),
        "attention was computed");
  check(cudaMemcpyAsync(out.data(), on_card, out.size_bytes(), cudaMemcpyDeviceToHost, stream_), "numbers were fetched");
  stream_.wait();
}

void CudaBackend::gated_silu(const Tensor& gate, const Tensor& up, Tensor& out) {
  assert(gate.count() == up.count() && gate.count() == out.count());
  use_card();
  check(launch_gated_silu(floats(gate), floats(up), gate.count(), mutable_floats(out), stream_), "a gate was applied");
}

}  // namespace engine::cuda
