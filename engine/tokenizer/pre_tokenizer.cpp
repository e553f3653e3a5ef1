#include "engine/tokenizer/pre_tokenizer.h"

#include <utility>

namespace engine {

namespace {

struct Stretch {
  TextRange range;
  bool matches = false;
};

std::vector<TextRange> find_text(std::string_view text, std::string_view pattern) {
  std::vector<TextRange> matches;
  if (pattern.empty()) return matches;
  for (auto at = text.find(pattern); at != text.npos; at = text.find(pattern, at + pattern.size())) {
    matches.push_back({at, at + pattern.size()});
  }
  return matches;
}

// The matches and what lies between them.
std::vector<Stretch> all_stretches(std::string_view text, const std::vector<TextRange>& matches, bool invert) {
  std::vector<Stretch> stretches;
  std::size_t done = 0;
  for (const TextRange& match : matches) {
    if (match.begin > done) stretches.push_back({{done, match.begin}, invert});
    stretches.push_back({match, !invert});
    done = match.end;
  }
  if (done < text.size()) stretches.push_back({{done, text.size()}, invert});
  return stretches;
}

// What a behaviour makes of the stretches.
std::vector<TextRange> regroup(const std::vector<Stretch>& stretches, SplitStep::Behavior behavior) {
  using Behavior = SplitStep::Behavior;
  std::vector<TextRange> groups;
  bool before = false;  // whether the stretch before this one matched
  for (const Stretch& stretch : stretches) {
    bool joins = false;  // with the group before
    if (behavior == Behavior::Contiguous) joins = stretch.matches == before;
    if (behavior == Behavior::MergedWithPrevious) joins = stretch.matches && !before;
    if (behavior == Behavior::MergedWithNext) joins = !stretch.matches && before;
    before = stretch.matches;
    if (behavior == Behavior::Removed && stretch.matches) continue;
    if (joins && !groups.empty()) {
      groups.back().end = stretch.range.end;
    } else {
      groups.push_back(stretch.range);
    }
  }
  return groups;
}

}  // namespace

PreTokenizer::PreTokenizer(const std::vector<SplitStep>& steps, const std::string& file) {
  for (const SplitStep& step : steps) {
    steps_.push_back({step, std::nullopt});
    if (!step.prefix_space && step.is_regex) steps_.back().regex.emplace(step.pattern, file + ": the split pattern");
  }
}

std::vector<std::string_view> PreTokenizer::split(std::string_view text, std::deque<std::string>& storage) const {
  const SearchTime time(text.size());
  std::vector<std::string_view> words;
  if (!text.empty()) words.push_back(text);
  for (const Step& step : steps_) {
    std::vector<std::string_view> next;
    for (const std::string_view word : words) {
      if (step.step.prefix_space) {
        next.push_back(word.starts_with(' ') ? word : storage.emplace_back(" " + std::string(word)));
        continue;
      }
      const auto matches = step.regex ? step.regex->find_all(word, time) : find_text(word, step.step.pattern);
      for (const TextRange& group : regroup(all_stretches(word, matches, step.step.invert), step.step.behavior)) {
        if (group.end > group.begin) next.push_back(word.substr(group.begin, group.end - group.begin));
      }
    }
    words = std::move(next);
  }
  return words;
}

}  // namespace engine
