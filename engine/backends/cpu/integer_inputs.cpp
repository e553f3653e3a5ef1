#include "engine/backends/cpu/integer_inputs.h"

#include <algorithm>
#include <cassert>

namespace engine {
namespace {

// Numbers below which starting the team costs more than it saves.
constexpr std::int64_t kWorthSharing = 32768;

// Kernels read the factors of 256 elements at a time: what lies behind a row is zeros.
std::size_t padded(std::int64_t in_features) { return (static_cast<std::size_t>(in_features) + 255) / 256 * 256; }

}  // namespace

const IntegerInputs::Input* IntegerInputs::find(const MatrixProduct& product) const {
  const auto found = std::find_if(inputs_.begin(), inputs_.end(), [&](const Input& input) {
    return input.x == product.x && input.rows == product.rows && input.in_features == product.in_features;
  });
  return found == inputs_.end() ? nullptr : &*found;
}

void IntegerInputs::quantise(std::span<const MatrixProduct> products) {
  inputs_.clear();
  std::size_t rows = 0, elements = 0;
  for (const MatrixProduct& product : products) {
    if (!is_quantised(product.type) || find(product) != nullptr) continue;
    inputs_.push_back({product.x, product.rows, product.in_features, rows});
    rows += static_cast<std::size_t>(product.rows);
    elements += static_cast<std::size_t>(product.rows) * padded(product.in_features);
  }
  rows_.resize(rows);
  if (q_.size() < elements) q_.resize(elements);
  factors_.assign(elements / 8, 0.0f);  // a 32nd, a 32nd and a 16th

  std::int8_t* q = q_.data();
  float* factors = factors_.data();
  for (const Input& input : inputs_) {
    const std::size_t width = padded(input.in_features);
    team_.parallel_for(0, input.rows, std::max<std::int64_t>(1, kWorthSharing / input.in_features),
                       [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t t = begin; t < end; ++t) {
        const auto place = static_cast<std::size_t>(t);
        std::int8_t* const codes = q + place * width;
        float* const scales = factors + place * width / 8;
        float* const sums = scales + width / 32;
        float* const half_sums = sums + width / 32;
        kernels_.quantise(input.x + t * input.in_features, static_cast<std::size_t>(input.in_features), codes, scales, sums, half_sums);
        rows_[input.first + place] = {codes, scales, sums, half_sums};
      }
    });
    q += static_cast<std::size_t>(input.rows) * width;
    factors += static_cast<std::size_t>(input.rows) * width / 8;
  }
}

const IntegerRow* IntegerInputs::rows_of(const MatrixProduct& product) const {
  const Input* const input = find(product);
  assert(input != nullptr);
  return rows_.data() + input->first;
}

}  // namespace engine
