#include "templates/loop_object.h"

#include "templates/undefined.h"

namespace templates {

bool LoopSource::next(Value& out) {
  if (loop_.condition == nullptr) return cursor_.next(out);
  // The condition may reach this loop through a namespace; it is being tried in inner_, which there is once.
  if (std::exchange(trying_, true)) fail("generator already executing");
  bool found = false;
  while (!found && cursor_.next(out)) found = interpreter_.passes(loop_, Scope::scope_of(scope_), inner_, out);
  trying_ = false;
  return found;
}

std::optional<std::int64_t> LoopSource::length() const {
  return loop_.condition == nullptr ? length_of(source_) : std::nullopt;
}

// Counting reads ahead, which changes nothing that can be seen.
std::optional<std::int64_t> LoopObject::length() const {
  return const_cast<LoopObject*>(this)->count();
}

void LoopObject::print(Run&, TextBuilder& out) const {
  out.say("<LoopContext " + std::to_string(index0_ + 1) + "/" + std::to_string(*length()) + ">");
}

Value LoopObject::iterate(Run& run, const Value& self) {
  return make_lazy(run, {self}, [](Run& reading, std::vector<Value>& state, Value& out) {
    Value item;
    if (!state[0].object_as<LoopObject>()->next(item)) return false;
    out = reading.budget.tuple({std::move(item), state[0]});
    return true;
  });
}

bool LoopObject::next(Value& out) {
  if (!after_.is_missing())
    out = std::exchange(after_, Value::missing());
  else if (ahead_at_ < ahead_.size())
    out = std::move(ahead_[ahead_at_++]);
  else if (!items_.next(out))
    return false;
  ++index0_;
  before_ = std::exchange(current_, out);
  return true;
}

const Value& LoopObject::peek() {
  if (!after_.is_missing()) return after_;
  Value item;
  if (ahead_at_ < ahead_.size())
    after_ = std::move(ahead_[ahead_at_++]);
  else if (items_.next(item))
    after_ = std::move(item);
  return after_;
}

std::int64_t LoopObject::count() {
  if (length_) return *length_;
  length_ = items_.length();
  if (length_) return *length_;
  Budget& budget = interpreter_.run().budget;
  for (Value item; items_.next(item);) {
    if (ahead_.size() == ahead_.capacity()) budget.require(ahead_.size() * 2 * sizeof(Value));
    ahead_.push_back(std::move(item));
  }
  budget.charge(*this, ahead_.capacity() * sizeof(Value));
  length_ = static_cast<std::int64_t>(ahead_.size()) + index0_ + 1 + (after_.is_missing() ? 0 : 1);
  return *length_;
}

namespace {

Value loop_cycle(Run&, const Builtin::Call& call) {
  const auto& items = call.given.positional;
  if (items.empty()) fail("no items for cycling given");
  const auto* loop = call.self.object_as<LoopObject>();
  return items[static_cast<std::size_t>(loop->index0()) % items.size()];
}

Value loop_changed(Run& run, const Builtin::Call& call) {
  return call.self.object_as<LoopObject>()->changed(run, run.budget.tuple(call.given.positional));
}

constexpr Builtin kCycle{"cycle", "*", loop_cycle};
constexpr Builtin kChanged{"changed", "*", loop_changed};

}  // namespace

bool LoopObject::changed(Run& run, Value values) {
  if (!last_changed_.is_missing() && templates::equals(run, last_changed_, values)) return false;
  last_changed_ = std::move(values);
  return true;
}

Value LoopObject::attribute(Run& run, const Value& self, std::string_view name) {
  if (name == "index") return index0_ + 1;
  if (name == "index0") return index0_;
  if (name == "first") return index0_ == 0;
  if (name == "last") return peek().is_missing();
  if (name == "length") return count();
  if (name == "revindex") return count() - index0_;
  if (name == "revindex0") return count() - index0_ - 1;
  if (name == "depth") return depth_ + 1;
  if (name == "depth0") return depth_;
  if (name == "previtem") return index0_ == 0 ? undefined_because(run, "there is no previous item") : before_;
  if (name == "nextitem") return peek().is_missing() ? undefined_because(run, "there is no next item") : peek();
  if (name == "cycle") return run.budget.object(new FunctionObject(kCycle, self));
  if (name == "changed") return run.budget.object(new FunctionObject(kChanged, self));
  return Value::missing();
}

Value LoopObject::call(Run&, const Arguments& arguments) {
  if (!loop_.recursive) {
    fail("The loop must have the 'recursive' marker to be called recursively.");
  }
  if (arguments.positional.size() != 1 || !arguments.keywords.empty()) fail("loop() takes one argument");
  return interpreter_.render_loop(loop_, Scope::scope_of(scope_), arguments.positional[0], depth_ + 1);
}

void LoopObject::take_children(std::vector<Value>& out) {
  for (Value* value : {&scope_, &before_, &current_, &after_, &last_changed_}) out.push_back(std::move(*value));
  for (Value& value : ahead_) out.push_back(std::move(value));
  ahead_.clear();
}

}  // namespace templates
