#include "templates/arithmetic.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "templates/characters.h"

namespace templates {

namespace {

std::int64_t as_whole(const Value& number) {
  return number.is_bool() ? (number.as_bool() ? 1 : 0) : number.as_int();
}

int compare_whole_real(std::int64_t whole, double real) {
  if (std::isnan(real)) return 2;
  if (real >= 9223372036854775808.0) return -1;
  if (real < -9223372036854775808.0) return 1;
  const double floor = std::floor(real);
  const auto below = static_cast<std::int64_t>(floor);
  if (whole != below) return whole < below ? -1 : 1;
  return floor < real ? -1 : 0;
}

std::int64_t floor_divide(std::int64_t left, std::int64_t right) {
  if (right == 0) fail("integer division or modulo by zero");
  if (left == INT64_MIN && right == -1) fail_number("a division");
  const std::int64_t quotient = left / right;
  return left % right != 0 && (left < 0) != (right < 0) ? quotient - 1 : quotient;
}

std::int64_t modulo(std::int64_t left, std::int64_t right) {
  if (right == 0) fail("integer modulo by zero");
  if (right == -1) return 0;
  const std::int64_t rest = left % right;
  return rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest;
}

Value power(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) {
    if (base == 0) fail("0.0 cannot be raised to a negative power");
    return std::pow(static_cast<double>(base), static_cast<double>(exponent));
  }
  std::int64_t result = 1;
  while (exponent > 0) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) fail_number("a power");
    exponent >>= 1;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) fail_number("a power");
  }
  return result;
}

Value calculate_whole(Arithmetic operation, std::int64_t left, std::int64_t right) {
  std::int64_t result = 0;
  switch (operation) {
    case Arithmetic::Add:
      if (__builtin_add_overflow(left, right, &result)) fail_number("a sum");
      return result;
    case Arithmetic::Subtract:
      if (__builtin_sub_overflow(left, right, &result)) fail_number("a difference");
      return result;
    case Arithmetic::Multiply:
      if (__builtin_mul_overflow(left, right, &result)) fail_number("a product");
      return result;
    case Arithmetic::Divide:
      if (right == 0) fail("division by zero");
      return static_cast<double>(static_cast<long double>(left) / static_cast<long double>(right));
    case Arithmetic::FloorDivide:
      return floor_divide(left, right);
    case Arithmetic::Modulo:
      return modulo(left, right);
    case Arithmetic::Power:
      break;
  }
  return power(left, right);
}

// Python's float divmod: the remainder has the sign of the divisor.
void divide_floor(double left, double right, double& quotient, double& rest) {
  rest = std::fmod(left, right);
  double exact = (left - rest) / right;
  if (rest != 0) {
    if ((right < 0) != (rest < 0)) {
      rest += right;
      exact -= 1;
    }
  } else {
    rest = std::copysign(0.0, right);
  }
  if (exact != 0) {
    quotient = std::floor(exact);
    if (exact - quotient > 0.5) quotient += 1;
  } else {
    quotient = std::copysign(0.0, left / right);
  }
}

Value power_real(double base, double exponent) {
  if (base == 0 && exponent < 0) fail("0.0 cannot be raised to a negative power");
  if (base < 0 && std::isfinite(base) && std::isfinite(exponent) && exponent != std::floor(exponent))
    fail("a negative number cannot be raised to a broken power here");
  const double result = std::pow(base, exponent);
  if (std::isinf(result) && std::isfinite(base) && std::isfinite(exponent))
    fail("(34, 'Numerical result out of range')");
  return result;
}

}  // namespace

Operand::Operand(Wide number) {
  is_wide = number > INT64_MAX || number < INT64_MIN;
  if (is_wide)
    wide = number;
  else
    value = static_cast<std::int64_t>(number);
}

Value Operand::take() && {
  if (is_wide) fail_number("a calculation");
  return std::move(value);
}

