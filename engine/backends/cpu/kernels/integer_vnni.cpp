#include "engine/backends/cpu/kernels/integer_rows.h"
#include "engine/backends/cpu/kernels/lanes_avx2.h"

namespace engine {
namespace {

/// For unpacking, 32 codes at a time; the products are wider.
struct Lanes : LanesAvx2 {
  static constexpr const char* kName = "vnni";

  /// The eight of Q4_0 lie in two vectors and are picked out by one instruction.
  template <std::size_t stride>
  static Floats halves(const Byte* p) {
    if constexpr (stride != 18) return LanesAvx2::halves<stride>(p);
    const __m512i first = _mm512_loadu_si512(p), second = _mm512_loadu_si512(p + 64);
    const __m512i places = _mm512_zextsi128_si512(_mm_setr_epi16(0, 9, 18, 27, 36, 45, 54, 63));
    return {_mm256_cvtph_ps(_mm512_castsi512_si128(_mm512_permutex2var_epi16(first, places, second)))};
  }
};

}  // namespace
}  // namespace engine

// The kernels themselves, over the Lanes above.
#include "engine/backends/cpu/kernels/integer_types.inl"
#include "engine/backends/cpu/kernels/integer_wide.inl"
#include "engine/backends/cpu/kernels/integer_table.inl"

namespace engine {

const IntegerKernels& vnni_integer_kernels() { return kIntegerTable; }

}  // namespace engine
