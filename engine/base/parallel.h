#pragma once

#include <atomic>
#include <cstdint>
#if defined(_OPENMP)
#include <omp.h>
#endif

namespace engine {

/// Work given to the team so far by this process: each fork and join costs a few microseconds, so that a decode step
/// can be judged by how many it needs. Counted only, never waited on.
inline std::atomic<std::uint64_t> fork_joins{0};

/// Calls fn(chunk_begin, chunk_end, worker) for consecutive chunks of at most `grain` indices that together are
/// [begin, end), on up to `threads` threads of one OpenMP team; `worker` in [0, threads) names the thread, for scratch
/// memory of its own. Chunks go to whoever is free, so fn must not depend on who runs it or in which order; chunk
/// borders depend on `grain` alone. One chunk, one thread, or a call from inside the team runs in the caller. fn must
/// not throw. Without OpenMP: serial.
template <typename Function>
void parallel_for(int threads, std::int64_t begin, std::int64_t end, std::int64_t grain, const Function& fn) {
  if (end <= begin) return;
  const std::int64_t chunks = (end - begin + grain - 1) / grain;
  const auto run = [&](std::int64_t chunk, int worker) {
    const std::int64_t first = begin + chunk * grain;
    fn(first, first + grain < end ? first + grain : end, worker);
  };
#if defined(_OPENMP)
  if (threads > 1 && chunks > 1 && !omp_in_parallel()) {
    fork_joins.fetch_add(1, std::memory_order_relaxed);
    // Always the whole team: libgomp ends the threads that a smaller one leaves over.
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) run(chunk, omp_get_thread_num());
    return;
  }
#endif
  static_cast<void>(threads);
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) run(chunk, 0);
}

/// Tells OpenMP how many threads libraries that ask it (oneDNN) may use when this thread calls them, so that they run on
/// the same team.
inline void set_team_size(int threads) {
#if defined(_OPENMP)
  if (omp_get_max_threads() != threads) omp_set_num_threads(threads);
#else
  static_cast<void>(threads);
#endif
}

}  // namespace engine
