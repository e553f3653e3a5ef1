#include "engine/kv_cache/snapshot.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <numeric>
#include <optional>

#include "engine/base/checksum.h"
#include "tests/support/error_of.h"
#include "tests/support/fixtures.h"

namespace {

using namespace engine;
using testing::HasSubstr;
using testing::StartsWith;
using Tokens = std::vector<std::int32_t>;
namespace fs = std::filesystem;

constexpr std::int64_t kPage = KvCache::kPageTokens;
constexpr Fingerprint kModel = {0x1234, 0x5678};
const KvGeometry kGeometry{2, 2, 32, KvType::F16};

Tokens counting(std::int64_t count, std::int32_t from = 0) {
  Tokens tokens(static_cast<std::size_t>(count));
  std::iota(tokens.begin(), tokens.end(), from);
  return tokens;
}

/// Bytes of one position in the cache: each its own, by layer, head, keys or values, and place in the row.
std::byte written(std::int32_t id, std::size_t row, std::size_t at) {
  return static_cast<std::byte>((static_cast<std::size_t>(id) * 31 + row * 7 + at * 3 + 1) % 251);
}

/// Where byte `at` of a position's row lies in its block (engine/backends/cpu/kv_rows.h).
std::size_t place(const KvPool& pool, bool keys, std::size_t slot, std::size_t at) {
  if (pool.dtype == DType::Q8_0) return slot * pool.row_bytes() + at;
  const std::size_t element = size_of(pool.dtype), d = at / element, dim = static_cast<std::size_t>(pool.head_dim);
  const std::size_t pair = keys ? d / 2 * static_cast<std::size_t>(kPage) + slot : slot / 2 * dim + d;
  return (2 * pair + (keys ? d : slot) % 2) * element + at % element;
}

/// Calls visit(byte, number of the row, place in it) for each byte that the cache keeps of a position.
template <typename Visit>
void for_bytes(KvCache& cache, std::int32_t page, std::int64_t position, Visit visit) {
  const KvPool pool = cache.pool();
  std::size_t number = 0;
  for (std::int64_t layer = 0; layer < pool.num_layers; ++layer) {
    for (std::int64_t head = 0; head < pool.num_kv_heads; ++head) {
      for (const bool keys : {true, false}) {
        std::byte* const block = keys ? pool.keys(page, layer, head) : pool.values(page, layer, head);
        for (std::size_t at = 0; at < pool.row_bytes(); ++at) {
          visit(block[place(pool, keys, static_cast<std::size_t>(position % kPage), at)], number, at);
        }
        ++number;
      }
    }
  }
}

/// A turn of a session as the engine does it, with made-up keys and values for what is not cached. Every cached row must
/// be what was once written for its token. Returns how many tokens were cached.
std::int64_t turn(KvCache& cache, std::uint64_t session, const Tokens& tokens) {
  const auto opened = cache.open(session, tokens);
  EXPECT_TRUE(opened.has_value());
  if (!opened) return -1;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(tokens.size()); ++i) {
    const std::int32_t id = tokens[static_cast<std::size_t>(i)];
    bool same = true;
    const std::int32_t page = cache.pages(opened->sequence)[static_cast<std::size_t>(i / kPage)];
    for_bytes(cache, page, i, [&](std::byte& byte, std::size_t number, std::size_t at) {
      if (i >= opened->cached) byte = written(id, number, at);
      same = same && byte == written(id, number, at);
    });
    EXPECT_TRUE(same) << "position " << i;
  }
  cache.commit(opened->sequence, std::span(tokens).subspan(static_cast<std::size_t>(opened->cached)));
  cache.close(opened->sequence);
  return opened->cached;
}

/// Freezes in one go.
std::string freeze(KvCache& cache, std::uint64_t session, const fs::path& path, const SnapshotLimits& limits = {}) {
  SnapshotWriter writer(cache, session, kModel, path, limits);
  while (!writer.step(1)) {
  }
  EXPECT_EQ(writer.stored(), writer.reason().empty());
  return writer.reason();
}

/// Thaws in one go; returns the reason for less than all, or the error.
std::string thaw(KvCache& cache, std::uint64_t session, const fs::path& path, const Fingerprint& model = kModel) {
  std::string reason;
  const std::string error = tests::error_of([&] {
    SnapshotReader reader(cache, session, model, path);
    while (!reader.step(1)) {
    }
    reason = reader.reason();
  });
  return error + reason;
}

