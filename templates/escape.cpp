#include "templates/escape.h"

#include "templates/printing.h"
#include "templates/run.h"

namespace templates {

void escape_html(TextBuilder& out, const MarkedText& text) {
  const std::string& bytes = text.text();
  std::size_t done = 0;
  for (std::size_t at = 0; (at = bytes.find_first_of("&<>'\"", at)) != std::string::npos; ++at) {
    out.append(text, done, at);
    const char* entity = bytes[at] == '&'   ? "&amp;"
                         : bytes[at] == '<' ? "&lt;"
                         : bytes[at] == '>' ? "&gt;"
                         : bytes[at] == '"' ? "&#34;"
                                            : "&#39;";
    out.append(entity, text.from_template_at(at));
    done = at + 1;
  }
  out.append(text, done, bytes.size());
}

void append_escaped(Run& run, TextBuilder& out, const Value& value) {
  if (value.is_string() && value.string_data().safe) {
    out.append(value.marked());
    return;
  }
  if (value.is_string()) {
    escape_html(out, value.marked());
    return;
  }
  TextBuilder plain(run.budget);
  print(run, plain, value);
  escape_html(out, plain.marked());
}

}  // namespace templates
