// Reading GGUF files: what the format says, what models in it become, and everything that must be refused.
#include "engine/formats/gguf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/backends/backend.h"
#include "engine/formats/gguf_source.h"
#include "engine/layers/weights.h"
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
using tests::ScratchFolder;

engine::GgufContent parse(const std::string& bytes) {
  return engine::parse_gguf(std::as_bytes(std::span(bytes)), "m/x.gguf");
}
std::string parse_error(const std::string& bytes) {
  return error_of([&] { parse(bytes); });
}

// --- the format
// ------------------------------------------------------------------------------------------------------

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

// --- models
// ----------------------------------------------------------------------------------------------------------

// Metadata of a tiny model: hidden 8, two heads of 4, one key head, two layers, vocabulary of 5.
GgufBytes metadata_of(const std::string& architecture) {
  GgufBytes file;
  file.text("general.architecture", architecture);
  const auto number = [&](const std::string& key, std::uint32_t value) {
    file.number(architecture + "." + key, value);
  };
  number("block_count", 2);
  number("context_length", 64);
  number("embedding_length", 8);
  number("feed_forward_length", 12);
  number("attention.head_count", 2);
  number("attention.head_count_kv", 1);
  file.real(architecture + ".attention.layer_norm_rms_epsilon", 1e-5f);
  return file;
}

std::unique_ptr<ModelSource> open(const ScratchFolder& folder, const GgufBytes& file) {
  return ModelSource::open(folder.write("m/x.gguf", file.bytes()));
}
std::string open_error(const GgufBytes& file) {
  const ScratchFolder folder;
  return error_of([&] { open(folder, file); });
}

TEST(GgufSource, ReadsAnErnie) {
  GgufBytes file = metadata_of("ernie4_5");
  file.number("ernie4_5.attention.key_length", 6).number("ernie4_5.attention.value_length", 6);
  file.real("ernie4_5.rope.freq_base", 10000.0f).number("tokenizer.ggml.eos_token_id", 2);
  file.number("tokenizer.ggml.eot_token_id", 4).number("tokenizer.ggml.eom_token_id", 2);
  file.text("tokenizer.chat_template", "{{ messages }}");
  file.zeros("token_embd.weight", {8, 5}).zeros("output_norm.weight", {8}).zeros("blk.1.ffn_norm.weight", {8});
  file.zeros("blk.0.attn_output.weight", {12, 8}).zeros("blk.0.ffn_up.weight", {8, 12}).zeros("something.else", {1});
  const ScratchFolder folder;
  const auto source = open(folder, file);
  const engine::ModelConfig& config = source->config();
  EXPECT_EQ(config.architecture, "ernie4_5");
  EXPECT_EQ(config.hidden_size, 8);
  EXPECT_EQ(config.num_layers, 2);
  EXPECT_EQ(config.num_heads, 2);
  EXPECT_EQ(config.num_kv_heads, 1);
  EXPECT_EQ(config.head_dim, 6);
  EXPECT_EQ(config.intermediate_size, 12);
  EXPECT_EQ(config.vocab_size, 5);
  EXPECT_EQ(config.context_length, 64);
  EXPECT_FLOAT_EQ(static_cast<float>(config.rms_norm_eps), 1e-5f);
  EXPECT_EQ(config.rope.theta, 10000.0);
  EXPECT_EQ(config.rope.type, "default");
  EXPECT_EQ(config.rope.partial_rotary_factor, 1.0);
  EXPECT_TRUE(config.tie_word_embeddings);
  EXPECT_FALSE(config.use_bias);
  EXPECT_THAT(config.eos_token_ids, ElementsAre(2, 4));
  EXPECT_EQ(source->chat_template(), "{{ messages }}");
  EXPECT_FALSE(source->tokenizer_data().present);
  for (const char* name :
       {"model.embed_tokens.weight", "model.norm.weight", "model.layers.1.post_attention_layernorm.weight",
        "model.layers.0.self_attn.o_proj.weight", "model.layers.0.mlp.up_proj.weight", "something.else"}) {
    EXPECT_NE(source->find(name), nullptr) << name;
  }
  EXPECT_THAT(source->find("model.layers.0.mlp.up_proj.weight")->shape, ElementsAre(12, 8));
}