/// A cache with one session of `count` tokens, and its file.
struct Frozen {
  explicit Frozen(std::int64_t count, const KvGeometry& geometry = kGeometry) : cache(geometry, 20 * kPage) {
    turn(cache, 1, counting(count));
    EXPECT_EQ(freeze(cache, 1, path), "");
  }
  tests::ScratchFolder scratch;
  fs::path path = scratch.path() / "1.kv";
  KvCache cache;
};

std::ptrdiff_t files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

TEST(Checksum, SeesEveryChangedBitAndLength) {
  std::vector<std::byte> bytes(101);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 37);
  const std::uint64_t sum = checksum(bytes);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    EXPECT_NE(checksum(bytes), sum) << bit;
    bytes[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
  }
  EXPECT_EQ(checksum(bytes), sum);
  EXPECT_NE(checksum(bytes, 1), sum);
  const std::vector<std::byte> zeros(64);
  std::set<std::uint64_t> sums;
  for (std::size_t count = 0; count <= zeros.size(); ++count) sums.insert(checksum(std::span(zeros).first(count)));
  EXPECT_EQ(sums.size(), zeros.size() + 1);
}

TEST(Snapshot, ComesBackInEveryCacheType) {
  for (const KvType type : {KvType::F32, KvType::F16, KvType::BF16, KvType::Q8_0}) {
    for (const std::int64_t count : {std::int64_t{1}, kPage - 1, kPage, kPage + 1, 5 * kPage + 7}) {
      const Frozen frozen(count, {2, 2, 32, type});
      KvCache other({2, 2, 32, type}, 20 * kPage);
      EXPECT_EQ(thaw(other, 7, frozen.path), "");
      EXPECT_EQ(turn(other, 7, counting(count + 10)), count);
      EXPECT_EQ(files_in(frozen.scratch.path()), 1);
    }
  }
}

TEST(Snapshot, WhatDiffersIsComputed) {
  const Frozen frozen(100);
  KvCache other(kGeometry, 20 * kPage);
  EXPECT_EQ(thaw(other, 1, frozen.path), "");
  Tokens edited = counting(120);
  edited[50] = 999;
  EXPECT_EQ(turn(other, 1, edited), 50);
}

TEST(Snapshot, AnotherModelOrCacheIsRefused) {
  const Frozen frozen(100);
  for (const Fingerprint& model : {Fingerprint{0x1234, 0}, Fingerprint{0, 0x5678}, Fingerprint{0x5678, 0x1234}}) {
    KvCache other(kGeometry, 20 * kPage);
    EXPECT_THAT(thaw(other, 1, frozen.path, model), HasSubstr("1.kv is not used, and the chat is read again: it was written with another model"));
    EXPECT_EQ(turn(other, 1, counting(100)), 0);
  }
  for (const KvGeometry& geometry : {KvGeometry{2, 2, 32, KvType::BF16}, KvGeometry{1, 2, 32, KvType::F16},
                                     KvGeometry{2, 1, 32, KvType::F16}, KvGeometry{2, 2, 64, KvType::F16},
                                     KvGeometry{1, 4, 32, KvType::F16}}) {
    KvCache other(geometry, 20 * kPage);
    EXPECT_THAT(thaw(other, 1, frozen.path), StartsWith("InvalidRequest: "));
    EXPECT_EQ(other.free_tokens(), other.capacity_tokens());
  }
}

// Every byte that is not of a page, and every bit of the first hundred.
TEST(Snapshot, AnyDamageToTheHeaderIsRefused) {
  const Frozen frozen(70);
  std::string bytes = tests::read_bytes(frozen.path);
  const std::size_t header = 4096;
  ASSERT_EQ(bytes.size(), header + 3 * static_cast<std::size_t>(kPage) * kGeometry.bytes_per_token());
  KvCache other(kGeometry, 20 * kPage);
  for (std::size_t at = 0; at < header; ++at) {
    for (int bit = 0; bit < (at < 100 ? 8 : 1); ++bit) {
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
      const auto damaged = frozen.scratch.write("damaged", bytes);
      EXPECT_THAT(thaw(other, 1, damaged), HasSubstr("is not used")) << at << ", bit " << bit;
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
    }
  }
  EXPECT_EQ(turn(other, 1, counting(70)), 0);
}

