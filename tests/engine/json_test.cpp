// JSON behind limits, and UTF-8: the two gates that every text from a file passes.
#include "engine/base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "tests/support/fixtures.h"

namespace {

using engine::Error;
using engine::ErrorCode;
using engine::Json;
using testing::HasSubstr;

// The sentence that parsing or reading ends with; empty where nothing was thrown.
template <typename Action>
std::string sentence_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::CorruptFile) << error.what();
    return error.what();
  }
  return {};
}

std::string refusal(std::string_view text) {
  return sentence_of([&] { Json::parse(text, "a.json"); });
}

TEST(Json, GivesTypedValues) {
  const Json json =
      Json::parse(R"({"i": -3, "f": 0.5, "b": true, "s": "é", "n": null, "a": [1, 2], "o": {"k": 7}})", "a.json");
  EXPECT_EQ(json.at("i").as_integer(), -3);
  EXPECT_EQ(json.at("i").as_number(), -3.0);
  EXPECT_EQ(json.at("f").as_number(), 0.5);
  EXPECT_TRUE(json.at("b").as_bool());
  EXPECT_EQ(json.at("s").as_string(), "é");
  EXPECT_TRUE(json.at("n").is_null());
  EXPECT_EQ(json.at("a").elements().at(1).as_integer(), 2);
  EXPECT_EQ(json.at("o").at("k").as_integer(), 7);
  EXPECT_EQ(json.members().size(), 7u);
}

TEST(Json, FindTreatsNullAsAbsent) {
  const Json json = Json::parse(R"({"n": null, "x": 4})", "a.json");
  EXPECT_FALSE(json.find("n"));
  EXPECT_FALSE(json.find("missing"));
  EXPECT_EQ(json.find_integer("x", 0, 9), 4);
  EXPECT_EQ(json.find_integer("n", 0, 9), std::nullopt);
}

TEST(Json, NamesFileKeyAndValueWhenATypeIsWrong) {
  const Json json = Json::parse(R"({"outer": {"inner": ["x", 2.5]}})", "config.json");
  const auto inner = json.at("outer").at("inner");
  EXPECT_EQ(sentence_of([&] { inner.as_integer(); }),
            "config.json: outer.inner must be a whole number from -9223372036854775808 to 9223372036854775807, found "
            "an array.");
  EXPECT_EQ(sentence_of([&] { inner.elements()[0].as_integer(1, 8); }),
            "config.json: outer.inner.0 must be a whole number from 1 to 8, found \"x\".");
  EXPECT_EQ(sentence_of([&] { inner.elements()[1].as_integer(1, 8); }),
            "config.json: outer.inner.1 must be a whole number from 1 to 8, found 2.5.");
  EXPECT_EQ(sentence_of([&] { json.at("outer").at("gone"); }), "config.json: outer lacks \"gone\".");
}

TEST(Json, RefusesNumbersOutsideTheRangeAsked) {
  const Json json = Json::parse(R"([9223372036854775808, 1e300, 5])", "a.json");
  EXPECT_THAT(sentence_of([&] { json.elements()[0].as_integer(); }), HasSubstr("whole number"));
  EXPECT_THAT(sentence_of([&] { json.elements()[1].as_number(0, 1); }), HasSubstr("from 0.0 to 1.0, found 1e+300"));
  EXPECT_THAT(sentence_of([&] { json.elements()[2].as_integer(0, 4); }), HasSubstr("found 5"));
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const std::string_view text :
       {"", "{", "[1,]", "{\"a\":1} x", "nan", "{'a':1}", "1e999", "\"\\ud800\"", "// c\n1"}) {
    EXPECT_THAT(refusal(text), HasSubstr("a.json cannot be read: it is not valid JSON")) << text;
  }
  EXPECT_THAT(refusal("{\n\n  \"a\" 1}"), HasSubstr("line 3"));
}

TEST(Json, RefusesTextThatIsNotUtf8) {
  EXPECT_THAT(refusal("{\"a\xff\": 1}"), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal("\"\xed\xa0\x80\""), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal("\"\xc0\xaf\""), HasSubstr("not valid JSON"));
}