TEST(GgufSource, TakesTheFamilysDefaultsForAbsentKeys) {
  const ScratchFolder folder;
  const auto ernie = open(folder, metadata_of("ernie4_5").zeros("token_embd.weight", {8, 5}));
  EXPECT_EQ(ernie->config().rope.theta, 500000.0);
  EXPECT_EQ(ernie->config().head_dim, 4);
  EXPECT_EQ(ernie->config().rope.rotated_dims(4), 4);
  const auto glm = open(folder, metadata_of("glm4").zeros("token_embd.weight", {8, 5}));
  EXPECT_EQ(glm->config().rope.theta, 10000.0);
  EXPECT_EQ(glm->config().rope.rotated_dims(4), 2);  // half, never all of it
}

TEST(GgufSource, GivesGlmItsOwnNames) {
  for (const char* architecture : {"glm4", "chatglm"}) {
    GgufBytes file = metadata_of(architecture);
    file.number(std::string(architecture) + ".rope.dimension_count", 4);
    file.zeros("token_embd.weight", {8, 5}).zeros("output.weight", {8, 5});
    file.zeros("blk.0.post_attention_norm.weight", {8}).zeros("blk.0.post_ffw_norm.weight", {8});
    file.zeros("blk.0.ffn_norm.weight", {8}).zeros("blk.0.ffn_up.weight", {8, 24}).zeros("blk.0.attn_q.bias", {8});
    const ScratchFolder folder;
    const auto source = open(folder, file);
    EXPECT_EQ(source->config().architecture, "glm4");
    EXPECT_FALSE(source->config().tie_word_embeddings);
    EXPECT_TRUE(source->config().attention_bias);
    EXPECT_EQ(source->config().rope.rotated_dims(4), 4);
    for (const char* name :
         {"lm_head.weight", "model.layers.0.post_self_attn_layernorm.weight",
          "model.layers.0.post_mlp_layernorm.weight", "model.layers.0.post_attention_layernorm.weight",
          "model.layers.0.mlp.gate_up_proj.weight", "model.layers.0.self_attn.q_proj.bias"}) {
      EXPECT_NE(source->find(name), nullptr) << name;
    }
  }
  // ChatGLM 3 and GLM-4 of 2024 are other models under the same name.
  EXPECT_THAT(
      open_error(metadata_of("chatglm").zeros("token_embd.weight", {8, 5})),
      HasSubstr("UnsupportedModel: m/x.gguf: \"general.architecture\" is \"chatglm\"; this version of Sotto runs "
                "ernie4_5, ernie4_5-moe, glm4."));
}

