#pragma once

#include <string_view>

namespace engine {

/// The first character of UTF-8 text; empty where the text is.
std::string_view first_character(std::string_view text);
/// The last character of UTF-8 text; empty where the text is.
std::string_view last_character(std::string_view text);

/// Unicode's White_Space property. `character`: one UTF-8 character, or nothing (false).
bool is_white_space(std::string_view character);

/// What \w means in Unicode regular expressions (UTS #18, annex C): letters, marks, decimal digits, letter-like
/// numbers, connector punctuation and the two joiners. `character`: one UTF-8 character, or nothing (false).
bool is_word_character(std::string_view character);

}  // namespace engine
