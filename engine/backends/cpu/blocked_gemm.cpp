#include "engine/backends/cpu/blocked_gemm.h"

#include <algorithm>

#include "engine/backends/cpu/column_stretches.h"

namespace engine {
namespace {

// Depth of a packed panel. 256 rows of 16 (AVX2) or 32 (AVX-512) columns are 16 or 32 KB: they stay in the first level
// cache while all rows of x pass. Whole blocks of every quantised type.
constexpr std::int64_t kDepth = 256;
// Multiplications below which waking a thread costs more than it saves.
constexpr std::int64_t kWorthSharing = 1 << 20;

}  // namespace

BlockedGemm::BlockedGemm(const KernelTable& kernels, ThreadTeam& team, ComputeMode compute, IsaChoice cap)
    : kernels_(kernels),
      team_(team),
      scaled_(kernels, team.threads()),
      panels_(static_cast<std::size_t>(team.threads()) * static_cast<std::size_t>(kDepth) * kernels.tile_columns) {
  const Bf16Kernels* const bf16 = compute == ComputeMode::Auto ? choose_bf16_kernels(cap) : nullptr;
  if (bf16 != nullptr) bf16_.emplace(*bf16, team);
}

void BlockedGemm::multiply(std::span<const MatrixProduct> products) {
  bf16_products_.clear();
  f32_products_.clear();
  for (const MatrixProduct& product : products) {
    (bf16_ && product.type == DType::BF16 ? bf16_products_ : f32_products_).push_back(product);
  }
  if (!bf16_products_.empty()) bf16_->multiply(bf16_products_);
  if (!f32_products_.empty()) multiply_f32(f32_products_);
}

void BlockedGemm::multiply_f32(std::span<const MatrixProduct> products) {
  const ColumnStretches panels(products, static_cast<std::int64_t>(kernels_.tile_columns));
  scaled_.reserve(products);

  team_.parallel_for(0, panels.count(), panels.grain(kWorthSharing), [&](std::int64_t begin, std::int64_t end, int worker) {
    for (std::int64_t index = begin; index < end; ++index) {
      const auto [product, first_column] = panels[index];
      multiply_panel(product, first_column, worker);
    }
  });
}

void BlockedGemm::multiply_panel(const MatrixProduct& product, std::int64_t first_column, int worker) {
  float* const panel =
      panels_.data() + static_cast<std::size_t>(worker) * static_cast<std::size_t>(kDepth) * kernels_.tile_columns;
  const bool scaled = product.scaling != nullptr;
  const RowKernels& rows = kernels_.rows_of(product.type);
  const auto in_features = static_cast<std::size_t>(product.in_features);
  const auto out_stride = static_cast<std::size_t>(product.out_features);
  const std::size_t columns =
      std::min(kernels_.tile_columns, static_cast<std::size_t>(product.out_features - first_column));
  const std::size_t row_bytes = bytes_of(product.type, in_features);
  float* const out = product.out + first_column;
  if (scaled) scaled_.begin_tile(product, first_column, columns, worker);

  for (std::int64_t k = 0; k < product.in_features; k += kDepth) {
    const auto depth = static_cast<std::size_t>(std::min(kDepth, product.in_features - k));
    if (scaled) {
      scaled_.pack(product, k, depth, worker, panel);
    } else {
      const std::byte* const first = product.weight + static_cast<std::size_t>(first_column) * row_bytes;
      rows.pack(first + bytes_of(product.type, static_cast<std::size_t>(k)), row_bytes, columns, depth, panel);
    }
    for (std::int64_t m = 0; m < product.rows; m += static_cast<std::int64_t>(kernels_.tile_rows)) {
      const std::size_t height = std::min(kernels_.tile_rows, static_cast<std::size_t>(product.rows - m));
      kernels_.multiply_tile(product.x + m * product.in_features + k, in_features, panel, kernels_.tile_columns, depth,
                             out + m * product.out_features, out_stride, height, columns, k > 0 || product.accumulate);
    }
  }
  add_bias(product, first_column, static_cast<std::int64_t>(columns));
}

}  // namespace engine
