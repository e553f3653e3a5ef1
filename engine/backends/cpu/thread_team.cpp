#include "engine/backends/cpu/thread_team.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <string>
#include <system_error>

#include "engine/base/error.h"

namespace engine {
namespace {

// The gate, from the lowest bit: helpers inside (11 bits), whether it is open, and the number of the job (20 bits). One
// word, so that entering and closing exclude each other without a lock. The number may come round again while a helper
// sleeps: it then misses a job, which nobody waits for it to join.
constexpr std::uint32_t kInside = (1u << 11) - 1;
constexpr std::uint32_t kOpen = 1u << 11;
constexpr std::uint32_t kNextJob = 1u << 12;

// Looks at the gate before going to sleep: tens of microseconds, longer than the serial stretches within a decode step
// and far shorter than a time slice, so that a crowded machine loses little by it.
constexpr int kLooks = 1500;

// Parts of a loop: with more threads some share one, for each costs the caller a line of memory to write.
constexpr int kMostParts = 16;

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#else
  std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
}

void bind(std::thread& thread, int cpu) {
#ifdef __linux__
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  pthread_setaffinity_np(thread.native_handle(), sizeof one, &one);
#endif
}

std::uint32_t job_number(std::uint32_t gate) { return gate / kNextJob; }

}  // namespace

ThreadTeam::ThreadTeam(int threads, std::span<const int> cpus) : parts_(static_cast<std::size_t>(std::min(threads, kMostParts))) {
  try {
    helpers_.reserve(static_cast<std::size_t>(threads - 1));
    for (int worker = 1; worker < threads; ++worker) {
      helpers_.emplace_back([this, worker] { help(worker); });
      if (!cpus.empty()) bind(helpers_.back(), cpus[static_cast<std::size_t>(worker) % cpus.size()]);
    }
  } catch (const std::system_error& error) {
    const std::size_t started = helpers_.size();
    stop();
    throw Error(ErrorCode::OutOfMemory, "Could not start " + std::to_string(threads) + " threads: the system stopped after " +
                                            std::to_string(started) + " (" + error.code().message() +
                                            "). Choose fewer threads");
  }
}

ThreadTeam::~ThreadTeam() { stop(); }

void ThreadTeam::stop() {
  stopping_.store(true);
  gate_.fetch_add(kNextJob);  // a closed gate with another number: who sleeps wakes and sees
  gate_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
  helpers_.clear();
}

void ThreadTeam::share(const Job& job) {
  job_ = job;
  const auto parts = static_cast<std::int64_t>(parts_.size());
  std::int64_t begin = 0;
  for (std::int64_t i = 0; i < parts; ++i) {
    Part& part = parts_[static_cast<std::size_t>(i)];
    part.next.store(begin, std::memory_order_relaxed);
    begin += (job.chunks - begin) / (parts - i);
    part.end = begin;
  }
  // Not a plain store: whoever falls asleep meanwhile must either be seen by notify_all or see the new number.
  gate_.exchange((job_number(gate_.load(std::memory_order_relaxed)) + 1) * kNextJob + kOpen);
  gate_.notify_all();
  work(0);
  std::uint32_t gate = gate_.fetch_and(~kOpen, std::memory_order_acquire);
  for (int looks = 0; (gate & kInside) != 0; ++looks) {
    if (looks < kLooks) {
      pause();
    } else {
      const std::uint32_t departures = departures_.load(std::memory_order_acquire);
      if ((gate_.load(std::memory_order_acquire) & kInside) == 0) return;
      departures_.wait(departures, std::memory_order_acquire);
    }
    gate = gate_.load(std::memory_order_acquire);
  }
}

void ThreadTeam::work(int worker) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Part& part = parts_[(static_cast<std::size_t>(worker) + i) % parts_.size()];
    while (part.next.load(std::memory_order_relaxed) < part.end) {
      const std::int64_t chunk = part.next.fetch_add(1, std::memory_order_relaxed);
      if (chunk < part.end) job_.call(job_.what, chunk, worker);
    }
  }
}

void ThreadTeam::help(int worker) {
  std::uint32_t last = 0;  // the job that this helper has had; there is none with number 0 before the numbers come round
  while (!stopping_.load(std::memory_order_acquire)) {
    std::uint32_t gate = gate_.load(std::memory_order_acquire);
    for (int looks = 0; looks < kLooks && ((gate & kOpen) == 0 || job_number(gate) == last); ++looks) {
      pause();
      gate = gate_.load(std::memory_order_acquire);
    }
    if ((gate & kOpen) == 0 || job_number(gate) == last) {
      if (!stopping_.load(std::memory_order_acquire)) gate_.wait(gate, std::memory_order_acquire);
      continue;
    }
    if (!gate_.compare_exchange_weak(gate, gate + 1, std::memory_order_acquire, std::memory_order_relaxed)) continue;
    last = job_number(gate);
    work(worker);
    const std::uint32_t left = gate_.fetch_sub(1, std::memory_order_acq_rel) - 1;
    if ((left & (kOpen | kInside)) == 0) {
      departures_.fetch_add(1, std::memory_order_release);
      departures_.notify_one();
    }
  }
}

}  // namespace engine