TEST(GgufSource, ReadsAMixtureOfExperts) {
  GgufBytes file = metadata_of("ernie4_5-moe");
  file.number("ernie4_5-moe.expert_count", 3).number("ernie4_5-moe.expert_used_count", 2);
  file.number("ernie4_5-moe.expert_feed_forward_length", 6).number("ernie4_5-moe.expert_shared_count", 2);
  file.number("ernie4_5-moe.expert_shared_feed_forward_length", 99).number("ernie4_5-moe.leading_dense_block_count", 1);
  file.number("ernie4_5-moe.interleave_moe_layer_step", 1).zeros("token_embd.weight", {8, 5});
  file.zeros("blk.1.ffn_gate_inp.weight", {8, 3}).zeros("blk.1.exp_probs_b.bias", {3});
  file.zeros("blk.1.ffn_gate_exps.weight", {8, 6, 3}).zeros("blk.1.ffn_up_exps.weight", {8, 6, 3});
  std::string down(4 * 6 * 8 * 3, '\0');
  for (std::size_t i = 0; i < down.size(); ++i) down[i] = static_cast<char>(i / (4 * 6 * 8));  // the expert's number
  file.tensor("blk.1.ffn_down_exps.weight", {6, 8, 3}, 0, down).zeros("blk.1.ffn_gate_shexp.weight", {8, 11});
  const ScratchFolder folder;
  const auto source = open(folder, file);
  const engine::MoeConfig& moe = source->config().moe;
  EXPECT_EQ(source->config().architecture, "ernie4_5_moe");
  EXPECT_EQ(moe.num_experts, 3);
  EXPECT_EQ(moe.experts_per_token, 2);
  EXPECT_EQ(moe.intermediate_size, 6);
  EXPECT_EQ(moe.shared_intermediate_size, 11);  // the tensor's, whatever the keys say
  EXPECT_FALSE(moe.has_experts(0));
  EXPECT_TRUE(moe.has_experts(1));
  const std::string layer = "model.layers.1.mlp.";
  EXPECT_THAT(source->find(layer + "gate.weight")->shape, ElementsAre(3, 8));
  EXPECT_THAT(source->find(layer + "moe_statics.e_score_correction_bias")->shape, ElementsAre(3));
  EXPECT_THAT(source->find(layer + "experts.up_proj.weight")->shape, ElementsAre(3, 6, 8));
  EXPECT_NE(source->find(layer + "shared_experts.gate_proj.weight"), nullptr);

  const auto backend = engine::create_backend({});
  const engine::WeightLoader weights(*source, *backend);
  const engine::Tensor second = weights.rows_of(layer + "experts.down_proj.weight", {3, 8, 6}, 8, 8);
  EXPECT_THAT(second.shape(), ElementsAre(8, 6));
  EXPECT_EQ(second.data()[0], std::byte{1});
  EXPECT_EQ(second.data()[second.bytes() - 1], std::byte{1});
  EXPECT_THAT(error_of([&] {
                weights.rows_of(layer + "experts.down_proj.weight", {3, 8, 7}, 8, 8);
              }),
              AllOf(HasSubstr("\"blk.1.ffn_down_exps.weight\""), HasSubstr("[3, 8, 6]"), HasSubstr("[3, 8, 7]")));
}

TEST(GgufSource, CutsAFusedProjectionInThree) {
  GgufBytes file = metadata_of("ernie4_5");
  file.zeros("token_embd.weight", {8, 5});
  std::string rows;
  for (char row = 0; row < 16; ++row) rows += std::string(32, row);
  file.tensor("blk.0.attn_qkv.weight", {8, 16}, 0, rows).zeros("blk.0.attn_qkv.bias", {16});
  const ScratchFolder folder;
  const auto source = open(folder, file);
  EXPECT_TRUE(source->config().use_bias);
  const std::string layer = "model.layers.0.self_attn.";
  EXPECT_THAT(source->find(layer + "q_proj.weight")->shape, ElementsAre(8, 8));
  EXPECT_THAT(source->find(layer + "k_proj.weight")->shape, ElementsAre(4, 8));
  EXPECT_EQ(source->find(layer + "k_proj.weight")->bytes[0], std::byte{8});
  EXPECT_EQ(source->find(layer + "v_proj.weight")->bytes[0], std::byte{12});
  EXPECT_THAT(source->find(layer + "v_proj.bias")->shape, ElementsAre(4));
  EXPECT_THAT(
      open_error(metadata_of("ernie4_5").zeros("token_embd.weight", {8, 5}).zeros("blk.0.attn_qkv.weight", {8, 15})),
      AllOf(HasSubstr("\"blk.0.attn_qkv.weight\""), HasSubstr("16 rows together")));
  // The same projection twice.
  EXPECT_THAT(open_error(file.zeros("blk.0.attn_q.weight", {8, 8})), HasSubstr("under another name too"));
}

TEST(GgufSource, LeavesOutTheBlocksOfDrafters) {
  GgufBytes file = metadata_of("glm4");
  file.number("glm4.nextn_predict_layers", 1).zeros("token_embd.weight", {8, 5});
  file.zeros("blk.0.ffn_norm.weight", {8}).zeros("blk.1.ffn_norm.weight", {8});
  const ScratchFolder folder;
  const auto source = open(folder, file);
  EXPECT_EQ(source->config().num_layers, 1);
  EXPECT_EQ(source->tensors().size(), 2u);
}

