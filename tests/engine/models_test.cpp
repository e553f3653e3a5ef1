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

TEST(DefaultMode, ValuesBeyondFloat16StayWithinBfloat16sTolerance) {
  const Golden golden("glm4-large");
  ModelRun run(golden.folder, {});
  EXPECT_EQ(run.cache.geometry().type, engine::KvType::BF16);
  for (const Case& test : golden.cases) {
    const std::vector<float> expected = golden.tensor(test.name + ".logits");
    const std::vector<float> logits = run.feed(run.fresh(), test.ids);
    EXPECT_TRUE(close_to(last(logits, expected.size()), expected, 1.0, 0.08)) << test.name;
  }
}

// The limits of what default settings may change: fixtures/tolerances.json, float16_kv_cache and bfloat16_arithmetic.
TEST(DefaultMode, Float16CacheStaysWithinItsTolerance) {
  for (const char* model : {"ernie4_5-tied", "ernie4_5-untied", "ernie4_5-bias", "ernie4_5-chat"}) {
    SCOPED_TRACE(model);
    const Golden golden(model);
    ModelRun run(golden.folder, {});
    EXPECT_EQ(run.cache.geometry().type, engine::KvType::F16);
    for (const Case& test : golden.cases) {
      const std::vector<float> expected = golden.tensor(test.name + ".logits");
      const std::vector<float> logits = run.feed(run.fresh(), test.ids);
      EXPECT_TRUE(close_to(last(logits, expected.size()), expected, 0.05, 0.01)) << test.name;
    }
  }
}

TEST(DefaultMode, CacheOfLeftOpenTypeFollowsWeightsAndBackend) {
  for (const char* model : {"models/ernie4_5-bf16", "models/glm4-base", "quantised/ernie4_5-Q4_0.gguf"}) {
    const auto source = engine::ModelSource::open(tests::fixture(model));
    const bool quantised = std::string(model).ends_with(".gguf"), glm = source->config().architecture == "glm4";
    for (const bool fast : {false, true}) {
      engine::BackendInfo where;
      where.fast_bf16_cache = fast;
      engine::EngineOptions options;
      const bool bf16 = glm || (fast && quantised);
      EXPECT_EQ(kv_geometry(*source, options, where).type, bf16 ? engine::KvType::BF16 : engine::KvType::F16) << model;
      options.kv_type = engine::KvType::F16;
      EXPECT_EQ(kv_geometry(*source, options, where).type, engine::KvType::F16) << model;
      options = tests::exact();
      EXPECT_EQ(kv_geometry(*source, options, where).type, engine::KvType::F32) << model;
    }
  }
}

TEST(DefaultMode, AnEightBitCacheStaysWithinItsTolerance) {
  for (const char* model : {"ernie4_5-untied", "glm4-base"}) {
    SCOPED_TRACE(model);
    const Golden golden(model);
    engine::EngineOptions options;
    options.kv_type = engine::KvType::Q8_0;
    ModelRun run(golden.folder, options);
    EXPECT_EQ(run.cache.geometry().bytes_per_token() * 32, 34 * run.model->config().num_layers * 2 *
                                                              run.model->config().num_kv_heads * run.model->config().head_dim);
    for (const Case& test : golden.cases) {
      for (const std::int64_t chunk : {256, 1}) {
        const std::vector<float> expected = golden.tensor(test.name + ".logits");
        const SequenceId sequence = run.fresh();
        const std::vector<float> logits = run.feed(sequence, test.ids, chunk);
        run.cache.close(sequence);
        // No reference has such a cache; numbers at random attend more sharply than trained ones, and feel it more.
        EXPECT_TRUE(close_to(last(logits, expected.size()), expected, 1.0, 0.1)) << test.name;
      }
    }
  }
  engine::EngineOptions options;
  options.kv_type = engine::KvType::Q8_0;
  EXPECT_THAT(tests::error_of([&] { ModelRun run(tests::fixture("models/ernie4_5-tied"), options); }),
              testing::HasSubstr("multiple of 32; this model's is 16"));
}

