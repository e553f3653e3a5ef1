// Folders of FP8, GPTQ and float64 weights as a whole: their tensors, their memory, and what comes of changing them.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/engine.h"
#include "engine/formats/safetensors.h"
#include "tests/support/error_of.h"
#include "tests/support/fixtures.h"
#include "tests/support/model_run.h"
#include "tests/support/quantised_folders.h"
#include "tests/support/tensor_matchers.h"

namespace {

namespace fs = std::filesystem;
using engine::IsaChoice;
using engine::TensorView;
using testing::AllOf;
using testing::HasSubstr;
using tests::decoded;
using tests::error_of;
using tests::folders;
using tests::ModelRun;
using tests::same;

constexpr IsaChoice kIsas[] = {IsaChoice::Portable, IsaChoice::Avx2, IsaChoice::Auto};

TEST(QuantisedFolders, HaveTheReferencesTensorsUnderTheirPlainNames) {
  for (const auto& entry : folders()) {
    const std::string model = entry.at("name");
    const auto source = engine::ModelSource::open(tests::fixture("quantised_hf/" + model));
    EXPECT_EQ(source->tensors().size(), entry.at("tensors").size()) << model;
    for (const auto& [name, expected] : entry.at("tensors").items()) {
      const TensorView* view = source->find(name);
      ASSERT_NE(view, nullptr) << model << " " << name;
      EXPECT_EQ(view->shape, expected.at("shape").get<std::vector<std::int64_t>>()) << model << " " << name;
      EXPECT_EQ(view->scaling != nullptr, expected.at("quantised").get<bool>()) << model << " " << name;
      double sum = 0, squares = 0;
      for (const float value : decoded(*view, IsaChoice::Auto)) {
        sum += static_cast<double>(value);
        squares += static_cast<double>(value) * static_cast<double>(value);
      }
      EXPECT_NEAR(sum, expected.at("sum"), 1e-9 * (1 + std::abs(squares) * 100)) << model << " " << name;
      EXPECT_NEAR(squares, expected.at("sum_of_squares"), 1e-9 * squares) << model << " " << name;
    }
  }
}

TEST(QuantisedFolders, TakeTheMemoryOfTheirFilesOnly) {
  const auto sum_of_types = [](const engine::ModelInfo& info) {
    std::uint64_t sum = 0;
    for (const auto& [type, bytes] : info.weight_types) sum += bytes;
    return sum;
  };
  const auto data_bytes = [](const fs::path& folder) {
    std::uint64_t sum = 0;
    const auto files = engine::SafetensorsFiles::open_file(folder / "model.safetensors");
    for (const auto& [name, view] : files.tensors()) sum += name.ends_with(".input_scale") ? 0 : view.bytes.size();
    return sum;
  };
  for (const auto& entry : folders()) {
    const fs::path folder = tests::fixture("quantised_hf/" + entry.at("name").get<std::string>());
    const engine::ModelInfo info = engine::inspect(folder, tests::exact());
    EXPECT_EQ(info.weight_bytes, data_bytes(folder)) << folder;
    EXPECT_EQ(sum_of_types(info), info.weight_bytes) << folder;
    EXPECT_GT(info.memory_bytes, info.weight_bytes) << folder;
    const bool gptq = folder.filename().string().starts_with("gptq");
    EXPECT_TRUE(std::any_of(info.weight_types.begin(), info.weight_types.end(), [&](const auto& type) {
      return type.first == (gptq ? "GPTQ4" : "F8_E4M3");
    })) << folder;
  }
}

/// A tensor of a safetensors file, to be changed.
struct FileTensor {
  std::string type;
  engine::Shape shape;
  std::string bytes;
};

std::map<std::string, FileTensor> read_folder(const fs::path& folder) {
  const auto files = engine::SafetensorsFiles::open_file(folder / "model.safetensors");
  std::map<std::string, FileTensor> tensors;
  for (const auto& [name, view] : files.tensors()) {
    const auto* const bytes = reinterpret_cast<const char*>(view.bytes.data());
    tensors[name] = {std::string(name_of(view.dtype)), view.shape, std::string(bytes, view.bytes.size())};
  }
  return tensors;
}

void write_folder(const tests::ScratchFolder& to, const nlohmann::json& config,
                  const std::map<std::string, FileTensor>& tensors) {
  nlohmann::json header;
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t end = data.size() + tensor.bytes.size();
    header[name] = {{"dtype", tensor.type}, {"shape", tensor.shape}, {"data_offsets", {data.size(), end}}};
    data += tensor.bytes;
  }
  const std::string text = header.dump();
  std::string length(8, '\0');
  const std::uint64_t size = text.size();
  std::memcpy(length.data(), &size, sizeof size);
  to.write("model.safetensors", length + text + data);
  to.write("config.json", config.dump());
}

nlohmann::json config_of(const fs::path& folder) {
  return nlohmann::json::parse(tests::read_bytes(folder / "config.json"));
}

const std::vector<std::int32_t> kPrompt{5, 17, 200, 33, 90, 4, 8, 150, 61, 77, 20};

