#include "engine/backends/cpu/kernels/integer_rows.h"
#include "engine/backends/cpu/kernels/lanes_avx2.h"

namespace engine {
namespace {
using Lanes = LanesAvx2;
}
}  // namespace engine

// The kernels themselves, over the Lanes above.
#include "engine/backends/cpu/kernels/integer_types.inl"
#include "engine/backends/cpu/kernels/integer_narrow.inl"
#include "engine/backends/cpu/kernels/integer_table.inl"

namespace engine {

const IntegerKernels& avx2_integer_kernels() { return kIntegerTable; }

}  // namespace engine
