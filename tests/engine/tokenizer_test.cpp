// The tokenizer and the stream against the reference's ids and texts (tests/fixtures/tokenizers).
#include "engine/tokenizer/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>

#include "engine/base/error.h"
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

// The tokenizers that the goldens of a family hold for.
struct Family {
  std::string name;   // the files' prefix
  std::string label;  // for the output of a failing test
  std::unique_ptr<Tokenizer> tokenizer;
};

// The same vocabulary as ERNIE's tokenizer.model, from the metadata that a GGUF file would have.
TokenizerData ernie_as_list() {
  const auto& bytes = ernie_data().sentencepiece_model;
  TokenizerData data;
  data.present = true;
  data.piece_list.source = "ernie.gguf";
  data.piece_list.add_space_prefix = false;
  // Pieces of the file are 0A LEN (0A LEN text 15 score [18 type]); the texts are short, so lengths are single bytes.
  for (std::size_t at = 0; bytes[at] == '\x0A';) {
    const std::string piece = bytes.substr(at + 2, static_cast<unsigned char>(bytes[at + 1]));
    const auto length = static_cast<unsigned char>(piece[1]);
    float score = 0;
    std::memcpy(&score, piece.data() + 2 + length + 1, sizeof score);
    data.piece_list.pieces.push_back(piece.substr(2, length));
    data.piece_list.scores.push_back(score);
    data.piece_list.types.push_back(piece.size() > length + 7u ? piece[length + 8u] : 1);
    at += 2 + piece.size();
  }
  return data;
}

