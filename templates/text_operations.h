#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "templates/run.h"

namespace templates {

// What filters and methods of text share. Every result keeps the origin of its parts; texts marked safe stay so.

// The first place at or after `from`, the last place at or before `until`; npos where there is none. Time is linear in
// the length of both.
std::size_t find_text(std::string_view text, std::string_view part, std::size_t from = 0);
std::size_t find_last_text(std::string_view text, std::string_view part, std::size_t until = std::string_view::npos);

enum class Letters : std::uint8_t { Upper, Lower, Title, Capitalize, Swap, Fold };
Value change_letters(Run& run, const Value& text, Letters to);
// Appends one stretch [begin, end) of a text with its letters changed.
void append_letters(TextBuilder& out, const MarkedText& text, std::size_t begin, std::size_t end, Letters to);

// Without white space at its ends, or at one of them: [begin, end).
std::pair<std::size_t, std::size_t> trimmed_range(std::string_view text, bool left = true, bool right = true);
// Without the characters at its ends that are in `set`; white space for Missing or None.
Value strip(Run& run, const Value& text, const Value& set, bool left, bool right);
// Occurrences replaced, at most `count` of them (all: negative).
Value replace(Run& run, const Value& text, const Value& old, const Value& by, std::int64_t count);
// At white space for a separator of Missing or None. At most `limit` cuts (all: negative), counted from the right if
// asked.
Value split(Run& run, const Value& text, const Value& separator, std::int64_t limit, bool from_right);
Value split_lines(Run& run, const Value& text, bool keep_ends);

// Some letter of the wanted case and none of the other.
bool has_only_case(Run& run, std::string_view text, bool upper);
// A part of a text value as a value.
Value part_of(Run& run, const Value& text, std::size_t begin, std::size_t end);
// A parameter that must be text. Throws TemplateError (Runtime, Undefined).
const Value& require_text(Run& run, const Value& value, std::string_view what);

}  // namespace templates
