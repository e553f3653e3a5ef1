#include "engine/backends/cpu/integer_gemm.h"

#include <algorithm>

#include "engine/backends/cpu/column_stretches.h"

namespace engine {
namespace {

constexpr std::int64_t kDepth = 256;  // elements of a panel
// Multiplications below which waking a thread costs more than it saves.
constexpr std::int64_t kWorthSharing = 1 << 21;

/// visit(first, count) for every stretch of ascending `rows` that follow each other.
template <typename Visit>
void for_each_run(std::span<const std::int64_t> rows, const Visit& visit) {
  for (std::size_t first = 0, end = 0; first < rows.size(); first = end) {
    for (end = first + 1; end < rows.size() && rows[end] == rows[end - 1] + 1;) ++end;
    visit(first, end - first);
  }
}

}  // namespace

IntegerGemm::IntegerGemm(const IntegerKernels& kernels, ThreadTeam& team)
    : kernels_(kernels), team_(team), inputs_(kernels, team), panels_(static_cast<std::size_t>(team.threads())) {}

void IntegerGemm::multiply(std::span<const MatrixProduct> products) {
  inputs_.quantise(products, IntegerInputs::Fine::Named);
  const ColumnStretches panels(products, static_cast<std::int64_t>(kernels_.tile_columns));

  team_.parallel_for(0, panels.count(), panels.grain(kWorthSharing), [&](std::int64_t begin, std::int64_t end, int worker) {
    for (std::int64_t index = begin; index < end; ++index) {
      const auto [product, first_column] = panels[index];
      multiply_panel(product, first_column, panels_[static_cast<std::size_t>(worker)]);
    }
  });
}

void IntegerGemm::multiply_panel(const MatrixProduct& product, std::int64_t first_column, IntegerPanel& panel) const {
  const IntegerType& type = kernels_.type(product.type);
  const IntegerRows x = inputs_.rows_of(product), rests = inputs_.rests_of(product);
  const auto rows = static_cast<std::size_t>(product.rows), out_stride = static_cast<std::size_t>(product.out_features);
  const std::size_t columns = std::min(kernels_.tile_columns, static_cast<std::size_t>(product.out_features - first_column));
  const std::size_t row_bytes = bytes_of(product.type, static_cast<std::size_t>(product.in_features));
  const std::byte* const weight = product.weight + static_cast<std::size_t>(first_column) * row_bytes;
  float* const out = product.out + first_column;

  for (std::int64_t k = 0; k < product.in_features; k += kDepth) {
    const auto depth = static_cast<std::size_t>(std::min(kDepth, product.in_features - k));
    type.pack(weight + bytes_of(product.type, static_cast<std::size_t>(k)), row_bytes, columns, depth, panel);
    type.multiply(x, rows, static_cast<std::size_t>(k), depth, panel, out, out_stride, columns, k > 0 || product.accumulate);
    for_each_run(product.fine_rows, [&](std::size_t first, std::size_t count) {
      type.multiply(rests.from(first), count, static_cast<std::size_t>(k), depth, panel,
                    out + static_cast<std::size_t>(product.fine_rows[first]) * out_stride, out_stride, columns, true);
    });
  }
  add_bias(product, first_column, static_cast<std::int64_t>(columns));
}

}  // namespace engine
