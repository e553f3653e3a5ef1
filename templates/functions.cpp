#include "templates/functions.h"

#include "templates/clock.h"
#include "templates/iteration.h"
#include "templates/objects.h"
#include "templates/operators.h"
#include "templates/printing.h"
#include "templates/text_operations.h"
#include "templates/undefined.h"

namespace templates {

namespace {

using Call = Builtin::Call;

// As the reference's sandbox has it.
constexpr std::uint64_t kMaxRange = 100'000;

Value function_range(Run& run, const Call& call) {
  const std::int64_t first = call.has(1) ? as_index(run, call[0]) : 0;
  const std::int64_t stop = as_index(run, call.has(1) ? call[1] : call[0]);
  const std::int64_t step = call.has(2) ? as_index(run, call[2]) : 1;
  if (step == 0) fail("range() arg 3 must not be zero");
  const auto u = [](std::int64_t number) { return static_cast<std::uint64_t>(number); };
  std::uint64_t count = 0;
  if (step > 0 && first < stop) count = (u(stop) - u(first) - 1) / u(step) + 1;
  if (step < 0 && first > stop) count = (u(first) - u(stop) - 1) / (0 - u(step)) + 1;
  if (count > kMaxRange) {
    fail("Range too big. The sandbox blocks ranges larger than MAX_RANGE (" + std::to_string(kMaxRange) + ").");
  }
  return run.budget.object(new RangeObject(first, stop, step, static_cast<std::int64_t>(count)));
}

// dict(mapping or pairs, name=value, ...) into `out`.
void fill_dict(Run& run, const Call& call, DictData& out) {
  const Arguments& given = call.given;
  if (given.positional.size() > 1)
    fail("dict expected at most 1 argument, got " + std::to_string(given.positional.size()));
  if (!given.positional.empty()) {
    const Value& source = given.positional[0];
    refuse_undefined(run, source);
    if (source.is_dict()) {
      run.budget.require(source.size() * sizeof(DictData::Entry));
      for (const auto& entry : source.dict_data().entries()) out.set(entry.key, entry.value, &run.budget);
    } else {
      require_iterable(run, source);
      Cursor cursor(run, source);
      for (Value item; cursor.next(item);) {
        const std::vector<Value> pair = collect(run, item);
        if (pair.size() != 2)
          fail("dictionary update sequence element has length " + std::to_string(pair.size()) + "; 2 is required");
        run.budget.require(out.memory());
        out.set(pair[0], pair[1], &run.budget);
      }
    }
  }
  for (const auto& [name, value] : given.keywords) out.set(run.budget.text(name), value, &run.budget);
}

Value function_dict(Run& run, const Call& call) {
  auto dict = std::make_unique<DictData>();
  fill_dict(run, call, *dict);
  return run.budget.dict(dict.release());
}

Value function_namespace(Run& run, const Call& call) {
  DictData values;
  fill_dict(run, call, values);
  auto* space = new NamespaceObject;
  Value value = run.budget.object(space);
  run.may_hold_themselves.push_back(value);
  for (const auto& entry : values.entries()) {
    if (entry.key.is_string()) space->set(run, entry.key, entry.value);
  }
  return value;
}

Value function_raise(Run& run, const Call& call) {
  throw TemplateError(ErrorKind::Raise, to_text(run, call[0]).text());
}

Value function_strftime(Run& run, const Call& call) {
  require_text(run, call[0], "strftime() argument 1 must be str, not ");
  TextBuilder out(run.budget);
  format_time(out, run.now, call[0].marked());
  return out.take_value();
}

Value function_cycler(Run& run, const Call& call) {
  if (call.given.positional.empty()) fail("at least one item has to be provided");
  return run.budget.object(new CyclerObject(call.given.positional), call.given.positional.size() * sizeof(Value));
}

Value function_joiner(Run& run, const Call& call) {
  return run.budget.object(new JoinerObject(call.has(0) ? call[0] : run.budget.text(", ")));
}

Value function_lipsum(Run&, const Call&) {
  fail("lipsum() is refused: a prompt is no place for random text");
}

constexpr Builtin kFunctions[] = {
    {"cycler", "*", function_cycler},
    {"dict", "*", function_dict},
    {"joiner", "sep?", function_joiner},
    {"lipsum", "*", function_lipsum},
    {"namespace", "*", function_namespace},
    {"raise_exception", "message", function_raise},
    {"range", "/ start stop? step?", function_range},
    {"strftime_now", "format", function_strftime},
};

}  // namespace

std::span<const Builtin> functions() {
  return kFunctions;
}

}  // namespace templates
