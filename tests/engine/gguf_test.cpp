// The GGUF format: what a file says, and every file that must be refused.
#include "engine/formats/gguf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/backends/backend.h"
#include "engine/formats/gguf_source.h"
#include "tests/support/error_of.h"
#include "tests/support/fixtures.h"
#include "tests/support/gguf_bytes.h"

namespace {

namespace fs = std::filesystem;
using engine::DType;
using engine::ModelSource;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using tests::error_of;
using tests::GgufBytes;
using tests::raw;
using tests::raw_text;

engine::GgufContent parse(const std::string& bytes) {
  return engine::parse_gguf(std::as_bytes(std::span(bytes)), "m/x.gguf");
}
std::string parse_error(const std::string& bytes) {
  return error_of([&] { parse(bytes); });
}

TEST(Gguf, ReadsEveryTypeOfMetadata) {
  GgufBytes file;
  file.key("u8", GgufBytes::U8, raw<std::uint8_t>(200)).key("i8", GgufBytes::I8, raw<std::int8_t>(-3));
  file.key("u16", GgufBytes::U16, raw<std::uint16_t>(60000)).key("i16", GgufBytes::I16, raw<std::int16_t>(-300));
  file.key("u32", GgufBytes::U32, raw<std::uint32_t>(4000000000u))
      .key("i32", GgufBytes::I32, raw<std::int32_t>(-70000));
  file.key("u64", GgufBytes::U64, raw<std::uint64_t>(1ull << 40)).key("i64", GgufBytes::I64, raw<std::int64_t>(-5));
  file.key("f32", GgufBytes::F32, raw(0.5f)).key("f64", GgufBytes::F64, raw(0.1));
  file.key("yes", GgufBytes::Bool, raw<std::uint8_t>(1)).text("text", "h\xc3\xa9");
  file.array("texts", GgufBytes::Text, {raw_text("a"), raw_text(""), raw_text("bc")});
  file.array("floats", GgufBytes::F32, {raw(1.5f), raw(-2.0f)}).array("ints", GgufBytes::I32, {raw<std::int32_t>(7)});
  const std::string bytes = file.bytes();
  const auto content = parse(bytes);
  const auto& at = [&](const char* key) { return content.metadata.at(key); };
  EXPECT_EQ(at("u8").as_integer(), 200);
  EXPECT_EQ(at("i8").as_integer(), -3);
  EXPECT_EQ(at("u16").as_integer(), 60000);
  EXPECT_EQ(at("i16").as_integer(), -300);
  EXPECT_EQ(at("u32").as_integer(), 4000000000);
  EXPECT_EQ(at("i32").as_integer(), -70000);
  EXPECT_EQ(at("u64").as_integer(), 1ll << 40);
  EXPECT_EQ(at("i64").as_integer(), -5);
  EXPECT_EQ(at("f32").as_number(), 0.5);
  EXPECT_EQ(at("f64").as_number(), 0.1);
  EXPECT_EQ(at("u8").as_number(), 200.0);
  EXPECT_TRUE(at("yes").as_bool());
  EXPECT_EQ(at("text").as_text(), "h\xc3\xa9");
  EXPECT_THAT(at("texts").texts(3), ElementsAre("a", "", "bc"));
  EXPECT_THAT(at("floats").floats(2), ElementsAre(1.5f, -2.0f));
  EXPECT_THAT(at("ints").integers(1), ElementsAre(7));
  EXPECT_EQ(content.metadata.find("absent"), nullptr);
}

TEST(Gguf, ReadsTensorsInPlaceWithTheOutermostDimensionFirst) {
  for (const std::uint32_t version : {2u, 3u}) {
    GgufBytes file;
    file.version = version;
    file.tensor("a", {2, 3}, 0, std::string(24, 'a')).tensor("q", {64, 2}, 2, std::string(72, 'q'));
    file.tensor("e", {256, 1, 2}, 12, std::string(288, 'e'));
    const std::string bytes = file.bytes();
    const auto content = parse(bytes);
    ASSERT_EQ(content.tensors.size(), 3u);
    EXPECT_THAT(content.tensors.at("a").shape, ElementsAre(3, 2));
    EXPECT_EQ(content.tensors.at("q").dtype, DType::Q4_0);
    EXPECT_EQ(content.tensors.at("q").bytes.size(), 2u * 2 * 18);
    EXPECT_EQ(content.tensors.at("q").bytes[71], std::byte{'q'});
    EXPECT_THAT(content.tensors.at("e").shape, ElementsAre(2, 1, 256));
    EXPECT_EQ(content.tensors.at("e").dtype, DType::Q4_K);
  }
}

TEST(Gguf, TakesAnotherAlignment) {
  for (const std::uint64_t alignment : {1u, 8u, 4096u}) {
    GgufBytes file;
    file.alignment = alignment;
    file.number("general.alignment", static_cast<std::uint32_t>(alignment));
    file.tensor("a", {1}, 0, "abcd").tensor("b", {1}, 0, "efgh");
    const std::string bytes = file.bytes();
    EXPECT_EQ(parse(bytes).tensors.at("b").bytes[0], std::byte{'e'}) << alignment;
  }
}

TEST(Gguf, AsksForTheTypeThatIsNeeded) {
  GgufBytes file;
  file.text("t", "x").number("n", 7).real("nan", NAN).key("big", GgufBytes::U64, raw(~0ull));
  file.array("scores", GgufBytes::F32, {raw(1.0f)}).array("types", GgufBytes::I32, {raw<std::int32_t>(1)});
  file.array("texts", GgufBytes::Text, {raw_text("\xff")}).text("bad", "\xff");
  const std::string bytes = file.bytes();
  const auto content = parse(bytes);
  const auto error = [&](auto read) { return error_of([&] { read(content.metadata); }); };
  EXPECT_EQ(error([](auto& m) { m.at("t").as_integer(); }),
            "CorruptFile: m/x.gguf: \"t\" must be a whole number, found the text \"x\".");
  EXPECT_THAT(error([](auto& m) { m.at("n").as_integer(8, 9); }), HasSubstr("from 8 to 9, found the number 7"));
  EXPECT_THAT(error([](auto& m) { m.at("n").as_text(); }), HasSubstr("must be a string"));
  EXPECT_THAT(error([](auto& m) { m.at("n").as_bool(); }), HasSubstr("must be true or false"));
  EXPECT_THAT(error([](auto& m) { m.at("nan").as_number(); }), HasSubstr("must be a number from"));
  EXPECT_THAT(error([](auto& m) { m.at("nan").as_integer(); }), HasSubstr("must be a whole number"));
  EXPECT_THAT(error([](auto& m) { m.at("big").as_integer(); }), HasSubstr("found the number 18446744073709551615"));
  // Element types and lengths of arrays are never trusted.
  EXPECT_THAT(error([](auto& m) { m.at("types").floats(1); }), HasSubstr("an array of 1 f32 numbers"));
  EXPECT_THAT(error([](auto& m) { m.at("scores").integers(1); }), HasSubstr("an array of 1 i32 numbers"));
  EXPECT_THAT(error([](auto& m) { m.at("scores").floats(2); }),
              HasSubstr("an array of 2 f32 numbers, found an array of 1"));
  EXPECT_THAT(error([](auto& m) { m.at("scores").texts(9); }), HasSubstr("an array of strings"));
  EXPECT_THAT(error([](auto& m) { m.at("texts").texts(9); }), HasSubstr("not valid UTF-8"));
  EXPECT_THAT(error([](auto& m) { m.at("bad").as_text(); }), HasSubstr("valid UTF-8"));
  EXPECT_THAT(error([](auto& m) { m.at("none"); }), HasSubstr("m/x.gguf lacks the metadata key \"none\""));
}

GgufBytes small_file() {
  GgufBytes file;
  file.text("general.architecture", "x").number("n", 7).array("l", GgufBytes::Text, {raw_text("a"), raw_text("b")});
  file.tensor("a", {2, 2}, 0, std::string(16, 'a')).tensor("b", {32}, 8, std::string(34, 'b'));
  return file;
}

TEST(Gguf, RefusesEveryTruncation) {
  const std::string bytes = small_file().bytes();
  ASSERT_EQ(parse_error(bytes), "");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(parse_error(bytes.substr(0, size)), HasSubstr("CorruptFile: m/x.gguf")) << size;
  }
}

