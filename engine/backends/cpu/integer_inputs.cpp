#include "engine/backends/cpu/integer_inputs.h"

#include <algorithm>

namespace engine {
namespace {

// Numbers below which starting the team costs more than it saves.
constexpr std::int64_t kWorthSharing = 32768;

/// Pieces of 256 elements that a row has.
std::size_t pieces_of(std::int64_t in_features) { return (static_cast<std::size_t>(in_features) + 255) / 256; }

}  // namespace

void IntegerInputs::quantise(std::span<const MatrixProduct> products, Fine fine) {
  fine_ = fine;
  inputs_.clear();
  for (const MatrixProduct& product : products) {
    if (!is_quantised(product.type)) continue;
    const std::size_t rows = static_cast<std::size_t>(product.rows);
    inputs_.add(product, (rows + num_fine(product.rows, product.fine_rows)) * pieces_of(product.in_features));
  }
  if (pieces_.size() < inputs_.size()) pieces_.resize(inputs_.size());

  for (const ProductInputs::Input& input : inputs_) {
    team_.parallel_for(0, input.rows, std::max<std::int64_t>(1, kWorthSharing / input.in_features),
                       [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t row = begin; row < end; ++row) quantise_row(input, row);
    });
  }
}

void IntegerInputs::quantise_row(const ProductInputs::Input& input, std::int64_t row) {
  std::int64_t place = row;  // among the fine rows
  bool fine = fine_ == Fine::All;
  if (fine_ == Fine::Named) {
    const auto found = std::lower_bound(input.fine_rows.begin(), input.fine_rows.end(), row);
    fine = found != input.fine_rows.end() && *found == row;
    place = found - input.fine_rows.begin();
  }
  IntegerRow rests;
  if (fine) rests = {pieces_.data() + first_rest(input) + place, num_fine(input.rows, input.fine_rows)};
  kernels_.quantise(input.x + row * input.in_features, static_cast<std::size_t>(input.in_features),
                    {pieces_.data() + input.first + row, static_cast<std::size_t>(input.rows)}, rests, fine_ == Fine::All);
}

std::size_t IntegerInputs::num_fine(std::int64_t rows, std::span<const std::int64_t> named) const {
  return fine_ == Fine::All ? static_cast<std::size_t>(rows) : named.size();
}

std::size_t IntegerInputs::first_rest(const ProductInputs::Input& input) const {
  return input.first + static_cast<std::size_t>(input.rows) * pieces_of(input.in_features);
}

IntegerRows IntegerInputs::rows_of(const MatrixProduct& product) const {
  return {pieces_.data() + inputs_.of(product).first, static_cast<std::size_t>(product.rows)};
}

IntegerRows IntegerInputs::rests_of(const MatrixProduct& product) const {
  const ProductInputs::Input& input = inputs_.of(product);
  return {pieces_.data() + first_rest(input), num_fine(input.rows, input.fine_rows)};
}

}  // namespace engine
