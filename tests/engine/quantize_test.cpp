// Models written as GGUF files and read back: what was written, and that it is the same model.
#include "engine/quantize/quantize.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/formats/gguf_files.h"
#include "engine/generation/model_defaults.h"
#include "engine/quantize/source_rows.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/error_of.h"
#include "tests/support/fixtures.h"
#include "tests/support/gguf_bytes.h"
#include "tests/support/model_run.h"
#include "tests/support/tensor_matchers.h"
#include "tests/support/tiny_model.h"

namespace {

namespace fs = std::filesystem;
using engine::DType;
using testing::HasSubstr;
using tests::ModelRun;
using tests::ScratchFolder;

std::vector<std::string> quantize(const fs::path& model, DType type, const fs::path& out, int threads = 1) {
  std::vector<std::string> warnings;
  engine::QuantizeOptions options;
  options.type = type;
  options.threads = threads;
  options.warn = [&warnings](const std::string& sentence) { warnings.push_back(sentence); };
  const auto source = engine::ModelSource::open(model);
  const engine::QuantizeResult result = engine::quantize(*source, out, options);
  EXPECT_TRUE(result.finished);
  EXPECT_EQ(result.file_bytes, fs::file_size(out));
  return warnings;
}

/// Logits of 40 tokens.
std::vector<float> logits_of(const fs::path& model) {
  ModelRun run(model);
  std::vector<std::int32_t> ids;
  for (std::int32_t i = 0; i < 40; ++i) ids.push_back((i * 37 + 11) % 300);
  return run.feed(run.fresh(), ids);
}

/// Every model of the fixtures that GGUF can say.
std::vector<std::string> models() {
  std::vector<std::string> found;
  for (const char* name : {"ernie4_5-tied", "ernie4_5-untied", "ernie4_5-bf16", "ernie4_5-chat", "ernie4_5-rope-linear",
                           "ernie4_5-rope-yarn", "ernie4_5-rope-yarn-explicit", "ernie4_5-rope-longrope",
                           "ernie4_5-rope-llama3", "ernie4_5_moe-base", "ernie4_5_moe-top1", "ernie4_5_moe-bf16",
                           "glm4-base", "glm4-tied", "glm4-large", "glm4-rope-yarn", "glm4-bf16", "glm4-chat"}) {
    if (tests::has_fixture(std::string("models/") + name)) found.emplace_back(name);
  }
  return found;
}

TEST(Quantize, Float32FilesAreTheSameModel) {
  const ScratchFolder scratch;
  for (const std::string& name : models()) {
    SCOPED_TRACE(name);
    const fs::path model = tests::any_fixture("models/" + name), out = scratch.path() / (name + ".gguf");
    quantize(model, DType::F32, out);
    const std::vector<float> expected = logits_of(model), found = logits_of(out);
    // Frequencies that are said as quotients are rounded once more.
    const bool divided = name.ends_with("llama3") || name.ends_with("explicit");
    if (divided) {
      EXPECT_TRUE(tests::close_to(found, expected, 1e-3));
    } else {
      EXPECT_EQ(found, expected);
    }
  }
}

TEST(Quantize, Fp8AndGptqBecomeTheSameModel) {
  const ScratchFolder scratch;
  for (const char* name : {"fp8-block-ernie4_5", "fp8-channel-glm4", "gptq-v2-glm4"}) {
    SCOPED_TRACE(name);
    const fs::path model = tests::fixture(std::string("quantised_hf/") + name), out = scratch.path() / "out.gguf";
    for (const int threads : {1, 3}) {
      quantize(model, DType::F32, out, threads);
      EXPECT_TRUE(tests::close_to(logits_of(out), logits_of(model), 1e-5));  // other kernels, other order of sums
    }
    quantize(model, DType::Q8_0, out);
    EXPECT_LT(tests::difference(logits_of(out), logits_of(model)).e_rms, 0.1);
  }
}

TEST(Quantize, Bfloat16WeightsStayBitForBit) {
  const ScratchFolder scratch;
  for (const std::string& name : models()) {
    if (!name.ends_with("bf16")) continue;
    const fs::path model = tests::any_fixture("models/" + name), out = scratch.path() / (name + ".gguf");
    quantize(model, DType::BF16, out);
    EXPECT_EQ(logits_of(out), logits_of(model)) << name;
  }
}

TEST(Quantize, EightBitsStayClose) {
  const ScratchFolder scratch;
  for (const std::string& name : models()) {
    SCOPED_TRACE(name);
    const fs::path model = tests::any_fixture("models/" + name), out = scratch.path() / (name + ".gguf");
    quantize(model, DType::Q8_0, out);
    const tests::Difference difference = tests::difference(logits_of(out), logits_of(model));
    EXPECT_LT(difference.e_rms, name.starts_with("ernie4_5_moe") ? 0.4 : 0.1);  // an expert may be chosen otherwise
    EXPECT_GT(difference.e_rms, 0.0);
  }
}

TEST(Quantize, EveryFloatTypeIsRead) {
  const ScratchFolder scratch;
  for (const DType type : {DType::F16, DType::BF16, DType::F32}) {
    tests::TinyModel tiny;
    tiny.vocab_size = 300;
    tiny.type = type;
    tiny.header_padding = 3;  // tensors at odd addresses
    tests::write_tiny_model(scratch.path(), tiny);
    const fs::path out = scratch.path() / "m.gguf";
    quantize(scratch.path(), DType::F32, out);
    EXPECT_EQ(logits_of(out), logits_of(scratch.path())) << name_of(type);
  }
}

/// The first layers of a model with experts, so that the last one has some too.
void copy_experts(const fs::path& to) {
  const fs::path from = tests::fixture("models/ernie4_5_moe-range");
  for (const auto& entry : fs::directory_iterator(from)) fs::copy(entry.path(), to / entry.path().filename());
  auto config = nlohmann::json::parse(tests::read_bytes(from / "config.json"));
  config["num_hidden_layers"] = 3;
  fs::remove(to / "config.json");
  std::ofstream(to / "config.json") << config.dump();
}

TEST(Quantize, ExpertsAreTheSameModel) {
  const ScratchFolder scratch;
  copy_experts(scratch.path());
  const fs::path out = scratch.path() / "m.gguf";
  quantize(scratch.path(), DType::F32, out);
  EXPECT_EQ(logits_of(out), logits_of(scratch.path()));
}

/// Writes a safetensors file of float32 tensors.
void write_safetensors(const fs::path& file,
                       const std::map<std::string, std::pair<engine::Shape, std::string>>& tensors) {
  nlohmann::json header;
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t begin = data.size();
    data += tensor.second;
    header[name] = {{"dtype", "F32"}, {"shape", tensor.first}, {"data_offsets", {begin, data.size()}}};
  }
  const std::string text = header.dump();
  const std::uint64_t length = text.size();
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(&length), sizeof length);
  out << text << data;
}

