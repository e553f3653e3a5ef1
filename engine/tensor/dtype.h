#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace engine {

/// Element types that a tensor of a file or of the engine can have. Quantised block types join with their readers.
enum class DType : std::uint8_t { F32, F16, BF16, F64, I64, I32, U8 };

/// Bytes of one element.
constexpr std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::F64:
    case DType::I64: return 8;
    case DType::F32:
    case DType::I32: return 4;
    case DType::F16:
    case DType::BF16: return 2;
    case DType::U8: return 1;
  }
  return 0;
}

/// The name as safetensors spells it ("BF16").
constexpr std::string_view name_of(DType dtype) {
  switch (dtype) {
    case DType::F32: return "F32";
    case DType::F16: return "F16";
    case DType::BF16: return "BF16";
    case DType::F64: return "F64";
    case DType::I64: return "I64";
    case DType::I32: return "I32";
    case DType::U8: return "U8";
  }
  return "?";
}

}  // namespace engine
