#include <array>

#include "templates/interpreter.h"

namespace templates {

Value Interpreter::evaluate_builtin(const Step& step, const Value& value) {
  const bool is_filter = step.kind == Step::Kind::Filter;
  if (step.builtin == nullptr) {
    fail(std::string("No ") + (is_filter ? "filter" : "test") + " named '" + step.name.text() + "' found.");
  }
  Value result = evaluate_call(*step.builtin, value, step.arguments.get(), step.offset);
  return step.negated ? Value(!truth(result)) : result;
}

Value Interpreter::evaluate_call(const Builtin& builtin, const Value& self, const CallArguments* given,
                                 std::uint32_t offset) {
  const std::size_t count = given == nullptr ? 0 : given->positional.size();
  const bool plain = given == nullptr || (given->keywords.empty() && !given->star && !given->star_star);
  if (!plain || builtin.takes_anything || count < builtin.required || count > builtin.count) {
    const Arguments arguments = evaluate_arguments(given);
    position_ = offset;
    return call_builtin(run_, builtin, self, arguments);
  }
  // One argument for each parameter, in order: nothing to look for.
  static const Arguments kNone;
  std::array<Value, Builtin::kMaxParameters> arguments;
  for (std::size_t i = 0; i < builtin.count; ++i)
    arguments[i] = i < count ? evaluate(*given->positional[i]) : Value::missing();
  position_ = offset;
  run_.budget.work(2);
  return builtin.function(run_, {self, {arguments.data(), builtin.count}, kNone});
}

Arguments Interpreter::evaluate_arguments(const CallArguments* given) {
  Arguments out;
  if (given == nullptr) return out;
  out.positional.reserve(given->positional.size());
  for (const ExpressionPtr& argument : given->positional) out.positional.push_back(evaluate(*argument));
  for (const auto& [name, argument] : given->keywords) out.keywords.emplace_back(name, evaluate(*argument));
  if (given->star != nullptr || given->star_star != nullptr) add_stars(*given, out);
  return out;
}

void Interpreter::add_stars(const CallArguments& given, Arguments& out) {
  if (given.star != nullptr) {
    const Value items = evaluate(*given.star);
    Cursor cursor(run_, items);
    for (Value item; cursor.next(item);) {
      run_.budget.require((out.positional.size() + 1) * sizeof(Value) * 2);
      out.positional.push_back(std::move(item));
    }
  }
  if (given.star_star == nullptr) return;
  const Value named = evaluate(*given.star_star);
  if (!named.is_dict()) fail("argument after ** must be a mapping, not " + std::string(type_name(named)));
  for (const auto& entry : named.dict_data().entries()) {
    run_.budget.work(1 + out.keywords.size() / 8);
    if (!entry.key.is_string()) fail("keywords must be strings");
    if (out.keyword(entry.key.text()) != nullptr)
      fail("got multiple values for keyword argument '" + entry.key.text() + "'");
    out.keywords.emplace_back(entry.key.text(), entry.value);
  }
}

}  // namespace templates