// Whatever one byte becomes, the answer is a file or a sentence.
TEST(Gguf, SurvivesEveryChangedByte) {
  const std::string sound = small_file().bytes();
  for (std::size_t i = 0; i < sound.size(); ++i) {
    for (const char value : {'\x00', '\x01', '\x7f', '\x80', '\xff'}) {
      std::string bytes = sound;
      bytes[i] = value;
      parse_error(bytes);
    }
  }
}

TEST(Gguf, ExplainsOtherVersionsAndFormats) {
  GgufBytes file;
  EXPECT_THAT(parse_error("GGML" + file.bytes().substr(4)), HasSubstr("m/x.gguf is not a GGUF file"));
  file.version = 1;
  EXPECT_THAT(parse_error(file.bytes()), AllOf(HasSubstr("UnsupportedModel"), HasSubstr("version 1")));
  file.version = 4;
  EXPECT_THAT(parse_error(file.bytes()), AllOf(HasSubstr("UnsupportedModel"), HasSubstr("version 4")));
  file.version = 0x03000000;
  EXPECT_THAT(parse_error(file.bytes()), AllOf(HasSubstr("UnsupportedModel"), HasSubstr("big-endian")));
}

TEST(Gguf, RefusesCountsThatTheFileCannotHold) {
  // 2^61 and 2^62 numbers are 2^64 bytes: nothing, to who does not look.
  const std::uint64_t one = 1;
  for (const std::uint64_t count : {one * 100, one << 32, one << 60, one << 61, one << 62, ~(one >> 1)}) {
    GgufBytes file = small_file();
    file.claimed_keys = count;
    EXPECT_THAT(parse_error(file.bytes()), HasSubstr("metadata keys, more than it can hold")) << count;
    file = small_file();
    file.claimed_tensors = count;
    EXPECT_THAT(parse_error(file.bytes()), HasSubstr("tensors, more than it can hold")) << count;
    for (const std::uint32_t element : {0u, 6u, 8u, 12u}) {
      GgufBytes array;
      array.key("a", GgufBytes::Array, raw(element) + raw(count));
      EXPECT_THAT(parse_error(array.bytes()), AllOf(HasSubstr("\"a\""), HasSubstr("CorruptFile"))) << count;
    }
    EXPECT_THAT(parse_error(GgufBytes().key("s", GgufBytes::Text, raw(count)).bytes()), HasSubstr("\"s\"")) << count;
    GgufBytes inner;
    inner.key("a", GgufBytes::Array, raw<std::uint32_t>(8) + raw<std::uint64_t>(2) + raw_text("x") + raw(count) + "y");
    EXPECT_THAT(parse_error(inner.bytes()), HasSubstr("\"a\"")) << count;
  }
  // Many true entries are too many as well: what holds them would be larger than the file.
  GgufBytes many;
  for (int i = 0; i < 65537; ++i) many.key(std::to_string(i), GgufBytes::U8, "x");
  EXPECT_THAT(parse_error(many.bytes()), HasSubstr("65537 metadata keys"));
}

