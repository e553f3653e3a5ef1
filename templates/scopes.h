#pragma once

#include "templates/ast.h"

namespace templates {

// Finds the names that a scope sets before it ever reads them, and that no scope around it knows: until they are set,
// they are undefined there and in all that is inside, whatever the context has under that name. Fills the `unset` lists
// of the program. Source: Jinja 3.1 jinja2/idtracking.py, Symbols.
void find_unset_names(Program& program);

}  // namespace templates
