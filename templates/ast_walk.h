#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "templates/ast.h"

namespace templates {

// A text that a template writes or looks for.
struct Mention {
  std::string text;
  std::uint32_t offset;  // byte of the source
  bool compared;         // stands in a comparison or among the arguments of a call: the template looks for it
};

// What a template speaks of, in the order of its source.
struct Mentions {
  std::vector<Mention> texts;  // literals, and the text between tags
  std::vector<Mention> names;  // of variables
  // The first loop over something called messages; its own offset, or 0 where there is none.
  std::uint32_t message_loop = 0;
};

Mentions mentions_of(const Program& program);

}  // namespace templates
