#include "engine/sampling/sampler.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "engine/base/error.h"
#include "engine/sampling/processors.h"
#include "engine/sampling/softmax.h"
#include "tests/support/fixtures.h"

namespace {

using engine::Sampler;
using engine::SamplingParams;
using nlohmann::json;

/// The float32 tensors of a safetensors file that our own generator wrote.
class Tensors {
 public:
  explicit Tensors(const std::filesystem::path& path) : bytes_(tests::read_bytes(path)) {
    std::uint64_t header = 0;
    std::memcpy(&header, bytes_.data(), sizeof header);
    index_ = json::parse(bytes_.substr(8, header));
    body_ = 8 + header;
  }
  std::vector<float> at(const std::string& name) const {
    const auto& offsets = index_.at(name).at("data_offsets");
    const std::size_t begin = offsets[0], end = offsets[1];
    std::vector<float> values((end - begin) / sizeof(float));
    std::memcpy(values.data(), bytes_.data() + body_ + begin, end - begin);
    return values;
  }

 private:
  std::string bytes_;
  json index_;
  std::size_t body_ = 0;
};

constexpr float kRemoved = -std::numeric_limits<float>::infinity();

/// Runs every case that sets nothing but what Sotto applies here, and counts them.
void check_against_reference(const std::filesystem::path& folder, int& checked) {
  const json golden = json::parse(tests::read_bytes(folder / "processors.json"));
  const Tensors tensors(folder / "processors.safetensors");
  const std::vector<std::string> known = {"do_sample", "temperature",        "top_k",       "top_p",
                                          "min_p",     "repetition_penalty", "eos_token_id"};
  for (const json& one : golden.at("cases")) {
    const json& parameters = one.at("parameters");
    bool applicable = true;
    for (const auto& [key, value] : parameters.items()) {
      applicable = applicable && std::find(known.begin(), known.end(), key) != known.end();
    }
    if (!applicable) continue;
    SCOPED_TRACE(one.at("name").get<std::string>());
    std::vector<std::int32_t> tokens = one.at("prompt_ids");
    for (const std::int32_t id : one.at("generated_ids")) tokens.push_back(id);

    std::vector<float> scores = tensors.at(one.at("logits"));
    engine::apply_repetition_penalty(scores, tokens, parameters.value("repetition_penalty", 1.0));
    engine::apply_temperature(scores, parameters.value("temperature", 1.0));
    engine::apply_top_k(scores, parameters.value("top_k", std::int64_t{0}));
    engine::apply_top_p(scores, parameters.value("top_p", 1.0));
    engine::apply_min_p(scores, parameters.value("min_p", 0.0));

    // Which of several equal scores at the border of top_p stays is open in the reference (its sort is not stable):
    // what is kept must be the same scores, and where the ids differ, the smallest of them.
    const std::vector<float> expected = tensors.at(one.at("scores"));
    ASSERT_EQ(scores.size(), expected.size());
    std::vector<float> kept, expected_kept;
    for (const float score : scores) {
      if (score != kRemoved) kept.push_back(score);
    }
    for (const float score : expected) {
      if (score != kRemoved) expected_kept.push_back(score);
    }
    std::sort(kept.begin(), kept.end());
    std::sort(expected_kept.begin(), expected_kept.end());
    ASSERT_THAT(kept, testing::Pointwise(testing::FloatEq(), expected_kept));
    for (std::size_t id = 0; id < scores.size(); ++id) {
      if (scores[id] == kRemoved) continue;
      EXPECT_FLOAT_EQ(scores[id], expected[id] == kRemoved ? kept.front() : expected[id]) << "token " << id;
    }
    EXPECT_EQ(kept.size(), one.at("kept").get<std::size_t>());
    ++checked;
  }
}

TEST(Processors, EqualTheReferenceOnTheCommittedCases) {
  int checked = 0;
  check_against_reference(tests::fixture("sampling"), checked);
  EXPECT_EQ(checked, 29);
}

TEST(Processors, EqualTheReferenceOnTheWholeCorpus) {
  SHARED_OR_SKIP(folder, "sampling");
  int checked = 0;
  check_against_reference(folder, checked);
  EXPECT_EQ(checked, 44);
}

TEST(Processors, TopPRemovesTheHigherIdsOfEqualScores) {
  std::vector<float> scores(8, 1.5F);  // 1/8 each: two tokens make a quarter
  engine::apply_top_p(scores, 0.25);
  EXPECT_THAT(scores, testing::ElementsAre(1.5F, 1.5F, kRemoved, kRemoved, kRemoved, kRemoved, kRemoved, kRemoved));
}

TEST(Processors, TopPKeepsTheBestTokenAmongScoresThatAreFarApart) {
  std::vector<float> scores = {-1e30F, 1e20F, 0.0F};
  engine::apply_top_p(scores, 0.5);
  EXPECT_THAT(scores, testing::ElementsAre(kRemoved, 1e20F, kRemoved));
}

TEST(Processors, TopPFindsTheMassOfManyTokensFarBelowTheBest) {
  constexpr std::size_t kFar = 300000;
  std::vector<float> scores(kFar + 1, -12.5F);
  scores[7] = 0.0F;
  engine::apply_top_p(scores, 0.8);
  // One token of mass 1, and each of the others e^-12.5.
  const double each = std::exp(-12.5), wanted = 0.8 * (1 + static_cast<double>(kFar) * each);
  const auto kept = std::count_if(scores.begin(), scores.end(), [](float score) { return score != kRemoved; });
  EXPECT_NEAR(static_cast<double>(kept), 1 + (wanted - 1) / each, 3);
  EXPECT_EQ(scores[7], 0.0F);
}

TEST(Processors, PenaltyCountsAnIdOnceAndIgnoresIdsOutsideTheVocabulary) {
  std::vector<float> scores = {2.0F, -2.0F, 1.0F};
  engine::apply_repetition_penalty(scores, std::vector<std::int32_t>{0, 0, 1, 1, -7, 3}, 2.0);
  EXPECT_THAT(scores, testing::ElementsAre(1.0F, -4.0F, 1.0F));
}

TEST(Sampler, GreedyTakesTheLowestOfEqualScores) {
  SamplingParams params;
  params.do_sample = false;
  params.top_k = 1;  // not applied when greedy
  Sampler sampler(params, 1, {});
  EXPECT_EQ(sampler.sample(std::vector<float>{0.0F, 3.0F, 3.0F, 1.0F}, {}).id, 1);
}

TEST(Sampler, TemperatureZeroIsGreedy) {
  SamplingParams params;
  params.temperature = 0;
  Sampler sampler(params, 1, {});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(sampler.sample(std::vector<float>{0.0F, 0.1F, 0.05F}, {}).id, 1);
}

TEST(Sampler, NeverDrawsMaskedIds) {
  const std::vector<std::int32_t> masked = {1, 3, 900};
  SamplingParams params;
  Sampler sampler(params, 7, masked);
  for (int i = 0; i < 200; ++i) {
    const auto id = sampler.sample(std::vector<float>{0.0F, 9.0F, 0.0F, 9.0F}, {}).id;
    EXPECT_TRUE(id == 0 || id == 2) << id;
  }
}

TEST(Sampler, LogprobIsOfTheRawLogits) {
  SamplingParams params;
  params.temperature = 0.1;
  params.repetition_penalty = 5;
  Sampler sampler(params, 1, {});
  const std::vector<float> logits = {std::log(0.2F), std::log(0.5F), std::log(0.3F)};
  for (int i = 0; i < 10; ++i) {
    const auto drawn = sampler.sample(logits, std::vector<std::int32_t>{1});
    EXPECT_NEAR(drawn.logprob, logits[static_cast<std::size_t>(drawn.id)], 1e-6);
  }
}

TEST(Sampler, DrawsFollowTheSoftmax) {
  // Pearson's chi-square over 20 tokens and 20000 draws; 43.82 is the 0.999 quantile for 19 degrees of freedom.
  std::vector<float> logits(20);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = std::sin(static_cast<float>(i) * 1.7F) * 1.5F;
  SamplingParams params;
  params.temperature = 1.3;
  double total = 0;
  for (const float logit : logits) total += std::exp(logit / 1.3);
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    Sampler sampler(params, seed, {});
    std::vector<int> counts(logits.size());
    constexpr int kDraws = 20000;
    for (int i = 0; i < kDraws; ++i) ++counts[static_cast<std::size_t>(sampler.sample(logits, {}).id)];
    double chi_square = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double expected = kDraws * std::exp(logits[i] / 1.3) / total;
      chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    EXPECT_LT(chi_square, 43.82) << "seed " << seed;
  }
}

