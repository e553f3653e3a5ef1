#pragma once

#include "templates/ast.h"

namespace templates {

// Whether an expression is made of literals, operators and the filters and tests that look at nothing else.
bool is_constant(const Expression& expression);

}  // namespace templates
