#include "engine/engine.h"

#include <gmock/gmock.h>
#include <malloc.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/support/fixtures.h"

namespace {

using namespace engine;
using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using Ids = std::vector<std::int32_t>;

std::filesystem::path chat_model() {
  return tests::fixture("models/ernie4_5-chat");
}

EngineOptions exact() {
  EngineOptions options;
  options.compute = ComputeMode::F32;
  options.device = DeviceChoice::Cpu;
  return options;
}

GenerationRequest greedy_request(const Ids& ids, std::int64_t max_new_tokens) {
  GenerationRequest request;
  request.prompt = {{"", false, ids}};
  request.sampling.do_sample = false;
  request.max_new_tokens = max_new_tokens;
  request.eos_token_ids = Ids();
  return request;
}

/// One request whose end can be waited for.
class Pending {
 public:
  Pending(Engine& engine, GenerationRequest request) {
    id = engine.submit(
        std::move(request),
        [this](const TokenEvent&) {
          if (++tokens == 1) started_.set_value();
        },
        [this](const GenerationResult& result) {
          ++finished;
          if (finished == 1) done_.set_value(result);
        });
  }
  void wait_for_first_token() { started_.get_future().wait(); }
  GenerationResult wait() { return done_.get_future().get(); }

  RequestId id = 0;
  std::atomic<int> tokens = 0, finished = 0;

