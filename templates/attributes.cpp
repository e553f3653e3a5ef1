#include "templates/attributes.h"

#include <algorithm>
#include <iterator>

#include "templates/builtin.h"
#include "templates/characters.h"
#include "templates/objects.h"
#include "templates/operators.h"
#include "templates/undefined.h"

namespace templates {

namespace {

// Attributes that every Python object has and that the sandbox keeps to itself. Other names with underscores are keys
// like any other.
constexpr std::string_view kUnsafe[] = {
    "__class__",   "__delattr__", "__dir__",           "__doc__",         "__eq__",
    "__format__",  "__ge__",      "__getattribute__",  "__getstate__",    "__gt__",
    "__hash__",    "__init__",    "__init_subclass__", "__le__",          "__lt__",
    "__ne__",      "__new__",     "__reduce__",        "__reduce_ex__",   "__repr__",
    "__setattr__", "__sizeof__",  "__str__",           "__subclasshook__"};
constexpr std::string_view kUnsafeContainer[] = {"__contains__", "__getitem__", "__iter__", "__len__"};
constexpr std::string_view kUnsafeFunction[] = {
    "__call__", "__closure__",  "__code__", "__defaults__", "__globals__",     "__kwdefaults__", "__module__",
    "__name__", "__qualname__", "__self__", "__wrapped__",  "__annotations__", "__dict__"};
constexpr std::string_view kUnsafeGenerator[] = {"gi_frame", "gi_code"};
// Methods that would change a list or dict.
constexpr std::string_view kListMutators[] = {"append", "clear",  "extend",  "insert",
                                              "pop",    "remove", "reverse", "sort"};
constexpr std::string_view kDictMutators[] = {"clear", "pop", "popitem", "setdefault", "update"};

template <std::size_t n>
bool is_in(const std::string_view (&names)[n], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool is_unsafe(const Value& object, std::string_view name) {
  if (object.is_list() && is_in(kListMutators, name)) return true;
  if (object.is_dict() && is_in(kDictMutators, name)) return true;
  if (is_in(kUnsafeGenerator, name) && object.object_as<Iterator>() != nullptr) return true;
  if (!name.starts_with("__")) return false;
  if (is_in(kUnsafe, name)) return true;
  if (object.is_string() || object.is_sequence() || object.is_dict()) return is_in(kUnsafeContainer, name);
  const auto* function = object.object_as<FunctionObject>();
  return function != nullptr && is_in(kUnsafeFunction, name);
}

// The attribute as Python's getattr would find it, or Missing.
Value find_attribute(Run& run, const Value& object, std::string_view name) {
  if (is_unsafe(object, name)) return unsafe_attribute(run, object, name);
  if (object.is_object()) return object.object().attribute(run, object, name);
  if (const Builtin* method = find_method(object, name)) return run.budget.object(new FunctionObject(*method, object));
  if (object.is_int() || object.is_bool() || object.is_float()) {
    const bool whole = !object.is_float();
    if (name == "real" || (whole && name == "numerator"))
      return object.is_bool() ? Value(object.as_bool() ? 1 : 0) : object;
    if (name == "imag") return whole ? Value(0) : Value(0.0);
    if (whole && name == "denominator") return 1;
  }
  if (object.is_tuple() && object.list_data().group && (name == "grouper" || name == "list"))
    return object.at(name == "list" ? 1 : 0);
  return Value::missing();
}

Value character_of(Run& run, const Value& text, std::int64_t index) {
  const StringData& data = text.string_data();
  const std::int64_t length = data.length();
  if (index < 0) index += length;
  if (index < 0 || index >= length) return Value::missing();
  const std::string& bytes = data.text.text();
  if (!data.ascii()) run.budget.work_on_bytes(bytes.size());
  const auto at =
      data.ascii() ? static_cast<std::size_t>(index) : byte_of_character(bytes, static_cast<std::size_t>(index));
  return run.budget.text(data.text.slice(at, at + character_at(bytes, at).bytes), data.safe);
}

// The item as Python's object[key] would find it, or Missing.
Value find_item(Run& run, const Value& object, const Value& key) {
  if (object.is_dict()) {
    if (!hashable(key)) return Value::missing();
    const Value* value = object.dict_data().find(key, &run.budget);
    return value == nullptr ? Value::missing() : *value;
  }
  if (object.is_object()) return object.object().item(run, object, key);
  if (!key.is_int() && !key.is_bool()) return Value::missing();
  std::int64_t index = as_index(run, key);
  if (object.is_string()) return character_of(run, object, index);
  if (!object.is_sequence()) return Value::missing();
  const auto size = static_cast<std::int64_t>(object.size());
  if (index < 0) index += size;
  return index < 0 || index >= size ? Value::missing() : object.at(static_cast<std::size_t>(index));
}

}  // namespace

Value get_attribute(Run& run, const Value& object, const Value& name) {
  if (object.is_undefined() && is_in(kUnsafe, name.text())) return unsafe_attribute(run, object, name.text());
  refuse_undefined(run, object);
  Value value = find_attribute(run, object, name.text());
  if (value.is_missing()) value = find_item(run, object, name);
  return value.is_missing() ? undefined_member(run, object, name) : value;
}

bool is_only_key(std::string_view name) {
  static const Value kDict = Value::dict();
  return !is_unsafe(kDict, name) && find_method(kDict, name) == nullptr;
}

Value get_item(Run& run, const Value& object, const Value& key) {
  refuse_undefined(run, object);
  Value value = find_item(run, object, key);
  if (value.is_missing() && key.is_string()) value = find_attribute(run, object, key.text());
  return value.is_missing() ? undefined_member(run, object, key) : value;
}

namespace {

std::int64_t slice_bound(Run& run, const Value& value, std::int64_t otherwise) {
  if (value.is_none()) return otherwise;
  if (!value.is_int() && !value.is_bool()) {
    refuse_undefined(run, value);
    fail("slice indices must be integers or None or have an __index__ method");
  }
  return as_index(run, value);
}

std::int64_t clamp_bound(std::int64_t bound, std::int64_t length, std::int64_t lowest, std::int64_t highest) {
  if (bound < 0) bound = bound < -length ? lowest : bound + length;
  return std::clamp(bound, lowest, highest);
}

Value slice_text(Run& run, const Value& text, const SliceRange& range) {
  const StringData& data = text.string_data();
  const std::string& bytes = data.text.text();
  run.budget.work_on_bytes(bytes.size());
  if (range.count == 0) return run.budget.text(MarkedText(), data.safe);
  TextBuilder out(run.budget);
  if (range.step == 1) {
    const auto first = static_cast<std::size_t>(range.first), count = static_cast<std::size_t>(range.count);
    const std::size_t begin = data.ascii() ? first : byte_of_character(bytes, first);
    const std::size_t length = data.ascii() ? count : byte_of_character(std::string_view(bytes).substr(begin), count);
    out.append(data.text, begin, begin + length);
    return out.take_value(data.safe);
  }
  std::vector<std::size_t> starts;  // of each character, where they are not one byte each
  if (!data.ascii()) {
    run.budget.require(bytes.size() * sizeof(std::size_t) * 2);
    for (std::size_t at = 0; at < bytes.size(); at += character_at(bytes, at).bytes) starts.push_back(at);
  }
  for (std::int64_t i = 0; i < range.count; ++i) {
    const auto index = static_cast<std::size_t>(range.first + i * range.step);
    const std::size_t at = data.ascii() ? index : starts[index];
    out.append(data.text, at, at + character_at(bytes, at).bytes);
  }
  return out.take_value(data.safe);
}

}  // namespace

SliceRange resolve_slice(Run& run, std::int64_t length, const Value& begin, const Value& end, const Value& step) {
  std::int64_t stride = slice_bound(run, step, 1);
  if (stride == 0) fail("slice step cannot be zero");
  // Any longer stride takes the first item only.
  stride = std::clamp(stride, -length - 1, length + 1);
  const bool forward = stride > 0;
  const std::int64_t lowest = forward ? 0 : -1, highest = forward ? length : length - 1;
  const std::int64_t first =
      begin.is_none() ? (forward ? lowest : highest) : clamp_bound(slice_bound(run, begin, 0), length, lowest, highest);
  const std::int64_t last =
      end.is_none() ? (forward ? highest : lowest) : clamp_bound(slice_bound(run, end, 0), length, lowest, highest);
  const std::int64_t distance = forward ? last - first : first - last;
  const std::int64_t width = forward ? stride : -stride;
  return {first, last, stride, distance > 0 ? (distance - 1) / width + 1 : 0};
}

Value get_slice(Run& run, const Value& object, const Value& begin, const Value& end, const Value& step) {
  refuse_undefined(run, object);
  if (object.is_dict()) fail("unhashable type: 'slice'");
  auto* numbers = object.object_as<RangeObject>();
  if (!object.is_string() && !object.is_sequence() && numbers == nullptr)
    fail("'" + std::string(type_name(object)) + "' object is not subscriptable");
  const std::int64_t length = object.is_string()   ? object.string_data().length()
                              : numbers != nullptr ? *numbers->length()
                                                   : static_cast<std::int64_t>(object.size());
  const SliceRange range = resolve_slice(run, length, begin, end, step);
  if (object.is_string()) return slice_text(run, object, range);
  if (numbers != nullptr) {
    std::int64_t stride = 0;
    if (__builtin_mul_overflow(numbers->step(), range.step, &stride)) fail_number("the step of a range");
    return run.budget.object(new RangeObject(numbers->at(range.first), numbers->at(range.stop), stride, range.count));
  }
  const auto count = static_cast<std::size_t>(range.count);
  run.budget.work(1 + count / 4);
  run.budget.require(count * sizeof(Value));
  std::vector<Value> items;
  items.reserve(count);
  for (std::int64_t i = 0; i < range.count; ++i)
    items.push_back(object.at(static_cast<std::size_t>(range.first + i * range.step)));
  return run.budget.list(std::move(items), object.kind());
}

Value call_value(Run& run, const Value& function, const Arguments& arguments) {
  refuse_undefined(run, function);
  if (!function.is_object() || !function.object().callable())
    fail("'" + std::string(type_name(function)) + "' object is not callable");
  const Budget::Level level(run.budget);
  return function.object().call(run, arguments);
}

}  // namespace templates
