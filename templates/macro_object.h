#pragma once

#include "templates/interpreter.h"

namespace templates {

// A macro, or the body of a call block, together with the scope it was defined in.
class MacroObject final : public Object {
 public:
  MacroObject(Interpreter& interpreter, const MacroDefinition& macro, Value scope, Interpreter::Escaping escaping)
      : interpreter_(interpreter), macro_(macro), scope_(std::move(scope)), escaping_(escaping) {}

  std::string_view type_name() const override { return "Macro"; }
  void print(Run& run, TextBuilder& out) const override;
  Value attribute(Run& run, const Value& self, std::string_view name) override;
  bool callable() const override { return true; }
  Value call(Run&, const Arguments& arguments) override {
    return interpreter_.call_macro(macro_, scope_, escaping_, arguments);
  }
  void write(const Arguments& arguments) { interpreter_.write_macro(macro_, scope_, escaping_, arguments); }
  void take_children(std::vector<Value>& out) override { out.push_back(std::move(scope_)); }

 private:
  Interpreter& interpreter_;
  const MacroDefinition& macro_;
  Value scope_;
  Interpreter::Escaping escaping_;
};

}  // namespace templates
