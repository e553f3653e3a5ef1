#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backends/cpu/gemm.h"
#include "engine/backends/cpu/kernels/integer_rows.h"
#include "engine/backends/cpu/product_inputs.h"
#include "engine/backends/cpu/thread_team.h"

namespace engine {

/// The activations of some matrix products in 8 bits, for weights that are quantised; some rows in twice 8. Memory is kept
/// from call to call. One thread at a time; what quantise() made may be read by many.
class IntegerInputs {
 public:
  /// Both outlive this object.
  IntegerInputs(const IntegerKernels& kernels, ThreadTeam& team) : kernels_(kernels), team_(team) {}

  /// Which rows keep what rounding to 8 bits leaves, and for what: those that a product names, for panels; all, for the dot
  /// kernels.
  enum class Fine { Named, All };

  /// Takes the inputs of those products whose weights are quantised in place of the last call's. Each input is quantised
  /// once, however many products read it: these name the same rows.
  void quantise(std::span<const MatrixProduct> products, Fine fine);
  /// The rows of x of one of these products, valid until the next quantise().
  IntegerRows rows_of(const MatrixProduct& product) const;
  /// What rounding left of its fine rows, one after the other.
  IntegerRows rests_of(const MatrixProduct& product) const;

 private:
  void quantise_row(const ProductInputs::Input& input, std::int64_t row);
  std::size_t num_fine(std::int64_t rows, std::span<const std::int64_t> named) const;
  std::size_t first_rest(const ProductInputs::Input& input) const;

  const IntegerKernels& kernels_;
  ThreadTeam& team_;
  ProductInputs inputs_;  ///< units: pieces
  std::vector<IntegerPiece> pieces_;  ///< of each input: of all rows, then what they left
  Fine fine_ = Fine::Named;
};

}  // namespace engine