 private:
  std::promise<void> started_;
  std::promise<GenerationResult> done_;
};

TEST(Engine, TellsWhatItLoaded) {
  std::vector<double> shares;
  const auto engine = Engine::load(chat_model(), exact(), [&shares](double share) {
    shares.push_back(share);
    return true;
  });
  ASSERT_TRUE(engine);
  ASSERT_GE(shares.size(), 2U);
  EXPECT_TRUE(std::is_sorted(shares.begin(), shares.end()));
  EXPECT_EQ(shares.front(), 0);
  EXPECT_EQ(shares.back(), 1);

  const ModelInfo& info = engine->info();
  EXPECT_EQ(info.name, "ernie4_5-chat");
  EXPECT_EQ(info.architecture, "ernie4_5");
  EXPECT_EQ(info.layers, 2);
  EXPECT_EQ(info.hidden_size, 64);
  EXPECT_EQ(info.vocab_size, 1200);
  EXPECT_EQ(info.context_length, 512);
  EXPECT_EQ(info.usable_context_length, 512);
  // 1200 x 64 embedding (also the head); per layer q 64x64, k and v 32x64, o 64x64, three MLP matrices of 96x64, two
  // norms; one norm at the end.
  const std::uint64_t parameters = 1200 * 64 + 2 * (64 * 64 * 2 + 32 * 64 * 2 + 3 * 96 * 64 + 2 * 64) + 64;
  EXPECT_EQ(info.parameters, parameters);
  EXPECT_EQ(info.weight_bytes, parameters * 4);
  EXPECT_EQ(info.active_bytes_per_token, parameters * 4);
  ASSERT_EQ(info.weight_types.size(), 1U);
  EXPECT_EQ(info.weight_types[0].second, parameters * 4);
  EXPECT_EQ(info.kv_bytes_per_token, 2U * 2 * 2 * 16 * 4);
  EXPECT_GT(info.memory_bytes, info.weight_bytes + 512 * info.kv_bytes_per_token);
  EXPECT_EQ(info.eos_token_ids, (Ids{2, 1187}));  // </s> and <|end_of_sentence|>, which no config names
  EXPECT_THAT(info.chat_template, HasSubstr("Assistant: "));
  EXPECT_FALSE(info.device.empty());
  EXPECT_FALSE(info.device_reason.empty());
  EXPECT_GE(info.threads, 1);
  // generation_config.json says do_sample, temperature and top_p; the reference's top_k is 50 where it says nothing.
  EXPECT_TRUE(info.default_sampling.do_sample);
  EXPECT_EQ(info.default_sampling.temperature, 0.8);
  EXPECT_EQ(info.default_sampling.top_p, 0.8);
  EXPECT_EQ(info.default_sampling.top_k, 50);
}

// cli.md: what a GGUF file, which has no place for them, is sampled with.
TEST(Engine, AFileWithoutDefaultsTakesThoseOfItsFamily) {
  const tests::ScratchFolder folder;
  const auto sampling = [&folder](const char* name) {
    const auto file = folder.path() / name;
    std::filesystem::copy_file(tests::fixture("quantised/glm4-Q4_K.gguf"), file);
    return inspect(file, exact()).default_sampling;
  };
  const SamplingParams glm = sampling("GLM-4-9B-0414-Q4_K.gguf");
  EXPECT_EQ(glm.temperature, 0.8);
  EXPECT_EQ(glm.top_p, 0.8);
  EXPECT_EQ(glm.top_k, 0);
  EXPECT_TRUE(glm.do_sample);
  for (const char* name : {"GLM-Z1-9B-0414-Q4_K.gguf", "glm-z1-9b.gguf"}) {
    const SamplingParams z1 = sampling(name);
    EXPECT_EQ(z1.temperature, 0.6) << name;
    EXPECT_EQ(z1.top_p, 0.95) << name;
    EXPECT_EQ(z1.top_k, 40) << name;
  }
}

TEST(Engine, InspectTellsTheSameWithoutLoading) {
  const auto engine = Engine::load(chat_model(), exact());
  const ModelInfo loaded = engine->info(), seen = inspect(chat_model(), exact());
  EXPECT_EQ(seen.parameters, loaded.parameters);
  EXPECT_EQ(seen.memory_bytes, loaded.memory_bytes);
  EXPECT_EQ(seen.eos_token_ids, loaded.eos_token_ids);
  EXPECT_EQ(seen.chat_template, loaded.chat_template);
  EngineOptions shorter = exact();
  shorter.context_length = 128;
  EXPECT_LT(inspect(chat_model(), shorter).memory_bytes, loaded.memory_bytes);
  EXPECT_EQ(inspect(chat_model(), shorter).usable_context_length, 128);
}

#ifdef __GLIBC__
/// Bytes that the allocator has given out, those mapped for large blocks included; 0 where a sanitizer replaces it.
std::uint64_t allocated_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Sizes far beyond what these models need, so that a wrong factor anywhere shows; untouched memory costs nothing.
TEST(Engine, AllocatesWhatTheMemoryPlanSays) {
  if (allocated_bytes() == 0) GTEST_SKIP() << "the allocator does not say what it gave out";
  for (const char* model : {"ernie4_5-chat", "ernie4_5_moe-interval", "glm4-base"}) {
    for (const KvType type : {KvType::F16, KvType::F32, KvType::Q8_0}) {
      if (type == KvType::Q8_0 && std::string(model) != "glm4-base") continue;  // the others' heads are too narrow
      for (const auto& [context, chunk] : {std::pair<std::int64_t, std::int64_t>{500, 100}, {400000, 256}, {1000, 60000}}) {
        EngineOptions options = exact();
        options.kv_type = type;
        options.context_length = context;
        options.prefill_chunk = chunk;
        const ModelInfo plan = inspect(tests::fixture(std::string("models/") + model), options);
        const std::uint64_t before = allocated_bytes();
        const auto engine = Engine::load(tests::fixture(std::string("models/") + model), options);
        const auto allocated = static_cast<double>(allocated_bytes() - before);
        const auto planned = static_cast<double>(plan.memory_bytes - plan.weight_bytes);
        EXPECT_LT(std::abs(allocated - planned), std::max(0.02 * planned, 16e6))
            << model << ", " << context << " tokens, chunks of " << chunk << ": " << allocated << " of " << planned;
      }
    }
  }
}
#endif

TEST(Engine, ListsTheCpuAndCudaAlways) {
  const std::vector<DeviceInfo> devices = list_devices();
  ASSERT_GE(devices.size(), 2U);
  EXPECT_EQ(devices[0].kind, "cpu");
  EXPECT_TRUE(devices[0].usable);
  EXPECT_GT(devices[0].memory_total, 0U);
  EXPECT_EQ(devices[1].kind, "cuda");
  EXPECT_TRUE(devices[1].usable || !devices[1].reason.empty());
}

TEST(Engine, LoadingCanBeStopped) {
  EXPECT_EQ(Engine::load(chat_model(), exact(), [](double) { return false; }), nullptr);
  int calls = 0;
  EXPECT_EQ(Engine::load(chat_model(), exact(), [&calls](double) { return ++calls < 3; }), nullptr);
  EXPECT_EQ(calls, 3);
}

TEST(Engine, SaysWhatIsWrongWithAFolder) {
  const auto error_of = [](const std::filesystem::path& path, const EngineOptions& options = exact()) -> Error {
    try {
      Engine::load(path, options);
    } catch (const Error& error) {
      return error;
    }
    return {ErrorCode::DeviceFailure, "loaded"};
  };
  const Error missing = error_of("/nowhere/at-all");
  EXPECT_EQ(missing.code(), ErrorCode::FileNotFound);
  EXPECT_THAT(missing.what(), HasSubstr("at-all"));

  const tests::ScratchFolder scratch;
  EXPECT_EQ(error_of(scratch.path()).code(), ErrorCode::FileNotFound);  // no config.json
  scratch.write("config.json", R"({"model_type": "llama"})");
  const Error unknown = error_of(scratch.path());
  EXPECT_THAT(unknown.what(), HasSubstr("llama"));

  EngineOptions impossible = exact();
  impossible.max_sequences = 0;
  EXPECT_EQ(error_of(chat_model(), impossible).code(), ErrorCode::InvalidRequest);
}

TEST(Engine, GeneratesWhatTheReferenceGenerates) {
  const auto engine = Engine::load(chat_model(), exact());
  const json cases = json::parse(tests::read_bytes(tests::fixture("logits/ernie4_5-chat.json"))).at("cases");
  std::vector<std::unique_ptr<Pending>> replies;
  for (const json& one : cases)
    replies.push_back(std::make_unique<Pending>(*engine, greedy_request(one.at("ids"), 32)));
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const GenerationResult result = replies[i]->wait();
    EXPECT_EQ(result.ids, cases[i].at("greedy").get<Ids>());
    EXPECT_EQ(replies[i]->tokens, 32);
    EXPECT_GT(result.time_to_first_token_s, 0);
    EXPECT_GT(result.decode_tok_s, 0);
  }
}

