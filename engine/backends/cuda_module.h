#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/types.h"

namespace engine {

/// The NVIDIA cards of this machine, as the CUDA module (libsotto_cuda.so, opened on the first call, beside the program
/// or in its library folder) reports them. Never empty: where no card can be used at all there is one entry whose
/// `reason` says why in words (no module in this build, no driver, driver too old, no card). `usable`: it computes, and its
/// compute capability is one that the kernels are built for. Any thread.
std::vector<DeviceInfo> cuda_devices();

/// A backend on card `device` of that list; `chosen` says why, in words. Throws Error(DeviceFailure).
std::unique_ptr<Backend> create_cuda_backend(const EngineOptions& options, int device, const std::string& chosen);

}  // namespace engine
