#include "templates/macro_object.h"

#include <algorithm>

#include "templates/undefined.h"

namespace templates {

void MacroObject::print(Run&, TextBuilder& out) const {
  out.say("<Macro '" + macro_.name + "'>");
}

Value MacroObject::attribute(Run& run, const Value&, std::string_view name) {
  if (name == "name") return run.budget.text(macro_.name);
  if (name == "arguments") return run.budget.tuple(macro_.parameter_names);
  if (name == "caller") return macro_.uses_caller;
  if (name == "catch_kwargs") return macro_.uses_kwargs;
  if (name == "catch_varargs") return macro_.uses_varargs;
  return Value::missing();
}

Value Interpreter::call_macro(const MacroDefinition& macro, const Value& scope, Escaping escaping,
                              const Arguments& arguments) {
  TextBuilder text(run_.budget);
  TextBuilder* out = std::exchange(out_, &text);
  write_macro(macro, scope, escaping, arguments);
  out_ = out;
  return text_of(text);
}

void Interpreter::write_macro(const MacroDefinition& macro, const Value& scope, Escaping escaping,
                              const Arguments& arguments) {
  if (calls_ >= run_.budget.max_depth())
    run_.budget.fail_depth("macros inside each other, more than " + std::to_string(run_.budget.max_depth()));
  ++calls_;
  const std::uint32_t caller_position = position_;
  Value inner = bind_arguments(macro, scope, arguments);
  Scope* variables = Scope::scope_of(inner);
  Scope* outer = std::exchange(scope_, variables);
  const Escaping outer_escaping = std::exchange(escaping_, escaping);
  hide(macro.unset);
  for (const auto& [id, value] : macro.parameters) {
    if (!variables->find(id)->is_missing()) continue;
    Value missing = value != nullptr
                        ? evaluate(*value)
                        : undefined_because(run_, "parameter '" + program_.names[id].text() + "' was not provided");
    set_variable(id, std::move(missing));
  }
  execute(macro.body);
  escaping_ = outer_escaping;
  scope_ = outer;
  give_back(std::move(inner));
  position_ = caller_position;
  --calls_;
}

Value Interpreter::bind_arguments(const MacroDefinition& macro, const Value& scope, const Arguments& arguments) {
  Value inner = new_scope(Scope::scope_of(scope));
  auto& variables = *Scope::scope_of(inner);
  const std::size_t parameters = macro.parameters.size();
  const std::size_t given = std::min(arguments.positional.size(), parameters);
  std::vector<bool> used(arguments.keywords.size(), false);
  const auto take_keyword = [&](std::string_view name) {
    for (std::size_t i = 0; i < used.size(); ++i) {
      if (arguments.keywords[i].first != name || used[i]) continue;
      used[i] = true;
      return arguments.keywords[i].second;
    }
    return Value::missing();
  };
  bool explicit_caller = false;
  for (std::size_t i = 0; i < parameters; ++i) {
    const NameId id = macro.parameters[i].first;
    explicit_caller |= id == program_.caller;
    variables.set(id, i < given ? arguments.positional[i] : take_keyword(program_.names[id].text()));
  }
  if (macro.uses_caller && !explicit_caller) {
    Value caller = take_keyword("caller");
    if (caller.is_missing() || caller.is_none()) caller = undefined_because(run_, "No caller defined");
    variables.set(program_.caller, std::move(caller));
  }
  if (macro.uses_kwargs) {
    auto rest = std::make_unique<DictData>();
    for (std::size_t i = 0; i < used.size(); ++i) {
      if (!used[i])
        rest->set(run_.budget.text(arguments.keywords[i].first), arguments.keywords[i].second, &run_.budget);
    }
    variables.set(program_.kwargs, run_.budget.dict(rest.release()));
  } else if (const auto unknown = std::find(used.begin(), used.end(), false); unknown != used.end()) {
    if (!take_keyword("caller").is_missing()) {
      fail("macro '" + macro.name +
           "' was invoked with two values for the special caller argument. This is most likely a bug.");
    }
    fail("macro '" + macro.name + "' takes no keyword argument '" +
         arguments.keywords[static_cast<std::size_t>(unknown - used.begin())].first + "'");
  }
  if (macro.uses_varargs) {
    variables.set(program_.varargs,
                  run_.budget.tuple(
                      {arguments.positional.begin() + static_cast<std::ptrdiff_t>(given), arguments.positional.end()}));
  } else if (arguments.positional.size() > parameters) {
    fail("macro '" + macro.name + "' takes not more than " + std::to_string(parameters) + " argument(s)");
  }
  return inner;
}

}  // namespace templates
