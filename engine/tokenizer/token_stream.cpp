#include "engine/tokenizer/token_stream.h"

#include <algorithm>
#include <utility>

#include "engine/base/utf8.h"

namespace engine {

namespace {

// Bytes at the end of `bytes` that wait for more. A surrogate written as UTF-8 (ED A0..BF xx) can never become valid,
// but the reference decoder waits for its third byte before it shows the three U+FFFD, and streams like the reference.
std::size_t waiting_bytes(std::string_view bytes) {
  if (bytes.size() >= 2) {
    const auto first = static_cast<unsigned char>(bytes[bytes.size() - 2]);
    const auto second = static_cast<unsigned char>(bytes[bytes.size() - 1]);
    if (first == 0xED && second >= 0xA0 && second <= 0xBF) return 2;
  }
  return bytes.size() - whole_utf8(bytes);
}

}  // namespace

TokenStream::TokenStream(const Tokenizer* tokenizer, std::vector<std::string> stop_strings, bool skip_special)
    : tokenizer_(tokenizer), stop_strings_(std::move(stop_strings)), skip_special_(skip_special) {
  // An empty one would stop at once; one that is not UTF-8 can never occur in the text.
  std::erase_if(stop_strings_, [](const std::string& stop) { return stop.empty() || !is_utf8(stop); });
}

std::string TokenStream::push(std::int32_t id) {
  if (!tokenizer_ || stopped_) return {};
  if (skip_special_ && tokenizer_->is_special(id)) {
    // Control tokens give no text, but a stop string may spell one out.
    hold(tokenizer_->bytes_of(id), false);
    return release();
  }
  undecoded_ += tokenizer_->bytes_of(id);
  const std::size_t whole = undecoded_.size() - waiting_bytes(undecoded_);
  hold(replace_invalid_utf8(std::string_view(undecoded_).substr(0, whole)), true);
  undecoded_.erase(0, whole);
  return release();
}

std::string TokenStream::finish() {
  if (stopped_) return {};
  hold(replace_invalid_utf8(undecoded_), true);
  undecoded_.clear();
  std::string text = release();
  return text + take(held_.size());
}

void TokenStream::hold(std::string_view text, bool shown) {
  held_ += text;
  shown_.append(text.size(), shown ? '1' : '0');
}

std::string TokenStream::take(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    if (shown_[i] == '1') text += held_[i];
  }
  held_.erase(0, count);
  shown_.erase(0, count);
  return text;
}

std::string TokenStream::release() {
  // Of several stop strings the one completed first counts, however the text was cut into tokens.
  std::size_t begin = std::string::npos, end = std::string::npos;
  for (const std::string& stop : stop_strings_) {
    const std::size_t at = held_.find(stop);
    if (at == std::string::npos) continue;
    if (at + stop.size() < end || (at + stop.size() == end && at < begin)) {
      begin = at;
      end = at + stop.size();
    }
  }
  if (begin != std::string::npos) {
    stopped_ = true;
    return take(begin);
  }
  // Hold back the longest end of the text that a stop string begins with.
  std::size_t keep = 0;
  for (const std::string& stop : stop_strings_) {
    for (std::size_t length = std::min(stop.size() - 1, held_.size()); length > keep; --length) {
      if (std::string_view(held_).ends_with(std::string_view(stop).substr(0, length))) keep = length;
    }
  }
  return take(held_.size() - keep);
}

}  // namespace engine