TEST(Quantize, ExpertsThatWereStackedAlreadyAreTheSameFile) {
  const ScratchFolder apart, stacked;
  copy_experts(apart.path());
  copy_experts(stacked.path());
  const auto source = engine::ModelSource::open(apart.path());
  std::map<std::string, std::pair<engine::Shape, std::string>> tensors;
  const auto bytes_of = [&source](const std::string& name) {
    const auto bytes = source->tensors().at(name).bytes;
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  for (const auto& [name, view] : source->tensors()) {
    if (name.find(".mlp.experts.") == std::string::npos) tensors[name] = {view.shape, bytes_of(name)};
  }
  const engine::MoeConfig& moe = source->config().moe;
  const std::int64_t hidden = source->config().hidden_size, width = moe.intermediate_size, count = moe.num_experts;
  for (const char* layer : {"1", "2"}) {  // as transformers 5 has them in memory
    const std::string prefix = std::string("model.layers.") + layer + ".mlp.experts.";
    auto& gate_up = tensors[prefix + "gate_up_proj"] = {{count, 2 * width, hidden}, ""};
    auto& down = tensors[prefix + "down_proj"] = {{count, hidden, width}, ""};
    for (std::int64_t j = 0; j < count; ++j) {
      const std::string expert = prefix + std::to_string(j);
      gate_up.second += bytes_of(expert + ".gate_proj.weight") + bytes_of(expert + ".up_proj.weight");
      down.second += bytes_of(expert + ".down_proj.weight");
    }
  }
  write_safetensors(stacked.path() / "model.safetensors", tensors);
  quantize(apart.path(), DType::Q8_0, apart.path() / "m.gguf");
  quantize(stacked.path(), DType::Q8_0, stacked.path() / "m.gguf");
  const auto one = engine::GgufFiles::open(apart.path() / "m.gguf"),
             other = engine::GgufFiles::open(stacked.path() / "m.gguf");
  ASSERT_EQ(one.tensors().size(), other.tensors().size());
  for (const auto& [name, view] : one.tensors()) {
    const auto& same = other.tensors().at(name);
    EXPECT_TRUE(std::equal(view.bytes.begin(), view.bytes.end(), same.bytes.begin(), same.bytes.end())) << name;
  }
}

/// float32 of a tensor of a file.
std::vector<float> numbers_of(const engine::TensorView& view) {
  std::size_t count = 1;
  for (const std::int64_t dim : view.shape) count *= static_cast<std::size_t>(dim);
  const auto row = static_cast<std::size_t>(engine::row_length_of(view));
  std::vector<float> numbers(count);
  engine::decode_rows(view, 0, static_cast<std::int64_t>(count / row), numbers);
  return numbers;
}

TEST(Quantize, KeepsSensitiveTensorsLarge) {
  const ScratchFolder scratch;
  const fs::path model = tests::fixture("quantised/ernie4_5_moe-BF16.gguf");
  for (const DType type : {DType::Q4_0, DType::Q4_K, DType::Q6_K, DType::Q8_0}) {
    const fs::path out = scratch.path() / "m.gguf";
    quantize(model, type, out);
    const auto files = engine::GgufFiles::open(out);
    EXPECT_EQ(files.tensors().at("token_embd.weight").dtype, DType::Q8_0);
    EXPECT_EQ(files.tensors().at("blk.1.ffn_gate_inp.weight").dtype, DType::F32);
    EXPECT_EQ(files.tensors().at("blk.0.attn_norm.weight").dtype, DType::F32);
    EXPECT_EQ(files.tensors().at("blk.1.exp_probs_b.bias").dtype, DType::F32);
    // 64 columns hold no K-quant.
    const bool whole = files.tensors().at("blk.0.attn_q.weight").shape.back() % 256 == 0;
    const DType expected = whole || engine::block_elements(type) == 32 ? type : DType::Q8_0;
    EXPECT_EQ(files.tensors().at("blk.0.attn_q.weight").dtype, expected);
    EXPECT_EQ(files.tensors().at("blk.1.ffn_down_exps.weight").shape.size(), 3u);
  }
}

TEST(Quantize, RowsThatAreNotWholeBlocksTakeTheNextType) {
  EXPECT_EQ(engine::type_of_matrix(DType::Q4_K, 512, false), DType::Q4_K);
  EXPECT_EQ(engine::type_of_matrix(DType::Q4_K, 96, false), DType::Q8_0);
  EXPECT_EQ(engine::type_of_matrix(DType::Q6_K, 36, false), DType::BF16);
  EXPECT_EQ(engine::type_of_matrix(DType::Q4_0, 36, false), DType::BF16);
  EXPECT_EQ(engine::type_of_matrix(DType::Q8_0, 36, false), DType::BF16);
  EXPECT_EQ(engine::type_of_matrix(DType::Q6_K, 512, true), DType::Q8_0);
  EXPECT_EQ(engine::type_of_matrix(DType::Q6_K, 36, true), DType::BF16);
  EXPECT_EQ(engine::type_of_matrix(DType::BF16, 512, true), DType::BF16);
  const ScratchFolder scratch;
  tests::TinyModel tiny;  // 36 and 54 columns
  tiny.vocab_size = 300;
  tests::write_tiny_model(scratch.path(), tiny);
  const fs::path out = scratch.path() / "odd.gguf";
  quantize(scratch.path(), DType::Q4_K, out);
  EXPECT_EQ(engine::GgufFiles::open(out).tensors().at("blk.0.ffn_down.weight").dtype, DType::BF16);
  EXPECT_LT(tests::difference(logits_of(out), logits_of(scratch.path())).e_rms, 0.05);
}

TEST(Quantize, BlocksOfTheWantedTypeAreCopied) {
  const ScratchFolder scratch;
  for (const auto& [name, type] : {std::pair("ernie4_5-Q4_0", DType::Q4_0), std::pair("ernie4_5-Q6_K", DType::Q6_K),
                                   std::pair("glm4-Q4_K", DType::Q4_K)}) {
    SCOPED_TRACE(name);
    const fs::path model = tests::fixture(std::string("quantised/") + name + ".gguf"), out = scratch.path() / "m.gguf";
    EXPECT_THAT(quantize(model, type, out), testing::IsEmpty());
    const auto before = engine::GgufFiles::open(model), after = engine::GgufFiles::open(out);
    ASSERT_EQ(before.tensors().size(), after.tensors().size());
    for (const auto& [tensor, view] : before.tensors()) {
      const auto& copy = after.tensors().at(tensor);
      EXPECT_EQ(copy.dtype, view.dtype) << tensor;
      EXPECT_TRUE(std::equal(copy.bytes.begin(), copy.bytes.end(), view.bytes.begin(), view.bytes.end())) << tensor;
    }
    EXPECT_EQ(logits_of(out), logits_of(model));
  }
}

TEST(Quantize, QuantisingAgainIsWarnedOfOnce) {
  const ScratchFolder scratch;
  const auto warnings = quantize(tests::fixture("quantised/glm4-Q4_K.gguf"), DType::Q4_0, scratch.path() / "m.gguf");
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], HasSubstr("quantised already (Q4_K)"));
}

