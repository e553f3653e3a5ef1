#include "engine/backends/cpu/integer_gemm.h"

#include <algorithm>

#include "engine/backends/cpu/column_stretches.h"

namespace engine {
namespace {

constexpr std::int64_t kDepth = 256;  // elements of a panel
// Inputs that meet all panels before the next do: their pieces share the first level of the cache with one panel.
constexpr std::size_t kRows = 48;
// Inputs (numbers, of which 256 make a piece) that the second level of the cache holds.
constexpr std::int64_t kNearInputs = 1 << 17;
// Into how many pieces of work a thread's part is cut at least, where there are so many panels.
constexpr std::int64_t kSharesOfThread = 4;
// Multiplications below which waking a thread costs more than it saves.
constexpr std::int64_t kWorthSharing = 1 << 21;

/// Up to kRows rows that are all fine, or all not.
struct RowBlock {
  std::size_t count;
  bool fine;
};

/// The block that begins with row `begin` < rows, which is `place` fine rows behind the first.
RowBlock block_from(std::size_t begin, std::size_t place, std::size_t rows, std::span<const std::int64_t> fine) {
  const auto fine_row = [&](std::size_t i) { return i < fine.size() ? static_cast<std::size_t>(fine[i]) : rows; };
  if (fine_row(place) != begin) return {std::min(kRows, fine_row(place) - begin), false};
  std::size_t count = 1;
  while (count < kRows && begin + count < rows && fine_row(place + count) == begin + count) ++count;
  return {count, true};
}

}  // namespace

IntegerGemm::IntegerGemm(const IntegerKernels& kernels, const KernelTable& floats, ThreadTeam& team)
    : kernels_(kernels), floats_(floats), team_(team), inputs_(kernels, team), scratch_(static_cast<std::size_t>(team.threads())) {}

void IntegerGemm::multiply(std::span<const MatrixProduct> products) {
  inputs_.quantise(products, IntegerInputs::Fine::Named);
  const auto width = static_cast<std::int64_t>(kernels_.tile_columns);
  const std::int64_t panels = ColumnStretches(products, width).count();
  std::int64_t most_rows = 0, most_inputs = 0;
  for (const MatrixProduct& product : products) {
    most_rows = std::max(most_rows, product.rows);
    most_inputs = std::max(most_inputs, product.rows * product.in_features);
  }
  // Fewer panels together where threads would wait for the last one, one where inputs are near anyway.
  const std::int64_t shares = panels / (kSharesOfThread * team_.threads());
  const std::int64_t together = most_inputs < kNearInputs ? 1 : std::clamp<std::int64_t>(shares, 1, kMostPanels);
  const ColumnStretches stretches(products, together * width);
  const std::size_t most_sums = static_cast<std::size_t>(most_rows * together * width);
  for (Scratch& scratch : scratch_) {
    if (scratch.sums.size() < most_sums) scratch.sums.resize(most_sums);
  }

  team_.parallel_for(0, stretches.count(), stretches.grain(kWorthSharing), [&](std::int64_t begin, std::int64_t end, int worker) {
    for (std::int64_t index = begin; index < end; ++index) {
      const auto [product, first_column] = stretches[index];
      const std::int64_t columns = std::min(together * width, product.out_features - first_column);
      multiply_columns(product, first_column, columns, scratch_[static_cast<std::size_t>(worker)]);
    }
  });
}

void IntegerGemm::multiply_columns(const MatrixProduct& product, std::int64_t first_column, std::int64_t num_columns,
                                   Scratch& scratch) const {
  const IntegerType& type = kernels_.type(product.type);
  const IntegerRows x = inputs_.rows_of(product), rests = inputs_.rests_of(product);
  const std::size_t rows = static_cast<std::size_t>(product.rows), columns = static_cast<std::size_t>(num_columns);
  const std::size_t width = kernels_.tile_columns, panels = (columns + width - 1) / width;
  const std::size_t row_bytes = bytes_of(product.type, static_cast<std::size_t>(product.in_features));
  const std::byte* const weight = product.weight + static_cast<std::size_t>(first_column) * row_bytes;
  const auto sums_of = [&](std::size_t panel, std::size_t row) { return scratch.sums.data() + (panel * rows + row) * width; };

  for (std::int64_t k = 0; k < product.in_features; k += kDepth) {
    const std::size_t from = static_cast<std::size_t>(k), depth = static_cast<std::size_t>(std::min(kDepth, product.in_features - k));
    for (std::size_t p = 0; p < panels; ++p) {
      type.pack(weight + p * width * row_bytes + bytes_of(product.type, from), row_bytes, std::min(width, columns - p * width),
                depth, scratch.panels[p]);
    }
    for (std::size_t begin = 0, place = 0; begin < rows;) {
      const RowBlock block = block_from(begin, place, rows, product.fine_rows);
      for (std::size_t p = 0; p < panels; ++p) {
        type.multiply(x.from(begin), block.fine ? rests.from(place) : IntegerRows(), block.count, from, depth, scratch.panels[p],
                      sums_of(p, begin), k > 0);
      }
      begin += block.count;
      if (block.fine) place += block.count;
    }
  }
  for (std::size_t p = 0; p < panels; ++p) {
    for (std::size_t row = 0; row < rows; ++row) {
      put_sums(floats_, product, static_cast<std::int64_t>(row), first_column + static_cast<std::int64_t>(p * width),
               static_cast<std::int64_t>(std::min(width, columns - p * width)), sums_of(p, row));
    }
  }
}

}  // namespace engine
