// Hugging Face folders with FP8 and GPTQ weights: what is read from their tensors and config.json, and what is refused.
#include "engine/formats/quantized_hf.h"

#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "engine/tensor/tensor.h"
#include "tests/support/error_of.h"

namespace {

using engine::DType;
using engine::HfQuantization;
using engine::Scaling;
using engine::TensorView;
using testing::AllOf;
using testing::HasSubstr;
using tests::error_of;
using Tensors = std::map<std::string, TensorView>;

// --- tensors
// ------------------------------------------------------------------------------------------------------

/// Tensors of one layer, all bytes zero unless given.
class Layer {
 public:
  Layer() = default;
  Layer(Layer&&) = default;  // a copy would have views of the bytes of another
  Layer& add(const std::string& name, DType type, engine::Shape shape, const std::string& content = "") {
    std::size_t count = 1;
    for (const std::int64_t dim : shape) count *= static_cast<std::size_t>(dim);
    bytes_.push_back(content.empty() ? std::string(count * size_of(type), '\0') : content);
    tensors[name] = {name, type, std::move(shape), std::as_bytes(std::span(bytes_.back())), nullptr};
    return *this;
  }
  Layer& drop(const std::string& name) {
    tensors.erase(name);
    return *this;
  }
  std::string error(const HfQuantization& quantization) {
    std::deque<Scaling> scalings;
    return error_of([&] { engine::join_quantized_tensors(quantization, "dir", tensors, scalings); });
  }
  Tensors tensors;

 private:
  std::deque<std::string> bytes_;
};

constexpr HfQuantization kFp8{HfQuantization::Method::Fp8, 128, 128, 0, 0};
constexpr HfQuantization kGptq{HfQuantization::Method::Gptq, 0, 0, 8, 1};

Layer fp8() {
  Layer layer;
  layer.add("p.weight", DType::F8_E4M3, {130, 200}).add("p.weight_scale_inv", DType::F32, {2, 2});
  return layer;
}

std::string indices(std::initializer_list<std::int32_t> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(std::int32_t)};
}

Layer gptq() {
  Layer layer;
  layer.add("p.qweight", DType::I32, {2, 24}).add("p.qzeros", DType::I32, {2, 3}).add("p.scales", DType::F16, {2, 24});
  layer.add("p.g_idx", DType::I32, {16}, indices({1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0}));
  return layer;
}

TEST(JoinFp8, RefusesWhateverDoesNotFitTogether) {
  ASSERT_EQ(fp8().error(kFp8), "");
  EXPECT_THAT(fp8().drop("p.weight_scale_inv").error(kFp8),
              AllOf(HasSubstr("CorruptFile: dir: the tensor \"p.weight\" is of type F8_E4M3 without its scales"),
                    HasSubstr("\"p.weight_scale_inv\"")));
  EXPECT_THAT(fp8().drop("p.weight").error(kFp8),
              HasSubstr("\"p.weight_scale_inv\" is there without the weight \"p.weight\""));
  EXPECT_THAT(fp8().add("p.weight_scale_inv", DType::I32, {2, 2}).error(kFp8),
              HasSubstr("is of type I32, but scales must be F32, F16 or BF16"));
  EXPECT_THAT(fp8().add("p.weight_scale_inv", DType::F64, {2, 2}).error(kFp8), HasSubstr("is of type F64, but scales"));
  for (const engine::Shape& shape :
       {engine::Shape{2, 1}, {1, 2}, {2, 3}, {4}, {131}, {131, 1}, {130, 2}, {2, 2, 1}, {0}, {0, 2}, {200}}) {
    EXPECT_THAT(fp8().add("p.weight_scale_inv", DType::F32, shape).error(kFp8),
                HasSubstr("\"p.weight_scale_inv\" has shape " + engine::to_string(shape) +
                          ", but \"p.weight\" [130, 200] in blocks of [128, 128] asks for [2, 2]"));
  }
  for (const engine::Shape& shape : {engine::Shape{}, {1}, {1, 1}, {1, 1, 1}, {130}, {130, 1}}) {
    EXPECT_EQ(fp8().add("p.weight_scale_inv", DType::F32, shape).error(kFp8), "") << engine::to_string(shape);
  }
  EXPECT_THAT(fp8().add("p.weight_scale", DType::F32, {1}).error(kFp8),
              HasSubstr("\"p.weight\" has two tensors of scales"));
  EXPECT_THAT(fp8().add("p.weight", DType::BF16, {130, 200}).error(kFp8),
              HasSubstr("\"p.weight\" is of type BF16, but \"p.weight_scale_inv\" scales"));
  EXPECT_THAT(fp8().add("p.weight", DType::F8_E5M2, {26000}).error(kFp8),
              HasSubstr("has shape [26000], but only matrices"));
  EXPECT_THAT(fp8().add("p.weight", DType::F8_E5M2, {1, 1, 130, 200}).error(kFp8), HasSubstr("only matrices"));
  for (const engine::Shape& shape : {engine::Shape{0, 200}, {130, 0}, {0, 130, 200}}) {
    EXPECT_THAT(fp8().add("p.weight", DType::F8_E4M3, shape).error(kFp8), HasSubstr("which holds nothing"));
  }
  EXPECT_THAT(fp8().error({}), HasSubstr("and config.json gives no size of blocks"));
  EXPECT_EQ(fp8().add("p.weight_scale_inv", DType::BF16, {130, 1}).error({}), "");
  // A zero dimension may hide one beyond any file.
  Layer huge;
  huge.add("p.weight_scale_inv", DType::F32, {1});
  huge.tensors["p.weight"] = {"p.weight", DType::F8_E4M3, {0, std::numeric_limits<std::int64_t>::max()}, {}, nullptr};
  EXPECT_THAT(huge.error(kFp8), HasSubstr("which holds nothing"));
}

