// What default settings may change against the reference: caches of fewer bits, arithmetic in bfloat16.
#include <gmock/gmock.h>

#include "engine/models/model.h"
#include "tests/support/error_of.h"
#include "tests/support/fixtures.h"
#include "tests/support/golden.h"
#include "tests/support/model_run.h"
#include "tests/support/tensor_matchers.h"

namespace {

using engine::SequenceId;
using Case = tests::GoldenCase;
using tests::close_to;
using tests::Golden;
using tests::last;
using tests::ModelRun;

// They stand in the residual stream and in the MLP; keys and values are made of normed rows.
TEST(DefaultMode, ValuesBeyondFloat16StayWithinBfloat16sTolerance) {
  const Golden golden("glm4-large");
  ModelRun run(golden.folder, {});
  EXPECT_EQ(run.cache.geometry().type, engine::KvType::F16);
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
  for (const char* model : {"models/ernie4_5-bf16", "models/glm4-base", "quantised/ernie4_5-Q4_0.gguf", "quantised/ernie4_5-Q6_K.gguf", "quantised/glm4-Q4_K.gguf"}) {
    const auto source = engine::ModelSource::open(tests::fixture(model));
    const bool few_bits = std::string(model).find("-Q4_") != std::string::npos, glm = std::string(model).find("glm4") != std::string::npos;
    for (const bool fast : {false, true}) {
      engine::BackendInfo where;
      where.fast_bf16_cache = fast;
      engine::EngineOptions options;
      const bool bf16 = fast && few_bits && !glm;
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

}  // namespace