TEST(Snapshot, AnyOtherLengthIsRefused) {
  const Frozen frozen(70);
  const std::string bytes = tests::read_bytes(frozen.path);
  KvCache other(kGeometry, 20 * kPage);
  for (std::size_t length = 0; length < bytes.size(); length += length < 200 ? 1 : 997) {
    const auto cut = frozen.scratch.write("cut", std::string_view(bytes).substr(0, length));
    EXPECT_THAT(thaw(other, 1, cut), StartsWith("CorruptFile: ")) << length;
  }
  EXPECT_THAT(thaw(other, 1, frozen.scratch.write("cut", bytes.substr(0, bytes.size() - 1))), StartsWith("CorruptFile: "));
  EXPECT_THAT(thaw(other, 1, frozen.scratch.write("long", bytes + "x")), StartsWith("CorruptFile: "));
  EXPECT_THAT(thaw(other, 1, frozen.scratch.path() / "absent"), StartsWith("FileNotFound: "));
  EXPECT_THAT(thaw(other, 1, frozen.scratch.path()), StartsWith("FileNotFound: "));
  EXPECT_EQ(other.free_tokens(), other.capacity_tokens());
}

/// Sums that fit, so that what is behind them is reached: counts that no file can have.
TEST(Snapshot, ImpossibleNumbersUnderASoundChecksumAreRefused) {
  const Frozen frozen(70);
  const std::string sound = tests::read_bytes(frozen.path);
  KvCache other(kGeometry, 20 * kPage);
  for (const std::size_t field : {std::size_t{12}, std::size_t{16}, std::size_t{24}, std::size_t{32}, std::size_t{40}, std::size_t{48}}) {
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{69}, std::uint64_t{1} << 31, std::uint64_t{1} << 62, ~std::uint64_t{0}}) {
      std::string bytes = sound;
      std::memcpy(bytes.data() + field, &value, field == 12 ? 4 : 8);
      std::memset(bytes.data() + 72, 0, 8);
      const std::uint64_t sum = checksum(std::as_bytes(std::span(bytes)).first(4096));
      std::memcpy(bytes.data() + 72, &sum, 8);
      if (field == 48 && value == 69) continue;  // as sound as with 70: the same pages
      EXPECT_NE(thaw(other, 1, frozen.scratch.write("forged", bytes)), "") << field << " " << value;
    }
  }
  EXPECT_EQ(other.free_tokens(), other.capacity_tokens());
}

TEST(Snapshot, ADamagedPageEndsTheSessionBeforeIt) {
  const Frozen frozen(100);
  const std::string sound = tests::read_bytes(frozen.path);
  const std::size_t page_bytes = static_cast<std::size_t>(kPage) * kGeometry.bytes_per_token();
  for (std::size_t page = 0; page < 4; ++page) {
    for (const std::size_t at : {std::size_t{0}, page_bytes / 2, page_bytes - 1}) {
      std::string bytes = sound;
      bytes[4096 + page * page_bytes + at] = static_cast<char>(bytes[4096 + page * page_bytes + at] ^ 16);
      KvCache other(kGeometry, 20 * kPage);
      const auto from = std::to_string(page * static_cast<std::size_t>(kPage));
      EXPECT_THAT(thaw(other, 1, frozen.scratch.write("damaged", bytes)), HasSubstr("damaged from token " + from + " on"));
      EXPECT_EQ(turn(other, 1, counting(100)), static_cast<std::int64_t>(page) * kPage);
    }
  }
}

TEST(Snapshot, TellsNothingOfOtherChats) {
  tests::ScratchFolder scratch;
  KvCache cache(kGeometry, 4 * kPage);
  turn(cache, 1, counting(4 * kPage, 5000));  // every row of the pool
  turn(cache, 2, counting(3));
  EXPECT_EQ(freeze(cache, 2, scratch.path() / "2.kv"), "");
  const std::string bytes = tests::read_bytes(scratch.path() / "2.kv");
  const KvPool pool = cache.pool();
  std::vector<bool> used(bytes.size());
  for (std::size_t block = 0; 4096 + block * pool.block_bytes() < bytes.size(); ++block) {
    const bool keys = block / static_cast<std::size_t>(pool.num_kv_heads) % 2 == 0;
    for (std::size_t slot = 0; slot < 3; ++slot) {
      for (std::size_t at = 0; at < pool.row_bytes(); ++at) used[4096 + block * pool.block_bytes() + place(pool, keys, slot, at)] = true;
    }
  }
  for (std::size_t at = 4096; at < bytes.size(); ++at) ASSERT_TRUE(used[at] || bytes[at] == 0) << at;
}

