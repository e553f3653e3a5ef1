#include "templates/operators.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "templates/arithmetic.h"
#include "templates/escape.h"
#include "templates/formatting.h"
#include "templates/iteration.h"
#include "templates/text_operations.h"
#include "templates/undefined.h"

namespace templates {

void fail(std::string message) {
  throw TemplateError(ErrorKind::Runtime, std::move(message));
}

void fail_number(std::string_view operation) {
  throw TemplateError(ErrorKind::Limit, "the number goes beyond 64 bits in " + std::string(operation));
}

std::string_view type_name(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::Missing:
    case Value::Kind::Undefined:
      return "Undefined";
    case Value::Kind::None:
      return "NoneType";
    case Value::Kind::Bool:
      return "bool";
    case Value::Kind::Int:
      return "int";
    case Value::Kind::Float:
      return "float";
    case Value::Kind::String:
      return value.string_data().safe ? "Markup" : "str";
    case Value::Kind::List:
      return "list";
    case Value::Kind::Tuple:
      return "tuple";
    case Value::Kind::Dict:
      return "dict";
    case Value::Kind::Object:
      break;
  }
  return value.object().type_name();
}

bool truth(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::Missing:
    case Value::Kind::Undefined:
    case Value::Kind::None:
      return false;
    case Value::Kind::Bool:
      return value.as_bool();
    case Value::Kind::Int:
      return value.as_int() != 0;
    case Value::Kind::Float:
      return value.as_float() != 0;
    case Value::Kind::String:
      return !value.marked().empty();
    case Value::Kind::List:
    case Value::Kind::Tuple:
    case Value::Kind::Dict:
      return value.size() != 0;
    case Value::Kind::Object:
      break;
  }
  return value.object().truth();
}

bool identical(const Value& left, const Value& right) {
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Value::Kind::Missing:
    case Value::Kind::None:
      return true;
    case Value::Kind::Bool:
      return left.as_bool() == right.as_bool();
    case Value::Kind::Int:
      return left.as_int() == right.as_int();
    case Value::Kind::Float:
      return left.as_float() == right.as_float();
    case Value::Kind::Tuple:
      if (left.size() == 0 && right.size() == 0) return true;
      break;
    default:
      break;
  }
  return left.shared() == right.shared();
}

bool equals_otherwise(Run& run, const Value& left, const Value& right) {
  if (is_number(left) && is_number(right)) return compare_numbers(left, right) == 0;
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Value::Kind::List:
    case Value::Kind::Tuple: {
      if (left.shared() == right.shared()) return true;
      if (left.size() != right.size()) return false;
      const Budget::Level level(run.budget);
      for (std::size_t i = 0; i < left.size(); ++i) {
        run.budget.work(1);
        if (!equals(run, left.at(i), right.at(i))) return false;
      }
      return true;
    }
    case Value::Kind::Dict: {
      if (left.shared() == right.shared()) return true;
      if (left.size() != right.size()) return false;
      const Budget::Level level(run.budget);
      for (const auto& entry : left.dict_data().entries()) {
        run.budget.work(1);
        const Value* other = right.dict_data().find(entry.key, &run.budget);
        if (other == nullptr || !equals(run, entry.value, *other)) return false;
      }
      return true;
    }
    case Value::Kind::Object:
      return left.shared() == right.shared() || left.object().equals(run, right.object());
    default:
      return true;  // None and None, undefined and undefined
  }
}

bool less(Run& run, const Value& left, const Value& right, std::string_view symbol) {
  if (is_number(left) && is_number(right)) return compare_numbers(left, right) == -1;
  refuse_undefined(run, left);
  refuse_undefined(run, right);
  if (left.is_string() && right.is_string()) {
    run.budget.work_on_bytes(std::min(left.text().size(), right.text().size()));
    return left.text() < right.text();  // the order of bytes is the order of code points
  }
  if (left.is_sequence() && left.kind() == right.kind()) {
    const Budget::Level level(run.budget);
    for (std::size_t i = 0; i < left.size() && i < right.size(); ++i) {
      run.budget.work(1);
      if (!equals(run, left.at(i), right.at(i))) return less(run, left.at(i), right.at(i), symbol);
    }
    return left.size() < right.size();
  }
  fail("'" + std::string(symbol) + "' not supported between instances of '" + std::string(type_name(left)) + "' and '" +
       std::string(type_name(right)) + "'");
}