TEST(Json, RefusesAKeyThatStandsTwice) {
  EXPECT_EQ(refusal(R"({"b": 1, "a": 2, "b": 3})"), "a.json cannot be read: the key \"b\" stands twice in one object.");
  EXPECT_EQ(refusal(R"({"a": {"k": 1}, "b": {"k": 1}})"), "");
}

TEST(Json, RefusesDepthSizeAndCountBeyondTheLimits) {
  engine::JsonLimits limits;
  limits.max_bytes = 100;
  limits.max_depth = 3;
  limits.max_values = 10;
  const auto with_limits = [&](const std::string& text) {
    return sentence_of([&] { Json::parse(text, "a.json", limits); });
  };
  EXPECT_EQ(with_limits("[[[1]]]"), "");
  EXPECT_THAT(with_limits("[[[[1]]]]"), HasSubstr("nested deeper than 3"));
  EXPECT_EQ(with_limits("[1,2,3,4,5,6,7,8,9]"), "");
  EXPECT_THAT(with_limits("[1,2,3,4,5,6,7,8,9,10]"), HasSubstr("more than 10 values"));
  EXPECT_THAT(with_limits(std::string(101, ' ')), HasSubstr("101 bytes"));
}

TEST(Json, SurvivesAMillionOpenBrackets) {
  EXPECT_THAT(refusal(std::string(1'000'000, '[')), HasSubstr("nested deeper"));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_THAT(refusal(objects), HasSubstr("nested deeper"));
}

TEST(Json, ShowsHostileTextCutAndInOneLine) {
  const Json json = Json::parse(R"({"a": "one\ntwo\u0000)" + std::string(500, 'x') + R"("})", "a.json");
  const std::string sentence = sentence_of([&] { json.at("a").as_integer(0, 1); });
  EXPECT_THAT(sentence, HasSubstr("\"one?two?xxx"));
  EXPECT_LT(sentence.size(), 200u);
}

TEST(Json, ReadNamesTheFolderAndTheFile) {
  const tests::ScratchFolder folder;
  const auto file = folder.write("model/config.json", "[");
  EXPECT_THAT(sentence_of([&] { Json::read(file); }), HasSubstr("model/config.json cannot be read"));
}

// Expected pieces: Unicode 15, section 3.9, table 3-8 and its neighbours (one U+FFFD for each maximal subpart).
TEST(Utf8, ReplacesEachMaximalSubpartOnce) {
  const std::string r = "\uFFFD";
  EXPECT_EQ(engine::replace_invalid_utf8("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"), r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(engine::replace_invalid_utf8("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"), r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(engine::replace_invalid_utf8("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
            r + r + r + r + r + "A" + r + r + "B");
  EXPECT_EQ(engine::replace_invalid_utf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), r + r + r + r + "A");
  EXPECT_EQ(engine::replace_invalid_utf8("a\xC3\xA9\xE4\xBD\xA0\xF0\x9F\x98\x80"), "aé你😀");
}

TEST(Utf8, AcceptsExactlyTheValidSequences) {
  EXPECT_TRUE(engine::is_utf8(""));
  EXPECT_TRUE(engine::is_utf8(std::string_view(
      "\0\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", 24)));
  for (const std::string_view bad : {"\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                                     "\xF4\x90\x80\x80", "\xE4\xBD", "\xF8"}) {
    EXPECT_FALSE(engine::is_utf8(bad));
  }
}

TEST(Utf8, KnowsWhereTheLastWholeCharacterEnds) {
  EXPECT_EQ(engine::whole_utf8(""), 0u);
  EXPECT_EQ(engine::whole_utf8("ab"), 2u);
  EXPECT_EQ(engine::whole_utf8("a\xC3"), 1u);
  EXPECT_EQ(engine::whole_utf8("a\xE4\xBD"), 1u);
  EXPECT_EQ(engine::whole_utf8("a\xF0\x9F\x98"), 1u);
  EXPECT_EQ(engine::whole_utf8("a\xF0\x9F\x98\x80"), 5u);
  EXPECT_EQ(engine::whole_utf8("a\xFF"), 2u);
  EXPECT_EQ(engine::whole_utf8("a\x80\x80\x80\x80"), 5u);
  EXPECT_EQ(engine::whole_utf8("a\xED\xA0"), 3u);  // a surrogate: nothing can mend it
}

}  // namespace