TEST(DefaultMode, Bfloat16WeightsStayWithinTheirTolerance) {
  const Golden golden("ernie4_5-bf16");
  ModelRun run(golden.folder, {});
  for (const Case& test : golden.cases) {
    const std::vector<float> expected = golden.tensor(test.name + ".logits");
    const std::vector<float> logits = run.feed(run.fresh(), test.ids);
    EXPECT_TRUE(close_to(last(logits, expected.size()), expected, 1.0, 0.08)) << test.name;
  }
}

TEST(Forward, ChunkedPrefillIsWholePrefill) {
  const Golden golden("ernie4_5-chat");
  ModelRun run(golden.folder, tests::exact(), 2048);
  const std::vector<float> whole = run.feed(run.fresh(), golden.longest().ids);
  for (const std::int64_t chunk : {1, 7, 32, 100}) {
    EXPECT_TRUE(close_to(run.feed(run.fresh(), golden.longest().ids, chunk), whole, 1e-4)) << chunk;
  }
}

TEST(Forward, InterleavedSequencesAreEachAlone) {
  const Golden golden("ernie4_5-tied");
  ModelRun run(golden.folder);
  const Case &a = golden.cases[2], &b = golden.cases[3];
  const std::vector<float> alone_a = run.feed(run.fresh(), a.ids), alone_b = run.feed(run.fresh(), b.ids);

  // Both prompts in every batch, in pieces of different size, and the logits put back in order.
  const SequenceId first = run.fresh(), second = run.fresh();
  const auto vocab = static_cast<std::size_t>(run.model->config().vocab_size);
  std::vector<float> together_a, together_b;
  std::size_t at_a = 0, at_b = 0;
  while (at_a < a.ids.size() || at_b < b.ids.size()) {
    engine::Batch batch;
    const std::size_t end_a = std::min(at_a + 5, a.ids.size()), end_b = std::min(at_b + 11, b.ids.size());
    ASSERT_TRUE(run.cache.reserve(first, static_cast<std::int64_t>(end_a - at_a)));
    ASSERT_TRUE(run.cache.reserve(second, static_cast<std::int64_t>(end_b - at_b)));
    for (std::size_t i = at_a; i < end_a; ++i) batch.tokens.push_back({a.ids[i], static_cast<std::int64_t>(i), first, true});
    for (std::size_t i = at_b; i < end_b; ++i) batch.tokens.push_back({b.ids[i], static_cast<std::int64_t>(i), second, true});
    ASSERT_TRUE(run.model->forward(batch, run.cache, run.activations, nullptr));
    run.cache.commit(first, std::span(a.ids).subspan(at_a, end_a - at_a));
    run.cache.commit(second, std::span(b.ids).subspan(at_b, end_b - at_b));
    const auto logits = run.activations.logits();
    const auto border = static_cast<std::ptrdiff_t>((end_a - at_a) * vocab);
    together_a.insert(together_a.end(), logits.begin(), logits.begin() + border);
    together_b.insert(together_b.end(), logits.begin() + border, logits.end());
    at_a = end_a;
    at_b = end_b;
  }
  EXPECT_TRUE(close_to(together_a, alone_a, 1e-4));
  EXPECT_TRUE(close_to(together_b, alone_b, 1e-4));
}

TEST(Forward, GreedyTokensDoNotDependOnThreads) {
  const Golden golden("ernie4_5-chat");
  for (const int threads : {1, 2, 5}) {
    engine::EngineOptions options = tests::exact();
    options.threads = threads;
    ModelRun run(golden.folder, options);
    const SequenceId sequence = run.fresh();
    const std::vector<float> prompt = run.feed(sequence, golden.longest().ids);
    EXPECT_EQ(run.greedy(sequence, prompt, 32), golden.longest().greedy) << threads;
  }
}

