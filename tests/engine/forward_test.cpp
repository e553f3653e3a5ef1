// The forward pass: what a token's logits depend on (tokens before it) and what they do not (batch, chunk, thread,
// instruction set, address), and how it ends early.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <functional>

#include "engine/models/model.h"
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
using tests::last;
using tests::ModelRun;

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

}  // namespace
