#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct pcre2_real_code_8;  // PCRE2's compiled pattern

namespace engine {

/// A stretch of a text, in bytes.
struct TextRange {
  std::size_t begin = 0, end = 0;
};

/// How long the searches in one text may take together: a hundred times what a slow machine needs for an honest
/// pattern.
class SearchTime {
 public:
  explicit SearchTime(std::size_t text_bytes)
      : end_(Clock::now() + std::chrono::seconds(1) + std::chrono::microseconds(20) * text_bytes) {}
  bool is_over() const { return Clock::now() >= end_; }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point end_;
};

/// A regular expression from a model's files, run by PCRE2 with Unicode classes, as Oniguruma (which the tokenizers
/// library runs) reads it. Neither the pattern nor the text is trusted: a search that takes absurdly many steps ends
/// with an error. Immutable; any thread.
class Regex {
 public:
  /// `where` names the pattern in sentences ("m/tokenizer.json: pre_tokenizer.pattern.Regex"). Throws
  /// Error(CorruptFile) for a pattern that does not compile.
  Regex(std::string_view pattern, std::string where);

  /// All matches in `text` (valid UTF-8), left to right, not overlapping; they can be empty. Near linear for the
  /// patterns of tokenizers. Throws Error(CorruptFile) where the time is over before.
  std::vector<TextRange> find_all(std::string_view text, const SearchTime& time) const;

 private:
  struct FreeCode {
    void operator()(pcre2_real_code_8* code) const;
  };
  std::unique_ptr<pcre2_real_code_8, FreeCode> code_;
  std::string where_;
};

}  // namespace engine
