#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "templates/arithmetic.h"
#include "templates/characters.h"
#include "templates/formatting.h"

namespace templates {

namespace {

std::string to_form(double magnitude, std::chars_format form, std::int64_t precision) {
  // A float has at most 309 digits before the point and 1074 after it.
  constexpr std::int64_t kMostDigits = 1100;
  std::array<char, 1500> buffer;
  const auto digits = static_cast<int>(std::min(precision, kMostDigits));
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude, form, digits).ptr;
  std::string text(buffer.data(), end);
  if (precision > kMostDigits && form == std::chars_format::fixed)
    text.append(static_cast<std::size_t>(precision - kMostDigits), '0');
  return text;
}

// Removes zeros after the point, and the point itself; an exponent stays.
void remove_trailing_zeros(std::string& text) {
  const std::size_t exponent = std::min(text.find('e'), text.size());
  if (text.find('.') >= exponent) return;
  std::size_t end = exponent;
  while (text[end - 1] == '0') --end;
  if (text[end - 1] == '.') --end;
  text.erase(end, exponent - end);
}

// Python's 'g': as many significant digits, in whichever form is shorter.
std::string general_digits(double magnitude, std::int64_t precision, bool alternate, int point_limit_offset) {
  precision = std::max<std::int64_t>(precision, 1);
  if (magnitude == 0) return alternate ? to_form(0, std::chars_format::fixed, precision - 1) : "0";
  const std::string scientific = to_form(magnitude, std::chars_format::scientific, precision - 1);
  const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
  std::string text = exponent < -4 || exponent >= precision - point_limit_offset
                         ? scientific
                         : to_form(magnitude, std::chars_format::fixed, precision - 1 - exponent);
  if (!alternate) remove_trailing_zeros(text);
  return text;
}

}  // namespace

std::string real_digits(double magnitude, char type, std::int64_t precision, bool alternate) {
  const bool capital = type == 'E' || type == 'F' || type == 'G';
  const char kind = static_cast<char>(type | (type >= 'A' && type <= 'Z' ? 0x20 : 0));
  std::string text;
  if (!std::isfinite(magnitude)) {
    text = std::isnan(magnitude) ? "nan" : "inf";
    if (kind == '%') text += '%';
  } else if (kind == 0 && precision < 0) {
    text = float_text(magnitude);
  } else if (kind == 0) {
    // As 'g', but with a digit after the point.
    text = general_digits(magnitude, precision, false, 1);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
  } else {
    if (precision < 0) precision = 6;
    if (kind == 'e') text = to_form(magnitude, std::chars_format::scientific, precision);
    if (kind == 'f') text = to_form(magnitude, std::chars_format::fixed, precision);
    if (kind == 'g' || kind == 'n') text = general_digits(magnitude, precision, alternate, 0);
    if (kind == '%') text = to_form(magnitude * 100, std::chars_format::fixed, precision) + "%";
    if (alternate && text.find('.') == std::string::npos)
      text.insert(std::min(text.find_first_of("e%"), text.size()), ".");
  }
  if (capital) {
    for (char& c : text) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
    }
  }
  return text;
}

std::string whole_digits(std::uint64_t magnitude, char type) {
  std::array<char, 70> buffer;
  const int base = type == 'x' || type == 'X' ? 16 : type == 'o' ? 8 : type == 'b' ? 2 : 10;
  std::string text(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude, base).ptr);
  if (type == 'X') {
    for (char& c : text) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
    }
  }
  return text;
}

void append_padded(TextBuilder& out, const MarkedText& body, std::int64_t body_length, const FormatSpec& spec,
                   char default_align) {
  const std::int64_t missing = std::max<std::int64_t>(spec.width - body_length, 0);
  if (static_cast<std::uint64_t>(missing) > out.budget().memory_left()) out.budget().fail_memory();
  const char align = spec.align != 0 ? spec.align : default_align;
  const std::int64_t before = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
  out.repeat(spec.fill, static_cast<std::size_t>(before));
  out.append(body);
  out.repeat(spec.fill, static_cast<std::size_t>(missing - before));
}

void append_number(TextBuilder& out, std::string prefix, std::string digits, const FormatSpec& spec) {
  if (spec.align == '=' || (spec.align == 0 && spec.zero)) {
    const auto length = static_cast<std::int64_t>(prefix.size() + digits.size());
    const std::int64_t missing = std::max<std::int64_t>(spec.width - length, 0);
    if (static_cast<std::uint64_t>(missing) > out.budget().memory_left()) out.budget().fail_memory();
    out.say(prefix);
    out.repeat(spec.zero && spec.fill == " " ? "0" : spec.fill, static_cast<std::size_t>(missing));
    out.say(digits);
    return;
  }
  const std::string body = prefix + digits;
  append_padded(out, MarkedText::from_template(body), static_cast<std::int64_t>(body.size()), spec, '>');
}

}  // namespace templates
