#include "engine/backends/cpu/kernels/attention_kernels.h"
#include "engine/backends/cpu/kernels/vec_avx2.h"

// The kernels themselves, over the Vec above.
#include "engine/backends/cpu/kernels/attention_rows.inl"

namespace engine {

const AttentionKernels& avx2_attention_kernels() { return kAttentionTable; }

}  // namespace engine
