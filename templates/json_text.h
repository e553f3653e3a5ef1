#pragma once

#include <string>

#include "templates/run.h"

namespace templates {

struct JsonStyle {
  bool ascii_only = false;
  bool sort_keys = false;
  bool indented = false;
  MarkedText indent;  // of one level
  MarkedText item_separator;
  MarkedText key_separator;
};

// json.dumps(value): texts keep their origin, brackets and separators are the template's. Throws TemplateError
// (Runtime) for what JSON has not.
void write_json(Run& run, TextBuilder& out, const Value& value, const JsonStyle& style);

}  // namespace templates
