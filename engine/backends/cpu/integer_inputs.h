#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backends/cpu/gemm.h"
#include "engine/backends/cpu/kernels/integer_rows.h"
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
  const IntegerRow* rows_of(const MatrixProduct& product) const;

 private:
  struct Input {
    const float* x;
    std::int64_t rows, in_features;
    std::size_t first;  ///< its first row among rows_
  };
  const Input* find(const MatrixProduct& product) const;

  const IntegerKernels& kernels_;
  ThreadTeam& team_;
  std::vector<Input> inputs_;
  std::vector<IntegerRow> rows_;
  std::vector<std::int8_t> q_;
  std::vector<float> factors_;  ///< scales, sums and half sums of all rows
};

}  // namespace engine
