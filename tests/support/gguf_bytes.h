#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tests {

/// A number as GGUF writes it.
template <typename T>
std::string raw(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

/// A text with its length in front.
inline std::string raw_text(std::string_view text) {
  return raw<std::uint64_t>(text.size()) + std::string(text);
}

/// Puts a GGUF file together as the format's specification describes it, sound or not; independent of the reader.
class GgufBytes {
 public:
  /// The numbers of the format for metadata types.
  enum Type : std::uint32_t { U8, I8, U16, I16, U32, I32, F32, Bool, Text, Array, U64, I64, F64 };

  GgufBytes& key(std::string_view name, std::uint32_t type, const std::string& value) {
    keys_ += raw_text(name) + raw(type) + value;
    ++key_count_;
    return *this;
  }
  GgufBytes& text(std::string_view name, std::string_view value) { return key(name, Text, raw_text(value)); }
  GgufBytes& number(std::string_view name, std::uint32_t value) { return key(name, U32, raw(value)); }
  GgufBytes& real(std::string_view name, float value) { return key(name, F32, raw(value)); }
  /// `element` is the type of the elements, `values` are they.
  GgufBytes& array(std::string_view name, std::uint32_t element, const std::vector<std::string>& values) {
    std::string bytes = raw(element) + raw<std::uint64_t>(values.size());
    for (const std::string& value : values) bytes += value;
    return key(name, Array, bytes);
  }
  /// `dims` innermost first, as the file has them. The data follow the tensors before it, aligned, unless `offset`
  /// says.
  GgufBytes& tensor(std::string_view name, const std::vector<std::uint64_t>& dims, std::uint32_t type,
                    const std::string& data, std::optional<std::uint64_t> offset = std::nullopt) {
    data_.resize((data_.size() + alignment - 1) / alignment * alignment);
    tensors_ += raw_text(name) + raw(static_cast<std::uint32_t>(dims.size()));
    for (const std::uint64_t dim : dims) tensors_ += raw(dim);
    tensors_ += raw(type) + raw(offset.value_or(data_.size()));
    data_ += data;
    ++tensor_count_;
    return *this;
  }
  /// A tensor of float32 zeros.
  GgufBytes& zeros(std::string_view name, const std::vector<std::uint64_t>& dims) {
    std::size_t count = 1;
    for (const std::uint64_t dim : dims) count *= dim;
    return tensor(name, dims, 0, std::string(4 * count, '\0'));
  }

  std::string bytes() const {
    std::string file = "GGUF" + raw(version) + raw(claimed_tensors.value_or(tensor_count_)) +
                       raw(claimed_keys.value_or(key_count_)) + keys_ + tensors_;
    file.resize((file.size() + alignment - 1) / alignment * alignment);
    return file + data_;
  }

  std::uint32_t version = 3;
  std::uint64_t alignment = 32;
  std::optional<std::uint64_t> claimed_keys, claimed_tensors;  ///< in place of the true ones

 private:
  std::string keys_, tensors_, data_;
  std::uint64_t key_count_ = 0, tensor_count_ = 0;
};

}  // namespace tests
