#include "templates/interpreter.h"

#include <algorithm>

#include "templates/attributes.h"
#include "templates/escape.h"
#include "templates/loop_object.h"
#include "templates/macro_object.h"
#include "templates/printing.h"
#include "templates/undefined.h"

namespace templates {

namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

// About what a rendering of the context's messages writes: their texts, and some words around each.
std::size_t bytes_of_conversation(const Value& context) {
  constexpr std::size_t kWordsAround = 48;
  const Value* messages = context.find("messages");
  if (!messages || !messages->is_list()) return 0;
  std::size_t bytes = 0;
  for (const Value& message : messages->list_data().items) {
    bytes += kWordsAround;
    const Value* content = message.is_dict() ? message.find("content") : nullptr;
    if (content && content->is_string()) bytes += content->text().size();
  }
  return bytes;
}

}  // namespace

void Scope::take_children(std::vector<Value>& out) {
  out.push_back(std::move(parent_));
  for (auto& [id, value] : variables_) out.push_back(std::move(value));
  variables_.clear();
}

Value* Scope::find(NameId id) {
  for (auto& [known, value] : variables_) {
    if (known == id) return &value;
  }
  return nullptr;
}

void Scope::set(NameId id, Value value) {
  if (Value* known = find(id))
    *known = std::move(value);
  else
    variables_.emplace_back(id, std::move(value));
}

Interpreter::Interpreter(Run& run, const Program& program, const Value& context)
    : run_(run),
      program_(program),
      top_level_(program.names.size(), Value::missing()),
      expected_output_(bytes_of_conversation(context)) {
  globals_.reserve(program.names.size());
  for (NameId id = 0; id < program.names.size(); ++id) {
    const std::string& name = program.names[id].text();
    if (const Value* value = context.find(name))
      globals_.push_back(*value);
    else if (const Builtin* function = find_function(name))
      globals_.push_back(run.budget.object(new FunctionObject(*function)));
    else
      globals_.push_back(Value::missing());
  }
  for (const NameId id : program.unset) globals_[id] = Value::missing();
  if (globals_[program.self].is_missing()) globals_[program.self] = run.budget.object(new SelfObject);
}

MarkedText Interpreter::render() {
  TextBuilder output(run_.budget, run_.budget.max_output());
  // A text that grows by doubling is copied again and again, and from some hundred kilobytes on each time into pages that
  // the system has to clear first: that took more than the rendering.
  output.expect(std::min(expected_output_, run_.budget.max_output()));
  out_ = &output;
  execute(program_.body);
  return output.take();
}

Interpreter::Flow Interpreter::execute(const Body& body) {
  const Budget::Level level(run_.budget);
  for (const Statement& statement : body) {
    const Flow flow = execute(statement);
    if (flow != Flow::Normal) return flow;
  }
  return Flow::Normal;
}

Interpreter::Flow Interpreter::execute(const Statement& statement) {
  run_.budget.work(1);
  position_ = statement.offset;
  return std::visit(Overloaded{
                        [&](const TextStatement& text) {
                          out_->append(text.text.marked());
                          return Flow::Normal;
                        },
                        [&](const PrintStatement& print) {
                          execute_print(print);
                          return Flow::Normal;
                        },
                        [&](const ForStatement& loop) {
                          const Value source = evaluate(*loop.source);
                          position_ = statement.offset;
                          execute_for(loop, source, 0);
                          return Flow::Normal;
                        },
                        [&](const IfStatement& chain) { return execute_if(chain); },
                        [&](const SetStatement& set) {
                          assign(set.target, evaluate(*set.value));
                          return Flow::Normal;
                        },
                        [&](const SetBlock& block) { return execute_set_block(block); },
                        [&](const MacroStatement& node) {
                          set_variable(node.macro->id, make_macro(*node.macro));
                          return Flow::Normal;
                        },
                        [&](const CallBlock& block) {
                          execute_call_block(block);
                          return Flow::Normal;
                        },
                        [&](const FilterBlock& block) { return execute_filter_block(block); },
                        [&](const WithBlock& block) { return execute_with(block); },
                        [&](const AutoescapeBlock& block) { return execute_autoescape(block); },
                        [&](const ScopedBody& block) {
                          return execute_in_scope(block.body, block.unset, block.top_level_only ? Value() : scope_);
                        },
                        [&](const LoopControl& control) { return control.is_break ? Flow::Break : Flow::Continue; },
                        [&](const Refused& refused) -> Flow {
                          fail("{% " + refused.tag + " %} is refused: a chat template cannot reach other templates");
                        },
                    },
                    statement.node);
}

void Interpreter::write(const Value& value) {
  if (run_.autoescape)
    append_escaped(run_, *out_, value);
  else
    print(run_, *out_, value);
}

