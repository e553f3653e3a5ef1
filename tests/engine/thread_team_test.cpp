#include "engine/backends/cpu/thread_team.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <ostream>
#include <set>
#include <vector>

#include "engine/backends/cpu/cpu_cores.h"

namespace engine {
namespace {

struct Loop {
  int threads;
  std::int64_t begin, end, grain;
};

void PrintTo(const Loop& loop, std::ostream* out) {
  *out << loop.threads << " threads, [" << loop.begin << ", " << loop.end << ") by " << loop.grain;
}

#ifdef __linux__
std::set<int> allowed_here() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  EXPECT_EQ(sched_getaffinity(0, sizeof cpus, &cpus), 0);
  std::set<int> numbers;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &cpus)) numbers.insert(cpu);
  }
  return numbers;
}

TEST(ThreadTeam, BoundThreadsKeepToTheirCpusAndTheCallerStaysFree) {
  const std::vector<int> cpus = cpus_of_cores();
  const std::set<int> before = allowed_here();
  ASSERT_FALSE(cpus.empty());
  EXPECT_TRUE(std::includes(before.begin(), before.end(), cpus.begin(), cpus.end()));
  ThreadTeam team(3, cpus);
  std::mutex mutex;
  std::condition_variable all_in;
  std::set<int> in;
  team.parallel_for(0, 3, 1, [&](std::int64_t, std::int64_t, int worker) {
    std::unique_lock lock(mutex);
    in.insert(worker);
    all_in.notify_all();
    all_in.wait_for(lock, std::chrono::seconds(20), [&] { return in.size() == 3; });  // so that each takes one
    const std::set<int> own = allowed_here();
    if (worker == 0) {
      EXPECT_EQ(own, before);
    } else {
      EXPECT_EQ(own, std::set<int>{cpus[static_cast<std::size_t>(worker) % cpus.size()]});
    }
  });
}
#endif

class ThreadTeamLoop : public testing::TestWithParam<Loop> {};

TEST_P(ThreadTeamLoop, VisitsEveryIndexOnceInChunksOfTheGrain) {
  const Loop& loop = GetParam();
  ThreadTeam team(loop.threads);
  EXPECT_EQ(team.threads(), loop.threads);
  std::vector<int> visits(static_cast<std::size_t>(loop.end), 0);  // plain ints: a chunk given twice is a race that tsan sees
  std::mutex mutex;
  std::set<std::pair<std::int64_t, std::int64_t>> chunks;
  team.parallel_for(loop.begin, loop.end, loop.grain, [&](std::int64_t begin, std::int64_t end, int worker) {
    for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
    const std::lock_guard lock(mutex);
    EXPECT_GE(worker, 0);
    EXPECT_LT(worker, loop.threads);
    EXPECT_TRUE(chunks.emplace(begin, end).second);
  });
  std::set<std::pair<std::int64_t, std::int64_t>> expected;
  for (std::int64_t i = loop.begin; i < loop.end; i += loop.grain) expected.emplace(i, std::min(i + loop.grain, loop.end));
  EXPECT_EQ(chunks, expected);
  for (std::int64_t i = 0; i < loop.end; ++i) EXPECT_EQ(visits[static_cast<std::size_t>(i)], i >= loop.begin ? 1 : 0) << i;
}

INSTANTIATE_TEST_SUITE_P(Loops, ThreadTeamLoop,
                         testing::Values(Loop{1, 0, 10, 3}, Loop{2, 0, 1, 1}, Loop{2, 0, 0, 1}, Loop{2, 3, 1000, 7},
                                         Loop{3, 0, 2, 1}, Loop{7, 5, 4096, 64}, Loop{64, 0, 100, 1}));

// The helper's chunk lasts longer than the caller's, asleep or not.
TEST(ThreadTeam, WaitsForThoseWhoBegan) {
  ThreadTeam team(2);
  for (const int milliseconds : {0, 1, 20}) {
    std::atomic<int> arrived{0};
    bool done = false;
    team.parallel_for(0, 2, 1, [&](std::int64_t, std::int64_t, int worker) {
      arrived.fetch_add(1);
      while (arrived.load() < 2) std::this_thread::yield();
      if (worker == 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
      done = true;
    });
    EXPECT_TRUE(done) << milliseconds;
  }
}

// Memory is read in as few streams as there are threads.
TEST(ThreadTeam, EveryThreadBeginsWithAStretchOfItsOwn) {
  ThreadTeam team(3);
  std::atomic<int> arrived{0};
  std::int64_t firsts[3] = {-1, -1, -1};
  team.parallel_for(100, 200, 1, [&](std::int64_t begin, std::int64_t, int worker) {
    std::int64_t& first = firsts[worker];
    if (first >= 0) return;
    first = begin;
    arrived.fetch_add(1);
    while (arrived.load() < 3) std::this_thread::yield();
  });
  EXPECT_EQ(firsts[0], 100);
  EXPECT_EQ(firsts[1], 133);
  EXPECT_EQ(firsts[2], 166);
}

// Loops follow one another as in a decode step, each reading what the one before wrote: a loop that ended too early, or
// a helper that strayed into the next one, leaves a wrong sum.
TEST(ThreadTeam, EndsALoopOnlyWhenAllIsDone) {
  ThreadTeam team(4);
  std::vector<std::int64_t> values(37, 0);
  const int loops = 20000;
  for (int loop = 0; loop < loops; ++loop) {
    team.parallel_for(0, 37, 2, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t i = begin; i < end; ++i) ++values[static_cast<std::size_t>(i)];
    });
    if (loop % 1000 == 0) {
      ASSERT_EQ(std::accumulate(values.begin(), values.end(), std::int64_t{0}), 37 * (loop + 1));
    }
  }
  for (const std::int64_t value : values) EXPECT_EQ(value, loops);
}

TEST(ThreadTeam, GivesEachThreadANumberOfItsOwn) {
  ThreadTeam team(5);
  std::vector<std::atomic<int>> inside(5);
  for (int loop = 0; loop < 200; ++loop) {
    team.parallel_for(0, 50, 1, [&](std::int64_t, std::int64_t, int worker) {
      EXPECT_EQ(inside[static_cast<std::size_t>(worker)].fetch_add(1), 0);
      std::this_thread::yield();
      inside[static_cast<std::size_t>(worker)].fetch_sub(1);
    });
  }
}

// The helpers do share the work: a chunk that waits for another one would otherwise wait for ever.
TEST(ThreadTeam, RunsChunksAtTheSameTime) {
  ThreadTeam team(2);
  for (int loop = 0; loop < 10; ++loop) {
    std::atomic<int> arrived{0};
    team.parallel_for(0, 2, 1, [&](std::int64_t, std::int64_t, int) {
      arrived.fetch_add(1);
      while (arrived.load() < 2) std::this_thread::yield();
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(loop));  // asleep or awake, they come
  }
}

TEST(ThreadTeam, TeamsOfSeveralThreadsDoNotMeet) {
  std::vector<std::thread> callers;
  std::atomic<std::int64_t> total{0};
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&total] {
      for (int round = 0; round < 10; ++round) {
        ThreadTeam team(3);
        for (int loop = 0; loop < 50; ++loop) {
          team.parallel_for(0, 9, 1, [&](std::int64_t begin, std::int64_t end, int) { total += end - begin; });
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(total.load(), 4 * 10 * 50 * 9);
}

}  // namespace
}  // namespace engine
