#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "templates/run.h"

namespace templates {

// A filter, test, method or function of the language.
struct Builtin {
  struct Call {
    const Value& self;                 // the filtered value, the object of a method; none for a function
    std::span<const Value> arguments;  // one for each parameter
    const Arguments& given;            // as written; filled only where the builtin takes anything

    const Value& operator[](std::size_t i) const { return arguments[i]; }
    bool has(std::size_t i) const { return !arguments[i].is_missing(); }
  };
  using Function = Value (*)(Run& run, const Call& call);
  struct Parameter {
    std::string_view name;
    bool optional = false;
  };
  static constexpr std::size_t kMaxParameters = 6;

  // `words` are the parameters after the value itself, separated by spaces: "old new count?" ("?": may be left out and is
  // then Missing). A leading "/" takes them by position only. "*" alone takes anything: the call reads Call::given.
  constexpr Builtin(std::string_view the_name, std::string_view words, Function the_function)
      : name(the_name), function(the_function), takes_anything(words == "*"), by_position(words.starts_with('/')) {
    while (!takes_anything && !words.empty()) {
      const std::size_t end = words.find(' ') < words.size() ? words.find(' ') : words.size();
      std::string_view word = words.substr(0, end);
      words.remove_prefix(end < words.size() ? end + 1 : end);
      if (word.empty() || word == "/") continue;
      const bool optional = word.back() == '?';
      if (optional) word.remove_suffix(1);
      if (!optional) required = count + 1;
      parameters[count++] = {word, optional};
    }
  }

  std::string_view name;
  Function function;
  bool takes_anything;
  bool by_position;
  std::size_t count = 0;     // of the parameters
  std::size_t required = 0;  // so many from the first on cannot be left out
  std::array<Parameter, kMaxParameters> parameters{};
};

// Binds the arguments to the parameters and calls. Throws TemplateError (Runtime) where they do not fit.
Value call_builtin(Run& run, const Builtin& builtin, const Value& self, const Arguments& arguments);

// Null where there is none of that name.
const Builtin* find_filter(std::string_view name);
const Builtin* find_test(std::string_view name);
// The methods of one name that the types of values have.
struct Methods {
  // Null where the type of `self` has none.
  const Builtin* of(const Value& self) const { return by_kind[static_cast<std::size_t>(self.kind())]; }
  std::array<const Builtin*, static_cast<std::size_t>(Value::Kind::Object) + 1> by_kind{};
};
// Null where no type has one.
const Methods* find_methods(std::string_view name);
// A method of the value's type, and the functions every template has.
inline const Builtin* find_method(const Value& self, std::string_view name) {
  const Methods* methods = find_methods(name);
  return methods == nullptr ? nullptr : methods->of(self);
}
const Builtin* find_function(std::string_view name);

}  // namespace templates
