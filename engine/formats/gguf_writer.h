#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/formats/gguf.h"
#include "engine/tensor/tensor.h"

namespace engine {

/// Metadata as GGUF writes them, in the order in which they are added. Each key once: adding one again is an assert.
class GgufKeys {
 public:
  void add(std::string_view key, std::string_view text);
  void add(std::string_view key, const char* text) { add(key, std::string_view(text)); }
  void add(std::string_view key, bool value);
  void add(std::string_view key, std::uint32_t number);
  void add(std::string_view key, float number);
  void add(std::string_view key, const std::vector<std::string>& texts);
  void add(std::string_view key, const std::vector<float>& numbers);
  void add(std::string_view key, const std::vector<std::int32_t>& numbers);
  /// An array of u8.
  void add_bytes(std::string_view key, std::string_view bytes);
  /// A value as another file has it.
  void add(std::string_view key, const GgufValue& value);

  bool has(std::string_view key) const { return keys_.contains(key); }
  std::uint64_t count() const { return keys_.size(); }
  const std::string& bytes() const { return bytes_; }

 private:
  void begin(std::string_view key, GgufType type);
  void begin_array(std::string_view key, GgufType element, std::size_t count);

  std::set<std::string, std::less<>> keys_;
  std::string bytes_;
};

/// A tensor as the header names it.
struct GgufTensor {
  std::string name;
  DType dtype = DType::F32;
  Shape shape;  ///< outermost first, 1 to 4 dimensions, rows of whole blocks
};

/// Where everything of a GGUF file lies: what stands before the tensors, and each tensor's place.
struct GgufLayout {
  std::string header;                  ///< magic number to the first tensor, padding included
  std::vector<std::uint64_t> offsets;  ///< of each tensor, in bytes from the beginning of the file
  std::uint64_t file_bytes = 0;
};

/// GGUF version 3 with the default alignment (models.md 5.2), tensors in the order given. Bytes between tensors are
/// zero. Throws Error(InvalidRequest) where the tensors are too large to count.
GgufLayout lay_out_gguf(const GgufKeys& keys, std::span<const GgufTensor> tensors);

}  // namespace engine
