#include "templates/interpreter.h"

#include <algorithm>
#include <array>

#include "templates/attributes.h"
#include "templates/loop_object.h"
#include "templates/macro_object.h"
#include "templates/printing.h"
#include "templates/undefined.h"

namespace templates {

void Scope::take_children(std::vector<Value>& out) {
  out.push_back(std::move(parent_));
  for (auto& [id, value] : variables_) out.push_back(std::move(value));
  variables_.clear();
}

Interpreter::Interpreter(Run& run, const Program& program, const Value& context)
    : run_(run),
      program_(program),
      top_level_(program.names.size(), Value::missing()) {
  expect_conversation(context);
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

// About what a rendering of the context's messages writes: their texts, and some words around each.
void Interpreter::expect_conversation(const Value& context) {
  constexpr std::size_t kWordsAround = 48, kSpansOfMessage = 2;
  static const Value kContent = Value::key_text("content");
  const Value* messages = context.find("messages");
  if (messages == nullptr || !messages->is_list()) return;
  expected_spans_ = messages->size() * kSpansOfMessage;
  for (const Value& message : messages->list_data().items) {
    expected_bytes_ += kWordsAround;
    const Value* content = message.is_dict() ? message.dict_data().find_text(kContent.string_data()) : nullptr;
    if (content != nullptr && content->is_string()) expected_bytes_ += content->text().size();
  }
}

MarkedText Interpreter::render() {
  TextBuilder output(run_.budget, run_.budget.max_output());
  // A text that grows by doubling is copied again and again, and from some hundred kilobytes on each time into pages that
  // the system has to clear first: that took more than the rendering.
  output.expect(std::min(expected_bytes_, run_.budget.max_output()), expected_spans_);
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
  const auto& node = statement.node;
  switch (node.index()) {
    case 0:
      out_->append(std::get<TextStatement>(node).text.marked());
      break;
    case 1:
      execute_print(std::get<PrintStatement>(node));
      break;
    case 2: {
      const Value source = evaluate(*std::get<ForStatement>(node).source);
      position_ = statement.offset;
      execute_for(std::get<ForStatement>(node), source, 0);
      break;
    }
    case 3:
      return execute_if(std::get<IfStatement>(node));
    case 4:
      execute_set(std::get<SetStatement>(node));
      break;
    case 5:
      return execute_set_block(std::get<SetBlock>(node));
    case 6: {
      const MacroDefinition& macro = *std::get<MacroStatement>(node).macro;
      set_variable(macro.id, make_macro(macro));
      break;
    }
    case 7:
      execute_call_block(std::get<CallBlock>(node));
      break;
    case 8:
      return execute_filter_block(std::get<FilterBlock>(node));
    case 9:
      return execute_with(std::get<WithBlock>(node));
    case 10:
      return execute_autoescape(std::get<AutoescapeBlock>(node));
    case 11: {
      const auto& block = std::get<ScopedBody>(node);
      return execute_in_scope(block.body, block.unset, block.top_level_only ? nullptr : scope_);
    }
    case 12:
      return std::get<LoopControl>(node).is_break ? Flow::Break : Flow::Continue;
    default:
      fail("{% " + std::get<Refused>(node).tag + " %} is refused: a chat template cannot reach other templates");
  }
  return Flow::Normal;
}

void Interpreter::execute_set(const SetStatement& set) {
  constexpr std::size_t kMost = 4;
  const auto* items = std::get_if<Sequence>(&set.value->node);
  const std::size_t count = items == nullptr ? 0 : items->items.size();
  if (set.target.kind != Target::Kind::Tuple || count != set.target.parts.size() || count > kMost) {
    assign(set.target, evaluate(*set.value));
    return;
  }
  // set a, b = x, y: a list that is taken apart at once is never put together.
  std::array<Value, kMost> values;
  for (std::size_t i = 0; i < count; ++i) {
    const Value& value = refer(*items->items[i], values[i]);
    if (&value != &values[i]) values[i] = value;
  }
  position_ = set.target.offset;
  for (std::size_t i = 0; i < count; ++i) assign(set.target.parts[i], std::move(values[i]));
}

Interpreter::Flow Interpreter::execute_if(const IfStatement& chain) {
  for (const auto& [condition, body] : chain.branches) {
    if (holds(*condition)) return execute(body);
  }
  return execute(chain.otherwise);
}

Value Interpreter::new_scope(Scope* parent) {
  if (spare_scopes_.empty()) return run_.budget.object(new Scope(parent), 160);
  Value scope = std::move(spare_scopes_.back());
  spare_scopes_.pop_back();
  Scope::scope_of(scope)->begin_again(parent);
  return scope;
}

void Interpreter::give_back(Value scope) {
  if (!scope.is_only_holder()) return;
  Scope::scope_of(scope)->begin_again(nullptr);
  spare_scopes_.push_back(std::move(scope));
}

void Interpreter::renew_scope(Value& scope, Scope* parent) {
  if (scope.is_object() && scope.is_only_holder())
    Scope::scope_of(scope)->let_go();
  else
    scope = new_scope(parent);
}

Interpreter::Flow Interpreter::execute_in_scope(const Body& body, const std::vector<NameId>& unset, Scope* parent) {
  Value inner = new_scope(parent);
  Scope* outer = std::exchange(scope_, Scope::scope_of(inner));
  hide(unset);
  const Flow flow = execute(body);
  scope_ = outer;
  give_back(std::move(inner));
  return flow;
}

void Interpreter::execute_for(const ForStatement& loop, const Value& source, std::int64_t depth) {
  Scope* outer = scope_;
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
    scope_ = Scope::scope_of(inner);
    hide(loop.unset);
    if (context != nullptr) set_variable(program_.loop, state);
    assign(loop.target, std::move(item));
    const Flow flow = execute(loop.body);
    scope_ = outer;
    if (flow == Flow::Break) break;
    if (flow == Flow::Normal) completed = true;
  }
  if (inner.is_object()) give_back(std::move(inner));
  if (loop.has_otherwise && !completed) execute_in_scope(loop.otherwise, loop.otherwise_unset, outer);
}

bool Interpreter::passes(const ForStatement& loop, Scope* scope, Value& inner, const Value& item) {
  renew_scope(inner, scope);
  Scope* outer = std::exchange(scope_, Scope::scope_of(inner));
  assign(loop.target, item);
  const bool passed = holds(*loop.condition);
  scope_ = outer;
  return passed;
}

Value Interpreter::render_loop(const ForStatement& loop, Scope* scope, const Value& source, std::int64_t depth) {
  const Budget::Level level(run_.budget);
  if (depth >= run_.budget.max_depth())
    run_.budget.fail_depth("loops inside each other, more than " + std::to_string(run_.budget.max_depth()));
  Scope* outer = std::exchange(scope_, scope);
  TextBuilder text(run_.budget);
  TextBuilder* out = std::exchange(out_, &text);
  execute_for(loop, source, depth);
  out_ = out;
  scope_ = outer;
  return text_of(text);
}

Value Interpreter::text_of(TextBuilder& builder) {
  return builder.take_value(run_.autoescape);
}

Interpreter::Flow Interpreter::execute_set_block(const SetBlock& block) {
  TextBuilder text(run_.budget);
  TextBuilder* out = std::exchange(out_, &text);
  Value inner = new_scope(scope_);
  Scope* outer = std::exchange(scope_, Scope::scope_of(inner));
  hide(block.unset);
  const Flow flow = execute(block.body);
  out_ = out;
  Value value;
  if (flow == Flow::Normal) {  // else break or continue: the text is dropped
    value = text_of(text);
    if (block.filter != nullptr) value = evaluate_chain(std::get<Chain>(block.filter->node), std::move(value));
  }
  scope_ = outer;
  give_back(std::move(inner));
  if (flow == Flow::Normal) assign(block.target, std::move(value));
  return flow;
}

Value Interpreter::make_macro(const MacroDefinition& macro) {
  if (scope_ != nullptr) run_.may_hold_themselves.push_back(Scope::value_of(scope_));
  return run_.budget.object(new MacroObject(*this, macro, Scope::value_of(scope_), escaping_));
}

void Interpreter::execute_call_block(const CallBlock& block) {
  const Value caller = make_macro(*block.caller);
  write_text(evaluate_chain(std::get<Chain>(block.call->node), Value::missing(), &caller));
}

Interpreter::Flow Interpreter::execute_filter_block(const FilterBlock& block) {
  TextBuilder text(run_.budget);
  TextBuilder* out = std::exchange(out_, &text);
  Value inner = new_scope(scope_);
  Scope* outer = std::exchange(scope_, Scope::scope_of(inner));
  hide(block.unset);
  const Flow flow = execute(block.body);
  out_ = out;
  if (flow == Flow::Normal) write_text(evaluate_chain(std::get<Chain>(block.filter->node), text_of(text)));
  scope_ = outer;
  give_back(std::move(inner));
  return flow;
}

Interpreter::Flow Interpreter::execute_with(const WithBlock& block) {
  Value inner = new_scope(scope_);
  Scope* outer = scope_;
  for (const auto& [target, expression] : block.values) {
    Value value = evaluate(*expression);
    scope_ = Scope::scope_of(inner);
    assign(target, std::move(value));
    scope_ = outer;
  }
  scope_ = Scope::scope_of(inner);
  hide(block.unset);
  const Flow flow = execute(block.body);
  scope_ = outer;
  give_back(std::move(inner));
  return flow;
}

Interpreter::Flow Interpreter::execute_autoescape(const AutoescapeBlock& block) {
  const bool before = std::exchange(run_.autoescape, truth(evaluate(*block.enabled)));
  const Escaping outer = escaping_;
  if (block.constant)
    escaping_.on = run_.autoescape;
  else
    escaping_.as_run = true;
  const Flow flow = execute_in_scope(block.body, block.unset, scope_);
  escaping_ = outer;
  run_.autoescape = before;
  return flow;
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
