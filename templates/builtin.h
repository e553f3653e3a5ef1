#pragma once

#include <span>
#include <string_view>

#include "templates/run.h"

namespace templates {

// A filter, test, method or function of the language.
struct Builtin {
  std::string_view name;
  // The parameters after the value itself, separated by spaces: "old new count?" ("?": may be left out and is then
  // Missing). A leading "/" takes them by position only. "*" alone takes anything: the call reads Call::given.
  std::string_view parameters;
  struct Call {
    const Value& self;                 // the filtered value, the object of a method; none for a function
    std::span<const Value> arguments;  // one for each parameter
    const Arguments& given;            // as written

    const Value& operator[](std::size_t i) const { return arguments[i]; }
    bool has(std::size_t i) const { return !arguments[i].is_missing(); }
  };
  Value (*function)(Run& run, const Call& call);
};

// Binds the arguments to the parameters and calls. Throws TemplateError (Runtime) where they do not fit.
Value call_builtin(Run& run, const Builtin& builtin, const Value& self, const Arguments& arguments);

// Null where there is none of that name.
const Builtin* find_filter(std::string_view name);
const Builtin* find_test(std::string_view name);
// A method of the value's type, and the functions every template has.
const Builtin* find_method(const Value& self, std::string_view name);
const Builtin* find_function(std::string_view name);

}  // namespace templates
