#include "engine/generation/scheduler.h"

#include <thread>

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "engine/backends/backend.h"
#include "engine/formats/model_source.h"
#include "engine/generation/model_defaults.h"
#include "engine/layers/activations.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/fixtures.h"

namespace {

using namespace engine;
using nlohmann::json;
using testing::HasSubstr;
using Ids = std::vector<std::int32_t>;

/// What the callbacks of one request saw.
struct Seen {
  std::vector<TokenEvent> events;
  std::vector<GenerationResult> results;
  RequestId id = 0;
  std::string text;  ///< as shown, the tail included
  bool ended() const { return !results.empty(); }
  const GenerationResult& result() const { return results.at(0); }
  Ids ids() const {
    Ids all;
    for (const TokenEvent& event : events) all.push_back(event.id);
    return all;
  }
};

/// The small chat model of the fixtures with a scheduler that the test steps itself.
class Workbench {
 public:
  explicit Workbench(std::int64_t cache_tokens = 512, SchedulerLimits limits = {4, 256}) {
    options_.compute = ComputeMode::F32;
    options_.device = DeviceChoice::Cpu;
    source_ = ModelSource::open(tests::fixture("models/ernie4_5-chat"));
    tokenizer_ = Tokenizer::create(source_->tokenizer_data());
    backend_ = create_backend(options_);
    model_ = create_model(*source_, *backend_, options_, {});
    cache_ = std::make_unique<KvCache>(kv_geometry(source_->config(), options_), cache_tokens);
    activations_ =
        std::make_unique<Activations>(*backend_, source_->config(), limits.max_batch_tokens(), limits.max_sequences);
    vocabulary_ = make_vocabulary(*source_, tokenizer_.get(), std::min(source_->config().context_length, cache_tokens));
    files_ = std::make_unique<SessionFiles>(*cache_, [] { return Fingerprint{1, 2}; });
    scheduler_ = std::make_unique<Scheduler>(*model_, *cache_, *activations_, vocabulary_, queue_, *files_, limits);
  }

  /// A greedy request without end tokens, changed as the test wants.
  std::shared_ptr<Seen> submit(const Ids& prompt, std::int64_t max_new_tokens,
                               const std::function<void(GenerationRequest&)>& change = {}) {
    SubmittedRequest submitted;
    submitted.prompt_ids = prompt;
    submitted.request.sampling.do_sample = false;
    submitted.request.max_new_tokens = max_new_tokens;
    submitted.request.eos_token_ids = Ids();
    if (change) change(submitted.request);
    auto seen = std::make_shared<Seen>();
    submitted.on_tokens = [seen](const TokenEvent& event) {
      EXPECT_FALSE(seen->ended()) << "a token after the end";
      seen->events.push_back(event);
      seen->text += event.text;
    };
    submitted.on_finish = [seen](const GenerationResult& result) {
      seen->results.push_back(result);
      seen->text += result.tail_text;
    };
    seen->id = queue_.submit(std::move(submitted));
    return seen;
  }
  bool step() { return scheduler_->step(); }
  void run() {
    while (scheduler_->step()) {
    }
  }
  /// The reply to one request that runs alone.
  std::shared_ptr<Seen> reply(const Ids& prompt, std::int64_t max_new_tokens,
                              const std::function<void(GenerationRequest&)>& change = {}) {
    auto seen = submit(prompt, max_new_tokens, change);
    run();
    return seen;
  }

