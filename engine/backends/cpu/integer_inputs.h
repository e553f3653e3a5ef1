#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backends/cpu/gemm.h"
#include "engine/backends/cpu/kernels/integer_rows.h"
#include "engine/backends/cpu/product_inputs.h"
#include "engine/backends/cpu/thread_team.h"

namespace engine {

/// The activations of some matrix products in 8 bits, for weights that are quantised. Memory is kept from call to call.
/// One thread at a time; what quantise() made may be read by many.
class IntegerInputs {
 public:
  /// Both outlive this object.
  IntegerInputs(const IntegerKernels& kernels, ThreadTeam& team) : kernels_(kernels), team_(team) {}

  /// Takes the inputs of those products whose weights are quantised in place of the last call's. Each input is quantised
  /// once, however many products read it.
  void quantise(std::span<const MatrixProduct> products);
  /// The rows of x of one of these products, valid until the next quantise().
  IntegerRows rows_of(const MatrixProduct& product) const;

 private:
  const IntegerKernels& kernels_;
  ThreadTeam& team_;
  ProductInputs inputs_;  ///< units: pieces
  std::vector<IntegerPiece> pieces_;
};

}  // namespace engine
