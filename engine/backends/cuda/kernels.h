#pragma once

#include <cuda_runtime.h>

// Launchers of the kernels, plain C++17: all that a .cu file includes of ours.

namespace engine::cuda {

/// Writes `start + i` into out[i] for i < count: shows that this build holds code for the card and that it computes.
cudaError_t launch_ramp(float* out, int count, float start, cudaStream_t stream);

}  // namespace engine::cuda
