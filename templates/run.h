#pragma once

#include <string>
#include <string_view>

#include "templates/budget.h"
#include "templates/object.h"
#include "templates/template.h"

namespace templates {

// What every function of the language is handed: the state of one rendering that is not the interpreter's own.
struct Run {
  explicit Run(const RenderOptions& options) : budget(options), now(options.now) {}
  ~Run() {
    for (Value& value : may_hold_themselves) value.object().let_go();
  }

  Budget budget;
  LocalTime now;
  // Inside {% autoescape true %}.
  bool autoescape = false;
  // Namespaces, and the scopes that macros look into: counting references alone would not free them.
  std::vector<Value> may_hold_themselves;
};

// A TemplateError of kind Runtime with this sentence; the interpreter adds the place.
[[noreturn]] void fail(std::string message);
// A number that leaves 64 bits.
[[noreturn]] void fail_number(std::string_view operation);

}  // namespace templates