TEST(GgufSource, ReadsTheScalingOfRotaryEmbeddings) {
  const ScratchFolder folder;
  const auto scaled = [](const std::string& type) {
    GgufBytes file = metadata_of("ernie4_5");
    file.text("ernie4_5.rope.scaling.type", type).real("ernie4_5.rope.scaling.factor", 4.0f);
    return file.number("ernie4_5.rope.scaling.original_context_length", 16).zeros("token_embd.weight", {8, 5});
  };
  EXPECT_EQ(open(folder, scaled("none"))->config().rope.type, "default");
  const auto linear = open(folder, scaled("linear"));
  EXPECT_EQ(linear->config().rope.type, "linear");
  EXPECT_EQ(linear->config().rope.factor, 4.0);
  const auto untyped =
      open(folder, metadata_of("glm4").real("glm4.rope.scaling.factor", 2.0f).zeros("token_embd.weight", {8, 5}));
  EXPECT_EQ(untyped->config().rope.type, "linear");
  EXPECT_EQ(untyped->config().rope.factor, 2.0);
  const auto zero =
      open(folder, metadata_of("glm4").real("glm4.rope.scaling.factor", 0.0f).zeros("token_embd.weight", {8, 5}));
  EXPECT_EQ(zero->config().rope.type, "default");
  const auto yarn = open(folder, scaled("yarn").real("ernie4_5.rope.scaling.yarn_beta_fast", 16.0f));
  EXPECT_EQ(yarn->config().rope.type, "yarn");
  EXPECT_EQ(yarn->config().rope.original_context_length, 16);
  EXPECT_EQ(yarn->config().rope.beta_fast, 16.0);
  EXPECT_EQ(yarn->config().rope.attention_factor, std::nullopt);
  const auto own = open(folder, scaled("yarn").real("ernie4_5.rope.scaling.attn_factor", 0.5f));
  EXPECT_NEAR(own->config().rope.attention_factor.value_or(0), 0.5 * (1 + 0.1 * std::log(4.0)), 1e-12);
  const std::string two = raw(2.0f) + raw(3.0f);
  const auto longrope = open(folder, scaled("longrope")
                                         .tensor("rope_factors_short.weight", {2}, 0, raw(1.0f) + raw(1.0f))
                                         .tensor("rope_factors_long.weight", {2}, 0, two));
  EXPECT_EQ(longrope->config().rope.type, "longrope");
  EXPECT_THAT(longrope->config().rope.long_factor, ElementsAre(2.0, 3.0));
  // Divisors without a type hold at every length.
  const auto divided = open(folder, scaled("none").tensor("rope_freqs.weight", {2}, 0, two));
  EXPECT_THAT(divided->config().rope.short_factor, ElementsAre(2.0, 3.0));
  EXPECT_THAT(divided->config().rope.long_factor, ElementsAre(2.0, 3.0));
  EXPECT_EQ(divided->config().rope.attention_factor, 1.0);

  EXPECT_THAT(open_error(scaled("magic")), AllOf(HasSubstr("UnsupportedModel"), HasSubstr("\"magic\"")));
  EXPECT_THAT(open_error(scaled("longrope")), HasSubstr("\"rope_factors_short.weight\""));
  EXPECT_THAT(open_error(scaled("none").tensor("rope_freqs.weight", {3}, 0, two + raw(1.0f))),
              HasSubstr("must be 2 numbers"));
  EXPECT_THAT(open_error(scaled("none").tensor("rope_freqs.weight", {2}, 0, raw(0.0f) + raw(NAN))),
              HasSubstr("out of range"));
  EXPECT_THAT(open_error(scaled("yarn").tensor("rope_freqs.weight", {2}, 0, two)), HasSubstr("together with"));
}

