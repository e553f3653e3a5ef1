#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace templates {

// Characters of UTF-8 text with Python's idea of them. Bytes that are not UTF-8 count as one character each, so that
// every text can be walked.

struct Character {
  char32_t code;      // U+FFFD for a byte that is not UTF-8
  std::size_t bytes;  // 1 to 4
};

// The character that begins at `position`, which is inside the text.
Character character_at(std::string_view text, std::size_t position);
// Where the character before `position` begins; `position` is above 0.
std::size_t character_before(std::string_view text, std::size_t position);

// Number of characters.
std::size_t count_characters(std::string_view text);
// The byte at which character number `index` begins; the end of the text for an index beyond it.
std::size_t byte_of_character(std::string_view text, std::size_t index);

// Code points of surrogates are written as three bytes, as Python's "surrogatepass" does.
void append_utf8(std::string& out, char32_t code);
// The first byte that begins no valid UTF-8 character, or npos.
std::size_t find_invalid_utf8(std::string_view text);

// str.isspace() of one character: white space by category or direction.
bool is_space(char32_t code);
// A character that str.splitlines() breaks at.
bool is_line_break(char32_t code);
// False for what repr() writes as an escape.
bool is_printable(char32_t code);
bool is_letter(char32_t code);
bool is_decimal(char32_t code);
bool is_digit(char32_t code);
bool is_numeric(char32_t code);
bool is_upper(char32_t code);
bool is_lower(char32_t code);
bool is_title(char32_t code);
// May begin, may continue a name.
bool is_name_start(char32_t code);
bool is_name_part(char32_t code);
// The value of a decimal digit of any script, or -1.
int decimal_value(char32_t code);

enum class Case { Upper, Lower, Title, Fold };
// The character in another case, which may be several characters (ß to SS).
std::string change_case(char32_t code, Case to);
// Whether a letter that has case stands right before, and none after: the rule for the final form of sigma.
bool is_final_sigma(std::string_view text, std::size_t position);

}  // namespace templates
