// config.json of the models that are run: every spelling in the wild is read, everything else is refused by name.
#include "engine/formats/hf_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/error_of.h"
#include "tests/support/fixtures.h"

namespace {

using engine::ModelSource;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using tests::error_of;
using tests::fixture;

nlohmann::json base_config() {
  return nlohmann::json::parse(tests::read_bytes(fixture("models/ernie4_5-untied/config.json")));
}

engine::ModelConfig read_config(const nlohmann::json& json) {
  return engine::read_hf_config(engine::Json::parse(json.dump(), "config.json"));
}

std::string config_error(const nlohmann::json& json) {
  return error_of([&] { read_config(json); });
}

TEST(HfConfig, ReadsEverySpellingOfTheFixtures) {
  struct Expected {
    const char* name;
    std::int64_t layers, kv_heads, head_dim, vocab;
    double eps;
    bool tied, bias;
  };
  // The values that the fixtures' own description gives.
  for (const Expected& e :
       {Expected{"tied", 3, 2, 16, 320, 1e-5, true, false}, Expected{"untied", 2, 1, 32, 320, 0.03, false, false},
        Expected{"bias", 2, 4, 16, 320, 1e-5, true, true}, Expected{"bf16", 2, 2, 16, 320, 1e-5, true, false},
        Expected{"chat", 2, 2, 16, 1200, 1e-5, true, false}}) {
    const auto source = ModelSource::open(fixture(std::string("models/ernie4_5-") + e.name));
    const auto& config = source->config();
    EXPECT_EQ(config.architecture, "ernie4_5") << e.name;
    EXPECT_EQ(config.hidden_size, 64) << e.name;
    EXPECT_EQ(config.intermediate_size, 96) << e.name;
    EXPECT_EQ(config.num_heads, 4) << e.name;
    EXPECT_EQ(config.context_length, 512) << e.name;
    EXPECT_EQ(config.num_layers, e.layers) << e.name;
    EXPECT_EQ(config.num_kv_heads, e.kv_heads) << e.name;
    EXPECT_EQ(config.head_dim, e.head_dim) << e.name;
    EXPECT_EQ(config.vocab_size, e.vocab) << e.name;
    EXPECT_EQ(config.rms_norm_eps, e.eps) << e.name;
    EXPECT_EQ(config.tie_word_embeddings, e.tied) << e.name;
    EXPECT_EQ(config.use_bias, e.bias) << e.name;
    EXPECT_EQ(config.rope.type, "default") << e.name;
    EXPECT_EQ(config.rope.theta, 500000.0) << e.name;
    EXPECT_THAT(config.eos_token_ids, ElementsAre(2)) << e.name;
  }
}

TEST(HfConfig, TakesTheFamilysDefaultsForKeysLeftOut) {
  auto json = base_config();
  for (const char* key :
       {"head_dim", "num_key_value_heads", "rope_theta", "tie_word_embeddings", "eos_token_id", "rms_norm_eps"})
    json.erase(key);
  json["use_bias"] = nullptr;
  const auto config = read_config(json);
  EXPECT_EQ(config.head_dim, 16);
  EXPECT_EQ(config.num_kv_heads, 4);
  EXPECT_EQ(config.rope.theta, 500000.0);
  EXPECT_TRUE(config.tie_word_embeddings);
  EXPECT_EQ(config.rms_norm_eps, 1e-5);
  EXPECT_FALSE(config.use_bias);
  EXPECT_TRUE(config.eos_token_ids.empty());
}

TEST(HfConfig, NullHeadDimMeansHiddenByHeads) {
  auto json = base_config();
  json["head_dim"] = nullptr;
  EXPECT_EQ(read_config(json).head_dim, 16);
}

TEST(HfConfig, RopeBaseComesFromTheRopeDictionaryFirst) {
  auto json = base_config();
  json["rope_theta"] = 1000;
  EXPECT_EQ(read_config(json).rope.theta, 1000.0);
  json["rope_parameters"] = {{"rope_theta", 2000.0}, {"rope_type", "default"}};
  EXPECT_EQ(read_config(json).rope.theta, 2000.0);
  json["rope_scaling"] = {{"rope_theta", 3000.0}, {"type", "default"}};
  EXPECT_EQ(read_config(json).rope.theta, 3000.0);
}

TEST(HfConfig, SeveralEndOfSequenceIdsAreSortedAndUnique) {
  auto json = base_config();
  json["eos_token_id"] = {9, 2, 9};
  EXPECT_THAT(read_config(json).eos_token_ids, ElementsAre(2, 9));
  json["eos_token_id"] = 320;
  EXPECT_THAT(config_error(json),
              HasSubstr("CorruptFile: config.json: eos_token_id must be a whole number from 0 to 319"));
}

TEST(HfConfig, RefusesByNameWhatItDoesNotRun) {
  const auto with = [](const char* key, nlohmann::json value) {
    auto json = base_config();
    json[key] = std::move(value);
    return config_error(json);
  };
  EXPECT_EQ(with("model_type", "glm9"),
            "UnsupportedModel: config.json: model_type is \"glm9\"; this version of Sotto runs these architectures: "
            "ernie4_5, ernie4_5_moe, glm4.");
  EXPECT_THAT(with("architectures", {"Ernie4_5ForSequenceClassification"}),
              HasSubstr("UnsupportedModel: config.json: architectures.0"));
  EXPECT_THAT(with("hidden_act", "gelu"), HasSubstr("UnsupportedModel: config.json: hidden_act is \"gelu\""));
  EXPECT_THAT(with("use_rmsnorm", false), HasSubstr("UnsupportedModel: config.json: use_rmsnorm"));
  EXPECT_THAT(with("compression_ratio", 2.0), HasSubstr("UnsupportedModel: config.json: compression_ratio is 2.0"));
  EXPECT_THAT(with("partial_rotary_factor", 0.5),
              HasSubstr("UnsupportedModel: config.json sets partial_rotary_factor"));
  EXPECT_THAT(with("rope_scaling", {{"rope_type", "strange"}, {"factor", 2.0}}),
              AllOf(HasSubstr("UnsupportedModel: config.json: rope_scaling.rope_type is \"strange\""), HasSubstr("\"yarn\"")));
  EXPECT_THAT(with("rope_scaling", {{"type", "su"}, {"factor", 2.0}}), HasSubstr("rope_scaling.type is \"su\""));
  EXPECT_THAT(with("moe_gate_act", "sigmoid"), HasSubstr("UnsupportedModel: config.json: moe_gate_act is \"sigmoid\""));
  EXPECT_EQ(with("use_rmsnorm", true) + with("compression_ratio", 1.0) +
                with("architectures", {"Ernie4_5_ForCausalLM"}) + with("auto_map", {{"AutoModel", "x.Y"}}),
            "");
}

TEST(HfConfig, ReadsEveryRopeScaling) {
  const auto with = [](nlohmann::json scaling) {
    auto json = base_config();
    json["max_position_embeddings"] = 256;
    json["rope_scaling"] = std::move(scaling);
    return read_config(json).rope;
  };
  EXPECT_EQ(with({{"type", "linear"}, {"factor", 4.0}}).factor, 4.0);
  const auto dynamic = with({{"rope_type", "dynamic"}, {"factor", 3.0}});
  EXPECT_EQ(dynamic.context_length, 256);
  const auto yarn = with({{"rope_type", "yarn"}, {"factor", nullptr}, {"original_max_position_embeddings", 64},
                          {"beta_fast", 8}, {"truncate", false}, {"mscale", 1.0}, {"mscale_all_dim", 0.5}});
  EXPECT_EQ(yarn.factor, 4.0);  // 256 / 64
  EXPECT_EQ(yarn.original_context_length, 64);
  EXPECT_EQ(yarn.beta_fast, 8.0);
  EXPECT_EQ(yarn.beta_slow, 1.0);
  EXPECT_FALSE(yarn.truncate);
  EXPECT_EQ(yarn.mscale, 1.0);
  EXPECT_EQ(yarn.mscale_all_dim, 0.5);
  const std::vector<double> factors(16, 2.0);  // head_dim 32
  const auto longrope = with({{"rope_type", "longrope"}, {"short_factor", factors}, {"long_factor", factors},
                              {"original_max_position_embeddings", 64}});
  EXPECT_EQ(longrope.long_factor, factors);
  EXPECT_EQ(longrope.factor, 4.0);
  const auto llama3 = with({{"rope_type", "llama3"}, {"factor", 8.0}, {"low_freq_factor", 1.0}, {"high_freq_factor", 4.0},
                            {"original_max_position_embeddings", 64}});
  EXPECT_EQ(llama3.high_freq_factor, 4.0);
}

TEST(HfConfig, RefusesBrokenRopeScalingAndNamesTheKey) {
  const auto with = [](nlohmann::json scaling) {
    auto json = base_config();
    json["rope_scaling"] = std::move(scaling);
    return config_error(json);
  };
  EXPECT_THAT(with({{"type", "linear"}}), HasSubstr("rope_scaling lacks \"factor\""));
  EXPECT_THAT(with({{"type", "dynamic"}, {"factor", -1}}), HasSubstr("rope_scaling.factor must be a number from"));
  EXPECT_THAT(with({{"type", "llama3"}, {"factor", 2}, {"low_freq_factor", 4}, {"high_freq_factor", 4}}),
              HasSubstr("high_freq_factor must be larger than low_freq_factor"));
  EXPECT_THAT(with({{"type", "longrope"}, {"short_factor", {1, 2}}, {"long_factor", {1, 2}}}),
              HasSubstr("short_factor must have 16 numbers"));
  EXPECT_THAT(with({{"type", "longrope"}, {"long_factor", {1, 2}}}), HasSubstr("rope_scaling lacks \"short_factor\""));
  EXPECT_THAT(with({{"type", "yarn"}, {"factor", 2}, {"rope_theta", 1}}), HasSubstr("needs a rope_theta above 1"));
  EXPECT_THAT(with({{"type", 7}}), HasSubstr("rope_scaling.type"));
}

nlohmann::json config_of(const char* model) {
  return nlohmann::json::parse(tests::read_bytes(fixture(std::string("models/") + model + "/config.json")));
}

TEST(HfConfig, ReadsExpertsInEverySpelling) {
  auto json = config_of("ernie4_5_moe-range");
  auto moe = read_config(json).moe;
  EXPECT_EQ(moe.num_experts, 12);
  EXPECT_EQ(moe.experts_per_token, 4);
  EXPECT_EQ(moe.intermediate_size, 16);
  EXPECT_EQ(moe.shared_intermediate_size, 32);
  for (std::int64_t layer = 0; layer < 4; ++layer) EXPECT_EQ(moe.has_experts(layer), layer == 1 || layer == 2) << layer;

  // Lists [text, vision] of files derived from the vision models, other names, and what is left out.
  json["moe_num_experts"] = {12, 6};
  json["moe_intermediate_size"] = {16, 8};
  json["moe_layer_start_index"] = {1, 2};
  json["moe_layer_end_index"] = {2, 3};
  json["num_experts_per_tok"] = 4;
  json.erase("moe_k");
  moe = read_config(json).moe;
  EXPECT_EQ(moe.num_experts, 12);
  EXPECT_EQ(moe.experts_per_token, 4);
  EXPECT_EQ(moe.intermediate_size, 16);
  EXPECT_EQ(moe.layer_start, 1);
  EXPECT_EQ(moe.layer_end, 3);
  json["moe_layer_end_index"] = -1;
  EXPECT_EQ(read_config(json).moe.layer_end, 3);

  json["moe_layer_interval"] = 2;
  json["moe_layer_start_index"] = 0;
  moe = read_config(json).moe;
  for (std::int64_t layer = 0; layer < 4; ++layer) EXPECT_EQ(moe.has_experts(layer), layer % 2 == 1) << layer;

  json["moe_k"] = 13;
  EXPECT_THAT(config_error(json), HasSubstr("moe_k (13) must be at most moe_num_experts (12)"));
  json["moe_num_experts"] = nlohmann::json::array();
  EXPECT_THAT(config_error(json), HasSubstr("moe_num_experts must be at least one number"));
}

TEST(HfConfig, ReadsGlm4AndItsClassifiers) {
  auto json = config_of("glm4-base");
  auto config = read_config(json);
  EXPECT_EQ(config.architecture, "glm4");
  EXPECT_TRUE(config.attention_bias);
  EXPECT_FALSE(config.use_bias);
  EXPECT_EQ(config.rope.rotated_dims(config.head_dim), 16);
  EXPECT_EQ(config.output_size(), 320);
  json.erase("rope_parameters");  // the family's own: half of each head, base 10000
  config = read_config(json);
  EXPECT_EQ(config.rope.partial_rotary_factor, 0.5);
  EXPECT_EQ(config.rope.theta, 10000.0);
  json["partial_rotary_factor"] = 0.03;
  EXPECT_THAT(config_error(json), HasSubstr("head_dim times partial_rotary_factor must be an even number"));

  auto classifier = config_of("glm4-sequence-classification");
  config = read_config(classifier);
  EXPECT_EQ(config.task, engine::ModelTask::SequenceClassification);
  EXPECT_EQ(config.output_size(), 5);
  EXPECT_EQ(config.labels.back(), "LABEL_4");
  EXPECT_EQ(config.pad_token_id, 3);
  classifier["id2label"] = {{"0", "good"}, {"2", "bad"}};
  EXPECT_THAT(config_error(classifier), HasSubstr("id2label.2"));
  classifier.erase("id2label");
  EXPECT_EQ(read_config(classifier).output_size(), 2);
}

TEST(HfConfig, RefusesImpossibleNumbersAndNamesTheKey) {
  const auto with = [](const char* key, nlohmann::json value) {
    auto json = base_config();
    json[key] = std::move(value);
    return config_error(json);
  };
  for (const char* key : {"hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
                          "intermediate_size", "vocab_size", "max_position_embeddings", "head_dim"}) {
    for (const nlohmann::json& value :
         {nlohmann::json(0), nlohmann::json(-1), nlohmann::json(1e18), nlohmann::json("8"), nlohmann::json(4.5)}) {
      EXPECT_THAT(with(key, value), HasSubstr(std::string("CorruptFile: config.json: ") + key)) << value;
    }
  }
  EXPECT_THAT(with("head_dim", 15), HasSubstr("head_dim must be even"));
  EXPECT_THAT(with("num_key_value_heads", 3),
              HasSubstr("num_attention_heads (4) must be a multiple of num_key_value_heads (3)"));
  EXPECT_THAT(with("rms_norm_eps", 0), HasSubstr("rms_norm_eps must be a number from"));
  EXPECT_THAT(with("rope_theta", -5), HasSubstr("rope_theta must be a number from"));
}

}  // namespace
