#include <algorithm>
#include <cmath>

#include "templates/arithmetic.h"
#include "templates/attributes.h"
#include "templates/characters.h"
#include "templates/escape.h"
#include "templates/formatting.h"
#include "templates/operators.h"
#include "templates/printing.h"
#include "templates/undefined.h"

namespace templates {

namespace {

bool is_align(char c) {
  return c == '<' || c == '>' || c == '^' || c == '=';
}

FormatSpec read_spec(Run& run, std::string_view text) {
  FormatSpec spec;
  std::size_t at = 0;
  const auto peek = [&] { return at < text.size() ? text[at] : '\0'; };
  const auto number = [&](std::int64_t otherwise) {
    if (peek() < '0' || peek() > '9') return otherwise;
    std::int64_t value = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at) {
      if (value > INT32_MAX) run.budget.fail_memory();
      value = value * 10 + (peek() - '0');
    }
    return value;
  };
  if (!text.empty()) {
    const std::size_t bytes = character_at(text, 0).bytes;
    if (bytes < text.size() && is_align(text[bytes])) {
      spec.fill = std::string(text.substr(0, bytes));
      spec.align = text[bytes];
      at = bytes + 1;
    } else if (is_align(text[0])) {
      spec.align = text[at++];
    }
  }
  if (peek() == '+' || peek() == '-' || peek() == ' ') spec.sign = text[at++];
  if (peek() == 'z') ++at;
  if (peek() == '#') {
    spec.alternate = true;
    ++at;
  }
  if (peek() == '0') {
    spec.zero = true;
    ++at;
  }
  spec.width = number(0);
  if (peek() == ',' || peek() == '_') spec.grouping = text[at++];
  if (peek() == '.') {
    ++at;
    spec.precision = number(-1);
    if (spec.precision < 0) fail("Format specifier missing precision");
  }
  if (at < text.size()) spec.type = text[at++];
  if (at < text.size()) fail("Invalid format specifier");
  return spec;
}

[[noreturn]] void fail_type(const FormatSpec& spec, std::string_view type) {
  fail(std::string("Unknown format code '") + spec.type + "' for object of type '" + std::string(type) + "'");
}

// 1234567 to 1,234,567; only what stands before the point.
std::string group_digits(const std::string& digits, char grouping, std::size_t group) {
  const std::size_t whole = std::min(digits.find_first_not_of("0123456789abcdefABCDEF"), digits.size());
  std::string out;
  for (std::size_t i = 0; i < whole; ++i) {
    if (i > 0 && (whole - i) % group == 0) out.push_back(grouping);
    out.push_back(digits[i]);
  }
  return out + digits.substr(whole);
}

void put_number(Run& run, TextBuilder& out, std::string prefix, std::string digits, const FormatSpec& spec,
                std::size_t group) {
  if (spec.grouping == 0) {
    append_number(out, std::move(prefix), std::move(digits), spec);
    return;
  }
  const bool zeros = spec.align == 0 && spec.zero;
  if (zeros && spec.width > 0) {
    if (static_cast<std::uint64_t>(spec.width) > run.budget.memory_left()) run.budget.fail_memory();
    const auto width = static_cast<std::size_t>(spec.width);
    const auto length = [&] {
      const std::size_t whole = std::min(digits.find_first_not_of("0123456789abcdefABCDEF"), digits.size());
      return prefix.size() + digits.size() + (whole > 0 ? (whole - 1) / group : 0);
    };
    if (width > length()) {  // all but a few zeros at once
      digits.insert(0, (width - length()) * group / (group + 1), '0');
      while (length() < width) digits.insert(digits.begin(), '0');
    }
  }
  FormatSpec padding = spec;
  if (zeros) padding.zero = false;
  append_number(out, std::move(prefix), group_digits(digits, spec.grouping, group), padding);
}

std::string sign_text(const FormatSpec& spec, bool negative) {
  return negative ? "-" : spec.sign == '+' ? "+" : spec.sign == ' ' ? " " : "";
}

void put_real(Run& run, TextBuilder& out, double number, const FormatSpec& spec, std::string_view type) {
  if (spec.type != 0 && std::string_view("eEfFgGn%").find(spec.type) == std::string_view::npos) fail_type(spec, type);
  if (spec.precision > static_cast<std::int64_t>(run.budget.memory_left() / 2)) run.budget.fail_memory();
  put_number(run, out, sign_text(spec, std::signbit(number) && !std::isnan(number)),
             real_digits(std::abs(number), spec.type, spec.precision, spec.alternate), spec, 3);
}

void put_whole(Run& run, TextBuilder& out, std::int64_t number, const FormatSpec& spec, std::string_view type) {
  if (spec.type != 0 && std::string_view("eEfFgG%").find(spec.type) != std::string_view::npos) {
    put_real(run, out, static_cast<double>(number), spec, type);
    return;
  }
  if (spec.precision >= 0) fail("Precision not allowed in integer format specifier");
  if (spec.type == 'c') {
    if (number < 0 || number > 0x10FFFF) fail("%c arg not in range(0x110000)");
    std::string text;
    append_utf8(text, static_cast<char32_t>(number));
    append_padded(out, MarkedText::from_template(std::move(text)), 1, spec, '<');
    return;
  }
  if (spec.type != 0 && std::string_view("bdnoxX").find(spec.type) == std::string_view::npos) fail_type(spec, type);
  const bool decimal = spec.type == 0 || spec.type == 'd' || spec.type == 'n';
  if (spec.grouping == ',' && !decimal) fail(std::string("Cannot specify ',' with '") + spec.type + "'.");
  std::string prefix = sign_text(spec, number < 0);
  if (spec.alternate && !decimal) prefix += std::string("0") + spec.type;
  const std::uint64_t magnitude =
      number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  put_number(run, out, std::move(prefix), whole_digits(magnitude, spec.type), spec, decimal ? 3 : 4);
}

void put_text(TextBuilder& out, const Value& value, FormatSpec spec) {
  if (spec.type != 0 && spec.type != 's') fail_type(spec, "str");
  if (spec.align == '=') fail("'=' alignment not allowed in string format specifier");
  if (spec.sign != 0) fail("Sign not allowed in string format specifier");
  if (spec.grouping != 0) fail(std::string("Cannot specify '") + spec.grouping + "' with 's'.");
  if (spec.alternate) fail("Alternate form (#) not allowed in string format specifier");
  if (spec.zero && spec.align == 0) spec.fill = "0";
  std::int64_t length = value.string_data().length();
  MarkedText text = value.marked();
  if (spec.precision >= 0 && spec.precision < length) {
    text = text.slice(0, byte_of_character(text.text(), static_cast<std::size_t>(spec.precision)));
    length = spec.precision;
  }
  append_padded(out, text, length, spec, '<');
}

// format(value, spec)
void put_value(Run& run, TextBuilder& out, const Value& value, const std::string& spec_text) {
  if (spec_text.empty()) {
    print(run, out, value);
    return;
  }
  const FormatSpec spec = read_spec(run, spec_text);
  if (value.is_string())
    put_text(out, value, spec);
  else if (value.is_float())
    put_real(run, out, value.as_float(), spec, "float");
  else if (value.is_int() || value.is_bool())
    put_whole(run, out, as_index(run, value), spec, type_name(value));
  else
    fail("unsupported format string passed to " + std::string(type_name(value)) + ".__format__");
}

class BraceFormatter {
 public:
  BraceFormatter(Run& run, const Arguments& arguments, bool escape)
      : run_(run), arguments_(arguments), escape_(escape) {}

