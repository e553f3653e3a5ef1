#include <cuda_runtime.h>

#include <cstdio>

#include "engine/backends/cuda/kernels.h"
#include "engine/backends/cuda/module_api.h"

namespace {

constexpr int kRampCount = 1000;

/// Runs one small kernel on the current card and reads it back; empty when right, else what went wrong.
const char* self_check() {
  float* on_card = nullptr;
  static thread_local float back[kRampCount];
  cudaError_t status = cudaMalloc(reinterpret_cast<void**>(&on_card), sizeof back);
  if (status == cudaSuccess) status = engine::cuda::launch_ramp(on_card, kRampCount, 0.5f, nullptr);
  if (status == cudaSuccess) status = cudaMemcpy(back, on_card, sizeof back, cudaMemcpyDeviceToHost);
  if (on_card) cudaFree(on_card);
  if (status != cudaSuccess) return cudaGetErrorString(status);
  for (int i = 0; i < kRampCount; ++i) {
    if (back[i] != 0.5f + static_cast<float>(i)) return "a test computation on the card gave a wrong result";
  }
  return "";
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) int sotto_cuda_abi_version() { return SOTTO_CUDA_ABI_VERSION; }

__attribute__((visibility("default"))) int sotto_cuda_list_devices(SottoCudaDevice* devices, int capacity, char* reason,
                                                                   int reason_size) {
  int driver = 0;
  int runtime = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  if (driver == 0) {
    std::snprintf(reason, static_cast<std::size_t>(reason_size), "no NVIDIA driver is installed");
    return 0;
  }
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess || count == 0) {
    if (status == cudaErrorInsufficientDriver) {
      std::snprintf(reason, static_cast<std::size_t>(reason_size),
                    "the NVIDIA driver is too old: it knows CUDA %d.%d, this build needs %d.%d", driver / 1000,
                    driver % 1000 / 10, runtime / 1000, runtime % 1000 / 10);
    } else if (status == cudaSuccess || status == cudaErrorNoDevice) {
      std::snprintf(reason, static_cast<std::size_t>(reason_size), "no NVIDIA card was found");
    } else {
      std::snprintf(reason, static_cast<std::size_t>(reason_size), "the NVIDIA driver reports: %s",
                    cudaGetErrorString(status));
    }
    return 0;
  }
  const int listed = count < capacity ? count : capacity;
  for (int i = 0; i < listed; ++i) {
    SottoCudaDevice& device = devices[i];
    device = SottoCudaDevice{};
    cudaDeviceProp properties{};
    cudaError_t step = cudaGetDeviceProperties(&properties, i);
    if (step == cudaSuccess) {
      std::snprintf(device.name, sizeof device.name, "%s", properties.name);
      device.compute_capability = properties.major * 10 + properties.minor;
      step = cudaSetDevice(i);
    }
    std::size_t free_bytes = 0;
    std::size_t total_bytes = 0;
    if (step == cudaSuccess) step = cudaMemGetInfo(&free_bytes, &total_bytes);
    device.memory_free = free_bytes;
    device.memory_total = total_bytes;
    std::snprintf(device.reason, sizeof device.reason, "%s",
                  step == cudaSuccess ? self_check() : cudaGetErrorString(step));
  }
  return listed;
}
}