TEST(Snapshot, IsWrittenOnlyWhereTheFileHasLess) {
  Frozen frozen(100);
  const auto before = fs::last_write_time(frozen.path);
  fs::last_write_time(frozen.path, before - std::chrono::hours(1));
  EXPECT_EQ(freeze(frozen.cache, 1, frozen.path), "");
  EXPECT_EQ(fs::last_write_time(frozen.path), before - std::chrono::hours(1));
  turn(frozen.cache, 1, counting(101));
  EXPECT_EQ(freeze(frozen.cache, 1, frozen.path), "");
  EXPECT_GT(fs::last_write_time(frozen.path), before - std::chrono::hours(1));
  fs::last_write_time(frozen.path, before - std::chrono::hours(1));
  EXPECT_EQ(freeze(frozen.cache, 1, frozen.path, {0, true}), "");
  EXPECT_GT(fs::last_write_time(frozen.path), before - std::chrono::hours(1));
  // What the cache still has of a longer session is in the file already.
  KvCache other(kGeometry, 20 * kPage);
  turn(other, 1, counting(40));
  EXPECT_EQ(freeze(other, 1, frozen.path), "");
  EXPECT_EQ(thaw(other, 1, frozen.path), "");
  EXPECT_EQ(turn(other, 1, counting(110)), 101);
}

TEST(Snapshot, SaysWhyNothingIsWritten) {
  Frozen frozen(100);
  EXPECT_THAT(freeze(frozen.cache, 2, frozen.path), HasSubstr("nothing of it is cached"));
  EXPECT_THAT(freeze(frozen.cache, 1, frozen.scratch.path() / "2.kv", {1000, false}), HasSubstr("100 tokens need"));
  EXPECT_FALSE(fs::exists(frozen.scratch.path() / "2.kv"));
  const auto letter = frozen.scratch.write("letter.txt", "Dear Sir or Madam, this is no saved session.");
  EXPECT_THAT(tests::error_of([&] { freeze(frozen.cache, 1, letter); }), HasSubstr("is no saved session; choose another name"));
  EXPECT_THAT(tests::read_bytes(letter), StartsWith("Dear"));
  EXPECT_EQ(freeze(frozen.cache, 1, frozen.scratch.write("empty", "")), "");
  EXPECT_THAT(tests::error_of([&] { freeze(frozen.cache, 1, frozen.scratch.path() / "no" / "folder"); }), StartsWith("FileNotFound"));
  // None of these has kept pages that it then let lie.
  frozen.cache.drop(1);
  EXPECT_EQ(frozen.cache.free_tokens(), frozen.cache.capacity_tokens());
}

TEST(Snapshot, GoesOnWhileTheSessionChanges) {
  Frozen frozen(10);
  turn(frozen.cache, 1, counting(100));
  SnapshotWriter writer(frozen.cache, 1, kModel, frozen.path, {});
  writer.step(1);
  turn(frozen.cache, 1, counting(160));
  Tokens edited = counting(160);
  edited[3] = 777;
  turn(frozen.cache, 1, edited);
  frozen.cache.drop(1);
  while (!writer.step(1)) {
  }
  EXPECT_TRUE(writer.stored());
  EXPECT_EQ(frozen.cache.free_tokens(), frozen.cache.capacity_tokens());
  EXPECT_EQ(thaw(frozen.cache, 1, frozen.path), "");
  EXPECT_EQ(turn(frozen.cache, 1, counting(160)), 100);
}

TEST(Snapshot, OfARunningReplyHasWhatIsCommitted) {
  const tests::ScratchFolder scratch;
  KvCache cache(kGeometry, 20 * kPage);
  turn(cache, 1, counting(50));
  const auto opened = cache.open(1, counting(90));
  ASSERT_TRUE(opened);
  EXPECT_EQ(freeze(cache, 1, scratch.path() / "1.kv"), "");
  cache.close(opened->sequence);
  KvCache other(kGeometry, 20 * kPage);
  EXPECT_EQ(thaw(other, 1, scratch.path() / "1.kv"), "");
  EXPECT_EQ(turn(other, 1, counting(90)), 50);
}