TEST(JoinFp8, DropsScalesOfWhatIsNotQuantisedHere) {
  Layer layer = fp8();
  for (const char* name :
       {"p.input_scale", "p.activation_scale", "p.output_scale", "attn.q_scale", "attn.k_scale", "attn.v_scale"}) {
    layer.add(name, DType::F32, {1});
  }
  EXPECT_EQ(layer.error(kFp8), "");
  EXPECT_EQ(layer.tensors.size(), 1u);
}

TEST(JoinGptq, RefusesWhateverDoesNotFitTogether) {
  ASSERT_EQ(gptq().error(kGptq), "");
  for (const char* part : {"p.qzeros", "p.scales"}) {
    EXPECT_THAT(
        gptq().drop(part).error(kGptq),
        AllOf(HasSubstr("CorruptFile: dir: the tensor \"" + std::string(part) + "\""), HasSubstr("is missing")));
  }
  EXPECT_EQ(gptq().drop("p.g_idx").error(kGptq), "");
  for (const char* part : {"p.qzeros", "p.scales", "p.g_idx"}) {
    Layer alone = gptq();
    for (const char* other : {"p.qweight", "p.qzeros", "p.scales", "p.g_idx"}) {
      if (std::string(other) != part) alone.drop(other);
    }
    EXPECT_THAT(alone.error(kGptq),
                HasSubstr("\"" + std::string(part) + "\" is there without the weight \"p.qweight\""));
  }
  EXPECT_THAT(gptq().add("p.weight", DType::BF16, {24, 16}).error(kGptq),
              HasSubstr("\"p.weight\" is there beside \"p.qweight\""));
  EXPECT_THAT(gptq().add("p.qweight", DType::U8, {2, 24}).error(kGptq), HasSubstr("is of type U8, but must be I32"));
  EXPECT_THAT(gptq().add("p.qzeros", DType::I64, {2, 3}).error(kGptq), HasSubstr("is of type I64, but must be I32"));
  EXPECT_THAT(gptq().add("p.g_idx", DType::I64, {16}).error(kGptq), HasSubstr("is of type I64, but must be I32"));
  EXPECT_THAT(gptq().add("p.scales", DType::I32, {2, 24}).error(kGptq),
              HasSubstr("but scales must be F32, F16 or BF16"));
  EXPECT_THAT(gptq().add("p.qweight", DType::I32, {48}).error(kGptq),
              HasSubstr("has shape [48], but must be a matrix"));
  EXPECT_THAT(gptq().add("p.qweight", DType::I32, {0, 24}).error(kGptq), HasSubstr("which holds nothing"));
  EXPECT_THAT(gptq().add("p.qweight", DType::I32, {3, 24}).error(kGptq),
              HasSubstr("\"p.g_idx\" has shape [16], but \"p.qweight\" [3, 24] asks for [24]"));
  EXPECT_THAT(gptq().add("p.qweight", DType::I32, {2, 32}).error(kGptq),
              HasSubstr("\"p.scales\" has shape [2, 24], but \"p.qweight\" [2, 32] asks for [2, 32]"));
  EXPECT_THAT(gptq().add("p.qzeros", DType::I32, {2, 4}).error(kGptq), HasSubstr("in 2 groups asks for [2, 3]"));
  EXPECT_THAT(gptq().add("p.qzeros", DType::I32, {1, 3}).error(kGptq), HasSubstr("in 2 groups asks for [2, 3]"));
  EXPECT_THAT(gptq().add("p.scales", DType::F16, {48}).error(kGptq), HasSubstr("but must be a matrix"));
  EXPECT_THAT(gptq().add("p.scales", DType::F16, {0, 24}).error(kGptq), HasSubstr("which holds nothing"));
  EXPECT_THAT(gptq().add("p.g_idx", DType::I32, {15}).error(kGptq), HasSubstr("\"p.g_idx\" has shape [15]"));
  EXPECT_THAT(gptq().add("p.g_idx", DType::I32, {0}).error(kGptq), HasSubstr("\"p.g_idx\" has shape [0]"));
  for (const std::int32_t group :
       {2, -1, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()}) {
    EXPECT_THAT(
        gptq()
            .add("p.g_idx", DType::I32, {16}, indices({0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, group}))
            .error(kGptq),
        HasSubstr("\"p.g_idx\" puts column 15 into group " + std::to_string(group) + ", but the groups are 0 to 1"));
  }
  Layer many;
  many.add("p.qweight", DType::I32, {1, 8}).add("p.qzeros", DType::I32, {65537, 1});
  many.add("p.scales", DType::F16, {65537, 8}).add("p.g_idx", DType::I32, {8});
  EXPECT_THAT(many.error(kGptq), HasSubstr("\"p.qweight\" has 65537 groups, more than the 65536"));
  // Without indices the size of the groups decides.
  EXPECT_THAT(gptq().drop("p.g_idx").error({HfQuantization::Method::Gptq, 0, 0, 4, 1}),
              HasSubstr("\"p.scales\" has shape [2, 24], but \"p.qweight\" [2, 24] in groups of 4 asks for [4, 24]"));
  EXPECT_THAT(gptq().drop("p.g_idx").error({HfQuantization::Method::Gptq, 0, 0, 0, 1}), HasSubstr("asks for [1, 24]"));
  EXPECT_EQ(gptq().drop("p.g_idx").error({HfQuantization::Method::Gptq, 0, 0, 15, 1}), "");  // the last group is short
}