TEST(QuantisedFolders, RunFloat64AsTheFloat32ThatItIsRoundedTo) {
  const fs::path original = tests::fixture("models/ernie4_5-bias");
  auto tensors = read_folder(original);
  for (auto& [name, tensor] : tensors) {
    ASSERT_EQ(tensor.type, "F32");
    tensor.type = "F64";
    std::string wide;
    for (std::size_t i = 0; i < tensor.bytes.size(); i += sizeof(float)) {
      float value = 0;
      std::memcpy(&value, tensor.bytes.data() + i, sizeof value);
      const double exact = static_cast<double>(value) * (1 + 1e-9);  // rounds back
      wide.append(reinterpret_cast<const char*>(&exact), sizeof exact);
    }
    tensor.bytes = wide;
  }
  const tests::ScratchFolder folder;
  write_folder(folder, config_of(original), tensors);
  for (const IsaChoice isa : kIsas) {
    ModelRun narrow(original, tests::exact(isa)), wide(folder.path(), tests::exact(isa));
    EXPECT_EQ(wide.source->weight_bytes(), 2 * narrow.source->weight_bytes());
    for (const std::int64_t chunk : {1, 256}) {
      const std::vector<float> expected = narrow.feed(narrow.fresh(), kPrompt, chunk);
      EXPECT_TRUE(tests::close_to(wide.feed(wide.fresh(), kPrompt, chunk), expected, 2e-5)) << chunk;
    }
  }
}

// transformers 5 keeps the experts of a layer in two stacks, gate rows before up rows.
TEST(QuantisedFolders, RunStackedExpertsAsTheyRunApart) {
  const fs::path original = tests::fixture("quantised_hf/fp8-tensor-ernie4_5_moe");
  auto tensors = read_folder(original);
  nlohmann::json config = config_of(original);
  const std::int64_t experts = config.at("moe_num_experts"), width = config.at("moe_intermediate_size");
  const std::int64_t hidden = config.at("hidden_size");
  const auto take = [&tensors](const std::string& name, const std::string& part, std::string& bytes) {
    bytes += tensors.at(name + part).bytes;
    tensors.erase(name + part);
  };
  std::size_t stacked = 0;
  for (std::int64_t layer = 0; layer < config.at("num_hidden_layers"); ++layer) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".mlp.experts.";
    if (!tensors.contains(prefix + "0.down_proj.weight")) continue;
    ++stacked;
    FileTensor fused{"F8_E4M3", {experts, 2 * width, hidden}, {}}, fused_scales{"F16", {experts, 2, 1}, {}};
    FileTensor down{"F8_E5M2", {experts, hidden, width}, {}}, down_scales{"F16", {experts, 1, 1}, {}};
    for (std::int64_t j = 0; j < experts; ++j) {
      const std::string expert = prefix + std::to_string(j);
      for (const char* half : {".gate_proj", ".up_proj"}) {
        take(expert + half, ".weight", fused.bytes);
        take(expert + half, ".weight_scale", fused_scales.bytes);
      }
      take(expert + ".down_proj", ".weight", down.bytes);
      take(expert + ".down_proj", ".weight_scale", down_scales.bytes);
    }
    tensors[prefix + "gate_up_proj"] = fused;
    tensors[prefix + "gate_up_proj_scale_inv"] = fused_scales;
    tensors[prefix + "down_proj"] = down;
    tensors[prefix + "down_proj_scale_inv"] = down_scales;
  }
  EXPECT_GT(stacked, 0u);
  config["quantization_config"]["weight_block_size"] = {width, hidden};
  const tests::ScratchFolder folder;
  write_folder(folder, config, tensors);
  ModelRun apart(original), together(folder.path());
  for (const std::int64_t chunk : {1, 256}) {
    EXPECT_TRUE(same(together.feed(together.fresh(), kPrompt, chunk), apart.feed(apart.fresh(), kPrompt, chunk)));
  }
}

TEST(QuantisedFolders, NameTheFolderAndTensorThatIsDamaged) {
  const fs::path original = tests::fixture("quantised_hf/gptq-v2-glm4");
  auto tensors = read_folder(original);
  tensors.erase("model.layers.1.mlp.down_proj.qzeros");
  const tests::ScratchFolder folder;
  write_folder(folder, config_of(original), tensors);
  EXPECT_THAT(error_of([&] { engine::ModelSource::open(folder.path()); }),
              AllOf(HasSubstr("CorruptFile: " + folder.path().string()),
                    HasSubstr("\"model.layers.1.mlp.down_proj.qzeros\""), HasSubstr("is missing")));
}

// The width of a matrix is the configuration's, whatever the parts agree on.
TEST(QuantisedFolders, HoldShapesAgainstTheConfiguration) {
  const fs::path original = tests::fixture("quantised_hf/gptq-v2-glm4");
  nlohmann::json config = config_of(original);
  config["intermediate_size"] = config.at("intermediate_size").get<int>() + 8;
  const tests::ScratchFolder folder;
  write_folder(folder, config, read_folder(original));
  EXPECT_THAT(error_of([&] { ModelRun run(folder.path()); }),
              AllOf(HasSubstr("CorruptFile"), HasSubstr("mlp.gate_up_proj.weight\" has shape"), HasSubstr("asks for")));
}

}  // namespace
