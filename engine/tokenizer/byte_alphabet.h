#pragma once

#include <string>
#include <string_view>

namespace engine {

/// The alphabet in which byte-level vocabularies write their pieces: a printable character for each of the 256 bytes,
/// so that a space is "Ġ". Source: GPT-2, encoder.py (bytes_to_unicode).

/// The character of a byte, UTF-8.
std::string_view byte_character(unsigned char byte);

/// The bytes that a piece stands for; a piece with characters outside the alphabet stands for itself (tokenizers 0.23,
/// pre_tokenizers/byte_level.rs, decode_chain).
std::string bytes_of_characters(std::string_view piece);

}  // namespace engine
