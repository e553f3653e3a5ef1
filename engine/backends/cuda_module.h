#pragma once

#include <vector>

#include "engine/types.h"

namespace engine {

/// The NVIDIA cards of this machine, as the CUDA module (libsotto_cuda.so, opened on the first call, beside the program
/// or in its library folder) reports them. Never empty: where no card can be used at all there is one entry whose
/// `reason` says why in words (no module in this build, no driver, driver too old, no card). Any thread.
std::vector<DeviceInfo> cuda_devices();

}  // namespace engine
