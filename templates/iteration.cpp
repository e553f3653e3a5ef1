#include "templates/iteration.h"

#include "templates/characters.h"
#include "templates/operators.h"

namespace templates {

bool is_iterable(Run& run, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::Undefined:
    case Value::Kind::String:
    case Value::Kind::List:
    case Value::Kind::Tuple:
    case Value::Kind::Dict:
      return true;
    case Value::Kind::Object:
      return !value.object().iterate(run, value).is_missing();
    default:
      return false;
  }
}

void require_iterable(Run& run, const Value& value) {
  if (!is_iterable(run, value)) fail("'" + std::string(type_name(value)) + "' object is not iterable");
}

std::optional<std::int64_t> length_of(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::Undefined:
      return 0;
    case Value::Kind::String:
      return value.string_data().length();
    case Value::Kind::List:
    case Value::Kind::Tuple:
    case Value::Kind::Dict:
      return static_cast<std::int64_t>(value.size());
    case Value::Kind::Object:
      return value.object().length();
    default:
      return std::nullopt;
  }
}

Cursor::Cursor(Run& run, Value source) : run_(run), source_(std::move(source)) {
  switch (source_.kind()) {
    case Value::Kind::Undefined:
    case Value::Kind::String:
    case Value::Kind::List:
    case Value::Kind::Tuple:
    case Value::Kind::Dict:
      return;
    case Value::Kind::Object:
      iterator_ = source_.object().iterate(run, source_);
      lazy_ = iterator_.object_as<Iterator>();
      if (lazy_ != nullptr) return;
      break;
    default:
      break;
  }
  fail("'" + std::string(type_name(source_)) + "' object is not iterable");
}

bool Cursor::next_otherwise(Value& out) {
  switch (source_.kind()) {
    case Value::Kind::String: {
      const MarkedText& text = source_.marked();
      if (at_ >= text.size()) return false;
      const std::size_t end = at_ + character_at(text.text(), at_).bytes;
      out = run_.budget.text(text.slice(at_, end), source_.string_data().safe);
      at_ = end;
      return true;
    }
    case Value::Kind::Dict:
      if (at_ >= source_.size()) return false;
      out = source_.dict_data().entries()[at_++].key;
      return true;
    case Value::Kind::Object: {
      const Budget::Level level(run_.budget);
      return lazy_->next(run_, out);
    }
    default:
      return false;
  }
}

std::vector<Value> collect(Run& run, const Value& value) {
  if (value.is_sequence()) {
    run.budget.work(1 + value.size() / 4);
    run.budget.require(value.size() * sizeof(Value));
    return value.list_data().items;
  }
  std::vector<Value> items;
  Cursor cursor(run, value);
  for (Value item; cursor.next(item);) {
    if (items.size() == items.capacity()) run.budget.require(items.size() * 2 * sizeof(Value));
    items.push_back(std::move(item));
  }
  return items;
}

namespace {

class SourceIterator final : public Iterator {
 public:
  SourceIterator(Run& run, const Value& source)
      : name_(std::string(templates::type_name(source)) + "_iterator"), cursor_(run, source) {}
  std::string_view type_name() const override { return name_; }
  bool next(Run&, Value& out) override { return cursor_.next(out); }

 private:
  std::string name_;
  Cursor cursor_;
};

class LazySequence final : public Iterator {
 public:
  using Step = std::function<bool(Run&, std::vector<Value>&, Value&)>;
  LazySequence(std::vector<Value> state, Step step) : state_(std::move(state)), step_(std::move(step)) {}

  bool next(Run& run, Value& out) override {
    if (done_) return false;
    if (running_) fail("generator already executing");
    running_ = true;
    done_ = true;  // stays so if the step throws
    done_ = !step_(run, state_, out);
    running_ = false;
    return !done_;
  }
  void take_children(std::vector<Value>& out) override {
    for (Value& value : state_) out.push_back(std::move(value));
    state_.clear();
  }

 private:
  std::vector<Value> state_;
  Step step_;
  bool done_ = false;
  bool running_ = false;
};

}  // namespace

Value make_iterator(Run& run, const Value& value) {
  if (value.is_object()) {
    Value iterator = value.object().iterate(run, value);
    if (!iterator.is_missing()) return iterator;
  }
  return run.budget.object(new SourceIterator(run, value));
}

Value make_lazy(Run& run, std::vector<Value> state, std::function<bool(Run&, std::vector<Value>&, Value&)> step) {
  return run.budget.object(new LazySequence(std::move(state), std::move(step)), 64);
}

}  // namespace templates
