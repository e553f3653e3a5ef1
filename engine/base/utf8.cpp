#include "engine/base/utf8.h"

namespace engine {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct LeadByte {
  std::size_t length;         // bytes of the whole sequence; 0: no sequence begins with this byte
  unsigned char low = 0x80;   // range of the second byte: tighter than 80..BF where a longer form, a surrogate
  unsigned char high = 0xBF;  // or a code point above U+10FFFF has to be kept out (Unicode table 3-7)
};

LeadByte classify(unsigned char lead) {
  if (lead < 0x80) return {1};
  if (lead < 0xC2) return {0};
  if (lead < 0xE0) return {2};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead < 0xF0) return {3};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead < 0xF4) return {4};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {0};
}

}  // namespace

Utf8Step next_utf8(std::string_view text) {
  const LeadByte lead = classify(static_cast<unsigned char>(text[0]));
  if (lead.length == 0) return {Utf8Kind::Invalid, 1};
  for (std::size_t i = 1; i < lead.length; ++i) {
    if (i == text.size()) return {Utf8Kind::Unfinished, i};
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool continues = i == 1 ? byte >= lead.low && byte <= lead.high : byte >= 0x80 && byte <= 0xBF;
    if (!continues) return {Utf8Kind::Invalid, i};
  }
  return {Utf8Kind::Character, lead.length};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Step step = next_utf8(text);
    if (step.kind != Utf8Kind::Character) return false;
    text.remove_prefix(step.bytes);
  }
  return true;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Utf8Step step = next_utf8(text);
    result += step.kind == Utf8Kind::Character ? text.substr(0, step.bytes) : kReplacement;
    text.remove_prefix(step.bytes);
  }
  return result;
}

std::size_t whole_utf8(std::string_view text) {
  // A character has at most four bytes, so an unfinished one begins at one of the last three.
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const std::string_view tail = text.substr(text.size() - back);
    if ((static_cast<unsigned char>(tail[0]) & 0xC0) == 0x80) continue;
    const Utf8Step step = next_utf8(tail);
    return step.kind == Utf8Kind::Unfinished && step.bytes == back ? text.size() - back : text.size();
  }
  return text.size();
}

std::string in_quotes(std::string_view text, std::size_t max_bytes) {
  std::string result = "\"";
  while (!text.empty()) {
    const Utf8Step step = next_utf8(text);
    if (result.size() + step.bytes > max_bytes + 1) {
      result += "\u2026";
      break;
    }
    const auto first = static_cast<unsigned char>(text[0]);
    if (step.kind != Utf8Kind::Character) {
      result += kReplacement;
    } else if (first < 0x20 || first == 0x7F) {
      result += '?';
    } else {
      result += text.substr(0, step.bytes);
    }
    text.remove_prefix(step.bytes);
  }
  return result + "\"";
}

}  // namespace engine