TEST(Engine, TakesRequestsFromManyThreads) {
  const auto engine = Engine::load(chat_model(), exact());
  std::atomic<int> finished = 0, tokens = 0;
  {
    std::vector<std::jthread> callers;
    for (int caller = 0; caller < 4; ++caller) {
      callers.emplace_back([&, caller] {
        for (int i = 0; i < 5; ++i) {
          const RequestId id = engine->submit(
              greedy_request({50 + caller, 60 + i}, 6), [&](const TokenEvent&) { ++tokens; },
              [&](const GenerationResult&) { ++finished; });
          engine->update(id, {});
          engine->forget(7);
          if (i == 4) engine->cancel(id);
          engine->count_tokens({{"hello", false, {}}});
        }
      });
    }
  }
  // Several run side by side: that one ends says nothing of the others.
  const auto patience = std::chrono::steady_clock::now() + 60s;
  while (finished < 20 && std::chrono::steady_clock::now() < patience) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(finished, 20);
  EXPECT_GE(tokens, 4 * 4 * 6);
}

TEST(Engine, ACancelIsSeenAtOnce) {
  const auto engine = Engine::load(chat_model(), exact());
  Pending reply(*engine, greedy_request({50, 60}, 0));
  reply.wait_for_first_token();
  const auto start = std::chrono::steady_clock::now();
  engine->cancel(reply.id);
  const GenerationResult result = reply.wait();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);  // a bound for a loaded machine; the step takes microseconds
  EXPECT_EQ(result.finish_reason, FinishReason::Cancelled);
  EXPECT_EQ(static_cast<int>(result.ids.size()), reply.tokens);
  engine->cancel(reply.id);  // an ended id is ignored
  engine->update(reply.id, {});
}