bool less_or_equal(Run& run, const Value& left, const Value& right, std::string_view symbol) {
  if (is_number(left) && is_number(right)) {
    const int order = compare_numbers(left, right);
    return order == -1 || order == 0;
  }
  return less(run, left, right, symbol) || equals(run, left, right);
}

bool contains(Run& run, const Value& container, const Value& item) {
  if (container.is_string()) {
    if (!item.is_string()) {
      fail("'in <string>' requires string as left operand, not " + std::string(type_name(item)));
    }
    run.budget.work_on_bytes(container.text().size());
    return find_text(container.text(), item.text()) != std::string_view::npos;
  }
  if (container.is_dict()) return container.dict_data().find(item, &run.budget) != nullptr;
  if (container.is_object()) {
    if (const auto answer = container.object().contains(run, item)) return *answer;
  }
  if (!is_iterable(run, container)) {
    fail("argument of type '" + std::string(type_name(container)) + "' is not iterable");
  }
  Cursor cursor(run, container);
  for (Value other; cursor.next(other);) {
    if (equals(run, item, other)) return true;
  }
  return false;
}

namespace {

[[noreturn]] void fail_operands(std::string_view symbol, const Value& left, const Value& right) {
  fail("unsupported operand type(s) for " + std::string(symbol) + ": '" + std::string(type_name(left)) + "' and '" +
       std::string(type_name(right)) + "'");
}

std::string_view symbol_of(Arithmetic operation) {
  constexpr std::string_view kSymbols[] = {"+", "-", "*", "/", "//", "%", "** or pow()"};
  return kSymbols[static_cast<std::size_t>(operation)];
}

Value join_texts(Run& run, const Value& left, const Value& right) {
  const bool safe = left.string_data().safe || right.string_data().safe;
  TextBuilder out(run.budget);
  const auto add = [&](const Value& part) {
    if (safe && !part.string_data().safe)
      escape_html(out, part.marked());
    else
      out.append(part.marked());
  };
  add(left);
  add(right);
  return out.take_value(safe);
}

Value join_sequences(Run& run, const Value& left, const Value& right) {
  const std::size_t size = left.size() + right.size();
  run.budget.work(1 + size / 4);
  run.budget.require(size * sizeof(Value));
  std::vector<Value> items;
  items.reserve(size);
  items.insert(items.end(), left.list_data().items.begin(), left.list_data().items.end());
  items.insert(items.end(), right.list_data().items.begin(), right.list_data().items.end());
  return run.budget.list(std::move(items), left.kind());
}

Value repeat(Run& run, const Value& value, std::int64_t times) {
  const std::size_t size = value.is_string() ? value.text().size() : value.size();
  const auto count = times > 0 ? static_cast<std::uint64_t>(times) : 0;
  if (count == 0 || size == 0) {
    return value.is_string() ? run.budget.text(MarkedText(), value.string_data().safe)
                             : run.budget.list({}, value.kind());
  }
  const std::size_t unit = value.is_string() ? 1 : sizeof(Value);
  if (count > run.budget.memory_left() / unit / size) run.budget.fail_memory();
  if (value.is_string()) {
    // Short texts are first put together to a longer one, which is then repeated.
    constexpr std::size_t kBlockBytes = 4096;
    const std::uint64_t in_block = std::min<std::uint64_t>(count, kBlockBytes / size + 1);
    MarkedText block;
    for (std::uint64_t i = 0; i < in_block; ++i) block.append(value.marked());
    TextBuilder out(run.budget);
    for (std::uint64_t i = 0; i < count / in_block; ++i) out.append(block);
    out.append(block, 0, static_cast<std::size_t>(count % in_block) * size);
    return out.take_value(value.string_data().safe);
  }
  run.budget.work(1 + size * count / 4);
  std::vector<Value> items;
  items.reserve(size * count);
  for (std::uint64_t i = 0; i < count; ++i)
    items.insert(items.end(), value.list_data().items.begin(), value.list_data().items.end());
  return run.budget.list(std::move(items), value.kind());
}

bool repeatable(const Value& value) {
  return value.is_string() || value.is_sequence();
}

bool is_whole(const Value& value) {
  return value.is_int() || value.is_bool();
}

}  // namespace