TEST(JoinGptq, KeepsNoIndexThatSaysWhatTheSizeOfTheGroupsSays) {
  std::deque<Scaling> scalings;
  Layer plain = gptq();
  plain.add("p.g_idx", DType::I32, {16}, indices({0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1}));
  engine::join_quantized_tensors(kGptq, "dir", plain.tensors, scalings);
  EXPECT_EQ(plain.tensors.at("p.weight").scaling->group_index, nullptr);
  Layer permuted = gptq();
  engine::join_quantized_tensors(kGptq, "dir", permuted.tensors, scalings);
  EXPECT_NE(permuted.tensors.at("p.weight").scaling->group_index, nullptr);
}

TEST(JoinQuantized, NamesMethodsWhoseTensorsItMeets) {
  const auto with = [](const std::string& name, DType type) {
    Layer layer;
    return layer.add(name, type, {8, 8}).error({});
  };
  EXPECT_THAT(with("p.qweight", DType::I32), AllOf(HasSubstr("UnsupportedModel: dir: the tensor \"p.qweight\""),
                                                   HasSubstr("GPTQ or AWQ"), HasSubstr("bf16")));
  EXPECT_THAT(with("p.weight_packed", DType::I32), HasSubstr("compressed-tensors"));
  EXPECT_THAT(with("p.weight.absmax", DType::U8), HasSubstr("bitsandbytes"));
  EXPECT_THAT(with("p.weight.quant_state.bitsandbytes__nf4", DType::U8), HasSubstr("bitsandbytes"));
  EXPECT_THAT(with("p.SCB", DType::F32), HasSubstr("bitsandbytes"));
  EXPECT_THAT(with("p.W_q", DType::U8), HasSubstr("HQQ"));
  EXPECT_THAT(with("experts.gate_up_proj_blocks", DType::U8), HasSubstr("MXFP4"));
  EXPECT_THAT(with("p.biases", DType::F16), HasSubstr("MLX"));
  EXPECT_EQ(with("p.weight", DType::F16), "");
}

// --- quantization_config
// ------------------------------------------------------------------------------------------------------

HfQuantization read(const nlohmann::json& config) {
  return engine::read_hf_quantization(engine::Json::parse(config.dump(), "config.json"));
}
std::string config_error(const nlohmann::json& config) {
  return error_of([&] { read(config); });
}
nlohmann::json under(const nlohmann::json& quantization) {
  return {{"quantization_config", quantization}};
}

