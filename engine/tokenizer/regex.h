#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

/// A stretch of a text, in bytes.
struct TextRange {
  std::size_t begin = 0, end = 0;
};

/// A regular expression from a model's files, run by PCRE2 with Unicode classes, as Oniguruma (which the tokenizers
/// library runs) reads it. Neither the pattern nor the text is trusted: a search that takes absurdly many steps ends
/// with an error. Immutable; any thread.
class Regex {
 public:
  /// `where` names the pattern in sentences ("m/tokenizer.json: pre_tokenizer.pattern.Regex"). Throws
  /// Error(CorruptFile) for a pattern that does not compile.
  Regex(std::string_view pattern, std::string where);
  ~Regex();
  Regex(Regex&& other) noexcept;
  Regex& operator=(Regex&& other) noexcept;

  /// All matches in `text` (valid UTF-8), left to right, not overlapping; they can be empty. Near linear for the
  /// patterns of tokenizers. Throws Error(CorruptFile) where the pattern takes too many steps.
  std::vector<TextRange> find_all(std::string_view text) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
  std::string where_;
};

}  // namespace engine
