#include "engine/base/json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <variant>

#include "engine/base/error.h"
#include "engine/base/file_view.h"
#include "engine/base/utf8.h"

namespace engine {

struct Json::Node {
  using Array = std::vector<Node>;
  using Object = std::vector<std::pair<std::string, Node>>;  // sorted by key once complete
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value = nullptr;
};

struct Json::Document {
  std::string file;
  Node root;
};

/// Receives the parser's events and builds our own tree, so that every limit is checked before memory is spent and
/// duplicate keys are seen (nlohmann's own tree keeps the last one silently).
class JsonBuilder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;
  using Node = Json::Node;

  JsonBuilder(std::string_view text, std::string file, const JsonLimits& limits)
      : text_(text), file_(std::move(file)), limits_(limits) {}

  bool null() { return add({nullptr}); }
  bool boolean(bool value) { return add({value}); }
  bool number_integer(number_integer_t value) { return add({value}); }
  bool number_unsigned(number_unsigned_t value) {
    // Beyond the signed range only its size matters: no field of ours accepts so large a whole number.
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max())) {
      return add({static_cast<double>(value)});
    }
    return add({static_cast<std::int64_t>(value)});
  }
  bool number_float(number_float_t value, const string_t&) { return add({value}); }
  bool string(string_t& value) { return add({std::move(value)}); }
  bool binary(binary_t&) { return false; }
  bool start_object(std::size_t) { return open({Node::Object{}}); }
  bool start_array(std::size_t) { return open({Node::Array{}}); }
  bool key(string_t& value) {
    std::get<Node::Object>(open_.back().value).emplace_back(std::move(value), Node{});
    return true;
  }
  bool end_array() { return close(); }
  bool end_object() {
    auto& members = std::get<Node::Object>(open_.back().value);
    std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    const auto twice = std::adjacent_find(members.begin(), members.end(),
                                          [](const auto& a, const auto& b) { return a.first == b.first; });
    if (twice != members.end()) refuse("the key " + in_quotes(twice->first) + " stands twice in one object");
    return close();
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    const auto before = text_.substr(0, std::min(position, text_.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    refuse("it is not valid JSON near line " + std::to_string(line) + ", byte " + std::to_string(position));
  }

  static Json build(std::string_view text, const std::string& file, const JsonLimits& limits) {
    if (text.size() > limits.max_bytes) {
      throw Error(ErrorCode::CorruptFile, file + " has " + std::to_string(text.size()) +
                                              " bytes of JSON, more than the " + std::to_string(limits.max_bytes) +
                                              " that such a file can have.");
    }
    JsonBuilder builder(text, file, limits);
    if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) builder.refuse("it is not valid JSON");
    auto document = std::make_shared<Json::Document>();
    document->file = file;
    document->root = std::move(builder.root_);
    const Node* root = &document->root;
    return Json(std::move(document), root, "");
  }

 private:
  [[noreturn]] void refuse(const std::string& reason) {
    throw Error(ErrorCode::CorruptFile, file_ + " cannot be read: " + reason + ".");
  }

  // Puts a finished value where it belongs: into the innermost open container, or at the root.
  bool add(Node node) {
    if (++values_ > limits_.max_values) refuse("it has more than " + std::to_string(limits_.max_values) + " values");
    place(std::move(node));
    return true;
  }
  void place(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (auto* array = std::get_if<Node::Array>(&open_.back().value)) {
      array->push_back(std::move(node));
    } else {
      std::get<Node::Object>(open_.back().value).back().second = std::move(node);
    }
  }
  bool open(Node container) {
    if (++values_ > limits_.max_values) refuse("it has more than " + std::to_string(limits_.max_values) + " values");
    if (open_.size() >= limits_.max_depth)
      refuse("it is nested deeper than " + std::to_string(limits_.max_depth) + " levels");
    open_.push_back(std::move(container));
    return true;
  }
  bool close() {
    Node done = std::move(open_.back());
    open_.pop_back();
    place(std::move(done));
    return true;
  }

  std::string_view text_;
  std::string file_;
  JsonLimits limits_;
  std::vector<Node> open_;
  Node root_;
  std::size_t values_ = 0;
};

Json Json::parse(std::string_view text, const std::string& file, const JsonLimits& limits) {
  return JsonBuilder::build(text, file, limits);
}

Json Json::read(const std::filesystem::path& path, const JsonLimits& limits) {
  return parse(read_file(path, limits.max_bytes), shown_name(path), limits);
}

bool Json::is_null() const {
  return std::holds_alternative<std::nullptr_t>(node_->value);
}
bool Json::is_bool() const {
  return std::holds_alternative<bool>(node_->value);
}
bool Json::is_number() const {
  return std::holds_alternative<std::int64_t>(node_->value) || std::holds_alternative<double>(node_->value);
}
bool Json::is_string() const {
  return std::holds_alternative<std::string>(node_->value);
}
bool Json::is_array() const {
  return std::holds_alternative<Node::Array>(node_->value);
}
bool Json::is_object() const {
  return std::holds_alternative<Node::Object>(node_->value);
}