TEST(QuantizationConfig, ReadsTheMethodsThatRun) {
  EXPECT_EQ(read(nlohmann::json::object()).method, HfQuantization::Method::None);
  EXPECT_EQ(read({{"quantization_config", nullptr}}).method, HfQuantization::Method::None);
  const HfQuantization fp8 = read(under({{"quant_method", "fp8"}, {"weight_block_size", {64, 256}}}));
  EXPECT_EQ(fp8.method, HfQuantization::Method::Fp8);
  EXPECT_EQ(fp8.block_rows, 64);
  EXPECT_EQ(fp8.block_columns, 256);
  EXPECT_EQ(read(under({{"quant_method", "fp8"}})).block_columns, 128);
  const HfQuantization gptq = read(under({{"quant_method", "gptq"}, {"bits", 4}, {"group_size", 32}}));
  EXPECT_EQ(gptq.method, HfQuantization::Method::Gptq);
  EXPECT_EQ(gptq.group_size, 32);
  EXPECT_EQ(gptq.zero_offset, 1);
  EXPECT_EQ(read(under({{"quant_method", "gptq"}, {"bits", 4}, {"checkpoint_format", "gptq_v2"}})).zero_offset, 0);
  EXPECT_EQ(read(under({{"quant_method", "gptq"}, {"bits", 4}})).group_size, 128);
  EXPECT_EQ(read(under({{"quant_method", "gptq"}, {"bits", 4}, {"group_size", -1}})).group_size, 0);
}

nlohmann::json compressed(const nlohmann::json& weights) {
  nlohmann::json all{{"num_bits", 8}, {"type", "float"}, {"strategy", "channel"}};
  if (!weights.empty()) all.update(weights);
  return under({{"quant_method", "compressed-tensors"},
                {"format", "float-quantized"},
                {"config_groups", {{"group_0", {{"weights", all}}}}}});
}

TEST(QuantizationConfig, ReadsFloatsOfCompressedTensors) {
  EXPECT_EQ(read(compressed({})).method, HfQuantization::Method::Fp8);
  EXPECT_EQ(read(compressed({})).block_rows, 0);
  EXPECT_EQ(read(compressed({{"strategy", "block"}, {"block_structure", {128, 64}}})).block_columns, 64);
  EXPECT_EQ(read(compressed({{"strategy", "block"}, {"block_structure", "128x64"}})).block_columns, 64);
  EXPECT_EQ(read(compressed({{"strategy", "group"}, {"group_size", 32}})).block_columns, 32);
  EXPECT_EQ(read(compressed({{"strategy", "group"}, {"group_size", 32}})).block_rows, 1);
  nlohmann::json old = compressed({});
  old["compression_config"] = old["quantization_config"];
  old.erase("quantization_config");
  EXPECT_EQ(read(old).method, HfQuantization::Method::Fp8);
  EXPECT_EQ(read(under({{"quant_method", "compressed-tensors"}, {"format", "dense"}})).method,
            HfQuantization::Method::None);

  EXPECT_THAT(config_error(compressed({{"num_bits", 4}})),
              AllOf(HasSubstr("UnsupportedModel: config.json: quantization_config.config_groups.group_0.weights"),
                    HasSubstr("4 bits")));
  EXPECT_THAT(config_error(compressed({{"type", "int"}})), HasSubstr("of type \"int\""));
  EXPECT_THAT(config_error(compressed({{"symmetric", false}})), HasSubstr("symmetric floats"));
  EXPECT_THAT(config_error(compressed({{"strategy", "token"}})), HasSubstr("\"token\""));
  EXPECT_THAT(config_error(compressed({{"strategy", "block"}})), HasSubstr("block_structure"));
  for (const nlohmann::json& block : std::vector<nlohmann::json>{
           "128", "128x", "x128", "128x0", "-1x8", "128x64x2", {128}, {0, 128}, {128, -1}, {128, 64, 2}, {"a", 8}, 8}) {
    EXPECT_THAT(config_error(compressed({{"strategy", "block"}, {"block_structure", block}})),
                HasSubstr("CorruptFile: config.json: quantization_config."))
        << block;
  }
  EXPECT_THAT(config_error(compressed({{"strategy", "group"}, {"group_size", 0}})), HasSubstr("group_size"));
  for (const char* format :
       {"pack-quantized", "int-quantized", "nvfp4-pack-quantized", "marlin-24", "mixed-precision"}) {
    nlohmann::json config = compressed({});
    config["quantization_config"]["format"] = format;
    EXPECT_THAT(
        config_error(config),
        AllOf(HasSubstr("UnsupportedModel: config.json: quantization_config.format is \"" + std::string(format)),
              HasSubstr("GGUF")));
  }
  nlohmann::json sparse = compressed({});
  sparse["quantization_config"]["sparsity_config"] = {{"format", "sparse-24-bitmask"}};
  EXPECT_THAT(config_error(sparse), HasSubstr("sparse-24-bitmask"));
  nlohmann::json two = compressed({{"strategy", "group"}, {"group_size", 32}});
  two["quantization_config"]["config_groups"]["group_1"] = {
      {"weights", {{"num_bits", 8}, {"type", "float"}, {"strategy", "group"}, {"group_size", 64}}}};
  EXPECT_THAT(config_error(two), HasSubstr("different sizes"));
}

