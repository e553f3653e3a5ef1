#include "engine/generation/session_files.h"

#include <gmock/gmock.h>

#include <bit>
#include <future>
#include <memory>

#include "engine/engine.h"
#include "tests/support/fixtures.h"
#include "tests/support/tiny_model.h"

namespace {

using namespace engine;
using testing::HasSubstr;
using Ids = std::vector<std::int32_t>;
namespace fs = std::filesystem;

constexpr int kAll = 400;  // more alternatives than the models have tokens: the whole row of logits

GenerationRequest request_for(const Ids& ids, std::int64_t max_new_tokens, std::uint64_t session) {
  GenerationRequest request;
  request.prompt = {{"", false, ids}};
  request.session = session;
  request.sampling.do_sample = false;
  request.max_new_tokens = max_new_tokens;
  request.eos_token_ids = Ids();
  request.logprobs = kAll;
  return request;
}

struct Reply {
  Ids ids;
  std::vector<std::uint32_t> bits;  ///< of the log probabilities of every token at every step
  std::int64_t cached = 0;
};

Reply ask(Engine& engine, const Ids& ids, std::int64_t max_new_tokens, std::uint64_t session = 1) {
  Reply reply;
  std::promise<GenerationResult> promise;
  engine.submit(
      request_for(ids, max_new_tokens, session),
      [&reply](const TokenEvent& event) {
        for (const TokenAlternative& other : event.alternatives) reply.bits.push_back(std::bit_cast<std::uint32_t>(other.logprob));
      },
      [&promise](const GenerationResult& result) { promise.set_value(result); });
  const GenerationResult result = promise.get_future().get();
  EXPECT_EQ(result.error, "");
  reply.ids = result.ids;
  reply.cached = result.cached_tokens;
  return reply;
}

SessionFileResult freeze(Engine& engine, const fs::path& path, std::uint64_t session = 1) {
  std::promise<SessionFileResult> promise;
  engine.freeze(session, path, 0, [&promise](const SessionFileResult& result) { promise.set_value(result); });
  return promise.get_future().get();
}

SessionFileResult thaw(Engine& engine, const fs::path& path, std::uint64_t session = 1) {
  std::promise<SessionFileResult> promise;
  engine.thaw(session, path, [&promise](const SessionFileResult& result) { promise.set_value(result); });
  return promise.get_future().get();
}

Ids joined(Ids a, const Ids& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Ids some_ids(std::int64_t count, std::int32_t factor) {
  Ids ids;
  for (std::int32_t i = 0; i < count; ++i) ids.push_back(3 + i * factor % 300);
  return ids;
}

EngineOptions options_of(KvType type) {
  EngineOptions options;
  options.device = DeviceChoice::Cpu;
  options.kv_type = type;
  return options;
}

// The oracle is the same chat without a restart: its second turn finds the first one in the cache.
TEST(SessionFiles, AThawedChatGoesOnBitByBit) {
  for (const std::string model : {"models/ernie4_5-tied", "models/ernie4_5-bf16", "models/ernie4_5_moe-bias", "models/glm4-base",
                                  "models/ernie4_5-rope-dynamic", "quantised/ernie4_5-Q4_0.gguf", "quantised/glm4-Q4_K.gguf"}) {
    for (const KvType type : {KvType::F32, KvType::F16, KvType::BF16, KvType::Q8_0}) {
      const bool wide_heads = model.find("glm4") != std::string::npos;
      if (type == KvType::Q8_0 && !wide_heads) continue;
      SCOPED_TRACE(model + " " + std::to_string(static_cast<int>(type)));
      const tests::ScratchFolder scratch;
      const Ids first = some_ids(75, 7), more = some_ids(9, 11);
      Reply turn, next;
      {
        const auto engine = Engine::load(tests::fixture(model), options_of(type));
        turn = ask(*engine, first, 12);
        const SessionFileResult frozen = freeze(*engine, scratch.path() / "1.kv");
        EXPECT_TRUE(frozen.done) << frozen.reason;
        EXPECT_EQ(frozen.tokens, 75 + 11);
        EXPECT_EQ(frozen.bytes, fs::file_size(scratch.path() / "1.kv"));
        next = ask(*engine, joined(joined(first, turn.ids), more), 12);
        EXPECT_EQ(next.cached, 75 + 11);
      }
      const auto engine = Engine::load(tests::fixture(model), options_of(type));
      const SessionFileResult thawed = thaw(*engine, scratch.path() / "1.kv");
      EXPECT_TRUE(thawed.done) << thawed.reason;
      EXPECT_EQ(thawed.tokens, 75 + 11);
      const Reply again = ask(*engine, joined(joined(first, turn.ids), more), 12);
      EXPECT_EQ(again.cached, 75 + 11);
      EXPECT_EQ(again.ids, next.ids);
      EXPECT_FALSE(again.bits.empty());
      EXPECT_EQ(again.bits, next.bits);
    }
  }
}

TEST(SessionFiles, AReplyWaitsForWhatIsBeingThawed) {
  const tests::ScratchFolder scratch;
  const auto engine = Engine::load(tests::fixture("models/ernie4_5-tied"), options_of(KvType::F32));
  ask(*engine, some_ids(300, 7), 2);
  EXPECT_TRUE(freeze(*engine, scratch.path() / "1.kv").done);
  engine->forget(1);
  engine->thaw(1, scratch.path() / "1.kv", {});
  EXPECT_EQ(ask(*engine, some_ids(310, 7), 2).cached, 300);
}

TEST(SessionFiles, AnotherModelIsRefusedByItsBytesNotItsName) {
  const tests::ScratchFolder scratch;
  const auto write = [&scratch](const std::string& name, const tests::TinyModel& model) {
    fs::create_directories(scratch.path() / name);
    tests::write_tiny_model(scratch.path() / name, model);
    return scratch.path() / name;
  };
  tests::TinyModel model;
  const auto file = scratch.path() / "1.kv";
  {
    const auto engine = Engine::load(write("one", model), options_of(KvType::F32));
    ask(*engine, Ids{5, 6, 7, 8, 9}, 2);
    EXPECT_TRUE(freeze(*engine, file).done);
  }
  const auto is_refused = [&](const fs::path& folder, const EngineOptions& options) {
    return !thaw(*Engine::load(folder, options), file).done;
  };
  EXPECT_FALSE(is_refused(write("copy", model), options_of(KvType::F32)));  // the same elsewhere
  tests::TinyModel other = model;
  other.seed = 2;
  EXPECT_TRUE(is_refused(write("seed", other), options_of(KvType::F32)));
  EXPECT_TRUE(is_refused(scratch.path() / "one", options_of(KvType::F16)));
  EngineOptions exact = options_of(KvType::F32);
  exact.compute = ComputeMode::F32;
  EXPECT_TRUE(is_refused(scratch.path() / "one", exact));
  // A setting of the rope alone.
  const auto roped = write("rope", model);
  std::string config = tests::read_bytes(roped / "config.json");
  const std::size_t at = config.find("\"rope_theta\"");
  ASSERT_NE(at, std::string::npos) << config;
  config.replace(config.find(':', at) + 1, config.find_first_of(",}", at) - config.find(':', at) - 1, "12345.0");
  scratch.write("rope/config.json", config);
  EXPECT_TRUE(is_refused(roped, options_of(KvType::F32)));
}

TEST(SessionFiles, TellsWhatGoesWrongAndGoesOn) {
  const tests::ScratchFolder scratch;
  const auto engine = Engine::load(tests::fixture("models/ernie4_5-tied"), options_of(KvType::F32));
  EXPECT_FALSE(thaw(*engine, scratch.path() / "absent").done);
  EXPECT_THAT(thaw(*engine, scratch.write("text", std::string(200, 'x'))).reason, HasSubstr("does not begin as a saved session"));
  EXPECT_THAT(freeze(*engine, scratch.path() / "1.kv").reason, HasSubstr("nothing of it is cached"));
  EXPECT_THROW(engine->freeze(0, scratch.path() / "0.kv", 0, {}), Error);
  EXPECT_THROW(engine->thaw(std::uint64_t{1} << 63, scratch.path() / "0.kv", {}), Error);
  ask(*engine, some_ids(50, 7), 2);
  EXPECT_THAT(freeze(*engine, scratch.path() / "no" / "folder").reason, HasSubstr("Cannot write"));
  EXPECT_TRUE(freeze(*engine, scratch.path() / "1.kv").done);
}

// A file whose pages are damaged holds the ids, but is written anew.
TEST(SessionFiles, ADamagedFileIsReplaced) {
  const tests::ScratchFolder scratch;
  const auto engine = Engine::load(tests::fixture("models/ernie4_5-tied"), options_of(KvType::F32));
  const auto file = scratch.path() / "1.kv";
  ask(*engine, some_ids(100, 7), 2);
  EXPECT_TRUE(freeze(*engine, file).done);
  const std::string sound = tests::read_bytes(file);
  std::string damaged = sound;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
  scratch.write("1.kv", damaged);
  engine->forget(1);
  EXPECT_FALSE(thaw(*engine, file).done);
  ask(*engine, some_ids(100, 7), 2);
  EXPECT_TRUE(freeze(*engine, file).done);
  engine->forget(1);
  const SessionFileResult thawed = thaw(*engine, file);
  EXPECT_TRUE(thawed.done) << thawed.reason;
  EXPECT_EQ(thawed.tokens, 101);
}

TEST(SessionFiles, ForgettingAndEndingTellEveryCaller) {
  const tests::ScratchFolder scratch;
  int told = 0;
  {
    const auto engine = Engine::load(tests::fixture("models/ernie4_5-tied"), options_of(KvType::F32));
    ask(*engine, some_ids(300, 7), 2);
    const auto count = [&told](const SessionFileResult&) { ++told; };
    engine->freeze(1, scratch.path() / "1.kv", 0, count);
    engine->forget(1);
    engine->thaw(1, scratch.path() / "1.kv", count);
    for (int i = 0; i < 10; ++i) engine->freeze(1, scratch.path() / "1.kv", 0, count);
  }
  EXPECT_EQ(told, 12);
  EXPECT_FALSE(fs::exists(scratch.path() / "1.kv") && fs::file_size(scratch.path() / "1.kv") == 0);
  for (const auto& entry : fs::directory_iterator(scratch.path())) EXPECT_EQ(entry.path().extension(), ".kv");
}

TEST(SessionFiles, RepliesGoOnWhileASessionIsWritten) {
  const tests::ScratchFolder scratch;
  const auto engine = Engine::load(tests::fixture("models/ernie4_5-tied"), options_of(KvType::F32));
  const Reply alone = ask(*engine, some_ids(40, 13), 30, 0);
  ask(*engine, some_ids(300, 7), 2);
  std::promise<SessionFileResult> promise;
  engine->freeze(1, scratch.path() / "1.kv", 0, [&promise](const SessionFileResult& result) { promise.set_value(result); });
  EXPECT_EQ(ask(*engine, some_ids(40, 13), 30, 0).ids, alone.ids);
  EXPECT_TRUE(promise.get_future().get().done);
}

}  // namespace
