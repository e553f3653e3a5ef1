#include "templates/characters.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstring>
#include <iterator>

namespace templates {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

template <std::size_t n>
bool in_ranges(const Range (&ranges)[n], char32_t code) {
  const auto after = std::upper_bound(std::begin(ranges), std::end(ranges), code,
                                      [](char32_t c, const Range& range) { return c < range.first; });
  return after != std::begin(ranges) && code <= std::prev(after)->last;
}

// Unicode 14, PropList.txt, Other_Lowercase and Other_Uppercase: letters by look, not by category.
constexpr Range kOtherLower[] = {
    {0xAA, 0xAA},     {0xBA, 0xBA},     {0x2B0, 0x2B8},     {0x2C0, 0x2C1},     {0x2E0, 0x2E4},     {0x345, 0x345},
    {0x37A, 0x37A},   {0x1D2C, 0x1D6A}, {0x1D78, 0x1D78},   {0x1D9B, 0x1DBF},   {0x2071, 0x2071},   {0x207F, 0x207F},
    {0x2090, 0x209C}, {0x2170, 0x217F}, {0x24D0, 0x24E9},   {0x2C7C, 0x2C7D},   {0xA69C, 0xA69D},   {0xA770, 0xA770},
    {0xA7F8, 0xA7F9}, {0xAB5C, 0xAB5F}, {0x10780, 0x10780}, {0x10783, 0x10785}, {0x10787, 0x107B0}, {0x107B2, 0x107BA}};
constexpr Range kOtherUpper[] = {
    {0x2160, 0x216F}, {0x24B6, 0x24CF}, {0x1F130, 0x1F149}, {0x1F150, 0x1F169}, {0x1F170, 0x1F189}};
// UnicodeData.txt, field 7 without field 6: digits that are no decimals, such as superscripts and circled digits.
constexpr Range kDigits[] = {{0xB2, 0xB3},       {0xB9, 0xB9},       {0x1369, 0x1371},   {0x19DA, 0x19DA},
                             {0x2070, 0x2070},   {0x2074, 0x2079},   {0x2080, 0x2089},   {0x2460, 0x2468},
                             {0x2474, 0x247C},   {0x2488, 0x2490},   {0x24EA, 0x24EA},   {0x24F5, 0x24FD},
                             {0x24FF, 0x24FF},   {0x2776, 0x277E},   {0x2780, 0x2788},   {0x278A, 0x2792},
                             {0x10A40, 0x10A43}, {0x10E60, 0x10E68}, {0x11052, 0x1105A}, {0x1F100, 0x1F10A}};
// Unihan numeric values of the ideographs in everyday use.
constexpr Range kNumericIdeographs[] = {
    {0x3405, 0x3405}, {0x3483, 0x3483}, {0x382A, 0x382A}, {0x3B4D, 0x3B4D}, {0x4E00, 0x4E00}, {0x4E03, 0x4E03},
    {0x4E07, 0x4E07}, {0x4E09, 0x4E09}, {0x4E5D, 0x4E5D}, {0x4E8C, 0x4E8C}, {0x4E94, 0x4E94}, {0x4E96, 0x4E96},
    {0x4EBF, 0x4EC0}, {0x4EDF, 0x4EDF}, {0x4EE8, 0x4EE8}, {0x4F0D, 0x4F0D}, {0x4F70, 0x4F70}, {0x5104, 0x5104},
    {0x5146, 0x5146}, {0x5169, 0x5169}, {0x516B, 0x516B}, {0x516D, 0x516D}, {0x5341, 0x5341}, {0x5343, 0x5345},
    {0x534C, 0x534C}, {0x53C1, 0x53C4}, {0x56DB, 0x56DB}, {0x58F1, 0x58F1}, {0x58F9, 0x58F9}, {0x5E7A, 0x5E7A},
    {0x5EFE, 0x5EFF}, {0x5F0C, 0x5F0E}, {0x5F10, 0x5F10}, {0x62FE, 0x62FE}, {0x634C, 0x634C}, {0x67D2, 0x67D2},
    {0x6F06, 0x6F06}, {0x7396, 0x7396}, {0x767E, 0x767E}, {0x8086, 0x8086}, {0x842C, 0x842C}, {0x8CAE, 0x8CAE},
    {0x8CB3, 0x8CB3}, {0x8D30, 0x8D30}, {0x9621, 0x9621}, {0x9646, 0x9646}, {0x964C, 0x964C}, {0x9678, 0x9678},
    {0x96F6, 0x96F6}, {0xF96B, 0xF96B}, {0xF973, 0xF973}, {0xF978, 0xF978}, {0xF9B2, 0xF9B2}, {0xF9D1, 0xF9D1},
    {0xF9D3, 0xF9D3}, {0xF9FD, 0xF9FD}};

utf8proc_category_t category(char32_t code) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(code));
}