Operand calculate_wide(Run& run, Arithmetic operation, const Operand& left, const Operand& right) {
  const auto whole = [](const Operand& operand) {
    return operand.is_wide || operand.value.is_int() || operand.value.is_bool();
  };
  const bool exact =
      operation == Arithmetic::Add || operation == Arithmetic::Subtract || operation == Arithmetic::Multiply;
  if (!whole(left) || !whole(right) || !(exact || left.is_wide || right.is_wide)) {
    if (!left.is_wide && !right.is_wide) return calculate(run, operation, left.value, right.value);
    fail_number("a calculation");
  }
  const auto wide = [](const Operand& operand) {
    return operand.is_wide ? operand.wide : Operand::Wide{as_whole(operand.value)};
  };
  const Operand::Wide a = wide(left), b = wide(right);
  Operand::Wide result = 0;
  bool overflow = false;
  switch (operation) {
    case Arithmetic::Add:
      overflow = __builtin_add_overflow(a, b, &result);
      break;
    case Arithmetic::Subtract:
      overflow = __builtin_sub_overflow(a, b, &result);
      break;
    case Arithmetic::Multiply:
      overflow = __builtin_mul_overflow(a, b, &result);
      break;
    case Arithmetic::FloorDivide:
    case Arithmetic::Modulo: {
      if (b == 0) fail("integer division or modulo by zero");
      const Operand::Wide rest = a % b, shifted = rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
      result = operation == Arithmetic::Modulo ? shifted : (a - shifted) / b;
      break;
    }
    case Arithmetic::Divide:
      if (b == 0) fail("division by zero");
      return Value(static_cast<double>(static_cast<long double>(a) / static_cast<long double>(b)));
    case Arithmetic::Power:
      overflow = true;
      break;
  }
  if (overflow) fail_number("a calculation");
  return Operand(result);
}

double as_real(const Value& number) {
  return number.is_float() ? number.as_float() : static_cast<double>(as_whole(number));
}

int compare_numbers(const Value& left, const Value& right) {
  if (!left.is_float() && !right.is_float()) {
    const std::int64_t a = as_whole(left), b = as_whole(right);
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (!left.is_float()) return compare_whole_real(as_whole(left), right.as_float());
  if (!right.is_float()) {
    const int swapped = compare_whole_real(as_whole(right), left.as_float());
    return swapped == 2 ? 2 : -swapped;
  }
  const double a = left.as_float(), b = right.as_float();
  return a < b ? -1 : a > b ? 1 : a == b ? 0 : 2;
}

Value calculate_numbers(Arithmetic operation, const Value& left, const Value& right) {
  if (!left.is_float() && !right.is_float()) return calculate_whole(operation, as_whole(left), as_whole(right));
  const double a = as_real(left), b = as_real(right);
  switch (operation) {
    case Arithmetic::Add:
      return a + b;
    case Arithmetic::Subtract:
      return a - b;
    case Arithmetic::Multiply:
      return a * b;
    case Arithmetic::Divide:
      if (b == 0) fail("float division by zero");
      return a / b;
    case Arithmetic::FloorDivide:
    case Arithmetic::Modulo: {
      if (b == 0) fail(operation == Arithmetic::Modulo ? "float modulo" : "float floor division by zero");
      double quotient = 0, rest = 0;
      divide_floor(a, b, quotient, rest);
      return operation == Arithmetic::Modulo ? rest : quotient;
    }
    case Arithmetic::Power:
      break;
  }
  return power_real(a, b);
}

std::optional<std::int64_t> truncate(double real) {
  if (!std::isfinite(real)) return std::nullopt;
  if (real >= 9223372036854775808.0 || real < -9223372036854775808.0) fail_number("a conversion to an integer");
  return static_cast<std::int64_t>(real);
}

std::string float_text(double real) {
  if (std::isnan(real)) return "nan";
  if (std::isinf(real)) return real < 0 ? "-inf" : "inf";
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, real, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  std::string out;
  if (text.front() == '-') {
    out = "-";
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  int exponent = 0;
  const std::string_view power = text.substr(text[e + 1] == '+' ? e + 2 : e + 1);
  std::from_chars(power.data(), power.data() + power.size(), exponent);
  std::string digits(1, text[0]);
  if (e > 1) digits += text.substr(2, e - 2);
  // Python writes an exponent below -4 and from 16 on.
  if (exponent < -4 || exponent >= 16) {
    out += digits.substr(0, 1);
    if (digits.size() > 1) out += "." + digits.substr(1);
    const std::string magnitude = std::to_string(std::abs(exponent));
    return out + (exponent < 0 ? "e-" : "e+") + (magnitude.size() < 2 ? "0" : "") + magnitude;
  }
  if (exponent < 0) return out + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) return out + digits + std::string(whole - digits.size(), '0') + ".0";
  return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

namespace {

// The text without white space around it, digits of any script as ASCII; nothing if a character is neither.
std::optional<std::string> plain_number(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    at += character.bytes;
    if (character.code < 0x80)
      out.push_back(is_space(character.code) ? ' ' : static_cast<char>(character.code));
    else if (is_space(character.code))
      out.push_back(' ');
    else if (const int digit = decimal_value(character.code); digit >= 0)
      out.push_back(static_cast<char>('0' + digit));
    else
      return std::nullopt;
  }
  const std::size_t begin = out.find_first_not_of(' ');
  if (begin == std::string::npos) return std::nullopt;
  return out.substr(begin, out.find_last_not_of(' ') - begin + 1);
}

// Underscores may stand between digits; false if one stands elsewhere.
bool remove_underscores(std::string& text, bool after_prefix) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out.push_back(text[i]);
      continue;
    }
    const bool before = i > 0 ? std::isalnum(static_cast<unsigned char>(text[i - 1])) != 0 : after_prefix;
    const bool after = i + 1 < text.size() && std::isalnum(static_cast<unsigned char>(text[i + 1])) != 0;
    if (!before || !after) return false;
  }
  text = std::move(out);
  return true;
}