TEST(Snapshot, GivesWayToReplies) {
  Frozen frozen(10);
  turn(frozen.cache, 1, counting(100));
  SnapshotWriter writer(frozen.cache, 1, kModel, frozen.path, {});
  writer.step(1);
  EXPECT_EQ(turn(frozen.cache, 2, counting(20 * kPage, 9000)), 0);  // all that there is
  EXPECT_TRUE(writer.step(1));
  EXPECT_FALSE(writer.stored());
  EXPECT_THAT(writer.reason(), HasSubstr("needed its room"));
  EXPECT_EQ(files_in(frozen.scratch.path()), 1);
  KvCache other(kGeometry, 20 * kPage);
  EXPECT_EQ(thaw(other, 1, frozen.path), "");  // the file from before
  EXPECT_EQ(turn(other, 1, counting(100)), 10);
}

TEST(Snapshot, ThawingTakesRoomFromSessionsNotFromReplies) {
  const Frozen frozen(8 * kPage);
  KvCache cache(kGeometry, 10 * kPage);
  turn(cache, 2, counting(5 * kPage, 9000));
  EXPECT_EQ(thaw(cache, 1, frozen.path), "");
  EXPECT_EQ(turn(cache, 1, counting(8 * kPage + 1)), 8 * kPage);

  KvCache busy(kGeometry, 10 * kPage);
  const auto running = busy.open(2, counting(5 * kPage, 9000));
  ASSERT_TRUE(running);
  EXPECT_THAT(thaw(busy, 1, frozen.path), HasSubstr("other replies need the room"));
  EXPECT_EQ(busy.kept(1).tokens.size(), 5U * kPage);
  busy.close(running->sequence);
  EXPECT_EQ(turn(busy, 1, counting(8 * kPage)), 5 * kPage);

  KvCache small(kGeometry, 7 * kPage);
  EXPECT_THAT(thaw(small, 1, frozen.path), StartsWith("ContextFull: "));
}

TEST(Snapshot, ThawingEndsWhereTheSessionIsTakenAway) {
  const Frozen frozen(8 * kPage);
  KvCache cache(kGeometry, 10 * kPage);
  SnapshotReader reader(cache, 1, kModel, frozen.path);
  EXPECT_FALSE(reader.step(1));
  cache.drop(1);
  EXPECT_TRUE(reader.step(1));
  EXPECT_THAT(reader.reason(), HasSubstr("needed meanwhile"));
  EXPECT_EQ(cache.free_tokens(), cache.capacity_tokens());
}

TEST(Snapshot, WhatTheCacheHasIsNewerThanTheFile) {
  Frozen frozen(100);
  Tokens edited = counting(90);
  edited[60] = 999;
  turn(frozen.cache, 1, edited);
  EXPECT_EQ(thaw(frozen.cache, 1, frozen.path), "");
  EXPECT_EQ(turn(frozen.cache, 1, edited), 89);
  // Of a session that gave way in part, the rest is read.
  KvCache other(kGeometry, 20 * kPage);
  turn(other, 1, counting(70));
  SnapshotReader reader(other, 1, kModel, frozen.path);
  while (!reader.step(1)) {
  }
  EXPECT_EQ(reader.tokens(), 100 - 64);
  EXPECT_EQ(turn(other, 1, counting(100)), 99);
}

TEST(Snapshot, AKilledWriterLeavesTheOldFile) {
  Frozen frozen(40);
  const std::string before = tests::read_bytes(frozen.path);
  for (int pages = 0; pages < 5; ++pages) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      turn(frozen.cache, 1, counting(200));
      SnapshotWriter writer(frozen.cache, 1, kModel, frozen.path, {});
      for (int page = 0; page < pages; ++page) writer.step(1);
      kill(getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(tests::read_bytes(frozen.path), before);
  }
  KvCache other(kGeometry, 20 * kPage);
  EXPECT_EQ(thaw(other, 1, frozen.path), "");
  EXPECT_EQ(turn(other, 1, counting(60)), 40);
}

}  // namespace
