#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "engine/backends/cpu/gemm.h"

namespace engine {

/// The columns (rows of the weight) of some products in stretches of up to `width`, numbered through all products, so that
/// threads share them in one fork and join. A view of the products.
class ColumnStretches {
 public:
  struct Stretch {
    const MatrixProduct& product;
    std::int64_t first_column;
  };

  ColumnStretches(std::span<const MatrixProduct> products, std::int64_t width) : products_(products), width_(width) {
    for (const MatrixProduct& product : products) count_ += stretches_of(product);
  }

  std::int64_t count() const { return count_; }
  /// Stretches to a chunk, so that a thread has `multiplications` or more to do.
  std::int64_t grain(std::int64_t multiplications) const {
    std::int64_t work = 1;
    for (const MatrixProduct& product : products_) work += product.rows * product.in_features * product.out_features;
    return std::max<std::int64_t>(1, multiplications * count_ / work);
  }
  /// index < count().
  Stretch operator[](std::int64_t index) const {
    auto product = products_.begin();
    while (index >= stretches_of(*product)) index -= stretches_of(*product++);
    return {*product, index * width_};
  }

 private:
  std::int64_t stretches_of(const MatrixProduct& product) const { return (product.out_features + width_ - 1) / width_; }

  std::span<const MatrixProduct> products_;
  std::int64_t width_;
  std::int64_t count_ = 0;
};

/// The end of row `row` of a product over `columns` columns from `first_column` on: out = sums + bias, or out += it. The sums
/// are lost.
inline void put_sums(const KernelTable& kernels, const MatrixProduct& product, std::int64_t row, std::int64_t first_column,
                     std::int64_t columns, float* sums) {
  float* const out = product.out + row * product.out_features + first_column;
  const auto count = static_cast<std::size_t>(columns);
  if (product.bias != nullptr) kernels.add(product.bias + first_column, count, sums);
  if (product.accumulate) {
    kernels.add(sums, count, out);
  } else {
    std::copy_n(sums, count, out);
  }
}

/// Adds the bias, if there is one, to `columns` columns of the product from `first_column` on.
inline void add_bias(const MatrixProduct& product, std::int64_t first_column, std::int64_t columns) {
  if (product.bias == nullptr) return;
  for (std::int64_t m = 0; m < product.rows; ++m) {
    float* const out = product.out + m * product.out_features + first_column;
    for (std::int64_t c = 0; c < columns; ++c) out[c] += product.bias[first_column + c];
  }
}

}  // namespace engine
