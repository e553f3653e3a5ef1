#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/formats/tokenizer_data.h"
#include "engine/tokenizer/regex.h"

namespace engine {

/// Changes a text as the "normalizer" of a tokenizer.json asks, before it is split. Immutable; any thread.
class Normalizer {
 public:
  /// `file` is for sentences. Throws Error(CorruptFile) for a pattern that does not compile.
  Normalizer(const std::vector<NormalizerStep>& steps, const std::string& file);

  bool changes_nothing() const { return steps_.empty(); }
  /// `text`: valid UTF-8. Throws Error: CorruptFile where a pattern takes too many steps, InvalidRequest where the text
  /// grows beyond kMaxTextBytes.
  std::string apply(std::string_view text) const;

 private:
  struct Step {
    NormalizerStep step;
    std::optional<Regex> regex;
  };
  std::vector<Step> steps_;
};

}  // namespace engine
