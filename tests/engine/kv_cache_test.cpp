#include "engine/kv_cache/kv_cache.h"

#include <cstring>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "engine/base/error.h"

namespace {

using engine::KvCache;
using engine::SequenceId;
using Tokens = std::vector<std::int32_t>;

constexpr std::int64_t kPage = KvCache::kPageTokens;
const engine::KvGeometry kGeometry{2, 2, 4, engine::KvType::F32};

Tokens counting(std::int64_t count, std::int32_t from = 0) {
  Tokens tokens(static_cast<std::size_t>(count));
  std::iota(tokens.begin(), tokens.end(), from);
  return tokens;
}

/// What a forward pass would have written for a token: its id, in every row of its position.
void write(KvCache& cache, SequenceId sequence, std::int64_t position, std::int32_t id) {
  const engine::KvPool pool = cache.pool();
  const std::int64_t page = cache.pages(sequence)[static_cast<std::size_t>(position / kPage)];
  for (std::int64_t layer = 0; layer < pool.num_layers; ++layer) {
    for (std::int64_t head = 0; head < pool.num_kv_heads; ++head) {
      for (std::byte* rows : {pool.keys(page, layer, head), pool.values(page, layer, head)}) {
        for (std::int64_t d = 0; d < pool.head_dim; ++d) {
          const auto value = static_cast<float>(id);
          std::memcpy(rows + static_cast<std::size_t>(position % kPage * pool.head_dim + d) * sizeof value, &value,
                      sizeof value);
        }
      }
    }
  }
}

float read(KvCache& cache, SequenceId sequence, std::int64_t position) {
  const engine::KvPool pool = cache.pool();
  const std::int64_t page = cache.pages(sequence)[static_cast<std::size_t>(position / kPage)];
  float value = 0;
  std::memcpy(&value, pool.values(page, 1, 1) + static_cast<std::size_t>(position % kPage * pool.head_dim) * sizeof value,
              sizeof value);
  return value;
}

/// Computes and commits tokens behind what the sequence holds.
void append(KvCache& cache, SequenceId sequence, const Tokens& tokens) {
  ASSERT_TRUE(cache.reserve(sequence, static_cast<std::int64_t>(tokens.size())));
  std::int64_t position = cache.length(sequence);
  for (const std::int32_t id : tokens) write(cache, sequence, position++, id);
  cache.commit(sequence, tokens);
}

/// A whole turn: opens, computes what is not cached, closes. Returns what was cached.
std::int64_t turn(KvCache& cache, std::uint64_t session, const Tokens& tokens) {
  const auto opened = cache.open(session, tokens);
  EXPECT_TRUE(opened.has_value());
  append(cache, opened->sequence, Tokens(tokens.begin() + opened->cached, tokens.end()));
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    EXPECT_EQ(read(cache, opened->sequence, static_cast<std::int64_t>(i)), static_cast<float>(tokens[i]));
  }
  cache.close(opened->sequence);
  return opened->cached;
}

TEST(KvCache, FindsNothingAtFirst) {
  KvCache cache(kGeometry, 10 * kPage);
  EXPECT_EQ(turn(cache, 1, counting(40)), 0);
}

TEST(KvCache, NextTurnReadsOnlyItsNewTokens) {
  KvCache cache(kGeometry, 10 * kPage);
  turn(cache, 1, counting(70));
  EXPECT_EQ(turn(cache, 1, counting(100)), 70);
}

TEST(KvCache, ReusesLongestPrefixAfterEdit) {
  KvCache cache(kGeometry, 10 * kPage);
  turn(cache, 1, counting(100));
  Tokens edited = counting(100);
  edited[50] = 999;
  EXPECT_EQ(turn(cache, 1, edited), 50);
  EXPECT_EQ(turn(cache, 1, edited), 99);  // the edit has replaced what was there
}

TEST(KvCache, LeavesOneTokenToComputeWhenAllAreCached) {
  KvCache cache(kGeometry, 10 * kPage);
  turn(cache, 1, counting(64));
  EXPECT_EQ(turn(cache, 1, counting(64)), 63);
  EXPECT_EQ(turn(cache, 2, counting(1)), 0);
}

TEST(KvCache, SessionZeroLooksUpButKeepsNothing) {
  KvCache cache(kGeometry, 10 * kPage);
  EXPECT_EQ(turn(cache, 0, counting(64)), 0);
  EXPECT_EQ(cache.free_tokens(), cache.capacity_tokens());
  turn(cache, 1, counting(64));
  EXPECT_EQ(turn(cache, 0, counting(90)), 64);
  EXPECT_EQ(cache.free_tokens(), cache.capacity_tokens() - 64);
}

TEST(KvCache, SharesWholePagesBetweenSessions) {
  KvCache cache(kGeometry, 10 * kPage);
  turn(cache, 1, counting(3 * kPage));
  Tokens other = counting(4 * kPage);
  other.back() = 7;
  EXPECT_EQ(turn(cache, 2, other), 3 * kPage);
  EXPECT_EQ(cache.free_tokens(), 6 * kPage);  // three shared, one more
  cache.drop(1);
  EXPECT_EQ(cache.free_tokens(), 6 * kPage);
  EXPECT_EQ(turn(cache, 2, other), 4 * kPage - 1);
}

TEST(KvCache, CopiesASharedPageBeforeItIsWritten) {
  KvCache cache(kGeometry, 10 * kPage);
  turn(cache, 1, counting(40));
  Tokens other = counting(36);
  other[35] = 500;
  const auto opened = cache.open(2, other);
  ASSERT_EQ(opened->cached, 35);
  append(cache, opened->sequence, {500});
  EXPECT_EQ(turn(cache, 1, counting(41)), 40);  // reads back 0 .. 40 inside turn()
  EXPECT_EQ(read(cache, opened->sequence, 35), 500.0f);
  EXPECT_EQ(read(cache, opened->sequence, 34), 34.0f);
  cache.close(opened->sequence);
}

