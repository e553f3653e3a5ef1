// Models in GGUF files: configuration, tensors and tokenizers under the names that the models use.
#include "engine/formats/gguf_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/backends/backend.h"
#include "engine/layers/weights.h"
#include "tests/engine/gguf_metadata.h"
#include "tests/support/error_of.h"
#include "tests/support/fixtures.h"

namespace {

using engine::DType;
using engine::ModelSource;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using tests::error_of;
using tests::GgufBytes;
using tests::metadata_of;
using tests::raw;
using tests::raw_text;
using tests::ScratchFolder;

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

}  // namespace
