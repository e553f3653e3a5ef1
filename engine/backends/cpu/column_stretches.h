#pragma once

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

}  // namespace engine
