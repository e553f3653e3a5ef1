#include <cmath>

#include "templates/arithmetic.h"
#include "templates/attributes.h"
#include "templates/filters.h"
#include "templates/formatting.h"
#include "templates/json_text.h"
#include "templates/operators.h"
#include "templates/printing.h"
#include "templates/text_operations.h"
#include "templates/undefined.h"

namespace templates {

namespace {

using Call = Builtin::Call;

Value filter_default(Run& run, const Call& call) {
  const bool boolean = call.has(1) && truth(call[1]);
  if (!call.self.is_undefined() && !(boolean && !truth(call.self))) return call.self;
  return call.has(0) ? call[0] : run.budget.text("");
}

Value filter_abs(Run& run, const Call& call) {
  refuse_undefined(run, call.self);
  if (call.self.is_float()) return std::abs(call.self.as_float());
  if (!is_number(call.self)) fail("bad operand type for abs(): '" + std::string(type_name(call.self)) + "'");
  const std::int64_t number = as_index(run, call.self);
  return number < 0 ? negate(run, number) : Value(number);
}

// int(value) of what is no text; nothing where Python raises TypeError or ValueError.
std::optional<std::int64_t> whole_of(Run& run, const Value& value) {
  if (value.is_int() || value.is_bool()) return as_index(run, value);
  return value.is_float() ? truncate(value.as_float()) : std::nullopt;
}

Value filter_int(Run& run, const Call& call) {
  refuse_undefined(run, call.self);
  const Value otherwise = call.has(0) ? call[0] : Value(0);
  if (!call.self.is_string()) {
    const auto whole = whole_of(run, call.self);
    return whole ? Value(*whole) : otherwise;
  }
  // A base that is none leaves it to the number being read as a float.
  const bool has_base = !call.has(1) || call[1].is_int() || call[1].is_bool();
  const std::int64_t base = has_base && call.has(1) ? as_index(run, call[1]) : 10;
  run.budget.work_on_bytes(call.self.text().size());
  // Python refuses to read longer numbers, as reading them takes too long.
  constexpr std::size_t kMostDigits = 4300;
  const bool base_fits = has_base && (base == 0 || (base >= 2 && base <= 36));
  if (base_fits && call.self.text().size() <= kMostDigits) {
    if (const auto whole = parse_int(call.self.text(), static_cast<int>(base))) return *whole;
  }
  const auto real = parse_float(call.self.text());
  if (!real) return otherwise;
  const auto whole = truncate(*real);
  return whole ? Value(*whole) : otherwise;
}

Value filter_float(Run& run, const Call& call) {
  refuse_undefined(run, call.self);
  const Value otherwise = call.has(0) ? call[0] : Value(0.0);
  if (is_number(call.self)) return as_real(call.self);
  if (!call.self.is_string()) return otherwise;
  run.budget.work_on_bytes(call.self.text().size());
  const auto real = parse_float(call.self.text());
  return real ? Value(*real) : otherwise;
}

// round(real, digits): the nearest decimal of the exact value, half to even, as Python's dtoa finds it.
double round_real(double real, std::int64_t digits) {
  constexpr std::int64_t kMostDigits = 323;
  if (!std::isfinite(real) || digits > kMostDigits) return real;
  if (digits < -308) return std::copysign(0.0, real);
  if (digits >= 0) {
    const double rounded = parse_float(real_digits(std::abs(real), 'f', digits, false)).value_or(real);
    return std::copysign(rounded, real);
  }
  const double unit = std::pow(10.0, static_cast<double>(-digits));
  return std::nearbyint(real / unit) * unit;
}

Value round_whole(std::int64_t number, std::int64_t digits) {
  if (digits >= 0) return number;
  if (digits < -18) return 0;
  std::int64_t unit = 1;
  for (std::int64_t i = 0; i < -digits; ++i) unit *= 10;
  std::int64_t rest = number % unit;
  if (rest < 0) rest += unit;
  std::int64_t result = 0;
  if (__builtin_sub_overflow(number, rest, &result)) fail_number("a rounding");
  const bool odd = (result / unit) % 2 != 0;
  if (rest > unit - rest || (rest == unit - rest && odd)) {
    if (__builtin_add_overflow(result, unit, &result)) fail_number("a rounding");
  }
  return result;
}

Value filter_round(Run& run, const Call& call) {
  const std::string method = call.has(1) ? to_text(run, call[1]).text() : "common";
  if (method != "common" && method != "ceil" && method != "floor") fail("method must be common, ceil or floor");
  refuse_undefined(run, call.self);
  if (!is_number(call.self)) fail("type " + std::string(type_name(call.self)) + " doesn't define __round__ method");
  if (method == "common") {
    if (call.has(0) && call[0].is_none()) {
      if (!call.self.is_float()) return as_index(run, call.self);
      const auto whole = truncate(round_real(call.self.as_float(), 0));
      if (!whole) fail("cannot convert float infinity or NaN to integer");
      return *whole;
    }
    const std::int64_t digits = call.has(0) ? as_index(run, call[0]) : 0;
    if (call.self.is_float()) return round_real(call.self.as_float(), digits);
    return round_whole(as_index(run, call.self), digits);
  }
  const Value scale = calculate(run, Arithmetic::Power, 10, call.has(0) ? call[0] : Value(0));
  const double scaled = as_real(calculate(run, Arithmetic::Multiply, call.self, scale));
  const auto whole = truncate(method == "ceil" ? std::ceil(scaled) : std::floor(scaled));
  if (!whole) fail("cannot convert float infinity or NaN to integer");
  return calculate(run, Arithmetic::Divide, *whole, scale);
}

Value filter_filesizeformat(Run& run, const Call& call) {
  const Arguments none;
  const Value number = call_builtin(run, *find_filter("float"), call.self, none);
  if (!is_number(call.self) && !(call.self.is_string() && parse_float(call.self.text())))
    fail("could not convert to a number of bytes: " + repr(run, call.self));
  const double bytes = number.as_float();
  const bool binary = call.has(0) && truth(call[0]);
  const double base = binary ? 1024 : 1000;
  if (bytes == 1) return run.budget.text("1 Byte");
  if (bytes < base) return run.budget.text(std::to_string(truncate(bytes).value_or(0)) + " Bytes");
  constexpr const char* kBinary[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"};
  constexpr const char* kDecimal[] = {"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
  double unit = base;
  int prefix = 0;
  for (; prefix < 8; ++prefix) {
    unit *= base;
    if (bytes < unit) break;
  }
  prefix = std::min(prefix, 7);
  return run.budget.text(real_digits(base * bytes / unit, 'f', 1, false) + " " + (binary ? kBinary : kDecimal)[prefix]);
}

Value filter_tojson(Run& run, const Call& call) {
  JsonStyle style;
  style.ascii_only = call.has(0) && truth(call[0]);
  style.sort_keys = call.has(3) && truth(call[3]);
  style.indented = call.has(1) && !call[1].is_none();
  if (style.indented) {
    TextBuilder indent(run.budget);
    if (call[1].is_string())
      indent.append(call[1].marked());
    else if (const std::int64_t width = as_index(run, call[1]); width > 0)
      indent.repeat(" ", static_cast<std::size_t>(width));
    style.indent = indent.take();
  }
  style.item_separator = MarkedText::from_template(style.indented ? "," : ", ");
  style.key_separator = MarkedText::from_template(": ");
  if (call.has(2) && !call[2].is_none()) {
    if (!call[2].is_sequence() || call[2].size() != 2 || !call[2].at(0).is_string() || !call[2].at(1).is_string())
      fail("separators must be a pair of texts");
    style.item_separator = call[2].at(0).marked();
    style.key_separator = call[2].at(1).marked();
  }
  TextBuilder out(run.budget);
  write_json(run, out, call.self, style);
  return out.take_value();
}

Value filter_attr(Run& run, const Call& call) {
  const Value& name = require_text(run, call[0], "attribute name must be string, not ");
  // The attribute only, never the item of that name.
  if (call.self.is_dict() && find_method(call.self, name.text()) == nullptr) {
    const Value value = get_attribute(run, Value::dict(), name);
    return value;
  }
  return get_attribute(run, call.self, name);
}

// Sorted keys, and one line while it fits.
Value filter_pprint(Run& run, const Call& call) {
  TextBuilder out(run.budget);
  print_pretty(run, out, call.self);
  return out.take_value();
}

Value filter_urlize(Run& run, const Call& call) {
  static_cast<void>(run);
  static_cast<void>(call);
  fail("urlize is refused: it makes links for web pages, and a prompt has none");
}

constexpr Builtin kFilters[] = {
    {"abs", "", filter_abs},
    {"attr", "name", filter_attr},
    {"d", "default_value? boolean?", filter_default},
    {"default", "default_value? boolean?", filter_default},
    {"filesizeformat", "binary?", filter_filesizeformat},
    {"float", "default?", filter_float},
    {"int", "default? base?", filter_int},
    {"pprint", "", filter_pprint},
    {"round", "precision? method?", filter_round},
    {"tojson", "ensure_ascii? indent? separators? sort_keys?", filter_tojson},
    {"urlize", "*", filter_urlize},
};

}  // namespace

std::span<const Builtin> value_filters() {
  return kFilters;
}

}  // namespace templates
