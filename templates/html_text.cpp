#include "templates/html_text.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "templates/characters.h"
#include "templates/escape.h"
#include "templates/iteration.h"
#include "templates/operators.h"
#include "templates/printing.h"
#include "templates/text_operations.h"

namespace templates {

namespace {

// Everything but what stands between two marks, again and again; an opening mark without its end stays.
MarkedText remove_between(Run& run, const MarkedText& text, std::string_view open, std::string_view close) {
  TextBuilder out(run.budget);
  const std::string& bytes = text.text();
  std::size_t done = 0;
  for (;;) {
    const std::size_t begin = find_text(bytes, open, done);
    const std::size_t end = begin == std::string::npos ? begin : find_text(bytes, close, begin);
    if (end == std::string::npos) break;
    out.append(text, done, begin);
    done = end + close.size();
  }
  out.append(text, done, bytes.size());
  return out.take();
}

struct Entity {
  std::string_view name;
  std::string_view text;
};
constexpr Entity kEntities[] = {{"amp", "&"},         {"lt", "<"},         {"gt", ">"},         {"quot", "\""},
                                {"apos", "'"},        {"nbsp", "\u00A0"},  {"copy", "\u00A9"},  {"reg", "\u00AE"},
                                {"hellip", "\u2026"}, {"mdash", "\u2014"}, {"ndash", "\u2013"}, {"laquo", "\u00AB"},
                                {"raquo", "\u00BB"},  {"euro", "\u20AC"},  {"deg", "\u00B0"}};

// The text that "&...;" stands for, or nothing.
std::optional<std::string> read_entity(std::string_view name) {
  if (name.size() > 1 && name[0] == '#') {
    const bool hex = (name[1] | 0x20) == 'x';
    const std::string_view digits = name.substr(hex ? 2 : 1);
    std::uint32_t code = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
    if (error != std::errc() || end != digits.data() + digits.size() || code > 0x10FFFF || code == 0)
      return std::nullopt;
    std::string text;
    append_utf8(text, code);
    return text;
  }
  for (const Entity& entity : kEntities) {
    if (entity.name == name) return std::string(entity.text);
  }
  return std::nullopt;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

void append_quoted(Run& run, TextBuilder& out, const Value& value, bool for_query) {
  constexpr char kHex[] = "0123456789ABCDEF";
  const Value text = to_text(run, value);
  const MarkedText& marked = text.marked();
  for (std::size_t i = 0; i < marked.size(); ++i) {
    const char c = marked.text()[i];
    if (is_unreserved(c) || (c == '/' && !for_query)) {
      out.append(marked, i, i + 1);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    const char encoded[] = {'%', kHex[byte >> 4], kHex[byte & 15]};
    const bool plus = c == ' ' && for_query;
    out.append(plus ? std::string_view("+") : std::string_view(encoded, 3), marked.from_template_at(i));
  }
}

}  // namespace

Value strip_tags(Run& run, const Value& text) {
  const MarkedText bare = remove_between(run, remove_between(run, text.marked(), "<!--", "-->"), "<", ">");
  TextBuilder joined(run.budget);
  const Value words = split(run, run.budget.text(bare), Value::missing(), -1, false);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) joined.say(" ");
    joined.append(words.at(i).marked());
  }
  const MarkedText& marked = joined.marked();
  const std::string& bytes = marked.text();
  TextBuilder out(run.budget);
  std::size_t done = 0;
  for (std::size_t at = 0; (at = bytes.find('&', at)) != std::string::npos; ++at) {
    constexpr std::size_t kLongest = 12;
    const std::size_t end = bytes.find(';', at);
    if (end == std::string::npos || end - at > kLongest) continue;
    const auto entity = read_entity(std::string_view(bytes).substr(at + 1, end - at - 1));
    if (!entity) continue;
    out.append(marked, done, at);
    out.append(*entity, marked.from_template_at(at));
    done = end + 1;
    at = end;
  }
  out.append(marked, done, bytes.size());
  return out.take_value();
}

Value url_encode(Run& run, const Value& value) {
  TextBuilder out(run.budget);
  if (value.is_string() || !is_iterable(run, value)) {
    append_quoted(run, out, value, false);
    return out.take_value();
  }
  bool first = true;
  const auto add = [&](const Value& key, const Value& item) {
    if (!first) out.say("&");
    first = false;
    append_quoted(run, out, key, true);
    out.say("=");
    append_quoted(run, out, item, true);
  };
  if (value.is_dict()) {
    for (const auto& entry : value.dict_data().entries()) add(entry.key, entry.value);
    return out.take_value();
  }
  Cursor cursor(run, value);
  for (Value item; cursor.next(item);) {
    const std::vector<Value> pair = collect(run, item);
    if (pair.size() != 2) fail("urlencode takes pairs, not " + std::to_string(pair.size()) + " values");
    add(pair[0], pair[1]);
  }
  return out.take_value();
}

Value xml_attributes(Run& run, const Value& dict, bool leading_space) {
  if (!dict.is_dict()) fail("xmlattr takes a mapping, not " + std::string(type_name(dict)));
  TextBuilder out(run.budget);
  for (const auto& entry : dict.dict_data().entries()) {
    if (entry.value.is_none() || entry.value.is_undefined()) continue;
    if (!entry.key.is_string())
      fail("expected string or bytes-like object, got '" + std::string(type_name(entry.key)) + "'");
    if (entry.key.text().find_first_of(" \t\n\r\f\v/>=") != std::string::npos)
      fail("Invalid character in attribute name: " + repr(run, entry.key));
    if (leading_space || out.size() > 0) out.say(" ");
    append_escaped(run, out, entry.key);
    out.say("=\"");
    append_escaped(run, out, entry.value);
    out.say("\"");
  }
  return out.take_value(run.autoescape);
}

}  // namespace templates
