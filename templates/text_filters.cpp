#include <algorithm>

#include "templates/arithmetic.h"
#include "templates/characters.h"
#include "templates/escape.h"
#include "templates/filters.h"
#include "templates/formatting.h"
#include "templates/html_text.h"
#include "templates/iteration.h"
#include "templates/operators.h"
#include "templates/printing.h"
#include "templates/text_operations.h"
#include "templates/undefined.h"
#include "templates/word_wrap.h"

namespace templates {

namespace {

using Call = Builtin::Call;

Value filter_trim(Run& run, const Call& call) {
  return strip(run, to_text(run, call.self), call[0], true, true);
}

template <Letters to>
Value filter_letters(Run& run, const Call& call) {
  return change_letters(run, to_text(run, call.self), to);
}

// Jinja's own idea of a title: words begin after spaces, dashes and opening brackets.
Value filter_title(Run& run, const Call& call) {
  const Value text = to_text(run, call.self);
  const MarkedText& marked = text.marked();
  const std::string& bytes = marked.text();
  const auto separates = [](char32_t code) {
    return is_space(code) || code == '-' || code == '(' || code == '{' || code == '[' || code == '<';
  };
  TextBuilder out(run.budget);
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t begin = at;
    const bool gap = separates(character_at(bytes, at).code);
    while (at < bytes.size() && separates(character_at(bytes, at).code) == gap) at += character_at(bytes, at).bytes;
    if (gap) {
      out.append(marked, begin, at);
      continue;
    }
    const std::size_t second = begin + character_at(bytes, begin).bytes;
    append_letters(out, marked, begin, second, Letters::Upper);
    append_letters(out, marked, second, at, Letters::Lower);
  }
  return out.take_value();
}

Value filter_replace(Run& run, const Call& call) {
  const std::int64_t count = call.has(2) && !call[2].is_none() ? as_index(run, call[2]) : -1;
  Value text = to_text(run, call.self);
  if (run.autoescape) {
    const auto safe = [](const Value& value) { return value.is_string() && value.string_data().safe; };
    if (safe(call[0]) || (safe(call[1]) && !safe(call.self))) {
      TextBuilder escaped(run.budget);
      append_escaped(run, escaped, text);
      text = escaped.take_value(true);
    }
  } else if (text.string_data().safe) {
    text = run.budget.text(text.marked());
  }
  return replace(run, text, to_text(run, call[0]), to_text(run, call[1]), count);
}

Value filter_center(Run& run, const Call& call) {
  Arguments arguments;
  arguments.positional.push_back(call.has(0) ? call[0] : Value(80));
  const Value text = to_text(run, call.self);
  return call_builtin(run, *find_method(text, "center"), text, arguments);
}

Value filter_string(Run& run, const Call& call) {
  return to_text(run, call.self);
}

Value filter_escape(Run& run, const Call& call) {
  TextBuilder out(run.budget);
  append_escaped(run, out, call.self);
  return out.take_value(true);
}

Value filter_forceescape(Run& run, const Call& call) {
  TextBuilder out(run.budget);
  escape_html(out, to_text(run, call.self).marked());
  return out.take_value(true);
}

Value filter_safe(Run& run, const Call& call) {
  const Value text = to_text(run, call.self);
  run.budget.work_on_bytes(text.text().size());
  run.budget.require(text.text().size());
  return run.budget.text(text.marked(), true);
}

Value filter_striptags(Run& run, const Call& call) {
  return strip_tags(run, to_text(run, call.self));
}

Value filter_urlencode(Run& run, const Call& call) {
  return url_encode(run, call.self);
}

Value filter_xmlattr(Run& run, const Call& call) {
  return xml_attributes(run, call.self, !call.has(0) || truth(call[0]));
}

Value filter_format(Run& run, const Call& call) {
  const Arguments& given = call.given;
  if (!given.positional.empty() && !given.keywords.empty())
    fail("can't handle positional and keyword arguments at the same time");
  const Value text = to_text(run, call.self);
  if (given.keywords.empty()) return format_percent(run, text, run.budget.tuple(given.positional));
  auto named = std::make_unique<DictData>();
  for (const auto& [name, value] : given.keywords) named->set(run.budget.text(name), value, &run.budget);
  return format_percent(run, text, run.budget.dict(named.release()));
}

Value filter_indent(Run& run, const Call& call) {
  require_text(run, call.self, "indent takes a text, not ");
  TextBuilder lead(run.budget);
  if (call.has(0) && call[0].is_string()) {
    lead.append(call[0].marked());
  } else {
    const std::int64_t width = call.has(0) ? as_index(run, call[0]) : 4;
    if (width > 0) lead.repeat(" ", static_cast<std::size_t>(width));
  }
  const bool first = call.has(1) && truth(call[1]);
  const bool blank = call.has(2) && truth(call[2]);
  const MarkedText& indentation = lead.marked();
  // One line end more keeps an empty last line.
  TextBuilder text(run.budget);
  text.append(call.self.marked());
  text.say("\n");
  const Value lines = split_lines(run, text.take_value(), false);
  TextBuilder out(run.budget);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const MarkedText& line = lines.at(i).marked();
    if (i > 0) out.say("\n");
    if (i == 0 ? first : blank || !line.empty()) out.append(indentation);
    out.append(line);
  }
  return out.take_value(call.self.string_data().safe);
}

