#include <cstdio>
#include <exception>

#include "engine/backends/cuda/cuda_backend.h"
#include "engine/backends/cuda/module_api.h"

extern "C" {

__attribute__((visibility("default"))) const char* sotto_cuda_compiler() { return __VERSION__; }

__attribute__((visibility("default"))) engine::Backend* sotto_cuda_create_backend(const engine::EngineOptions* options,
                                                                                  int device, const char* chosen,
                                                                                  char* reason, int reason_size) {
  try {
    return new engine::cuda::CudaBackend(*options, device, chosen);
  } catch (const std::exception& error) {
    std::snprintf(reason, static_cast<std::size_t>(reason_size), "%s", error.what());
    return nullptr;
  }
}
}
