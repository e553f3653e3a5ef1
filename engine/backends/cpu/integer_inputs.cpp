#include "engine/backends/cpu/integer_inputs.h"

#include <algorithm>

namespace engine {
namespace {

// Numbers below which starting the team costs more than it saves.
constexpr std::int64_t kWorthSharing = 32768;

/// Pieces of 256 elements that a row has.
std::size_t pieces_of(std::int64_t in_features) { return (static_cast<std::size_t>(in_features) + 255) / 256; }

}  // namespace

void IntegerInputs::quantise(std::span<const MatrixProduct> products) {
  inputs_.clear();
  for (const MatrixProduct& product : products) {
    if (is_quantised(product.type)) inputs_.add(product, static_cast<std::size_t>(product.rows) * pieces_of(product.in_features));
  }
  if (pieces_.size() < inputs_.size()) pieces_.resize(inputs_.size());

  for (const ProductInputs::Input& input : inputs_) {
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
  return {pieces_.data() + inputs_.of(product).first, static_cast<std::size_t>(product.rows)};
}

}  // namespace engine