// Whether a decimal number that does not fit a float is too large, rather than too small: the place of its first digit.
bool is_huge(std::string_view text) {
  std::int64_t exponent = 0;
  const std::size_t e = text.find_first_of("eE");
  if (e != std::string_view::npos) {
    std::string_view power = text.substr(e + 1);
    if (!power.empty() && power[0] == '+') power.remove_prefix(1);
    const bool below = !power.empty() && power[0] == '-';
    if (std::from_chars(power.data(), power.data() + power.size(), exponent).ec == std::errc::result_out_of_range)
      return !below;
    text = text.substr(0, e);
  }
  const std::size_t digit = text.find_first_of("123456789");
  if (digit == std::string_view::npos) return false;
  const auto point = static_cast<std::int64_t>(std::min(text.find('.'), text.size()));
  return point - static_cast<std::int64_t>(digit) + exponent > 0;
}

}  // namespace

std::optional<std::int64_t> parse_int(std::string_view text, int base) {
  auto plain = plain_number(text);
  if (!plain) return std::nullopt;
  bool negative = false;
  std::string& digits = *plain;
  if (digits.starts_with('+') || digits.starts_with('-')) {
    negative = digits.starts_with('-');
    digits.erase(0, 1);
  }
  bool prefixed = false;
  if (digits.size() > 1 && digits[0] == '0') {
    const char mark = static_cast<char>(digits[1] | 0x20);
    const int meant = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
    if (meant != 0 && (base == 0 || base == meant)) {
      base = meant;
      digits.erase(0, 2);
      prefixed = true;
    }
  }
  if (base == 0) {
    base = 10;
    if (digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of("0_") != std::string::npos)
      return std::nullopt;
  }
  if (!remove_underscores(digits, prefixed) || digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (end != digits.data() + digits.size()) return std::nullopt;
  const std::uint64_t most = negative ? std::uint64_t{1} << 63 : (std::uint64_t{1} << 63) - 1;
  if (error == std::errc::result_out_of_range || value > most) fail_number("a conversion from text");
  return negative ? static_cast<std::int64_t>(0 - value) : static_cast<std::int64_t>(value);
}

std::optional<double> parse_float(std::string_view text) {
  auto plain = plain_number(text);
  if (!plain || !remove_underscores(*plain, false) || plain->empty()) return std::nullopt;
  const bool sign = (*plain)[0] == '+' || (*plain)[0] == '-';
  const bool negative = (*plain)[0] == '-';
  std::string_view body = std::string_view(*plain).substr(sign ? 1 : 0);
  if (body.empty() || body[0] == '+' || body[0] == '-') return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), value, std::chars_format::general);
  if (end != body.data() + body.size()) return std::nullopt;
  // from_chars leaves the value alone where it does not fit.
  if (error == std::errc::result_out_of_range) value = is_huge(body) ? HUGE_VAL : 0.0;
  // "nan(chars)" is C's, not Python's.
  if (error == std::errc::invalid_argument || body.find('(') != std::string_view::npos) return std::nullopt;
  return negative ? -value : value;
}

}  // namespace templates
