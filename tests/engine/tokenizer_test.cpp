// The tokenizer and the stream against the reference's ids and texts (tests/fixtures/tokenizers), and against hostile
// tokenizer.model files.
#include "engine/tokenizer/tokenizer.h"

#include <cstring>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/token_stream.h"
#include "tests/support/fixtures.h"

namespace {

using engine::AddedToken;
using engine::Error;
using engine::ModelSource;
using engine::Tokenizer;
using engine::TokenizerData;
using engine::TokenStream;
using testing::ElementsAre;
using testing::HasSubstr;
using tests::fixture;
using Ids = std::vector<std::int32_t>;

// A list of a golden file, by value: what a loop runs over must live as long as the loop.
nlohmann::json golden(const std::string& name, const char* list = "cases") {
  return nlohmann::json::parse(tests::read_bytes(fixture("tokenizers/" + name))).at(list);
}

const TokenizerData& ernie_data() {
  static const TokenizerData data = ModelSource::open_tokenizer(fixture("tokenizers/ernie"));
  return data;
}

const Tokenizer& ernie() {
  static const auto tokenizer = Tokenizer::create(ernie_data());
  return *tokenizer;
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

// --- encode and decode ------------------------------------------------------------------------------------------------

TEST(Tokenizer, EncodesEveryTextLikeTheReference) {
  for (const auto& test : golden("ernie_encode.json")) {
    const std::string text = test.at("text");
    EXPECT_EQ(ernie().encode(text, true), test.at("ids").get<Ids>()) << test.at("name");
    EXPECT_EQ(ernie().encode(text, false), test.at("ids_plain").get<Ids>()) << test.at("name");
  }
}

TEST(Tokenizer, DecodesEveryTextLikeTheReference) {
  for (const auto& test : golden("ernie_encode.json")) {
    const auto ids = test.at("ids").get<Ids>();
    EXPECT_EQ(ernie().decode(ids, false), test.at("decoded").get<std::string>()) << test.at("name");
    EXPECT_EQ(ernie().decode(ids, true), test.at("decoded_skip").get<std::string>()) << test.at("name");
  }
}

TEST(Tokenizer, ReadsInvalidBytesAsReplacementCharacters) {
  for (const auto& test : golden("ernie_encode.json", "invalid_utf8")) {
    EXPECT_EQ(ernie().encode(from_hex(test.at("bytes_hex")), true), test.at("ids").get<Ids>()) << test.at("name");
    EXPECT_EQ(ernie().encode(from_hex(test.at("bytes_hex")), false), test.at("ids").get<Ids>()) << test.at("name");
  }
}

TEST(Tokenizer, DecodesArbitraryIdsToTheirBytes) {
  for (const auto& test : golden("ernie_decode.json")) {
    std::string bytes;
    for (const auto id : test.at("ids").get<Ids>()) bytes += ernie().bytes_of(id);
    EXPECT_EQ(bytes, from_hex(test.at("bytes_hex"))) << test.at("name");
    std::string streamed;
    for (const auto& shown : test.at("stream")) streamed += shown.get<std::string>();
    EXPECT_EQ(ernie().decode(test.at("ids").get<Ids>(), false), streamed + test.at("stream_tail").get<std::string>());
  }
}

TEST(Tokenizer, EncodesRenderedConversationsLikeTheReference) {
  for (const auto& test : golden("ernie_chat.json")) {
    EXPECT_EQ(ernie().encode(test.at("text").get<std::string>(), true), test.at("ids").get<Ids>()) << test.at("name");
  }
}

TEST(Tokenizer, KnowsItsTokens) {
  EXPECT_EQ(ernie().vocab_size(), 1200);
  EXPECT_EQ(ernie().id_of("<|end_of_sentence|>"), 1187);
  EXPECT_EQ(ernie().id_of("</s>"), 2);
  EXPECT_EQ(ernie().id_of("7"), 10);
  EXPECT_EQ(ernie().id_of("no such piece"), std::nullopt);
  EXPECT_TRUE(ernie().is_special(0));
  EXPECT_TRUE(ernie().is_special(1199));
  EXPECT_FALSE(ernie().is_special(10));
  EXPECT_FALSE(ernie().is_special(1200));
  EXPECT_TRUE(ernie().has_piece(1199));
  EXPECT_FALSE(ernie().has_piece(1200));
  EXPECT_FALSE(ernie().has_piece(-1));
  EXPECT_EQ(ernie().bytes_of(1200), "");
  EXPECT_EQ(ernie().bytes_of(-5), "");
  EXPECT_EQ(ernie().bytes_of(268), "\xFF");
}

// Ids of the published layout can lie far above the pieces (<|IMAGE_PLACEHOLDER|> is 100295 of 103424).
TEST(Tokenizer, TakesAddedTokensAboveThePieces) {
  auto data = ernie_data();
  AddedToken token;
  token.id = 5000;
  token.content = "<|LATE|>";
  data.added_tokens.push_back(token);
  const auto tokenizer = Tokenizer::create(data);
  EXPECT_EQ(tokenizer->vocab_size(), 5001);
  EXPECT_EQ(tokenizer->encode("a<|LATE|>b", true), (Ids{838, 5000, 860}));
  EXPECT_FALSE(tokenizer->has_piece(4999));
  EXPECT_EQ(tokenizer->decode(Ids{838, 5000}, false), "a<|LATE|>");
}

TEST(Tokenizer, StaysNearLinearOnOneUnbrokenMegabyte) {
  const std::size_t size = 1'000'000;
  EXPECT_EQ(ernie().encode(std::string(size, 'a'), false), Ids(size, 838));
  EXPECT_EQ(ernie().encode(std::string(size, '<'), true), Ids(size, 1038));
}

TEST(Tokenizer, RefusesATextThatNoContextCanHold) {
  EXPECT_THROW(ernie().encode(std::string(std::size_t{17} << 20, 'a'), false), Error);
}

// --- control tokens in a person's text --------------------------------------------------------------------------------

// The model with the types of its control pieces changed, as other trainings of the same family have them. Every piece
// of the file is 0A LEN (0A LEN text 15 score 18 type); the type is the last byte.
std::string with_control_pieces_as(char type) {
  std::string bytes = ernie_data().sentencepiece_model;
  for (const char* text : {"<|begin_of_sentence|>", "<|end_of_sentence|>", "<mask:2>", "<|LOC_1|>", "</s>", "<s>"}) {
    const auto at = bytes.find(std::string(1, static_cast<char>(std::strlen(text))) + text + "\x15");
    EXPECT_NE(at, std::string::npos) << text;
    const auto type_at = at + 1 + std::strlen(text) + 1 + 4 + 1;
    EXPECT_EQ(bytes[type_at - 1], '\x18') << text;
    bytes[type_at] = type;
  }
  return bytes;
}

TEST(Tokenizer, ATypedControlTokenIsTextAlsoWhereTheModelCallsItUserDefined) {
  auto data = ernie_data();
  data.sentencepiece_model = with_control_pieces_as(4);
  const auto tokenizer = Tokenizer::create(data);
  for (const auto& test : golden("ernie_encode.json")) {
    const std::string text = test.at("text");
    EXPECT_EQ(tokenizer->encode(text, true), test.at("ids").get<Ids>()) << test.at("name");
    EXPECT_EQ(tokenizer->encode(text, false), test.at("ids_plain").get<Ids>()) << test.at("name");
  }
}

TEST(Tokenizer, ControlPiecesAndTagsNeedNoOtherFileToBeSpecial) {
  TokenizerData data;
  data.folder = "m";
  data.present = true;
  data.sentencepiece_model = ernie_data().sentencepiece_model;
  const auto of_control = Tokenizer::create(data);
  data.sentencepiece_model = with_control_pieces_as(4);
  const auto of_user_defined = Tokenizer::create(data);
  for (const auto* tokenizer : {of_control.get(), of_user_defined.get()}) {
    EXPECT_EQ(tokenizer->encode("a<|end_of_sentence|>", true), (Ids{838, 1187}));
    EXPECT_GT(tokenizer->encode("a<|end_of_sentence|>", false).size(), 10u);
    EXPECT_TRUE(tokenizer->is_special(1187));
    EXPECT_EQ(tokenizer->decode(Ids{838, 1187}, true), "a");
  }
}

// --- added tokens in text ---------------------------------------------------------------------------------------------

AddedToken token(std::int32_t id, const char* content) {
  AddedToken result;
  result.id = id;
  result.content = content;
  return result;
}

// Sections as "text" or "[id:text]".
std::string sections(const std::vector<AddedToken>& tokens, std::string_view text) {
  std::string result;
  for (const auto& section : engine::AddedTokens(tokens, "t").split(text)) {
    const std::string stretch(section.text);
    result += section.id ? "[" + std::to_string(*section.id) + ":" + stretch + "]" : "(" + stretch + ")";
  }
  return result;
}

TEST(AddedTokens, LeftmostLongestMatchWins) {
  const std::vector<AddedToken> tokens = {token(1, "<a>"), token(2, "<a>b"), token(3, "b<"), token(4, "")};
  EXPECT_EQ(sections(tokens, "x<a>bc<a>"), "(x)[2:<a>b](c)[1:<a>]");
  EXPECT_EQ(sections(tokens, "b<a>"), "[3:b<](a>)");
  EXPECT_EQ(sections(tokens, "<a"), "(<a)");
  EXPECT_EQ(sections(tokens, ""), "");
}

TEST(AddedTokens, StripsSwallowWhiteSpaceOfEveryKind) {
  std::vector<AddedToken> tokens = {token(1, "<m>")};
  tokens[0].lstrip = true;
  EXPECT_EQ(sections(tokens, "a \n\u3000<m> b"), "(a)[1: \n\u3000<m>]( b)");
  tokens[0].lstrip = false;
  tokens[0].rstrip = true;
  EXPECT_EQ(sections(tokens, "a <m>\t\u00A0b"), "(a )[1:<m>\t\u00A0](b)");
  tokens[0].lstrip = true;
  EXPECT_EQ(sections(tokens, " <m>  <m> "), "[1: <m>  ][1:<m> ]");
}

TEST(AddedTokens, SingleWordNeedsBorders) {
  std::vector<AddedToken> tokens = {token(1, "ok")};
  tokens[0].single_word = true;
  EXPECT_EQ(sections(tokens, "ok, ok!book okay éok ok\u0301 _ok ok"), "[1:ok](, )[1:ok](!book okay éok ok\u0301 _ok )[1:ok]");
}

TEST(AddedTokens, NormalizedTokensAreLookedForLast) {
  std::vector<AddedToken> tokens = {token(1, "ab"), token(2, "bc")};
  tokens[0].normalized = true;
  EXPECT_EQ(sections(tokens, "abc ab"), "(a)[2:bc]( )[1:ab]");
}

// --- stream -----------------------------------------------------------------------------------------------------------

std::vector<std::string> stream_of(const Ids& ids, bool skip, std::string& tail) {
  TokenStream stream(&ernie(), {}, skip);
  std::vector<std::string> pieces;
  for (const auto id : ids) pieces.push_back(stream.push(id));
  tail = stream.finish();
  return pieces;
}

TEST(TokenStream, ShowsWhatTheReferenceShowsAfterEachId) {
  std::string tail;
  for (const char* file : {"ernie_encode.json", "ernie_decode.json"}) {
    for (const auto& test : golden(file)) {
      EXPECT_EQ(stream_of(test.at("ids"), false, tail), test.at("stream").get<std::vector<std::string>>()) << test.at("name");
      EXPECT_EQ(tail, test.at("stream_tail").get<std::string>()) << test.at("name");
      if (!test.contains("stream_skip")) continue;
      EXPECT_EQ(stream_of(test.at("ids"), true, tail), test.at("stream_skip").get<std::vector<std::string>>()) << test.at("name");
      EXPECT_EQ(tail, test.at("stream_skip_tail").get<std::string>()) << test.at("name");
    }
  }
}

// Text that comes out when `text` is pushed token by token, and whether it stopped.
std::pair<std::string, bool> stopped_at(const std::string& text, std::vector<std::string> stops) {
  TokenStream stream(&ernie(), std::move(stops));
  std::string out;
  for (const auto id : ernie().encode(text, true)) out += stream.push(id);
  out += stream.finish();
  return {out, stream.stopped()};
}

TEST(TokenStream, EndsBeforeAStopString) {
  EXPECT_EQ(stopped_at("the river STOP and more", {"STOP"}), std::pair(std::string("the river "), true));
  EXPECT_EQ(stopped_at("the river STO", {"STOP"}), std::pair(std::string("the river STO"), false));
  EXPECT_EQ(stopped_at("数学和语言学习", {"语言"}), std::pair(std::string("数学和"), true));
  EXPECT_EQ(stopped_at("aaab", {"aab"}), std::pair(std::string("a"), true));
  EXPECT_EQ(stopped_at("x", {"", "\xFF"}), std::pair(std::string("x"), false));
}

TEST(TokenStream, TheStopStringCompletedFirstCounts) {
  EXPECT_EQ(stopped_at("one two three", {"three", "two"}), std::pair(std::string("one "), true));
  EXPECT_EQ(stopped_at("xabcdx", {"abcd", "bc"}), std::pair(std::string("xa"), true));
  EXPECT_EQ(stopped_at("xabc", {"bc", "abc"}), std::pair(std::string("x"), true));
}

TEST(TokenStream, HoldsBackOnlyWhatMayBecomeAStopString) {
  TokenStream stream(&ernie(), {"34x"});
  EXPECT_EQ(stream.push(*ernie().id_of("1")), "1");
  EXPECT_EQ(stream.push(*ernie().id_of("3")), "");
  EXPECT_EQ(stream.push(*ernie().id_of("3")), "3");
  EXPECT_EQ(stream.push(*ernie().id_of("4")), "");
  EXPECT_EQ(stream.push(*ernie().id_of("5")), "345");
  EXPECT_EQ(stream.finish(), "");
}

TEST(TokenStream, AStopStringMaySpellAControlToken) {
  EXPECT_EQ(stopped_at("ab</s>cd", {"</s>"}), std::pair(std::string("ab"), true));
  EXPECT_EQ(stopped_at("ab</s>cd", {"bcd"}), std::pair(std::string("abcd"), false));
}

TEST(TokenStream, WithoutATokenizerThereIsNoText) {
  TokenStream stream(nullptr, {"a"});
  EXPECT_EQ(stream.push(3), "");
  EXPECT_EQ(stream.finish(), "");
}

// --- hostile tokenizer.model ------------------------------------------------------------------------------------------

// A writer of protobuf messages, after the encoding's description; independent of the reader.
std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
  return bytes += static_cast<char>(value);
}
std::string message(unsigned field, const std::string& content) { return varint(field << 3 | 2) + varint(content.size()) + content; }
std::string number(unsigned field, std::uint64_t value) { return varint(field << 3) + varint(value); }
std::string piece(const std::string& text, float score = 0, unsigned type = 1) {
  std::string bytes(4, '\0');
  std::memcpy(bytes.data(), &score, 4);
  return message(1, message(1, text) + varint(2 << 3 | 5) + bytes + number(3, type));
}
const std::string kBpe = message(2, number(3, 2));
// No dummy prefix, white space kept, and a normalisation table.
std::string normalizer(const std::string& map) { return message(3, message(2, map) + number(3, 0) + number(4, 0)); }

std::unique_ptr<Tokenizer> make(const std::string& model) {
  TokenizerData data;
  data.folder = "m";
  data.present = true;
  data.sentencepiece_model = model;
  return Tokenizer::create(data);
}

std::string error_of(const std::string& model) {
  try {
    make(model);
  } catch (const Error& error) {
    EXPECT_TRUE(engine::is_utf8(error.what()));
    return std::string(engine::name_of(error.code())) + ": " + error.what();
  }
  return {};
}

const std::string kUnknown = piece("<unk>", 0, 2);

TEST(SentencePieceModel, AcceptsTheSmallestModel) {
  const auto tokenizer = make(kUnknown + piece("a") + piece("b") + piece("ab", -1) + kBpe + normalizer(""));
  EXPECT_EQ(tokenizer->encode("abb", false), (Ids{3, 2}));
}

TEST(SentencePieceModel, RefusesImpossiblePieces) {
  const auto with = [](const std::string& extra) { return error_of(kUnknown + piece("a") + extra + kBpe); };
  ASSERT_EQ(with(""), "");
  EXPECT_THAT(with(piece("a")), HasSubstr("CorruptFile: m/tokenizer.model is not a sound sentencepiece model: piece \"a\" stands twice"));
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
  EXPECT_THAT(error_of(piece("a") + kBpe), HasSubstr("0 pieces for unknown text"));
  EXPECT_THAT(error_of(kUnknown + piece("<0x41>", 0, 6) + message(2, number(3, 2) + number(35, 1))), HasSubstr("1 byte pieces"));
}

TEST(SentencePieceModel, RefusesBrokenEncodings) {
  const std::string sound = kUnknown + piece("a") + kBpe;
  EXPECT_THAT(error_of(""), HasSubstr("CorruptFile"));
  EXPECT_THAT(error_of(sound + kBpe), HasSubstr("stands twice"));
  EXPECT_THAT(error_of(sound + varint(9 << 3 | 3)), HasSubstr("kind that does not exist"));
  EXPECT_THAT(error_of(sound + std::string(11, '\x80')), HasSubstr("more than ten bytes"));
  EXPECT_THAT(error_of(sound + varint(1 << 3 | 2) + varint(~0ull)), HasSubstr("cut short"));
  EXPECT_THAT(error_of(sound + number(1, 5)), HasSubstr("wrong kind"));
  EXPECT_THAT(error_of(kUnknown + piece("a")), HasSubstr("UnsupportedModel: m/tokenizer.model is a sentencepiece model of type 1"));
  EXPECT_THAT(error_of(kUnknown + message(1, message(1, "a") + message(1, "b")) + kBpe), HasSubstr("field 1 stands twice"));
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
  const auto with = [](const std::string& map) { return error_of(kUnknown + piece("a") + kBpe + normalizer(map)); };
  ASSERT_EQ(with(chars_map(1)), "");
  EXPECT_THAT(with(chars_map(2)), HasSubstr("points outside its texts"));
  EXPECT_THAT(with(chars_map(0x7FFFFFFF)), HasSubstr("points outside its texts"));
  EXPECT_THAT(with(chars_map(0, 768)), HasSubstr("points outside itself"));
  EXPECT_THAT(with(chars_map(0, 0x1FFFFF)), HasSubstr("points outside itself"));
  EXPECT_THAT(with(chars_map(0, 256, "a")), HasSubstr("damaged"));
  EXPECT_THAT(with(chars_map(0, 256, "")), HasSubstr("damaged"));
  EXPECT_THAT(with("\x01"), HasSubstr("cut short"));
  EXPECT_THAT(error_of(kUnknown + kBpe + message(5, message(2, chars_map(2)))), HasSubstr("points outside its texts"));
}

TEST(SentencePieceModel, EveryCommittedMalformedFileIsRefused) {
  int checked = 0;
  const auto index = nlohmann::json::parse(tests::read_bytes(fixture("malformed/index.json")));
  for (const auto& entry : index.at("files")) {
    if (entry.at("kind") != "sentencepiece") continue;
    EXPECT_THAT(error_of(tests::read_bytes(fixture(entry.at("file").get<std::string>()))), HasSubstr("CorruptFile")) << entry.dump();
    ++checked;
  }
  EXPECT_EQ(checked, 4);
}

// Every byte of the real model's ends and of some of its middle damaged in several ways: an answer each time, no crash.
TEST(SentencePieceModel, SurvivesDamageAnywhere) {
  const std::string sound = ernie_data().sentencepiece_model;
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