TEST(GgufSource, RefusesImpossibleNumbersByKey) {
  const auto with = [](auto add) {
    GgufBytes file;
    file.text("general.architecture", "ernie4_5");
    add(file);
    file.zeros("token_embd.weight", {8, 5});
    return open_error(file);
  };
  EXPECT_THAT(open_error(GgufBytes().zeros("token_embd.weight", {8, 5})),
              HasSubstr("lacks the metadata key \"general.architecture\""));
  EXPECT_THAT(with([](GgufBytes&) {}), HasSubstr("lacks the metadata key \"ernie4_5.embedding_length\""));
  EXPECT_THAT(with([](GgufBytes& f) { f.number("ernie4_5.embedding_length", 0); }),
              HasSubstr("\"ernie4_5.embedding_length\" must be"));
  EXPECT_THAT(with([](GgufBytes& f) { f.number("ernie4_5.embedding_length", ~0u); }),
              HasSubstr("\"ernie4_5.embedding_length\" must be"));
  EXPECT_THAT(with([](GgufBytes& f) {
                f.number("ernie4_5.embedding_length", 8).array("ernie4_5.block_count", GgufBytes::U32, {raw(2u)});
              }),
              HasSubstr("\"ernie4_5.block_count\" must be a whole number"));
  const auto more = [](auto add) {
    GgufBytes file = metadata_of("ernie4_5");
    file.zeros("token_embd.weight", {8, 5});
    add(file);
    return open_error(file);
  };
  ASSERT_EQ(more([](GgufBytes&) {}), "");
  EXPECT_THAT(more([](GgufBytes& f) { f.number("ernie4_5.attention.key_length", 5); }), HasSubstr("even number"));
  EXPECT_THAT(more([](GgufBytes& f) { f.number("ernie4_5.attention.value_length", 8); }),
              HasSubstr("UnsupportedModel"));
  EXPECT_THAT(more([](GgufBytes& f) { f.number("ernie4_5.rope.dimension_count", 8); }),
              HasSubstr("rope.dimension_count"));
  EXPECT_THAT(more([](GgufBytes& f) { f.number("ernie4_5.rope.dimension_count", 2); }), HasSubstr("whole heads only"));
  EXPECT_THAT(more([](GgufBytes& f) { f.real("ernie4_5.rope.freq_base", 0.0f); }), HasSubstr("rope.freq_base"));
  EXPECT_THAT(more([](GgufBytes& f) { f.real("ernie4_5.rope.freq_base", INFINITY); }), HasSubstr("rope.freq_base"));
  EXPECT_THAT(more([](GgufBytes& f) { f.number("ernie4_5.nextn_predict_layers", 2); }),
              HasSubstr("nextn_predict_layers"));
  EXPECT_THAT(more([](GgufBytes& f) { f.number("tokenizer.ggml.eos_token_id", 5); }), HasSubstr("eos_token_id"));
  EXPECT_THAT(more([](GgufBytes& f) { f.number("ernie4_5.attention.sliding_window", 16); }),
              HasSubstr("sliding_window"));
  EXPECT_THAT(more([](GgufBytes& f) { f.text("tokenizer.chat_template", "\xff"); }),
              HasSubstr("tokenizer.chat_template"));
  EXPECT_THAT(more([](GgufBytes& f) { f.text("tokenizer.chat_template", std::string(2000000, 'x')); }),
              HasSubstr("2000000 bytes"));
  EXPECT_THAT(open_error(metadata_of("ernie4_5")), HasSubstr("\"token_embd.weight\" is missing"));
  EXPECT_THAT(open_error(metadata_of("ernie4_5").zeros("token_embd.weight", {40})), HasSubstr("no table of tokens"));
  EXPECT_THAT(open_error(metadata_of("llama").zeros("token_embd.weight", {8, 5})), HasSubstr("\"llama\""));
  EXPECT_THAT(open_error(metadata_of("ernie4_5-moe").zeros("token_embd.weight", {8, 5})), HasSubstr("expert_count"));
  GgufBytes moe = metadata_of("ernie4_5-moe").zeros("token_embd.weight", {8, 5});
  moe.number("ernie4_5-moe.expert_count", 2).number("ernie4_5-moe.expert_used_count", 3);
  EXPECT_THAT(open_error(moe), HasSubstr("\"ernie4_5-moe.expert_used_count\" must be a whole number from 1 to 2"));
}