TEST(Sampler, SameSeedGivesTheSameTokensAndOtherSeedsOthers) {
  std::vector<float> logits(50);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = std::cos(static_cast<float>(i));
  const auto tokens_of = [&logits](std::uint64_t seed) {
    Sampler sampler({}, seed, {});
    std::vector<std::int32_t> tokens;
    for (int i = 0; i < 32; ++i) tokens.push_back(sampler.sample(logits, tokens).id);
    return tokens;
  };
  EXPECT_EQ(tokens_of(42), tokens_of(42));
  EXPECT_NE(tokens_of(42), tokens_of(43));
}

TEST(Sampler, UpdateChangesTheSettingsAndKeepsTheRandomNumbersGoing) {
  const std::vector<float> logits = {0.0F, 0.1F, 0.2F, 0.3F};
  Sampler updated({}, 5, {}), untouched({}, 5, {});
  updated.sample(logits, {});
  untouched.sample(logits, {});
  SamplingParams greedy;
  greedy.do_sample = false;
  updated.update(greedy);
  EXPECT_EQ(updated.sample(logits, {}).id, 3);
  updated.update({});
  for (int i = 0; i < 16; ++i) EXPECT_EQ(updated.sample(logits, {}).id, untouched.sample(logits, {}).id);
}

TEST(Sampler, RefusesScoresThatAreNotNumbers) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinite = std::numeric_limits<float>::infinity();
  Sampler sampler({}, 1, {});
  for (const std::vector<float>& logits : {std::vector<float>{0, nan, 1}, std::vector<float>{nan, nan},
                                           std::vector<float>{0, infinite}, std::vector<float>{kRemoved, kRemoved}}) {
    EXPECT_THROW(sampler.sample(logits, {}), engine::Error);
    EXPECT_THROW(engine::most_likely(logits, 2), engine::Error);
  }
}