  RequestQueue queue_;
  EngineOptions options_;
  std::unique_ptr<ModelSource> source_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<KvCache> cache_;
  std::unique_ptr<Activations> activations_;
  Vocabulary vocabulary_;
  std::unique_ptr<SessionFiles> files_;
  std::unique_ptr<Scheduler> scheduler_;
};

/// The reference's greedy continuations of five prompts, 1 to 200 tokens long.
json golden_cases() {
  return json::parse(tests::read_bytes(tests::fixture("logits/ernie4_5-chat.json"))).at("cases");
}

Ids joined(std::initializer_list<Ids> parts) {
  Ids all;
  for (const Ids& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

TEST(Scheduler, GreedyRepliesEqualTheReference) {
  Workbench bench;
  for (const json& one : golden_cases()) {
    const auto seen = bench.reply(one.at("ids"), 32);
    EXPECT_EQ(seen->ids(), one.at("greedy").get<Ids>()) << one.at("name");
    EXPECT_EQ(seen->result().finish_reason, FinishReason::Length);
    EXPECT_EQ(seen->result().ids, seen->ids());
    EXPECT_EQ(seen->result().completion_tokens, 32);
  }
}

TEST(Scheduler, RepliesSideBySideEqualEachAlone) {
  Workbench bench(2048);
  std::vector<std::shared_ptr<Seen>> replies;
  const json cases = golden_cases();
  for (const json& one : cases) replies.push_back(bench.submit(one.at("ids"), 32));
  bench.run();
  for (std::size_t i = 0; i < replies.size(); ++i) EXPECT_EQ(replies[i]->ids(), cases[i].at("greedy").get<Ids>()) << i;
}

TEST(Scheduler, PromptsReadInChunksGiveTheSameReply) {
  Workbench bench(512, {2, 7});
  for (const json& one : golden_cases()) EXPECT_EQ(bench.reply(one.at("ids"), 32)->ids(), one.at("greedy").get<Ids>());
}

TEST(Scheduler, AReplyGoesOnWhileAnotherPromptIsRead) {
  Workbench bench(2048, {2, 16});
  const json cases = golden_cases();
  const auto first = bench.submit(cases[1].at("ids"), 32);
  bench.step();
  ASSERT_EQ(first->events.size(), 1U);
  const auto second = bench.submit(cases[4].at("ids"), 4);  // 200 tokens: 13 chunks of 16
  for (std::size_t round = 1; round <= 13; ++round) {
    EXPECT_EQ(second->events.size(), 0U);
    bench.step();
    EXPECT_EQ(first->events.size(), 1 + round);
  }
  EXPECT_EQ(second->events.size(), 1U);
  bench.run();
  EXPECT_EQ(first->ids(), cases[1].at("greedy").get<Ids>());
}

TEST(Scheduler, MoreRequestsThanFitWaitTheirTurn) {
  Workbench bench(2048, {2, 256});
  const json cases = golden_cases();
  std::vector<std::shared_ptr<Seen>> replies;
  for (int i = 0; i < 5; ++i) replies.push_back(bench.submit(cases[1].at("ids"), 3));
  bench.step();
  EXPECT_EQ(replies[1]->events.size(), 1U);
  EXPECT_EQ(replies[2]->events.size(), 0U);
  bench.run();
  for (const auto& reply : replies) EXPECT_EQ(reply->result().completion_tokens, 3);
}

TEST(Scheduler, CancellingOneReplyTakesNothingFromTheOther) {
  Workbench bench(2048);
  const json cases = golden_cases();
  const auto cancelled = bench.submit(cases[2].at("ids"), 32), other = bench.submit(cases[3].at("ids"), 32);
  for (int i = 0; i < 5; ++i) bench.step();
  bench.queue_.cancel(cancelled->id);
  bench.run();
  ASSERT_EQ(cancelled->results.size(), 1U);
  EXPECT_EQ(cancelled->result().finish_reason, FinishReason::Cancelled);
  EXPECT_EQ(cancelled->result().ids.size(), 5U);
  EXPECT_EQ(other->ids(), cases[3].at("greedy").get<Ids>());
}

TEST(Scheduler, CancelledFromACallbackMeansNoFurtherToken) {
  Workbench bench;
  SubmittedRequest submitted;
  submitted.prompt_ids = {50, 60, 70};
  int tokens = 0;
  std::optional<FinishReason> reason;
  RequestId id = 0;
  submitted.on_tokens = [&](const TokenEvent&) {
    if (++tokens == 3) bench.queue_.cancel(id);
  };
  submitted.on_finish = [&](const GenerationResult& result) { reason = result.finish_reason; };
  id = bench.queue_.submit(std::move(submitted));
  bench.run();
  EXPECT_EQ(tokens, 3);
  EXPECT_EQ(reason, FinishReason::Cancelled);
}

TEST(Scheduler, WaitingRequestsCanBeCancelled) {
  Workbench bench(512, {1, 256});
  const auto running = bench.submit({50, 60}, 8), waiting = bench.submit({70, 80}, 8);
  bench.step();
  bench.queue_.cancel(waiting->id);
  bench.run();
  EXPECT_EQ(waiting->result().finish_reason, FinishReason::Cancelled);
  EXPECT_TRUE(waiting->events.empty());
  EXPECT_EQ(running->result().completion_tokens, 8);
}

TEST(Scheduler, TheNextTurnFindsThePromptAndTheReplyInTheCache) {
  for (const json& one : golden_cases()) {
    Workbench bench;
    const auto in_session = [](GenerationRequest& request) { request.session = 9; };
    const Ids first = one.at("ids"), greedy = one.at("greedy");
    const auto turn = bench.reply(first, 32, in_session);
    EXPECT_EQ(turn->result().cached_tokens, 0);
    const auto next = bench.reply(joined({first, greedy, one.at("turn_ids")}), 16, in_session);
    // The last token of the reply was never fed, so it is not cached.
    EXPECT_EQ(next->result().cached_tokens, static_cast<std::int64_t>(first.size()) + 31);
    EXPECT_EQ(next->result().prompt_tokens, static_cast<std::int64_t>(first.size()) + 39);
    EXPECT_EQ(next->ids(), one.at("turn_greedy").get<Ids>()) << one.at("name");
  }
}

TEST(Scheduler, AForgottenSessionIsComputedAnew) {
  Workbench bench;
  const Ids prompt = golden_cases()[2].at("ids");
  const auto in_session = [](GenerationRequest& request) { request.session = 9; };
  bench.reply(prompt, 4, in_session);
  EXPECT_EQ(bench.reply(prompt, 4, in_session)->result().cached_tokens, 16);
  bench.queue_.forget(9);
  EXPECT_EQ(bench.reply(prompt, 4, in_session)->result().cached_tokens, 0);
}

TEST(Scheduler, StopsEqualTheReference) {
  Workbench bench;
  const json golden = json::parse(tests::read_bytes(tests::fixture("sampling/generate.json")));
  for (const json& one : golden.at("cases")) {
    const json& settings = one.at("settings");
    const auto seen = bench.reply(one.at("ids"), settings.at("max_new_tokens"), [&](GenerationRequest& request) {
      request.sampling.repetition_penalty = settings.value("repetition_penalty", 1.0);
      request.stop = settings.value("stop_strings", std::vector<std::string>());
      request.eos_token_ids = settings.at("eos_token_id").get<Ids>();
    });
    EXPECT_EQ(seen->ids(), one.at("sequences").at(0).get<Ids>()) << one.at("name");
    if (!one.contains("text_before_stop")) continue;
    EXPECT_EQ(seen->text, one.at("text_before_stop").get<std::string>()) << one.at("name");
    EXPECT_EQ(seen->result().finish_reason, FinishReason::Stop);
  }
}

TEST(Scheduler, TheEndTokenComesWithoutTextAndEndsTheReply) {
  Workbench bench;
  const json one = golden_cases()[2];
  const Ids greedy = one.at("greedy");
  const auto seen =
      bench.reply(one.at("ids"), 32, [&](GenerationRequest& request) { request.eos_token_ids = Ids{greedy[6]}; });
  const auto end = std::find(greedy.begin(), greedy.end(), greedy[6]) - greedy.begin() + 1;
  EXPECT_EQ(seen->ids(), Ids(greedy.begin(), greedy.begin() + end));
  EXPECT_EQ(seen->events.back().text, "");
  EXPECT_EQ(seen->result().finish_reason, FinishReason::Stop);
}

TEST(Scheduler, TextOfAllEventsAndTheTailIsTheDecodedReply) {
  Workbench bench;
  for (const json& one : golden_cases()) {
    const auto seen =
        bench.reply(one.at("ids"), 32, [](GenerationRequest& request) { request.stop = {"never there"}; });
    EXPECT_EQ(seen->text, bench.tokenizer_->decode(one.at("greedy").get<Ids>(), true));
  }
}

TEST(Scheduler, APromptThatDoesNotFitIsRefusedWithItsLength) {
  Workbench bench(64);
  const auto seen = bench.reply(Ids(64, 50), 4);
  EXPECT_EQ(seen->result().finish_reason, FinishReason::Error);
  EXPECT_EQ(seen->result().error_code, ErrorCode::ContextFull);
  EXPECT_THAT(seen->result().error, HasSubstr("64 tokens"));
}

TEST(Scheduler, AReplyEndsWithASentenceWhereTheContextIsFull) {
  Workbench bench(64);
  const auto seen = bench.reply(Ids(60, 50), 0);
  EXPECT_EQ(seen->result().finish_reason, FinishReason::Length);
  EXPECT_EQ(seen->result().completion_tokens, 4);
  EXPECT_EQ(seen->result().error_code, ErrorCode::ContextFull);
  EXPECT_THAT(seen->result().error, HasSubstr("64 tokens is full"));
}

TEST(Scheduler, WithoutRoomInTheCacheARequestWaitsAndAReplyEnds) {
  // Two pages of 32: the first prompt takes both, then two replies of one page each outgrow them.
  Workbench bench(64);
  const auto large = bench.submit(Ids(40, 50), 3), small = bench.submit(Ids(10, 60), 3);
  bench.step();
  EXPECT_EQ(large->events.size(), 1U);
  EXPECT_EQ(small->events.size(), 0U);
  bench.run();
  EXPECT_EQ(small->result().completion_tokens, 3);

  const auto one = bench.submit(Ids(30, 70), 0), two = bench.submit(Ids(31, 80), 0);
  bench.run();
  EXPECT_EQ(two->result().finish_reason, FinishReason::Length);
  EXPECT_EQ(two->result().error_code, ErrorCode::ContextFull);
  EXPECT_THAT(two->result().error, HasSubstr("KV cache"));
  EXPECT_EQ(two->result().completion_tokens, 2);
  EXPECT_EQ(one->result().completion_tokens, 34);  // had the room to itself afterwards
}

TEST(Scheduler, WhatIsWrongWithOneRequestLeavesTheOthersAlone) {
  Workbench bench(2048);
  const json good = golden_cases()[1];
  const auto first = bench.submit(good.at("ids"), 32);
  const auto bad_id = bench.submit({5, 1200}, 4), negative = bench.submit({-1}, 4), empty = bench.submit({}, 4);
  const auto bad_setting = bench.submit({5}, 4, [](GenerationRequest& request) { request.sampling.top_p = 2; });
  const auto bad_stop = bench.submit({5}, 4, [](GenerationRequest& request) { request.stop = {""}; });
  SubmittedRequest throwing;
  throwing.prompt_ids = {5};
  throwing.on_tokens = [](const TokenEvent&) { throw std::runtime_error("the window is gone"); };
  std::vector<GenerationResult> thrown;
  throwing.on_finish = [&thrown](const GenerationResult& result) {
    thrown.push_back(result);
    throw std::runtime_error("and so is this");
  };
  bench.queue_.submit(std::move(throwing));
  bench.run();
  EXPECT_EQ(first->ids(), good.at("greedy").get<Ids>());
  for (const auto& refused : {bad_id, negative, empty, bad_setting, bad_stop}) {
    ASSERT_EQ(refused->results.size(), 1U);
    EXPECT_EQ(refused->result().finish_reason, FinishReason::Error);
    EXPECT_EQ(refused->result().error_code, ErrorCode::InvalidRequest);
    EXPECT_TRUE(refused->events.empty());
  }
  EXPECT_THAT(bad_id->result().error, HasSubstr("1200"));
  EXPECT_THAT(bad_setting->result().error, HasSubstr("top_p"));
  ASSERT_EQ(thrown.size(), 1U);
  EXPECT_THAT(thrown[0].error, HasSubstr("the window is gone"));
}

TEST(Scheduler, TheSeedThatIsToldGivesTheSameReplyAgain) {
  Workbench bench;
  const auto drawn = [](std::uint64_t seed) {
    return [seed](GenerationRequest& request) {
      request.sampling = {};
      request.sampling.seed = seed;
    };
  };
  const auto first = bench.reply({50, 60, 70}, 24, drawn(0)), second = bench.reply({50, 60, 70}, 24, drawn(0));
  EXPECT_NE(first->result().seed, 0U);
  EXPECT_NE(first->ids(), second->ids());
  EXPECT_EQ(bench.reply({50, 60, 70}, 24, drawn(first->result().seed))->ids(), first->ids());
}

TEST(Scheduler, UpdatedSamplingHoldsFromTheNextTokenOn) {
  Workbench bench;
  const Ids prompt = golden_cases()[2].at("ids"), greedy = golden_cases()[2].at("greedy");
  const auto seen = bench.submit(prompt, 8);
  for (int i = 0; i < 3; ++i) bench.step();
  SamplingParams penalised;
  penalised.do_sample = false;
  penalised.repetition_penalty = 1000;  // nothing that occurred can win again, unless its score is the least negative
  bench.queue_.update(seen->id, penalised);
  bench.run();
  const Ids ids = seen->ids();
  EXPECT_TRUE(std::equal(ids.begin(), ids.begin() + 3, greedy.begin()));
  const auto alone = bench.reply(joined({prompt, Ids(greedy.begin(), greedy.begin() + 3)}), 5,
                                 [&](GenerationRequest& request) { request.sampling = penalised; });
  EXPECT_EQ(Ids(ids.begin() + 3, ids.end()), alone->ids());
}

TEST(Scheduler, ATimeLimitEndsRunningAndWaitingRequests) {
  Workbench bench(512, {1, 256});
  const auto soon = [](GenerationRequest& request) { request.max_time_s = 0.02; };
  const auto running = bench.submit({50}, 0, soon), waiting = bench.submit({60}, 0, soon);
  bench.step();
  std::this_thread::sleep_for(std::chrono::milliseconds(25));
  bench.run();
  EXPECT_EQ(running->result().finish_reason, FinishReason::Time);
  EXPECT_EQ(waiting->result().finish_reason, FinishReason::Time);
}

TEST(Scheduler, AlternativesAreTheMostLikelyTokens) {
  Workbench bench;
  const auto seen =
      bench.reply(golden_cases()[2].at("ids"), 4, [](GenerationRequest& request) { request.logprobs = 3; });
  for (const TokenEvent& event : seen->events) {
    ASSERT_EQ(event.alternatives.size(), 3U);
    EXPECT_EQ(event.alternatives[0].id, event.id);  // greedy
    EXPECT_EQ(event.alternatives[0].logprob, event.logprob);
    EXPECT_GE(event.alternatives[0].logprob, event.alternatives[1].logprob);
    EXPECT_GE(event.alternatives[1].logprob, event.alternatives[2].logprob);
  }
}

TEST(RequestQueue, AForwardPassStopsOnlyWhenNobodyWaitsForIt) {
  RequestQueue queue;
  const RequestId first = queue.submit({}), second = queue.submit({});
  const RequestId both[] = {first, second};
  const std::atomic<bool>& flag = queue.watch(both);
  EXPECT_FALSE(flag);
  queue.cancel(first);
  EXPECT_FALSE(flag);
  queue.cancel(first);  // twice is once
  EXPECT_FALSE(flag);
  queue.cancel(second);
  EXPECT_TRUE(flag);
}

TEST(RequestQueue, WhatWasCancelledBeforeThePassBeginsStopsIt) {
  RequestQueue queue;
  const RequestId id = queue.submit({});
  queue.cancel(id);
  EXPECT_TRUE(queue.watch({&id, 1}));
  queue.take();
  const RequestId other = queue.submit({});
  EXPECT_FALSE(queue.watch({&other, 1}));
}

TEST(RequestQueue, WaitEndsForMailAndForStop) {
  RequestQueue queue;
  std::stop_source stop;
  queue.forget(1);
  EXPECT_TRUE(queue.wait(stop.get_token()));
  queue.take();
  std::jthread later([&stop] { stop.request_stop(); });
  EXPECT_FALSE(queue.wait(stop.get_token()));
}

}  // namespace
