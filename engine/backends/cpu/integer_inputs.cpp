#include "engine/backends/cpu/integer_inputs.h"

#include <algorithm>
#include <cassert>

namespace engine {
namespace {

// Numbers below which starting the team costs more than it saves.
constexpr std::int64_t kWorthSharing = 32768;

/// Pieces of 256 elements that a row has.
std::size_t pieces_of(std::int64_t in_features) { return (static_cast<std::size_t>(in_features) + 255) / 256; }

}  // namespace

const IntegerInputs::Input* IntegerInputs::find(const MatrixProduct& product) const {
  const auto found = std::find_if(inputs_.begin(), inputs_.end(), [&](const Input& input) {
    return input.x == product.x && input.rows == product.rows && input.in_features == product.in_features;
  });
  return found == inputs_.end() ? nullptr : &*found;
}

void IntegerInputs::quantise(std::span<const MatrixProduct> products) {
  inputs_.clear();
  std::size_t pieces = 0;
  for (const MatrixProduct& product : products) {
    if (!is_quantised(product.type) || find(product) != nullptr) continue;
    inputs_.push_back({product.x, product.rows, product.in_features, pieces});
    pieces += static_cast<std::size_t>(product.rows) * pieces_of(product.in_features);
  }
  if (pieces_.size() < pieces) pieces_.resize(pieces);

  for (const Input& input : inputs_) {
    team_.parallel_for(0, input.rows, std::max<std::int64_t>(1, kWorthSharing / input.in_features),
                       [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t t = begin; t < end; ++t) {
        kernels_.quantise(input.x + t * input.in_features, static_cast<std::size_t>(input.in_features),
                          pieces_.data() + input.first + t, static_cast<std::size_t>(input.rows));
      }
    });
  }
}

IntegerRows IntegerInputs::rows_of(const MatrixProduct& product) const {
  const Input* const input = find(product);
  assert(input != nullptr);
  return {pieces_.data() + input->first, static_cast<std::size_t>(input->rows)};
}

}  // namespace engine
