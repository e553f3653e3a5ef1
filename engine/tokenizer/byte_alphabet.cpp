#include "engine/tokenizer/byte_alphabet.h"

#include <array>

namespace engine {

namespace {

// Bytes that print as Latin-1 characters keep their code point, the others get U+0100 and following in order.
struct Alphabet {
  std::array<std::string, 256> character;
  std::array<int, 0x180> byte{};  // code point to byte, or -1

  Alphabet() {
    byte.fill(-1);
    unsigned other = 0x100;
    for (unsigned b = 0; b < 256; ++b) {
      const bool prints = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      const unsigned point = prints ? b : other++;
      byte[point] = static_cast<int>(b);
      if (point < 0x80) {
        character[b] = static_cast<char>(point);
      } else {
        character[b] = {static_cast<char>(0xC0 | point >> 6), static_cast<char>(0x80 | (point & 0x3F))};
      }
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet the_alphabet;
  return the_alphabet;
}

}  // namespace

std::string_view byte_character(unsigned char byte) {
  return alphabet().character[byte];
}

std::string bytes_of_characters(std::string_view piece) {
  std::string bytes;
  for (std::size_t i = 0; i < piece.size(); ++i) {
    // Pieces are UTF-8; the alphabet's characters have one or two bytes.
    unsigned point = static_cast<unsigned char>(piece[i]);
    if (point >= 0xE0) return std::string(piece);
    if (point >= 0x80 && i + 1 < piece.size()) {
      point = (point & 0x1F) << 6 | (static_cast<unsigned char>(piece[++i]) & 0x3F);
    }
    if (point >= 0x180 || alphabet().byte[point] < 0) return std::string(piece);
    bytes += static_cast<char>(alphabet().byte[point]);
  }
  return bytes;
}

}  // namespace engine