  // Formats `text`; fields inside a format specification may hold fields themselves, but no deeper.
  void format(TextBuilder& out, const MarkedText& text, int depth) {
    if (depth > 2) fail("Max string recursion exceeded");
    const std::string& bytes = text.text();
    std::size_t done = 0;
    for (std::size_t at = 0; (at = bytes.find_first_of("{}", at)) != std::string::npos;) {
      if (at + 1 < bytes.size() && bytes[at + 1] == bytes[at]) {
        out.append(text, done, at + 1);
        at = done = at + 2;
        continue;
      }
      if (bytes[at] == '}') fail("Single '}' encountered in format string");
      out.append(text, done, at);
      const std::size_t end = field_end(bytes, at + 1);
      write_field(out, text.slice(at + 1, end), depth);
      at = done = end + 1;
    }
    out.append(text, done, bytes.size());
  }

 private:
  // Where the brace is that closes the field which begins at `at`.
  static std::size_t field_end(std::string_view bytes, std::size_t at) {
    bool in_brackets = false;
    for (int open = 1; at < bytes.size(); ++at) {
      const char c = bytes[at];
      if (c == '[') in_brackets = true;
      if (c == ']') in_brackets = false;
      if (in_brackets) continue;
      if (c == '{') ++open;
      if (c == '}' && --open == 0) return at;
    }
    fail(at > 0 && bytes.back() == '{' ? "Single '{' encountered in format string"
                                       : "expected '}' before end of string");
  }

