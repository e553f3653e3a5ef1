#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/formats/tokenizer_data.h"
#include "engine/tokenizer/regex.h"

namespace engine {

/// Cuts a text into the stretches ("words") that BPE works on one by one. Immutable; any thread.
/// Source: tokenizers 0.23, normalizer.rs (split), pre_tokenizers/.
class PreTokenizer {
 public:
  /// `file` is for sentences. Throws Error(CorruptFile) for a pattern that does not compile.
  PreTokenizer(const std::vector<SplitStep>& steps, const std::string& file);

  /// The stretches of `text` (valid UTF-8), in order, none of them empty. They point into `text`, or into `storage`
  /// where a step puts spaces before them. Throws Error(CorruptFile) where a pattern takes too many steps.
  std::vector<std::string_view> split(std::string_view text, std::deque<std::string>& storage) const;

 private:
  struct Step {
    SplitStep step;
    std::optional<Regex> regex;
  };
  std::vector<Step> steps_;
};

}  // namespace engine