TEST(Engine, DestructionCancelsWhatRunsAndWhatWaits) {
  EngineOptions options = exact();
  options.max_sequences = 1;
  auto engine = Engine::load(chat_model(), options);
  Pending running(*engine, greedy_request({50}, 0)), waiting(*engine, greedy_request({60}, 0));
  running.wait_for_first_token();
  engine.reset();
  EXPECT_EQ(running.finished, 1);
  EXPECT_EQ(waiting.finished, 1);
  EXPECT_EQ(waiting.wait().finish_reason, FinishReason::Cancelled);
}

TEST(Engine, AnIdleEngineEndsToo) {
  EXPECT_TRUE(Engine::load(chat_model(), exact()));
}

TEST(Engine, UpdateRefusesASettingByName) {
  const auto engine = Engine::load(chat_model(), exact());
  SamplingParams params;
  params.min_p = 3;
  EXPECT_THROW(engine->update(1, params), Error);
}

TEST(Engine, TokenizesAcrossTheBorderOfTemplateAndMessage) {
  const auto engine = Engine::load(chat_model(), exact());
  // The reference tokenizes the rendered text in one go; so do pieces that are cut anywhere but inside a control token.
  const json golden = json::parse(tests::read_bytes(tests::fixture("tokenizers/ernie_chat.json")));
  int checked = 0;
  for (const json& one : golden.at("cases")) {
    const std::string text = one.at("text");
    for (const std::size_t width : {3U, 7U}) {
      std::vector<PromptPiece> pieces;
      std::string rest = text;
      while (!rest.empty()) {
        const std::size_t control = rest.find("<|");
        if (control == 0) {
          const std::size_t end = rest.find("|>") + 2;
          pieces.push_back({rest.substr(0, end), true, {}});
          rest.erase(0, end);
          continue;
        }
        std::size_t end = std::min({width, rest.size(), control});
        while (end < rest.size() && (static_cast<unsigned char>(rest[end]) & 0xC0) == 0x80) ++end;
        pieces.push_back({rest.substr(0, end), false, {}});
        rest.erase(0, end);
      }
      EXPECT_EQ(engine->tokenize(pieces), one.at("ids").get<Ids>()) << one.at("name");
    }
    EXPECT_EQ(engine->tokenize({{text, true, {}}}), one.at("ids").get<Ids>()) << one.at("name");
    ++checked;
  }
  EXPECT_GT(checked, 10);
}

TEST(Engine, ControlTokensInAMessageStayText) {
  const auto engine = Engine::load(chat_model(), exact());
  const std::vector<PromptPiece> typed = {
      {"User: ", true, {}}, {"<|end_of_sentence|>", false, {}}, {"<|end_of_sentence|>", true, {}}};
  const Ids ids = engine->tokenize(typed);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 1187), 1);
  EXPECT_EQ(ids.back(), 1187);
}

TEST(Engine, IdsOfEarlierRepliesStandAsTheyAre) {
  const auto engine = Engine::load(chat_model(), exact());
  const Ids ids = engine->tokenize({{"a", false, {}}, {"ignored", false, {7, 8, 9}}, {"b", false, {}}});
  const Ids a = engine->tokenize({{"a", false, {}}}), b = engine->tokenize({{"b", false, {}}});
  Ids expected = a;
  expected.insert(expected.end(), {7, 8, 9});
  expected.insert(expected.end(), b.begin(), b.end());
  EXPECT_EQ(ids, expected);
}

TEST(Engine, AModelWithoutATokenizerTakesIds) {
  const auto engine = Engine::load(tests::fixture("models/ernie4_5-tied"), exact());
  EXPECT_THROW(engine->tokenize({{"text", false, {}}}), Error);
  Pending by_ids(*engine, greedy_request({5, 6}, 3));
  EXPECT_EQ(by_ids.wait().completion_tokens, 3);
  GenerationRequest by_text = greedy_request({}, 3);
  by_text.prompt = {{"text", false, {}}};
  Pending refused(*engine, by_text);
  EXPECT_EQ(refused.wait().error_code, ErrorCode::InvalidRequest);
}

}  // namespace
