#pragma once

#include <string>
#include <string_view>

#include "templates/run.h"

namespace templates {

// text % values, with the directives of Python. Inserted texts keep their origin.
Value format_percent(Run& run, const Value& text, const Value& values);

// text.format(...) with fields, attributes, items, conversions and format specifications.
Value format_braces(Run& run, const Value& text, const Arguments& arguments);

// ---- parts of both ----

// How a value is to be written: [[fill]align][sign][#][0][width][,][.precision][type].
struct FormatSpec {
  std::string fill = " ";
  char align = 0;  // < > ^ =
  char sign = 0;   // + - or space
  bool alternate = false;
  bool zero = false;
  char grouping = 0;  // , or _
  std::int64_t width = 0;
  std::int64_t precision = -1;
  char type = 0;
};

// A float in the form e, f, g, %, or shortest (0), without a sign. Precision is bounded by the caller.
std::string real_digits(double magnitude, char type, std::int64_t precision, bool alternate);
// An unsigned whole number in base d, x, X, o, b.
std::string whole_digits(std::uint64_t magnitude, char type);
// Appends `body` (already in its final characters) padded to the width; `body_length` in characters.
void append_padded(TextBuilder& out, const MarkedText& body, std::int64_t body_length, const FormatSpec& spec,
                   char default_align);
// Appends sign, prefix and digits, padded; for "=" and "0" the padding comes after sign and prefix.
void append_number(TextBuilder& out, std::string sign_and_prefix, std::string digits, const FormatSpec& spec);

}  // namespace templates
