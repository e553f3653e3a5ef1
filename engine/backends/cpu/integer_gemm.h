#pragma once

#include <array>
#include <span>
#include <vector>

#include "engine/backends/cpu/gemm.h"
#include "engine/backends/cpu/integer_inputs.h"
#include "engine/backends/cpu/kernels/integer_rows.h"
#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/backends/cpu/thread_team.h"

namespace engine {

/// Products of many rows with quantised weights, in 8 bits: panels of a few rows of the weight are unpacked from the file's
/// blocks while they are used, once for all inputs. Fine rows are in 16 bits.
/// One thread at a time.
class IntegerGemm {
 public:
  /// All outlive this object.
  IntegerGemm(const IntegerKernels& kernels, const KernelTable& floats, ThreadTeam& team);

  /// Computes each of `products`, whose weights are quantised and whose out's do not overlap, in one fork and join.
  void multiply(std::span<const MatrixProduct> products);

 private:
  /// Most panels that meet the inputs together: one reading of these, which may fit no near cache, is for all.
  static constexpr std::size_t kMostPanels = 4;
  /// One thread's memory.
  struct Scratch {
    std::array<IntegerPanel, kMostPanels> panels;
    std::vector<float> sums;  ///< of all rows with each panel: in `out` they would lie on as many pages
  };

  void multiply_columns(const MatrixProduct& product, std::int64_t first_column, std::int64_t num_columns, Scratch& scratch) const;

  const IntegerKernels& kernels_;
  const KernelTable& floats_;
  ThreadTeam& team_;
  IntegerInputs inputs_;
  std::vector<Scratch> scratch_;
};

}  // namespace engine
