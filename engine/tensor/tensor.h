#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/tensor/dtype.h"
#include "engine/tensor/scaling.h"

namespace engine {

/// Where the bytes of a tensor lie.
enum class Device : std::uint8_t { Cpu, Cuda };

/// Sizes of the dimensions, outermost first, in elements. Empty for a scalar.
using Shape = std::vector<std::int64_t>;

/// "[2, 64]", for error sentences.
std::string to_string(const Shape& shape);

/// Bytes of a tensor as a file may declare it; nothing where a dimension is negative, the bytes do not fit 64 bits
/// or rows do not hold whole blocks.
std::optional<std::uint64_t> bytes_of_shape(DType dtype, const Shape& shape);

/// Numbers with a shape: row-major, contiguous, no arithmetic; rows of a quantised type are whole blocks. It owns its
/// bytes (made by a Backend, or by `owned`) or views bytes that somebody else keeps alive (a mapped file, another
/// tensor). Moves; to copy the numbers is a Backend's business. A view may start at any address: weights lie in a file
/// as they were written.
class Tensor {
 public:
  /// No elements, no storage.
  Tensor() = default;

  /// Owned CPU memory, aligned to 64 bytes, not initialised. Throws Error(OutOfMemory).
  static Tensor owned(DType dtype, Shape shape);
  /// Takes over memory of a device; `release` is called once with it.
  static Tensor adopt(Device device, DType dtype, Shape shape, std::byte* data, void (*release)(std::byte*));
  /// Reads memory that outlives the tensor: product(shape) elements at `data`.
  static Tensor view(DType dtype, Shape shape, const std::byte* data, Device device = Device::Cpu);
  /// Reads shape[0] rows of a scaled weight from row `first_row` on; rows are counted through all dimensions but the
  /// last. `data` is where the whole weight begins: the rows of a scaled weight need not lie together. Weight and
  /// scaling outlive the tensor.
  static Tensor scaled(DType dtype, Shape shape, const std::byte* data, const Scaling& scaling, std::int64_t first_row,
                       Device device = Device::Cpu);

  bool empty() const { return data_ == nullptr; }
  Device device() const { return device_; }
  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  std::int64_t dim(std::size_t axis) const { return shape_[axis]; }
  /// Elements in all.
  std::int64_t count() const { return count_; }
  /// Product of all dimensions but the last; 1 for a scalar.
  std::int64_t rows() const { return shape_.empty() ? 1 : row_length() == 0 ? 0 : count_ / row_length(); }
  /// The last dimension; 1 for a scalar.
  std::int64_t row_length() const { return shape_.empty() ? 1 : shape_.back(); }
  std::size_t bytes() const { return bytes_of(dtype_, static_cast<std::size_t>(count_)); }

  /// What `scaled` was given; null and 0 for all other tensors.
  const Scaling* scaling() const { return scaling_; }
  std::int64_t first_row() const { return first_row_; }

  const std::byte* data() const { return data_; }
  /// Not for views made by `view`: those are read-only.
  std::byte* mutable_data();
  /// The elements of a float32 tensor in CPU memory.
  const float* f32() const;
  float* mutable_f32();

  /// A view of the first elements as another shape; writable if this tensor is. This tensor must outlive it.
  Tensor part(Shape shape);
  /// A view of the first `count` slices along the first axis; writable if this tensor is. This tensor must outlive it.
  Tensor first(std::int64_t count);

 private:
  using Storage = std::unique_ptr<std::byte, void (*)(std::byte*)>;
  Storage storage_{nullptr, nullptr};
  std::byte* data_ = nullptr;
  bool read_only_ = false;
  Device device_ = Device::Cpu;
  DType dtype_ = DType::F32;
  Shape shape_;
  std::int64_t count_ = 0;
  const Scaling* scaling_ = nullptr;
  std::int64_t first_row_ = 0;
};

}  // namespace engine
