#include <algorithm>

#include "templates/characters.h"
#include "templates/functions.h"
#include "templates/operators.h"
#include "templates/text_operations.h"

namespace templates {

namespace {

using Call = Builtin::Call;

// The bytes of the characters from call[1] to call[2], as Python's find(sub, start, end) takes them.
struct Stretch {
  std::size_t begin, end;
  bool empty_range;  // the start lies after the end: not even "" is found
};

std::int64_t bound(Run& run, const Value& value, std::int64_t length, std::int64_t otherwise) {
  if (value.is_missing() || value.is_none()) return otherwise;
  const std::int64_t index = as_index(run, value);
  return index < 0 ? std::max<std::int64_t>(index + length, 0) : index;
}

Stretch stretch_of(Run& run, const Call& call) {
  const std::string& bytes = call.self.text();
  run.budget.work_on_bytes(bytes.size());
  if (!call.has(1)) return {0, bytes.size(), false};
  const std::int64_t length = call.self.string_data().length();
  const std::int64_t begin = bound(run, call[1], length, 0);
  const std::int64_t end = std::min(bound(run, call[2], length, length), length);
  if (begin > end) return {0, 0, true};
  return {byte_of_character(bytes, static_cast<std::size_t>(begin)),
          byte_of_character(bytes, static_cast<std::size_t>(end)), false};
}

// The character index of the first or last occurrence, or -1.
std::int64_t search(Run& run, const Call& call, bool last) {
  const std::string& part = require_text(run, call[0], "must be str, not ").text();
  const Stretch stretch = stretch_of(run, call);
  if (stretch.empty_range) return -1;
  run.budget.work_on_bytes(part.size());
  const std::string_view text = std::string_view(call.self.text()).substr(0, stretch.end);
  const std::string_view inside = text.substr(stretch.begin);
  const std::size_t found = last ? find_last_text(inside, part) : find_text(inside, part);
  if (found == std::string_view::npos) return -1;
  return static_cast<std::int64_t>(count_characters(text.substr(0, stretch.begin + found)));
}

template <bool last>
Value method_find(Run& run, const Call& call) {
  return search(run, call, last);
}

template <bool last>
Value method_index(Run& run, const Call& call) {
  const std::int64_t found = search(run, call, last);
  if (found < 0) fail("substring not found");
  return found;
}

Value method_count(Run& run, const Call& call) {
  const std::string& part = require_text(run, call[0], "must be str, not ").text();
  const Stretch stretch = stretch_of(run, call);
  if (stretch.empty_range) return 0;
  const std::string_view text = std::string_view(call.self.text()).substr(stretch.begin, stretch.end - stretch.begin);
  if (part.empty()) return count_characters(text) + 1;
  std::int64_t count = 0;
  for (std::size_t at = 0; (at = find_text(text, part, at)) != std::string_view::npos; at += part.size()) {
    run.budget.work_on_bytes(part.size());
    ++count;
  }
  return count;
}

template <bool at_end>
Value method_fits(Run& run, const Call& call) {
  const char* name = at_end ? "endswith" : "startswith";
  const Stretch stretch = stretch_of(run, call);
  const std::string_view text = std::string_view(call.self.text()).substr(stretch.begin, stretch.end - stretch.begin);
  const auto fits = [&](const Value& part) {
    if (!part.is_string())
      fail(std::string(name) + " first arg must be str or a tuple of str, not " + std::string(type_name(part)));
    return !stretch.empty_range && (at_end ? text.ends_with(part.text()) : text.starts_with(part.text()));
  };
  if (!call[0].is_tuple()) return fits(call[0]);
  for (std::size_t i = 0; i < call[0].size(); ++i) {
    run.budget.work(1);
    if (fits(call[0].at(i))) return true;
  }
  return false;
}

constexpr Builtin kMethods[] = {
    {"count", "/ sub start? end?", method_count},
    {"endswith", "/ suffix start? end?", method_fits<true>},
    {"find", "/ sub start? end?", method_find<false>},
    {"index", "/ sub start? end?", method_index<false>},
    {"rfind", "/ sub start? end?", method_find<true>},
    {"rindex", "/ sub start? end?", method_index<true>},
    {"startswith", "/ prefix start? end?", method_fits<false>},
};

template <bool (*holds)(char32_t)>
Value method_all(Run& run, const Call& call) {
  const std::string& text = call.self.text();
  run.budget.work_on_bytes(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    if (!holds(character.code)) return false;
    at += character.bytes;
  }
  return !text.empty();
}

bool is_letter_or_number(char32_t code) {
  return is_letter(code) || is_numeric(code);
}

// Some character of the wanted case and none of the other.
template <bool upper>
Value method_case(Run& run, const Call& call) {
  return has_only_case(run, call.self.text(), upper);
}

Value method_istitle(Run& run, const Call& call) {
  const std::string& text = call.self.text();
  run.budget.work_on_bytes(text.size());
  bool inside = false, found = false;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    at += character.bytes;
    const bool capital = is_upper(character.code) || is_title(character.code);
    if (!capital && !is_lower(character.code)) {
      inside = false;
      continue;
    }
    if (capital == inside) return false;
    inside = true;
    found = true;
  }
  return found;
}

Value method_isascii(Run&, const Call& call) {
  return call.self.string_data().ascii();
}

Value method_isprintable(Run& run, const Call& call) {
  return call.self.text().empty() ? Value(true) : method_all<is_printable>(run, call);
}

Value method_isidentifier(Run& run, const Call& call) {
  const std::string& text = call.self.text();
  run.budget.work_on_bytes(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    if (at == 0 ? !is_name_start(character.code) : !is_name_part(character.code)) return false;
    at += character.bytes;
  }
  return !text.empty();
}

constexpr Builtin kKindMethods[] = {
    {"isalnum", "", method_all<is_letter_or_number>},
    {"isalpha", "", method_all<is_letter>},
    {"isascii", "", method_isascii},
    {"isdecimal", "", method_all<is_decimal>},
    {"isdigit", "", method_all<is_digit>},
    {"isidentifier", "", method_isidentifier},
    {"islower", "", method_case<false>},
    {"isnumeric", "", method_all<is_numeric>},
    {"isprintable", "", method_isprintable},
    {"isspace", "", method_all<is_space>},
    {"istitle", "", method_istitle},
    {"isupper", "", method_case<true>},
};

}  // namespace

bool has_only_case(Run& run, std::string_view text, bool upper) {
  run.budget.work_on_bytes(text.size());
  bool found = false;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    at += character.bytes;
    if (upper ? is_lower(character.code) : is_upper(character.code)) return false;
    if (is_title(character.code)) return false;
    found |= upper ? is_upper(character.code) : is_lower(character.code);
  }
  return found;
}

std::span<const Builtin> text_search_methods() {
  return kMethods;
}

std::span<const Builtin> text_kind_methods() {
  return kKindMethods;
}

}  // namespace templates
