#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace engine {

/// Element types that a tensor of a file or of the engine can have. F8_E4M3 (no infinity, NaN 0x7f and 0xff), F8_E5M2 and
/// GPTQ4 are the types of scaled weights, whose numbers mean something together with a Scaling only (scaling.h). From
/// Q4_0 on they are the quantised types of GGUF, whose elements share a scale in blocks along a row (layouts:
/// models.md 5.2).
enum class DType : std::uint8_t {
  F32, F16, BF16, F64, I64, I32, U8, F8_E4M3, F8_E5M2, GPTQ4,
  Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, MXFP4
};

constexpr bool is_quantised(DType dtype) { return dtype >= DType::Q4_0; }
constexpr bool is_scaled(DType dtype) { return dtype >= DType::F8_E4M3 && dtype <= DType::GPTQ4; }
constexpr std::size_t kQuantisedTypes =
    static_cast<std::size_t>(DType::MXFP4) - static_cast<std::size_t>(DType::Q4_0) + 1;

/// How many elements make one block, the smallest piece that can be read: 1 but for types below a byte.
constexpr std::size_t block_elements(DType dtype) {
  switch (dtype) {
    case DType::Q4_0:
    case DType::Q4_1:
    case DType::Q5_0:
    case DType::Q5_1:
    case DType::Q8_0:
    case DType::IQ4_NL:
    case DType::MXFP4: return 32;
    case DType::Q2_K:
    case DType::Q3_K:
    case DType::Q4_K:
    case DType::Q5_K:
    case DType::Q6_K:
    case DType::IQ4_XS: return 256;
    case DType::GPTQ4: return 8;  // one 32-bit word
    default: return 1;
  }
}

/// Bytes of one block.
constexpr std::size_t block_bytes(DType dtype) {
  switch (dtype) {
    case DType::F64:
    case DType::I64: return 8;
    case DType::F32:
    case DType::I32:
    case DType::GPTQ4: return 4;
    case DType::F16:
    case DType::BF16: return 2;
    case DType::U8:
    case DType::F8_E4M3:
    case DType::F8_E5M2: return 1;
    case DType::MXFP4: return 17;
    case DType::Q4_0:
    case DType::IQ4_NL: return 18;
    case DType::Q4_1: return 20;
    case DType::Q5_0: return 22;
    case DType::Q5_1: return 24;
    case DType::Q8_0: return 34;
    case DType::Q2_K: return 84;
    case DType::Q3_K: return 110;
    case DType::IQ4_XS: return 136;
    case DType::Q4_K: return 144;
    case DType::Q5_K: return 176;
    case DType::Q6_K: return 210;
  }
  return 0;
}

/// Bytes of one element of a type that is not quantised.
constexpr std::size_t size_of(DType dtype) { return block_bytes(dtype); }

/// Bytes of `count` elements that lie together, whole blocks of them. For counts that were checked; see bytes_of_shape.
constexpr std::size_t bytes_of(DType dtype, std::size_t count) {
  return count / block_elements(dtype) * block_bytes(dtype);
}

/// The name as safetensors and GGUF spell it ("BF16", "Q4_K"); GPTQ4 has none there.
constexpr std::string_view name_of(DType dtype) {
  switch (dtype) {
    case DType::F32: return "F32";
    case DType::F16: return "F16";
    case DType::BF16: return "BF16";
    case DType::F64: return "F64";
    case DType::I64: return "I64";
    case DType::I32: return "I32";
    case DType::U8: return "U8";
    case DType::F8_E4M3: return "F8_E4M3";
    case DType::F8_E5M2: return "F8_E5M2";
    case DType::GPTQ4: return "GPTQ4";
    case DType::Q4_0: return "Q4_0";
    case DType::Q4_1: return "Q4_1";
    case DType::Q5_0: return "Q5_0";
    case DType::Q5_1: return "Q5_1";
    case DType::Q8_0: return "Q8_0";
    case DType::Q2_K: return "Q2_K";
    case DType::Q3_K: return "Q3_K";
    case DType::Q4_K: return "Q4_K";
    case DType::Q5_K: return "Q5_K";
    case DType::Q6_K: return "Q6_K";
    case DType::IQ4_NL: return "IQ4_NL";
    case DType::IQ4_XS: return "IQ4_XS";
    case DType::MXFP4: return "MXFP4";
  }
  return "?";
}

/// bfloat16 is the upper half of a float32: widening is exact.
constexpr float bf16_to_f32(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

/// Rounds to nearest, ties to even, as IEEE 754 does; NaN stays NaN (made quiet), overflow becomes infinity.
constexpr std::uint16_t f32_to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

/// IEEE 754 binary16, exact.
constexpr float f16_to_f32(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fu;
  const std::uint32_t fraction = bits & 0x3ffu;
  if (exponent == 0x1fu) return std::bit_cast<float>(sign | 0x7f800000u | (fraction << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112u) << 23) | (fraction << 13));
  // Subnormal: fraction * 2^-24, which float32 holds exactly.
  const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

/// Rounds to nearest, ties to even; beyond 65504 (after rounding) infinity; NaN stays NaN.
constexpr std::uint16_t f32_to_f16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u | ((magnitude >> 13) & 0x3ffu));
  if (magnitude >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // 65520 and more
  if (magnitude >= 0x38800000u) {  // normal: 2^-14 and more; the carry of rounding may move the exponent, as it should
    const std::uint32_t rounded = magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13) & 1u);
    return static_cast<std::uint16_t>(sign | (rounded >> 13));
  }
  // Subnormal: adding 0.5 lines the binary16 unit 2^-24 up with the last bit of a float32 in [0.5, 1), so that the
  // addition itself rounds to nearest even.
  const float aligned = std::bit_cast<float>(magnitude) + 0.5f;
  return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(aligned) - 0x3f000000u));
}

}  // namespace engine
