#include "engine/backends/cpu/kernels/integer_rows.h"
#include "engine/backends/cpu/kernels/lanes_avx2.h"

namespace engine {
namespace {

/// AVX2 with the instruction of AVX-512 VNNI that multiplies bytes and adds four products at once.
struct Lanes : LanesAvx2 {
  static constexpr const char* kName = "vnni";

  static constexpr std::size_t kPanelVectors = 2;  // 32 registers
  static constexpr bool kSignedPanels = false;
  template <Flavour>
  static Ints add_products(Ints sums, Codes codes, const std::int8_t* q) {
    return {_mm256_dpbusd_epi32(sums.v, codes.v, four(q))};
  }
  template <Flavour>
  static Floats to_floats(Ints sums) {
    return {_mm256_cvtepi32_ps(sums.v)};
  }

  static Floats dot_unsigned(Codes codes, const std::int8_t* q) {
    return {_mm256_cvtepi32_ps(_mm256_dpbusd_epi32(_mm256_setzero_si256(), codes.v, load_q(q)))};
  }
  static Floats dot_signed(Codes codes, const std::int8_t* q) {
    const __m256i signed_q = _mm256_sign_epi8(load_q(q), codes.v);
    return {_mm256_cvtepi32_ps(_mm256_dpbusd_epi32(_mm256_setzero_si256(), _mm256_abs_epi8(codes.v), signed_q))};
  }
};

}  // namespace
}  // namespace engine

// The kernels themselves, over the Lanes above.
#include "engine/backends/cpu/kernels/integer_rows.inl"

namespace engine {

const IntegerKernels& vnni_integer_kernels() { return kIntegerTable; }

}  // namespace engine
