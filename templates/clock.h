#pragma once

#include <string_view>

#include "templates/budget.h"

namespace templates {

// Appends the time written as C's strftime does in the C locale, without a time zone. Directives that C does not know
// stay as they are; so does a "%" at the end. The flags and field widths of glibc (%-d, %5Y) are known; a width beyond
// all use is TemplateError (Runtime).
void format_time(TextBuilder& out, const LocalTime& time, const MarkedText& format);

}  // namespace templates
