#include <gtest/gtest.h>

#include <bit>
#include <future>
#include <numeric>

#include "engine/engine.h"
#include "tests/support/fixtures.h"
#include "tests/support/model_run.h"

// EngineOptions::deterministic: the oracle of every case is the same tokens computed in the plainest way, one by one by
// one thread.

namespace {

using namespace engine;
using Ids = std::vector<std::int32_t>;

const char* const kModels[] = {"models/ernie4_5-tied",           "models/ernie4_5-bf16",         "models/ernie4_5_moe-bias",
                               "models/glm4-base",               "quantised/ernie4_5-Q4_0.gguf", "quantised/ernie4_5-Q6_K.gguf",
                               "quantised/ernie4_5_moe-BF16.gguf", "quantised/glm4-Q4_K.gguf",
                               "quantised_hf/fp8-block-ernie4_5", "quantised_hf/gptq-whole-ernie4_5_moe"};

EngineOptions options_for(int threads, IsaChoice isa = IsaChoice::Auto) {
  EngineOptions options;
  options.isa = isa;
  options.device = DeviceChoice::Cpu;
  options.threads = threads;
  options.deterministic = true;
  return options;
}

Ids some_ids(std::int64_t count, std::int32_t factor = 7) {
  Ids ids;
  for (std::int32_t i = 0; i < count; ++i) ids.push_back(3 + i * factor % 300);
  return ids;
}

std::vector<std::uint32_t> bits_of(std::span<const float> values) {
  std::vector<std::uint32_t> bits;
  for (const float value : values) bits.push_back(std::bit_cast<std::uint32_t>(value));
  return bits;
}

/// Log probabilities of the whole vocabulary at each of a reply's tokens.
struct Reply {
  std::vector<std::uint32_t> bits;
  GenerationResult result;
};

std::future<Reply> ask(Engine& engine, const Ids& ids, std::int64_t tokens, std::uint64_t session = 0) {
  GenerationRequest request;
  request.prompt = {{"", false, ids}};
  request.session = session;
  request.sampling.do_sample = false;
  request.max_new_tokens = tokens;
  request.eos_token_ids = Ids();
  request.logprobs = 400;
  const auto reply = std::make_shared<Reply>();
  const auto promise = std::make_shared<std::promise<Reply>>();
  engine.submit(
      request,
      [reply](const TokenEvent& event) {
        for (const TokenAlternative& other : event.alternatives) {
          reply->bits.push_back(static_cast<std::uint32_t>(other.id));
          reply->bits.push_back(std::bit_cast<std::uint32_t>(other.logprob));
        }
      },
      [reply, promise](const GenerationResult& result) {
        reply->result = result;
        promise->set_value(*reply);
      });
  return promise->get_future();
}

TEST(Deterministic, LogitsDoNotDependOnChunksOrThreads) {
  for (const char* model : kModels) {
    for (const IsaChoice isa : {IsaChoice::Auto, IsaChoice::Avx2, IsaChoice::Portable}) {
      const Ids ids = some_ids(isa == IsaChoice::Auto ? 130 : 40);
      SCOPED_TRACE(model + std::string(" isa ") + std::to_string(static_cast<int>(isa)));
      const auto logits = [&](int threads, std::int64_t chunk) {
        tests::ModelRun run(tests::fixture(model), options_for(threads, isa));
        return bits_of(run.feed(run.fresh(), ids, chunk));
      };
      const std::vector<std::uint32_t> one_by_one = logits(1, 1);
      std::vector<std::pair<int, std::int64_t>> others = {{2, 33}};
      if (isa == IsaChoice::Auto) others = {{1, 7}, {1, 100}, {2, 1}, {2, 130}, {3, 100}, {3, 33}};
      for (const auto& [threads, chunk] : others) {
        EXPECT_TRUE(logits(threads, chunk) == one_by_one) << threads << " threads, chunks of " << chunk;
      }
    }
  }
}

TEST(Deterministic, LogitsDoNotDependOnWhatRunsBeside) {
  for (const char* model : kModels) {
    SCOPED_TRACE(model);
    EngineOptions options = options_for(2);
    options.max_sequences = 12;
    options.prefill_chunk = 64;
    options.context_length = 4096;
    const auto engine = Engine::load(tests::fixture(model), options);
    const Reply alone = ask(*engine, some_ids(50), 20).get();
    std::vector<std::future<Reply>> others;
    for (int i = 0; i < 10; ++i) others.push_back(ask(*engine, some_ids(9 + 11 * i, 11 + i), 30 + i));
    const Reply beside = ask(*engine, some_ids(50), 20).get();
    EXPECT_EQ(beside.result.ids, alone.result.ids);
    EXPECT_TRUE(beside.bits == alone.bits);
    for (std::future<Reply>& other : others) EXPECT_EQ(other.get().result.error, "");
  }
}

TEST(Deterministic, LogitsDoNotDependOnWhatWasCachedOrThawed) {
  for (const char* model : kModels) {
    SCOPED_TRACE(model);
    const tests::ScratchFolder scratch;
    const Ids first = some_ids(75);
    Ids second = first;
    {
      const auto engine = Engine::load(tests::fixture(model), options_for(2));
      const Reply turn = ask(*engine, first, 12, 1).get();
      second.insert(second.end(), turn.result.ids.begin(), turn.result.ids.end());
      for (const std::int32_t id : some_ids(9, 11)) second.push_back(id);
      std::promise<bool> frozen;
      engine->freeze(1, scratch.path() / "1.kv", 0, [&frozen](const SessionFileResult& result) { frozen.set_value(result.done); });
      ASSERT_TRUE(frozen.get_future().get());
    }
    const auto fresh = Engine::load(tests::fixture(model), options_for(1));
    const Reply whole = ask(*fresh, second, 12).get();
    EXPECT_EQ(whole.result.cached_tokens, 0);

    const auto engine = Engine::load(tests::fixture(model), options_for(2));
    engine->thaw(1, scratch.path() / "1.kv", {});
    const Reply thawed = ask(*engine, second, 12, 1).get();
    EXPECT_EQ(thawed.result.cached_tokens, 75 + 11);
    EXPECT_TRUE(thawed.bits == whole.bits);
    const Reply reused = ask(*engine, second, 12, 1).get();
    EXPECT_EQ(reused.result.cached_tokens, 75 + 12 + 9 - 1);
    EXPECT_TRUE(reused.bits == whole.bits);
  }
}

}  // namespace
