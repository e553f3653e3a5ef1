// tokenizer.json files, sound and hostile: what is read, and what each refusal says.
#include "engine/formats/tokenizer_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/error_of.h"
#include "tests/support/fixtures.h"

namespace {

using engine::Error;
using engine::ModelSource;
using engine::Tokenizer;
using engine::TokenizerData;
using nlohmann::json;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::StartsWith;
using tests::error_of;
using tests::fixture;
using Ids = std::vector<std::int32_t>;

TokenizerData read(const std::string& text) {
  TokenizerData data;
  data.present = true;
  data.added_tokens = engine::read_tokenizer_json(engine::Json::parse(text, "m/tokenizer.json"), data.bpe);
  return data;
}

// A small sound file, changed at one place (a JSON pointer).
json sound() {
  return json::parse(R"({"added_tokens": [{"id": 3, "content": "<x>", "special": true}], "normalizer": null,
    "pre_tokenizer": null, "post_processor": null, "decoder": null,
    "model": {"type": "BPE", "unk_token": null, "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]}})");
}
TokenizerData with(const char* place, const json& value) {
  json file = sound();
  file[json::json_pointer(place)] = value;
  return read(file.dump());
}
std::string refusal(const char* place, const json& value) {
  return error_of([&] { Tokenizer::create(with(place, value)); });
}

TEST(TokenizerJson, ReadsTheParts) {
  const auto data = ModelSource::open_tokenizer(fixture("tokenizers/glm4"));
  EXPECT_TRUE(data.sentencepiece_model.empty());
  EXPECT_EQ(data.bpe.source, "glm4/tokenizer.json");
  EXPECT_EQ(data.bpe.pieces.size(), 1486u);
  EXPECT_EQ(data.bpe.merges.size(), 1329u);
  EXPECT_EQ(data.bpe.pieces[static_cast<std::size_t>(data.bpe.merges[0].result)], "Ġa");
  EXPECT_TRUE(data.bpe.byte_level);
  EXPECT_FALSE(data.bpe.byte_fallback);
  EXPECT_TRUE(data.bpe.normalizer.empty());
  ASSERT_EQ(data.bpe.splits.size(), 1u);
  EXPECT_EQ(data.bpe.splits[0].pattern, engine::kGlm4SplitPattern);  // what GGUF files only name
  EXPECT_EQ(data.added_tokens.size(), 14u);
  EXPECT_EQ(data.named_tokens.at("eos_token"), "<|endoftext|>");
}

TEST(TokenizerJson, AcceptsBothSpellingsOfMerges) {
  EXPECT_EQ(Tokenizer::create(with("/model/merges", json::array({"a b"})))->encode("ab", false), Ids{2});
  EXPECT_EQ(Tokenizer::create(with("/model/merges", json::array({json::array({"a", "b"})})))->encode("ab", false),
            Ids{2});
  EXPECT_EQ(Tokenizer::create(with("/model/merges", json::array()))->encode("ab", false), (Ids{0, 1}));
}

TEST(TokenizerJson, ReadsPreTokenizers) {
  const json byte_level = {{"type", "ByteLevel"}};
  EXPECT_EQ(with("/pre_tokenizer", byte_level).bpe.splits.size(), 2u);  // a space before, and GPT-2's pattern
  const json bare = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}};
  EXPECT_EQ(with("/pre_tokenizer", bare).bpe.splits.size(), 0u);
  EXPECT_TRUE(with("/pre_tokenizer", bare).bpe.byte_level);
  const json digits = {{"type", "Digits"}, {"individual_digits", true}};
  EXPECT_EQ(with("/pre_tokenizer", digits).bpe.splits.at(0).pattern, "\\p{N}");
  const json sequence = {{"type", "Sequence"}, {"pretokenizers", {digits, digits, bare}}};
  EXPECT_EQ(with("/pre_tokenizer", sequence).bpe.splits.size(), 2u);
}

TEST(TokenizerJson, PrependsNothingWhateverThePostProcessorSays) {
  const json processor = {{"type", "TemplateProcessing"},
                          {"single", {{{"SpecialToken", {{"id", "<x>"}, {"type_id", 0}}}}}},
                          {"special_tokens", {{"<x>", {{"id", "<x>"}, {"ids", {3}}, {"tokens", {"<x>"}}}}}}};
  EXPECT_EQ(Tokenizer::create(with("/post_processor", processor))->encode("ab", true), Ids{2});
}

