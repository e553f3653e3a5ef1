#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace engine {

/// What stands at the beginning of a byte sequence.
enum class Utf8Kind {
  Character,   ///< one whole, valid character
  Invalid,     ///< bytes that no continuation can make valid: one maximal subpart (Unicode 3.9, U+FFFD substitution)
  Unfinished,  ///< the text ends inside a sequence that could still become a character
};

struct Utf8Step {
  Utf8Kind kind;
  std::size_t bytes;  ///< how many bytes of the text belong to it, at least 1
};

/// Classifies the beginning of a text that is not empty.
Utf8Step next_utf8(std::string_view text);

/// True when the text is UTF-8 throughout (no surrogates, nothing overlong, nothing above U+10FFFF).
bool is_utf8(std::string_view text);

/// The text with U+FFFD in place of every invalid or unfinished sequence, one for each maximal subpart.
std::string replace_invalid_utf8(std::string_view text);

/// Bytes of the longest beginning that ends between two characters: all of the text but an unfinished last character.
/// Invalid bytes count as finished, since nothing that follows can mend them.
std::size_t whole_utf8(std::string_view text);

/// Text from a file or a person made fit for a one-line sentence: in quotes, valid UTF-8, control characters as '?',
/// cut after `max_bytes` with an ellipsis.
std::string in_quotes(std::string_view text, std::size_t max_bytes = 60);

}  // namespace engine
