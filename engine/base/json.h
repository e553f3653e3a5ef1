#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engine {

/// What a document from a file may cost. The defaults let the largest real tokenizer.json (tens of MB) through.
struct JsonLimits {
  std::size_t max_bytes = std::size_t{128} << 20;
  std::size_t max_depth = 64;
  std::size_t max_values = 8'000'000;  ///< objects, arrays and scalars together
};

/// A value inside an immutable, checked JSON document (RFC 8259: UTF-8, no duplicate keys, whole document). A cheap
/// handle: copies share the document. Any thread. All getters throw Error(CorruptFile) with a sentence that names the
/// file, the place in it ("config.json: rope_scaling.factor"), what was expected and what was found.
class Json {
 public:
  /// Parses `text`; `file` is what sentences call it. Throws Error(CorruptFile).
  static Json parse(std::string_view text, const std::string& file, const JsonLimits& limits = {});
  /// Reads and parses a file. Throws Error: FileNotFound, CorruptFile.
  static Json read(const std::filesystem::path& path, const JsonLimits& limits = {});

  bool is_null() const;
  bool is_bool() const;
  bool is_number() const;
  bool is_string() const;
  bool is_array() const;
  bool is_object() const;

  bool as_bool() const;
  /// A whole number within the range; 4.0 is not one.
  std::int64_t as_integer(std::int64_t min = std::numeric_limits<std::int64_t>::min(),
                          std::int64_t max = std::numeric_limits<std::int64_t>::max()) const;
  /// A finite number within the range, whole or not.
  double as_number(double min = std::numeric_limits<double>::lowest(),
                   double max = std::numeric_limits<double>::max()) const;
  const std::string& as_string() const;

  /// The elements of an array, in order.
  std::vector<Json> elements() const;
  /// The members of an object, sorted by key.
  std::vector<std::pair<std::string, Json>> members() const;
  /// A member that must be there (it may be null).
  Json at(std::string_view key) const;
  /// A member, or nothing where it is absent or null.
  std::optional<Json> find(std::string_view key) const;

  /// As find(), with the value read as the type named.
  std::optional<bool> find_bool(std::string_view key) const;
  std::optional<std::int64_t> find_integer(std::string_view key, std::int64_t min, std::int64_t max) const;
  std::optional<double> find_number(std::string_view key, double min, double max) const;
  std::optional<std::string> find_string(std::string_view key) const;

  /// Where this value stands, for sentences: "my-model/config.json: rope_scaling.factor".
  std::string where() const;
  /// What this value is, in few words, for sentences: "the number 7", "the text "abc"", "an array".
  std::string found() const;
  /// Throws Error(CorruptFile): "WHERE must be EXPECTED, found FOUND."
  [[noreturn]] void refuse(const std::string& expected) const;

 private:
  struct Node;
  struct Document;
  friend class JsonBuilder;
  Json(std::shared_ptr<const Document> document, const Node* node, std::string place)
      : document_(std::move(document)), node_(node), place_(std::move(place)) {}

  Json child(const Node* node, std::string_view key) const;

  std::shared_ptr<const Document> document_;
  const Node* node_;
  std::string place_;  // keys from the root, joined by dots; empty at the root
};

}  // namespace engine
