#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "templates/run.h"

namespace templates {

// Whether Python's iter() takes the value.
bool is_iterable(Run& run, const Value& value);
// Throws TemplateError (Runtime) unless the value can be iterated.
void require_iterable(Run& run, const Value& value);
// Python's len(); nothing where it refuses.
std::optional<std::int64_t> length_of(const Value& value);

// Walks through the items of a value: items, keys, characters. Throws TemplateError (Runtime) for what has none.
class Cursor {
 public:
  Cursor(Run& run, Value source);
  // Sets `out` and says true, or says false at the end.
  bool next(Value& out) {
    run_.budget.work(1);
    if (!source_.is_sequence()) return next_otherwise(out);
    if (at_ >= source_.list_data().items.size()) return false;
    out = source_.at(at_++);
    return true;
  }

 private:
  // Of a value that is no list or tuple.
  bool next_otherwise(Value& out);

  Run& run_;
  Value source_;
  Value iterator_;
  Iterator* lazy_ = nullptr;
  std::size_t at_ = 0;
};

// list(value)
std::vector<Value> collect(Run& run, const Value& value);
// iter(value): an Iterator over it.
Value make_iterator(Run& run, const Value& value);
// A lazy sequence that calls `step`; `step` is given `state` and changes it as it likes.
Value make_lazy(Run& run, std::vector<Value> state,
                std::function<bool(Run&, std::vector<Value>& state, Value& out)> step);

}  // namespace templates
