#include <cmath>

#include "templates/arithmetic.h"
#include "templates/functions.h"
#include "templates/iteration.h"
#include "templates/objects.h"
#include "templates/operators.h"
#include "templates/printing.h"
#include "templates/text_operations.h"
#include "templates/undefined.h"

namespace templates {

namespace {

using Call = Builtin::Call;

bool is_whole(const Value& value) {
  return value.is_int() || value.is_bool();
}

// value % 2, which only numbers have.
bool is_remainder(Run& run, const Value& value, const Value& divisor, const Value& rest) {
  return equals(run, calculate(run, Arithmetic::Modulo, value, divisor), rest);
}

Value test_odd(Run& run, const Call& call) {
  return is_remainder(run, call.self, 2, 1);
}
Value test_even(Run& run, const Call& call) {
  return is_remainder(run, call.self, 2, 0);
}
Value test_divisibleby(Run& run, const Call& call) {
  return is_remainder(run, call.self, call[0], 0);
}

Value test_defined(Run&, const Call& call) {
  return !call.self.is_undefined();
}
Value test_undefined(Run&, const Call& call) {
  return call.self.is_undefined();
}
Value test_filter(Run& run, const Call& call) {
  hash_key(call.self, &run.budget);
  return call.self.is_string() && find_filter(call.self.text()) != nullptr;
}
Value test_test(Run& run, const Call& call) {
  hash_key(call.self, &run.budget);
  return call.self.is_string() && find_test(call.self.text()) != nullptr;
}
Value test_none(Run&, const Call& call) {
  return call.self.is_none();
}
Value test_boolean(Run&, const Call& call) {
  return call.self.is_bool();
}
Value test_false(Run&, const Call& call) {
  return call.self.is_bool() && !call.self.as_bool();
}
Value test_true(Run&, const Call& call) {
  return call.self.is_bool() && call.self.as_bool();
}
Value test_integer(Run&, const Call& call) {
  return call.self.is_int();
}
Value test_float(Run&, const Call& call) {
  return call.self.is_float();
}
Value test_number(Run&, const Call& call) {
  return is_whole(call.self) || call.self.is_float();
}
Value test_string(Run&, const Call& call) {
  return call.self.is_string();
}
Value test_mapping(Run&, const Call& call) {
  return call.self.is_dict();
}

template <bool upper>
Value test_case(Run& run, const Call& call) {
  return has_only_case(run, to_text(run, call.self).text(), upper);
}

Value test_sequence(Run&, const Call& call) {
  const Value& value = call.self;
  // A namespace has items but no length, a dict view the reverse.
  return value.is_string() || value.is_sequence() || value.is_dict() || value.is_undefined() ||
         value.object_as<RangeObject>() != nullptr;
}

Value test_iterable(Run& run, const Call& call) {
  return is_iterable(run, call.self);
}
// Undefined values have a __call__, if one that only fails.
Value test_callable(Run&, const Call& call) {
  return call.self.is_undefined() || (call.self.is_object() && call.self.object().callable());
}
Value test_sameas(Run&, const Call& call) {
  return identical(call.self, call[0]);
}
Value test_escaped(Run&, const Call& call) {
  return call.self.is_string() && call.self.string_data().safe;
}
Value test_in(Run& run, const Call& call) {
  return contains(run, call[0], call.self);
}
Value test_eq(Run& run, const Call& call) {
  return equals(run, call.self, call[0]);
}
Value test_ne(Run& run, const Call& call) {
  return !equals(run, call.self, call[0]);
}
Value test_lt(Run& run, const Call& call) {
  return less(run, call.self, call[0], "<");
}
Value test_gt(Run& run, const Call& call) {
  return less(run, call[0], call.self, ">");
}
Value test_le(Run& run, const Call& call) {
  return less_or_equal(run, call.self, call[0], "<=");
}
Value test_ge(Run& run, const Call& call) {
  return less_or_equal(run, call[0], call.self, ">=");
}

constexpr Builtin kTests[] = {
    {"!=", "/ other", test_ne},
    {"<", "/ other", test_lt},
    {"<=", "/ other", test_le},
    {"==", "/ other", test_eq},
    {">", "/ other", test_gt},
    {">=", "/ other", test_ge},
    {"boolean", "", test_boolean},
    {"callable", "", test_callable},
    {"defined", "", test_defined},
    {"divisibleby", "num", test_divisibleby},
    {"eq", "/ other", test_eq},
    {"equalto", "/ other", test_eq},
    {"escaped", "", test_escaped},
    {"even", "", test_even},
    {"false", "", test_false},
    {"filter", "", test_filter},
    {"float", "", test_float},
    {"ge", "/ other", test_ge},
    {"greaterthan", "/ other", test_gt},
    {"gt", "/ other", test_gt},
    {"in", "seq", test_in},
    {"integer", "", test_integer},
    {"iterable", "", test_iterable},
    {"le", "/ other", test_le},
    {"lessthan", "/ other", test_lt},
    {"lower", "", test_case<false>},
    {"lt", "/ other", test_lt},
    {"mapping", "", test_mapping},
    {"ne", "/ other", test_ne},
    {"none", "", test_none},
    {"number", "", test_number},
    {"odd", "", test_odd},
    {"sameas", "other", test_sameas},
    {"sequence", "", test_sequence},
    {"string", "", test_string},
    {"test", "", test_test},
    {"true", "", test_true},
    {"undefined", "", test_undefined},
    {"upper", "", test_case<true>},
};

}  // namespace

std::span<const Builtin> tests() {
  return kTests;
}

}  // namespace templates
