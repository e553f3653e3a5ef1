#include "templates/lexer.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "templates/characters.h"
#include "templates/string_literal.h"

namespace templates {

namespace {

bool is_ascii_digit(char c) {
  return c >= '0' && c <= '9';
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  Tokens run() {
    try {
      while (at_ < source_.size()) read_text();
    } catch (const SyntaxFault& fault) {
      out_.fault = fault;
    }
    push(TokenType::End, out_.tokens.empty() ? 0 : out_.tokens.back().offset, {});
    return std::move(out_);
  }

 private:
  bool looking_at(std::string_view text, std::size_t at) const { return source_.substr(at, text.size()) == text; }
  char peek(std::size_t at) const { return at < source_.size() ? source_[at] : '\0'; }

  void push(TokenType type, std::size_t offset, std::string_view text) {
    out_.tokens.push_back({type, static_cast<std::uint32_t>(offset), text, 0});
  }

  [[noreturn]] void fail(std::string message, std::size_t offset) const {
    throw SyntaxFault{std::move(message), static_cast<std::uint32_t>(offset)};
  }

  std::size_t skip_spaces(std::size_t at) const {
    while (at < source_.size()) {
      const Character character = character_at(source_, at);
      if (!is_space(character.code)) break;
      at += character.bytes;
    }
    return at;
  }

  std::size_t skip_spaces_back(std::size_t begin, std::size_t end) const {
    while (end > begin) {
      const std::size_t before = character_before(source_, end);
      if (!is_space(character_at(source_, before).code)) break;
      end = before;
    }
    return end;
  }

  // Text up to the tag at `tag`, less what its sign and lstrip_blocks take away.
  void push_text(std::size_t begin, std::size_t tag, char sign, bool strip_line) {
    std::size_t end = tag;
    if (sign == '-') {
      end = skip_spaces_back(begin, tag);
    } else if (sign != '+' && strip_line) {
      const std::size_t newline = source_.substr(begin, tag - begin).rfind('\n');
      const std::size_t line = newline == std::string_view::npos ? begin : begin + newline + 1;
      if ((line > begin || line_starting_) && skip_spaces_back(line, tag) == line) end = line;
    }
    if (end > begin) push(TokenType::Text, begin, source_.substr(begin, end - begin));
  }

  void read_text() {
    const std::size_t begin = at_;
    std::size_t tag = at_;
    for (;; ++tag) {
      tag = source_.find('{', tag);
      if (tag == std::string_view::npos) {
        push(TokenType::Text, begin, source_.substr(begin));
        at_ = source_.size();
        return;
      }
      const char next = peek(tag + 1);
      if (next == '%' || next == '{' || next == '#') break;
    }
    const char kind = source_[tag + 1];
    const char next = peek(tag + 2);
    const char sign = next == '-' || next == '+' ? next : '\0';
    push_text(begin, tag, sign, kind != '{');
    at_ = tag + (sign != '\0' ? 3 : 2);
    line_starting_ = false;
    if (kind == '#') {
      read_comment();
    } else if (kind == '{') {
      push(TokenType::VariableBegin, tag, source_.substr(tag, 2));
      read_tag(false);
    } else if (!read_raw()) {
      push(TokenType::BlockBegin, tag, source_.substr(tag, 2));
      read_tag(true);
    }
  }

  // Past a tag's end at `at_`, `bytes` long with its sign, and the white space that goes with it.
  void end_tag(char sign, std::size_t bytes, bool trim_newline) {
    const std::size_t begin = at_;
    at_ += bytes;
    if (sign == '-')
      at_ = skip_spaces(at_);
    else if (sign != '+' && trim_newline && peek(at_) == '\n')
      ++at_;
    line_starting_ = at_ > begin && source_[at_ - 1] == '\n';
  }

  void read_comment() {
    if (at_ >= source_.size()) return;
    const std::size_t end = source_.find("#}", at_);
    if (end == std::string_view::npos) fail("Missing end of comment tag", at_);
    const char sign = end > at_ && (source_[end - 1] == '-' || source_[end - 1] == '+') ? source_[end - 1] : '\0';
    at_ = sign == '\0' ? end : end - 1;
    end_tag(sign, sign == '\0' ? 2 : 3, true);
  }

  // {% raw %} up to its end; false if the tag at hand is another one.
  bool read_raw() {
    std::size_t at = skip_spaces(at_);
    if (!looking_at("raw", at)) return false;
    at = skip_spaces(at + 3);
    const char sign = peek(at) == '-' ? '-' : '\0';
    if (!looking_at("%}", sign == '-' ? at + 1 : at)) return false;
    at_ = at;
    end_tag(sign, sign == '-' ? 3 : 2, false);
    const std::size_t begin = at_;
    if (begin >= source_.size()) return true;
    for (std::size_t tag = begin; (tag = source_.find("{%", tag)) != std::string_view::npos; ++tag) {
      const char open = peek(tag + 2) == '-' || peek(tag + 2) == '+' ? peek(tag + 2) : '\0';
      std::size_t end = skip_spaces(tag + (open == '\0' ? 2 : 3));
      if (!looking_at("endraw", end)) continue;
      end = skip_spaces(end + 6);
      const char close = peek(end) == '-' || peek(end) == '+' ? peek(end) : '\0';
      if (!looking_at("%}", close == '\0' ? end : end + 1)) continue;
      push_text(begin, tag, open, true);
      at_ = end;
      end_tag(close, close == '\0' ? 2 : 3, true);
      return true;
    }
    fail("Missing end of raw directive", begin);
  }

  // The tokens of a {{ }} or {% %} whose inside begins at `at_`.
  void read_tag(bool block) {
    const std::string_view close = block ? "%}" : "}}";
    brackets_.clear();
    for (;;) {
      if (at_ >= source_.size()) return;
      if (brackets_.empty()) {
        const char sign = source_[at_];
        const bool signed_end = (sign == '-' || (block && sign == '+')) && looking_at(close, at_ + 1);
        if (signed_end || looking_at(close, at_)) {
          push(block ? TokenType::BlockEnd : TokenType::VariableEnd, at_, source_.substr(at_, 2));
          end_tag(signed_end ? sign : '\0', signed_end ? 3 : 2, block);
          return;
        }
      }
      read_token();
    }
  }

  void read_token() {
    const Character character = character_at(source_, at_);
    if (is_space(character.code)) {
      at_ = skip_spaces(at_);
    } else if (is_ascii_digit(source_[at_])) {
      read_number();
    } else if (is_name_part(character.code) || is_numeric(character.code)) {
      read_name();
    } else if ((source_[at_] == '\'' || source_[at_] == '"') && read_string()) {
    } else {
      read_operator();
    }
  }

  // Digits with single underscores between them; the place after them, or `at` where there are none.
  template <class IsDigit>
  std::size_t digits(std::size_t at, IsDigit is_one) const {
    if (!is_one(peek(at))) return at;
    for (++at;; ++at) {
      if (is_one(peek(at))) continue;
      if (peek(at) == '_' && is_one(peek(at + 1))) continue;
      return at;
    }
  }

  std::size_t float_end(std::size_t begin) const {
    if (begin > 0 && source_[begin - 1] == '.') return begin;
    std::size_t at = digits(begin, is_ascii_digit);
    bool is_float = false;
    if (peek(at) == '.' && is_ascii_digit(peek(at + 1))) {
      at = digits(at + 1, is_ascii_digit);
      is_float = true;
    }
    if (peek(at) == 'e' || peek(at) == 'E') {
      const std::size_t power = at + (peek(at + 1) == '+' || peek(at + 1) == '-' ? 2 : 1);
      const std::size_t end = digits(power, is_ascii_digit);
      if (end > power) {
        at = end;
        is_float = true;
      }
    }
    return is_float ? at : begin;
  }

  std::size_t integer_end(std::size_t begin) const {
    if (source_[begin] != '0') return digits(begin, is_ascii_digit);
    const char radix = static_cast<char>(peek(begin + 1) | 0x20);
    const auto one_of = [](std::string_view set) {
      return [set](char c) { return c != '\0' && set.find(c) != std::string_view::npos; };
    };
    const std::string_view set = radix == 'b'   ? "01"
                                 : radix == 'o' ? "01234567"
                                 : radix == 'x' ? "0123456789abcdefABCDEF"
                                                : "";
    if (!set.empty()) {
      const std::size_t first = begin + (peek(begin + 2) == '_' ? 3 : 2);
      const std::size_t end = digits(first, one_of(set));
      if (end > first) return end;
    }
    return digits(begin, one_of("0"));
  }

  void read_number() {
    const std::size_t begin = at_;
    at_ = float_end(begin);
    if (at_ > begin) {
      push(TokenType::Float, begin, source_.substr(begin, at_ - begin));
      return;
    }
    at_ = integer_end(begin);
    push(TokenType::Integer, begin, source_.substr(begin, at_ - begin));
  }

  void read_name() {
    const std::size_t begin = at_;
    bool valid = true;
    while (at_ < source_.size()) {
      const Character character = character_at(source_, at_);
      const bool part = is_name_part(character.code);
      if (!part && !is_numeric(character.code)) break;
      if (!part || (at_ == begin && !is_name_start(character.code))) valid = false;
      at_ += character.bytes;
    }
    if (!valid) fail("Invalid character in identifier", begin);
    push(TokenType::Name, begin, source_.substr(begin, at_ - begin));
  }

  // False if the string has no end.
  bool read_string() {
    const std::size_t begin = at_;
    const char quote = source_[begin];
    for (std::size_t at = begin + 1; at < source_.size(); ++at) {
      if (source_[at] == '\\') {
        ++at;
      } else if (source_[at] == quote) {
        std::string problem;
        out_.strings.emplace_back();
        if (!read_string_literal(source_.substr(begin + 1, at - begin - 1), out_.strings.back(), problem))
          fail(problem, begin);
        push(TokenType::String, begin, {});
        out_.tokens.back().string = static_cast<std::uint32_t>(out_.strings.size() - 1);
        at_ = at + 1;
        return true;
      }
    }
    return false;
  }

  void read_operator() {
    constexpr std::string_view kLong[] = {"//", "**", "==", "!=", ">=", "<="};
    constexpr std::string_view kShort = "+-/*%~[](){}><=.:|,;";
    std::size_t bytes = 0;
    for (const std::string_view symbol : kLong) {
      if (looking_at(symbol, at_)) bytes = 2;
    }
    if (bytes == 0 && kShort.find(source_[at_]) != std::string_view::npos) bytes = 1;
    if (bytes == 0) {
      const Character character = character_at(source_, at_);
      fail("unexpected char '" + std::string(source_.substr(at_, character.bytes)) + "' at " +
               std::to_string(count_characters(source_.substr(0, at_))),
           at_);
    }
    const char symbol = source_[at_];
    if (bytes == 1 && (symbol == '{' || symbol == '(' || symbol == '[')) {
      brackets_.push_back(symbol == '{' ? '}' : symbol == '(' ? ')' : ']');
    } else if (bytes == 1 && (symbol == '}' || symbol == ')' || symbol == ']')) {
      if (brackets_.empty()) fail(std::string("unexpected '") + symbol + "'", at_);
      const char expected = brackets_.back();
      brackets_.pop_back();
      if (expected != symbol) fail(std::string("unexpected '") + symbol + "', expected '" + expected + "'", at_);
    }
    push(TokenType::Operator, at_, source_.substr(at_, bytes));
    at_ += bytes;
  }

  std::string_view source_;
  std::size_t at_ = 0;
  // Whether what came right before ends a line, for lstrip_blocks.
  bool line_starting_ = true;
  std::vector<char> brackets_;
  Tokens out_;
};

}  // namespace

std::string normalise_source(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\r') {
      out.push_back(text[at]);
      continue;
    }
    out.push_back('\n');
    if (at + 1 < text.size() && text[at + 1] == '\n') ++at;
  }
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

Tokens tokenize(std::string_view source) {
  return Lexer(source).run();
}

std::string describe(const Token& token) {
  switch (token.type) {
    case TokenType::Text:
      return "template data / text";
    case TokenType::VariableBegin:
      return "begin of print statement";
    case TokenType::VariableEnd:
      return "end of print statement";
    case TokenType::BlockBegin:
      return "begin of statement block";
    case TokenType::BlockEnd:
      return "end of statement block";
    case TokenType::String:
      return "string";
    case TokenType::Integer:
      return "integer";
    case TokenType::Float:
      return "float";
    case TokenType::End:
      return "end of template";
    case TokenType::Name:
    case TokenType::Operator:
      break;
  }
  return std::string(token.text);
}

}  // namespace templates
