#pragma once

#include "templates/run.h"

namespace templates {

struct WrapStyle {
  std::int64_t width = 79;  // characters in a line
  bool break_long_words = true;
  bool break_on_hyphens = true;
};

// Breaks each line of the text into lines of at most the width, as Python's textwrap.wrap does without tabs and white
// space touched; joins them by `joint`.
Value wrap_words(Run& run, const Value& text, const WrapStyle& style, const Value& joint);

}  // namespace templates