TEST(Sampler, SettingsOutOfRangeAreRefusedByName) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto sentence_of = [](auto change) -> std::string {
    SamplingParams params;
    change(params);
    try {
      engine::check_sampling(params);
    } catch (const engine::Error& error) {
      EXPECT_EQ(error.code(), engine::ErrorCode::InvalidRequest);
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(sentence_of([](SamplingParams&) {}), "");
  EXPECT_THAT(sentence_of([](SamplingParams& p) { p.temperature = -1; }), testing::HasSubstr("temperature"));
  EXPECT_THAT(sentence_of([&](SamplingParams& p) { p.temperature = nan; }), testing::HasSubstr("temperature"));
  EXPECT_THAT(sentence_of([](SamplingParams& p) { p.top_k = -1; }), testing::HasSubstr("top_k"));
  EXPECT_THAT(sentence_of([](SamplingParams& p) { p.top_p = 1.5; }), testing::HasSubstr("top_p"));
  EXPECT_THAT(sentence_of([&](SamplingParams& p) { p.min_p = nan; }), testing::HasSubstr("min_p"));
  EXPECT_THAT(sentence_of([](SamplingParams& p) { p.repetition_penalty = 0; }),
              testing::HasSubstr("repetition_penalty"));
}

TEST(MostLikely, AreInOrderWithTheirLogarithms) {
  const std::vector<float> logits = {std::log(0.1F), std::log(0.4F), std::log(0.1F), std::log(0.4F)};
  const auto best = engine::most_likely(logits, 3);
  ASSERT_EQ(best.size(), 3U);
  EXPECT_EQ(best[0].id, 1);
  EXPECT_EQ(best[1].id, 3);
  EXPECT_EQ(best[2].id, 0);
  EXPECT_NEAR(best[0].logprob, std::log(0.4), 1e-6);
  EXPECT_EQ(engine::most_likely(logits, 99).size(), 4U);
  EXPECT_TRUE(engine::most_likely(logits, 0).empty());
}

TEST(Softmax, ExpIsWithinTwoTenthMillionths) {
  for (double x = 0; x > -86.9; x -= 0.000173) {
    const auto exact = static_cast<double>(std::exp(static_cast<double>(static_cast<float>(x))));
    EXPECT_NEAR(engine::exp_nonpositive(static_cast<float>(x)) / exact, 1.0, 2e-7) << x;
  }
  EXPECT_EQ(engine::exp_nonpositive(0), 1.0F);
  EXPECT_EQ(engine::exp_nonpositive(-100), 0.0F);
  EXPECT_EQ(engine::exp_nonpositive(kRemoved), 0.0F);
}

TEST(Softmax, SumsAndMaximaAreOverAllScoresWhateverTheirNumber) {
  for (std::size_t size = 0; size < 70; ++size) {
    std::vector<float> scores(size);
    double expected = 0;
    float top = kRemoved;
    for (std::size_t i = 0; i < size; ++i) {
      scores[i] = -std::abs(std::sin(static_cast<float>(i) * 2.3F)) * 9;
      expected += std::exp(static_cast<double>(scores[i]));
      top = std::max(top, scores[i]);
    }
    EXPECT_NEAR(engine::sum_of_exp(scores, 0), expected, 1e-6 * (expected + 1));
    EXPECT_EQ(engine::largest_of(scores), top);
  }
}

TEST(Random, IsXoshiro256PlusPlusSeededBySplitmix64) {
  // splitmix64 from 0 starts e220a8397b1dcdaf, 6e789e6aa1b965f4, 06c45d188009454f, f88bb8a8724c81ec (the published
  // reference); the first output is rotl(s0 + s3, 23) + s0 of these.
  const std::uint64_t s0 = 0xe220a8397b1dcdaf, s3 = 0xf88bb8a8724c81ec;
  const std::uint64_t sum = s0 + s3;
  engine::Random random(0);
  EXPECT_EQ(random.next(), ((sum << 23) | (sum >> 41)) + s0);
}

}  // namespace
