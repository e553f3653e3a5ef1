#pragma once

#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "engine/formats/safetensors.h"
#include "engine/tensor/dtype.h"
#include "tests/support/fixtures.h"

namespace tests {

using engine::DType;

/// Blocks of every quantised type and their values, both by tests/reference/block_goldens.py.
class Blocks {
 public:
  static constexpr DType kTypes[] = {DType::Q4_0, DType::Q4_1, DType::Q5_0, DType::Q5_1,   DType::Q8_0,   DType::Q2_K, DType::Q3_K,
                                     DType::Q4_K, DType::Q5_K, DType::Q6_K, DType::IQ4_NL, DType::IQ4_XS, DType::MXFP4};

  Blocks() : files_(engine::SafetensorsFiles::open_file(tests::fixture("quantised/blocks.safetensors"))) {}
  std::span<const std::byte> bytes(DType type) const { return tensor(type, ".blocks"); }
  std::vector<float> values(DType type) const {
    const auto bytes = tensor(type, ".values");
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }

  /// `count` blocks that stand `offset` bytes after an aligned address, taken in turn, and the same as values.
  struct Rows {
    std::vector<std::byte> bytes;
    std::vector<float> values;
    std::size_t offset;
    const std::byte* data() const { return bytes.data() + offset; }
  };
  Rows rows(DType type, std::size_t count, std::size_t offset) const {
    const auto all = bytes(type);
    const std::vector<float> all_values = values(type);
    const std::size_t size = block_bytes(type), elements = block_elements(type), known = all.size() / size;
    Rows rows{std::vector<std::byte>(offset), {}, offset};
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t block = (i * 5 + i / known) % known;
      const auto from = all.subspan(block * size, size);
      rows.bytes.insert(rows.bytes.end(), from.begin(), from.end());
      const auto first = all_values.begin() + static_cast<std::ptrdiff_t>(block * elements);
      rows.values.insert(rows.values.end(), first, first + static_cast<std::ptrdiff_t>(elements));
    }
    return rows;  // nothing behind the last block: a read past it is for the address sanitizer to see
  }

 private:
  std::span<const std::byte> tensor(DType type, const char* ending) const {
    return files_.tensors().at(std::string(name_of(type)) + ending).bytes;
  }
  engine::SafetensorsFiles files_;
};

}  // namespace tests
