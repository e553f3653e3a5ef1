#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "templates/marked_text.h"
#include "templates/value.h"

namespace templates {

// What went wrong with a template; the words of `sotto-cli render`.
enum class ErrorKind {
  Syntax,     // the text is not a template
  Undefined,  // a variable, attribute or item that does not exist was used
  Runtime,    // an operation refused its operands
  Security,   // something that templates may not reach
  Raise,      // the template itself called raise_exception
  Limit,      // too much work, output, memory, depth, nesting or too large a number
};

// The kind as sotto-cli and the conformance cases spell it: "syntax", "undefined", "runtime", "security", "raise",
// "limit".
std::string_view name_of(ErrorKind kind);

// A template that cannot be compiled or rendered.
class TemplateError : public std::runtime_error {
 public:
  // `message` is one sentence. Line and column count from 1; 0 says that no place is known.
  TemplateError(ErrorKind kind, std::string message, int line = 0, int column = 0);

  // The same error with its place: `template_name` may be empty, `quoted_line` is the line of the template.
  TemplateError(const TemplateError& error, std::string_view template_name, std::string_view quoted_line);

  ErrorKind kind() const { return kind_; }
  // The sentence alone; for ErrorKind::Raise exactly what the template said.
  const std::string& message() const { return message_; }
  int line() const { return line_; }
  // In characters, not bytes.
  int column() const { return column_; }
  // what() gives name, line, column, the sentence, and below it the line of the template with a mark under the place.

 private:
  ErrorKind kind_;
  std::string message_;
  int line_;
  int column_;
};

struct CompileOptions {
  // What error messages call the template: a file name, or empty.
  std::string name;
};

// A moment of the clock on the wall, as strftime_now sees it.
struct LocalTime {
  int year = 1970;
  int month = 1;  // 1 to 12
  int day = 1;    // 1 to 31
  int hour = 0;
  int minute = 0;
  int second = 0;
};

// Bounds on one rendering, and the clock it sees. The defaults let every honest chat template pass and stop a hostile
// one within a second or two.
struct RenderOptions {
  LocalTime now;
  // One step is about one node of the template; long texts and lists cost a step for each so many bytes or items.
  std::uint64_t max_steps = 10'000'000;
  // Nested macro calls.
  int max_depth = 200;
  std::size_t max_output_bytes = std::size_t{32} << 20;
  // What the values of the rendering may hold at one time, the output not counted.
  std::size_t max_memory_bytes = std::size_t{96} << 20;
  // Processor time of the rendering thread.
  std::chrono::milliseconds max_time{1500};
};

struct Program;

// A chat template, compiled once and rendered many times. The language is Jinja 3.1 as the reference implementation
// sets it up for chat: immutable sandbox, trim_blocks, lstrip_blocks, loop controls, the generation tag. No files, no
// network, no clock but the one given. Immutable after compile and cheap to copy; any thread may render, several at
// once.
class Template {
 public:
  // Throws TemplateError (Syntax, or Limit for nesting beyond all reason).
  static Template compile(std::string_view text, const CompileOptions& options = {});

  // `context` is a dict of the variables. Its strings count as the caller's text unless they were made by
  // Value::template_text. Throws TemplateError; then nothing of the output is kept.
  MarkedText render(const Value& context, const RenderOptions& options = {}) const;

  // What it was compiled to (ast.h), for those who read templates rather than render them.
  const Program& program() const { return *program_; }

 private:
  explicit Template(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

  std::shared_ptr<const Program> program_;
};

}  // namespace templates
