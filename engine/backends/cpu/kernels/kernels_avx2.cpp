#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/backends/cpu/kernels/vec_avx2.h"
// The kernels themselves, over the Vec above.
#include "engine/backends/cpu/kernels/kernels.inl"

namespace engine {

const KernelTable& avx2_kernels() { return kTable; }

}  // namespace engine
