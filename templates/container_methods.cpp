#include <cmath>

#include "templates/arithmetic.h"
#include "templates/functions.h"
#include "templates/iteration.h"
#include "templates/objects.h"
#include "templates/operators.h"
#include "templates/printing.h"

namespace templates {

namespace {

using Call = Builtin::Call;

Value sequence_count(Run& run, const Call& call) {
  std::int64_t count = 0;
  for (const Value& item : call.self.list_data().items) {
    run.budget.work(1);
    if (equals(run, item, call[0])) ++count;
  }
  return count;
}

Value sequence_index(Run& run, const Call& call) {
  const auto length = static_cast<std::int64_t>(call.self.size());
  const auto bound = [&](std::size_t parameter, std::int64_t otherwise) {
    if (!call.has(parameter)) return otherwise;
    const std::int64_t index = as_index(run, call[parameter]);
    return std::min(index < 0 ? std::max<std::int64_t>(index + length, 0) : index, length);
  };
  for (std::int64_t i = bound(1, 0), end = bound(2, length); i < end; ++i) {
    run.budget.work(1);
    if (equals(run, call.self.at(static_cast<std::size_t>(i)), call[0])) return i;
  }
  if (call.self.is_tuple()) fail("tuple.index(x): x not in tuple");
  fail(repr(run, call[0]) + " is not in list");
}

Value list_copy(Run& run, const Call& call) {
  return run.budget.list(collect(run, call.self));
}

constexpr Builtin kSequenceMethods[] = {
    {"count", "/ value", sequence_count},
    {"index", "/ value start? stop?", sequence_index},
};
constexpr Builtin kListMethods[] = {{"copy", "", list_copy}};

Value dict_get(Run& run, const Call& call) {
  const Value* value = call.self.dict_data().find(call[0], &run.budget);
  if (value != nullptr) return *value;
  return call.has(1) ? call[1] : Value();
}

template <DictView::Part part>
Value dict_view(Run& run, const Call& call) {
  return run.budget.object(new DictView(call.self, part));
}

Value dict_copy(Run& run, const Call& call) {
  auto copy = std::make_unique<DictData>();
  for (const auto& entry : call.self.dict_data().entries()) copy->set(entry.key, entry.value, &run.budget);
  return run.budget.dict(copy.release());
}

Value dict_fromkeys(Run& run, const Call& call) {
  auto dict = std::make_unique<DictData>();
  Cursor cursor(run, call[0]);
  for (Value key; cursor.next(key);) {
    if (dict->memory() > run.budget.memory_left()) run.budget.fail_memory();
    dict->set(key, call.has(1) ? call[1] : Value(), &run.budget);
  }
  return run.budget.dict(dict.release());
}

constexpr Builtin kDictMethods[] = {
    {"copy", "", dict_copy},
    {"fromkeys", "/ iterable value?", dict_fromkeys},
    {"get", "/ key default?", dict_get},
    {"items", "", dict_view<DictView::Part::Items>},
    {"keys", "", dict_view<DictView::Part::Keys>},
    {"values", "", dict_view<DictView::Part::Values>},
};

std::uint64_t magnitude(Run& run, const Value& number) {
  const std::int64_t value = as_index(run, number);
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

Value whole_bit_length(Run& run, const Call& call) {
  std::int64_t bits = 0;
  for (std::uint64_t rest = magnitude(run, call.self); rest != 0; rest >>= 1) ++bits;
  return bits;
}

Value whole_bit_count(Run& run, const Call& call) {
  std::int64_t bits = 0;
  for (std::uint64_t rest = magnitude(run, call.self); rest != 0; rest &= rest - 1) ++bits;
  return bits;
}

Value whole_itself(Run& run, const Call& call) {
  return as_index(run, call.self);
}

Value whole_ratio(Run& run, const Call& call) {
  return run.budget.tuple({Value(as_index(run, call.self)), Value(1)});
}

constexpr Builtin kWholeMethods[] = {
    {"as_integer_ratio", "", whole_ratio},
    {"bit_count", "", whole_bit_count},
    {"bit_length", "", whole_bit_length},
    {"conjugate", "", whole_itself},
};

Value real_is_integer(Run&, const Call& call) {
  return std::isfinite(call.self.as_float()) && std::floor(call.self.as_float()) == call.self.as_float();
}

Value real_itself(Run&, const Call& call) {
  return call.self;
}

constexpr Builtin kRealMethods[] = {{"conjugate", "", real_itself}, {"is_integer", "", real_is_integer}};

}  // namespace

std::span<const Builtin> sequence_methods() {
  return kSequenceMethods;
}
std::span<const Builtin> list_methods() {
  return kListMethods;
}
std::span<const Builtin> dict_methods() {
  return kDictMethods;
}
std::span<const Builtin> whole_number_methods() {
  return kWholeMethods;
}
std::span<const Builtin> real_number_methods() {
  return kRealMethods;
}

}  // namespace templates