namespace {

std::string number_text(double value) {
  return nlohmann::json(value).dump();
}

}  // namespace

bool Json::as_bool() const {
  if (const bool* value = std::get_if<bool>(&node_->value)) return *value;
  refuse("true or false");
}

std::int64_t Json::as_integer(std::int64_t min, std::int64_t max) const {
  const std::int64_t* value = std::get_if<std::int64_t>(&node_->value);
  if (value && *value >= min && *value <= max) return *value;
  refuse("a whole number from " + std::to_string(min) + " to " + std::to_string(max));
}

double Json::as_number(double min, double max) const {
  double value = std::numeric_limits<double>::quiet_NaN();
  if (const double* real = std::get_if<double>(&node_->value)) value = *real;
  if (const std::int64_t* whole = std::get_if<std::int64_t>(&node_->value)) value = static_cast<double>(*whole);
  if (std::isfinite(value) && value >= min && value <= max) return value;
  refuse("a number from " + number_text(min) + " to " + number_text(max));
}

const std::string& Json::as_string() const {
  if (const auto* value = std::get_if<std::string>(&node_->value)) return *value;
  refuse("a text");
}

Json Json::child(const Node* node, std::string_view key) const {
  std::string name = in_quotes(key, 80);
  name = name.substr(1, name.size() - 2);
  return Json(document_, node, place_.empty() ? name : place_ + "." + name);
}

std::vector<Json> Json::elements() const {
  const auto* array = std::get_if<Node::Array>(&node_->value);
  if (!array) refuse("an array");
  std::vector<Json> result;
  result.reserve(array->size());
  for (std::size_t i = 0; i < array->size(); ++i) result.push_back(child(&(*array)[i], std::to_string(i)));
  return result;
}

std::vector<std::pair<std::string, Json>> Json::members() const {
  const auto* object = std::get_if<Node::Object>(&node_->value);
  if (!object) refuse("an object");
  std::vector<std::pair<std::string, Json>> result;
  result.reserve(object->size());
  for (const auto& [key, node] : *object) result.emplace_back(key, child(&node, key));
  return result;
}

Json Json::at(std::string_view key) const {
  const auto* object = std::get_if<Node::Object>(&node_->value);
  if (!object) refuse("an object");
  const auto found =
      std::lower_bound(object->begin(), object->end(), key,
                       [](const auto& member, std::string_view wanted) { return member.first < wanted; });
  if (found == object->end() || found->first != key) {
    throw Error(ErrorCode::CorruptFile, where() + " lacks " + in_quotes(key) + ".");
  }
  return child(&found->second, key);
}

std::optional<Json> Json::find(std::string_view key) const {
  const auto* object = std::get_if<Node::Object>(&node_->value);
  if (!object) refuse("an object");
  const auto found =
      std::lower_bound(object->begin(), object->end(), key,
                       [](const auto& member, std::string_view wanted) { return member.first < wanted; });
  if (found == object->end() || found->first != key) return std::nullopt;
  if (std::holds_alternative<std::nullptr_t>(found->second.value)) return std::nullopt;
  return child(&found->second, key);
}

std::optional<bool> Json::find_bool(std::string_view key) const {
  const auto value = find(key);
  return value ? std::optional(value->as_bool()) : std::nullopt;
}

std::optional<std::int64_t> Json::find_integer(std::string_view key, std::int64_t min, std::int64_t max) const {
  const auto value = find(key);
  return value ? std::optional(value->as_integer(min, max)) : std::nullopt;
}

std::optional<double> Json::find_number(std::string_view key, double min, double max) const {
  const auto value = find(key);
  return value ? std::optional(value->as_number(min, max)) : std::nullopt;
}

std::optional<std::string> Json::find_string(std::string_view key) const {
  const auto value = find(key);
  return value ? std::optional(value->as_string()) : std::nullopt;
}

std::string Json::where() const {
  return place_.empty() ? document_->file : document_->file + ": " + place_;
}

std::string Json::found() const {
  if (const bool* value = std::get_if<bool>(&node_->value)) return *value ? "true" : "false";
  if (const auto* value = std::get_if<std::int64_t>(&node_->value)) return std::to_string(*value);
  if (const double* value = std::get_if<double>(&node_->value)) return number_text(*value);
  if (const auto* value = std::get_if<std::string>(&node_->value)) return in_quotes(*value);
  if (is_array()) return "an array";
  return is_object() ? "an object" : "null";
}

void Json::refuse(const std::string& expected) const {
  throw Error(ErrorCode::CorruptFile, where() + " must be " + expected + ", found " + found() + ".");
}

}  // namespace engine