TEST(Quantize, AFilesOwnKeysAreKept) {
  const ScratchFolder scratch;
  const fs::path model = tests::fixture("quantised/glm4-Q4_K.gguf"), out = scratch.path() / "m.gguf";
  quantize(model, DType::Q8_0, out);
  const auto before = engine::GgufFiles::open(model), after = engine::GgufFiles::open(out);
  std::size_t same = 0;
  for (const auto& [key, value] : before.metadata().values()) {
    if (key == "general.file_type" || key == "general.quantization_version") continue;
    const engine::GgufValue& copy = after.metadata().at(key);
    EXPECT_EQ(copy.type(), value.type()) << key;
    EXPECT_EQ(copy.count(), value.count()) << key;
    EXPECT_TRUE(std::equal(copy.bytes().begin(), copy.bytes().end(), value.bytes().begin(), value.bytes().end()))
        << key;
    ++same;
  }
  EXPECT_EQ(after.metadata().values().size(), same + 2);
  EXPECT_EQ(after.metadata().at("general.file_type").as_integer(), 7);
  EXPECT_EQ(engine::ModelSource::open(out)->chat_template(), engine::ModelSource::open(model)->chat_template());
}

TEST(Quantize, TheSameBytesWhateverTheThreads) {
  const ScratchFolder scratch;
  const fs::path model = tests::fixture("quantised/ernie4_5_moe-BF16.gguf");
  quantize(model, DType::Q4_K, scratch.path() / "one.gguf", 1);
  quantize(model, DType::Q4_K, scratch.path() / "three.gguf", 3);
  EXPECT_EQ(tests::read_bytes(scratch.path() / "one.gguf"), tests::read_bytes(scratch.path() / "three.gguf"));
}

