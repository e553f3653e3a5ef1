#pragma once

#include <string>
#include <string_view>

#include "templates/run.h"

namespace templates {

// Undefined values know what was looked for, so that the first real use of one can say it.

// The variable `name` (a text) does not exist.
Value undefined_name(Run& run, const Value& name);
// `object` has no such attribute (a text key) or element.
Value undefined_member(Run& run, const Value& object, const Value& key);
// Undefined for a reason of its own.
Value undefined_because(Run& run, std::string reason);
// The attribute exists but templates may not have it.
Value unsafe_attribute(Run& run, const Value& object, std::string_view name);

// Throws what a use of this undefined value deserves: TemplateError (Undefined or Security).
[[noreturn]] void fail_undefined(Run& run, const Value& value);
// The same, if it is undefined at all.
inline void refuse_undefined(Run& run, const Value& value) {
  if (value.is_undefined()) fail_undefined(run, value);
}

}  // namespace templates