TEST(Forward, LogitsAreOnlyOfTheTokensThatAsked) {
  const Golden golden("ernie4_5-tied");
  ModelRun run(golden.folder);
  const Case& test = golden.cases[2];
  const std::vector<float> all = run.feed(run.fresh(), test.ids);
  const SequenceId sequence = run.fresh();
  ASSERT_TRUE(run.cache.reserve(sequence, static_cast<std::int64_t>(test.ids.size())));
  engine::Batch batch;
  for (std::size_t i = 0; i < test.ids.size(); ++i) {
    batch.tokens.push_back({test.ids[i], static_cast<std::int64_t>(i), sequence, i == 3 || i == 12});
  }
  ASSERT_TRUE(run.model->forward(batch, run.cache, run.activations, nullptr));
  const auto vocab = static_cast<std::size_t>(run.model->config().vocab_size);
  ASSERT_EQ(run.activations.logits().size(), 2 * vocab);
  EXPECT_TRUE(close_to(run.activations.logits(0), std::span(all).subspan(3 * vocab, vocab), 1e-4));
  EXPECT_TRUE(close_to(run.activations.logits(1), std::span(all).subspan(12 * vocab, vocab), 1e-4));
}

// The last layer computes no more than keys and values of tokens that do not ask.
TEST(Forward, TokensThatDoNotAskLeaveTheSameCacheBehind) {
  for (const char* model : {"ernie4_5-tied", "ernie4_5-rope-dynamic", "ernie4_5_moe-base", "glm4-base"}) {
    if (!tests::has_fixture(std::string("logits/") + model + ".json")) continue;
    const Golden golden(model);
    ModelRun run(golden.folder);
    const Case &a = golden.cases[2], &b = golden.cases[3];
    const auto vocab = static_cast<std::size_t>(run.model->config().vocab_size);
    const std::vector<float> all_a = run.feed(run.fresh(), a.ids), all_b = run.feed(run.fresh(), b.ids);
    // Of each sequence all but the last token in one batch, of which `asks` says who asks; then the last one.
    const auto check = [&](const std::function<bool(bool second, std::size_t i)>& asks) {
      const SequenceId first = run.fresh(), second = run.fresh();
      engine::Batch batch, next;
      std::vector<float> expected;
      for (const bool of_b : {false, true}) {
        const Case& test = of_b ? b : a;
        const std::vector<float>& all = of_b ? all_b : all_a;
        const SequenceId sequence = of_b ? second : first;
        ASSERT_TRUE(run.cache.reserve(sequence, static_cast<std::int64_t>(test.ids.size())));
        const std::size_t end = test.ids.size() - 1;
        for (std::size_t i = 0; i < end; ++i) {
          batch.tokens.push_back({test.ids[i], static_cast<std::int64_t>(i), sequence, asks(of_b, i), static_cast<std::int64_t>(end + 1)});
          if (!asks(of_b, i)) continue;
          const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i * vocab);
          expected.insert(expected.end(), begin, begin + static_cast<std::ptrdiff_t>(vocab));
        }
        next.tokens.push_back({test.ids[end], static_cast<std::int64_t>(end), sequence, true});
      }
      ASSERT_TRUE(run.model->forward(batch, run.cache, run.activations, nullptr));
      ASSERT_EQ(run.activations.logits().size(), expected.size());
      EXPECT_TRUE(expected.empty() || close_to(run.activations.logits(), expected, 1e-4)) << model;
      run.cache.commit(first, std::span(a.ids).first(a.ids.size() - 1));
      run.cache.commit(second, std::span(b.ids).first(b.ids.size() - 1));
      ASSERT_TRUE(run.model->forward(next, run.cache, run.activations, nullptr));
      EXPECT_TRUE(close_to(run.activations.logits(0), last(all_a, vocab), 1e-4)) << model;
      EXPECT_TRUE(close_to(run.activations.logits(1), last(all_b, vocab), 1e-4)) << model;
      run.cache.close(first);
      run.cache.close(second);
    };
    check([](bool, std::size_t) { return false; });
    check([&](bool second, std::size_t i) { return i + 2 == (second ? b : a).ids.size(); });
    check([](bool second, std::size_t i) { return second && i > 0 && i < 4; });
    check([](bool second, std::size_t i) { return second || i != 1; });
  }
}

TEST(Forward, StopFlagEndsItAndLeavesTheCacheAsItWas) {
  const Golden golden("ernie4_5-tied");
  ModelRun run(golden.folder);
  const SequenceId sequence = run.fresh();
  ASSERT_TRUE(run.cache.reserve(sequence, 1));
  const std::atomic<bool> stop = true;
  EXPECT_FALSE(run.model->forward({{{5, 0, sequence, true}}}, run.cache, run.activations, &stop));
  EXPECT_EQ(run.cache.length(sequence), 0);
}

