// Making a model of a folder: which tensors it takes, how it refuses others, what memory it needs.
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/backends/backend.h"
#include "engine/layers/activations.h"
#include "engine/models/model.h"
#include "tests/support/fixtures.h"
#include "tests/support/model_run.h"
#include "tests/support/tiny_model.h"

namespace {

using tests::ModelRun;

// The 21B and 300B checkpoints carry a block for predicting several tokens at once, which has no place in these logits.
TEST(CreateModel, TensorsForMultiTokenPredictionAreNoPartOfTheModel) {
  const tests::ScratchFolder folder;
  tests::write_tiny_model(folder.path(), {});
  std::string file = tests::read_bytes(folder.path() / "model.safetensors");
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof length);
  auto header = nlohmann::json::parse(file.substr(8, length));
  const std::uint64_t end = file.size() - 8 - length;
  header["model.mtp_block.0.mlp.up_proj.weight"] = {{"dtype", "F32"}, {"shape", {4}}, {"data_offsets", {end, end + 16}}};
  const std::string text = header.dump();
  std::string bytes(8, '\0');
  length = text.size();
  std::memcpy(bytes.data(), &length, sizeof length);
  folder.write("model.safetensors", bytes + text + file.substr(file.size() - end) + std::string(16, '\0'));
  const auto source = engine::ModelSource::open(folder.path());
  EXPECT_EQ(source->find("model.mtp_block.0.mlp.up_proj.weight"), nullptr);
  EXPECT_EQ(source->weight_bytes(), end);
  ModelRun run(folder.path(), tests::exact());
}

/// The sentence with which a model folder is refused.
std::string refusal(const std::filesystem::path& folder, engine::ErrorCode code) {
  try {
    ModelRun run(folder);
  } catch (const engine::Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "the model was loaded";
  return {};
}

TEST(CreateModel, NamesTheMissingTensorAndTheFolder) {
  for (const char* name : {"model.layers.1.self_attn.k_proj.weight", "model.norm.weight", "model.embed_tokens.weight",
                           "model.layers.0.mlp.down_proj.weight", "model.layers.1.input_layernorm.weight"}) {
    const tests::ScratchFolder folder;
    tests::TinyModel shape;
    shape.skip_tensor = name;
    tests::write_tiny_model(folder.path(), shape);
    const std::string sentence = refusal(folder.path(), engine::ErrorCode::CorruptFile);
    EXPECT_NE(sentence.find(name), std::string::npos) << sentence;
    EXPECT_NE(sentence.find(folder.path().string()), std::string::npos) << sentence;
  }
}

TEST(CreateModel, NamesTheTensorOfAnotherShapeAndBothShapes) {
  const tests::ScratchFolder folder;
  tests::write_tiny_model(folder.path(), {});
  std::string config = tests::read_bytes(folder.path() / "config.json");
  config.replace(config.find("\"intermediate_size\": 54"), 23, "\"intermediate_size\": 53");
  folder.write("config.json", config);
  const std::string sentence = refusal(folder.path(), engine::ErrorCode::CorruptFile);
  EXPECT_NE(sentence.find("model.layers.0.mlp.gate_proj.weight"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("[54, 36]"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("[53, 36]"), std::string::npos) << sentence;
}

TEST(CreateModel, StopsWhenProgressSaysSo) {
  const auto source = engine::ModelSource::open(tests::fixture("models/ernie4_5-tied"));
  const auto backend = engine::create_backend(tests::exact());
  int calls = 0;
  EXPECT_EQ(engine::create_model(*source, *backend, {}, [&](double) { return ++calls < 2; }), nullptr);
  EXPECT_EQ(calls, 2);
}

TEST(MemoryNeeded, IsWhatIsAllocated) {
  const auto source = engine::ModelSource::open(tests::fixture("models/ernie4_5-tied"));
  const auto needed = engine::memory_needed(*source, {}, 100);
  EXPECT_EQ(needed.weights, source->weight_bytes());
  EXPECT_EQ(needed.kv_cache, 128u * 3 * 2 * 2 * 16 * 2);  // whole pages: layers, keys and values, kv heads, width, f16
  EXPECT_EQ(needed.activations, engine::Activations::bytes_needed(source->config(), 256 + 4, 4));
}

}  // namespace
