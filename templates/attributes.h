#pragma once

#include <string_view>

#include "templates/run.h"

namespace templates {

// object.name as the sandbox gives it: the attribute first, then the item; Undefined where there is neither, or where
// the sandbox refuses. `name` is a text. Throws TemplateError where `object` is undefined itself.
Value get_attribute(Run& run, const Value& object, const Value& name);
// Whether `name` on a dict is never an attribute, so that dict.name is dict['name'].
bool is_only_key(std::string_view name);
// object[key]: the item first, then for a text key the attribute.
Value get_item(Run& run, const Value& object, const Value& key);
// object[begin:end:step]; None where a bound is left out.
Value get_slice(Run& run, const Value& object, const Value& begin, const Value& end, const Value& step);

// A slice of a sequence of `length` items: the first index, the step, and how many.
struct SliceRange {
  std::int64_t first;
  std::int64_t stop;  // not in it
  std::int64_t step;
  std::int64_t count;
};
SliceRange resolve_slice(Run& run, std::int64_t length, const Value& begin, const Value& end, const Value& step);

// Calls anything that can be called. Throws TemplateError for what cannot.
Value call_value(Run& run, const Value& function, const Arguments& arguments);

}  // namespace templates
