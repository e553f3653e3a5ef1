#pragma once

#include <array>
#include <span>
#include <vector>

#include "engine/backends/cpu/gemm.h"
#include "engine/backends/cpu/integer_inputs.h"
#include "engine/backends/cpu/kernels/integer_rows.h"
#include "engine/backends/cpu/thread_team.h"

namespace engine {

/// Products of many rows with quantised weights, in 8 bits: panels of a few rows of the weight are unpacked from the file's
/// blocks while they are used, once for all inputs. What rounding left of fine rows is multiplied beside them and added.
/// One thread at a time.
class IntegerGemm {
 public:
  /// Both outlive this object.
  IntegerGemm(const IntegerKernels& kernels, ThreadTeam& team);

  /// Computes each of `products`, whose weights are quantised and whose out's do not overlap, in one fork and join.
  void multiply(std::span<const MatrixProduct> products);

 private:
  /// Most panels that meet the inputs together: one reading of these, which may not fit any cache, is for all.
  static constexpr std::size_t kMostPanels = 4;
  using Panels = std::array<IntegerPanel, kMostPanels>;

  void multiply_columns(const MatrixProduct& product, std::int64_t first_column, std::int64_t columns, Panels& panels) const;

  const IntegerKernels& kernels_;
  ThreadTeam& team_;
  IntegerInputs inputs_;
  std::vector<Panels> panels_;  ///< of each thread
};

}  // namespace engine
