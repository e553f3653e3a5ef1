#include "engine/backends/cpu/kernels/integer_rows.h"
#include "engine/backends/cpu/kernels/lanes_portable.h"
// The kernels themselves, over the Lanes above.
#include "engine/backends/cpu/kernels/integer_rows.inl"

namespace engine {

const IntegerKernels& portable_integer_kernels() { return kIntegerTable; }

}  // namespace engine