TEST(Quantize, StackedExpertsAreRowsOfTheirOwn) {
  const ScratchFolder scratch;
  const fs::path model = tests::any_fixture("models/ernie4_5_moe-base");
  if (!fs::exists(model)) GTEST_SKIP() << "only in the large corpus, which is not here";
  quantize(model, DType::F32, scratch.path() / "m.gguf");
  const auto source = engine::ModelSource::open(model);
  const auto files = engine::GgufFiles::open(scratch.path() / "m.gguf");
  for (const char* matrix : {"gate", "up", "down"}) {
    const auto stack = numbers_of(files.tensors().at(std::string("blk.1.ffn_") + matrix + "_exps.weight"));
    std::vector<float> apart;
    for (std::int64_t j = 0; j < source->config().moe.num_experts; ++j) {
      const auto expert = numbers_of(
          source->tensors().at("model.layers.1.mlp.experts." + std::to_string(j) + "." + matrix + "_proj.weight"));
      apart.insert(apart.end(), expert.begin(), expert.end());
    }
    EXPECT_EQ(stack, apart) << matrix;
  }
}

std::string refusal(const char* model) {
  const ScratchFolder scratch;
  const std::string error = tests::error_of(
      [&] { quantize(tests::any_fixture(std::string("models/") + model), DType::Q8_0, scratch.path() / "m.gguf"); });
  EXPECT_TRUE(fs::is_empty(scratch.path())) << model;
  return error;
}

