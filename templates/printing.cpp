#include "templates/printing.h"

#include <cstdio>

#include "templates/arithmetic.h"
#include "templates/characters.h"

namespace templates {

namespace {

std::string escape_of(char32_t code) {
  char buffer[12];
  if (code <= 0xFF)
    std::snprintf(buffer, sizeof buffer, "\\x%02x", static_cast<unsigned>(code));
  else if (code <= 0xFFFF)
    std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(code));
  else
    std::snprintf(buffer, sizeof buffer, "\\U%08x", static_cast<unsigned>(code));
  return buffer;
}

void print_sequence(Run& run, TextBuilder& out, const Value& value) {
  const Budget::Level level(run.budget);
  out.say(value.is_list() ? "[" : "(");
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (i > 0) out.say(", ");
    print_repr(run, out, value.at(i));
  }
  if (value.is_tuple() && value.size() == 1) out.say(",");
  out.say(value.is_list() ? "]" : ")");
}

void print_dict(Run& run, TextBuilder& out, const Value& value) {
  const Budget::Level level(run.budget);
  out.say("{");
  bool first = true;
  for (const auto& entry : value.dict_data().entries()) {
    if (!first) out.say(", ");
    first = false;
    print_repr(run, out, entry.key);
    out.say(": ");
    print_repr(run, out, entry.value);
  }
  out.say("}");
}

}  // namespace

void print_quoted(TextBuilder& out, const MarkedText& text) {
  const std::string& bytes = text.text();
  const char quote = bytes.find('\'') != std::string::npos && bytes.find('"') == std::string::npos ? '"' : '\'';
  out.say({&quote, 1});
  std::size_t done = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto byte = static_cast<unsigned char>(bytes[at]);
    if (byte >= 0x20 && byte < 0x7F && byte != '\\' && byte != static_cast<unsigned char>(quote)) {
      ++at;
      continue;
    }
    const Character character = character_at(bytes, at);
    if (byte >= 0x80 && is_printable(character.code)) {
      at += character.bytes;
      continue;
    }
    out.append(text, done, at);
    const char32_t code = character.code;
    const std::string escape = code == '\n'                                ? "\\n"
                               : code == '\r'                              ? "\\r"
                               : code == '\t'                              ? "\\t"
                               : code == '\\'                              ? "\\\\"
                               : byte == static_cast<unsigned char>(quote) ? std::string("\\") + quote
                                                                           : escape_of(code);
    out.append(escape, text.from_template_at(at));
    at += character.bytes;
    done = at;
  }
  out.append(text, done, bytes.size());
  out.say({&quote, 1});
}

void print_repr(Run& run, TextBuilder& out, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::Missing:
    case Value::Kind::Undefined:
      out.say("Undefined");
      break;
    case Value::Kind::None:
      out.say("None");
      break;
    case Value::Kind::Bool:
      out.say(value.as_bool() ? "True" : "False");
      break;
    case Value::Kind::Int:
      out.say(std::to_string(value.as_int()));
      break;
    case Value::Kind::Float:
      out.say(float_text(value.as_float()));
      break;
    case Value::Kind::String:
      if (value.string_data().safe) out.say("Markup(");
      print_quoted(out, value.marked());
      if (value.string_data().safe) out.say(")");
      break;
    case Value::Kind::List:
    case Value::Kind::Tuple:
      print_sequence(run, out, value);
      break;
    case Value::Kind::Dict:
      print_dict(run, out, value);
      break;
    case Value::Kind::Object: {
      const Budget::Level level(run.budget);
      value.object().print(run, out);
      break;
    }
  }
}

void print(Run& run, TextBuilder& out, const Value& value) {
  if (value.is_string())
    out.append(value.marked());
  else if (!value.is_undefined() && !value.is_missing())
    print_repr(run, out, value);
}

Value to_text(Run& run, const Value& value) {
  if (value.is_string()) return value;
  TextBuilder out(run.budget);
  print(run, out, value);
  return out.take_value();
}

std::string repr(Run& run, const Value& value) {
  constexpr std::size_t kLongest = 200;
  TextBuilder out(run.budget);
  print_repr(run, out, value);
  std::string text = out.take().text();
  if (text.size() <= kLongest) return text;
  std::size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

}  // namespace templates