// Whatever one byte of a model's file becomes, the answer is a model or a sentence. Metadata and tensors of every kind.
TEST(GgufSource, SurvivesEveryChangedByte) {
  GgufBytes file = metadata_of("ernie4_5-moe");
  file.number("ernie4_5-moe.expert_count", 2).number("ernie4_5-moe.expert_used_count", 1);
  file.number("ernie4_5-moe.expert_feed_forward_length", 6).real("ernie4_5-moe.rope.freq_base", 1e4f);
  file.text("ernie4_5-moe.rope.scaling.type", "longrope").number("tokenizer.ggml.eos_token_id", 1);
  file.text("tokenizer.ggml.model", "gpt2").text("tokenizer.ggml.pre", "glm4");
  file.array("tokenizer.ggml.tokens", GgufBytes::Text, {raw_text("a"), raw_text("b"), raw_text("ab")});
  file.array("tokenizer.ggml.token_type", GgufBytes::I32, {raw(1), raw(4), raw(1)});
  file.array("tokenizer.ggml.merges", GgufBytes::Text, {raw_text("a b")});
  file.tensor("rope_factors_short.weight", {2}, 0, raw(1.0f) + raw(2.0f));
  file.tensor("rope_factors_long.weight", {2}, 0, raw(1.0f) + raw(2.0f));
  file.zeros("token_embd.weight", {8, 5})
      .zeros("blk.0.attn_qkv.weight", {8, 16})
      .zeros("blk.0.ffn_gate_shexp.weight", {8, 6});
  const std::string sound = file.bytes();
  const ScratchFolder folder;
  ASSERT_EQ(error_of([&] { open(folder, file); }), "");
  const std::size_t end = sound.size() - 800;  // the data themselves are numbers, any of which will do
  for (std::size_t i = 0; i < end; ++i) {
    for (const char value : {'\x00', '\x01', '\xff'}) {
      std::string bytes = sound;
      bytes[i] = value;
      const auto path = folder.write("x.gguf", bytes);
      error_of([&] { ModelSource::open(path); });
    }
  }
}

// --- tokenizers
// ------------------------------------------------------------------------------------------------------

GgufBytes with_pieces(const std::string& model) {
  GgufBytes file = metadata_of("glm4");
  file.zeros("token_embd.weight", {8, 5}).text("tokenizer.ggml.model", model);
  file.array("tokenizer.ggml.tokens", GgufBytes::Text,
             {raw_text("a"), raw_text("b"), raw_text("ab"), raw_text("<|user|>"), raw_text("[PAD4]")});
  return file;
}
std::string types_of(const std::vector<std::int32_t>& types) {
  std::string bytes = raw<std::uint32_t>(GgufBytes::I32) + raw<std::uint64_t>(types.size());
  for (const std::int32_t type : types) bytes += raw(type);
  return bytes;
}

TEST(GgufTokenizer, ReadsMergesAndSpecialTokens) {
  GgufBytes file = with_pieces("gpt2");
  file.text("tokenizer.ggml.pre", "glm4").key("tokenizer.ggml.token_type", GgufBytes::Array, types_of({1, 1, 1, 3, 5}));
  file.array("tokenizer.ggml.merges", GgufBytes::Text, {raw_text("a b")}).number("tokenizer.ggml.padding_token_id", 3);
  const ScratchFolder folder;
  const auto source = open(folder, file);
  const engine::TokenizerData& data = source->tokenizer_data();
  EXPECT_TRUE(data.present);
  EXPECT_THAT(data.bpe.pieces, ElementsAre("a", "b", "ab", "<|user|>", ""));
  ASSERT_EQ(data.bpe.merges.size(), 1u);
  EXPECT_EQ(data.bpe.merges[0].result, 2);
  ASSERT_EQ(data.added_tokens.size(), 1u);
  EXPECT_EQ(data.added_tokens[0].id, 3);
  EXPECT_TRUE(data.added_tokens[0].special);
  EXPECT_EQ(data.named_tokens.at("pad_token"), "<|user|>");
  EXPECT_THAT(source->config().eos_token_ids, ElementsAre(3));  // a turn of the user ends the reply
}

