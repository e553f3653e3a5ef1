#pragma once

#include <span>

#include "templates/builtin.h"

namespace templates {

// The filters of the language (value | name), by theme. Sources of behaviour: Jinja 3.1 jinja2/filters.py, and for
// tojson the chat template support of transformers.
std::span<const Builtin> text_filters();      // trim, replace, upper, indent ...
std::span<const Builtin> sequence_filters();  // first, join, sort, groupby ...
std::span<const Builtin> lazy_filters();      // map, select, batch ...: read only as far as they are needed
std::span<const Builtin> value_filters();     // default, int, round, tojson ...

}  // namespace templates
