#pragma once

#include <span>

#include "templates/builtin.h"

namespace templates {

// Functions that every template has: range, namespace, raise_exception, strftime_now, dict, cycler, joiner.
std::span<const Builtin> functions();
// What may follow "is". Source: Jinja 3.1 jinja2/tests.py.
std::span<const Builtin> tests();

// Methods, as far as the sandbox allows them; they behave as Python's.
std::span<const Builtin> text_methods();         // strip, split, replace, upper ...
std::span<const Builtin> text_search_methods();  // find, startswith, count ...
std::span<const Builtin> text_kind_methods();    // isdigit, isupper ...
std::span<const Builtin> sequence_methods();     // of lists and tuples
std::span<const Builtin> list_methods();
std::span<const Builtin> dict_methods();
std::span<const Builtin> whole_number_methods();
std::span<const Builtin> real_number_methods();

}  // namespace templates
