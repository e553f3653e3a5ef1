#pragma once

#include <vector>

#include "templates/run.h"

namespace templates {

// "address.city" or "messages.0.role": keys to follow from an item, as filters take them in `attribute`.
class AttributePath {
 public:
  // From a text, an int, or None for the item itself.
  AttributePath(Run& run, const Value& attribute);
  // Where the way ends; `otherwise` replaces what is undefined on it, unless it is Missing or None.
  Value follow(Run& run, Value item, const Value& otherwise = Value::missing()) const;

 private:
  std::vector<Value> keys_;
};

// Text in lower case, everything else as it is: how sorting and grouping ignore case.
Value without_case(Run& run, const Value& value);

}  // namespace templates
