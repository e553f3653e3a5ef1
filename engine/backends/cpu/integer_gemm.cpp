#include "engine/backends/cpu/integer_gemm.h"

#include <algorithm>

#include "engine/backends/cpu/column_stretches.h"

namespace engine {
namespace {

constexpr std::int64_t kDepth = 256;  // elements of a panel
// Inputs that meet all panels before the next do: their pieces share the first level of the cache with one panel.
constexpr std::size_t kRows = 48;
// Into how many pieces of work a thread's part is cut at least, where there are so many panels.
constexpr std::int64_t kSharesOfThread = 4;
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
  const auto width = static_cast<std::int64_t>(kernels_.tile_columns);
  const std::int64_t panels = ColumnStretches(products, width).count();
  // Fewer panels together where threads would wait for the last one.
  const std::int64_t together = std::clamp<std::int64_t>(panels / (kSharesOfThread * team_.threads()), 1, kMostPanels);
  const ColumnStretches stretches(products, together * width);

  team_.parallel_for(0, stretches.count(), stretches.grain(kWorthSharing), [&](std::int64_t begin, std::int64_t end, int worker) {
    for (std::int64_t index = begin; index < end; ++index) {
      const auto [product, first_column] = stretches[index];
      const std::int64_t columns = std::min(together * width, product.out_features - first_column);
      multiply_columns(product, first_column, columns, panels_[static_cast<std::size_t>(worker)]);
    }
  });
}

void IntegerGemm::multiply_columns(const MatrixProduct& product, std::int64_t first_column, std::int64_t num_columns,
                                   Panels& panels) const {
  const IntegerType& type = kernels_.type(product.type);
  const IntegerRows x = inputs_.rows_of(product), rests = inputs_.rests_of(product);
  const std::size_t width = kernels_.tile_columns, columns = static_cast<std::size_t>(num_columns);
  const std::size_t out_stride = static_cast<std::size_t>(product.out_features);
  const std::size_t row_bytes = bytes_of(product.type, static_cast<std::size_t>(product.in_features));
  const std::byte* const weight = product.weight + static_cast<std::size_t>(first_column) * row_bytes;
  float* const out = product.out + first_column;

  for (std::int64_t k = 0; k < product.in_features; k += kDepth) {
    const std::size_t depth = static_cast<std::size_t>(std::min(kDepth, product.in_features - k));
    for (std::size_t c = 0; c < columns; c += width) {
      type.pack(weight + c * row_bytes + bytes_of(product.type, static_cast<std::size_t>(k)), row_bytes,
                std::min(width, columns - c), depth, panels[c / width]);
    }
    const auto multiply = [&](IntegerRows from, std::size_t rows, float* to, bool add_to_out) {
      for (std::size_t row = 0; row < rows; row += kRows) {
        for (std::size_t c = 0; c < columns; c += width) {
          type.multiply(from.from(row), std::min(kRows, rows - row), static_cast<std::size_t>(k), depth, panels[c / width],
                        to + row * out_stride + c, out_stride, std::min(width, columns - c), add_to_out);
        }
      }
    };
    multiply(x, static_cast<std::size_t>(product.rows), out, k > 0 || product.accumulate);
    for_each_run(product.fine_rows, [&](std::size_t first, std::size_t count) {
      multiply(rests.from(first), count, out + static_cast<std::size_t>(product.fine_rows[first]) * out_stride, true);
    });
  }
  add_bias(product, first_column, num_columns);
}

}  // namespace engine
