#include "templates/word_wrap.h"

#include <algorithm>
#include <vector>

#include "templates/characters.h"
#include "templates/text_operations.h"

namespace templates {

namespace {

struct Chunk {
  std::size_t begin, end;
  std::int64_t length;  // characters
  bool space;
};

bool is_ascii_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

class Wrapper {
 public:
  Wrapper(Run& run, const MarkedText& text, const WrapStyle& style) : run_(run), text_(text), style_(style) {}

  std::vector<MarkedText> wrap() {
    split();
    std::reverse(chunks_.begin(), chunks_.end());
    while (!chunks_.empty()) take_line();
    return std::move(lines_);
  }

 private:
  std::string_view bytes() const { return text_.text(); }

  void add(std::size_t begin, std::size_t end, bool space) {
    run_.budget.work(1);
    if (end > begin)
      chunks_.push_back(
          {begin, end, static_cast<std::int64_t>(count_characters(bytes().substr(begin, end - begin))), space});
  }

  // A place inside a word where a hyphen between letters ends a chunk: letter, letter, hyphen, letter.
  bool breaks_after(std::size_t at, std::size_t begin, std::size_t end) const {
    if (bytes()[at] != '-' || at < begin + 1 || at + 1 >= end) return false;
    const std::size_t before = character_before(bytes(), at);
    if (!is_letter(character_at(bytes(), before).code)) return false;
    const Character next = character_at(bytes(), at + 1);
    if (!is_letter(next.code) || at + 1 + next.bytes >= end) return false;
    const char32_t after = character_at(bytes(), at + 1 + next.bytes).code;
    const bool two_before = before > begin && is_letter(character_at(bytes(), character_before(bytes(), before)).code);
    return two_before && (is_letter(after) || after == '-');
  }

  void split() {
    for (std::size_t at = 0; at < bytes().size();) {
      std::size_t begin = at;
      const bool space = is_ascii_space(bytes()[at]);
      while (at < bytes().size() && is_ascii_space(bytes()[at]) == space) ++at;
      if (!space && style_.break_on_hyphens) {
        for (std::size_t i = begin; i < at; ++i) {
          if (!breaks_after(i, begin, at)) continue;
          add(begin, i + 1, false);
          begin = i + 1;
        }
      }
      add(begin, at, space);
    }
  }

  void take_line() {
    std::vector<Chunk> line;
    std::int64_t length = 0;
    if (chunks_.back().space && !lines_.empty()) chunks_.pop_back();
    while (!chunks_.empty() && length + chunks_.back().length <= style_.width) {
      line.push_back(chunks_.back());
      length += chunks_.back().length;
      chunks_.pop_back();
    }
    if (!chunks_.empty() && chunks_.back().length > style_.width) take_long_word(line, length);
    if (!line.empty() && line.back().space) line.pop_back();
    if (line.empty()) return;
    lines_.push_back(text_.slice(line.front().begin, line.back().end));
  }

  // What does not fit any line: as much of it as does, or all of it alone.
  void take_long_word(std::vector<Chunk>& line, std::int64_t length) {
    Chunk& word = chunks_.back();
    const std::int64_t room = style_.width < 1 ? 1 : style_.width - length;
    if (style_.break_long_words) {
      const std::size_t cut = word.begin + byte_of_character(bytes().substr(word.begin, word.end - word.begin),
                                                             static_cast<std::size_t>(room));
      if (cut > word.begin) line.push_back({word.begin, cut, room, false});
      word.begin = cut;
      word.length -= room;
    } else if (line.empty()) {
      line.push_back(word);
      chunks_.pop_back();
    }
  }

  Run& run_;
  const MarkedText& text_;
  const WrapStyle& style_;
  std::vector<Chunk> chunks_;
  std::vector<MarkedText> lines_;
};

}  // namespace

Value wrap_words(Run& run, const Value& text, const WrapStyle& style, const Value& joint) {
  if (style.width <= 0) fail("invalid width " + std::to_string(style.width) + " (must be > 0)");
  const Value paragraphs = split_lines(run, text, false);
  run.budget.require(text.text().size() * 2);
  TextBuilder out(run.budget);
  for (std::size_t i = 0; i < paragraphs.size(); ++i) {
    if (i > 0) out.append(joint.marked());
    const std::vector<MarkedText> lines = Wrapper(run, paragraphs.at(i).marked(), style).wrap();
    for (std::size_t k = 0; k < lines.size(); ++k) {
      if (k > 0) out.append(joint.marked());
      out.append(lines[k]);
    }
  }
  return out.take_value();
}

}  // namespace templates
