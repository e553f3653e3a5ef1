#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace templates {

// A stretch [begin, end) of bytes of a text, and who wrote it. Text of the caller (a person, a tool, a file) must never
// be read as control tokens of the model; text of the template may be.
struct Span {
  std::size_t begin;
  std::size_t end;
  bool from_template;

  bool operator==(const Span&) const = default;
};

// UTF-8 text that remembers, byte by byte, what came from the caller and what from the template. A value type; any
// thread may read one that nobody writes.
class MarkedText {
 public:
  MarkedText() = default;
  static MarkedText from_template(std::string text);
  static MarkedText from_caller(std::string text);

  const std::string& text() const { return text_; }
  std::size_t size() const { return text_.size(); }
  bool empty() const { return text_.empty(); }

  // The spans in order: neighbours differ in origin, none is empty, together they cover the text.
  std::vector<Span> spans() const;

  // The origin of the byte at `position`, which is inside the text.
  bool from_template_at(std::size_t position) const;

  // All appends keep the origin of what they add. `other` may be this object itself.
  void append(std::string_view text, bool from_template) {
    const std::size_t size = text_.size();
    text_.append(text);
    extend(size, from_template);
  }
  void append(const MarkedText& other) {
    if (other.runs_.empty())
      append(other.text_, other.uniform_from_template_);
    else
      append_runs(other, 0, other.size());
  }
  // Bytes [begin, end) of `other`; both ends lie within it.
  void append(const MarkedText& other, std::size_t begin, std::size_t end) {
    if (other.runs_.empty())
      append(std::string_view(other.text_).substr(begin, end - begin), other.uniform_from_template_);
    else
      append_runs(other, begin, end);
  }

  // Bytes [begin, end) as a text of their own; both ends lie within this text.
  MarkedText slice(std::size_t begin, std::size_t end) const;

  // Other bytes of the same size, each with the origin of the byte it replaces.
  MarkedText with_bytes(std::string bytes) const;

  void reserve(std::size_t bytes, std::size_t spans) {
    text_.reserve(bytes);
    runs_.reserve(spans);
  }

  // Bytes of memory held beyond the object itself.
  std::size_t memory() const { return text_.capacity() + runs_.capacity() * sizeof(Run); }

 private:
  // A run reaches from the end of the one before it to `end`.
  struct Run {
    std::size_t end;
    bool from_template;
  };
  // The index of the run that holds the byte at `position`; only while runs_ is not empty.
  std::size_t run_at(std::size_t position) const;
  void append_runs(const MarkedText& other, std::size_t begin, std::size_t end);
  // Records that the text, `size` bytes until now, goes on to its present end with this origin.
  void extend(std::size_t size, bool from_template) {
    if (!runs_.empty() && size != 0 && runs_.back().from_template == from_template)
      runs_.back().end = text_.size();
    else if (text_.size() != size)
      begin_run(size, from_template);
  }
  // The same, where no run goes on.
  void begin_run(std::size_t size, bool from_template);

  std::string text_;
  // Empty while the whole text has one origin, which is then uniform_from_template_.
  std::vector<Run> runs_;
  bool uniform_from_template_ = true;
};

// Bytes [begin, end) of a text that is held elsewhere.
struct TextPart {
  const MarkedText* text;
  std::size_t begin, end;
};

}  // namespace templates
