#pragma once

#include <string>
#include <string_view>

namespace templates {

// Reads the inside of a string literal, escapes and all, as Jinja does by way of Python's "unicode-escape". False, with
// the reason in `problem`, for an escape that is cut short or names no character.
bool read_string_literal(std::string_view inside, std::string& out, std::string& problem);

}  // namespace templates
