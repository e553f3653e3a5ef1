#pragma once

#include <cstdint>
#include <span>

#include "engine/backends/backend.h"
#include "engine/backends/cuda/device_memory.h"
#include "engine/backends/cuda/gemm_cublaslt.h"
#include "engine/backends/cuda/kernels.h"

namespace engine::cuda {

/// A weight on the card as kernels see it.
Weight weight_of(const Tensor& tensor);

/// Floats of a tensor on the card.
const float* floats(const Tensor& tensor);
float* mutable_floats(Tensor& tensor);

/// Products with weights of any storage type: few rows by our own kernels, which read a weight once as it lies in its
/// file, many by cuBLASLt in bfloat16 with sums of float32, weights of other types widened tile by tile before. In float32
/// where the mode says so, and for weights of float32: routers choose by small differences.
class Products {
 public:
  /// `multiplies_bf16`: the card has matrix units for bfloat16 (compute capability 8.0); without them all is float32.
  Products(ComputeMode compute, bool deterministic, bool multiplies_bf16)
      : bf16_(compute == ComputeMode::Auto && multiplies_bf16), deterministic_(deterministic) {}

  /// x [rows, in] of the card. `out`s of the projections are rows [0, rows) of theirs.
  void multiply(const float* x, std::int64_t rows, std::span<const Projection> projections, cudaStream_t stream);
  /// One product, for a run of rows within a larger tensor.
  void multiply(const float* x, std::int64_t rows, const Product& product, cudaStream_t stream);

 private:
  void multiply_few(const float* x, std::int64_t rows, std::span<const Product> products, cudaStream_t stream);
  void multiply_many(const float* x, std::int64_t rows, const Product& product, cudaStream_t stream);

  bool bf16_;
  bool deterministic_;
  GemmCublasLt gemm_;
  DeviceBuffer narrowed_;  ///< x in bfloat16
  DeviceBuffer widened_;   ///< a tile of a weight
};

}  // namespace engine::cuda
