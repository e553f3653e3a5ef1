#include <algorithm>

#include "templates/arithmetic.h"
#include "templates/characters.h"
#include "templates/formatting.h"
#include "templates/functions.h"
#include "templates/iteration.h"
#include "templates/objects.h"
#include "templates/operators.h"
#include "templates/text_operations.h"
#include "templates/undefined.h"

namespace templates {

namespace {

using Call = Builtin::Call;

Value method_strip(Run& run, const Call& call) {
  return strip(run, call.self, call[0], true, true);
}
Value method_lstrip(Run& run, const Call& call) {
  return strip(run, call.self, call[0], true, false);
}
Value method_rstrip(Run& run, const Call& call) {
  return strip(run, call.self, call[0], false, true);
}

template <Letters to>
Value method_letters(Run& run, const Call& call) {
  return change_letters(run, call.self, to);
}

template <bool from_right>
Value method_split(Run& run, const Call& call) {
  return split(run, call.self, call[0], call.has(1) ? as_index(run, call[1]) : -1, from_right);
}

Value method_splitlines(Run& run, const Call& call) {
  return split_lines(run, call.self, call.has(0) && as_index(run, call[0]) != 0);
}

Value method_replace(Run& run, const Call& call) {
  require_text(run, call[0], "replace() argument 1 must be str, not ");
  require_text(run, call[1], "replace() argument 2 must be str, not ");
  return replace(run, call.self, call[0], call[1], call.has(2) ? as_index(run, call[2]) : -1);
}

Value method_join(Run& run, const Call& call) {
  TextBuilder out(run.budget);
  require_iterable(run, call[0]);
  Cursor cursor(run, call[0]);
  std::int64_t index = 0;
  for (Value item; cursor.next(item); ++index) {
    if (!item.is_string()) {
      fail("sequence item " + std::to_string(index) + ": expected str instance, " + std::string(type_name(item)) +
           " found");
    }
    if (index > 0) out.append(call.self.marked());
    out.append(item.marked());
  }
  return out.take_value(call.self.string_data().safe);
}

// (before, separator, after); where there is no separator, the text and two empty ones.
template <bool from_right>
Value method_partition(Run& run, const Call& call) {
  const std::string& bytes = call.self.text();
  const std::string& separator = require_text(run, call[0], "must be str, not ").text();
  if (separator.empty()) fail("empty separator");
  run.budget.work_on_bytes(bytes.size());
  const std::size_t at = from_right ? find_last_text(bytes, separator) : find_text(bytes, separator);
  const Value none = part_of(run, call.self, 0, 0);
  if (at == std::string::npos)
    return from_right ? run.budget.tuple({none, none, call.self}) : run.budget.tuple({call.self, none, none});
  const std::size_t end = at + separator.size();
  return run.budget.tuple(
      {part_of(run, call.self, 0, at), part_of(run, call.self, at, end), part_of(run, call.self, end, bytes.size())});
}

Value method_removeprefix(Run& run, const Call& call) {
  const std::string& prefix = require_text(run, call[0], "removeprefix() argument must be str, not ").text();
  return call.self.text().starts_with(prefix) ? part_of(run, call.self, prefix.size(), call.self.text().size())
                                              : call.self;
}

Value method_removesuffix(Run& run, const Call& call) {
  const std::string& suffix = require_text(run, call[0], "removesuffix() argument must be str, not ").text();
  if (suffix.empty() || !call.self.text().ends_with(suffix)) return call.self;
  return part_of(run, call.self, 0, call.self.text().size() - suffix.size());
}

std::string fill_of(Run& run, const Value& fill) {
  if (fill.is_missing()) return " ";
  if (require_text(run, fill, "The fill character must be a unicode character, not ").string_data().length() != 1)
    fail("The fill character must be exactly one character long");
  return fill.text();
}

Value pad(Run& run, const Call& call, bool left, bool right) {
  const std::int64_t length = call.self.string_data().length();
  const std::int64_t width = as_index(run, call[0]);
  const std::string fill = fill_of(run, call[1]);
  if (width <= length) return call.self;
  const std::int64_t missing = width - length;
  // Python's centre puts the odd space left where the width is odd, too.
  const std::int64_t before = !left ? 0 : !right ? missing : missing / 2 + (missing & width & 1);
  const bool by_template = !call.has(1) || call[1].marked().from_template_at(0);
  TextBuilder out(run.budget);
  if (static_cast<std::uint64_t>(missing) > run.budget.memory_left()) run.budget.fail_memory();
  const auto put = [&](std::int64_t times) {
    if (by_template) {
      out.repeat(fill, static_cast<std::size_t>(times));
    } else {
      for (; times > 0; --times) out.append(fill, false);
    }
  };
  put(before);
  out.append(call.self.marked());
  put(missing - before);
  return out.take_value(call.self.string_data().safe);
}

Value method_ljust(Run& run, const Call& call) {
  return pad(run, call, false, true);
}
Value method_rjust(Run& run, const Call& call) {
  return pad(run, call, true, false);
}
Value method_center(Run& run, const Call& call) {
  return pad(run, call, true, true);
}

Value method_zfill(Run& run, const Call& call) {
  const std::int64_t width = as_index(run, call[0]);
  const std::int64_t length = call.self.string_data().length();
  if (width <= length) return call.self;
  if (static_cast<std::uint64_t>(width - length) > run.budget.memory_left()) run.budget.fail_memory();
  const std::string& bytes = call.self.text();
  const std::size_t sign = !bytes.empty() && (bytes[0] == '-' || bytes[0] == '+') ? 1 : 0;
  TextBuilder out(run.budget);
  out.append(call.self.marked(), 0, sign);
  out.repeat("0", static_cast<std::size_t>(width - length));
  out.append(call.self.marked(), sign, bytes.size());
  return out.take_value(call.self.string_data().safe);
}

Value method_expandtabs(Run& run, const Call& call) {
  const std::int64_t size = call.has(0) ? as_index(run, call[0]) : 8;
  const MarkedText& marked = call.self.marked();
  TextBuilder out(run.budget);
  std::int64_t column = 0;
  for (std::size_t at = 0; at < marked.size();) {
    const Character character = character_at(marked.text(), at);
    if (character.code == '\t') {
      const std::int64_t spaces = size > 0 ? size - column % size : 0;
      if (static_cast<std::uint64_t>(spaces) > run.budget.memory_left()) run.budget.fail_memory();
      out.repeat(" ", static_cast<std::size_t>(spaces));
      column += spaces;
    } else {
      out.append(marked, at, at + character.bytes);
      column = character.code == '\n' || character.code == '\r' ? 0 : column + 1;
    }
    at += character.bytes;
  }
  return out.take_value(call.self.string_data().safe);
}

Value method_format(Run& run, const Call& call) {
  return format_braces(run, call.self, call.given);
}

Value method_format_map(Run& run, const Call& call) {
  if (call.given.positional.size() != 1 || !call.given.keywords.empty())
    fail("format_map() takes exactly one argument");
  const Value& map = call.given.positional[0];
  Arguments named;
  if (!map.is_dict()) fail("format_map() argument must be a mapping");
  for (const auto& entry : map.dict_data().entries()) {
    if (entry.key.is_string()) named.keywords.emplace_back(entry.key.text(), entry.value);
  }
  return format_braces(run, call.self, named);
}

Value method_encode(Run& run, const Call& call) {
  run.budget.work_on_bytes(call.self.text().size());
  run.budget.require(call.self.text().size());
  return run.budget.object(new BytesObject(call.self.text()), call.self.text().size());
}

constexpr Builtin kMethods[] = {
    {"capitalize", "", method_letters<Letters::Capitalize>},
    {"casefold", "", method_letters<Letters::Fold>},
    {"center", "/ width fill?", method_center},
    {"encode", "encoding? errors?", method_encode},
    {"expandtabs", "tabsize?", method_expandtabs},
    {"format", "*", method_format},
    {"format_map", "*", method_format_map},
    {"join", "/ iterable", method_join},
    {"ljust", "/ width fill?", method_ljust},
    {"lower", "", method_letters<Letters::Lower>},
    {"lstrip", "/ chars?", method_lstrip},
    {"partition", "/ sep", method_partition<false>},
    {"removeprefix", "/ prefix", method_removeprefix},
    {"removesuffix", "/ suffix", method_removesuffix},
    {"replace", "/ old new count?", method_replace},
    {"rjust", "/ width fill?", method_rjust},
    {"rpartition", "/ sep", method_partition<true>},
    {"rsplit", "sep? maxsplit?", method_split<true>},
    {"rstrip", "/ chars?", method_rstrip},
    {"split", "sep? maxsplit?", method_split<false>},
    {"splitlines", "keepends?", method_splitlines},
    {"strip", "/ chars?", method_strip},
    {"swapcase", "", method_letters<Letters::Swap>},
    {"title", "", method_letters<Letters::Title>},
    {"upper", "", method_letters<Letters::Upper>},
    {"zfill", "/ width", method_zfill},
};

}  // namespace

std::span<const Builtin> text_methods() {
  return kMethods;
}

}  // namespace templates