TEST(Gguf, RefusesWrongMetadata) {
  EXPECT_THAT(parse_error(GgufBytes().number("k", 1).number("k", 2).bytes()),
              HasSubstr("key \"k\" stands in it twice"));
  EXPECT_THAT(parse_error(GgufBytes().key("k", 13, "xxxx").bytes()), HasSubstr("\"k\" is of type 13"));
  EXPECT_THAT(parse_error(GgufBytes().key("k", ~0u, "xxxx").bytes()), HasSubstr("which does not exist"));
  EXPECT_THAT(parse_error(GgufBytes().array("k", 99, {"x"}).bytes()), HasSubstr("is of type 99"));
  EXPECT_THAT(parse_error(GgufBytes().array("k", GgufBytes::Array, {raw(0u) + raw(1ull) + "x"}).bytes()),
              HasSubstr("array of arrays"));
  EXPECT_THAT(parse_error(GgufBytes().key("k", GgufBytes::Bool, "\x02").bytes()), HasSubstr("true or false"));
  EXPECT_THAT(parse_error(GgufBytes().number("", 1).bytes()), HasSubstr("0 bytes long"));
  EXPECT_THAT(parse_error(GgufBytes().number(std::string(70000, 'k'), 1).bytes()), HasSubstr("70000 bytes long"));
  EXPECT_THAT(parse_error(GgufBytes().number("\xc3", 1).bytes()), HasSubstr("not valid UTF-8"));
}

TEST(Gguf, RefusesImpossibleAlignments) {
  for (const std::uint32_t alignment : {0u, 3u, 48u, 1u << 21, 1u << 31}) {
    EXPECT_THAT(parse_error(GgufBytes().number("general.alignment", alignment).zeros("a", {1}).bytes()),
                AllOf(HasSubstr("CorruptFile"), HasSubstr("\"general.alignment\" must be")))
        << alignment;
  }
  EXPECT_THAT(parse_error(GgufBytes().text("general.alignment", "32").zeros("a", {1}).bytes()),
              HasSubstr("a whole number"));
}

