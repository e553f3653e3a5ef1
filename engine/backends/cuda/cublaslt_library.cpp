#include "engine/backends/cuda/cublaslt_library.h"

#include <dlfcn.h>

#include <string>

#include "engine/base/error.h"

namespace engine::cuda {
namespace {

const std::string kName = "libcublasLt.so." + std::to_string(CUBLAS_VER_MAJOR);

[[noreturn]] void refuse() {
  const char* const fault = dlerror();
  throw Error(ErrorCode::DeviceFailure, "The matrix library of CUDA, " + kName + ", cannot be used: " +
                                            (fault != nullptr ? fault : "no reason was given") +
                                            "; install the CUDA runtime libraries, or choose the CPU");
}

template <typename Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr) refuse();
}

CublasLtLibrary open_library() {
  void* const library = dlopen(kName.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) refuse();
  CublasLtLibrary found;
  find(library, "cublasLtCreate", found.create);
  find(library, "cublasLtDestroy", found.destroy);
  find(library, "cublasLtGetVersion", found.get_version);
  find(library, "cublasLtGetStatusString", found.get_status_string);
  find(library, "cublasLtMatmul", found.matmul);
  find(library, "cublasLtMatmulAlgoGetHeuristic", found.matmul_algo_get_heuristic);
  find(library, "cublasLtMatmulDescCreate", found.matmul_desc_create);
  find(library, "cublasLtMatmulDescDestroy", found.matmul_desc_destroy);
  find(library, "cublasLtMatmulDescSetAttribute", found.matmul_desc_set_attribute);
  find(library, "cublasLtMatmulPreferenceCreate", found.matmul_preference_create);
  find(library, "cublasLtMatmulPreferenceDestroy", found.matmul_preference_destroy);
  find(library, "cublasLtMatmulPreferenceSetAttribute", found.matmul_preference_set_attribute);
  find(library, "cublasLtMatrixLayoutCreate", found.matrix_layout_create);
  find(library, "cublasLtMatrixLayoutDestroy", found.matrix_layout_destroy);
  return found;
}

}  // namespace

const CublasLtLibrary& cublas_lt() {
  static const CublasLtLibrary library = open_library();
  return library;
}

}  // namespace engine::cuda
