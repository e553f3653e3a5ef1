#include "engine/backends/cpu/bf16_gemm.h"

#include <algorithm>

#include "engine/backends/cpu/column_stretches.h"

namespace engine {
namespace {

constexpr auto kColumns = static_cast<std::int64_t>(Bf16Panel::kColumns), kDepth = static_cast<std::int64_t>(Bf16Panel::kDepth);
// Multiplications below which waking a thread costs more than it saves.
constexpr std::int64_t kWorthSharing = 1 << 21;
// Elements of x that a thread packs at a time, about.
constexpr std::int64_t kPackedTogether = 32768;

std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

std::int64_t whole_pairs(std::int64_t n) { return (n + 1) / 2 * 2; }

/// Asks for the weights of the next panel, some lines with every tile of this one: `rows` rows of `row_bytes`, of which
/// `bytes` are wanted. The second cache level has room for both panels.
class Ahead {
 public:
  Ahead(const std::byte* first, std::int64_t rows, std::size_t row_bytes, std::size_t bytes, std::int64_t tiles)
      : at_(first), rows_(first == nullptr ? 0 : rows), row_bytes_(row_bytes), bytes_(bytes),
        lines_((static_cast<std::int64_t>(bytes / 64 + 1) * rows + tiles - 1) / tiles) {}

  void fetch() {
    for (std::int64_t i = 0; i < lines_ && rows_ > 0; ++i) {
      __builtin_prefetch(at_ + done_, 0, 2);
      done_ += 64;
      if (done_ < bytes_) continue;
      done_ = 0;
      at_ += row_bytes_;
      --rows_;
    }
  }

 private:
  const std::byte* at_;
  std::int64_t rows_;
  std::size_t row_bytes_, bytes_, done_ = 0;
  std::int64_t lines_;
};

}  // namespace

Bf16Gemm::Bf16Gemm(const Bf16Kernels& kernels, ThreadTeam& team)
    : kernels_(kernels), team_(team), panels_(size(team.threads())) {}

void Bf16Gemm::multiply(std::span<const MatrixProduct> products) {
  pack_inputs(products);
  const ColumnStretches panels(products, kColumns);

  team_.parallel_for(0, panels.count(), panels.grain(kWorthSharing), [&](std::int64_t begin, std::int64_t end, int worker) {
    for (std::int64_t index = begin; index < end; ++index) {
      const auto [product, first_column] = panels[index];
      const std::byte* next = nullptr;  // a thread goes on with the chunk after its own
      if (index + 1 < panels.count()) {
        const auto [following, column] = panels[index + 1];
        next = following.weight + size(column * following.in_features) * sizeof(std::uint16_t);
      }
      multiply_panel(product, first_column, next, panels_[size(worker)]);
    }
  });
}

void Bf16Gemm::pack_inputs(std::span<const MatrixProduct> products) {
  inputs_.clear();
  for (const MatrixProduct& product : products) inputs_.add(product, size(product.rows * whole_pairs(product.in_features)));
  if (packed_.size() < inputs_.size()) packed_.resize(inputs_.size());

  const auto height = static_cast<std::int64_t>(kernels_.tile_rows);
  for (const ProductInputs::Input& input : inputs_) {
    const std::int64_t groups = (input.rows + height - 1) / height;
    team_.parallel_for(0, groups, std::max<std::int64_t>(1, kPackedTogether / (height * input.in_features)),
                       [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t row = begin * height; row < std::min(end * height, input.rows); row += height) {
        kernels_.pack_inputs(input.x + row * input.in_features, size(input.in_features), size(std::min(height, input.rows - row)),
                             size(input.in_features), packed_.data() + input.first + size(row * whole_pairs(input.in_features)));
      }
    });
  }
}

/// `next`: the weights that this thread will multiply after these, or null.
void Bf16Gemm::multiply_panel(const MatrixProduct& product, std::int64_t first_column, const std::byte* next,
                              Bf16Panel& panel) const {
  const std::uint16_t* const x = packed_.data() + inputs_.of(product).first;
  const std::int64_t columns = std::min(kColumns, product.out_features - first_column);
  const std::int64_t width = whole_pairs(product.in_features), height = static_cast<std::int64_t>(kernels_.tile_rows);
  const std::int64_t tiles = (product.rows + height - 1) / height;
  const std::size_t row_bytes = size(product.in_features) * sizeof(std::uint16_t);
  const std::byte* const weight = product.weight + size(first_column) * row_bytes;
  float* const out = product.out + first_column;

  for (std::int64_t k = 0; k < product.in_features; k += kDepth) {
    const std::int64_t depth = std::min(kDepth, product.in_features - k);
    kernels_.pack_weights(weight + size(k) * sizeof(std::uint16_t), row_bytes, size(columns), size(depth), panel);
    const bool last = k + kDepth >= product.in_features;
    const std::int64_t coming = std::min(kDepth, last ? product.in_features : product.in_features - k - kDepth);
    Ahead ahead(last ? next : weight + size(k + kDepth) * sizeof(std::uint16_t), columns, row_bytes,
                size(coming) * sizeof(std::uint16_t), tiles);
    for (std::int64_t m = 0; m < product.rows; m += height) {
      const std::int64_t rows = std::min(height, product.rows - m);
      ahead.fetch();
      kernels_.multiply_tile(x + m * width + k * rows, panel, size(depth), out + m * product.out_features,
                             size(product.out_features), size(rows), size(columns), k > 0 || product.accumulate);
    }
  }
  add_bias(product, first_column, columns);
}

}  // namespace engine
