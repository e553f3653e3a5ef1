// Hostile tokenizer.model files: each is refused with a sentence before the sentencepiece library sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/tokenizer/tokenizer.h"
#include "tests/support/error_of.h"
#include "tests/support/fixtures.h"

namespace {

using engine::AddedToken;
using engine::Error;
using engine::Tokenizer;
using engine::TokenizerData;
using testing::HasSubstr;
using tests::error_of;
using tests::fixture;
using Ids = std::vector<std::int32_t>;

// A writer of protobuf messages, after the encoding's description; independent of the reader.
std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
  return bytes += static_cast<char>(value);
}
std::string message(unsigned field, const std::string& content) {
  return varint(field << 3 | 2) + varint(content.size()) + content;
}
std::string number(unsigned field, std::uint64_t value) {
  return varint(field << 3) + varint(value);
}
std::string piece(const std::string& text, float score = 0, unsigned type = 1) {
  std::string bytes(4, '\0');
  std::memcpy(bytes.data(), &score, 4);
  return message(1, message(1, text) + varint(2 << 3 | 5) + bytes + number(3, type));
}
const std::string kBpe = message(2, number(3, 2));
// No dummy prefix, white space kept, and a normalisation table.
std::string normalizer(const std::string& map) {
  return message(3, message(2, map) + number(3, 0) + number(4, 0));
}

std::unique_ptr<Tokenizer> make(const std::string& model) {
  TokenizerData data;
  data.folder = "m";
  data.present = true;
  data.sentencepiece_model = model;
  return Tokenizer::create(data);
}

std::string refusal(const std::string& model) {
  return error_of([&] { make(model); });
}

const std::string kUnknown = piece("<unk>", 0, 2);

TEST(SentencePieceModel, AcceptsTheSmallestModel) {
  const auto tokenizer = make(kUnknown + piece("a") + piece("b") + piece("ab", -1) + kBpe + normalizer(""));
  EXPECT_EQ(tokenizer->encode("abb", false), (Ids{3, 2}));
}

TEST(SentencePieceModel, RefusesImpossiblePieces) {
  const auto with = [](const std::string& extra) { return refusal(kUnknown + piece("a") + extra + kBpe); };
  ASSERT_EQ(with(""), "");
  EXPECT_THAT(with(piece("a")),
              HasSubstr("CorruptFile: m/tokenizer.model is not a sound sentencepiece model: piece \"a\" stands twice"));
  EXPECT_THAT(with(piece("")), HasSubstr("a piece is empty"));
  EXPECT_THAT(with(piece("\xFF\xFE")), HasSubstr("not UTF-8"));
  EXPECT_THAT(with(piece(std::string("a\0b", 3))), HasSubstr("not UTF-8 text"));
  EXPECT_THAT(with(piece(std::string("\0", 1), 0, 4)), HasSubstr("not UTF-8 text"));
  EXPECT_THAT(with(piece(std::string(5000, 'x'))), HasSubstr("has 5000 bytes"));
  EXPECT_THAT(with(piece("b", std::numeric_limits<float>::quiet_NaN())), HasSubstr("score"));
  EXPECT_THAT(with(piece("b", 0, 0)), HasSubstr("unknown type"));
  EXPECT_THAT(with(piece("b", 0, 7)), HasSubstr("unknown type"));
  EXPECT_THAT(with(piece("b", 0, 6)), HasSubstr("not of the form <0x41>"));
  EXPECT_THAT(with(piece("<unk2>", 0, 2)), HasSubstr("2 pieces for unknown text"));
  EXPECT_THAT(refusal(piece("a") + kBpe), HasSubstr("0 pieces for unknown text"));
  EXPECT_THAT(refusal(kUnknown + piece("<0x41>", 0, 6) + message(2, number(3, 2) + number(35, 1))),
              HasSubstr("1 byte pieces"));
}

