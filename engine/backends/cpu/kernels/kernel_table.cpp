#include "engine/backends/cpu/kernels/kernel_table.h"

#include "engine/backends/cpu/kernels/attention_kernels.h"
#include "engine/backends/cpu/kernels/bf16_tiles.h"
#include "engine/backends/cpu/kernels/integer_rows.h"

#if defined(SOTTO_X86_KERNELS)
#include <cpuid.h>
#endif

namespace engine {
namespace {

#if defined(SOTTO_X86_KERNELS)

/// The vector state that the operating system saves (register XCR0): without it the instructions trap.
std::uint64_t saved_state() {
  std::uint32_t low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<std::uint64_t>(high) << 32) | low;
}

/// Bits as in Intel's manual, volume 2, CPUID, and volume 1, chapter 13.
CpuFeatures detect() {
  constexpr std::uint64_t kYmm = 0x6, kZmm = 0xe6, kTiles = 0x60000;
  CpuFeatures found;
  std::uint32_t a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return found;
  const bool xsave = (c >> 27) & 1, fma = (c >> 12) & 1, f16c = (c >> 29) & 1;
  if (!xsave || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return found;
  const std::uint64_t state = saved_state();
  const std::uint32_t leaves = a, leaf7_b = b, leaf7_c = c, leaf7_d = d;
  found.avx2 = (state & kYmm) == kYmm && ((leaf7_b >> 5) & 1) && fma && f16c;
  const std::uint32_t wanted = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31);  // F, DQ, BW, VL
  found.avx512 = found.avx2 && (state & kZmm) == kZmm && (leaf7_b & wanted) == wanted;
  found.vnni = found.avx512 && ((leaf7_c >> 11) & 1);
  found.bf16 = found.avx512 && leaves >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && ((a >> 5) & 1);
  found.amx_bf16 = found.avx512 && (state & kTiles) == kTiles && ((leaf7_d >> 22) & 1) && ((leaf7_d >> 24) & 1);
  return found;
}

#else

CpuFeatures detect() { return {}; }

#endif

}  // namespace

const CpuFeatures& cpu_features() {
  static const CpuFeatures features = detect();
  return features;
}

const KernelTable& choose_kernels(IsaChoice cap) {
#if defined(SOTTO_X86_KERNELS)
  const CpuFeatures& features = cpu_features();
  if (cap != IsaChoice::Portable) {
    if (cap != IsaChoice::Avx2 && features.avx512) return avx512_kernels();
    if (features.avx2) return avx2_kernels();
  }
#else
  static_cast<void>(cap);
#endif
  return portable_kernels();
}

const IntegerKernels& choose_integer_kernels(IsaChoice cap) {
#if defined(SOTTO_X86_KERNELS)
  const CpuFeatures& features = cpu_features();
  if (cap != IsaChoice::Portable) {
    if (cap != IsaChoice::Avx2 && features.vnni) return vnni_integer_kernels();
    if (features.avx2) return avx2_integer_kernels();
  }
#else
  static_cast<void>(cap);
#endif
  return portable_integer_kernels();
}

const Bf16Kernels* choose_bf16_kernels(IsaChoice cap) {
#if defined(SOTTO_X86_KERNELS)
  if (cap != IsaChoice::Portable && cap != IsaChoice::Avx2 && cpu_features().bf16) return &avx512_bf16_kernels();
#else
  static_cast<void>(cap);
#endif
  return nullptr;
}

const AttentionKernels& choose_attention_kernels(IsaChoice cap) {
#if defined(SOTTO_X86_KERNELS)
  const CpuFeatures& features = cpu_features();
  if (cap != IsaChoice::Portable) {
    if (cap != IsaChoice::Avx2 && features.avx512) return avx512_attention_kernels();
    if (features.avx2) return avx2_attention_kernels();
  }
#else
  static_cast<void>(cap);
#endif
  return portable_attention_kernels();
}

const Bf16AttentionKernels* choose_bf16_attention_kernels(IsaChoice cap) {
#if defined(SOTTO_X86_KERNELS)
  const bool allowed = cap != IsaChoice::Portable && cap != IsaChoice::Avx2;
  if (allowed && cpu_features().bf16) return &avx512_bf16_attention_kernels();
#else
  static_cast<void>(cap);
#endif
  return nullptr;
}

}  // namespace engine