Value calculate(Run& run, Arithmetic operation, const Value& left, const Value& right) {
  if (is_number(left) && is_number(right)) return calculate_numbers(operation, left, right);
  if (operation == Arithmetic::Modulo && left.is_string()) return format_percent(run, left, right);
  refuse_undefined(run, left);
  refuse_undefined(run, right);
  if (operation == Arithmetic::Add) {
    if (left.is_string() && right.is_string()) return join_texts(run, left, right);
    if (left.is_sequence() && left.kind() == right.kind()) return join_sequences(run, left, right);
    if (left.is_string()) fail("can only concatenate str (not \"" + std::string(type_name(right)) + "\") to str");
    if (left.is_sequence()) {
      const std::string type(type_name(left));
      fail("can only concatenate " + type + " (not \"" + std::string(type_name(right)) + "\") to " + type);
    }
  }
  if (operation == Arithmetic::Multiply) {
    if (repeatable(left) && is_whole(right)) return repeat(run, left, as_index(run, right));
    if (repeatable(right) && is_whole(left)) return repeat(run, right, as_index(run, left));
    if (repeatable(left) || repeatable(right)) {
      fail("can't multiply sequence by non-int of type '" + std::string(type_name(repeatable(left) ? right : left)) +
           "'");
    }
  }
  fail_operands(symbol_of(operation), left, right);
}

Value negate(Run& run, const Value& value) {
  refuse_undefined(run, value);
  if (value.is_float()) return -value.as_float();
  if (!is_whole(value)) fail("bad operand type for unary -: '" + std::string(type_name(value)) + "'");
  const std::int64_t number = as_index(run, value);
  if (number == INT64_MIN) fail_number("a change of sign");
  return -number;
}

Value posit(Run& run, const Value& value) {
  refuse_undefined(run, value);
  if (value.is_float()) return value;
  if (!is_whole(value)) fail("bad operand type for unary +: '" + std::string(type_name(value)) + "'");
  return as_index(run, value);
}

std::int64_t as_index(Run& run, const Value& value) {
  if (value.is_int()) return value.as_int();
  if (value.is_bool()) return value.as_bool() ? 1 : 0;
  refuse_undefined(run, value);
  fail("'" + std::string(type_name(value)) + "' object cannot be interpreted as an integer");
}

namespace {

// Tuples inside tuples; deeper ones are refused rather than walked.
constexpr int kMaxKeyDepth = 200;

std::size_t hash_at(const Value& key, Budget* budget, int depth) {
  if (budget != nullptr) budget->work(1);
  switch (key.kind()) {
    case Value::Kind::String:
      return std::hash<std::string_view>{}(key.text());
    case Value::Kind::Bool:
      return key.as_bool() ? 1 : 0;
    case Value::Kind::Int:
      return static_cast<std::size_t>(key.as_int());
    case Value::Kind::Float: {
      const double real = key.as_float();
      if (real == std::floor(real) && std::abs(real) < 9e18)
        return static_cast<std::size_t>(static_cast<std::int64_t>(real));
      return std::hash<double>{}(real);
    }
    case Value::Kind::Tuple: {
      if (depth == 0) {
        throw TemplateError(ErrorKind::Limit,
                            "the template goes beyond the depth limit: a key of too many nested tuples");
      }
      std::size_t hash = 0x9E3779B9;
      for (std::size_t i = 0; i < key.size(); ++i) hash = hash * 1000003 ^ hash_at(key.at(i), budget, depth - 1);
      return hash;
    }
    case Value::Kind::List:
    case Value::Kind::Dict:
      fail("unhashable type: '" + std::string(type_name(key)) + "'");
    case Value::Kind::Object:
      return std::hash<const void*>{}(key.shared());
    default:
      return static_cast<std::size_t>(key.kind()) * 7919;
  }
}

}  // namespace

std::size_t hash_key(const Value& key, Budget* budget) {
  return hash_at(key, budget, kMaxKeyDepth);
}

bool hashable(const Value& key) {
  if (key.is_tuple()) {
    // Hashing proper finds what lies deeper.
    for (std::size_t i = 0; i < key.size(); ++i) {
      if (key.at(i).is_list() || key.at(i).is_dict()) return false;
    }
  }
  return !key.is_list() && !key.is_dict();
}

bool same_key(const Value& left, const Value& right, Budget* budget) {
  if (budget != nullptr) budget->work(1);
  if (is_number(left) && is_number(right)) return compare_numbers(left, right) == 0;
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Value::Kind::String:
      return left.text() == right.text();
    case Value::Kind::Tuple:
      if (left.size() != right.size()) return false;
      for (std::size_t i = 0; left.shared() != right.shared() && i < left.size(); ++i) {
        if (!same_key(left.at(i), right.at(i), budget)) return false;
      }
      return true;
    case Value::Kind::Object:
      return left.shared() == right.shared();
    default:
      return true;
  }
}

}  // namespace templates