TEST(SentencePieceModel, RefusesBrokenEncodings) {
  const std::string sound = kUnknown + piece("a") + kBpe;
  EXPECT_THAT(refusal(""), HasSubstr("CorruptFile"));
  EXPECT_THAT(refusal(sound + kBpe), HasSubstr("stands twice"));
  EXPECT_THAT(refusal(sound + varint(9 << 3 | 3)), HasSubstr("kind that does not exist"));
  EXPECT_THAT(refusal(sound + std::string(11, '\x80')), HasSubstr("more than ten bytes"));
  EXPECT_THAT(refusal(sound + varint(1 << 3 | 2) + varint(~0ull)), HasSubstr("cut short"));
  EXPECT_THAT(refusal(sound + number(1, 5)), HasSubstr("wrong kind"));
  EXPECT_THAT(refusal(kUnknown + piece("a")),
              HasSubstr("UnsupportedModel: m/tokenizer.model is a sentencepiece model of type 1"));
  EXPECT_THAT(refusal(kUnknown + message(1, message(1, "a") + message(1, "b")) + kBpe),
              HasSubstr("field 1 stands twice"));
}

// The library would merge its way to such a piece; where the file leaves its type out, normal is the default.
TEST(SentencePieceModel, YieldsNoControlTokenFromAPersonsText) {
  const std::string without_type = message(1, message(1, "<s>") + varint(2 << 3 | 5) + std::string(4, '\0'));
  for (const std::string& token : {without_type, piece("<s>"), piece("<s>", 0, 4)}) {
    TokenizerData data;
    data.folder = "m";
    data.present = true;
    data.sentencepiece_model = kUnknown + piece("<") + piece("s") + piece(">") + piece("<s") + token + piece("s>") +
                               kBpe + normalizer("");
    EXPECT_EQ(Tokenizer::create(data)->encode("<s>", false), Ids{5});
    AddedToken added;
    added.id = AddedToken::kIdByContent;
    added.content = "<s>";
    data.added_tokens = {added};
    const auto tokenizer = Tokenizer::create(data);
    EXPECT_EQ(tokenizer->encode("<s>", false), (Ids{4, 3}));
    EXPECT_EQ(tokenizer->encode("s><s>", true), (Ids{6, 5}));
  }
}

TEST(SentencePieceModel, UnusedPiecesAreNone) {
  const auto tokenizer = make(kUnknown + piece("a") + piece("[PAD2]", 0, 5) + kBpe + normalizer(""));
  EXPECT_EQ(tokenizer->vocab_size(), 3);
  EXPECT_TRUE(tokenizer->has_piece(1));
  EXPECT_FALSE(tokenizer->has_piece(2));
  EXPECT_EQ(tokenizer->id_of("[PAD2]"), std::nullopt);
}

TEST(PieceVocabulary, PutsASpaceBeforeATextWhereItSaysSo) {
  TokenizerData data;
  data.present = true;
  data.piece_list.source = "m.gguf";
  data.piece_list.pieces = {"<unk>", "\u2581", "a", "\u2581a"};
  data.piece_list.scores = {0, -1, -2, 0};
  data.piece_list.types = {2, 1, 1, 1};
  EXPECT_EQ(Tokenizer::create(data)->encode("aa", false), (Ids{3, 2}));
  data.piece_list.add_space_prefix = false;
  EXPECT_EQ(Tokenizer::create(data)->encode("a  a", false), (Ids{2, 1, 3}));
}

TEST(PieceVocabulary, RefusesListsThatDoNotFit) {
  TokenizerData data;
  data.present = true;
  data.piece_list.source = "m.gguf";
  data.piece_list.pieces = {"<unk>", "a"};
  data.piece_list.scores = {0, -1};
  data.piece_list.types = {2};
  const auto refused = [&] { return error_of([&] { Tokenizer::create(data); }); };
  EXPECT_THAT(refused(), HasSubstr("CorruptFile: m.gguf: the tokenizer has 2 pieces, 2 scores and 1 types"));
  data.piece_list.types = {2, -7};
  EXPECT_THAT(refused(), HasSubstr("CorruptFile: m.gguf"));
  data.piece_list.types = {2, 1};
  data.piece_list.scores[1] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(refused(), HasSubstr("score"));
}

