// Splitting and normalising, and the regular expressions behind both. The expected words are those of tokenizers
// 0.23.1.
#include "engine/tokenizer/pre_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/tokenizer/normalizer.h"
#include "engine/tokenizer/regex.h"
#include "tests/support/error_of.h"

namespace {

using engine::Normalizer;
using engine::NormalizerStep;
using engine::PreTokenizer;
using engine::Regex;
using engine::SplitStep;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using tests::error_of;
using Behavior = SplitStep::Behavior;
using Words = std::vector<std::string>;

SplitStep split_at(std::string pattern, Behavior behavior = Behavior::Isolated, bool invert = false) {
  SplitStep step;
  step.pattern = std::move(pattern);
  step.behavior = behavior;
  step.invert = invert;
  return step;
}

Words words(const std::vector<SplitStep>& steps, std::string_view text) {
  std::deque<std::string> storage;
  Words result;
  for (const std::string_view word : PreTokenizer(steps, "t").split(text, storage)) result.emplace_back(word);
  return result;
}

TEST(PreTokenizer, CutsAsEachBehaviourSays) {
  const std::string_view text = "the-final--countdown-";
  EXPECT_EQ(words({split_at("-")}, text), (Words{"the", "-", "final", "-", "-", "countdown", "-"}));
  EXPECT_EQ(words({split_at("-", Behavior::Removed)}, text), (Words{"the", "final", "countdown"}));
  EXPECT_EQ(words({split_at("-", Behavior::MergedWithPrevious)}, text), (Words{"the-", "final-", "-", "countdown-"}));
  EXPECT_EQ(words({split_at("-", Behavior::MergedWithNext)}, text), (Words{"the", "-final", "-", "-countdown", "-"}));
  EXPECT_EQ(words({split_at("-", Behavior::Contiguous)}, text), (Words{"the", "-", "final", "--", "countdown", "-"}));
  EXPECT_EQ(words({split_at("[a-z]+", Behavior::Removed, true)}, text), (Words{"the", "final", "countdown"}));
}

TEST(PreTokenizer, AppliesStepsToWhatTheOnesBeforeLeft) {
  SplitStep text = split_at(".");
  text.is_regex = false;
  SplitStep prefix;
  prefix.prefix_space = true;
  EXPECT_EQ(words({text, prefix, split_at("[0-9]")}, "a. b1.2"), (Words{" a", " .", " b", "1", " .", " ", "2"}));
  EXPECT_EQ(words({}, "a b"), Words{"a b"});
  EXPECT_EQ(words({split_at("a"), prefix}, ""), Words{});
}

TEST(PreTokenizer, AnEmptyPatternCutsEverywhere) {
  EXPECT_EQ(words({split_at("")}, "a\u6570b"), (Words{"a", "\u6570", "b"}));
  EXPECT_EQ(words({split_at("x*")}, "axxb"), (Words{"a", "xx", "b"}));
}

TEST(PreTokenizer, ReadsClassesOfCharactersAsTheReference) {
  const std::vector<SplitStep> glm = {split_at(std::string(engine::kGlm4SplitPattern))};
  EXPECT_EQ(words(glm, "He'S it'\u017F 1234 \u00BD\u2167x  y"),
            (Words{"He", "'S", " it", "'\u017F", " ", "123", "4", " ", "\u00BD\u2167", "x", " ", " y"}));
  EXPECT_EQ(words(glm, "a\u0301b!\r\n\n c\u00A0\u2028 "), (Words{"a", "\u0301b", "!\r\n\n", " c", "\u00A0\u2028 "}));
  // White_Space has lost U+180E, and U+0085 has it.
  EXPECT_EQ(words({split_at("\\s+")}, "a\u180E\u0085b"), (Words{"a\u180E", "\u0085", "b"}));
  EXPECT_EQ(words({split_at("[^\\s]+")}, "a\u180E\u0085b"), (Words{"a\u180E", "\u0085", "b"}));
  EXPECT_EQ(words({split_at("\\S")}, "\u180E \\s"), (Words{"\u180E", " ", "\\", "s"}));
  EXPECT_EQ(words({split_at("[]\\s]")}, "a] b"), (Words{"a", "]", " ", "b"}));
  EXPECT_EQ(words({split_at("[^]\\s]+")}, "a] b"), (Words{"a", "] ", "b"}));
  EXPECT_EQ(words({split_at("[[:alpha:]\\s]+")}, "a b1"), (Words{"a b", "1"}));
  EXPECT_EQ(words({split_at("\\\\s|\\[\\s")}, "x[ \\s"), (Words{"x", "[ ", "\\s"}));
}

std::vector<engine::TextRange> find_all(const char* pattern, std::string_view text) {
  return Regex(pattern, "t").find_all(text, engine::SearchTime(text.size()));
}

TEST(Regex, RefusesWhatIsNoExpression) {
  EXPECT_THAT(error_of([] { Regex("(unclosed[", "m/tokenizer.json: the split pattern"); }),
              AllOf(HasSubstr("CorruptFile: m/tokenizer.json: the split pattern is not a regular expression"),
                    HasSubstr("(unclosed[")));
  EXPECT_THAT(error_of([] { Regex("\\C", "t"); }), HasSubstr("CorruptFile"));
  EXPECT_THAT(error_of([] { Regex(std::string(70'000, 'a'), "t"); }), HasSubstr("has 70000 bytes"));
  EXPECT_THAT(error_of([] { Regex(std::string(5'000, '('), "t"); }), HasSubstr("CorruptFile"));
  EXPECT_THAT(error_of([] { Regex("(((a{0,999}){0,999}){0,999}){0,999}", "t"); }), HasSubstr("CorruptFile"));
}

// Each of these runs for years where nothing bounds it.
TEST(Regex, EndsWithAnErrorWhereAPatternExplodes) {
  const std::string text = std::string(4000, 'a') + "!bc";
  for (const char* pattern : {"(a|aa)+$", "(?:a|a)*b", "(a+)+c"}) {
    EXPECT_THAT(error_of([&] { find_all(pattern, text); }), HasSubstr("CorruptFile: t takes too many steps"))
        << pattern;
  }
}

// Every word alone would be done in time.
TEST(PreTokenizer, AllWordsOfATextShareOneTime) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += std::string(23, 'a') + "!c ";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(error_of([&] { words({split_at(" "), split_at("(?:a|a)*c")}, text); }), HasSubstr("too many steps"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Regex, RefusesAMatchThatBeginsElsewhere) {
  EXPECT_THAT(error_of([] { find_all("a\\K", "aaa"); }), HasSubstr("too many steps"));
  EXPECT_THAT(error_of([] { find_all("(?=a\\K)", "aaa"); }), HasSubstr("CorruptFile"));
}

NormalizerStep replace(std::string pattern, std::string content, bool is_regex) {
  return {NormalizerStep::Kind::Replace, std::move(pattern), is_regex, std::move(content)};
}
const NormalizerStep kNfc = {NormalizerStep::Kind::Nfc, "", false, ""};

TEST(Normalizer, ChangesTextStepByStep) {
  const NormalizerStep prepend = {NormalizerStep::Kind::Prepend, "", false, "_"};
  EXPECT_EQ(Normalizer({prepend, replace(" ", "_", false)}, "t").apply(" a b"), "__a_b");
  EXPECT_EQ(Normalizer({prepend}, "t").apply(""), "");
  EXPECT_EQ(Normalizer({replace("[0-9]+", "#", true)}, "t").apply("a12b3"), "a#b#");
  EXPECT_EQ(Normalizer({replace("", "x", false)}, "t").apply("ab"), "ab");
  EXPECT_EQ(Normalizer({replace("x*", "-", true)}, "t").apply("axb"), "-a-b-");
}

TEST(Normalizer, ComposesToFormC) {
  const Normalizer nfc({kNfc}, "t");
  EXPECT_EQ(nfc.apply("plain"), "plain");
  EXPECT_EQ(nfc.apply("e\u0301 A\u030A \u212B"), "\u00E9 \u00C5 \u00C5");
  EXPECT_EQ(nfc.apply("\u1100\u1161\u11A8"), "\uAC01");
  EXPECT_EQ(nfc.apply("q\u0307\u0323"), "q\u0323\u0307");  // marks in canonical order
  EXPECT_EQ(nfc.apply("\u0344"), "\u0308\u0301");          // a composition exclusion
  EXPECT_EQ(nfc.apply("\uFB01"), "\uFB01");                // not form KC
}

// Sorting marks by insertion would take 10^11 steps here.
TEST(Normalizer, SortsALongRunOfMarksInTime) {
  std::string text, sorted;
  for (int i = 0; i < 250'000; ++i) text += "\u0301\u0323";
  for (int i = 0; i < 250'000; ++i) sorted += "\u0323";
  for (int i = 0; i < 250'000; ++i) sorted += "\u0301";
  EXPECT_TRUE(Normalizer({kNfc}, "t").apply(text) == sorted);
}

TEST(Normalizer, RefusesATextThatGrowsBeyondAllUse) {
  const Normalizer grows({replace("a", std::string(1000, 'b'), false)}, "t");
  EXPECT_THAT(error_of([&] { grows.apply(std::string(100'000, 'a')); }), HasSubstr("InvalidRequest"));
  const Normalizer twice({replace("a", std::string(5000, 'a'), true), replace("a", std::string(5000, 'a'), true)}, "t");
  EXPECT_THAT(error_of([&] { twice.apply("a"); }), HasSubstr("InvalidRequest"));
}

}  // namespace
