#include "templates/string_literal.h"

#include <cstdio>

#include "templates/characters.h"

namespace templates {

namespace {

struct NamedCharacter {
  std::string_view name;
  char32_t code;
};

// \N{...}: the few names that anybody writes in a prompt; the Unicode name list is not worth its size here.
constexpr NamedCharacter kNamed[] = {{"NULL", 0},
                                     {"SPACE", 0x20},
                                     {"NO-BREAK SPACE", 0xA0},
                                     {"SECTION SIGN", 0xA7},
                                     {"COPYRIGHT SIGN", 0xA9},
                                     {"LEFT-POINTING DOUBLE ANGLE QUOTATION MARK", 0xAB},
                                     {"REGISTERED SIGN", 0xAE},
                                     {"DEGREE SIGN", 0xB0},
                                     {"PLUS-MINUS SIGN", 0xB1},
                                     {"PILCROW SIGN", 0xB6},
                                     {"MIDDLE DOT", 0xB7},
                                     {"RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK", 0xBB},
                                     {"MULTIPLICATION SIGN", 0xD7},
                                     {"ZERO WIDTH SPACE", 0x200B},
                                     {"ZERO WIDTH NON-JOINER", 0x200C},
                                     {"ZERO WIDTH JOINER", 0x200D},
                                     {"EN DASH", 0x2013},
                                     {"EM DASH", 0x2014},
                                     {"LEFT SINGLE QUOTATION MARK", 0x2018},
                                     {"RIGHT SINGLE QUOTATION MARK", 0x2019},
                                     {"LEFT DOUBLE QUOTATION MARK", 0x201C},
                                     {"RIGHT DOUBLE QUOTATION MARK", 0x201D},
                                     {"BULLET", 0x2022},
                                     {"HORIZONTAL ELLIPSIS", 0x2026},
                                     {"EURO SIGN", 0x20AC},
                                     {"TRADE MARK SIGN", 0x2122},
                                     {"LEFTWARDS ARROW", 0x2190},
                                     {"RIGHTWARDS ARROW", 0x2192},
                                     {"MINUS SIGN", 0x2212},
                                     {"CHECK MARK", 0x2713},
                                     {"ZERO WIDTH NO-BREAK SPACE", 0xFEFF},
                                     {"FULLWIDTH VERTICAL LINE", 0xFF5C},
                                     {"REPLACEMENT CHARACTER", 0xFFFD},
                                     {"LOWER ONE EIGHTH BLOCK", 0x2581}};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

class Reader {
 public:
  Reader(std::string_view in, std::string& out, std::string& problem) : in_(in), out_(out), problem_(problem) {}

  bool run() {
    while (at_ < in_.size()) {
      if (in_[at_] != '\\' || at_ + 1 >= in_.size()) {
        out_.push_back(in_[at_++]);
        continue;
      }
      if (!read_escape()) return false;
    }
    return true;
  }

 private:
  bool read_hex(std::size_t count, const char* form) {
    char32_t code = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const int digit = at_ < in_.size() ? hex_digit(in_[at_]) : -1;
      if (digit < 0) {
        problem_ = std::string("truncated ") + form + " escape";
        return false;
      }
      code = code << 4 | static_cast<char32_t>(digit);
      ++at_;
    }
    if (code > 0x10FFFF) {
      problem_ = "illegal Unicode character";
      return false;
    }
    append_utf8(out_, code);
    return true;
  }

  bool read_named() {
    const std::size_t end = in_.find('}', at_);
    if (at_ >= in_.size() || in_[at_] != '{' || end == std::string_view::npos || end == at_ + 1) {
      problem_ = "malformed \\N character escape";
      return false;
    }
    std::string name(in_.substr(at_ + 1, end - at_ - 1));
    for (char& c : name) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
    }
    for (const NamedCharacter& named : kNamed) {
      if (named.name != name) continue;
      append_utf8(out_, named.code);
      at_ = end + 1;
      return true;
    }
    problem_ = "unknown Unicode character name";
    return false;
  }

  // The reference turns other characters into escapes before it reads escapes; a backslash before one then escapes the
  // backslash of that.
  void keep_backslash_before_other() {
    const Character character = character_at(in_, at_);
    char buffer[12];
    const auto code = static_cast<unsigned>(character.code);
    std::snprintf(buffer, sizeof buffer, code <= 0xFF ? "\\x%02x" : code <= 0xFFFF ? "\\u%04x" : "\\U%08x", code);
    out_ += buffer;
    at_ += character.bytes;
  }

  bool read_escape() {
    const char c = in_[++at_];
    if (static_cast<unsigned char>(c) >= 0x80) {
      keep_backslash_before_other();
      return true;
    }
    if (c >= '0' && c <= '7') {
      char32_t code = 0;
      for (int i = 0; i < 3 && at_ < in_.size() && in_[at_] >= '0' && in_[at_] <= '7'; ++i)
        code = code << 3 | static_cast<char32_t>(in_[at_++] - '0');
      append_utf8(out_, code);
      return true;
    }
    ++at_;
    switch (c) {
      case '\n':
        return true;
      case '\\':
      case '\'':
      case '"':
        out_.push_back(c);
        return true;
      case 'a':
        out_.push_back('\a');
        return true;
      case 'b':
        out_.push_back('\b');
        return true;
      case 'f':
        out_.push_back('\f');
        return true;
      case 'n':
        out_.push_back('\n');
        return true;
      case 'r':
        out_.push_back('\r');
        return true;
      case 't':
        out_.push_back('\t');
        return true;
      case 'v':
        out_.push_back('\v');
        return true;
      case 'x':
        return read_hex(2, "\\xXX");
      case 'u':
        return read_hex(4, "\\uXXXX");
      case 'U':
        return read_hex(8, "\\UXXXXXXXX");
      case 'N':
        return read_named();
      default:
        out_.push_back('\\');
        out_.push_back(c);
        return true;
    }
  }

  std::string_view in_;
  std::string& out_;
  std::string& problem_;
  std::size_t at_ = 0;
};

}  // namespace

bool read_string_literal(std::string_view inside, std::string& out, std::string& problem) {
  return Reader(inside, out, problem).run();
}

}  // namespace templates
