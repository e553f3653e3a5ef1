#pragma once

#include <cublasLt.h>

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "engine/backends/cuda/device_memory.h"

namespace engine::cuda {

/// One product of matrices by cuBLASLt: out [rows, features] (+)= x [rows, depth] * weight [features, depth]^T, sums in
/// float32. x and weight are float32 or both bfloat16.
struct MatrixProduct {
  const void* x = nullptr;
  const void* weight = nullptr;
  float* out = nullptr;
  std::int64_t rows = 0, features = 0, depth = 0;
  std::int64_t out_stride = 0;  ///< floats between rows of out
  bool bf16 = false;
  bool accumulate = false;
};

/// cuBLASLt with the plans it has found kept by shape. One card, one thread at a time.
class GemmCublasLt {
 public:
  /// Throws Error(DeviceFailure).
  GemmCublasLt();
  ~GemmCublasLt();
  GemmCublasLt(const GemmCublasLt&) = delete;
  GemmCublasLt& operator=(const GemmCublasLt&) = delete;

  /// Throws Error(DeviceFailure) where cuBLASLt has no way to do it.
  void multiply(const MatrixProduct& product, cudaStream_t stream);
  /// "cuBLASLt 13.0.0".
  static std::string library_name();

 private:
  /// What a plan depends on: sizes, types and to how many bytes each matrix is aligned.
  using Key = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, bool, unsigned, unsigned, unsigned>;
  struct Plan;
  const Plan& plan_of(const MatrixProduct& product);

  cublasLtHandle_t handle_ = nullptr;
  std::map<Key, Plan> plans_;
  DeviceBuffer workspace_;
};

}  // namespace engine::cuda
