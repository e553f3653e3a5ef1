#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "templates/run.h"

namespace templates {

// Python's type(x).__name__.
std::string_view type_name(const Value& value);
// Whether the value holds in an if.
bool truth(const Value& value);

// left == right, of values that are not both texts.
bool equals_otherwise(Run& run, const Value& left, const Value& right);
inline bool equals(Run& run, const Value& left, const Value& right) {
  if (!left.is_string() || !right.is_string()) return equals_otherwise(run, left, right);
  if (left.text().size() != right.text().size()) return false;
  run.budget.work_on_bytes(left.text().size());
  return left.text() == right.text();
}
// left < right; `symbol` names the comparison the template wrote, for the message when these types have no order.
bool less(Run& run, const Value& left, const Value& right, std::string_view symbol = "<");
bool less_or_equal(Run& run, const Value& left, const Value& right, std::string_view symbol = "<=");
// item in container
bool contains(Run& run, const Value& container, const Value& item);
// The same object, as Python's `is`.
bool identical(const Value& left, const Value& right);

enum class Arithmetic : std::uint8_t { Add, Subtract, Multiply, Divide, FloorDivide, Modulo, Power };
Value calculate(Run& run, Arithmetic operation, const Value& left, const Value& right);
Value negate(Run& run, const Value& value);
Value posit(Run& run, const Value& value);

// Dict keys: 1, 1.0 and true are one key. Throws TemplateError (Runtime) for lists and dicts.
std::size_t hash_key(const Value& key, Budget* budget);
bool same_key(const Value& left, const Value& right, Budget* budget);
bool hashable(const Value& key);

// The number in an index, count or width: an int or bool. Throws TemplateError for anything else.
std::int64_t as_index(Run& run, const Value& value);

}  // namespace templates
