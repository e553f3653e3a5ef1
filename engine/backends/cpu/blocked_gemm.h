#pragma once

#include <span>
#include <vector>

#include "engine/backends/cpu/gemm.h"
#include "engine/backends/cpu/scaled_products.h"
#include "engine/backends/cpu/thread_team.h"

namespace engine {

/// Our own blocked loops over KernelTable::multiply_tile, all in float32: the whole of gemm_plain.cpp, and what
/// gemm_onednn.cpp falls back to where the library may not be used (a capped instruction set). Each sum runs over
/// in_features in the same order whatever the number of threads. One thread at a time.
class BlockedGemm {
 public:
  BlockedGemm(const KernelTable& kernels, ThreadTeam& team);
  void multiply(std::span<const MatrixProduct> products);

 private:
  void multiply_panel(const MatrixProduct& product, std::int64_t first_column, int worker);

  const KernelTable& kernels_;
  ThreadTeam& team_;
  ScaledProducts scaled_;
  std::vector<float> panels_;  ///< one packed panel a thread
};

}  // namespace engine
