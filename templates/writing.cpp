#include "templates/escape.h"
#include "templates/interpreter.h"
#include "templates/macro_object.h"
#include "templates/printing.h"

namespace templates {

void Interpreter::write(const Value& value) {
  if (escapes())
    append_escaped(run_, *out_, value);
  else
    print(run_, *out_, value);
}

// What call and filter blocks give must be text already.
void Interpreter::write_text(const Value& value) {
  if (!value.is_string()) fail("expected str instance, " + std::string(type_name(value)) + " found");
  out_->append(value.marked());
}

// Texts joined by + or ~ need not be put together before they are written, nor those that are trimmed or of macros.
void Interpreter::write_expression(const Expression& expression) {
  if (!escapes()) {
    if (const auto* chain = std::get_if<ArithmeticChain>(&expression.node); chain != nullptr && TextSum::fits(*chain)) {
      TextSum sum;
      Operand other = Value();
      if (gather(*chain, sum, other)) return sum.write(*out_);
      return print(run_, *out_, finish_sum(expression, *chain, sum, std::move(other)).take());
    }
    if (TextPart part; find_text_part(expression, part)) return out_->append(*part.text, part.begin, part.end);
    if (const auto* text = std::get_if<Concatenation>(&expression.node)) {
      const Budget::Level level(run_.budget);
      for (const ExpressionPtr& part : text->parts) write_expression(*part);
      return;
    }
    if (const auto* chain = std::get_if<Chain>(&expression.node); chain != nullptr && write_call(*chain)) return;
  }
  if (const auto* choice = std::get_if<Conditional>(&expression.node)) {
    const Budget::Level level(run_.budget);
    run_.budget.work(1);
    const bool chosen = holds(*choice->condition);
    if (chosen || choice->otherwise != nullptr) write_expression(chosen ? *choice->then : *choice->otherwise);
    return;
  }
  Value storage;
  write(refer(expression, storage));
}

// A macro called by its name writes where its text would go. False, with nothing done, for anything else.
bool Interpreter::write_call(const Chain& chain) {
  const auto* name = chain.base == nullptr ? nullptr : std::get_if<Name>(&chain.base->node);
  if (name == nullptr || chain.steps.size() != 1 || chain.steps[0].kind != Step::Kind::Call) return false;
  auto* macro = find_variable(name->id)->object_as<MacroObject>();
  if (macro == nullptr) return false;
  const Step& call = chain.steps[0];
  const Budget::Level level(run_.budget);
  run_.budget.work(3);
  const Arguments arguments = evaluate_arguments(call.arguments.get());
  position_ = call.offset;
  macro->write(arguments);
  return true;
}

void Interpreter::execute_print(const PrintStatement& print) {
  constant_ = print.constant;
  for (const ExpressionPtr& value : print.values) write_expression(*value);
  constant_ = false;
}

}  // namespace templates
