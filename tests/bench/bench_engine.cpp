// Figures and ratios for what stands above the kernels: sampling, replies side by side, and the cached prefix.
//   bench_engine [MODEL]      default: the demo model
// Only ratios within one run say anything; nothing here passes or fails.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/sampling/processors.h"
#include "engine/sampling/sampler.h"

namespace {

using namespace engine;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Median seconds of one call.
template <class Work>
double seconds_of(Work&& work, int repeats = 21) {
  std::vector<double> all;
  for (int i = 0; i < repeats; ++i) {
    const Clock::time_point start = Clock::now();
    work();
    all.push_back(seconds_since(start));
  }
  std::nth_element(all.begin(), all.begin() + repeats / 2, all.end());
  return all[static_cast<std::size_t>(repeats) / 2];
}

/// Scores like a language model's: a few high ones, a wide slope of low ones.
std::vector<float> like_logits(std::size_t size) {
  Random random(7);
  std::vector<float> scores(size);
  for (float& score : scores) {
    const double normal =
        std::sqrt(-2 * std::log(1 - random.uniform())) * std::cos(6.283185307179586 * random.uniform());
    score = static_cast<float>(2.2 * normal);
  }
  for (int i = 0; i < 20; ++i) scores[static_cast<std::size_t>(i) * 5003] += 12.0F - static_cast<float>(i) / 2;
  return scores;
}

void sampling() {
  constexpr std::size_t kVocabulary = 103424;  // ERNIE 4.5
  const std::vector<float> logits = like_logits(kVocabulary);
  const auto draw_with = [&logits](const SamplingParams& params) {
    Sampler sampler(params, 1, {});
    return seconds_of([&] { sampler.sample(logits, {}); });
  };
  SamplingParams greedy, plain, top_k, top_p, all;
  greedy.do_sample = false;
  top_k.top_k = 50;
  top_p.temperature = 0.8;
  top_p.top_p = 0.8;
  all = top_p;
  all.top_k = 50;
  all.min_p = 0.05;
  const double base = draw_with(greedy);
  std::printf("sampling from %zu scores          microseconds   ratio to greedy\n", kVocabulary);
  const auto row = [base](const char* name, double seconds) {
    std::printf("  %-32s %12.0f %17.2f\n", name, seconds * 1e6, seconds / base);
  };
  row("greedy", base);
  row("plain draw", draw_with(plain));
  row("top_k 50", draw_with(top_k));
  row("temperature 0.8, top_p 0.8", draw_with(top_p));
  row("temperature, top_k, top_p, min_p", draw_with(all));
}

GenerationRequest greedy_request(std::vector<std::int32_t> ids, std::int64_t max_new_tokens, std::uint64_t session) {
  GenerationRequest request;
  request.prompt = {{"", false, std::move(ids)}};
  request.session = session;
  request.sampling.do_sample = false;
  request.max_new_tokens = max_new_tokens;
  request.eos_token_ids = std::vector<std::int32_t>();
  return request;
}

std::future<GenerationResult> submit(Engine& engine, GenerationRequest request) {
  auto promise = std::make_shared<std::promise<GenerationResult>>();
  engine.submit(std::move(request), {}, [promise](const GenerationResult& result) { promise->set_value(result); });
  return promise->get_future();
}

std::vector<std::int32_t> some_ids(const Engine& engine, std::int64_t count, std::int64_t salt) {
  std::vector<std::int32_t> ids;
  for (std::int64_t i = 0; i < count; ++i) {
    ids.push_back(static_cast<std::int32_t>((300 + i * 7919 + salt * 104729) % engine.info().vocab_size));
  }
  return ids;
}

void side_by_side(Engine& engine) {
  constexpr std::int64_t kTokens = 64;
  const auto speed_of = [&engine](int replies) {
    const Clock::time_point start = Clock::now();
    std::vector<std::future<GenerationResult>> results;
    for (int i = 0; i < replies; ++i)
      results.push_back(submit(engine, greedy_request(some_ids(engine, 8, i), kTokens, 0)));
    for (auto& result : results) result.wait();
    return replies * static_cast<double>(kTokens) / seconds_since(start);
  };
  speed_of(1);
  const double one = speed_of(1);
  std::printf("\nreplies side by side              tokens/s in all   ratio to one\n");
  for (const int replies : {1, 2, 4}) {
    const double speed = replies == 1 ? one : speed_of(replies);
    std::printf("  %-32d %14.1f %14.2f\n", replies, speed, speed / one);
  }
}

void cached_prefix(Engine& engine) {
  const std::int64_t length = std::min<std::int64_t>(engine.info().usable_context_length - 64, 1024);
  const std::vector<std::int32_t> prompt = some_ids(engine, length, 5);
  const GenerationResult cold = submit(engine, greedy_request(prompt, 4, 77)).get();
  std::vector<std::int32_t> next = prompt;
  next.insert(next.end(), cold.ids.begin(), cold.ids.end());
  for (const std::int32_t id : some_ids(engine, 16, 6)) next.push_back(id);
  const GenerationResult warm = submit(engine, greedy_request(next, 4, 77)).get();
  std::printf("\nfirst token of a turn             milliseconds   cached tokens   ratio to cold\n");
  std::printf("  %-32s %11.2f %15lld\n", "cold", cold.time_to_first_token_s * 1e3,
              static_cast<long long>(cold.cached_tokens));
  std::printf("  %-32s %11.2f %15lld %15.3f\n", "next turn, 16 new tokens", warm.time_to_first_token_s * 1e3,
              static_cast<long long>(warm.cached_tokens), warm.time_to_first_token_s / cold.time_to_first_token_s);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    sampling();
    const std::string model = argc > 1 ? argv[1] : SOTTO_BENCH_MODEL;
    const auto engine = Engine::load(model, {});
    std::printf("\nmodel %s on %s (%s, %d threads)\n", engine->info().name.c_str(), engine->info().device.c_str(),
                engine->info().isa.c_str(), engine->info().threads);
    side_by_side(*engine);
    cached_prefix(*engine);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_engine: %s\n", error.what());
    return 1;
  }
}
