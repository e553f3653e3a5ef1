#define PCRE2_CODE_UNIT_WIDTH 8
#include "engine/tokenizer/character_class.h"

#include <pcre2.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

#include "engine/base/utf8.h"

namespace engine {

namespace {

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeMatch {
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};

// One compiled class, read-only after its first use.
const pcre2_code* word_class() {
  static const std::unique_ptr<pcre2_code, FreeCode> code = [] {
    constexpr std::string_view pattern =
        R"([\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\x{200C}\x{200D}\x{24B6}-\x{24E9})"
        R"(\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}\x{1F170}-\x{1F189}])";
    int error = 0;
    PCRE2_SIZE offset = 0;
    auto* compiled = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                   PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED, &error, &offset, nullptr);
    if (!compiled) throw std::bad_alloc();  // the pattern is sound: only memory can be missing
    return std::unique_ptr<pcre2_code, FreeCode>(compiled);
  }();
  return code.get();
}

}  // namespace

std::string_view first_character(std::string_view text) {
  return text.empty() ? text : text.substr(0, next_utf8(text).bytes);
}

std::string_view last_character(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && (static_cast<unsigned char>(text[--begin]) & 0xC0) == 0x80) {
  }
  return text.substr(begin);
}

bool is_white_space(std::string_view character) {
  if (character.size() == 1) return character[0] == ' ' || (character[0] >= '\t' && character[0] <= '\r');
  static constexpr std::array<std::string_view, 19> kSpaces = {
      "\u0085", "\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
      "\u2007", "\u2008", "\u2009", "\u200A", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000"};
  return std::find(kSpaces.begin(), kSpaces.end(), character) != kSpaces.end();
}

bool is_word_character(std::string_view character) {
  if (character.empty()) return false;
  const pcre2_code* code = word_class();
  const std::unique_ptr<pcre2_match_data, FreeMatch> match(pcre2_match_data_create_from_pattern(code, nullptr));
  if (!match) throw std::bad_alloc();
  return pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(character.data()), character.size(), 0, 0, match.get(),
                     nullptr) > 0;
}

}  // namespace engine
