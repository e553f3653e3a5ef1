#pragma once

#include "templates/budget.h"

namespace templates {

// Appends `text` with & < > ' " written as HTML entities; each entity keeps the origin of its character.
void escape_html(TextBuilder& out, const MarkedText& text);

// str(x), escaped unless it is marked safe.
void append_escaped(struct Run& run, TextBuilder& out, const Value& value);

}  // namespace templates
