#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "templates/arithmetic.h"
#include "templates/ast.h"
#include "templates/iteration.h"
#include "templates/objects.h"
#include "templates/run.h"

namespace templates {

// Variables of one block; looks further out through its parent. Kept alive by the macros defined inside.
class Scope final : public Object {
 public:
  explicit Scope(Value parent) : parent_(std::move(parent)) {}
  std::string_view type_name() const override { return "scope"; }
  void take_children(std::vector<Value>& out) override;

  // Null where this scope itself has no such variable. Missing: declared without a value.
  Value* find(NameId id);
  void set(NameId id, Value value);
  void let_go() override { variables_.clear(); }
  // Null below the top level.
  Scope* parent() const { return scope_of(parent_); }
  // The scope a value holds, which is one or None.
  static Scope* scope_of(const Value& value) { return static_cast<Scope*>(value.shared()); }

 private:
  Value parent_;  // a Scope, or None below the top level
  std::vector<std::pair<NameId, Value>> variables_;
};

// Walks the program of a template. One object renders once.
class Interpreter {
 public:
  Interpreter(Run& run, const Program& program, const Value& context);

  // The whole text. Throws TemplateError without a place; position() has it.
  MarkedText render();
  // The byte of the source being worked on.
  std::uint32_t position() const { return position_; }

  Run& run() { return run_; }

  // ---- for macros and loops, which call back ----

  enum class Flow { Normal, Break, Continue };
  Value call_macro(const MacroDefinition& macro, const Value& scope, const Arguments& arguments);
  // A recursive loop's inner rendering.
  Value render_loop(const ForStatement& loop, const Value& scope, const Value& source, std::int64_t depth);
  // Whether the item passes the loop's condition; `inner` is a scope for that inside `scope`, made and used again here.
  bool passes(const ForStatement& loop, const Value& scope, Value& inner, const Value& item);

 private:
  Flow execute(const Body& body);
  Flow execute(const Statement& statement);
  Flow execute_if(const IfStatement& chain);
  void execute_for(const ForStatement& loop, const Value& source, std::int64_t depth);
  void execute_print(const PrintStatement& print);
  Flow execute_set_block(const SetBlock& block);
  void execute_call_block(const CallBlock& block);
  Flow execute_filter_block(const FilterBlock& block);
  Flow execute_with(const WithBlock& block);
  Flow execute_autoescape(const AutoescapeBlock& block);
  void write(const Value& value);
  void write_text(const Value& value);
  void write_expression(const Expression& expression);
  bool write_joined(const ArithmeticChain& chain);
  // Runs the body in a scope of its own, inside `parent`.
  Flow execute_in_scope(const Body& body, const std::vector<NameId>& unset, Value parent);
  // Names that are undefined here until they are set, whatever the context has.
  void hide(const std::vector<NameId>& unset);

  void assign(const Target& target, Value value);
  void assign_attribute(const Target& target, Value value);
  void assign_parts(const Target& target, const Value& value);
  Value* find_variable(NameId id);
  void set_variable(NameId id, Value value);
  Value new_scope(Value parent);
  // An empty scope inside `parent`: the one at hand, unless something else holds it.
  void renew_scope(Value& scope, const Value& parent);
  Value make_macro(const MacroDefinition& macro);
  Value text_of(TextBuilder& builder);

  Value evaluate(const Expression& expression);
  // The same without a copy, where the value is held by a variable, the program or a dict of theirs; else it is put
  // into `storage`. Stays valid until the next statement.
  const Value& refer(const Expression& expression, Value& storage);
  const Value* find_held(const Expression& expression);
  const Value* find_held_member(const Chain& chain);
  Value evaluate_name(NameId id);
  Value evaluate_sequence(const Sequence& sequence);
  Value evaluate_dict(const DictLiteral& dict);
  Value evaluate_unary(const Unary& unary);
  Value evaluate_arithmetic(const Expression& expression, const ArithmeticChain& chain);
  Operand evaluate_operands(const Expression& expression, const ArithmeticChain& chain);
  Operand evaluate_operand(const Expression& expression);
  Value evaluate_concatenation(const Concatenation& node);
  bool compare(Comparison comparison, const Value& left, const Value& right);
  Value evaluate_comparison(const Expression& expression, const ComparisonChain& chain);
  Value evaluate_logic(const Logic& logic);
  Value evaluate_conditional(const Conditional& node);
  Value evaluate_chain(const Chain& chain, Value value, const Value* caller = nullptr);
  Value evaluate_slice(const Step& step, const Value& object);
  Value evaluate_builtin(const Step& step, const Value& value);
  Arguments evaluate_arguments(const CallArguments* arguments);
  void add_stars(const CallArguments& given, Arguments& out);

  Run& run_;
  const Program& program_;
  std::uint32_t position_ = 0;
  TextBuilder* out_ = nullptr;
  // The innermost scope; None at the top level.
  Value scope_;
  // Variables set at the top level, and those of the context and the language, by name.
  std::vector<Value> top_level_;
  std::vector<Value> globals_;
  std::size_t expected_output_;  // bytes, a guess
  int calls_ = 0;
  // Inside a print statement made of literals alone.
  bool constant_ = false;
};

}  // namespace templates
