#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/backends/cpu/gemm.h"

namespace engine {

/// The different inputs of some products, each with a place in memory that the products share: q, k and v read one.
class ProductInputs {
 public:
  struct Input {
    const float* x;
    std::int64_t rows, in_features;
    std::span<const std::int64_t> fine_rows;
    std::size_t first;  ///< where it begins, in units of the owner
  };

  void clear() {
    inputs_.clear();
    size_ = 0;
  }
  /// Makes room for the product's x, `size` units, unless an earlier product had the same.
  void add(const MatrixProduct& product, std::size_t size) {
    if (position_of(product) != inputs_.end()) return;
    inputs_.push_back({product.x, product.rows, product.in_features, product.fine_rows, size_});
    size_ += size;
  }
  /// The input of a product that was added.
  const Input& of(const MatrixProduct& product) const {
    const auto found = position_of(product);
    assert(found != inputs_.end());
    return *found;
  }
  std::size_t size() const { return size_; }  ///< units in all
  auto begin() const { return inputs_.begin(); }
  auto end() const { return inputs_.end(); }

 private:
  std::vector<Input>::const_iterator position_of(const MatrixProduct& product) const {
    return std::find_if(inputs_.begin(), inputs_.end(), [&](const Input& input) {
      return input.x == product.x && input.rows == product.rows && input.in_features == product.in_features;
    });
  }

  std::vector<Input> inputs_;
  std::size_t size_ = 0;
};

}  // namespace engine
