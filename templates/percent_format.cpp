#include <cmath>
#include <optional>

#include "templates/arithmetic.h"
#include "templates/characters.h"
#include "templates/escape.h"
#include "templates/formatting.h"
#include "templates/operators.h"
#include "templates/printing.h"
#include "templates/undefined.h"

namespace templates {

namespace {

class PercentFormatter {
 public:
  PercentFormatter(Run& run, const Value& text, const Value& values)
      : run_(run), format_(text.marked()), values_(values), safe_(text.string_data().safe), out_(run.budget) {}

  Value format() {
    const std::string& text = format_.text();
    std::size_t done = 0;
    for (std::size_t at = 0; (at = text.find('%', at)) != std::string::npos;) {
      out_.append(format_, done, at);
      at_ = at + 1;
      write_directive(format_.from_template_at(at));
      at = done = at_;
    }
    out_.append(format_, done, text.size());
    const std::size_t given = values_.is_tuple() ? values_.size() : 1;
    // Lists and dicts count as mappings, of which not every entry need be used.
    const bool mapping = values_.is_dict() || values_.is_list() || values_.is_undefined();
    if (next_ < given && !mapping) fail("not all arguments converted during string formatting");
    return out_.take_value(safe_);
  }

 private:
  char peek() const {
    if (at_ >= format_.size()) fail("incomplete format");
    return format_.text()[at_];
  }

  Value take() {
    if (key_) {
      const Value* value = values_.dict_data().find(*key_);
      if (value == nullptr) fail("'" + *key_ + "'");
      return *value;
    }
    const std::size_t given = values_.is_tuple() ? values_.size() : 1;
    if (next_ >= given) fail("not enough arguments for format string");
    return values_.is_tuple() ? values_.at(next_++) : (++next_, values_);
  }

  // A number in the format, or the next value for '*'.
  std::int64_t read_number() {
    if (peek() == '*') {
      ++at_;
      const Value value = take();
      if (!value.is_int() && !value.is_bool()) fail("* wants int");
      return as_index(run_, value);
    }
    std::int64_t number = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at_) {
      if (number > INT32_MAX) run_.budget.fail_memory();
      number = number * 10 + (peek() - '0');
    }
    return number;
  }

  void read_key() {
    key_.reset();
    if (peek() != '(') return;
    if (!values_.is_dict()) fail("format requires a mapping");
    const std::size_t begin = ++at_;
    for (int open = 1; open > 0; ++at_) {
      if (at_ >= format_.size()) fail("incomplete format key");
      if (peek() == '(') ++open;
      if (peek() == ')') --open;
    }
    key_ = format_.text().substr(begin, at_ - 1 - begin);
  }

  void write_directive(bool from_template) {
    FormatSpec spec;
    read_key();
    for (;; ++at_) {
      const char flag = peek();
      if (flag == '-')
        spec.align = '<';
      else if (flag == '+')
        spec.sign = '+';
      else if (flag == ' ' && spec.sign == 0)
        spec.sign = ' ';
      else if (flag == '#')
        spec.alternate = true;
      else if (flag == '0')
        spec.zero = true;
      else if (flag != ' ')
        break;
    }
    spec.width = read_number();
    if (spec.width < 0) {
      spec.align = '<';
      spec.width = -spec.width;
    }
    if (peek() == '.') {
      ++at_;
      spec.precision = std::max<std::int64_t>(read_number(), 0);
    }
    if (peek() == 'h' || peek() == 'l' || peek() == 'L') ++at_;
    spec.type = peek();
    ++at_;
    if (spec.align == '<') spec.zero = false;
    if (spec.type == '%') {
      out_.append("%", from_template);
      return;
    }
    write_value(spec, take());
  }

  void write_value(FormatSpec& spec, const Value& value) {
    switch (spec.type) {
      case 's':
      case 'r':
      case 'a':
        write_text(spec, value);
        break;
      case 'c':
        write_character(spec, value);
        break;
      case 'd':
      case 'i':
      case 'u':
      case 'x':
      case 'X':
      case 'o':
        write_whole(spec, value);
        break;
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        write_real(spec, value);
        break;
      default:
        fail(std::string("unsupported format character '") + spec.type + "' at index " + std::to_string(at_ - 1));
    }
  }