TEST(Gguf, RefusesImpossibleTensors) {
  const auto one = [](const std::vector<std::uint64_t>& dims, std::uint32_t type, std::size_t bytes,
                      std::optional<std::uint64_t> offset = std::nullopt) {
    return parse_error(GgufBytes().tensor("w", dims, type, std::string(bytes, 'x'), offset).bytes());
  };
  ASSERT_EQ(one({4}, 0, 16), "");
  EXPECT_THAT(one({}, 0, 16), HasSubstr("tensor \"w\" has 0 dimensions"));
  EXPECT_THAT(one({1, 1, 1, 1, 1}, 0, 16), HasSubstr("has 5 dimensions"));
  EXPECT_THAT(one({0}, 0, 16), HasSubstr("has a dimension of 0"));
  EXPECT_THAT(one({~0ull}, 0, 16), HasSubstr("has a dimension of 18446744073709551615"));
  EXPECT_THAT(one({5}, 0, 16), HasSubstr("needs 20 bytes"));
  // Products and sums that wrap around.
  EXPECT_THAT(one({1ull << 31, 1ull << 31}, 0, 16), HasSubstr("more than 2^64"));
  EXPECT_THAT(one({1ull << 32, 1ull << 32}, 0, 16), HasSubstr("more than 2^64"));
  EXPECT_THAT(one({1ull << 62}, 0, 16), HasSubstr("more than 2^64"));
  EXPECT_THAT(one({1ull << 62, 1ull << 2}, 2, 16), HasSubstr("more than 2^64"));
  EXPECT_THAT(one({16}, 0, 64, ~0ull - 31), HasSubstr("needs 64 bytes from byte 18446744073709551584"));
  EXPECT_THAT(one({4}, 0, 16, 32), HasSubstr("cut short or damaged"));
  EXPECT_THAT(one({4}, 0, 64, 4), HasSubstr("not a multiple of the alignment"));
  // Rows that are no whole blocks.
  EXPECT_THAT(one({48}, 2, 64), HasSubstr("no whole number of Q4_0 blocks of 32"));
  EXPECT_THAT(one({128, 2}, 12, 144), HasSubstr("no whole number of Q4_K blocks of 256"));
  EXPECT_THAT(one({16, 2}, 2, 18), HasSubstr("no whole number"));
}

TEST(Gguf, RefusesTensorsThatShareBytesOrNames) {
  GgufBytes overlap;
  overlap.tensor("a", {16}, 0, std::string(64, 'a')).tensor("b", {4}, 0, std::string(16, 'b'), 32);
  EXPECT_THAT(parse_error(overlap.bytes()), HasSubstr("tensor \"b\" overlaps another one"));
  GgufBytes same;
  same.tensor("a", {4}, 0, std::string(64, 'a')).tensor("b", {4}, 0, std::string(16, 'b'), 0);
  EXPECT_THAT(parse_error(same.bytes()), HasSubstr("overlaps another one"));
  GgufBytes twice;
  twice.zeros("a", {4}).zeros("a", {4});
  EXPECT_THAT(parse_error(twice.bytes()), HasSubstr("tensor \"a\" stands in the file twice"));
}

TEST(Gguf, ExplainsTensorTypesThatItDoesNotRead) {
  const auto with_type = [](std::uint32_t type) {
    return parse_error(GgufBytes().tensor("w", {256}, type, std::string(1024, 'x')).bytes());
  };
  EXPECT_THAT(with_type(31), AllOf(HasSubstr("UnsupportedModel: m/x.gguf: tensor \"w\" is of type Q4_0_4_4"),
                                   HasSubstr("removed"), HasSubstr("Q4_K_M")));
  EXPECT_THAT(with_type(4), HasSubstr("Q4_2, which was removed"));
  EXPECT_THAT(with_type(16), HasSubstr("IQ2_XXS, which this version of Sotto does not read"));
  EXPECT_THAT(with_type(4711), HasSubstr("type 4711, which this version of Sotto does not know"));
  for (const std::uint32_t type :
       {0u, 1u, 2u, 3u, 6u, 7u, 8u, 10u, 11u, 12u, 13u, 14u, 20u, 23u, 26u, 27u, 28u, 30u, 39u}) {
    EXPECT_EQ(with_type(type).find("type"), std::string::npos) << with_type(type);
  }
}

void check_malformed(const fs::path& root, int at_least) {
  const auto index = nlohmann::json::parse(tests::read_bytes(root / "malformed/index.json"));
  int checked = 0;
  for (const auto& entry : index.at("files")) {
    if (entry.at("kind") != "gguf") continue;
    const fs::path file = root / entry.at("file").get<std::string>();
    const std::string error = error_of([&] { ModelSource::open(file); });
    if (entry.at("expect") == "error") {
      EXPECT_THAT(error, HasSubstr(file.filename().string())) << entry.dump();
    }
    ++checked;
  }
  EXPECT_GE(checked, at_least);
}

TEST(GgufMalformed, EveryCommittedFileIsRefusedWithASentence) {
  check_malformed(tests::fixture(""), 25);
}

TEST(GgufMalformed, EveryFileOfTheLargeCorpusIsRefusedWithASentence) {
  SHARED_OR_SKIP(index, "malformed/index.json");
  check_malformed(index.parent_path().parent_path(), 25);
}

}  // namespace