// The full case folding; several code points for ligatures and the like.
int fold(char32_t code, utf8proc_int32_t (&out)[8]) {
  int boundary = 0;
  const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code), out, 8, UTF8PROC_CASEFOLD, &boundary);
  if (count < 1 || count > 8) {
    out[0] = static_cast<utf8proc_int32_t>(code);
    return 1;
  }
  return static_cast<int>(count);
}

// SpecialCasing.txt: title cases that neither the simple mapping nor the folding gives.
struct TitleCase {
  char32_t code;
  const char* text;
};
constexpr TitleCase kTitleCases[] = {{0xDF, "Ss"},
                                     {0x149, "\u02BCN"},
                                     {0x1FB2, "\u1FBA\u0345"},
                                     {0x1FB4, "\u0386\u0345"},
                                     {0x1FB7, "\u0391\u0342\u0345"},
                                     {0x1FC2, "\u1FCA\u0345"},
                                     {0x1FC4, "\u0389\u0345"},
                                     {0x1FC7, "\u0397\u0342\u0345"},
                                     {0x1FF2, "\u1FFA\u0345"},
                                     {0x1FF4, "\u038F\u0345"},
                                     {0x1FF7, "\u03A9\u0342\u0345"}};

bool is_cased(char32_t code) {
  return is_lower(code) || is_upper(code) || is_title(code);
}

// Unicode's Case_Ignorable, by its definition over categories and word breaks.
bool is_case_ignorable(char32_t code) {
  switch (category(code)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      break;
  }
  constexpr char32_t kMidLetters[] = {'\'',   '.',    ':',    0xB7,   0x387,  0x55F,  0x5F4,  0x2018, 0x2019,
                                      0x2024, 0x2027, 0xFE13, 0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A};
  return std::find(std::begin(kMidLetters), std::end(kMidLetters), code) != std::end(kMidLetters);
}

}  // namespace

Character character_at(std::string_view text, std::size_t position) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[position + i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t left = text.size() - position;
  const auto follows = [&](std::size_t i) { return i < left && (byte(i) & 0xC0) == 0x80; };
  if (first >= 0xC2 && first <= 0xDF && follows(1))
    return {static_cast<char32_t>((first & 0x1F) << 6 | (byte(1) & 0x3F)), 2};
  if (first >= 0xE0 && first <= 0xEF && follows(1) && follows(2)) {
    // Surrogates pass: template literals may hold them.
    const auto code = static_cast<char32_t>((first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F));
    if (code >= 0x800) return {code, 3};
  }
  if (first >= 0xF0 && first <= 0xF4 && follows(1) && follows(2) && follows(3)) {
    const auto code =
        static_cast<char32_t>((first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F));
    if (code >= 0x10000 && code <= 0x10FFFF) return {code, 4};
  }
  return {0xFFFD, 1};
}

std::size_t character_before(std::string_view text, std::size_t position) {
  if (static_cast<unsigned char>(text[position - 1]) < 0x80) return position - 1;
  for (std::size_t bytes = 2; bytes <= 4 && bytes <= position; ++bytes) {
    if (character_at(text, position - bytes).bytes == bytes) return position - bytes;
  }
  return position - 1;
}

std::size_t count_characters(std::string_view text) {
  constexpr std::uint64_t kAboveAscii = 0x8080808080808080;
  std::size_t count = 0, at = 0;
  while (at < text.size()) {
    std::uint64_t eight = 0;
    if (text.size() - at >= sizeof eight) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if ((eight & kAboveAscii) == 0) {
        at += sizeof eight;
        count += sizeof eight;
        continue;
      }
    }
    at += static_cast<unsigned char>(text[at]) < 0x80 ? 1 : character_at(text, at).bytes;
    ++count;
  }
  return count;
}

std::size_t byte_of_character(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  for (; index > 0 && at < text.size(); --index)
    at += static_cast<unsigned char>(text[at]) < 0x80 ? 1 : character_at(text, at).bytes;
  return at;
}

void append_utf8(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const Character character = character_at(text, at);
    if (character.bytes == 1 || (character.code >= 0xD800 && character.code <= 0xDFFF)) return at;
    at += character.bytes;
  }
  return std::string_view::npos;
}