const std::vector<Family>& families() {
  static const std::vector<Family> all = [] {
    std::vector<Family> result;
    result.push_back({"ernie", "tokenizer.model", Tokenizer::create(ernie_data())});
    const tests::ScratchFolder folder;
    for (const char* file : {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"}) {
      folder.write(file, tests::read_bytes(fixture(std::string("tokenizers/ernie/") + file)));
    }
    result.push_back({"ernie", "tokenizer.json", Tokenizer::create(ModelSource::open_tokenizer(folder.path()))});
    result.push_back({"ernie", "list of pieces", Tokenizer::create(ernie_as_list())});
    result.push_back(
        {"glm4", "tokenizer.json", Tokenizer::create(ModelSource::open_tokenizer(fixture("tokenizers/glm4")))});
    return result;
  }();
  return all;
}

// --- encode and decode
// ------------------------------------------------------------------------------------------------

TEST(Tokenizer, EncodesEveryTextLikeTheReference) {
  for (const Family& family : families()) {
    SCOPED_TRACE(family.name + ", " + family.label);
    for (const auto& test : golden(family.name + "_encode.json")) {
      const std::string text = test.at("text");
      EXPECT_EQ(family.tokenizer->encode(text, true), test.at("ids").get<Ids>()) << test.at("name");
      EXPECT_EQ(family.tokenizer->encode(text, false), test.at("ids_plain").get<Ids>()) << test.at("name");
    }
  }
}

TEST(Tokenizer, DecodesEveryTextLikeTheReference) {
  for (const Family& family : families()) {
    SCOPED_TRACE(family.name + ", " + family.label);
    for (const auto& test : golden(family.name + "_encode.json")) {
      const auto ids = test.at("ids").get<Ids>();
      EXPECT_EQ(family.tokenizer->decode(ids, false), test.at("decoded").get<std::string>()) << test.at("name");
      EXPECT_EQ(family.tokenizer->decode(ids, true), test.at("decoded_skip").get<std::string>()) << test.at("name");
    }
  }
}

TEST(Tokenizer, ReadsInvalidBytesAsReplacementCharacters) {
  for (const Family& family : families()) {
    SCOPED_TRACE(family.name + ", " + family.label);
    for (const auto& test : golden(family.name + "_encode.json", "invalid_utf8")) {
      const std::string bytes = from_hex(test.at("bytes_hex"));
      EXPECT_EQ(family.tokenizer->encode(bytes, true), test.at("ids").get<Ids>()) << test.at("name");
      EXPECT_EQ(family.tokenizer->encode(bytes, false), test.at("ids").get<Ids>()) << test.at("name");
    }
  }
}

TEST(Tokenizer, DecodesArbitraryIdsToTheirBytes) {
  for (const Family& family : families()) {
    SCOPED_TRACE(family.name + ", " + family.label);
    for (const auto& test : golden(family.name + "_decode.json")) {
      std::string bytes;
      for (const auto id : test.at("ids").get<Ids>()) bytes += family.tokenizer->bytes_of(id);
      EXPECT_EQ(bytes, from_hex(test.at("bytes_hex"))) << test.at("name");
      std::string streamed;
      for (const auto& shown : test.at("stream")) streamed += shown.get<std::string>();
      EXPECT_EQ(family.tokenizer->decode(test.at("ids").get<Ids>(), false),
                streamed + test.at("stream_tail").get<std::string>());
    }
  }
}

TEST(Tokenizer, EncodesRenderedConversationsLikeTheReference) {
  for (const Family& family : families()) {
    SCOPED_TRACE(family.name + ", " + family.label);
    for (const auto& test : golden(family.name + "_chat.json")) {
      EXPECT_EQ(family.tokenizer->encode(test.at("text").get<std::string>(), true), test.at("ids").get<Ids>())
          << test.at("name");
    }
  }
}

// Merges and pieces that meet where one text of the corpus ends and another begins are in no golden.
TEST(Tokenizer, EveryFormOfErniesVocabularySaysTheSameOfAllTextsJoined) {
  std::vector<std::string> texts;
  for (const auto& test : golden("ernie_encode.json")) texts.push_back(test.at("text"));
  std::mt19937 random(1);
  for (int round = 0; round < 5; ++round) {
    std::string all;
    for (const std::string& text : texts) all += text;
    for (const bool parse_special : {true, false}) {
      const Ids expected = ernie().encode(all, parse_special);
      for (const Family& family : families()) {
        if (family.name != "ernie") continue;
        EXPECT_TRUE(family.tokenizer->encode(all, parse_special) == expected) << family.label;
      }
    }
    std::shuffle(texts.begin(), texts.end(), random);
  }
}

TEST(Tokenizer, KnowsTheTokensOfGlm) {
  const Tokenizer& glm = *families().back().tokenizer;
  EXPECT_EQ(glm.vocab_size(), 1500);
  EXPECT_EQ(glm.id_of("<|observation|>"), 1495);
  EXPECT_EQ(glm.bytes_of(1495), "<|observation|>");
  EXPECT_EQ(glm.id_of("Ġa"), 256);
  EXPECT_EQ(glm.bytes_of(256), " a");
  EXPECT_TRUE(glm.is_special(1486));
  EXPECT_FALSE(glm.is_special(1485));
  EXPECT_FALSE(glm.is_special(-1));
  EXPECT_TRUE(glm.has_piece(1499));
  EXPECT_FALSE(glm.has_piece(1500));
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

// No limit of time is asserted: what is quadratic here would run for hours.
TEST(Tokenizer, StaysNearLinearOnOneUnbrokenMegabyte) {
  const std::size_t size = 1'000'000;
  EXPECT_EQ(ernie().encode(std::string(size, 'a'), false), Ids(size, 838));
  EXPECT_EQ(ernie().encode(std::string(size, '<'), true), Ids(size, 1038));
  for (const char* unit : {"x", "abcdefghij", " ", "\n", " \n", "\t", "1234567890", "!", "'", "\U0001F600",
                           "\U0001F468\u200D", "\u6570\u5B66", "\u0301\u0323", "<|user", "\xC2\xA0"}) {
    std::string text;
    while (text.size() < size) text += unit;
    for (const Family& family : families()) {
      if (family.label != "tokenizer.json") continue;
      EXPECT_TRUE(family.tokenizer->decode(family.tokenizer->encode(text, true), false) == text)
          << family.name << ": " << unit;
    }
  }
}

TEST(Tokenizer, RefusesATextThatNoContextCanHold) {
  for (const Family& family : families()) {
    EXPECT_THROW(family.tokenizer->encode(std::string(std::size_t{17} << 20, 'a'), false), Error);
  }
}

// --- control tokens in a person's text
// --------------------------------------------------------------------------------

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

// Merges lead to such pieces.
TEST(Tokenizer, ATypedControlTokenIsTextAlsoWhereTheModelCallsItNormal) {
  TokenizerData list = ernie_as_list();
  for (const char* text : {"<s", "<s>"}) {
    auto& pieces = list.piece_list.pieces;
    const auto at = static_cast<std::size_t>(std::find(pieces.begin(), pieces.end(), text) - pieces.begin());
    if (at == pieces.size()) {
      pieces.push_back(text);
      list.piece_list.scores.push_back(0);
      list.piece_list.types.push_back(1);
    }
    list.piece_list.scores[at] = 0;
    list.piece_list.types[at] = 1;
  }
  const auto unlisted = Tokenizer::create(list);
  EXPECT_EQ(unlisted->encode("<s>", false), Ids{1});
  list.added_tokens = ernie_data().added_tokens;
  const auto listed = Tokenizer::create(list);
  EXPECT_EQ(listed->encode("<s>", true), Ids{1});
  EXPECT_EQ(listed->decode(listed->encode("<s>", false), true), "<s>");
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

// --- added tokens in text
// ---------------------------------------------------------------------------------------------

AddedToken token(std::int32_t id, const char* content) {
  AddedToken result;
  result.id = id;
  result.content = content;
  return result;
}

// Sections as "(text)" or "[id:text]". The expected ones of these tests are what tokenizers 0.23.3 makes of the texts.
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
  EXPECT_EQ(sections(tokens, "ok, ok!book okay éok ok\u0301 _ok ok"),
            "[1:ok](, )[1:ok](!book okay éok ok\u0301 _ok )[1:ok]");
  EXPECT_EQ(sections(tokens, "½ok Ⅷok ②ok Ⓐok ok\u200Dok okok ok"),
            "(½)[1:ok]( Ⅷok ②)[1:ok]( Ⓐok ok\u200Dok okok )[1:ok]");
}

TEST(AddedTokens, NormalizedTokensAreLookedForLast) {
  std::vector<AddedToken> tokens = {token(1, "ab"), token(2, "bc")};
  tokens[0].normalized = true;
  EXPECT_EQ(sections(tokens, "abc ab"), "(a)[2:bc]( )[1:ab]");
}

// --- stream
// -----------------------------------------------------------------------------------------------------------

std::vector<std::string> stream_of(const Tokenizer& tokenizer, const Ids& ids, bool skip, std::string& tail) {
  TokenStream stream(&tokenizer, {}, skip);
  std::vector<std::string> pieces;
  for (const auto id : ids) pieces.push_back(stream.push(id));
  tail = stream.finish();
  return pieces;
}

TEST(TokenStream, ShowsWhatTheReferenceShowsAfterEachId) {
  std::string tail;
  for (const Family& family : families()) {
    const Tokenizer& tokenizer = *family.tokenizer;
    for (const char* file : {"_encode.json", "_decode.json"}) {
      SCOPED_TRACE(family.name + file + ", " + family.label);
      for (const auto& test : golden(family.name + file)) {
        EXPECT_EQ(stream_of(tokenizer, test.at("ids"), false, tail), test.at("stream").get<std::vector<std::string>>())
            << test.at("name");
        EXPECT_EQ(tail, test.at("stream_tail").get<std::string>()) << test.at("name");
        if (!test.contains("stream_skip")) continue;
        EXPECT_EQ(stream_of(tokenizer, test.at("ids"), true, tail),
                  test.at("stream_skip").get<std::vector<std::string>>())
            << test.at("name");
        EXPECT_EQ(tail, test.at("stream_skip_tail").get<std::string>()) << test.at("name");
      }
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

}  // namespace
