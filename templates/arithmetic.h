#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "templates/operators.h"

namespace templates {

// Numbers as Python has them, with integers of 64 bits: what would grow beyond is TemplateError (Limit).

inline bool is_number(const Value& value) {
  return value.is_int() || value.is_float() || value.is_bool();
}
// An int, float or bool as a float.
double as_real(const Value& number);
// -1, 0 or 1; exact also between large ints and floats; 2 where one is not a number (NaN).
int compare_numbers(const Value& left, const Value& right);
Value calculate_numbers(Arithmetic operation, const Value& left, const Value& right);

// An operand inside one arithmetic expression: what lies between 64 and 128 bits may come up on the way to a result
// that fits, as in 4611686018427387904 * 2 - 1.
struct Operand {
  __extension__ typedef __int128 Wide;

  Operand(Value result) : value(std::move(result)) {}
  explicit Operand(Wide number);
  // The value, once the expression ends. Throws TemplateError (Limit) if it does not fit.
  Value take() &&;

  Value value;
  Wide wide = 0;  // while is_wide
  bool is_wide = false;
};
Operand calculate_wide(Run& run, Arithmetic operation, const Operand& left, const Operand& right);
// A float cut to an int; nothing for infinity and NaN. Throws TemplateError (Limit) beyond 64 bits.
std::optional<std::int64_t> truncate(double real);

// repr(float): the shortest digits that give the number back.
std::string float_text(double real);
// int(text, base) and float(text): nothing where Python raises ValueError. Base 0 or 2 to 36.
std::optional<std::int64_t> parse_int(std::string_view text, int base);
std::optional<double> parse_float(std::string_view text);

}  // namespace templates
