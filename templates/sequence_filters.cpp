#include <algorithm>

#include "templates/arithmetic.h"
#include "templates/attribute_path.h"
#include "templates/escape.h"
#include "templates/filters.h"
#include "templates/iteration.h"
#include "templates/objects.h"
#include "templates/operators.h"
#include "templates/printing.h"
#include "templates/text_operations.h"
#include "templates/undefined.h"

namespace templates {

namespace {

using Call = Builtin::Call;

bool flag(const Call& call, std::size_t parameter) {
  return call.has(parameter) && truth(call[parameter]);
}

Value filter_length(Run&, const Call& call) {
  const auto length = length_of(call.self);
  if (!length) fail("object of type '" + std::string(type_name(call.self)) + "' has no len()");
  return *length;
}

Value filter_first(Run& run, const Call& call) {
  Cursor cursor(run, call.self);
  Value item;
  return cursor.next(item) ? item : undefined_because(run, "No first item, sequence was empty.");
}

// What Python's reversed() takes: things with a length and places.
std::vector<Value> reversed_items(Run& run, const Value& value) {
  const bool reversible = value.is_string() || value.is_sequence() || value.is_dict() || value.is_undefined() ||
                          value.object_as<RangeObject>() != nullptr || value.object_as<DictView>() != nullptr;
  refuse_undefined(run, value);
  if (!reversible) fail("'" + std::string(type_name(value)) + "' object is not reversible");
  std::vector<Value> items = collect(run, value);
  std::reverse(items.begin(), items.end());
  return items;
}

Value filter_last(Run& run, const Call& call) {
  if (call.self.is_undefined()) return undefined_because(run, "No last item, sequence was empty.");
  if (call.self.is_sequence() && call.self.size() > 0) return call.self.at(call.self.size() - 1);
  const std::vector<Value> items = reversed_items(run, call.self);
  return items.empty() ? undefined_because(run, "No last item, sequence was empty.") : items.front();
}

Value filter_reverse(Run& run, const Call& call) {
  if (call.self.is_string()) {
    const Value backwards = run.budget.text(call.self.marked(), call.self.string_data().safe);
    TextBuilder out(run.budget);
    std::vector<Value> characters = reversed_items(run, backwards);
    for (const Value& character : characters) out.append(character.marked());
    return out.take_value(call.self.string_data().safe);
  }
  if (!is_iterable(run, call.self)) fail("argument must be iterable");
  std::vector<Value> items = collect(run, call.self);
  std::reverse(items.begin(), items.end());
  const bool one_pass = call.self.is_sequence() || call.self.is_dict() ||
                        call.self.object_as<RangeObject>() != nullptr || call.self.object_as<DictView>() != nullptr;
  Value list = run.budget.list(std::move(items));
  return one_pass ? make_iterator(run, list) : list;
}

Value filter_random(Run& run, const Call& call) {
  const auto length = length_of(call.self);
  if (!length) fail("object of type '" + std::string(type_name(call.self)) + "' has no len()");
  if (*length == 0) return undefined_because(run, "No random item, sequence was empty.");
  // A prompt is to be the same each time, so the choice is always the first one.
  Cursor cursor(run, call.self);
  Value item;
  cursor.next(item);
  return item;
}

Value filter_list(Run& run, const Call& call) {
  return run.budget.list(collect(run, call.self));
}

Value filter_join(Run& run, const Call& call) {
  const Value separator = call.has(0) ? to_text(run, call[0]) : run.budget.text("");
  const AttributePath path(run, call[1]);
  require_iterable(run, call.self);
  std::vector<Value> items = collect(run, call.self);
  if (call.has(1) && !call[1].is_none()) {
    for (Value& item : items) item = path.follow(run, item);
  }
  const auto is_safe = [](const Value& value) { return value.is_string() && value.string_data().safe; };
  const bool safe = run.autoescape && (is_safe(separator) || std::any_of(items.begin(), items.end(), is_safe));
  TextBuilder out(run.budget);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (safe) {
      if (i > 0) append_escaped(run, out, separator);
      append_escaped(run, out, items[i]);
    } else {
      if (i > 0) out.append(separator.marked());
      print(run, out, items[i]);
    }
  }
  return out.take_value(safe);
}

// Stable, by keys made once for each item.
struct Keyed {
  Value key;
  Value item;
};

template <class Less>
void sort_keyed(Run& run, std::vector<Keyed>& items, bool reverse, Less key_less) {
  // Reversed so that equal items keep their order, as Python's sort does.
  if (reverse) std::reverse(items.begin(), items.end());
  std::stable_sort(items.begin(), items.end(), [&](const Keyed& a, const Keyed& b) {
    run.budget.work(2);
    return key_less(a.key, b.key);
  });
  if (reverse) std::reverse(items.begin(), items.end());
}

auto plain_order(Run& run) {
  return [&run](const Value& a, const Value& b) { return less(run, a, b); };
}

// Python's sorted() takes a whole number for `reverse`.
bool reverse_of(Run& run, const Call& call, std::size_t parameter) {
  return call.has(parameter) && as_index(run, call[parameter]) != 0;
}

std::vector<Keyed> keyed_items(Run& run, const Value& value, const std::vector<AttributePath>& paths,
                               bool case_sensitive, const Value& otherwise) {
  require_iterable(run, value);
  std::vector<Value> items = collect(run, value);
  run.budget.require(items.size() * sizeof(Keyed) * 2);
  std::vector<Keyed> out;
  out.reserve(items.size());
  for (Value& item : items) {
    std::vector<Value> keys;
    for (const AttributePath& path : paths) {
      Value key = path.follow(run, item, otherwise);
      keys.push_back(case_sensitive ? std::move(key) : without_case(run, key));
    }
    Value key = keys.size() == 1 ? std::move(keys[0]) : run.budget.list(std::move(keys));
    out.push_back({std::move(key), std::move(item)});
  }
  return out;
}

Value items_of(Run& run, std::vector<Keyed>& keyed) {
  std::vector<Value> items;
  items.reserve(keyed.size());
  for (Keyed& entry : keyed) items.push_back(std::move(entry.item));
  return run.budget.list(std::move(items));
}

Value filter_sort(Run& run, const Call& call) {
  std::vector<AttributePath> paths;
  if (call[2].is_string()) {
    const Value names = split(run, call[2], run.budget.text(","), -1, false);
    for (std::size_t i = 0; i < names.size(); ++i) paths.emplace_back(run, names.at(i));
  } else {
    paths.emplace_back(run, call[2]);
  }
  std::vector<Keyed> items = keyed_items(run, call.self, paths, flag(call, 1), Value::missing());
  // The reference compares lists of keys: of two equal keys the order is never asked.
  sort_keyed(run, items, reverse_of(run, call, 0), [&](const Value& a, const Value& b) {
    const bool plain = (a.is_string() && b.is_string()) || (is_number(a) && is_number(b));
    return (plain || !equals(run, a, b)) && less(run, a, b);
  });
  return items_of(run, items);
}

Value filter_dictsort(Run& run, const Call& call) {
  const std::string by = call.has(1) ? to_text(run, call[1]).text() : "key";
  if (by != "key" && by != "value") fail("You can only sort by either \"key\" or \"value\"");
  if (!call.self.is_dict()) {
    refuse_undefined(run, call.self);
    fail("'" + std::string(type_name(call.self)) + "' object has no attribute 'items'");
  }
  run.budget.require(call.self.size() * sizeof(Keyed) * 2);
  std::vector<Keyed> items;
  for (const auto& entry : call.self.dict_data().entries()) {
    const Value& key = by == "key" ? entry.key : entry.value;
    items.push_back({flag(call, 0) ? key : without_case(run, key), run.budget.tuple({entry.key, entry.value})});
  }
  sort_keyed(run, items, reverse_of(run, call, 2), plain_order(run));
  return items_of(run, items);
}

Value filter_groupby(Run& run, const Call& call) {
  const bool case_sensitive = flag(call, 2);
  const std::vector<AttributePath> paths = {AttributePath(run, call[0])};
  std::vector<Keyed> items = keyed_items(run, call.self, paths, case_sensitive, call[1]);
  sort_keyed(run, items, false, plain_order(run));
  std::vector<Value> groups;
  for (std::size_t begin = 0; begin < items.size();) {
    std::size_t end = begin + 1;
    while (end < items.size() && equals(run, items[end].key, items[begin].key)) ++end;
    // The group is named by its first item's own spelling.
    Value name = case_sensitive ? items[begin].key : paths[0].follow(run, items[begin].item, call[1]);
    std::vector<Value> members;
    for (std::size_t i = begin; i < end; ++i) members.push_back(items[i].item);
    auto* group = new ListData({std::move(name), run.budget.list(std::move(members))});
    group->group = true;
    groups.push_back(run.budget.object(group, 2 * sizeof(Value), Value::Kind::Tuple));
    begin = end;
  }
  return run.budget.list(std::move(groups));
}

template <bool largest>
Value filter_extreme(Run& run, const Call& call) {
  const AttributePath path(run, call[1]);
  const auto key_of = [&](const Value& item) {
    Value key = path.follow(run, item);
    return flag(call, 0) ? key : without_case(run, key);
  };
  Cursor cursor(run, call.self);
  Value best;
  if (!cursor.next(best)) return undefined_because(run, "No aggregated item, sequence was empty.");
  Value best_key = key_of(best);
  for (Value item; cursor.next(item);) {
    Value key = key_of(item);
    if (largest ? less(run, best_key, key, ">") : less(run, key, best_key)) {
      best = std::move(item);
      best_key = std::move(key);
    }
  }
  return best;
}

Value filter_sum(Run& run, const Call& call) {
  const AttributePath path(run, call[0]);
  Value total = call.has(1) ? call[1] : Value(0);
  if (total.is_string()) fail("sum() can't sum strings [use ''.join(seq) instead]");
  require_iterable(run, call.self);
  Cursor cursor(run, call.self);
  for (Value item; cursor.next(item);) total = calculate(run, Arithmetic::Add, total, path.follow(run, item));
  return total;
}

constexpr Builtin kFilters[] = {
    {"count", "", filter_length},
    {"dictsort", "case_sensitive? by? reverse?", filter_dictsort},
    {"first", "", filter_first},
    {"groupby", "attribute default? case_sensitive?", filter_groupby},
    {"join", "d? attribute?", filter_join},
    {"last", "", filter_last},
    {"length", "", filter_length},
    {"list", "", filter_list},
    {"max", "case_sensitive? attribute?", filter_extreme<true>},
    {"min", "case_sensitive? attribute?", filter_extreme<false>},
    {"random", "", filter_random},
    {"reverse", "", filter_reverse},
    {"sort", "reverse? case_sensitive? attribute?", filter_sort},
    {"sum", "attribute? start?", filter_sum},
};

}  // namespace

std::span<const Builtin> sequence_filters() {
  return kFilters;
}

}  // namespace templates