  void write_field(TextBuilder& out, const MarkedText& field, int depth) {
    const std::string& text = field.text();
    std::size_t name_end = 0;
    for (bool in_brackets = false; name_end < text.size(); ++name_end) {
      const char c = text[name_end];
      if (c == '[') in_brackets = true;
      if (c == ']') in_brackets = false;
      if (!in_brackets && (c == '!' || c == ':')) break;
    }
    char conversion = 0;
    std::size_t spec_at = name_end;
    if (spec_at < text.size() && text[spec_at] == '!') {
      if (spec_at + 1 >= text.size()) fail("end of string while looking for conversion specifier");
      conversion = text[spec_at + 1];
      spec_at += 2;
      if (spec_at < text.size() && text[spec_at] != ':') fail("expected ':' after conversion specifier");
    }
    Value value = look_up(std::string_view(text).substr(0, name_end));
    if (conversion == 'r' || conversion == 'a') {
      TextBuilder quoted(run_.budget);
      print_repr(run_, quoted, value);
      value = quoted.take_value();
    } else if (conversion == 's') {
      value = to_text(run_, value);
    } else if (conversion != 0) {
      fail(std::string("Unknown conversion specifier ") + conversion);
    }
    std::string spec;
    if (spec_at < text.size()) {
      TextBuilder inner(run_.budget);
      format(inner, field.slice(spec_at + 1, text.size()), depth + 1);
      spec = inner.take().text();
    }
    if (!escape_) {
      put_value(run_, out, value, spec);
      return;
    }
    if (value.is_string() && value.string_data().safe) {
      out.append(value.marked());
      return;
    }
    TextBuilder plain(run_.budget);
    put_value(run_, plain, value, spec);
    escape_html(out, plain.marked());
  }

  // The value of a field name: "", "0", "name", then .attribute and [item] as often as they come.
  Value look_up(std::string_view name) {
    const std::size_t first_end = std::min(name.find_first_of(".["), name.size());
    Value value = first(name.substr(0, first_end));
    std::string_view rest = name.substr(first_end);
    while (!rest.empty()) {
      if (rest[0] == '.') {
        const std::size_t end = std::min(rest.find_first_of(".[", 1), rest.size());
        if (end == 1) fail("Empty attribute in format string");
        value = get_attribute(run_, value, run_.budget.text(std::string(rest.substr(1, end - 1))));
        rest.remove_prefix(end);
      } else if (rest[0] == '[') {
        const std::size_t end = rest.find(']');
        if (end == std::string_view::npos) fail("Missing ']' in format string");
        const std::string_view key = rest.substr(1, end - 1);
        if (key.empty()) fail("Empty attribute in format string");
        const bool number = key.find_first_not_of("0123456789") == std::string_view::npos;
        value =
            get_item(run_, value, number ? Value(parse_int(key, 10).value_or(0)) : run_.budget.text(std::string(key)));
        rest.remove_prefix(end + 1);
      } else {
        fail("Only '.' or '[' may follow ']' in format field specifier");
      }
    }
    return value;
  }

  Value first(std::string_view name) {
    const bool number = name.find_first_not_of("0123456789") == std::string_view::npos;
    if (!number) {
      if (const Value* value = arguments_.keyword(name)) return *value;
      fail("'" + std::string(name) + "'");
    }
    const Numbering wanted = name.empty() ? Numbering::Automatic : Numbering::Manual;
    if (numbering_ != Numbering::Unknown && numbering_ != wanted)
      fail("cannot switch between manual field specification and automatic field numbering");
    numbering_ = wanted;
    const std::int64_t index = name.empty() ? next_++ : parse_int(name, 10).value_or(0);
    if (index >= static_cast<std::int64_t>(arguments_.positional.size())) fail("tuple index out of range");
    return arguments_.positional[static_cast<std::size_t>(index)];
  }

  enum class Numbering : std::uint8_t { Unknown, Automatic, Manual };
  Run& run_;
  const Arguments& arguments_;
  bool escape_;
  Numbering numbering_ = Numbering::Unknown;
  std::int64_t next_ = 0;
};

}  // namespace

Value format_braces(Run& run, const Value& text, const Arguments& arguments) {
  TextBuilder out(run.budget);
  BraceFormatter(run, arguments, text.string_data().safe).format(out, text.marked(), 1);
  return out.take_value(text.string_data().safe);
}

}  // namespace templates
