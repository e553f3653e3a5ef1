// Whole models against the reference implementation: tests/fixtures/logits holds what transformers computes.
#include "engine/models/model.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/formats/safetensors.h"
#include "tests/support/error_of.h"
#include "tests/support/fixtures.h"
#include "tests/support/golden.h"
#include "tests/support/model_run.h"
#include "tests/support/tensor_matchers.h"
#include "tests/support/tiny_model.h"

namespace {

using engine::IsaChoice;
using engine::SequenceId;
using Case = tests::GoldenCase;
using tests::close_to;
using tests::Golden;
using tests::kFloat32;
using tests::last;
using tests::ModelRun;

const char* const kModels[] = {
    "ernie4_5-tied", "ernie4_5-untied", "ernie4_5-bias", "ernie4_5-bf16", "ernie4_5-chat",
    "ernie4_5-rope-linear", "ernie4_5-rope-dynamic", "ernie4_5-rope-yarn", "ernie4_5-rope-yarn-explicit",
    "ernie4_5-rope-longrope", "ernie4_5-rope-llama3",
    "ernie4_5_moe-base", "ernie4_5_moe-interval", "ernie4_5_moe-range", "ernie4_5_moe-top1", "ernie4_5_moe-bias",
    "ernie4_5_moe-bf16",
    "glm4-base", "glm4-tied", "glm4-large", "glm4-rope-yarn", "glm4-bf16", "glm4-chat"};

class GoldenModel : public testing::TestWithParam<std::tuple<const char*, IsaChoice>> {
 protected:
  std::string model() const { return std::get<0>(GetParam()); }
  IsaChoice isa() const { return std::get<1>(GetParam()); }
  void SetUp() override {
    if (!tests::has_fixture("logits/" + model() + ".json")) GTEST_SKIP() << "only in the large corpus, which is not here";
  }
};

std::string name_of_case(const testing::TestParamInfo<GoldenModel::ParamType>& info) {
  std::string name = std::get<0>(info.param);
  std::replace(name.begin(), name.end(), '-', '_');
  const IsaChoice isa = std::get<1>(info.param);
  return name + (isa == IsaChoice::Portable ? "_portable" : isa == IsaChoice::Avx2 ? "_avx2" : "_best");
}

INSTANTIATE_TEST_SUITE_P(Models, GoldenModel,
                         testing::Combine(testing::ValuesIn(kModels),
                                          testing::Values(IsaChoice::Portable, IsaChoice::Avx2, IsaChoice::Auto)),
                         name_of_case);

TEST_P(GoldenModel, LogitsAreTheReferences) {
  const Golden golden(model());
  ModelRun run(golden.folder, tests::exact(isa()));
  double worst = 0;
  for (const Case& test : golden.cases) {
    SCOPED_TRACE(test.name);
    const std::vector<float> expected = golden.tensor(test.name + ".logits");
    const std::vector<float> logits = run.feed(run.fresh(), test.ids);
    EXPECT_TRUE(close_to(last(logits, expected.size()), expected, kFloat32));
    worst = std::max(worst, tests::difference(last(logits, expected.size()), expected).e_max);
  }
  RecordProperty("e_max", std::to_string(worst));
}

// Limits of what a cache of fewer bits may change, in default arithmetic: fixtures/tolerances.json, bfloat16_arithmetic; of
// 8 bits no reference knows, and numbers at random feel it more than trained ones.
TEST_P(GoldenModel, LogitsStayNearTheReferencesWithEveryCache) {
  const Golden golden(model());
  for (const auto& [type, e_rms] : {std::pair(engine::KvType::F32, 0.08), std::pair(engine::KvType::F16, 0.08),
                                    std::pair(engine::KvType::BF16, 0.08), std::pair(engine::KvType::Q8_0, 0.1)}) {
    engine::EngineOptions options;
    options.isa = isa();
    options.kv_type = type;
    const auto head_dim = engine::ModelSource::open(golden.folder)->config().head_dim;
    if (type == engine::KvType::Q8_0 && head_dim % 32 != 0) continue;
    if (type == engine::KvType::F16 && model() == "glm4-large") continue;  // values beyond float16
    ModelRun run(golden.folder, options);
    for (const Case& test : golden.cases) {
      const std::vector<float> expected = golden.tensor(test.name + ".logits");
      const SequenceId sequence = run.fresh();
      const std::vector<float> logits = run.feed(sequence, test.ids);
      run.cache.close(sequence);
      // A router at random may choose another expert for a hair's breadth, with float32 products just the same.
      const double limit = model().find("moe") == std::string::npos ? e_rms : 0.1;
      EXPECT_TRUE(close_to(last(logits, expected.size()), expected, INFINITY, limit))
          << test.name << ", cache " << static_cast<int>(type);
    }
  }
}

TEST_P(GoldenModel, SecondTurnContinuesTheCache) {
  const Golden golden(model());
  ModelRun run(golden.folder, tests::exact(isa()));
  for (const Case& test : golden.cases) {
    SCOPED_TRACE(test.name);
    const SequenceId sequence = run.fresh();
    const std::vector<float> prompt = run.feed(sequence, test.ids);
    EXPECT_EQ(run.greedy(sequence, prompt, test.greedy.size()), test.greedy);

    std::vector<std::int32_t> turn{test.greedy.back()};
    turn.insert(turn.end(), test.turn_ids.begin(), test.turn_ids.end());
    const std::vector<float> logits = run.feed(sequence, turn);
    EXPECT_TRUE(close_to(logits, golden.tensor(test.name + ".turn_logits"), kFloat32));
    EXPECT_EQ(run.greedy(sequence, logits, test.turn_greedy.size()), test.turn_greedy);
    run.cache.close(sequence);
  }
}

TEST_P(GoldenModel, HiddenStatesAndAttentionsAreTheReferences) {
  const Golden golden(model());
  ModelRun run(golden.folder, tests::exact(isa()));
  const std::int64_t layers = run.model->config().num_layers;
  for (const Case& test : golden.cases) {
    SCOPED_TRACE(test.name);
    const SequenceId sequence = run.fresh();
    engine::Probe probe;
    probe.want_hidden_states = true;
    probe.want_attentions = {layers - 1};
    run.feed(sequence, test.ids, 256, &probe);
    ASSERT_EQ(probe.hidden_states.size(), static_cast<std::size_t>(layers + 1));
    for (std::int64_t i = 0; i <= layers; ++i) {
      std::string name = test.name + ".hidden." + (i == 0 ? "embed" : i == layers ? "norm" : "layer" + std::to_string(i - 1));
      if (!golden.has(name)) name += ".last8";
      const std::vector<float> expected = golden.tensor(name);
      EXPECT_TRUE(close_to(last(probe.hidden_states[static_cast<std::size_t>(i)], expected.size()), expected, kFloat32))
          << name;
    }
    const std::string name = test.name + ".attention.layer" + std::to_string(layers - 1);
    const std::size_t tokens = test.ids.size(), shown = golden.has(name) ? tokens : 8;
    const std::vector<float> expected = golden.tensor(golden.has(name) ? name : name + ".last8");
    for (std::size_t head = 0; head < expected.size() / (shown * tokens); ++head) {
      for (std::size_t i = 0; i < shown * tokens; ++i) {
        const float actual = probe.attentions[0][head * tokens * tokens + (tokens - shown) * tokens + i];
        ASSERT_NEAR(actual, expected[head * shown * tokens + i], 1e-4) << "head " << head << ", " << i;
      }
    }
    run.cache.close(sequence);
  }
}

TEST_P(GoldenModel, RoutersChooseTheReferencesExperts) {
  const Golden golden(model());
  ModelRun run(golden.folder, tests::exact(isa()));
  const engine::MoeConfig& moe = run.model->config().moe;
  for (const Case& test : golden.cases) {
    SCOPED_TRACE(test.name);
    const SequenceId sequence = run.fresh();
    engine::Probe probe;
    probe.want_routers = true;
    run.feed(sequence, test.ids, 256, &probe);
    run.cache.close(sequence);
    std::size_t seen = 0;
    for (std::int64_t layer = 0; layer < run.model->config().num_layers; ++layer) {
      std::string name = test.name + ".router.layer" + std::to_string(layer);
      const std::string end = golden.has(name + ".logits") ? "" : ".last8";
      ASSERT_EQ(golden.has(name + ".logits" + end), moe.has_experts(layer)) << name;
      if (!moe.has_experts(layer)) continue;
      ASSERT_LT(seen, probe.routers.size());
      const engine::Probe::Router& router = probe.routers[seen++];
      EXPECT_EQ(router.layer, layer);
      const std::vector<float> logits = golden.tensor(name + ".logits" + end), weights = golden.tensor(name + ".weights" + end);
      EXPECT_TRUE(close_to(last(router.logits, logits.size()), logits, kFloat32)) << name;
      EXPECT_TRUE(close_to(last(router.weights, weights.size()), weights, kFloat32)) << name;
      const std::vector<std::int64_t> experts = golden.integers(name + ".experts" + end);
      const auto chosen = std::span(router.chosen).last(experts.size());
      EXPECT_TRUE(std::equal(chosen.begin(), chosen.end(), experts.begin())) << name;
    }
    EXPECT_EQ(seen, probe.routers.size());
  }
}

TEST_P(GoldenModel, ChunksOfAPromptAreThePromptAsAWhole) {
  const Golden golden(model());
  ModelRun run(golden.folder, tests::exact(isa()), 4096);
  for (const std::int64_t chunk : {1, 7, 100}) {
    const std::vector<float> expected = golden.tensor(golden.longest().name + ".logits");
    const std::vector<float> logits = run.feed(run.fresh(), golden.longest().ids, chunk);
    EXPECT_TRUE(close_to(last(logits, expected.size()), expected, kFloat32)) << chunk;
  }
}

TEST(Classifier, LabelsOfASequenceAndOfEachTokenAreTheReferences) {
  for (const char* model : {"glm4-sequence-classification", "glm4-token-classification"}) {
    const auto json = nlohmann::json::parse(tests::read_bytes(tests::fixture(std::string("logits/") + model + ".json")));
    const auto files = engine::SafetensorsFiles::open_file(tests::fixture(std::string("logits/") + model + ".safetensors"));
    ModelRun run(tests::fixture(std::string("models/") + model), tests::exact());
    const bool each_token = run.model->config().task == engine::ModelTask::TokenClassification;
    const auto labels = static_cast<std::size_t>(run.model->config().output_size());
    for (const auto& test : json.at("cases")) {
      const std::string name = test.at("name");
      SCOPED_TRACE(std::string(model) + " " + name);
      const engine::TensorView& view = files.tensors().at(name + ".logits");
      std::vector<float> expected(view.bytes.size() / sizeof(float));
      std::memcpy(expected.data(), view.bytes.data(), view.bytes.size());
      const auto rows = test.at("ids").get<std::vector<std::vector<std::int32_t>>>();
      const auto masks = test.at("attention_mask").get<std::vector<std::vector<int>>>();
      for (std::size_t row = 0; row < rows.size(); ++row) {
        // A row without its padding is one sequence.
        std::vector<std::int32_t> ids;
        std::size_t first = rows[row].size();
        for (std::size_t i = 0; i < rows[row].size(); ++i) {
          if (masks[row][i] == 0) continue;
          first = std::min(first, i);
          ids.push_back(rows[row][i]);
        }
        if (ids.empty()) continue;
        const SequenceId sequence = run.fresh();
        const std::vector<float> logits = run.feed(sequence, ids);
        run.cache.close(sequence);
        if (each_token) {
          const auto golden = std::span(expected).subspan((row * rows[row].size() + first) * labels, ids.size() * labels);
          EXPECT_TRUE(close_to(logits, golden, kFloat32)) << "row " << row;
        } else {
          // The rightmost token that is not the padding token says it.
          std::size_t at = ids.size() - 1;
          while (at > 0 && ids[at] == run.model->config().pad_token_id) --at;
          EXPECT_TRUE(close_to(std::span(logits).subspan(at * labels, labels), std::span(expected).subspan(row * labels, labels), kFloat32))
              << "row " << row;
        }
      }
    }
  }
}

}  // namespace
