#include "templates/objects.h"

#include "templates/attributes.h"
#include "templates/iteration.h"
#include "templates/operators.h"
#include "templates/printing.h"
#include "templates/undefined.h"

namespace templates {

void Object::print(Run&, TextBuilder& out) const {
  out.say("<" + std::string(type_name()) + " object>");
}

Value Object::attribute(Run&, const Value&, std::string_view) {
  return Value::missing();
}

Value Object::item(Run&, const Value&, const Value&) {
  return Value::missing();
}

Value Object::call(Run&, const Arguments&) {
  fail("'" + std::string(type_name()) + "' object is not callable");
}

Value Object::iterate(Run&, const Value&) {
  return Value::missing();
}

std::optional<bool> Object::contains(Run&, const Value&) const {
  return std::nullopt;
}

bool Object::equals(Run&, const Object&) const {
  return false;
}

Value Iterator::iterate(Run&, const Value& self) {
  return self;
}

std::string_view FunctionObject::type_name() const {
  if (!self_.is_missing()) return "builtin_function_or_method";
  return builtin_.name == "raise_exception" || builtin_.name == "strftime_now" ? "function" : "type";
}

void FunctionObject::print(Run&, TextBuilder& out) const {
  if (!self_.is_missing())
    out.say("<built-in method " + std::string(builtin_.name) + " of " + std::string(templates::type_name(self_)) +
            " object>");
  else
    out.say("<function " + std::string(builtin_.name) + ">");
}

Value FunctionObject::call(Run& run, const Arguments& arguments) {
  return call_builtin(run, builtin_, self_, arguments);
}

Value FunctionObject::attribute(Run&, const Value&, std::string_view) {
  return Value::missing();
}

bool FunctionObject::equals(Run& run, const Object& other) const {
  const auto* function = dynamic_cast<const FunctionObject*>(&other);
  if (function == nullptr || &function->builtin_ != &builtin_) return false;
  return self_.is_missing() ? function->self_.is_missing() : templates::equals(run, self_, function->self_);
}

void RangeObject::print(Run&, TextBuilder& out) const {
  out.say("range(" + std::to_string(first_) + ", " + std::to_string(stop_));
  if (step_ != 1) out.say(", " + std::to_string(step_));
  out.say(")");
}

Value RangeObject::attribute(Run&, const Value&, std::string_view name) {
  if (name == "start") return first_;
  if (name == "stop") return stop_;
  if (name == "step") return step_;
  return Value::missing();
}

Value RangeObject::item(Run&, const Value&, const Value& key) {
  if (!key.is_int() && !key.is_bool()) return Value::missing();
  std::int64_t index = key.is_bool() ? (key.as_bool() ? 1 : 0) : key.as_int();
  if (index < 0) index += count_;
  return index < 0 || index >= count_ ? Value::missing() : Value(at(index));
}

namespace {

class RangeIterator final : public Iterator {
 public:
  RangeIterator(std::int64_t next, std::int64_t step, std::int64_t count) : next_(next), step_(step), left_(count) {}
  std::string_view type_name() const override { return "range_iterator"; }
  bool next(Run&, Value& out) override {
    if (left_ == 0) return false;
    --left_;
    out = next_;
    if (left_ > 0) next_ += step_;
    return true;
  }

 private:
  std::int64_t next_, step_, left_;
};

class ViewIterator final : public Iterator {
 public:
  ViewIterator(Value dict, DictView::Part part) : dict_(std::move(dict)), part_(part) {}
  std::string_view type_name() const override { return "dict_iterator"; }
  bool next(Run& run, Value& out) override {
    const auto& entries = dict_.dict_data().entries();
    if (at_ >= entries.size()) return false;
    const auto& entry = entries[at_++];
    out = part_ == DictView::Part::Keys     ? entry.key
          : part_ == DictView::Part::Values ? entry.value
                                            : run.budget.tuple({entry.key, entry.value});
    return true;
  }
  void take_children(std::vector<Value>& out) override { out.push_back(std::move(dict_)); }

