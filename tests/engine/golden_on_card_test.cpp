// Whole models on an NVIDIA card: the reference's logits where the repository has them, else the portable CPU's. Skipped
// with the reason where no card can be used.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/backends/backend.h"
#include "engine/backends/cuda_module.h"
#include "tests/support/fixtures.h"
#include "tests/support/golden.h"
#include "tests/support/model_run.h"
#include "tests/support/tensor_matchers.h"

namespace {

using engine::SequenceId;
using tests::close_to;
using tests::last;
using tests::ModelRun;

engine::EngineOptions on_card(engine::ComputeMode compute) {
  engine::EngineOptions options = tests::exact();
  options.device = engine::DeviceChoice::Cuda;
  options.compute = compute;
  return options;
}

class OnCard : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    for (const engine::DeviceInfo& device : engine::cuda_devices()) {
      if (device.usable) return;
      GTEST_SKIP() << "no NVIDIA card: " << device.reason;
    }
  }
};

std::string name_of_case(const testing::TestParamInfo<const char*>& info) {
  std::string name = info.param;
  std::replace_if(name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}

class GoldenOnCard : public OnCard {};

INSTANTIATE_TEST_SUITE_P(Models, GoldenOnCard,
                         testing::Values("ernie4_5-tied", "ernie4_5-untied", "ernie4_5-bias", "ernie4_5-bf16",
                                         "ernie4_5_moe-bias", "ernie4_5_moe-interval", "ernie4_5_moe-range", "glm4-base",
                                         "glm4-large", "glm4-rope-yarn"),
                         name_of_case);

TEST_P(GoldenOnCard, LogitsAndGreedyTokensAreTheReferences) {
  const tests::Golden golden(GetParam());
  ModelRun run(golden.folder, on_card(engine::ComputeMode::F32));
  for (const tests::GoldenCase& test : golden.cases) {
    SCOPED_TRACE(test.name);
    const std::vector<float> expected = golden.tensor(test.name + ".logits");
    const SequenceId sequence = run.fresh();
    const std::vector<float> logits = run.feed(sequence, test.ids);
    EXPECT_TRUE(close_to(last(logits, expected.size()), expected, tests::kFloat32));
    EXPECT_EQ(run.greedy(sequence, logits, test.greedy.size()), test.greedy);
    run.cache.close(sequence);
    const SequenceId again = run.fresh();  // one by one, as in decoding
    EXPECT_TRUE(close_to(last(run.feed(again, test.ids, 1), expected.size()), expected, tests::kFloat32));
    run.cache.close(again);
  }
}

// Limits: fixtures/tolerances.json, bfloat16_arithmetic. A router at random may choose another expert for a hair's breadth.
TEST_P(GoldenOnCard, LogitsStayNearTheReferencesInBfloat16) {
  const tests::Golden golden(GetParam());
  for (const engine::KvType type : {engine::KvType::F16, engine::KvType::BF16}) {
    if (type == engine::KvType::F16 && golden.folder.filename() == "glm4-large") continue;  // values beyond float16
    engine::EngineOptions options = on_card(engine::ComputeMode::Auto);
    options.kv_type = type;
    ModelRun run(golden.folder, options);
    for (const tests::GoldenCase& test : golden.cases) {
      const std::vector<float> expected = golden.tensor(test.name + ".logits");
      const SequenceId sequence = run.fresh();
      const std::vector<float> logits = run.feed(sequence, test.ids);
      run.cache.close(sequence);
      EXPECT_TRUE(close_to(last(logits, expected.size()), expected, INFINITY, 0.1)) << test.name;
    }
  }
}

class ModelFileOnCard : public OnCard {};

INSTANTIATE_TEST_SUITE_P(Files, ModelFileOnCard,
                         testing::Values("quantised/ernie4_5-Q4_0.gguf", "quantised/ernie4_5-Q6_K.gguf",
                                         "quantised/glm4-Q4_K.gguf", "quantised/ernie4_5_moe-BF16.gguf",
                                         "quantised_hf/fp8-block-ernie4_5", "quantised_hf/fp8-channel-glm4",
                                         "quantised_hf/fp8-tensor-ernie4_5_moe", "quantised_hf/gptq-act-order-ernie4_5",
                                         "quantised_hf/gptq-whole-ernie4_5_moe"),
                         name_of_case);

TEST_P(ModelFileOnCard, LogitsAreThePortableOnes) {
  if (!tests::has_fixture(GetParam())) GTEST_SKIP() << "only in the large corpus, which is not here";
  std::vector<std::int32_t> ids;
  for (std::int32_t i = 0; i < 75; ++i) ids.push_back(3 + i * 7 % 250);
  ModelRun right(tests::any_fixture(GetParam()), tests::exact(engine::IsaChoice::Portable));
  const std::vector<float> expected = right.feed(right.fresh(), ids);
  for (const bool deterministic : {false, true}) {
    engine::EngineOptions options = on_card(engine::ComputeMode::F32);
    options.deterministic = deterministic;
    ModelRun run(tests::any_fixture(GetParam()), options);
    for (const std::int64_t chunk : {75, 20, 3}) {
      const SequenceId sequence = run.fresh();
      EXPECT_TRUE(close_to(run.feed(sequence, ids, chunk), expected, 1e-3)) << "chunk " << chunk;
      run.cache.close(sequence);
    }
  }
}

}  // namespace
