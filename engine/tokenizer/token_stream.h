#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace engine {

/// Turns ids into text while they come: only whole UTF-8 is given out, and what could become a stop string is held back
/// until it is decided. One stream a reply; not thread-safe.
class TokenStream {
 public:
  /// `tokenizer` must outlive the stream and may be null (then every text is empty). `skip_special`: control tokens
  /// give no text.
  TokenStream(const Tokenizer* tokenizer, std::vector<std::string> stop_strings, bool skip_special = true);

  /// Adds a token; returns the text that can be shown now (may be empty).
  std::string push(std::int32_t id);
  /// Text still held back, with unfinished bytes as U+FFFD. Call once, at the end, unless a stop string was found.
  std::string finish();
  /// True once the text contained a stop string; what push() returned ends before it.
  bool stopped() const { return stopped_; }

 private:
  void hold(std::string_view text, bool shown);
  std::string release();                // what of held_ is decided, or what stands before a stop string
  std::string take(std::size_t count);  // the first bytes of held_, without what is not shown

  const Tokenizer* tokenizer_;
  std::vector<std::string> stop_strings_;
  bool skip_special_;
  std::string undecoded_;  ///< bytes that may still become a character
  std::string held_;       ///< whole characters that may still become a stop string
  std::string shown_;      ///< for each byte of held_: '1' text, '0' the spelling of a control token, never given out
  bool stopped_ = false;
};

}  // namespace engine
