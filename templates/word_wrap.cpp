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

  // The character classes of the splitting rule: \w, \w without digits, and what may stand before a dash.
  static bool is_word(char32_t code) {
    return code == '_' || is_letter(code) || is_decimal(code) || is_digit(code) || is_numeric(code);
  }
  static bool is_word_letter(char32_t code) { return is_word(code) && !is_decimal(code); }
  static bool is_word_or_mark(char32_t code) {
    return is_word(code) || (code < 0x80 && std::string_view("!\"'&.,?").find(static_cast<char>(code)) != std::string_view::npos);
  }
  // The character so many before, or from, a place; 0 beyond the ends of the text.
  char32_t back(std::size_t at, int count) const {
    for (; count > 0 && at > 0; --count) at = character_before(bytes(), at);
    return count > 0 ? 0 : character_at(bytes(), at).code;
  }
  char32_t ahead(std::size_t at, int count) const {
    for (; count > 0 && at < bytes().size(); --count) at += character_at(bytes(), at).bytes;
    return at < bytes().size() ? character_at(bytes(), at).code : 0;
  }
  // Whether the hyphen at `at` ends a chunk: behind two letters, or a letter, a hyphen and a letter; before two letters,
  // with or without a hyphen between.
  bool breaks_after(std::size_t at) const {
    if (bytes()[at] != '-' || !is_word_letter(back(at, 1)) || !is_word_letter(ahead(at, 1))) return false;
    if (!is_word_letter(back(at, 2)) && (back(at, 2) != '-' || !is_word_letter(back(at, 3)))) return false;
    return is_word_letter(ahead(at, 2)) || (ahead(at, 2) == '-' && is_word_letter(ahead(at, 3)));
  }
  // Where the dash of two or more hyphens that begins at `at` between words ends; `at` where there is none.
  std::size_t end_of_dash(std::size_t at) const {
    if (bytes()[at] != '-' || at == 0 || !is_word_or_mark(back(at, 1))) return at;
    const std::size_t end = std::min(bytes().find_first_not_of('-', at), bytes().size());
    return end - at >= 2 && end < bytes().size() && is_word(character_at(bytes(), end).code) ? end : at;
  }

  // Source: CPython 3.11 Lib/textwrap.py, wordsep_re and wordsep_simple_re.
  void split() {
    for (std::size_t at = 0; at < bytes().size();) {
      std::size_t begin = at;
      const bool space = is_ascii_space(bytes()[at]);
      while (at < bytes().size() && is_ascii_space(bytes()[at]) == space) ++at;
      for (std::size_t i = begin; !space && style_.break_on_hyphens && i < at; ++i) {
        const std::size_t dash = end_of_dash(i);
        if (dash > i) {
          add(begin, i, false);
          add(i, dash, false);
          begin = dash;
          i = dash - 1;
        } else if (i > begin && breaks_after(i)) {
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

  // What does not fit any line: as much of it as does, up to its last hyphen there, or all of it alone.
  void take_long_word(std::vector<Chunk>& line, std::int64_t length) {
    Chunk& word = chunks_.back();
    const std::int64_t room = style_.width - length;
    if (style_.break_long_words) {
      const std::string_view letters = bytes().substr(word.begin, word.end - word.begin);
      std::size_t cut = byte_of_character(letters, static_cast<std::size_t>(room));
      const std::size_t hyphen = letters.substr(0, cut).rfind('-');
      if (style_.break_on_hyphens && hyphen != std::string_view::npos &&
          letters.substr(0, hyphen).find_first_not_of('-') != std::string_view::npos)
        cut = hyphen + 1;
      const auto taken = static_cast<std::int64_t>(count_characters(letters.substr(0, cut)));
      // Nothing at all counts as the white space that ends a line, and what stands before it stays.
      line.push_back({word.begin, word.begin + cut, taken, word.space || cut == 0});
      word.begin += cut;
      word.length -= taken;
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