// What call and filter blocks give must be text already.
void Interpreter::write_text(const Value& value) {
  if (!value.is_string()) fail("expected str instance, " + std::string(type_name(value)) + " found");
  out_->append(value.marked());
}

// Texts joined by + or ~ need not be put together before they are written.
void Interpreter::write_expression(const Expression& expression) {
  if (!run_.autoescape) {
    if (const auto* chain = std::get_if<ArithmeticChain>(&expression.node); chain != nullptr && write_joined(*chain))
      return;
    if (const auto* text = std::get_if<Concatenation>(&expression.node)) {
      for (const ExpressionPtr& part : text->parts) write_expression(*part);
      return;
    }
  }
  Value storage;
  write(refer(expression, storage));
}

// False, with nothing done, unless every operand is a text held somewhere and every operator a plus.
bool Interpreter::write_joined(const ArithmeticChain& chain) {
  constexpr std::size_t kMost = 8;
  const MarkedText* parts[kMost];
  std::size_t count = 0;
  const auto add = [&](const Expression& operand) {
    const Value* held = find_held(operand);
    if (held == nullptr || !held->is_string() || held->string_data().safe) return false;
    parts[count++] = &held->marked();
    return true;
  };
  if (chain.rest.size() >= kMost || !add(*chain.first)) return false;
  for (const auto& [operation, operand] : chain.rest) {
    if (operation != Arithmetic::Add || !add(*operand)) return false;
  }
  run_.budget.work(count);
  for (std::size_t i = 0; i < count; ++i) out_->append(*parts[i]);
  return true;
}

void Interpreter::execute_print(const PrintStatement& print) {
  constant_ = print.constant;
  for (const ExpressionPtr& value : print.values) write_expression(*value);
  constant_ = false;
}

Interpreter::Flow Interpreter::execute_if(const IfStatement& chain) {
  for (const auto& [condition, body] : chain.branches) {
    Value storage;
    if (truth(refer(*condition, storage))) return execute(body);
  }
  return execute(chain.otherwise);
}

Value Interpreter::new_scope(Value parent) {
  return run_.budget.object(new Scope(std::move(parent)), 64);
}

void Interpreter::renew_scope(Value& scope, const Value& parent) {
  if (scope.is_object() && scope.is_only_holder())
    Scope::scope_of(scope)->let_go();
  else
    scope = new_scope(parent);
}

void Interpreter::hide(const std::vector<NameId>& unset) {
  for (const NameId id : unset) {
    if (!globals_[id].is_missing()) set_variable(id, Value::missing());
  }
}

Interpreter::Flow Interpreter::execute_in_scope(const Body& body, const std::vector<NameId>& unset, Value parent) {
  Value outer = std::exchange(scope_, new_scope(std::move(parent)));
  hide(unset);
  const Flow flow = execute(body);
  scope_ = std::move(outer);
  return flow;
}

void Interpreter::execute_for(const ForStatement& loop, const Value& source, std::int64_t depth) {
  const Value outer = scope_;
  Value state;
  LoopObject* context = nullptr;
  std::optional<LoopSource> items;
  if (loop.uses_loop || loop.recursive) {
    context = new LoopObject(*this, loop, outer, source, depth);
    state = run_.budget.object(context);
  } else {
    items.emplace(*this, loop, outer, source);
  }
  // The else branch is for loops of which no turn came to its end.
  bool completed = false;
  Value inner;
  for (Value item; context != nullptr ? context->next(item) : items->next(item);) {
    renew_scope(inner, outer);
    scope_ = inner;
    hide(loop.unset);
    if (context != nullptr) set_variable(program_.loop, state);
    assign(loop.target, std::move(item));
    const Flow flow = execute(loop.body);
    scope_ = outer;
    if (flow == Flow::Break) break;
    if (flow == Flow::Normal) completed = true;
  }
  if (loop.has_otherwise && !completed) execute_in_scope(loop.otherwise, loop.otherwise_unset, outer);
}

bool Interpreter::passes(const ForStatement& loop, const Value& scope, Value& inner, const Value& item) {
  renew_scope(inner, scope);
  Value outer = std::exchange(scope_, inner);
  assign(loop.target, item);
  Value storage;
  const bool passed = truth(refer(*loop.condition, storage));
  scope_ = std::move(outer);
  return passed;
}

Value Interpreter::render_loop(const ForStatement& loop, const Value& scope, const Value& source, std::int64_t depth) {
  const Budget::Level level(run_.budget);
  if (depth >= run_.budget.max_depth())
    run_.budget.fail_depth("loops inside each other, more than " + std::to_string(run_.budget.max_depth()));
  Value outer = std::exchange(scope_, scope);
  TextBuilder text(run_.budget);
  TextBuilder* out = std::exchange(out_, &text);
  execute_for(loop, source, depth);
  out_ = out;
  scope_ = std::move(outer);
  return text_of(text);
}