TEST(TokenizerJson, RefusesByNameWhatItDoesNotRun) {
  ASSERT_EQ(refusal("/version", "1.0"), "");
  const auto unsupported = [](const char* place, const json& value, const char* part) {
    EXPECT_THAT(refusal(place, value), AllOf(StartsWith("UnsupportedModel: m/tokenizer.json: "), HasSubstr(part)));
  };
  unsupported("/model/type", "WordPiece", "model is of the type \"WordPiece\"");
  unsupported("/normalizer", {{"type", "NFKC"}}, "normalizer is of the type \"NFKC\"");
  unsupported("/normalizer", {{"type", "Sequence"}, {"normalizers", {{{"type", "Lowercase"}}}}},
              "normalizer.normalizers.0 is of the type \"Lowercase\"");
  unsupported("/pre_tokenizer", {{"type", "Metaspace"}}, "pre_tokenizer is of the type \"Metaspace\"");
  unsupported("/decoder", {{"type", "CTC"}}, "decoder is of the type \"CTC\"");
  unsupported("/decoder", {{"type", "ByteLevel"}}, "decoder is ByteLevel, but the pre_tokenizer is not");
  unsupported("/decoder", {{"type", "Replace"}, {"pattern", {{"String", "_"}}}, {"content", " "}}, "decoder replaces");
  unsupported("/model/continuing_subword_prefix", "##", "continuing_subword_prefix is \"##\"");
  unsupported("/model/end_of_word_suffix", "</w>", "end_of_word_suffix is \"</w>\"");
  unsupported("/model/dropout", 0.1, "dropout is 0.1");
  const json byte_level = {{"type", "ByteLevel"}};
  unsupported("/pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", {byte_level, byte_level}}},
              "pre_tokenizer.pretokenizers.1 stands behind the ByteLevel step");
}

TEST(TokenizerJson, RefusesImpossibleParts) {
  const auto corrupt = [](const char* place, const json& value, const char* what) {
    EXPECT_THAT(refusal(place, value), AllOf(StartsWith("CorruptFile: m/tokenizer.json"), HasSubstr(what)));
  };
  corrupt("/model/vocab", {{"a", 0}, {"b", 0}}, "model.vocab.b has the id 0, which \"a\" has too");
  corrupt("/model/vocab", json::object(), "model.vocab must be a vocabulary with pieces");
  corrupt("/model/vocab", {{"a", "0"}}, "model.vocab.a must be a whole number");
  corrupt("/model/vocab", {{"a", 1 << 20}}, "model.vocab.a must be a whole number");
  corrupt("/model/vocab", json::array({"a"}), "model.vocab must be an object");
  corrupt("/model/merges", json::object(), "model.merges must be an array");
  corrupt("/model/merges", {7}, "model.merges.0 must be two pieces");
  corrupt("/model/merges", json::array({json::array({"a", 7})}), "model.merges.0.1 must be a text");
  corrupt("/model/merges", json::array({json::array({"a", "b", "a"})}), "model.merges.0 must be two pieces");
  corrupt("/model/merges", {"ab"}, "model.merges.0 must be two pieces with one space");
  corrupt("/model/merges", json::array({json::array({"a", "c"})}), "model.merges.0 names \"c\"");
  corrupt("/model/merges", json::array({json::array({"b", "a"})}), "model.merges.0 names \"ba\"");
  corrupt("/model/merges", nullptr, "model.merges must be an array");
  corrupt("/model/unk_token", "<unk>", "model.vocab lacks \"<unk>\"");
  corrupt("/model/byte_fallback", "yes", "model.byte_fallback must be true or false");
  corrupt("/model", 7, "model must be an object");
  corrupt("/added_tokens", {{{"id", -1}, {"content", "x"}}}, "added_tokens.0.id must be a whole number");
  corrupt("/added_tokens", {{{"id", 1}}}, "added_tokens.0 lacks \"content\"");
  corrupt("/added_tokens", {{{"id", 1}, {"content", std::string(200, 'x')}}}, "has 200 bytes");
  corrupt("/normalizer", "NFC", "normalizer must be an object");
  corrupt("/normalizer", {{"type", "Replace"}, {"pattern", {{"Regex", "("}}}, {"content", ""}},
          "the normaliser's pattern");
  corrupt("/pre_tokenizer", {{"type", "Split"}, {"pattern", {{"Glob", "*"}}}}, "pre_tokenizer.pattern lacks \"Regex\"");
  corrupt("/pre_tokenizer", {{"type", "Split"}, {"pattern", {{"Regex", "a"}}}, {"behavior", "Kept"}},
          "pre_tokenizer.behavior must be Isolated");
  corrupt("/pre_tokenizer", {{"type", "Split"}, {"pattern", {{"Regex", "("}}}, {"behavior", "Isolated"}},
          "the split pattern is not a regular expression");
}

