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
            "ernie4_5.");
  EXPECT_THAT(with("architectures", {"Ernie4_5ForSequenceClassification"}),
              HasSubstr("UnsupportedModel: config.json: architectures.0"));
  EXPECT_THAT(with("hidden_act", "gelu"), HasSubstr("UnsupportedModel: config.json: hidden_act is \"gelu\""));
  EXPECT_THAT(with("use_rmsnorm", false), HasSubstr("UnsupportedModel: config.json: use_rmsnorm"));
  EXPECT_THAT(with("compression_ratio", 2.0), HasSubstr("UnsupportedModel: config.json: compression_ratio is 2.0"));
  EXPECT_THAT(with("quantization_config", {{"quant_method", "fp8"}}), HasSubstr("\"fp8\""));
  EXPECT_THAT(with("partial_rotary_factor", 0.5),
              HasSubstr("UnsupportedModel: config.json sets partial_rotary_factor"));
  for (const char* type : {"linear", "dynamic", "yarn", "longrope", "llama3", "strange"}) {
    EXPECT_THAT(with("rope_scaling", {{"rope_type", type}, {"factor", 2.0}}),
                AllOf(HasSubstr("UnsupportedModel: config.json: rope_scaling.rope_type"), HasSubstr(type)));
    EXPECT_THAT(with("rope_scaling", {{"type", type}, {"factor", 2.0}}), HasSubstr("rope_scaling.type"));
  }
  EXPECT_EQ(with("use_rmsnorm", true) + with("compression_ratio", 1.0) +
                with("architectures", {"Ernie4_5_ForCausalLM"}) + with("auto_map", {{"AutoModel", "x.Y"}}),
            "");
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
