#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/backends/cpu/thread_team.h"
#include "engine/types.h"

namespace engine {

/// out = x * weight^T + bias, or out += it. All row-major and contiguous.
struct MatrixProduct {
  const float* x = nullptr;           ///< [rows, in_features]
  const std::byte* weight = nullptr;  ///< [out_features, in_features] of `type`, at any address
  DType type = DType::F32;            ///< any weight type
  const float* bias = nullptr;        ///< [out_features] or null
  float* out = nullptr;               ///< [rows, out_features]
  std::int64_t rows = 0, in_features = 0, out_features = 0;
  bool accumulate = false;
  const Scaling* scaling = nullptr;   ///< of a scaled weight, which begins at `weight`; else null
  std::int64_t first_row = 0;         ///< of the scaled weight: its row that is the first of this product
  std::span<const std::int64_t> fine_rows{};  ///< of x, ascending: of many, these are in 16 bits where the others have 8
};

/// Products with many rows, where arithmetic and not memory is the limit. Weights are packed panel by panel while they
/// are used; no copy of a matrix is kept. There is one implementation in a build: gemm_onednn.cpp, or gemm_plain.cpp
/// where oneDNN is not built in. One thread at a time.
class Gemm {
 public:
  /// `team` outlives this object. ComputeMode::F32 keeps every product and sum in float32; Auto may multiply
  /// bfloat16 weights with activations rounded to bfloat16 (sums in float32) where the CPU can.
  /// `cap` limits the instructions that may be used, as in EngineOptions.
  Gemm(const KernelTable& kernels, ThreadTeam& team, ComputeMode compute, IsaChoice cap);
  ~Gemm();

  /// Computes each of `products`, which have x and the number of rows in common, but no out.
  void multiply(std::span<const MatrixProduct> products);
  /// What does the work: "oneDNN 2.6.3" or "own kernels".
  static std::string library_name();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace engine