 private:
  Value dict_;
  DictView::Part part_;
  std::size_t at_ = 0;
};

}  // namespace

Value RangeObject::iterate(Run& run, const Value&) {
  return run.budget.object(new RangeIterator(first_, step_, count_));
}

std::optional<bool> RangeObject::contains(Run&, const Value& item) const {
  if (!item.is_int()) return std::nullopt;
  const std::int64_t number = item.as_int();
  if (step_ > 0 ? number < first_ : number > first_) return false;
  const auto u = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  const std::uint64_t distance = step_ > 0 ? u(number) - u(first_) : u(first_) - u(number);
  const std::uint64_t width = step_ > 0 ? u(step_) : 0 - u(step_);
  return distance % width == 0 && distance / width < u(count_);
}

bool RangeObject::equals(Run&, const Object& other) const {
  const auto* range = dynamic_cast<const RangeObject*>(&other);
  if (range == nullptr || range->count_ != count_) return false;
  return count_ == 0 || (range->first_ == first_ && (count_ == 1 || range->step_ == step_));
}

std::string_view DictView::type_name() const {
  return part_ == Part::Keys ? "dict_keys" : part_ == Part::Values ? "dict_values" : "dict_items";
}

void DictView::print(Run& run, TextBuilder& out) const {
  out.say(std::string(type_name()) + "([");
  bool first = true;
  for (const auto& entry : dict_.dict_data().entries()) {
    if (!first) out.say(", ");
    first = false;
    if (part_ == Part::Items) out.say("(");
    if (part_ != Part::Values) print_repr(run, out, entry.key);
    if (part_ == Part::Items) out.say(", ");
    if (part_ != Part::Keys) print_repr(run, out, entry.value);
    if (part_ == Part::Items) out.say(")");
  }
  out.say("])");
}

Value DictView::iterate(Run& run, const Value&) {
  return run.budget.object(new ViewIterator(dict_, part_));
}

std::optional<bool> DictView::contains(Run& run, const Value& item) const {
  if (part_ == Part::Keys) return dict_.dict_data().find(item, &run.budget) != nullptr;
  if (part_ == Part::Values) return std::nullopt;
  if (!item.is_tuple() || item.size() != 2) return false;
  const Value* value = dict_.dict_data().find(item.at(0), &run.budget);
  return value != nullptr && templates::equals(run, *value, item.at(1));
}

bool DictView::equals(Run& run, const Object& other) const {
  const auto* view = dynamic_cast<const DictView*>(&other);
  if (view == nullptr || view->part_ != part_ || part_ == Part::Values || view->dict_.size() != dict_.size())
    return false;
  for (const auto& entry : dict_.dict_data().entries()) {
    run.budget.work(1);
    const Value* value = view->dict_.dict_data().find(entry.key, &run.budget);
    if (value == nullptr || (part_ == Part::Items && !templates::equals(run, entry.value, *value))) return false;
  }
  return true;
}

void NamespaceObject::print(Run& run, TextBuilder& out) const {
  out.say("<Namespace ");
  print_repr(run, out, values_);
  out.say(">");
}

Value NamespaceObject::attribute(Run&, const Value&, std::string_view name) {
  const Value* value = values_.dict_data().find(name);
  return value == nullptr ? Value::missing() : *value;
}

Value NamespaceObject::item(Run& run, const Value& self, const Value& key) {
  return key.is_string() ? attribute(run, self, key.text()) : Value::missing();
}

void NamespaceObject::take_children(std::vector<Value>& out) {
  out.push_back(std::move(values_));
}

void NamespaceObject::set(Run& run, const Value& name, Value value) {
  if (name.text().starts_with("_")) {
    throw TemplateError(ErrorKind::Security, "namespace attribute " + repr(run, name) + " starts with an underscore");
  }
  const std::size_t before = values_.size();
  values_.set_key(name, std::move(value), run.budget);
  if (values_.size() > before) run.budget.charge(*this, sizeof(DictData::Entry) * 2);
}

Value CyclerObject::next() {
  Value item = items_[position_];
  position_ = (position_ + 1) % items_.size();
  return item;
}

namespace {

Value cycler_next(Run&, const Builtin::Call& call) {
  return call.self.object_as<CyclerObject>()->next();
}

Value cycler_reset(Run&, const Builtin::Call& call) {
  call.self.object_as<CyclerObject>()->reset();
  return {};
}

constexpr Builtin kCyclerNext{"next", "", cycler_next};
constexpr Builtin kCyclerReset{"reset", "", cycler_reset};

}  // namespace

Value CyclerObject::attribute(Run& run, const Value& self, std::string_view name) {
  if (name == "next") return run.budget.object(new FunctionObject(kCyclerNext, self));
  if (name == "reset") return run.budget.object(new FunctionObject(kCyclerReset, self));
  if (name == "current") return items_[position_];
  if (name == "pos") return static_cast<std::int64_t>(position_);
  if (name == "items") return run.budget.tuple(items_);
  return Value::missing();
}

void CyclerObject::take_children(std::vector<Value>& out) {
  for (Value& item : items_) out.push_back(std::move(item));
  items_.clear();
}

Value JoinerObject::call(Run& run, const Arguments& arguments) {
  if (!arguments.positional.empty() || !arguments.keywords.empty()) fail("a joiner takes no arguments");
  if (std::exchange(used_, true)) return separator_;
  return run.budget.text("");
}

void BytesObject::print(Run&, TextBuilder& out) const {
  constexpr char kHex[] = "0123456789abcdef";
  const char quote = bytes_.find('\'') != std::string::npos && bytes_.find('"') == std::string::npos ? '"' : '\'';
  std::string text = std::string("b") + quote;
  for (const char c : bytes_) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\')
      text += std::string("\\") + c;
    else if (c == '\n' || c == '\r' || c == '\t')
      text += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    else if (byte < 0x20 || byte >= 0x7F)
      text += std::string("\\x") + kHex[byte >> 4] + kHex[byte & 15];
    else
      text += c;
  }
  out.append(text + quote, false);
}

namespace {

Value bytes_decode(Run& run, const Builtin::Call& call) {
  return run.budget.text(MarkedText::from_caller(call.self.object_as<BytesObject>()->bytes()));
}

constexpr Builtin kDecode{"decode", "encoding? errors?", bytes_decode};

}  // namespace

Value BytesObject::attribute(Run& run, const Value& self, std::string_view name) {
  return name == "decode" ? run.budget.object(new FunctionObject(kDecode, self)) : Value::missing();
}

}  // namespace templates
