#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "templates/arithmetic.h"
#include "templates/ast.h"
#include "templates/iteration.h"
#include "templates/objects.h"
#include "templates/run.h"
#include "templates/text_sum.h"

namespace templates {

// Variables of one block; looks further out through its parent. Kept alive by the macros defined inside.
class Scope final : public Object {
 public:
  explicit Scope(Scope* parent) : parent_(value_of(parent)) { variables_.reserve(4); }
  std::string_view type_name() const override { return "scope"; }
  void take_children(std::vector<Value>& out) override;

  // Null where this scope itself has no such variable. Missing: declared without a value.
  Value* find(NameId id) {
    for (auto& [known, value] : variables_) {
      if (known == id) return &value;
    }
    return nullptr;
  }
  void set(NameId id, Value value) {
    if (Value* known = find(id))
      *known = std::move(value);
    else
      variables_.emplace_back(id, std::move(value));
  }
  void let_go() override { variables_.clear(); }
  // Empty again, inside another scope or none.
  void begin_again(Scope* parent) {
    variables_.clear();
    if (scope_of(parent_) != parent) parent_ = value_of(parent);
  }
  // Null below the top level.
  Scope* parent() const { return scope_of(parent_); }
  // The scope a value holds, which is one or None.
  static Scope* scope_of(const Value& value) { return static_cast<Scope*>(value.shared()); }
  // A value that holds the scope, or None for null.
  static Value value_of(Scope* scope) { return scope == nullptr ? Value() : Value::share(Value::Kind::Object, *scope); }

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
  // What stands in a template is written as the autoescape blocks around it say, whoever calls it. Filters and the texts
  // of macros and blocks go by Run::autoescape.
  struct Escaping {
    bool on = false;
    bool as_run = false;  // a block's condition is no literal: only literals go by `on`, all else by Run::autoescape
  };
  Value call_macro(const MacroDefinition& macro, const Value& scope, Escaping escaping, const Arguments& arguments);
  // The same, written to the text at hand.
  void write_macro(const MacroDefinition& macro, const Value& scope, Escaping escaping, const Arguments& arguments);
  // A recursive loop's inner rendering.
  Value render_loop(const ForStatement& loop, Scope* scope, const Value& source, std::int64_t depth);
  // Whether the item passes the loop's condition; `inner` is a scope for that inside `scope`, made and used again here.
  bool passes(const ForStatement& loop, Scope* scope, Value& inner, const Value& item);

 private:
  Flow execute(const Body& body);
  Flow execute(const Statement& statement);
  Flow execute_if(const IfStatement& chain);
  void execute_for(const ForStatement& loop, const Value& source, std::int64_t depth);
  void execute_set(const SetStatement& set);
  void execute_print(const PrintStatement& print);
  Flow execute_set_block(const SetBlock& block);
  void execute_call_block(const CallBlock& block);
  Flow execute_filter_block(const FilterBlock& block);
  Flow execute_with(const WithBlock& block);
  Flow execute_autoescape(const AutoescapeBlock& block);
  bool escapes() const { return escaping_.as_run && !constant_ ? run_.autoescape : escaping_.on; }
  void write(const Value& value);
  void write_text(const Value& value);
  void write_expression(const Expression& expression);
  bool write_call(const Chain& chain);
  void expect_conversation(const Value& context);
  // Runs the body in a scope of its own, inside `parent`.
  Flow execute_in_scope(const Body& body, const std::vector<NameId>& unset, Scope* parent);
  // Names that are undefined here until they are set, whatever the context has.
  void hide(const std::vector<NameId>& unset) {
    for (const NameId id : unset) {
      if (!globals_[id].is_missing()) set_variable(id, Value::missing());
    }
  }