TEST(Quantize, WhatGgufCannotSayIsRefusedByName) {
  EXPECT_THAT(refusal("ernie4_5-bias"), HasSubstr("UnsupportedModel: ernie4_5-bias/config.json: use_bias"));
  EXPECT_THAT(refusal("ernie4_5_moe-bias"), HasSubstr("use_bias"));
  EXPECT_THAT(refusal("ernie4_5_moe-range"), HasSubstr("moe_layer_end_index"));
  EXPECT_THAT(refusal("ernie4_5_moe-interval"), HasSubstr("moe_layer_end_index"));
  EXPECT_THAT(refusal("ernie4_5-rope-dynamic"), HasSubstr("dynamic"));
  EXPECT_THAT(refusal("glm4-sequence-classification"), HasSubstr("classifier"));
}

TEST(Quantize, AMissingTensorIsNamed) {
  const ScratchFolder scratch;
  tests::TinyModel tiny;
  tiny.skip_tensor = "model.layers.1.mlp.up_proj.weight";
  tests::write_tiny_model(scratch.path(), tiny);
  const fs::path out = scratch.path() / "m.gguf";
  EXPECT_THAT(tests::error_of([&] { quantize(scratch.path(), DType::Q8_0, out); }), HasSubstr(tiny.skip_tensor));
  EXPECT_FALSE(fs::exists(out));
}

TEST(Quantize, ANumberThatNoBlockHoldsNamesItsTensor) {
  const ScratchFolder scratch;
  tests::TinyModel tiny;
  tiny.hidden_size = 64;
  tests::write_tiny_model(scratch.path(), tiny);
  const fs::path weights = scratch.path() / "model.safetensors", out = scratch.path() / "m.gguf";
  std::string bytes = tests::read_bytes(weights);
  const auto source = engine::ModelSource::open(scratch.path());
  const auto& view = *source->find("model.layers.0.self_attn.q_proj.weight");
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  const auto json = nlohmann::json::parse(bytes.substr(8, header));
  const std::size_t begin = json.at(view.name).at("data_offsets").at(0);
  const float nan = std::nanf("");
  std::memcpy(bytes.data() + 8 + header + begin, &nan, sizeof nan);
  scratch.write("model.safetensors", bytes);
  EXPECT_THAT(
      tests::error_of([&] { quantize(scratch.path(), DType::Q8_0, out); }),
      testing::AllOf(HasSubstr("CorruptFile"), HasSubstr("layers.0.self_attn.q_proj"), HasSubstr("not finite")));
  EXPECT_FALSE(fs::exists(out));
}

TEST(Quantize, StopsWhenProgressSaysSo) {
  const ScratchFolder scratch;
  const auto source = engine::ModelSource::open(tests::fixture("models/ernie4_5-tied"));
  const fs::path out = scratch.write("m.gguf", "what was there");
  for (const int calls : {1, 2, 5, 20}) {
    engine::QuantizeOptions options;
    options.threads = 1;
    int left = calls;
    double last = 0;
    options.progress = [&](double share) {
      EXPECT_GE(share, last);
      EXPECT_LE(share, 1.0);
      last = share;
      return --left > 0;
    };
    EXPECT_FALSE(engine::quantize(*source, out, options).finished);
    EXPECT_EQ(tests::read_bytes(out), "what was there");
    EXPECT_EQ(std::distance(fs::directory_iterator(scratch.path()), fs::directory_iterator()), 1);
  }
}

