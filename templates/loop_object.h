#pragma once

#include "templates/interpreter.h"

namespace templates {

// The items of a for statement that pass its condition, one at a time.
class LoopSource {
 public:
  LoopSource(Interpreter& interpreter, const ForStatement& loop, Scope* scope, Value source)
      : interpreter_(interpreter),
        loop_(loop),
        scope_(Scope::value_of(scope)),
        source_(source),
        cursor_(interpreter.run(), std::move(source)) {}

  bool next(Value& out);
  // The length, where it is known before the end.
  std::optional<std::int64_t> length() const;

 private:
  Interpreter& interpreter_;
  const ForStatement& loop_;
  Value scope_;  // around the loop
  Value inner_;  // where the condition is tried
  bool trying_ = false;
  Value source_;
  Cursor cursor_;
};

// `loop` inside a for statement.
class LoopObject final : public Object {
 public:
  LoopObject(Interpreter& interpreter, const ForStatement& loop, Scope* scope, const Value& source, std::int64_t depth)
      : interpreter_(interpreter),
        loop_(loop),
        scope_(Scope::value_of(scope)),
        items_(interpreter, loop, scope, source),
        depth_(depth) {}

  std::string_view type_name() const override { return "LoopContext"; }
  void print(Run& run, TextBuilder& out) const override;
  // As len(): of the whole loop.
  std::optional<std::int64_t> length() const override;
  // The turns that are left, each an (item, loop) pair: who reads them takes them from the loop.
  Value iterate(Run& run, const Value& self) override;
  Value attribute(Run& run, const Value& self, std::string_view name) override;
  bool callable() const override { return true; }
  Value call(Run& run, const Arguments& arguments) override;
  void take_children(std::vector<Value>& out) override;
  bool truth() const override { return true; }

  // Goes on to the next turn.
  bool next(Value& out);
  // Whether the values differ from those of the call before.
  bool changed(Run& run, Value values);
  std::int64_t index0() const { return index0_; }

 private:
  // The item after the current one, or Missing.
  const Value& peek();
  std::int64_t count();

  Interpreter& interpreter_;
  const ForStatement& loop_;
  Value scope_;
  LoopSource items_;
  std::int64_t depth_;
  std::int64_t index0_ = -1;
  std::optional<std::int64_t> length_;
  Value before_ = Value::missing();
  Value current_ = Value::missing();
  Value after_ = Value::missing();
  // Read ahead to learn the length.
  std::vector<Value> ahead_;
  std::size_t ahead_at_ = 0;
  Value last_changed_ = Value::missing();
};

}  // namespace templates
