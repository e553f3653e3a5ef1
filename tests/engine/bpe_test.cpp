// BPE by rank on small vocabularies made here; the goldens are in tokenizer_test.cpp.
#include "engine/tokenizer/bpe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/generation/model_defaults.h"
#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/error_of.h"
#include "tests/support/fixtures.h"

namespace {

using engine::AddedToken;
using engine::BpeVocabulary;
using engine::MergeReader;
using engine::ModelSource;
using engine::Tokenizer;
using engine::TokenizerData;
using testing::ElementsAre;
using testing::HasSubstr;
using tests::error_of;
using Ids = std::vector<std::int32_t>;

// A vocabulary of characters with these merges ("left right").
TokenizerData data_of(std::vector<std::string> pieces, const std::vector<std::string>& merges) {
  TokenizerData data;
  data.present = true;
  data.bpe.source = "m/tokenizer.json";
  data.bpe.pieces = std::move(pieces);
  MergeReader reader(data.bpe);
  for (const std::string& merge : merges) reader.add(merge, "a merge");
  return data;
}

Ids encode(const TokenizerData& data, std::string_view text, bool parse_special = false) {
  return Tokenizer::create(data)->encode(text, parse_special);
}

TEST(Bpe, MergesTheLowestRankFirstAndTheLeftmostOfThose) {
  const auto data = data_of({"a", "b", "c", "bc", "ab", "aa", "abc"}, {"b c", "a b", "a a", "a bc"});
  EXPECT_EQ(encode(data, "abc"), Ids{6});
  EXPECT_EQ(encode(data, "ab"), Ids{4});
  EXPECT_EQ(encode(data, "aaa"), (Ids{5, 0}));
  EXPECT_EQ(encode(data, "aaab"), (Ids{5, 4}));
  EXPECT_EQ(encode(data, ""), Ids{});
}

TEST(Bpe, OfMergesOfOnePairTheLastCounts) {
  EXPECT_EQ(encode(data_of({"a", "b", "c", "ab", "bc"}, {"a b", "b c", "a b"}), "abc"), (Ids{0, 4}));
}

TEST(Bpe, CharactersWithoutAPieceBecomeTheUnknownPieceOrNothing) {
  auto data = data_of({"<unk>", "a"}, {});
  EXPECT_EQ(encode(data, "xay"), Ids{1});
  data.bpe.unknown_id = 0;
  EXPECT_EQ(encode(data, "xya\u6570"), (Ids{0, 0, 1, 0}));
  data.bpe.fuse_unknown = true;
  EXPECT_EQ(encode(data, "xya\u6570"), (Ids{0, 1, 0}));
  EXPECT_TRUE(Tokenizer::create(data)->is_special(0));
}

TEST(Bpe, FallsBackToBytesOnlyWhereAllOfACharacterAreThere) {
  auto data = data_of({"<unk>", "a", "<0xC3>", "<0xA9>"}, {});
  data.bpe.unknown_id = 0;
  data.bpe.byte_fallback = true;
  EXPECT_EQ(encode(data, "a\u00E9\u00EA"), (Ids{1, 2, 3, 0}));
  EXPECT_EQ(Tokenizer::create(data)->decode(Ids{1, 2, 3}, false), "a\u00E9");
  EXPECT_EQ(encode(data, "<0xC3>"), Ids(6, 0));  // what a person typed is no byte
}

TEST(Bpe, IgnoringMergesAWordThatIsAPieceStaysWhole) {
  auto data = data_of({"a", "b", "c", "ab", "abc"}, {"a b"});
  EXPECT_EQ(encode(data, "abc"), (Ids{3, 2}));
  data.bpe.ignore_merges = true;
  EXPECT_EQ(encode(data, "abc"), Ids{4});
  data.added_tokens.push_back({4, "abc"});
  EXPECT_EQ(encode(data, "abc"), (Ids{3, 2}));  // a control token never is
}

TEST(Bpe, WritesBytesInTheAlphabetOfGpt2) {
  EXPECT_EQ(engine::byte_character(' '), "\u0120");
  EXPECT_EQ(engine::byte_character('\n'), "\u010A");
  EXPECT_EQ(engine::byte_character('!'), "!");
  EXPECT_EQ(engine::byte_character(0xAD), "\u0143");
  EXPECT_EQ(engine::byte_character(0xFF), "\u00FF");
  std::string all, characters;
  for (unsigned b = 0; b < 256; ++b) {
    all += static_cast<char>(b);
    characters += engine::byte_character(static_cast<unsigned char>(b));
  }
  EXPECT_EQ(engine::bytes_of_characters(characters), all);
  EXPECT_EQ(engine::bytes_of_characters("a\u6570"), "a\u6570");
  EXPECT_EQ(engine::bytes_of_characters("\u0144"), "\u0144");
}

TEST(Bpe, YieldsNoControlTokenFromAPersonsText) {
  auto data = data_of({"<", "x", ">", "<x", "<x>", "#"}, {"< x", "<x >"});
  EXPECT_EQ(encode(data, "<x>"), Ids{4});
  data.added_tokens.push_back({4, "<x>"});
  data.added_tokens.push_back({5, "#"});
  EXPECT_EQ(encode(data, "<x>#"), (Ids{3, 2}));
  EXPECT_EQ(encode(data, "<x>#", true), (Ids{4, 5}));
}

TEST(Bpe, IdsWithoutAPieceAreNone) {
  auto data = data_of({"a", "", "b"}, {});
  data.added_tokens.push_back({6, "<late>"});
  const auto tokenizer = Tokenizer::create(data);
  EXPECT_EQ(tokenizer->vocab_size(), 7);
  for (const std::int32_t id : {-1, 1, 3, 5, 7}) {
    EXPECT_FALSE(tokenizer->has_piece(id)) << id;
    EXPECT_EQ(tokenizer->bytes_of(id), "") << id;
    EXPECT_FALSE(tokenizer->is_special(id)) << id;
  }
  for (const std::int32_t id : {0, 2, 6}) EXPECT_TRUE(tokenizer->has_piece(id)) << id;
  EXPECT_EQ(tokenizer->encode("ab<late>", true), (Ids{0, 2, 6}));
}

TEST(Bpe, FindsAddedTokensThatFilesGiveWithoutAnId) {
  auto data = data_of({"a", "<x>"}, {});
  data.added_tokens.push_back({AddedToken::kIdByContent, "<x>"});
  data.added_tokens.push_back({AddedToken::kIdByContent, "<nowhere>"});
  EXPECT_EQ(encode(data, "<x>a<nowhere>", true), (Ids{1, 0}));  // the rest is text without pieces
  EXPECT_EQ(Tokenizer::create(data)->vocab_size(), 2);
}

TEST(MergeReader, RefusesMergesOfPiecesThatAreNotThere) {
  const auto refusal = [](const char* merge) { return error_of([&] { data_of({"a", "b", "ab"}, {merge}); }); };
  ASSERT_EQ(refusal("a b"), "");
  EXPECT_THAT(refusal("b a"), HasSubstr("CorruptFile: a merge names \"ba\", which the vocabulary lacks."));
  EXPECT_THAT(refusal("a c"), HasSubstr("names \"c\""));
  for (const char* merge : {"ab", "", " ", "a ", " b", "a b ", "a  b", "a b c"}) {
    EXPECT_THAT(refusal(merge), HasSubstr("must be two pieces with one space between them")) << merge;
  }
}

TEST(EndOfSequence, IsFoundByTheTextOfControlTokens) {
  const auto glm = ModelSource::open_tokenizer(tests::fixture("tokenizers/glm4"));
  engine::ModelConfig config;
  config.vocab_size = 1500;
  // <|endoftext|>, <|user|>, <|observation|>: published configs leave the last one out.
  EXPECT_THAT(engine::end_of_sequence_ids(config, {}, glm, Tokenizer::create(glm).get()),
              ElementsAre(1486, 1493, 1495));
  config.vocab_size = 1495;
  EXPECT_THAT(engine::end_of_sequence_ids(config, {}, glm, Tokenizer::create(glm).get()), ElementsAre(1486, 1493));

  auto data = data_of({"a", "<|user|>", "</s>"}, {});
  data.added_tokens.push_back({2, "</s>"});
  EXPECT_THAT(engine::end_of_sequence_ids(config, {}, data, Tokenizer::create(data).get()), ElementsAre(2));
}

}  // namespace