TEST(Quantize, ASourceThatBecomesShorterIsNoticed) {
  for (const DType type : {DType::F32, DType::Q8_0}) {  // copied, converted
    const ScratchFolder scratch;
    tests::TinyModel tiny;
    tiny.hidden_size = 64;
    tests::write_tiny_model(scratch.path(), tiny);
    const auto source = engine::ModelSource::open(scratch.path());
    engine::QuantizeOptions options;
    options.type = type;
    options.threads = 1;
    options.progress = [&](double) {
      fs::resize_file(scratch.path() / "model.safetensors", 4096);
      return true;
    };
    const fs::path out = scratch.path() / "m.gguf";
    EXPECT_THAT(tests::error_of([&] { engine::quantize(*source, out, options); }),
                testing::AllOf(HasSubstr("CorruptFile"), HasSubstr("model.safetensors"), HasSubstr("became shorter")));
    EXPECT_FALSE(fs::exists(out));
  }
}

/// A part of a GGUF model in two files, with one matrix each.
std::string part(std::uint16_t number, const std::string& tensor) {
  tests::GgufBytes file;
  if (number == 0) {
    file.text("general.architecture", "ernie4_5")
        .number("ernie4_5.embedding_length", 64)
        .number("ernie4_5.block_count", 1);
    file.number("ernie4_5.attention.head_count", 2).number("ernie4_5.feed_forward_length", 64);
    file.number("ernie4_5.context_length", 8).real("ernie4_5.attention.layer_norm_rms_epsilon", 1e-5f);
  }
  file.key("split.no", tests::GgufBytes::U16, tests::raw(number));
  file.key("split.count", tests::GgufBytes::U16, tests::raw(std::uint16_t{2}));
  return file.zeros(tensor, {64, 5}).bytes();
}

TEST(Quantize, PartsOfASplitModelComeTogether) {
  const ScratchFolder scratch;
  const fs::path model = scratch.write("m-00001-of-00002.gguf", part(0, "token_embd.weight"));
  scratch.write("m-00002-of-00002.gguf", part(1, "blk.0.ffn_up.weight"));
  EXPECT_THAT(tests::error_of([&] { quantize(model, DType::Q4_0, scratch.path() / "m-00002-of-00002.gguf"); }),
              HasSubstr("InvalidRequest"));
  const fs::path out = scratch.path() / "whole.gguf";
  quantize(model, DType::Q4_0, out);
  const auto files = engine::GgufFiles::open(out);
  EXPECT_EQ(files.files().size(), 1u);
  EXPECT_EQ(files.metadata().find("split.count"), nullptr);
  EXPECT_EQ(files.tensors().at("token_embd.weight").dtype, DType::Q8_0);
  EXPECT_EQ(files.tensors().at("blk.0.ffn_up.weight").dtype, DType::Q4_0);
}

TEST(Quantize, NeverWritesOverItsSource) {
  const ScratchFolder scratch;
  const fs::path model = scratch.write("m.gguf", tests::read_bytes(tests::fixture("quantised/ernie4_5-Q4_0.gguf")));
  fs::create_hard_link(model, scratch.path() / "hard.gguf");
  fs::create_symlink(model, scratch.path() / "soft.gguf");
  for (const char* out : {"m.gguf", "hard.gguf", "soft.gguf"}) {
    EXPECT_THAT(tests::error_of([&] { quantize(model, DType::Q8_0, scratch.path() / out); }),
                HasSubstr("InvalidRequest"))
        << out;
  }
  EXPECT_EQ(tests::read_bytes(model), tests::read_bytes(tests::fixture("quantised/ernie4_5-Q4_0.gguf")));
}

}  // namespace