TEST(GgufTokenizer, ReadsPiecesWithTheirScores) {
  GgufBytes file = with_pieces("llama");
  file.key("tokenizer.ggml.token_type", GgufBytes::Array, types_of({1, 1, 1, 3, 5}));
  file.array("tokenizer.ggml.scores", GgufBytes::F32, std::vector<std::string>(5, raw(-1.0f)));
  file.key("tokenizer.ggml.add_space_prefix", GgufBytes::Bool, std::string(1, '\0'));
  const ScratchFolder folder;
  const auto data = ModelSource::open_tokenizer(folder.write("x.gguf", file.bytes()));
  EXPECT_EQ(data.piece_list.pieces.size(), 5u);
  EXPECT_EQ(data.piece_list.scores[4], -1.0f);
  EXPECT_EQ(data.piece_list.types[3], 3);
  EXPECT_FALSE(data.piece_list.add_space_prefix);
  EXPECT_THAT(error_of([&] { ModelSource::open_tokenizer(folder.write("y.gguf", metadata_of("glm4").bytes())); }),
              HasSubstr("has no tokenizer"));
}

TEST(GgufTokenizer, RefusesListsThatDoNotBelongTogether) {
  const auto types = [](GgufBytes file, const std::vector<std::int32_t>& values) {
    return file.key("tokenizer.ggml.token_type", GgufBytes::Array, types_of(values));
  };
  EXPECT_THAT(open_error(types(with_pieces("llama"), {1, 1, 1, 3})),
              HasSubstr("\"tokenizer.ggml.token_type\" must be an array of 5"));
  EXPECT_THAT(open_error(types(with_pieces("llama"), {1, 1, 1, 3, 1})),
              HasSubstr("lacks the metadata key \"tokenizer.ggml.scores\""));
  EXPECT_THAT(
      open_error(types(with_pieces("llama"), {1, 1, 1, 3, 1})
                     .array("tokenizer.ggml.scores", GgufBytes::I32, std::vector<std::string>(5, raw(0)))),
      HasSubstr(
          "\"tokenizer.ggml.scores\" must be an array of 5 f32 numbers, found an array of 5 elements of type i32"));
  EXPECT_THAT(open_error(with_pieces("llama").array("tokenizer.ggml.token_type", GgufBytes::U8,
                                                    std::vector<std::string>(5, "\x01"))),
              HasSubstr("i32 numbers"));
  EXPECT_THAT(open_error(types(with_pieces("gpt2"), {1, 1, 1, 3, 5}).text("tokenizer.ggml.pre", "llama-bpe")),
              AllOf(HasSubstr("UnsupportedModel"), HasSubstr("\"tokenizer.ggml.pre\" is \"llama-bpe\"")));
  EXPECT_THAT(open_error(types(with_pieces("gpt2"), {1, 1, 1, 3, 5})
                             .text("tokenizer.ggml.pre", "glm4")
                             .array("tokenizer.ggml.merges", GgufBytes::Text, {raw_text("a q")})),
              AllOf(HasSubstr("CorruptFile"), HasSubstr("\"tokenizer.ggml.merges\""), HasSubstr("\"q\"")));
  EXPECT_THAT(open_error(types(with_pieces("llama"), {1, 1, 1, 3, 1}).number("tokenizer.ggml.bos_token_id", 5)),
              HasSubstr("\"tokenizer.ggml.bos_token_id\""));
  EXPECT_THAT(open_error(with_pieces("bert")), AllOf(HasSubstr("UnsupportedModel"), HasSubstr("\"bert\"")));
}

// --- parts and folders
// ------------------------------------------------------------------------------------------------

// Part `number` (from 0) of three of a model with one tensor in each.
GgufBytes part(std::uint16_t number, std::uint16_t count = 3, std::int32_t tensors = 3) {
  GgufBytes file = number == 0 ? metadata_of("ernie4_5") : GgufBytes();
  file.key("split.no", GgufBytes::U16, raw(number)).key("split.count", GgufBytes::U16, raw(count));
  file.key("split.tensors.count", GgufBytes::I32, raw(tensors));
  if (number == 0) return file.zeros("token_embd.weight", {8, 5});
  return file.zeros("blk." + std::to_string(number - 1) + ".ffn_norm.weight", {8});
}
fs::path write_parts(const ScratchFolder& folder, std::uint16_t left_out = 9) {
  for (std::uint16_t i = 0; i < 3; ++i) {
    if (i != left_out) folder.write("m/big-0000" + std::to_string(i + 1) + "-of-00003.gguf", part(i).bytes());
  }
  return folder.path() / "m";
}

