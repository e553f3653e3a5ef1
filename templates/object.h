#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "templates/value.h"

namespace templates {

class TextBuilder;
struct Run;

// What a call passes on. Names of keyword arguments are unique.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> keywords;

  // The keyword argument of that name, or null.
  const Value* keyword(std::string_view name) const {
    for (const auto& [key, value] : keywords) {
      if (key == name) return &value;
    }
    return nullptr;
  }
};

// A value that is no plain data: a function, a macro, a range, a namespace, a lazy sequence.
class Object : public Shared {
 public:
  // As Python's type(x).__name__ says it in messages.
  virtual std::string_view type_name() const = 0;
  // As str(x) and repr(x) write it.
  virtual void print(Run& run, TextBuilder& out) const;

  // Attribute and item, or Missing; `self` is this object as a value.
  virtual Value attribute(Run& run, const Value& self, std::string_view name);
  virtual Value item(Run& run, const Value& self, const Value& key);
  virtual bool callable() const { return false; }
  virtual Value call(Run& run, const Arguments& arguments);
  // The length, or nothing where Python's len() refuses.
  virtual std::optional<std::int64_t> length() const { return std::nullopt; }
  virtual bool truth() const { return length().value_or(1) != 0; }
  // An object of class Iterator over `self` (this object as a value), or Missing.
  virtual Value iterate(Run& run, const Value& self);
  // x in self, where that is not a search through the items.
  virtual std::optional<bool> contains(Run& run, const Value& item) const;
  // Forgets what it holds, which may be itself: asked of each object in Run::may_hold_themselves at the end.
  virtual void let_go() {}
  // == to another object.
  virtual bool equals(Run& run, const Object& other) const;
};

// A lazy sequence; used up by being read.
class Iterator : public Object {
 public:
  // Sets `out` and says true, or says false at the end (and from then on).
  virtual bool next(Run& run, Value& out) = 0;

  std::string_view type_name() const override { return "generator"; }
  Value iterate(Run& run, const Value& self) override;
};

template <class T>
T* Value::object_as() const {
  if (!is_object()) return nullptr;
  Object& held = object();
  if constexpr (std::is_final_v<T>)
    return typeid(held) == typeid(T) ? static_cast<T*>(&held) : nullptr;
  else
    return dynamic_cast<T*>(&held);
}

}  // namespace templates