// A double array (Darts-clone layout) that maps "A" to the text at `value`: the root's children are units 256..511, the
// value below "A" is unit 512.
std::string chars_map(std::uint32_t value, std::uint32_t root_offset = 256, std::string texts = std::string("a\0", 2)) {
  std::vector<std::uint32_t> units(768, 0);
  const std::uint32_t at = 256 ^ 'A';
  units[0] = root_offset << 10;
  units[at] = (at ^ 512) << 10 | 0x100 | 'A';
  units[512] = 0x80000000u | value;
  std::string map(4 + units.size() * 4, '\0');
  const auto size = static_cast<std::uint32_t>(units.size() * 4);
  std::memcpy(map.data(), &size, 4);
  std::memcpy(map.data() + 4, units.data(), size);
  return map + texts;
}

TEST(SentencePieceModel, FollowsASoundNormalisationTable) {
  const auto tokenizer = make(kUnknown + piece("a") + piece("b") + kBpe + normalizer(chars_map(0)));
  EXPECT_EQ(tokenizer->encode("AbaA", false), (Ids{1, 2, 1, 1}));
}

TEST(SentencePieceModel, RefusesANormalisationTableThatLeavesItsBounds) {
  const auto with = [](const std::string& map) { return refusal(kUnknown + piece("a") + kBpe + normalizer(map)); };
  ASSERT_EQ(with(chars_map(1)), "");
  EXPECT_THAT(with(chars_map(2)), HasSubstr("points outside its texts"));
  EXPECT_THAT(with(chars_map(0x7FFFFFFF)), HasSubstr("points outside its texts"));
  EXPECT_THAT(with(chars_map(0, 768)), HasSubstr("points outside itself"));
  EXPECT_THAT(with(chars_map(0, 0x1FFFFF)), HasSubstr("points outside itself"));
  EXPECT_THAT(with(chars_map(0, 256, "a")), HasSubstr("damaged"));
  EXPECT_THAT(with(chars_map(0, 256, "")), HasSubstr("damaged"));
  EXPECT_THAT(with("\x01"), HasSubstr("cut short"));
  EXPECT_THAT(refusal(kUnknown + kBpe + message(5, message(2, chars_map(2)))), HasSubstr("points outside its texts"));
}

TEST(SentencePieceModel, EveryCommittedMalformedFileIsRefused) {
  int checked = 0;
  const auto index = nlohmann::json::parse(tests::read_bytes(fixture("malformed/index.json")));
  for (const auto& entry : index.at("files")) {
    if (entry.at("kind") != "sentencepiece") continue;
    EXPECT_THAT(refusal(tests::read_bytes(fixture(entry.at("file").get<std::string>()))), HasSubstr("CorruptFile"))
        << entry.dump();
    ++checked;
  }
  EXPECT_EQ(checked, 4);
}

// Every byte of the real model's ends and of some of its middle damaged in several ways: an answer each time, no crash.
TEST(SentencePieceModel, SurvivesDamageAnywhere) {
  const std::string sound = tests::read_bytes(fixture("tokenizers/ernie/tokenizer.model"));
  int refused = 0, accepted = 0;
  for (std::size_t at = 0; at < sound.size(); at += at < 100 || at + 200 > sound.size() ? 1 : 397) {
    for (const unsigned change : {0x01u, 0x80u, 0xFFu}) {
      std::string damaged = sound;
      damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ change);
      try {
        const auto tokenizer = make(damaged);
        tokenizer->encode("Hello 你好 <|LOC_1|> 123", true);
        ++accepted;
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 100);
  EXPECT_GT(accepted, 100);
}

}  // namespace
