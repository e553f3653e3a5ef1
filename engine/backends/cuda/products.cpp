#include "engine/backends/cuda/products.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace engine::cuda {
namespace {

static_assert(static_cast<int>(Storage::F64) == static_cast<int>(DType::F64));
static_assert(static_cast<int>(Storage::F8E4M3) == static_cast<int>(DType::F8_E4M3));
static_assert(static_cast<int>(Storage::Gptq4) == static_cast<int>(DType::GPTQ4));
static_assert(static_cast<int>(Storage::Q4_0) == static_cast<int>(DType::Q4_0));
static_assert(static_cast<int>(Storage::Q8_0) == static_cast<int>(DType::Q8_0));
static_assert(static_cast<int>(Storage::Mxfp4) == static_cast<int>(DType::MXFP4));

constexpr std::size_t kMostProjections = 8;
// Rows from which a tile of weights that was widened once serves enough of them.
constexpr std::int64_t kManyRows = 17;
// Bytes of a widened tile: enough columns to fill a large card, small enough to stay in its second cache.
constexpr std::int64_t kTileBytes = std::int64_t{32} << 20;
// Columns of bfloat16 that make 16 bytes: rows of a matrix must be aligned so for the matrix units.
constexpr std::int64_t kAligned = 8;

std::int64_t round_up(std::int64_t value, std::int64_t step) { return (value + step - 1) / step * step; }

}  // namespace

Weight weight_of(const Tensor& tensor) {
  Weight weight{};
  weight.data = reinterpret_cast<const std::uint8_t*>(tensor.data());
  weight.type = static_cast<Storage>(tensor.dtype());
  weight.rows = tensor.rows();
  weight.length = tensor.row_length();
  weight.row_bytes = static_cast<std::int64_t>(bytes_of(tensor.dtype(), static_cast<std::size_t>(weight.length)));
  weight.first_row = tensor.first_row();
  if (const Scaling* scaling = tensor.scaling()) {
    const auto bytes = [](const std::byte* pointer) { return reinterpret_cast<const std::uint8_t*>(pointer); };
    weight.scales = {static_cast<Storage>(scaling->type), bytes(scaling->scales), scaling->matrix_rows, scaling->block_rows,
                     scaling->block_columns, scaling->scale_rows, scaling->scale_columns, bytes(scaling->zeros),
                     scaling->zero_offset, scaling->rows, scaling->group_size, bytes(scaling->group_index)};
  }
  return weight;
}

const float* floats(const Tensor& tensor) {
  assert(tensor.dtype() == DType::F32 && tensor.device() == Device::Cuda);
  return reinterpret_cast<const float*>(tensor.data());
}

float* mutable_floats(Tensor& tensor) {
  assert(tensor.dtype() == DType::F32 && tensor.device() == Device::Cuda);
  return reinterpret_cast<float*>(tensor.mutable_data());
}

void Products::multiply(const float* x, std::int64_t rows, std::span<const Projection> projections, cudaStream_t stream) {
  assert(!projections.empty() && projections.size() <= kMostProjections);
  std::array<Product, kMostProjections> products{};
  for (std::size_t i = 0; i < projections.size(); ++i) {
    const Projection& projection = projections[i];
    const bool bias = projection.bias != nullptr && !projection.bias->empty();
    assert(projection.out->count() >= rows * projection.weight->rows());
    products[i] = {weight_of(*projection.weight), bias ? floats(*projection.bias) : nullptr, mutable_floats(*projection.out),
                   projection.accumulate};
  }
  if (rows < kManyRows || deterministic_) return multiply_few(x, rows, {products.data(), projections.size()}, stream);
  for (std::size_t i = 0; i < projections.size(); ++i) multiply_many(x, rows, products[i], stream);
}

void Products::multiply(const float* x, std::int64_t rows, const Product& product, cudaStream_t stream) {
  if (rows < kManyRows || deterministic_) return multiply_few(x, rows, {&product, 1}, stream);
  multiply_many(x, rows, product, stream);
}

void Products::multiply_few(const float* x, std::int64_t rows, std::span<const Product> products, cudaStream_t stream) {
  // Neighbours of one storage type go together: q, k, v or gate and up are one launch.
  for (std::size_t first = 0; first < products.size();) {
    std::size_t end = first + 1;
    while (end < products.size() && end - first < static_cast<std::size_t>(kMostProducts) &&
           products[end].weight.type == products[first].weight.type) {
      ++end;
    }
    std::array<Product, kMostProducts> group{};
    std::copy(products.begin() + static_cast<std::ptrdiff_t>(first), products.begin() + static_cast<std::ptrdiff_t>(end),
              group.begin());
    for (std::int64_t t = 0; t < rows; t += kFewRows) {
      check(launch_multiply_few(group.data(), static_cast<int>(end - first), x + t * group[0].weight.length,
                                static_cast<int>(std::min<std::int64_t>(kFewRows, rows - t)), deterministic_, stream),
            "a matrix was multiplied");
      for (Product& product : group) product.out += kFewRows * product.weight.rows;
    }
    first = end;
  }
}

void Products::multiply_many(const float* x, std::int64_t rows, const Product& product, cudaStream_t stream) {
  const Weight& weight = product.weight;
  const bool bf16 = bf16_ && weight.type != Storage::F32;
  const std::int64_t depth = bf16 ? round_up(weight.length, kAligned) : weight.length;
  const bool in_place = weight.type == (bf16 ? Storage::BF16 : Storage::F32) && depth == weight.length;
  const void* inputs = x;
  if (bf16) {
    auto* const narrow = narrowed_.reserve_as<std::uint16_t>(static_cast<std::size_t>(rows * depth));
    check(launch_narrow_bf16(x, rows, weight.length, depth, narrow, stream), "inputs were rounded");
    inputs = narrow;
  }
  const std::int64_t row_bytes = depth * (bf16 ? 2 : 4);
  const std::int64_t tile = in_place ? weight.rows : std::clamp<std::int64_t>(kTileBytes / row_bytes, 1, weight.rows);
  for (std::int64_t first = 0; first < weight.rows; first += tile) {
    const std::int64_t count = std::min(tile, weight.rows - first);
    const void* matrix = weight.data;
    if (!in_place) {
      std::byte* const scratch = widened_.reserve(static_cast<std::size_t>(tile * row_bytes));
      check(bf16 ? launch_widen_bf16(weight, first, count, depth, reinterpret_cast<std::uint16_t*>(scratch), stream)
                 : launch_widen(weight, nullptr, first, count, reinterpret_cast<float*>(scratch), stream),
            "weights were widened");
      matrix = scratch;
    }
    gemm_.multiply({inputs, matrix, product.out + first, rows, count, depth, weight.rows, bf16, product.accumulate}, stream);
  }
  if (product.bias != nullptr) {
    check(launch_add_bias(product.bias, rows, weight.rows, product.out, stream), "a bias was added");
  }
}

}  // namespace engine::cuda