bool is_space(char32_t code) {
  if (code < 0x80) return code == ' ' || (code >= 9 && code <= 13) || (code >= 28 && code <= 31);
  return code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
         code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

bool is_line_break(char32_t code) {
  return (code >= 10 && code <= 13) || (code >= 28 && code <= 30) || code == 0x85 || code == 0x2028 || code == 0x2029;
}

bool is_printable(char32_t code) {
  if (code < 0x7F) return code >= 0x20;
  switch (category(code)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_ZS:
      return false;
    default:
      return true;
  }
}

bool is_letter(char32_t code) {
  if (code < 0x80) return (code | 0x20) >= 'a' && (code | 0x20) <= 'z';
  const auto c = category(code);
  return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

bool is_decimal(char32_t code) {
  return code < 0x80 ? code >= '0' && code <= '9' : category(code) == UTF8PROC_CATEGORY_ND;
}

bool is_digit(char32_t code) {
  return is_decimal(code) || in_ranges(kDigits, code);
}

bool is_numeric(char32_t code) {
  if (is_digit(code)) return true;
  const auto c = category(code);
  return c == UTF8PROC_CATEGORY_NL || c == UTF8PROC_CATEGORY_NO || in_ranges(kNumericIdeographs, code);
}

bool is_upper(char32_t code) {
  return category(code) == UTF8PROC_CATEGORY_LU || in_ranges(kOtherUpper, code);
}

bool is_lower(char32_t code) {
  return category(code) == UTF8PROC_CATEGORY_LL || in_ranges(kOtherLower, code);
}

bool is_title(char32_t code) {
  return category(code) == UTF8PROC_CATEGORY_LT;
}

bool is_name_start(char32_t code) {
  return code == '_' || is_letter(code) || (code >= 0x80 && category(code) == UTF8PROC_CATEGORY_NL);
}

bool is_name_part(char32_t code) {
  if (is_name_start(code) || is_decimal(code)) return true;
  if (code < 0x80) return false;
  const auto c = category(code);
  return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC || c == UTF8PROC_CATEGORY_PC;
}

int decimal_value(char32_t code) {
  if (!is_decimal(code)) return -1;
  if (code < 0x80) return static_cast<int>(code - '0');
  if (code >= 0x1D7CE && code <= 0x1D7FF) return static_cast<int>((code - 0x1D7CE) % 10);
  // The decimals of a script are ten neighbours in order; another run may come right before, so count from its start.
  int before = 0;
  while (category(code - static_cast<char32_t>(before) - 1) == UTF8PROC_CATEGORY_ND) ++before;
  return before % 10;
}

std::string change_case(char32_t code, Case to) {
  std::string out;
  if (code < 0x80) {
    const bool lower = code >= 'a' && code <= 'z';
    const bool upper = code >= 'A' && code <= 'Z';
    const bool up = to == Case::Upper || to == Case::Title;
    out.push_back(static_cast<char>((up && lower) ? code - 0x20 : (!up && upper) ? code + 0x20 : code));
    return out;
  }
  const auto simple = static_cast<utf8proc_int32_t>(code);
  utf8proc_int32_t folded[8];
  const int count = fold(code, folded);
  constexpr char32_t kDottedI = 0x130, kSharpS = 0x1E9E;
  switch (to) {
    case Case::Lower:
      if (code == kDottedI) return "i\xCC\x87";
      append_utf8(out, static_cast<char32_t>(utf8proc_tolower(simple)));
      break;
    case Case::Fold:
      for (int i = 0; i < count; ++i) append_utf8(out, static_cast<char32_t>(folded[i]));
      break;
    case Case::Upper:
      // Where folding gives several characters, their upper cases are the full upper case of SpecialCasing.txt.
      if (count > 1 && code != kDottedI && code != kSharpS) {
        for (int i = 0; i < count; ++i) append_utf8(out, static_cast<char32_t>(utf8proc_toupper(folded[i])));
      } else {
        append_utf8(out, static_cast<char32_t>(utf8proc_toupper(simple)));
      }
      break;
    case Case::Title:
      for (const TitleCase& special : kTitleCases) {
        if (special.code == code) return special.text;
      }
      if (count > 1 && code != kDottedI && code != kSharpS && utf8proc_totitle(simple) == simple && !is_title(code)) {
        append_utf8(out, static_cast<char32_t>(utf8proc_totitle(folded[0])));
        for (int i = 1; i < count; ++i) append_utf8(out, static_cast<char32_t>(folded[i]));
      } else {
        append_utf8(out, static_cast<char32_t>(utf8proc_totitle(simple)));
      }
      break;
  }
  return out;
}

bool is_final_sigma(std::string_view text, std::size_t position) {
  bool letter_before = false;
  for (std::size_t at = position; at > 0;) {
    at = character_before(text, at);
    const char32_t code = character_at(text, at).code;
    if (is_case_ignorable(code)) continue;
    letter_before = is_cased(code);
    break;
  }
  if (!letter_before) return false;
  for (std::size_t at = position + character_at(text, position).bytes; at < text.size();) {
    const Character next = character_at(text, at);
    if (!is_case_ignorable(next.code)) return !is_cased(next.code);
    at += next.bytes;
  }
  return true;
}

}  // namespace templates
