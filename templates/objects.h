#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "templates/builtin.h"
#include "templates/object.h"

namespace templates {

// A function of the language, or a method together with its object.
class FunctionObject final : public Object {
 public:
  explicit FunctionObject(const Builtin& builtin, Value self = Value::missing())
      : builtin_(builtin), self_(std::move(self)) {}
  std::string_view type_name() const override;
  void print(Run& run, TextBuilder& out) const override;
  bool callable() const override { return true; }
  Value call(Run& run, const Arguments& arguments) override;
  Value attribute(Run& run, const Value& self, std::string_view name) override;
  bool equals(Run& run, const Object& other) const override;
  void take_children(std::vector<Value>& out) override { out.push_back(std::move(self_)); }

 private:
  const Builtin& builtin_;
  Value self_;
};

// range(): its numbers are made as they are read.
class RangeObject final : public Object {
 public:
  RangeObject(std::int64_t first, std::int64_t stop, std::int64_t step, std::int64_t count)
      : first_(first), stop_(stop), step_(step), count_(count) {}
  std::string_view type_name() const override { return "range"; }
  void print(Run& run, TextBuilder& out) const override;
  Value attribute(Run& run, const Value& self, std::string_view name) override;
  Value item(Run& run, const Value& self, const Value& key) override;
  std::optional<std::int64_t> length() const override { return count_; }
  Value iterate(Run& run, const Value& self) override;
  std::optional<bool> contains(Run& run, const Value& item) const override;
  bool equals(Run& run, const Object& other) const override;

  // Also one place before and behind its numbers, for slices.
  std::int64_t at(std::int64_t index) const {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(first_) +
                                     static_cast<std::uint64_t>(index) * static_cast<std::uint64_t>(step_));
  }
  std::int64_t step() const { return step_; }

 private:
  std::int64_t first_, stop_, step_, count_;
};

// What d.keys(), d.values() and d.items() give.
class DictView final : public Object {
 public:
  enum class Part : std::uint8_t { Keys, Values, Items };
  DictView(Value dict, Part part) : dict_(std::move(dict)), part_(part) {}
  std::string_view type_name() const override;
  void print(Run& run, TextBuilder& out) const override;
  std::optional<std::int64_t> length() const override { return static_cast<std::int64_t>(dict_.size()); }
  Value iterate(Run& run, const Value& self) override;
  std::optional<bool> contains(Run& run, const Value& item) const override;
  bool equals(Run& run, const Object& other) const override;
  void take_children(std::vector<Value>& out) override { out.push_back(std::move(dict_)); }

  const Value& dict() const { return dict_; }
  Part part() const { return part_; }

 private:
  Value dict_;
  Part part_;
};

// namespace(): the one thing that templates can change.
class NamespaceObject final : public Object {
 public:
  std::string_view type_name() const override { return "Namespace"; }
  void print(Run& run, TextBuilder& out) const override;
  Value attribute(Run& run, const Value& self, std::string_view name) override;
  Value item(Run& run, const Value& self, const Value& key) override;
  void take_children(std::vector<Value>& out) override;

  // Throws TemplateError (Security) for a name with a leading underscore.
  void set(Run& run, const Value& name, Value value);
  void let_go() override { values_ = Value::dict(); }

 private:
  Value values_ = Value::dict();
};

class CyclerObject final : public Object {
 public:
  explicit CyclerObject(std::vector<Value> items) : items_(std::move(items)) {}
  std::string_view type_name() const override { return "Cycler"; }
  Value attribute(Run& run, const Value& self, std::string_view name) override;
  void take_children(std::vector<Value>& out) override;
  Value next();
  void reset() { position_ = 0; }

 private:
  std::vector<Value> items_;
  std::size_t position_ = 0;
};

class JoinerObject final : public Object {
 public:
  explicit JoinerObject(Value separator) : separator_(std::move(separator)) {}
  std::string_view type_name() const override { return "Joiner"; }
  bool callable() const override { return true; }
  Value call(Run& run, const Arguments& arguments) override;
  void take_children(std::vector<Value>& out) override { out.push_back(std::move(separator_)); }

 private:
  Value separator_;
  bool used_ = false;
};

// What text.encode() gives; it can be printed and little else.
class BytesObject final : public Object {
 public:
  explicit BytesObject(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string_view type_name() const override { return "bytes"; }
  void print(Run& run, TextBuilder& out) const override;
  std::optional<std::int64_t> length() const override { return static_cast<std::int64_t>(bytes_.size()); }
  Value attribute(Run& run, const Value& self, std::string_view name) override;
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// `self` of a template.
class SelfObject final : public Object {
 public:
  std::string_view type_name() const override { return "TemplateReference"; }
};

}  // namespace templates