  void put_padded(const FormatSpec& spec, MarkedText text, bool is_safe) {
    if (safe_ && !is_safe) {
      TextBuilder escaped(run_.budget);
      escape_html(escaped, text);
      text = escaped.take();
    }
    std::size_t length = count_characters(text.text());
    if (spec.precision >= 0 && static_cast<std::size_t>(spec.precision) < length) {
      text = text.slice(0, byte_of_character(text.text(), static_cast<std::size_t>(spec.precision)));
      length = static_cast<std::size_t>(spec.precision);
    }
    append_padded(out_, text, static_cast<std::int64_t>(length), spec, '>');
  }

  void write_text(const FormatSpec& spec, const Value& value) {
    TextBuilder text(run_.budget);
    if (spec.type == 's')
      print(run_, text, value);
    else
      print_repr(run_, text, value);
    put_padded(spec, text.take(), spec.type == 's' && value.is_string() && value.string_data().safe);
  }

  void write_character(FormatSpec& spec, const Value& value) {
    spec.precision = -1;
    if (value.is_string() && value.string_data().length() == 1) {
      put_padded(spec, value.marked(), true);
      return;
    }
    if (!value.is_int() && !value.is_bool()) fail("%c requires int or char");
    const std::int64_t code = as_index(run_, value);
    if (code < 0 || code > 0x10FFFF) fail("%c arg not in range(0x110000)");
    std::string text;
    append_utf8(text, static_cast<char32_t>(code));
    put_padded(spec, MarkedText::from_template(std::move(text)), true);
  }

  std::string sign_of(const FormatSpec& spec, bool negative) const {
    return negative ? "-" : spec.sign != 0 ? std::string(1, spec.sign) : "";
  }

  void write_whole(const FormatSpec& spec, const Value& value) {
    std::int64_t number = 0;
    const bool decimal = spec.type == 'd' || spec.type == 'i' || spec.type == 'u';
    if (value.is_int() || value.is_bool()) {
      number = as_index(run_, value);
    } else if (value.is_float() && decimal) {
      const auto whole = truncate(value.as_float());
      if (!whole) fail("cannot convert float infinity or NaN to integer");
      number = *whole;
    } else {
      refuse_undefined(run_, value);
      fail(std::string("%") + spec.type + " format: " + (decimal ? "a real number" : "an integer") +
           " is required, not " + std::string(type_name(value)));
    }
    const std::uint64_t magnitude =
        number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    std::string digits = whole_digits(magnitude, spec.type);
    if (spec.precision > static_cast<std::int64_t>(digits.size())) {
      if (static_cast<std::uint64_t>(spec.precision) > run_.budget.memory_left()) run_.budget.fail_memory();
      digits.insert(0, static_cast<std::size_t>(spec.precision) - digits.size(), '0');
    }
    std::string prefix = sign_of(spec, number < 0);
    if (spec.alternate && !decimal) prefix += std::string("0") + spec.type;
    append_number(out_, std::move(prefix), std::move(digits), spec);
  }

  void write_real(const FormatSpec& spec, const Value& value) {
    if (!is_number(value)) {
      refuse_undefined(run_, value);
      fail("must be real number, not " + std::string(type_name(value)));
    }
    if (spec.precision > static_cast<std::int64_t>(run_.budget.memory_left() / 2)) run_.budget.fail_memory();
    const double number = as_real(value);
    FormatSpec padding = spec;
    if (!std::isfinite(number)) padding.zero = false;
    append_number(out_, sign_of(spec, std::signbit(number) && !std::isnan(number)),
                  real_digits(std::abs(number), spec.type, spec.precision, spec.alternate), padding);
  }

  Run& run_;
  const MarkedText& format_;
  const Value& values_;
  bool safe_;
  std::optional<std::string> key_;
  std::size_t at_ = 0;
  std::size_t next_ = 0;
  TextBuilder out_;
};

}  // namespace

Value format_percent(Run& run, const Value& text, const Value& values) {
  return PercentFormatter(run, text, values).format();
}

}  // namespace templates
