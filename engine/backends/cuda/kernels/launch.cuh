#pragma once

#include <cuda_runtime.h>

namespace engine::cuda {

/// Starts a kernel and says what starting it reported. Arguments are converted to the kernel's parameters.
template <typename... Parameters, typename... Arguments>
cudaError_t launch(void (*kernel)(Parameters...), dim3 blocks, unsigned threads, cudaStream_t stream,
                   Arguments... arguments) {
  kernel<<<blocks, threads, 0, stream>>>(static_cast<Parameters>(arguments)...);
  return cudaGetLastError();
}

inline unsigned blocks_for(long long count, long long per_block) {
  return static_cast<unsigned>((count + per_block - 1) / per_block);
}

}  // namespace engine::cuda
