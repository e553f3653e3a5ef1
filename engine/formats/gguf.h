#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/formats/model_source.h"

namespace engine {

/// The types of GGUF metadata, by the numbers of the format.
enum class GgufType : std::uint32_t { U8, I8, U16, I16, U32, I32, F32, Bool, String, Array, U64, I64, F64 };

/// A metadata value where it lies in the mapped file. Its bytes were checked when the file was parsed; whoever asks
/// says which type and range he needs. All getters throw Error(CorruptFile) with a sentence that names file and key.
class GgufValue {
 public:
  bool as_bool() const;
  /// A whole number of any integer type.
  std::int64_t as_integer(std::int64_t min = std::numeric_limits<std::int64_t>::min(),
                          std::int64_t max = std::numeric_limits<std::int64_t>::max()) const;
  /// A finite number of any number type.
  double as_number(double min = std::numeric_limits<double>::lowest(),
                   double max = std::numeric_limits<double>::max()) const;
  /// A string, UTF-8.
  std::string_view as_text() const;
  /// The elements of an array of at most `max_count`, UTF-8 each; they live as long as the file.
  std::vector<std::string_view> texts(std::size_t max_count) const;
  /// The elements of an array of F32 or I32, exactly `count` of them.
  std::vector<float> floats(std::size_t count) const;
  std::vector<std::int32_t> integers(std::size_t count) const;

  /// The elements of an array of U8 or I8.
  std::string_view octets() const;

  /// The value as it lies in the file: of an array the elements (`count` of them, texts with their lengths in front), of
  /// a text its characters alone. For copies.
  GgufType type() const { return type_; }
  GgufType element_type() const { return element_type_; }
  std::uint64_t count() const { return count_; }
  std::span<const std::byte> bytes() const { return bytes_; }

  /// Where this value stands, for sentences: `my-model.gguf: "general.alignment"`.
  std::string where() const;
  std::string_view key() const { return key_; }
  /// Throws Error(CorruptFile): "WHERE must be EXPECTED, found FOUND."
  [[noreturn]] void refuse(const std::string& expected) const;

 private:
  friend class GgufParser;
  template <typename T>
  T read() const;
  bool is_integer() const;
  std::string found() const;
  void check_array(GgufType element, std::size_t count, const char* expected) const;

  std::shared_ptr<const std::string> file_;  ///< what sentences call it
  std::string_view key_;
  GgufType type_ = GgufType::U8;
  GgufType element_type_ = GgufType::U8;  ///< of an array
  std::uint64_t count_ = 1;               ///< elements of an array
  std::span<const std::byte> bytes_;  ///< of the number, text or elements, without lengths in front of a whole array
};

/// The number that GGUF has for an element type that parse_gguf reads.
std::uint32_t gguf_type_number(DType dtype);

/// The metadata of a GGUF file. The values point into the file.
class GgufMetadata {
 public:
  /// A value that must be there. Throws Error(CorruptFile).
  const GgufValue& at(std::string_view key) const;
  /// A value, or nullptr.
  const GgufValue* find(std::string_view key) const;
  /// All values by key.
  const std::map<std::string_view, GgufValue>& values() const { return values_; }
  /// What sentences call the file.
  const std::string& file() const { return *file_; }

 private:
  friend class GgufParser;
  std::shared_ptr<const std::string> file_;
  std::map<std::string_view, GgufValue> values_;
};

/// One GGUF file as it was written: its own names, shapes outermost first (the reverse of the file's order).
struct GgufContent {
  GgufMetadata metadata;
  std::map<std::string, TensorView> tensors;
};

/// Reads a GGUF file of version 2 or 3 (models.md 5.2) that lies in memory, which must outlive the result. Everything
/// is checked (models.md 5.3): counts against the bytes that are left before anything is made room for, types, text,
/// dimensions, alignment and that every tensor lies inside the file and overlaps no other. Metadata keys are only
/// checked when they are asked for. `name` is what sentences call the file. Throws Error: CorruptFile;
/// UnsupportedModel for version 1, big-endian files and tensor types that this engine does not read.
GgufContent parse_gguf(std::span<const std::byte> file, const std::string& name);

}  // namespace engine
