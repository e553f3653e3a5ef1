#include "templates/attribute_path.h"

#include "templates/arithmetic.h"
#include "templates/attributes.h"
#include "templates/characters.h"
#include "templates/text_operations.h"

namespace templates {

namespace {

bool is_index(std::string_view part) {
  for (std::size_t at = 0; at < part.size();) {
    const Character character = character_at(part, at);
    if (!is_digit(character.code)) return false;
    at += character.bytes;
  }
  return !part.empty();
}

}  // namespace

AttributePath::AttributePath(Run& run, const Value& attribute) {
  if (attribute.is_none() || attribute.is_missing()) return;
  if (!attribute.is_string()) {
    keys_.push_back(attribute);
    return;
  }
  const Value parts = split(run, attribute, run.budget.text("."), -1, false);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Value& part = parts.at(i);
    if (!is_index(part.text())) {
      keys_.push_back(part);
      continue;
    }
    const auto index = parse_int(part.text(), 10);
    if (!index) fail("invalid literal for int() with base 10: '" + part.text() + "'");
    keys_.push_back(*index);
  }
}

Value AttributePath::follow(Run& run, Value item, const Value& otherwise) const {
  for (const Value& key : keys_) {
    run.budget.work(1);
    item = get_item(run, item, key);
    if (item.is_undefined() && !otherwise.is_missing() && !otherwise.is_none()) item = otherwise;
  }
  return item;
}

Value without_case(Run& run, const Value& value) {
  return value.is_string() ? change_letters(run, value, Letters::Lower) : value;
}

}  // namespace templates
