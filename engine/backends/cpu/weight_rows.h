#pragma once

#include <cstdint>

#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/tensor/tensor.h"

namespace engine {

/// Rows [first_row, first_row + rows) of a weight of any type in CPU memory, as float32: to [rows, row_length]. Rows
/// are counted through all dimensions but the last. The same bits from every `kernels`. Where a row is worth little,
/// many at once are cheaper: GPTQ4 decodes tile_columns rows together. Any thread; throws std::bad_alloc.
void widen_rows(const KernelTable& kernels, const Tensor& weight, std::int64_t first_row, std::int64_t rows, float* to);

/// Row `row` of an FP8 weight that begins at `numbers`; `ahead` as in F8Row, in rows.
F8Row f8_row(const std::byte* numbers, std::int64_t row_length, const Scaling& scaling, std::int64_t row,
             std::int64_t ahead = 0);

/// The kernels of F8_E4M3 or F8_E5M2.
inline const F8Kernels& f8_kernels(const KernelTable& kernels, DType type) {
  return type == DType::F8_E5M2 ? kernels.f8_e5m2 : kernels.f8_e4m3;
}

}  // namespace engine
