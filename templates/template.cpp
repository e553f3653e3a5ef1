#include "templates/template.h"

#include <algorithm>
#include <new>

#include "templates/ast.h"
#include "templates/characters.h"
#include "templates/interpreter.h"
#include "templates/lexer.h"
#include "templates/parser.h"

namespace templates {

namespace {

constexpr std::size_t kMaxSourceBytes = std::size_t{8} << 20;

// A line of the template as an error shows it, and the column of the mark below it.
struct Quotation {
  std::string line;
  int column;
};

std::string words(std::string_view name, const TemplateError& error, const Quotation& quotation) {
  std::string out = name.empty() ? "template" : "template '" + std::string(name) + "'";
  if (error.line() == 0) return out + ": " + error.message();
  const std::string number = std::to_string(error.line());
  const std::string margin(number.size(), ' ');
  return out + ", line " + number + ", column " + std::to_string(error.column()) + ": " + error.message() + "\n  " +
         number + " | " + quotation.line + "\n  " + margin + " | " +
         std::string(static_cast<std::size_t>(std::max(quotation.column - 1, 0)), ' ') + "^";
}

// The part of a line around a column, where the line is long.
Quotation quote_line(std::string_view line, int column) {
  constexpr std::size_t kAround = 60;
  if (column < 1) return {};
  const auto at = static_cast<std::size_t>(column - 1);
  const std::size_t first = at > kAround ? at - kAround : 0;
  const std::string_view rest = line.substr(byte_of_character(line, first));
  const std::size_t end = byte_of_character(rest, at - first + kAround);
  const std::string_view before = first > 0 ? "..." : "", after = end < rest.size() ? "..." : "";
  return {std::string(before) + std::string(rest.substr(0, end)) + std::string(after),
          static_cast<int>(at - first + before.size()) + 1};
}

[[noreturn]] void throw_at(const TemplateError& error, const Program& program, std::uint32_t offset) {
  const std::string_view source(program.source);
  const std::size_t at = std::min<std::size_t>(offset, source.size());
  const std::string_view before = source.substr(0, at);
  const auto line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const std::string_view text = source.substr(begin, source.find('\n', begin) - begin);
  const auto column = 1 + static_cast<int>(count_characters(source.substr(begin, at - begin)));
  throw TemplateError(TemplateError(error.kind(), error.message(), line, column), program.name, text);
}

}  // namespace

std::string_view name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Syntax:
      return "syntax";
    case ErrorKind::Undefined:
      return "undefined";
    case ErrorKind::Runtime:
      return "runtime";
    case ErrorKind::Security:
      return "security";
    case ErrorKind::Raise:
      return "raise";
    case ErrorKind::Limit:
      break;
  }
  return "limit";
}

TemplateError::TemplateError(ErrorKind kind, std::string message, int line, int column)
    : std::runtime_error(message), kind_(kind), message_(std::move(message)), line_(line), column_(column) {}

TemplateError::TemplateError(const TemplateError& error, std::string_view template_name, std::string_view quoted_line)
    : std::runtime_error(words(template_name, error, quote_line(quoted_line, error.column()))),
      kind_(error.kind()),
      message_(error.message()),
      line_(error.line()),
      column_(error.column()) {}

Template Template::compile(std::string_view text, const CompileOptions& options) {
  auto program = std::make_shared<Program>();
  program->name = options.name;
  if (text.size() > kMaxSourceBytes) {
    throw TemplateError(ErrorKind::Limit, "the template cannot be parsed: it is larger than " +
                                              std::to_string(kMaxSourceBytes >> 20) + " MiB");
  }
  program->source = normalise_source(text);
  if (const std::size_t bad = find_invalid_utf8(program->source); bad != std::string_view::npos) {
    throw_at(TemplateError(ErrorKind::Syntax, "the template is not valid UTF-8"), *program,
             static_cast<std::uint32_t>(bad));
  }
  try {
    parse(*program);
  } catch (const SyntaxFault& fault) {
    throw_at(TemplateError(fault.limit ? ErrorKind::Limit : ErrorKind::Syntax, fault.message), *program, fault.offset);
  }
  return Template(std::move(program));
}

MarkedText Template::render(const Value& context, const RenderOptions& options) const {
  Run run(options);
  Interpreter interpreter(run, *program_, context);
  try {
    return interpreter.render();
  } catch (const TemplateError& error) {
    throw_at(error, *program_, interpreter.position());
  } catch (const std::bad_alloc&) {
    throw_at(TemplateError(ErrorKind::Limit, "the template needs more memory than there is"), *program_,
             interpreter.position());
  }
}

}  // namespace templates
