#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/backends/cpu/bf16_gemm.h"
#include "engine/backends/cpu/gemm.h"
#include "engine/backends/cpu/scaled_products.h"
#include "engine/backends/cpu/thread_team.h"

namespace engine {

/// Our own blocked loops: the whole of gemm_plain.cpp, and what gemm_onednn.cpp falls back to where the library may not be
/// used (a capped instruction set) or is slower. All in float32, over KernelTable::multiply_tile, but for bfloat16 weights
/// in ComputeMode::Auto on a CPU that multiplies bfloat16 (Bf16Gemm). Each sum runs over in_features in the same order
/// whatever the number of threads. One thread at a time.
class BlockedGemm {
 public:
  BlockedGemm(const KernelTable& kernels, ThreadTeam& team, ComputeMode compute, IsaChoice cap);
  void multiply(std::span<const MatrixProduct> products);

 private:
  void multiply_f32(std::span<const MatrixProduct> products);
  void multiply_panel(const MatrixProduct& product, std::int64_t first_column, int worker);

  const KernelTable& kernels_;
  ThreadTeam& team_;
  ScaledProducts scaled_;
  std::optional<Bf16Gemm> bf16_;
  std::vector<MatrixProduct> bf16_products_, f32_products_;
  std::vector<float> panels_;  ///< one packed panel a thread
};

}  // namespace engine
