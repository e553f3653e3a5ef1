#include "engine/quantize/source_rows.h"

#include <cassert>

#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/backends/cpu/weight_rows.h"

namespace engine {

bool can_decode(DType dtype) {
  return dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16 || dtype == DType::F64 || is_quantised(dtype) ||
         is_scaled(dtype);
}

std::int64_t row_length_of(const TensorView& tensor) {
  return tensor.shape.empty() ? 1 : tensor.shape.back();
}

std::span<const std::byte> bytes_of_rows(const TensorView& tensor, std::int64_t first, std::int64_t count) {
  const std::size_t row_bytes = bytes_of(tensor.dtype, static_cast<std::size_t>(row_length_of(tensor)));
  return tensor.bytes.subspan(static_cast<std::size_t>(first) * row_bytes, static_cast<std::size_t>(count) * row_bytes);
}

void decode_rows(const TensorView& tensor, std::int64_t first, std::int64_t count, std::span<float> out) {
  assert(can_decode(tensor.dtype) && out.size() == static_cast<std::size_t>(count * row_length_of(tensor)));
  static const KernelTable& kernels = choose_kernels(IsaChoice::Auto);
  widen_rows(kernels, tensor.as_tensor(), first, count, out.data());
}

}  // namespace engine
