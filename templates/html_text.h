#pragma once

#include "templates/run.h"

namespace templates {

// Text without tags and comments, its white space collapsed and its entities read, as Markup.striptags() does.
Value strip_tags(Run& run, const Value& text);
// A text percent-encoded; a dict or list of pairs as a query string.
Value url_encode(Run& run, const Value& value);
// ' key="value"' for each entry that is neither none nor undefined.
Value xml_attributes(Run& run, const Value& dict, bool leading_space);

}  // namespace templates