TEST(GgufParts, AnyPartAndTheFolderOpenTheWholeModel) {
  const ScratchFolder folder;
  const fs::path model = write_parts(folder);
  for (const fs::path& path : {model / "big-00001-of-00003.gguf", model / "big-00003-of-00003.gguf", model}) {
    const auto source = ModelSource::open(path);
    EXPECT_EQ(source->tensors().size(), 3u);
    EXPECT_EQ(source->config().hidden_size, 8);
    EXPECT_EQ(source->path().filename(), "big-00001-of-00003.gguf");
  }
}

TEST(GgufParts, SayWhichPartIsMissing) {
  const ScratchFolder folder;
  const fs::path model = write_parts(folder, 1);
  EXPECT_THAT(error_of([&] { ModelSource::open(model / "big-00001-of-00003.gguf"); }),
              AllOf(HasSubstr("FileNotFound: Part 2 of 3"), HasSubstr("big-00002-of-00003.gguf")));
}

TEST(GgufParts, MustBelongTogether) {
  const auto with = [](const GgufBytes& second) {
    const ScratchFolder folder;
    const fs::path model = write_parts(folder);
    folder.write("m/big-00002-of-00003.gguf", second.bytes());
    return error_of([&] { ModelSource::open(model / "big-00001-of-00003.gguf"); });
  };
  ASSERT_EQ(with(part(1)), "");
  EXPECT_THAT(with(part(2)), HasSubstr("m/big-00002-of-00003.gguf does not say that it is part 2 of 3"));
  EXPECT_THAT(with(part(1, 4)), HasSubstr("does not say that it is part 2 of 3"));
  EXPECT_THAT(with(GgufBytes()), HasSubstr("does not say that it is part 2 of 3"));
  EXPECT_THAT(with(part(1).zeros("token_embd.weight", {8, 5})),
              HasSubstr("tensor \"token_embd.weight\" stands in another part too"));
  EXPECT_THAT(with(part(1).zeros("more", {8})), HasSubstr("\"split.tensors.count\" says 3 tensors, the parts have 4"));
}

TEST(GgufParts, MustKeepTheirNames) {
  const ScratchFolder folder;
  for (const char* name : {"renamed.gguf", "big-00002-of-00003.gguf", "big-00001-of-00004.gguf", "big-1-of-3.gguf"}) {
    const auto file = folder.write(name, part(0).bytes());
    EXPECT_THAT(error_of([&] { ModelSource::open(file); }),
                AllOf(HasSubstr("CorruptFile"), HasSubstr("is part 1 of 3"), HasSubstr("-00001-of-00003.gguf")))
        << name;
  }
  const auto odd = folder.write("odd.gguf", part(3).bytes());
  EXPECT_THAT(error_of([&] { ModelSource::open(odd); }), HasSubstr("\"split.no\" must be a whole number from 0 to 2"));
}

TEST(GgufFolder, MustHoldOneModelOnly) {
  const ScratchFolder folder;
  const std::string model = metadata_of("ernie4_5").zeros("token_embd.weight", {8, 5}).bytes();
  folder.write("m/one.gguf", model);
  EXPECT_EQ(ModelSource::open(folder.path() / "m")->path().filename(), "one.gguf");
  folder.write("m/two.gguf", model);
  EXPECT_THAT(error_of([&] { ModelSource::open(folder.path() / "m"); }), HasSubstr("has several GGUF models"));
  EXPECT_EQ(ModelSource::open(folder.path() / "m/two.gguf")->config().hidden_size, 8);
  // A file is known by what it is, too.
  EXPECT_EQ(ModelSource::open(folder.write("blob", model))->config().hidden_size, 8);
  EXPECT_THAT(error_of([&] { ModelSource::open(folder.write("not.gguf", "nonsense")); }),
              HasSubstr("not.gguf is not a GGUF file"));
}

// --- malformed corpus
// -------------------------------------------------------------------------------------------------

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
