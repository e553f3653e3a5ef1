#include "engine/backends/cpu/weight_rows.h"

#include <algorithm>
#include <cassert>
#include <vector>

namespace engine {
namespace {

std::size_t size(std::int64_t n) {
  return static_cast<std::size_t>(n);
}

constexpr std::int64_t kDepth = 256;  // columns of a tile that are decoded at a time, whole words

void widen_gptq(const KernelTable& kernels, const Tensor& weight, std::int64_t first_row, std::int64_t rows,
                float* to) {
  const Scaling& scaling = *weight.scaling();
  const std::size_t width = kernels.tile_columns;
  const std::int64_t columns = weight.row_length();
  std::vector<float> tables(2 * size(scaling.groups) * width), panel(size(kDepth) * width);
  for (std::int64_t done = 0; done < rows; done += static_cast<std::int64_t>(width)) {
    const std::size_t row = size(weight.first_row() + first_row + done), count = std::min(width, size(rows - done));
    kernels.gptq.fill_tables(scaling, row, count, tables.data());
    for (std::int64_t k = 0; k < columns; k += kDepth) {
      const std::size_t depth = size(std::min(kDepth, columns - k));
      kernels.gptq.pack(weight.data(), scaling, tables.data(), row, count, size(k), depth, panel.data());
      for (std::size_t r = 0; r < count; ++r) {
        float* const out = to + (size(done) + r) * size(columns) + size(k);
        for (std::size_t i = 0; i < depth; ++i) out[i] = panel[i * width + r];
      }
    }
  }
}

}  // namespace

void widen_rows(const KernelTable& kernels, const Tensor& weight, std::int64_t first_row, std::int64_t rows,
                float* to) {
  assert(first_row >= 0 && rows >= 0 && first_row + rows <= weight.rows());
  const std::size_t length = size(weight.row_length());
  if (weight.scaling() == nullptr) {
    const std::size_t row_bytes = bytes_of(weight.dtype(), length);
    kernels.rows_of(weight.dtype()).widen(weight.data() + size(first_row) * row_bytes, size(rows) * length, to);
  } else if (weight.dtype() == DType::GPTQ4) {
    widen_gptq(kernels, weight, first_row, rows, to);
  } else {
    for (std::int64_t r = 0; r < rows; ++r) {
      const F8Row row =
          f8_row(weight.data(), weight.row_length(), *weight.scaling(), weight.first_row() + first_row + r);
      f8_kernels(kernels, weight.dtype()).widen(row, 0, length, to + size(r) * length);
    }
  }
}

F8Row f8_row(const std::byte* numbers, std::int64_t row_length, const Scaling& scaling, std::int64_t row,
             std::int64_t ahead) {
  const std::int64_t matrix = row / scaling.matrix_rows, block = row % scaling.matrix_rows / scaling.block_rows;
  const std::int64_t scale = (matrix * scaling.scale_rows + block) * scaling.scale_columns;
  return {numbers + row * row_length, scaling.scales + scale * static_cast<std::int64_t>(size_of(scaling.type)),
          scaling.type, size(scaling.block_columns), size(ahead * row_length)};
}

}  // namespace engine