  void assign(const Target& target, Value value);
  void assign_attribute(const Target& target, Value value);
  void assign_parts(const Target& target, const Value& value);
  Value* find_variable(NameId id) {
    for (Scope* scope = scope_; scope != nullptr; scope = scope->parent()) {
      if (Value* value = scope->find(id)) return value;
    }
    return top_level_[id].is_missing() ? &globals_[id] : &top_level_[id];
  }
  void set_variable(NameId id, Value value) {
    if (scope_ != nullptr)
      scope_->set(id, std::move(value));
    else
      top_level_[id] = std::move(value);
  }
  // A scope inside `parent`, which may be null. Whoever makes it the present one holds it.
  Value new_scope(Scope* parent);
  // Keeps a scope that nothing holds any more for the next that is needed.
  void give_back(Value scope);
  // An empty scope inside `parent`: the one at hand, unless something else holds it.
  void renew_scope(Value& scope, Scope* parent);
  Value make_macro(const MacroDefinition& macro);
  // A scope with the parameters of a macro, as far as the arguments say.
  Value bind_arguments(const MacroDefinition& macro, const Value& scope, const Arguments& arguments);
  Value text_of(TextBuilder& builder);

  Value evaluate(const Expression& expression);
  // The same without a copy, where the value is held by a variable, the program or a dict of theirs; else it is put
  // into `storage`. Stays valid until the next statement.
  const Value& refer(const Expression& expression, Value& storage);
  const Value* find_held(const Expression& expression);
  const Value* find_held_member(const Chain& chain, std::size_t steps);
  std::optional<bool> find_defined(const Expression& expression);
  // Whether the expression's value holds in an if; never puts a truth value together to look at it.
  bool holds(const Expression& expression);
  Value evaluate_name(NameId id);
  Value evaluate_sequence(const Sequence& sequence);
  Value evaluate_dict(const DictLiteral& dict);
  Value evaluate_unary(const Unary& unary);
  Value evaluate_arithmetic(const Expression& expression, const ArithmeticChain& chain);
  // A held text, or what trimming leaves of one, without a text of its own. False, with nothing done, for anything else.
  bool find_text_part(const Expression& expression, TextPart& out);
  // Evaluates operands of a short sum for as long as they are plain texts; says whether all were, else the first that is
  // not is in `other`.
  bool gather(const ArithmeticChain& chain, TextSum& sum, Operand& other);
  // What is left of a sum after gather() said no.
  Operand finish_sum(const Expression& expression, const ArithmeticChain& chain, const TextSum& sum, Operand other);
  Operand evaluate_operands(const Expression& expression, const ArithmeticChain& chain);
  Operand evaluate_operand(const Expression& expression);
  Value evaluate_concatenation(const Concatenation& node);
  bool compare(Comparison comparison, const Value& left, const Value& right);
  bool compare_all(const Expression& expression, const ComparisonChain& chain);
  Value evaluate_logic(const Logic& logic);
  Value evaluate_conditional(const Conditional& node);
  Value evaluate_chain(const Chain& chain, Value value, const Value* caller = nullptr);
  // As refer(); `storage` holds what a chain without a base begins with.
  const Value& follow(const Chain& chain, Value& storage, const Value* caller = nullptr);
  Value evaluate_slice(const Step& step, const Value& object);
  Value evaluate_builtin(const Step& step, const Value& value);
  Value evaluate_call(const Builtin& builtin, const Value& self, const CallArguments* given, std::uint32_t offset);
  Arguments evaluate_arguments(const CallArguments* arguments);
  void add_stars(const CallArguments& given, Arguments& out);

  Run& run_;
  const Program& program_;
  std::uint32_t position_ = 0;
  TextBuilder* out_ = nullptr;
  // The innermost scope, held by the function that runs it; null at the top level.
  Scope* scope_ = nullptr;
  std::vector<Value> spare_scopes_;
  // Variables set at the top level, and those of the context and the language, by name.
  std::vector<Value> top_level_;
  std::vector<Value> globals_;
  // Guesses at the output: bytes, and changes of origin.
  std::size_t expected_bytes_ = 0;
  std::size_t expected_spans_ = 0;
  int calls_ = 0;
  Escaping escaping_;
  // Inside a print statement made of literals alone.
  bool constant_ = false;
};

}  // namespace templates
