#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace engine {

/// One CPU of each physical core that this process may run on (affinity), by number, in order. Empty where the system does
/// not tell. Reads /proc and /sys; any thread.
std::vector<int> cpus_of_cores();

/// Threads worth starting: physical cores among the CPUs that this process may run on (affinity), no more than its
/// control group grants time for, at least 1. Reads /proc and /sys; any thread.
int usable_cores();

/// The CPU's name as the system tells it ("AMD EPYC 7B13"), or "CPU".
std::string cpu_name();

/// Bytes of main memory, and of it what can be had without swapping, by this process's control group too.
struct MainMemory {
  std::uint64_t total = 0, available = 0;
};
MainMemory main_memory();

}  // namespace engine
