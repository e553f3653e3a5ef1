#include "engine/base/cut_files.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>

namespace engine {
namespace {

struct Range {
  std::atomic<std::uintptr_t> begin{0}, end{0};  ///< both 0: free
  std::atomic<bool> was_cut{false};
};

// The handler may take no lock and allocate nothing: it looks through this table. Its slots are given out under a mutex.
std::array<Range, 4096> ranges;
std::mutex slots;
struct sigaction previous_action;

/// Puts pages of zeros from the page of `address` to the end of its range; false: the address is none of ours.
bool mend(std::uintptr_t address) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (Range& range : ranges) {
    const std::uintptr_t begin = range.begin.load(), end = range.end.load();
    if (address < begin || address >= end) continue;
    const std::uintptr_t first = address / page * page;
    range.was_cut.store(true);
    return ::mmap(reinterpret_cast<void*>(first), end - first, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
  }
  return false;
}

void on_bus_error(int number, siginfo_t* info, void* context) {
  if (mend(reinterpret_cast<std::uintptr_t>(info->si_addr))) return;
  // Somebody else's fault: as if this handler were not there.
  if ((previous_action.sa_flags & SA_SIGINFO) != 0) {
    previous_action.sa_sigaction(number, info, context);
  } else if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN) {
    previous_action.sa_handler(number);
  } else {
    ::signal(number, SIG_DFL);  // the access faults again on return
  }
}

void install_handler() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, &previous_action);
  });
}

}  // namespace

CutWatch::CutWatch(const std::byte* data, std::size_t size) {
  install_handler();
  const std::lock_guard lock(slots);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].end.load() != 0) continue;
    const auto begin = reinterpret_cast<std::uintptr_t>(data);
    ranges[i].was_cut.store(false);
    ranges[i].begin.store(begin);
    ranges[i].end.store(begin + size);
    slot_ = static_cast<int>(i);
    return;
  }
}

CutWatch::~CutWatch() {
  if (slot_ < 0) return;
  const std::lock_guard lock(slots);
  Range& range = ranges[static_cast<std::size_t>(slot_)];
  range.begin.store(0);
  range.end.store(0);
}

CutWatch::CutWatch(CutWatch&& other) noexcept : slot_(std::exchange(other.slot_, -1)) {}

CutWatch& CutWatch::operator=(CutWatch&& other) noexcept {
  std::swap(slot_, other.slot_);
  return *this;
}

bool CutWatch::was_cut() const { return slot_ >= 0 && ranges[static_cast<std::size_t>(slot_)].was_cut.load(); }

}  // namespace engine
