#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <thread>
#include <vector>

namespace engine {

/// Threads that share loops of a few microseconds and more. Between loops they look out for the next one a little while,
/// then sleep. Nobody is waited for who has not begun: where other programs hold the cores, the caller does the work
/// alone instead of standing still until the last thread has had its turn.
class ThreadTeam {
 public:
  /// A team of `threads` (1 or more), the caller among them: threads - 1 are started. Throws Error(OutOfMemory) where
  /// the system starts no more. With `cpus`, thread i keeps to cpus[i % size], as far as the system allows; the caller
  /// stays free, for threads that it starts elsewhere would be bound with it.
  explicit ThreadTeam(int threads, std::span<const int> cpus = {});
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;
  ~ThreadTeam();

  int threads() const { return static_cast<int>(helpers_.size()) + 1; }

  /// Calls fn(chunk_begin, chunk_end, worker) for consecutive chunks of at most `grain` indices that together are
  /// [begin, end); returns when all are done. `worker` in [0, threads()) names the thread, for scratch memory of its
  /// own. Each thread begins with a stretch of its own, chunk by chunk in order, so that it reads memory in one stream,
  /// and then helps the others: fn must not depend on who runs it or in which order; chunk borders depend on `grain`
  /// alone. One chunk runs in the caller. fn must not throw and must not use the team. One caller at a time.
  template <typename Function>
  void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain, const Function& fn) {
    if (end <= begin) return;
    const std::int64_t chunks = (end - begin + grain - 1) / grain;
    const auto run = [&](std::int64_t chunk, int worker) {
      const std::int64_t first = begin + chunk * grain;
      fn(first, first + grain < end ? first + grain : end, worker);
    };
    if (helpers_.empty() || chunks == 1) {
      for (std::int64_t chunk = 0; chunk < chunks; ++chunk) run(chunk, 0);
      return;
    }
    share({[](const void* what, std::int64_t chunk, int worker) {
             (*static_cast<const decltype(run)*>(what))(chunk, worker);
           },
           &run, chunks});
  }

 private:
  /// A loop: call(what, chunk, worker) for every chunk below `chunks`.
  struct Job {
    void (*call)(const void* what, std::int64_t chunk, int worker) = nullptr;
    const void* what = nullptr;
    std::int64_t chunks = 0;
  };

  /// The chunks of a job that one thread begins with.
  struct alignas(64) Part {
    std::atomic<std::int64_t> next{0};  ///< the next chunk to be done
    std::int64_t end = 0;               ///< written like job_
  };

  void share(const Job& job);
  void work(int worker);
  void help(int worker);
  void stop();

  // The gate tells which job is on, whether it may still be entered, and how many helpers are inside: see
  // thread_team.cpp. On lines of their own, for all threads write them.
  alignas(64) std::atomic<std::uint32_t> gate_{0};
  alignas(64) std::atomic<std::uint32_t> departures_{0};  ///< counts helpers that left a closed gate last
  alignas(64) Job job_;  ///< written while the gate is closed and nobody is inside; read inside
  std::atomic<bool> stopping_{false};
  std::vector<Part> parts_;
  std::vector<std::thread> helpers_;
};

}  // namespace engine
