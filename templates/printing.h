#pragma once

#include <string>

#include "templates/run.h"

namespace templates {

// str(value) and repr(value), character for character as Python writes them. Parts keep the origin they had.
void print(Run& run, TextBuilder& out, const Value& value);
void print_repr(Run& run, TextBuilder& out, const Value& value);
// As Python's pprint with its usual width of 80: dicts sorted, one line where it fits.
void print_pretty(Run& run, TextBuilder& out, const Value& value);
// repr() of a text.
void print_quoted(TextBuilder& out, const MarkedText& text);

// str(value) as a text value; a text is returned as it is.
Value to_text(Run& run, const Value& value);
// repr(value) for a message, cut where it is long.
std::string repr(Run& run, const Value& value);

}  // namespace templates
