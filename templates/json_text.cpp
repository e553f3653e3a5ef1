#include "templates/json_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "templates/arithmetic.h"
#include "templates/characters.h"
#include "templates/operators.h"

namespace templates {

namespace {

class JsonWriter {
 public:
  JsonWriter(Run& run, TextBuilder& out, const JsonStyle& style) : run_(run), out_(out), style_(style) {}

  void write(const Value& value) {
    run_.budget.work(1);
    switch (value.kind()) {
      case Value::Kind::None:
        out_.say("null");
        break;
      case Value::Kind::Bool:
        out_.say(value.as_bool() ? "true" : "false");
        break;
      case Value::Kind::Int:
        out_.say(std::to_string(value.as_int()));
        break;
      case Value::Kind::Float:
        out_.say(number(value.as_float()));
        break;
      case Value::Kind::String:
        quote(value.marked());
        break;
      case Value::Kind::List:
      case Value::Kind::Tuple:
        write_list(value);
        break;
      case Value::Kind::Dict:
        write_dict(value);
        break;
      default:
        fail("Object of type " + std::string(type_name(value)) + " is not JSON serializable");
    }
  }

 private:
  static std::string number(double real) {
    if (std::isnan(real)) return "NaN";
    if (std::isinf(real)) return real < 0 ? "-Infinity" : "Infinity";
    return float_text(real);
  }

  void new_line() {
    if (!style_.indented) return;
    out_.say("\n");
    for (int i = 0; i < level_; ++i) out_.append(style_.indent);
  }

  void write_list(const Value& list) {
    if (list.size() == 0) {
      out_.say("[]");
      return;
    }
    const Budget::Level level(run_.budget);
    out_.say("[");
    ++level_;
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out_.append(style_.item_separator);
      new_line();
      write(list.at(i));
    }
    --level_;
    new_line();
    out_.say("]");
  }

  using Entry = DictData::Entry;

  void write_dict(const Value& dict) {
    if (dict.size() == 0) {
      out_.say("{}");
      return;
    }
    const Budget::Level level(run_.budget);
    const auto& entries = dict.dict_data().entries();
    std::vector<const Entry*> order;
    order.reserve(entries.size());
    for (const Entry& entry : entries) order.push_back(&entry);
    if (style_.sort_keys) {
      run_.budget.work(entries.size() * 4);
      std::stable_sort(order.begin(), order.end(),
                       [&](const Entry* a, const Entry* b) { return less(run_, a->key, b->key); });
    }
    out_.say("{");
    ++level_;
    bool first = true;
    for (const Entry* entry : order) {
      if (!first) out_.append(style_.item_separator);
      first = false;
      new_line();
      write_key(entry->key);
      out_.append(style_.key_separator);
      write(entry->value);
    }
    --level_;
    new_line();
    out_.say("}");
  }

  void write_key(const Value& key) {
    switch (key.kind()) {
      case Value::Kind::String:
        quote(key.marked());
        break;
      case Value::Kind::None:
        out_.say("\"null\"");
        break;
      case Value::Kind::Bool:
        out_.say(key.as_bool() ? "\"true\"" : "\"false\"");
        break;
      case Value::Kind::Int:
        out_.say("\"" + std::to_string(key.as_int()) + "\"");
        break;
      case Value::Kind::Float:
        out_.say("\"" + number(key.as_float()) + "\"");
        break;
      default:
        fail("keys must be str, int, float, bool or None, not " + std::string(type_name(key)));
    }
  }

  static std::string escape_of(char32_t code) {
    switch (code) {
      case '"':
        return "\\\"";
      case '\\':
        return "\\\\";
      case '\n':
        return "\\n";
      case '\r':
        return "\\r";
      case '\t':
        return "\\t";
      case '\b':
        return "\\b";
      case '\f':
        return "\\f";
      default:
        break;
    }
    char buffer[16];
    if (code < 0x10000) {
      std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(code));
    } else {
      const char32_t rest = code - 0x10000;
      std::snprintf(buffer, sizeof buffer, "\\u%04x\\u%04x", static_cast<unsigned>(0xD800 + (rest >> 10)),
                    static_cast<unsigned>(0xDC00 + (rest & 0x3FF)));
    }
    return buffer;
  }

  void quote(const MarkedText& text) {
    const std::string& bytes = text.text();
    out_.say("\"");
    std::size_t done = 0;
    for (std::size_t at = 0; at < bytes.size();) {
      const auto byte = static_cast<unsigned char>(bytes[at]);
      const bool plain = byte >= 0x7F ? !style_.ascii_only : byte >= 0x20 && byte != '"' && byte != '\\';
      if (plain) {
        ++at;
        continue;
      }
      const Character character = character_at(bytes, at);
      out_.append(text, done, at);
      out_.append(escape_of(character.code), text.from_template_at(at));
      at += character.bytes;
      done = at;
    }
    out_.append(text, done, bytes.size());
    out_.say("\"");
  }

  Run& run_;
  TextBuilder& out_;
  const JsonStyle& style_;
  int level_ = 0;
};

}  // namespace

void write_json(Run& run, TextBuilder& out, const Value& value, const JsonStyle& style) {
  JsonWriter(run, out, style).write(value);
}

}  // namespace templates