Value Interpreter::text_of(TextBuilder& builder) {
  return builder.take_value(run_.autoescape);
}

Interpreter::Flow Interpreter::execute_set_block(const SetBlock& block) {
  TextBuilder text(run_.budget);
  TextBuilder* out = std::exchange(out_, &text);
  const Value outer = std::exchange(scope_, new_scope(scope_));
  hide(block.unset);
  const Flow flow = execute(block.body);
  out_ = out;
  if (flow != Flow::Normal) {  // break or continue: the text is dropped
    scope_ = outer;
    return flow;
  }
  Value value = text_of(text);
  if (block.filter != nullptr) value = evaluate_chain(std::get<Chain>(block.filter->node), std::move(value));
  scope_ = outer;
  assign(block.target, std::move(value));
  return Flow::Normal;
}

Value Interpreter::make_macro(const MacroDefinition& macro) {
  if (scope_.is_object()) run_.may_hold_themselves.push_back(scope_);
  return run_.budget.object(new MacroObject(*this, macro, scope_));
}

void Interpreter::execute_call_block(const CallBlock& block) {
  const Value caller = make_macro(*block.caller);
  write_text(evaluate_chain(std::get<Chain>(block.call->node), Value::missing(), &caller));
}

Interpreter::Flow Interpreter::execute_filter_block(const FilterBlock& block) {
  TextBuilder text(run_.budget);
  TextBuilder* out = std::exchange(out_, &text);
  const Value outer = std::exchange(scope_, new_scope(scope_));
  hide(block.unset);
  const Flow flow = execute(block.body);
  out_ = out;
  if (flow == Flow::Normal) write_text(evaluate_chain(std::get<Chain>(block.filter->node), text_of(text)));
  scope_ = outer;
  return flow;
}

Interpreter::Flow Interpreter::execute_with(const WithBlock& block) {
  const Value outer = scope_;
  Value inner = new_scope(outer);
  for (const auto& [target, expression] : block.values) {
    Value value = evaluate(*expression);
    scope_ = inner;
    assign(target, std::move(value));
    scope_ = outer;
  }
  scope_ = inner;
  hide(block.unset);
  const Flow flow = execute(block.body);
  scope_ = outer;
  return flow;
}

Interpreter::Flow Interpreter::execute_autoescape(const AutoescapeBlock& block) {
  const bool before = std::exchange(run_.autoescape, truth(evaluate(*block.enabled)));
  const Flow flow = execute_in_scope(block.body, block.unset, scope_);
  run_.autoescape = before;
  return flow;
}

Value* Interpreter::find_variable(NameId id) {
  for (Scope* scope = Scope::scope_of(scope_); scope != nullptr; scope = scope->parent()) {
    if (Value* value = scope->find(id)) return value;
  }
  if (!top_level_[id].is_missing()) return &top_level_[id];
  return &globals_[id];
}

void Interpreter::set_variable(NameId id, Value value) {
  if (auto* scope = Scope::scope_of(scope_))
    scope->set(id, std::move(value));
  else
    top_level_[id] = std::move(value);
}

void Interpreter::assign(const Target& target, Value value) {
  switch (target.kind) {
    case Target::Kind::Name:
      set_variable(target.name, std::move(value));
      break;
    case Target::Kind::Attribute:
      assign_attribute(target, std::move(value));
      break;
    case Target::Kind::Tuple:
      assign_parts(target, value);
      break;
  }
}

void Interpreter::assign_attribute(const Target& target, Value value) {
  position_ = target.offset;
  const Value object = evaluate_name(target.name);
  auto* space = object.object_as<NamespaceObject>();
  if (space == nullptr) fail("cannot assign attribute on non-namespace object");
  space->set(run_, target.attribute, std::move(value));
}

void Interpreter::assign_parts(const Target& target, const Value& value) {
  const Budget::Level level(run_.budget);
  position_ = target.offset;
  if (!is_iterable(run_, value)) fail("cannot unpack non-iterable " + std::string(type_name(value)) + " object");
  const std::string expected = "(expected " + std::to_string(target.parts.size());
  std::vector<Value> items;
  Cursor cursor(run_, value);
  for (Value item; items.size() <= target.parts.size() && cursor.next(item);) items.push_back(std::move(item));
  if (items.size() > target.parts.size()) fail("too many values to unpack " + expected + ")");
  if (items.size() < target.parts.size())
    fail("not enough values to unpack " + expected + ", got " + std::to_string(items.size()) + ")");
  for (std::size_t i = 0; i < items.size(); ++i) assign(target.parts[i], std::move(items[i]));
}

}  // namespace templates
