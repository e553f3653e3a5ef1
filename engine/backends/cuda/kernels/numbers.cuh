#pragma once

#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdint>

// Numbers of two bytes, and what a warp does together.

namespace engine::cuda {

constexpr unsigned kWarp = 32;
constexpr unsigned kAllLanes = 0xffffffffu;

__device__ inline float half_to_float(std::uint16_t bits) { return __half2float(__ushort_as_half(bits)); }
__device__ inline std::uint16_t float_to_half(float value) { return __half_as_ushort(__float2half_rn(value)); }
__device__ inline float bf16_to_float(std::uint16_t bits) { return __uint_as_float(static_cast<unsigned>(bits) << 16); }
/// To nearest, ties to even; NaN stays NaN.
__device__ inline std::uint16_t float_to_bf16(float value) {
  const unsigned bits = __float_as_uint(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>(bits >> 16 | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

// Blocks begin at even addresses where their types hold a number of two bytes: memory of the card is aligned, and those
// blocks have an even size.
__device__ inline unsigned short_at(const std::uint8_t* p) { return *reinterpret_cast<const std::uint16_t*>(p); }
__device__ inline unsigned word_at(const std::uint8_t* p) { return short_at(p) | short_at(p + 2) << 16; }
/// Eight bytes from an even address on.
__device__ inline void eight_bytes(const std::uint8_t* p, int* to) {
  for (int i = 0; i < 4; ++i) {
    const unsigned pair = short_at(p + 2 * i);
    to[2 * i] = static_cast<int>(pair & 0xffu);
    to[2 * i + 1] = static_cast<int>(pair >> 8);
  }
}
__device__ inline float half_at(const std::uint8_t* p) { return half_to_float(static_cast<std::uint16_t>(short_at(p))); }

/// The sum over a warp, in every lane. All lanes must come.
__device__ inline float warp_sum(float value) {
  for (int step = 16; step > 0; step /= 2) value += __shfl_xor_sync(kAllLanes, value, step);
  return value;
}
__device__ inline float warp_max(float value) {
  for (int step = 16; step > 0; step /= 2) value = fmaxf(value, __shfl_xor_sync(kAllLanes, value, step));
  return value;
}

}  // namespace engine::cuda