TEST(KvCache, RunningSequencesShareTooAndDoNotDisturbEachOther) {
  KvCache cache(kGeometry, 10 * kPage);
  const auto first = cache.open(1, counting(50));
  append(cache, first->sequence, counting(50));
  const auto second = cache.open(2, counting(45));
  ASSERT_EQ(second->cached, 44);
  append(cache, second->sequence, {44, 700});
  append(cache, first->sequence, {50, 51});
  for (std::int64_t i = 0; i < 52; ++i) EXPECT_EQ(read(cache, first->sequence, i), static_cast<float>(i));
  for (std::int64_t i = 0; i < 45; ++i) EXPECT_EQ(read(cache, second->sequence, i), static_cast<float>(i));
  EXPECT_EQ(read(cache, second->sequence, 45), 700.0f);
}

TEST(KvCache, TruncatedSequenceWritesIntoItsOwnCopy) {
  KvCache cache(kGeometry, 10 * kPage);
  const auto first = cache.open(1, counting(60));
  append(cache, first->sequence, counting(60));
  const auto second = cache.open(2, counting(61));
  append(cache, second->sequence, {60});
  cache.truncate(first->sequence, 20);
  append(cache, first->sequence, {900});
  EXPECT_EQ(cache.length(first->sequence), 21);
  EXPECT_EQ(read(cache, first->sequence, 20), 900.0f);
  EXPECT_EQ(read(cache, second->sequence, 20), 20.0f);
}

TEST(KvCache, LeastRecentlyUsedSessionGivesWayFromItsEnd) {
  KvCache cache(kGeometry, 6 * kPage);
  turn(cache, 1, counting(2 * kPage, 1000));
  turn(cache, 2, counting(2 * kPage, 2000));
  turn(cache, 1, counting(2 * kPage, 1000));  // 2 is now the oldest
  turn(cache, 3, counting(3 * kPage, 3000));  // one page short
  EXPECT_EQ(cache.free_tokens(), 0);
  EXPECT_EQ(turn(cache, 1, counting(2 * kPage, 1000)), 2 * kPage - 1);
  EXPECT_EQ(turn(cache, 3, counting(3 * kPage, 3000)), 3 * kPage - 1);
  EXPECT_EQ(turn(cache, 2, counting(2 * kPage, 2000)), kPage);
}

TEST(KvCache, RunningSequencesAreNeverTakenFrom) {
  KvCache cache(kGeometry, 4 * kPage);
  const auto first = cache.open(1, counting(3 * kPage));
  append(cache, first->sequence, counting(3 * kPage));
  EXPECT_FALSE(cache.open(2, counting(2 * kPage, 500)).has_value());
  EXPECT_FALSE(cache.reserve(first->sequence, kPage + 1));
  EXPECT_TRUE(cache.reserve(first->sequence, kPage));
  EXPECT_EQ(cache.length(first->sequence), 3 * kPage);
  cache.close(first->sequence);
  EXPECT_TRUE(cache.open(2, counting(2 * kPage, 500)).has_value());
}

TEST(KvCache, WholePoolCanBeContinuedWithoutRoomForACopy) {
  KvCache cache(kGeometry, 2 * kPage);
  turn(cache, 1, counting(40));
  EXPECT_EQ(turn(cache, 1, counting(2 * kPage)), 40);
  Tokens edited = counting(2 * kPage);
  edited[50] = 77;
  EXPECT_EQ(turn(cache, 1, edited), 50);
}

TEST(KvCache, PromptBeyondTheCapacityIsContextFull) {
  KvCache cache(kGeometry, 2 * kPage);
  try {
    cache.open(1, counting(2 * kPage + 1));
    FAIL() << "opened";
  } catch (const engine::Error& error) {
    EXPECT_EQ(error.code(), engine::ErrorCode::ContextFull);
    EXPECT_NE(std::string(error.what()).find("65 tokens"), std::string::npos) << error.what();
  }
}

TEST(KvCache, DroppedSessionIsForgottenAlsoWhileItRuns) {
  KvCache cache(kGeometry, 10 * kPage);
  turn(cache, 1, counting(50));
  cache.drop(1);
  EXPECT_EQ(cache.free_tokens(), cache.capacity_tokens());
  const auto opened = cache.open(1, counting(50));
  append(cache, opened->sequence, counting(50));
  cache.drop(1);
  EXPECT_EQ(cache.length(opened->sequence), 50);
  cache.close(opened->sequence);
  EXPECT_EQ(cache.free_tokens(), cache.capacity_tokens());
}

TEST(KvCache, ClosingGivesBackWhatWasReservedAndNotUsed) {
  KvCache cache(kGeometry, 10 * kPage);
  const auto opened = cache.open(1, counting(10));
  append(cache, opened->sequence, counting(10));
  ASSERT_TRUE(cache.reserve(opened->sequence, 5 * kPage));
  cache.close(opened->sequence);
  EXPECT_EQ(cache.free_tokens(), 9 * kPage);
}

TEST(KvCache, CountsBytesAsTheModelsTableDoes) {
  // models.md 1.7: ERNIE 0.3B with a 16-bit cache.
  EXPECT_EQ((engine::KvGeometry{18, 2, 128, engine::KvType::F16}).bytes_per_token(), 18432u);
}

}  // namespace
