#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backends/cpu/gemm.h"
#include "engine/backends/cpu/kernels/bf16_tiles.h"
#include "engine/backends/cpu/product_inputs.h"
#include "engine/backends/cpu/thread_team.h"

namespace engine {

/// Products of many rows with bfloat16 weights and activations rounded to bfloat16, sums in float32. Activations are
/// packed once for all products that share them; panels of the weight while they are used. One thread at a time.
class Bf16Gemm {
 public:
  /// Both outlive this object.
  Bf16Gemm(const Bf16Kernels& kernels, ThreadTeam& team);

  /// Computes each of `products`, whose weights are bfloat16 and whose out's do not overlap.
  void multiply(std::span<const MatrixProduct> products);

 private:
  void pack_inputs(std::span<const MatrixProduct> products);
  void multiply_panel(const MatrixProduct& product, std::int64_t first_column, const std::byte* next, Bf16Panel& panel) const;

  const Bf16Kernels& kernels_;
  ThreadTeam& team_;
  ProductInputs inputs_;  ///< units: elements of packed_
  std::vector<std::uint16_t> packed_;  ///< groups of tile_rows rows of each input, as Bf16Kernels::pack_inputs writes them
  std::vector<Bf16Panel> panels_;      ///< one a thread
};

}  // namespace engine