TEST(Forward, RefusesForeignTokensAndGaps) {
  const Golden golden("ernie4_5-tied");
  ModelRun run(golden.folder);
  const SequenceId sequence = run.fresh();
  ASSERT_TRUE(run.cache.reserve(sequence, 4));
  EXPECT_THROW(run.model->forward({{{320, 0, sequence, true}}}, run.cache, run.activations, nullptr), engine::Error);
  EXPECT_THROW(run.model->forward({{{-1, 0, sequence, true}}}, run.cache, run.activations, nullptr), engine::Error);
  EXPECT_THROW(run.model->forward({{{1, 0, sequence, true}, {1, 2, sequence, true}}}, run.cache, run.activations, nullptr),
               engine::Error);
  EXPECT_THROW(run.model->forward({{{1, 4096, sequence, true}}}, run.cache, run.activations, nullptr), engine::Error);
  EXPECT_THROW(run.model->forward({}, run.cache, run.activations, nullptr), engine::Error);
}

/// Logits of a random model at an odd geometry.
std::vector<float> logits_of(const tests::TinyModel& shape, IsaChoice isa, std::int64_t chunk = 256) {
  const tests::ScratchFolder folder;
  tests::write_tiny_model(folder.path(), shape);
  ModelRun run(folder.path(), tests::exact(isa));
  std::vector<std::int32_t> ids;
  for (std::int32_t i = 0; i < 50; ++i) ids.push_back(i * 31 % 75);
  return run.feed(run.fresh(), ids, chunk);
}

TEST(OddGeometry, EveryInstructionSetAndChunkAgrees) {
  for (const engine::DType type : {engine::DType::F32, engine::DType::BF16, engine::DType::F16}) {
    for (const bool other : {false, true}) {
      tests::TinyModel shape;
      shape.type = type;
      shape.tie_word_embeddings = !other;
      shape.use_bias = other;
      shape.header_padding = other ? 3 : 0;
      const std::vector<float> expected = logits_of(shape, IsaChoice::Portable);
      EXPECT_TRUE(close_to(logits_of(shape, IsaChoice::Avx2), expected, 1e-4));
      EXPECT_TRUE(close_to(logits_of(shape, IsaChoice::Auto), expected, 1e-4));
      EXPECT_TRUE(close_to(logits_of(shape, IsaChoice::Auto, 1), expected, 1e-4));
    }
  }
}

TEST(OddGeometry, AnOddAddressChangesNothing) {
  tests::TinyModel shape;
  shape.type = engine::DType::BF16;
  shape.header_padding = 0;
  const std::vector<float> even = logits_of(shape, IsaChoice::Auto);
  for (shape.header_padding = 1; shape.header_padding < 4; ++shape.header_padding) {
    EXPECT_EQ(logits_of(shape, IsaChoice::Auto), even) << shape.header_padding;
  }
}

// A download that starts over, a drive that goes: the pages that are gone must end the request, not the program.
TEST(CutFile, EndsTheForwardPassWithASentence) {
  const tests::ScratchFolder folder;
  tests::TinyModel shape;
  shape.intermediate_size = 4000;  // larger than a page
  tests::write_tiny_model(folder.path(), shape);
  ModelRun run(folder.path(), tests::exact());
  const std::vector<std::int32_t> ids = {1, 2, 3};
  const std::vector<float> whole = run.feed(run.fresh(), ids);
  const auto file = folder.path() / "model.safetensors";
  const std::string bytes = tests::read_bytes(file);
  std::filesystem::resize_file(file, 5000);
  for (int i = 0; i < 2; ++i) {  // and again: zeros are no weights
    try {
      run.feed(run.fresh(), ids);
      ADD_FAILURE() << "computed with what is not there";
    } catch (const engine::Error& error) {
      EXPECT_EQ(error.code(), engine::ErrorCode::CorruptFile);
      EXPECT_NE(std::string(error.what()).find("became shorter while its model was in use"), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find(file.string()), std::string::npos) << error.what();
    }
  }
  folder.write("model.safetensors", bytes);
  ModelRun again(folder.path(), tests::exact());
  EXPECT_EQ(again.feed(again.fresh(), ids), whole);
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
