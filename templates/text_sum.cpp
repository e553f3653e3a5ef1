#include "templates/text_sum.h"

#include "templates/builtin.h"
#include "templates/interpreter.h"
#include "templates/text_operations.h"

namespace templates {

void TextSum::add(Value text) {
  held_.push_back(std::move(text));
  const MarkedText& marked = held_.back().marked();
  next() = {&marked, 0, marked.size()};
  add();
}

Value TextSum::joined(Run& run) const {
  TextBuilder out(run.budget);
  out.expect(bytes_, count_);
  write(out);
  return out.take_value();
}

namespace {

bool is_plain_text(const Value& value) {
  return value.is_string() && !value.string_data().safe;
}

// How many of the last steps of a chain trim what comes before: | trim is one, .strip() two; 0: they do something else.
std::size_t trimming_steps(const Chain& chain) {
  static const Builtin* const kTrim = find_filter("trim");
  static const Methods* const kStrip = find_methods("strip");
  const auto no_arguments = [](const Step& step) {
    const CallArguments* given = step.arguments.get();
    return given == nullptr ||
           (given->positional.empty() && given->keywords.empty() && !given->star && !given->star_star);
  };
  const std::size_t count = chain.steps.size();
  if (count == 0 || !no_arguments(chain.steps.back())) return 0;
  const Step& last = chain.steps.back();
  if (last.kind == Step::Kind::Filter) return last.builtin == kTrim ? 1 : 0;
  if (last.kind != Step::Kind::Call || count == 1) return 0;
  const Step& before = chain.steps[count - 2];
  return before.kind == Step::Kind::Attribute && before.methods == kStrip ? 2 : 0;
}

}  // namespace

bool Interpreter::find_text_part(const Expression& expression, TextPart& out) {
  if (const Value* held = find_held(expression); held != nullptr) {
    if (!is_plain_text(*held)) return false;
    out = {&held->marked(), 0, held->text().size()};
    return true;
  }
  const auto* chain = std::get_if<Chain>(&expression.node);
  const std::size_t trimming = chain == nullptr ? 0 : trimming_steps(*chain);
  if (trimming == 0) return false;
  const Value* held = find_held_member(*chain, chain->steps.size() - trimming);
  if (held == nullptr || !is_plain_text(*held)) return false;
  run_.budget.work_on_bytes(held->text().size());
  const auto [begin, end] = trimmed_range(held->text());
  out = {&held->marked(), begin, end};
  return true;
}

bool Interpreter::gather(const ArithmeticChain& chain, TextSum& sum, Operand& other) {
  for (std::size_t i = 0; i <= chain.rest.size(); ++i) {
    const Expression& operand = i == 0 ? *chain.first : *chain.rest[i - 1].second;
    if (find_text_part(operand, sum.next())) {
      sum.add();
      run_.budget.work(1);
      continue;
    }
    Operand value = evaluate_operand(operand);
    if (value.is_wide || !is_plain_text(value.value)) {
      other = std::move(value);
      return false;
    }
    sum.add(std::move(value.value));
  }
  return true;
}

Operand Interpreter::finish_sum(const Expression& expression, const ArithmeticChain& chain, const TextSum& sum,
                                Operand other) {
  const std::size_t done = sum.count();
  Operand value = std::move(other);
  position_ = expression.offset;
  if (done > 0) value = calculate_wide(run_, Arithmetic::Add, sum.joined(run_), value);
  for (std::size_t i = done; i < chain.rest.size(); ++i) {
    const Operand right = evaluate_operand(*chain.rest[i].second);
    position_ = expression.offset;
    run_.budget.work(1);
    value = calculate_wide(run_, Arithmetic::Add, value, right);
  }
  return value;
}

}  // namespace templates