TEST(QuantizationConfig, ExplainsEveryOtherMethod) {
  for (const char* method : {"awq", "bitsandbytes", "hqq", "eetq", "quark", "torchao", "mxfp4", "fbgemm_fp8",
                             "modelopt", "auto-round", "strange"}) {
    EXPECT_THAT(config_error(under({{"quant_method", method}})),
                AllOf(HasSubstr("UnsupportedModel: config.json: quantization_config names the method \"" +
                                std::string(method) + "\""),
                      HasSubstr("get the same model in bf16, or as a GGUF file")));
  }
  EXPECT_THAT(config_error(under({{"quant_method", "awq"}})), HasSubstr("AWQ"));
  EXPECT_THAT(config_error({{"quantization", {{"group_size", 64}, {"bits", 4}}}}),
              AllOf(HasSubstr("config.json: quantization says"), HasSubstr("MLX")));
  EXPECT_THAT(config_error(under({{"dense_quant_type", "wint8"}, {"moe_quant_type", "w4a8"}})), HasSubstr("Paddle"));
  EXPECT_THAT(config_error(under({{"group_size", 8}})), HasSubstr("names no quant_method"));
  EXPECT_THAT(config_error(under("fp8")), HasSubstr("CorruptFile: config.json: quantization_config"));
}

TEST(QuantizationConfig, RefusesNumbersThatCannotBe) {
  const auto gptq = [](const char* key, const nlohmann::json& value) {
    nlohmann::json config{{"quant_method", "gptq"}, {"bits", 4}, {"group_size", 128}};
    config[key] = value;
    return config_error(under(config));
  };
  for (const int bits : {2, 3, 8, 0, -4}) {
    EXPECT_THAT(gptq("bits", bits),
                AllOf(HasSubstr("UnsupportedModel: config.json: quantization_config.bits is " + std::to_string(bits)),
                      HasSubstr("4 bits only")));
  }
  EXPECT_THAT(gptq("bits", "4"), HasSubstr("CorruptFile: config.json: quantization_config.bits must be"));
  EXPECT_THAT(gptq("bits", 4.0), HasSubstr("CorruptFile"));
  EXPECT_THAT(gptq("bits", nullptr), HasSubstr("CorruptFile"));
  for (const nlohmann::json& size : std::vector<nlohmann::json>{0, -5, -2, 1e30, "128", 9223372036854775807LL}) {
    EXPECT_THAT(gptq("group_size", size), HasSubstr("CorruptFile: config.json: quantization_config.group_size must be"))
        << size;
  }
  EXPECT_THAT(gptq("checkpoint_format", "marlin"), AllOf(HasSubstr("UnsupportedModel"), HasSubstr("\"marlin\"")));
  EXPECT_THAT(gptq("is_marlin_format", true), HasSubstr("Marlin"));
  EXPECT_THAT(gptq("dynamic", {{"+:.*down.*", {{"bits", 8}}}}),
              AllOf(HasSubstr("UnsupportedModel"), HasSubstr("bits")));
  EXPECT_EQ(gptq("dynamic", {{"-:.*gate.*", {}}, {"+:.*down.*", {{"group_size", 32}}}}), "");
  const auto block = [](const nlohmann::json& size) {
    return config_error(under({{"quant_method", "fp8"}, {"weight_block_size", size}}));
  };
  for (const nlohmann::json& size : std::vector<nlohmann::json>{{0, 128}, {128}, {128, -1}, {128, "128"}, 128, "128"}) {
    EXPECT_THAT(block(size), HasSubstr("CorruptFile: config.json: quantization_config.weight_block_size")) << size;
  }
}

}  // namespace
