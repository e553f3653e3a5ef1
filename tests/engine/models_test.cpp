// Whole models against the reference implementation: tests/fixtures/logits holds what transformers computes.
#include "engine/models/model.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/formats/safetensors.h"
#include "tests/support/fixtures.h"
#include "tests/support/model_run.h"
#include "tests/support/tensor_matchers.h"

namespace {

using engine::IsaChoice;
using engine::SequenceId;
using tests::close_to;
using tests::ModelRun;

constexpr double kFloat32 = 1e-3;  // fixtures/tolerances.json, float32_arithmetic and hidden_states_float32

struct Case {
  std::string name;
  std::vector<std::int32_t> ids, greedy, turn_ids, turn_greedy;
};

/// The golden file of one model.
class Golden {
 public:
  explicit Golden(const std::string& model)
      : folder(tests::fixture("models/" + model)),
        files_(engine::SafetensorsFiles::open_file(tests::fixture("logits/" + model + ".safetensors"))) {
    const auto json = nlohmann::json::parse(tests::read_bytes(tests::fixture("logits/" + model + ".json")));
    for (const auto& entry : json.at("cases")) {
      cases.push_back({entry.at("name"), entry.at("ids"), entry.at("greedy"), entry.at("turn_ids"),
                       entry.at("turn_greedy")});
    }
  }
  bool has(const std::string& name) const { return files_.tensors().contains(name); }
  std::vector<float> tensor(const std::string& name) const {
    const engine::TensorView& view = files_.tensors().at(name);
    std::vector<float> values(view.bytes.size() / sizeof(float));
    std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
    return values;
  }
  const Case& longest() const { return cases.back(); }

  std::filesystem::path folder;
  std::vector<Case> cases;

 private:
  engine::SafetensorsFiles files_;
};

std::span<const float> last(const std::vector<float>& values, std::size_t count) {
  return std::span(values).last(std::min(count, values.size()));
}

const char* const kModels[] = {"ernie4_5-tied", "ernie4_5-untied", "ernie4_5-bias", "ernie4_5-bf16", "ernie4_5-chat"};

class GoldenModel : public testing::TestWithParam<std::tuple<const char*, IsaChoice>> {
 protected:
  std::string model() const { return std::get<0>(GetParam()); }
  IsaChoice isa() const { return std::get<1>(GetParam()); }
};

std::string name_of_case(const testing::TestParamInfo<GoldenModel::ParamType>& info) {
  std::string name = std::get<0>(info.param);
  name = name.substr(name.rfind('-') + 1);
  const IsaChoice isa = std::get<1>(info.param);
  return name + (isa == IsaChoice::Portable ? "_portable" : isa == IsaChoice::Avx2 ? "_avx2" : "_best");
}

INSTANTIATE_TEST_SUITE_P(Ernie, GoldenModel,
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

}  // namespace