TEST(TokenizerJson, RefusesEndlessSteps) {
  const json steps = json::array_t(40, {{"type", "NFC"}});
  EXPECT_THAT(refusal("/normalizer", {{"type", "Sequence"}, {"normalizers", steps}}),
              HasSubstr("CorruptFile: m/tokenizer.json: normalizer.normalizers.32 is one step more than the 32"));
  const json digits = json::array_t(40, {{"type", "Digits"}});
  EXPECT_THAT(refusal("/pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", digits}}), HasSubstr("one step more"));
}

TEST(TokenizerJson, EveryCommittedMalformedFileIsAnswered) {
  int refused = 0, accepted = 0;
  const auto index = json::parse(tests::read_bytes(fixture("malformed/index.json")));
  for (const auto& entry : index.at("files")) {
    if (entry.at("kind") != "tokenizer") continue;
    const std::string text = tests::read_bytes(fixture(entry.at("file").get<std::string>()));
    const std::string error = error_of([&] {
      const auto tokenizer = Tokenizer::create(read(text));
      const Ids ids = tokenizer->encode("abab <x>\n", true);
      tokenizer->decode(ids, false);
    });
    if (entry.at("expect") == "error") {
      EXPECT_THAT(error, AnyOf(StartsWith("CorruptFile: "), StartsWith("UnsupportedModel: "))) << entry.dump();
    }
    ++(error.empty() ? accepted : refused);
  }
  EXPECT_EQ(refused + accepted, 20);
  EXPECT_GE(refused, 14);
}

TEST(TokenizerJson, RefusesMegabytesOfGarbage) {
  std::string garbage;
  std::uint32_t seed = 1;
  for (int i = 0; i < 3'000'000; ++i) garbage += static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  for (const std::string& text :
       {garbage, std::string(3'000'000, '['), std::string(3'000'000, '{'), std::string(3'000'000, '"'),
        "{\"model\":{\"vocab\":{" + garbage, "{\"a\":\"" + std::string(3'000'000, 'x')}) {
    EXPECT_THAT(error_of([&] { read(text); }), StartsWith("CorruptFile: m/tokenizer.json"));
  }
}

// Every byte of the small file, and some of the real ones, damaged in several ways: an answer each time, no crash.
TEST(TokenizerJson, SurvivesDamageAnywhere) {
  json small = sound();
  small["normalizer"] = {{"type", "Replace"}, {"pattern", {{"Regex", "\\s+"}}}, {"content", "a"}};
  small["pre_tokenizer"] = {{"type", "Split"}, {"pattern", {{"Regex", "a+|[^a]"}}}, {"behavior", "Isolated"}};
  const std::vector<std::pair<std::string, std::size_t>> files = {
      {small.dump(), 1},
      {tests::read_bytes(fixture("tokenizers/glm4/tokenizer.json")), 4999},
      {tests::read_bytes(fixture("tokenizers/ernie/tokenizer.json")), 2999}};
  int refused = 0, accepted = 0;
  for (const auto& [text, stride] : files) {
    for (std::size_t at = 0; at < text.size(); at += stride) {
      for (const unsigned change : {0x01u, 0x04u, 0x10u, 0xFFu}) {
        std::string damaged = text;
        damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ change);
        try {
          const auto tokenizer = Tokenizer::create(read(damaged));
          tokenizer->decode(tokenizer->encode("ab <x> \u6570\u5B66 <|user|> 123", true), false);
          ++accepted;
        } catch (const Error&) {
          ++refused;
        }
      }
    }
  }
  EXPECT_GT(refused, 100);
  EXPECT_GT(accepted, 100);
}

}  // namespace