Value filter_truncate(Run& run, const Call& call) {
  const std::int64_t length = call.has(0) ? as_index(run, call[0]) : 255;
  const bool kill_words = call.has(1) && truth(call[1]);
  const Value end =
      call.has(2) ? require_text(run, call[2], "truncate ends with a text, not ") : run.budget.text("...");
  const std::int64_t leeway = call.has(3) && !call[3].is_none() ? as_index(run, call[3]) : 5;
  const std::int64_t end_length = end.string_data().length();
  if (length < end_length) fail("expected length >= " + std::to_string(end_length) + ", got " + std::to_string(length));
  if (leeway < 0) fail("expected leeway >= 0, got " + std::to_string(leeway));
  const auto size = length_of(call.self);
  if (!size) fail("object of type '" + std::string(type_name(call.self)) + "' has no len()");
  if (*size <= length || *size - length <= leeway) return call.self;
  const Value& text = require_text(run, call.self, "truncate takes a text, not ");
  std::size_t cut = byte_of_character(text.text(), static_cast<std::size_t>(length - end_length));
  if (!kill_words) {
    const std::size_t space = std::string_view(text.text()).substr(0, cut).rfind(' ');
    if (space != std::string_view::npos) cut = space;
  }
  TextBuilder out(run.budget);
  out.append(text.marked(), 0, cut);
  out.append(end.marked());
  return out.take_value(text.string_data().safe);
}

Value filter_wordcount(Run& run, const Call& call) {
  const std::string text = to_text(run, call.self).text();
  run.budget.work_on_bytes(text.size());
  std::int64_t count = 0;
  bool inside = false;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    const bool part = is_name_part(character.code) || is_numeric(character.code);
    if (part && !inside) ++count;
    inside = part;
    at += character.bytes;
  }
  return count;
}

Value filter_wordwrap(Run& run, const Call& call) {
  WrapStyle style;
  require_text(run, call.self, "wordwrap takes a text, not ");
  if (call.has(0)) style.width = as_index(run, call[0]);
  if (call.has(1)) style.break_long_words = truth(call[1]);
  if (call.has(3)) style.break_on_hyphens = truth(call[3]);
  const Value joint = call.has(2) && !call[2].is_none() ? call[2] : run.budget.text("\n");
  return wrap_words(run, call.self, style, require_text(run, joint, "wrapstring must be str, not "));
}

constexpr Builtin kFilters[] = {
    {"capitalize", "", filter_letters<Letters::Capitalize>},
    {"center", "width?", filter_center},
    {"e", "", filter_escape},
    {"escape", "", filter_escape},
    {"forceescape", "", filter_forceescape},
    {"format", "*", filter_format},
    {"indent", "width? first? blank?", filter_indent},
    {"lower", "", filter_letters<Letters::Lower>},
    {"replace", "old new count?", filter_replace},
    {"safe", "", filter_safe},
    {"string", "", filter_string},
    {"striptags", "", filter_striptags},
    {"title", "", filter_title},
    {"trim", "chars?", filter_trim},
    {"truncate", "length? killwords? end? leeway?", filter_truncate},
    {"upper", "", filter_letters<Letters::Upper>},
    {"urlencode", "", filter_urlencode},
    {"wordcount", "", filter_wordcount},
    {"wordwrap", "width? break_long_words? wrapstring? break_on_hyphens?", filter_wordwrap},
    {"xmlattr", "autospace?", filter_xmlattr},
};

}  // namespace

std::span<const Builtin> text_filters() {
  return kFilters;
}

}  // namespace templates
