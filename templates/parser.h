#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "templates/ast.h"

namespace templates {

// Parses template text. Throws SyntaxFault (lexer.h); its offset is within normalise_source(text).
// `source` is normalised and becomes Program::source.
void parse(Program& program);

}  // namespace templates
