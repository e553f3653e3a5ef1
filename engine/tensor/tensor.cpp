#include "engine/tensor/tensor.h"

#include <cassert>
#include <cstdlib>
#include <limits>

#include "engine/base/error.h"

namespace engine {
namespace {

constexpr std::size_t kAlignment = 64;  // a cache line, and the widest vector

/// Elements of a shape; throws where the bytes of it could not be counted.
std::int64_t count_of(DType dtype, const Shape& shape) {
  const auto bytes = bytes_of_shape(dtype, shape);
  // A quantised byte holds fewer than four elements, so that their count fits too.
  if (!bytes || *bytes > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / 4) {
    throw Error(ErrorCode::OutOfMemory, "A tensor of shape " + to_string(shape) + " is larger than any memory");
  }
  if (*bytes == 0) return 0;
  std::int64_t count = 1;
  for (const std::int64_t dim : shape) count *= dim;
  return count;
}

}  // namespace

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

std::optional<std::uint64_t> bytes_of_shape(DType dtype, const Shape& shape) {
  std::uint64_t count = 1;
  bool empty = false, overflow = false;
  for (const std::int64_t dim : shape) {
    if (dim < 0) return std::nullopt;
    if (dim == 0) empty = true;
    overflow = __builtin_mul_overflow(count, static_cast<std::uint64_t>(dim), &count) || overflow;
  }
  // A zero anywhere makes the tensor empty, whatever the other dimensions multiply to.
  if (empty) return 0;
  const std::uint64_t row_length = shape.empty() ? 1 : static_cast<std::uint64_t>(shape.back());
  if (overflow || row_length % block_elements(dtype) != 0) return std::nullopt;
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(count / block_elements(dtype), block_bytes(dtype), &bytes)) return std::nullopt;
  return bytes;
}

Tensor Tensor::owned(DType dtype, Shape shape) {
  const std::int64_t count = count_of(dtype, shape);
  // aligned_alloc wants a multiple of the alignment; a tensor without elements still gets an address.
  const std::size_t bytes = (bytes_of(dtype, static_cast<std::size_t>(count)) / kAlignment + 1) * kAlignment;
  auto* data = static_cast<std::byte*>(std::aligned_alloc(kAlignment, bytes));
  if (data == nullptr) {
    throw Error(ErrorCode::OutOfMemory, "Cannot get " + std::to_string(bytes / (1024 * 1024) + 1) +
                                            " MB of memory for a tensor of shape " + to_string(shape) +
                                            "; close other programs or choose a shorter context");
  }
  return adopt(Device::Cpu, dtype, std::move(shape), data, [](std::byte* memory) { std::free(memory); });
}

Tensor Tensor::adopt(Device device, DType dtype, Shape shape, std::byte* data, void (*release)(std::byte*)) {
  Tensor tensor;
  tensor.storage_ = Storage(data, release);
  tensor.data_ = data;
  tensor.device_ = device;
  tensor.dtype_ = dtype;
  tensor.count_ = count_of(dtype, shape);
  tensor.shape_ = std::move(shape);
  return tensor;
}

Tensor Tensor::view(DType dtype, Shape shape, const std::byte* data, Device device) {
  Tensor tensor;
  tensor.data_ = const_cast<std::byte*>(data);  // never written through: read_only_ guards mutable_data
  tensor.read_only_ = true;
  tensor.device_ = device;
  tensor.dtype_ = dtype;
  tensor.count_ = count_of(dtype, shape);
  tensor.shape_ = std::move(shape);
  return tensor;
}

Tensor Tensor::scaled(DType dtype, Shape shape, const std::byte* data, const Scaling& scaling, std::int64_t first_row,
                      Device device) {
  assert(is_scaled(dtype));
  Tensor tensor = view(dtype, std::move(shape), data, device);
  tensor.scaling_ = &scaling;
  tensor.first_row_ = first_row;
  return tensor;
}

std::byte* Tensor::mutable_data() {
  assert(!read_only_);
  return data_;
}

const float* Tensor::f32() const {
  assert(dtype_ == DType::F32 && device_ == Device::Cpu);
  return reinterpret_cast<const float*>(data_);
}

float* Tensor::mutable_f32() {
  assert(!read_only_ && dtype_ == DType::F32 && device_ == Device::Cpu);
  return reinterpret_cast<float*>(data_);
}

Tensor Tensor::part(Shape shape) {
  assert(scaling_ == nullptr);
  Tensor tensor = view(dtype_, std::move(shape), data_, device_);
  assert(tensor.count_ <= count_);
  tensor.read_only_ = read_only_;
  return tensor;
}

Tensor Tensor::first(std::int64_t count) {
  assert(!shape_.empty() && count >= 0 && count <= shape_[0]);
  Shape shape = shape_;
  shape[0] = count;
  return part(std::move(shape));
}

}  // namespace engine
