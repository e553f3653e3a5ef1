#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/backends/cpu/kernels/vec_portable.h"
// The kernels themselves, over the Vec above.
#include "engine/backends/cpu/kernels/kernels.inl"

namespace engine {

const KernelTable& portable_kernels() { return kTable; }

}  // namespace engine
