#include "engine/backends/cuda/gemm_cublaslt.h"

#include "engine/backends/cuda/cublaslt_library.h"
#include "engine/base/error.h"

namespace engine::cuda {
namespace {

constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20;  // what NVIDIA advises for Hopper
constexpr std::size_t kMostPlans = 512;  // prompts have many lengths: beyond that all are found anew

void check_blas(cublasStatus_t status, const char* what) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw Error(ErrorCode::DeviceFailure, std::string("The NVIDIA card failed while ") + what + ": " +
                                            cublas_lt().get_status_string(status) +
                                            "; load the model again, or choose the CPU");
}

/// The power of two, up to 256, that an address is a multiple of.
unsigned alignment_of(const void* pointer) {
  const auto address = reinterpret_cast<std::uintptr_t>(pointer);
  unsigned alignment = 256;
  while (address % alignment != 0) alignment /= 2;
  return alignment;
}

}  // namespace

/// cuBLASLt counts columns first. What is row-major here is its own transpose there: out^T = weight * x^T, where weight is
/// stored as [depth, features] and is transposed once more.
struct GemmCublasLt::Plan {
  cublasLtMatmulDesc_t operation = nullptr;
  cublasLtMatrixLayout_t weight = nullptr, x = nullptr, out = nullptr;
  cublasLtMatmulAlgo_t algorithm{};

  Plan() = default;
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
  ~Plan() {
    if (out != nullptr) cublas_lt().matrix_layout_destroy(out);
    if (x != nullptr) cublas_lt().matrix_layout_destroy(x);
    if (weight != nullptr) cublas_lt().matrix_layout_destroy(weight);
    if (operation != nullptr) cublas_lt().matmul_desc_destroy(operation);
  }
  void find(cublasLtHandle_t handle, const MatrixProduct& product);
};

void GemmCublasLt::Plan::find(cublasLtHandle_t handle, const MatrixProduct& product) {
  constexpr const char* kWhat = "a matrix product was planned";
  const cudaDataType_t type = product.bf16 ? CUDA_R_16BF : CUDA_R_32F;
  const auto rows = static_cast<std::uint64_t>(product.rows), features = static_cast<std::uint64_t>(product.features),
             depth = static_cast<std::uint64_t>(product.depth);
  check_blas(cublas_lt().matmul_desc_create(&operation, CUBLAS_COMPUTE_32F, CUDA_R_32F), kWhat);
  const cublasOperation_t transposed = CUBLAS_OP_T;
  check_blas(cublas_lt().matmul_desc_set_attribute(operation, CUBLASLT_MATMUL_DESC_TRANSA, &transposed, sizeof transposed),
             kWhat);
  check_blas(cublas_lt().matrix_layout_create(&weight, type, depth, features, product.depth), kWhat);
  check_blas(cublas_lt().matrix_layout_create(&x, type, depth, rows, product.depth), kWhat);
  check_blas(cublas_lt().matrix_layout_create(&out, CUDA_R_32F, features, rows, product.out_stride), kWhat);

  cublasLtMatmulPreference_t preference = nullptr;
  check_blas(cublas_lt().matmul_preference_create(&preference), kWhat);
  const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t which, const auto& value) {
    return cublas_lt().matmul_preference_set_attribute(preference, which, &value, sizeof value);
  };
  const std::size_t workspace = kWorkspaceBytes;
  const std::uint32_t a = alignment_of(product.weight), b = alignment_of(product.x), c = alignment_of(product.out);
  cublasStatus_t status = prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, workspace);
  if (status == CUBLAS_STATUS_SUCCESS) status = prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, a);
  if (status == CUBLAS_STATUS_SUCCESS) status = prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, b);
  if (status == CUBLAS_STATUS_SUCCESS) status = prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, c);
  if (status == CUBLAS_STATUS_SUCCESS) status = prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, c);
  cublasLtMatmulHeuristicResult_t result{};
  int found = 0;
  if (status == CUBLAS_STATUS_SUCCESS) {
    status = cublas_lt().matmul_algo_get_heuristic(handle, operation, weight, x, out, out, preference, 1, &result, &found);
  }
  cublas_lt().matmul_preference_destroy(preference);
  check_blas(status, kWhat);
  if (found == 0) check_blas(CUBLAS_STATUS_NOT_SUPPORTED, kWhat);
  algorithm = result.algo;
}

GemmCublasLt::GemmCublasLt() { check_blas(cublas_lt().create(&handle_), "its matrix library was opened"); }

GemmCublasLt::~GemmCublasLt() {
  plans_.clear();
  if (handle_ != nullptr) cublas_lt().destroy(handle_);
}

std::string GemmCublasLt::library_name() {
  const std::size_t version = cublas_lt().get_version();  // 130002 for 13.0.2
  return "cuBLASLt " + std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

const GemmCublasLt::Plan& GemmCublasLt::plan_of(const MatrixProduct& product) {
  const Key key{product.rows, product.features, product.depth, product.out_stride, product.bf16,
                alignment_of(product.weight), alignment_of(product.x), alignment_of(product.out)};
  if (const auto known = plans_.find(key); known != plans_.end()) return known->second;
  if (plans_.size() >= kMostPlans) plans_.clear();
  Plan& plan = plans_[key];
  try {
    plan.find(handle_, product);
  } catch (...) {
    plans_.erase(key);
    throw;
  }
  return plan;
}

void GemmCublasLt::multiply(const MatrixProduct& product, cudaStream_t stream) {
  if (product.rows == 0 || product.features == 0) return;
  void* const workspace = workspace_.reserve(kWorkspaceBytes);
  const Plan& plan = plan_of(product);
  const float one = 1.0f, before = product.accumulate ? 1.0f : 0.0f;
  check_blas(cublas_lt().matmul(handle_, plan.operation, &one, product.weight, plan.weight, product.x, plan.x, &before,
                            product.out, plan.out, product.out, plan.out, &plan.algorithm, workspace, kWorkspaceBytes,
                            stream),
             "a matrix product was started");
}

}  // namespace engine::cuda
