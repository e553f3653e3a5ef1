#include "engine/backends/cpu/cpu_cores.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>
#include <thread>

namespace engine {
namespace {

std::string first_line(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

/// CPUs' worth of time from one limit "QUOTA PERIOD" of cgroup v2; infinity for "max" or nothing readable.
double cpus_of_quota(const std::string& line) {
  std::istringstream fields(line);
  double quota = 0, period = 0;
  if (!(fields >> quota >> period) || quota <= 0 || period <= 0) return INFINITY;
  return quota / period;
}

/// The tightest limit on the way from our control group to the root (cgroup v2), or of the one group (v1).
double cpus_by_control_group() {
  const std::filesystem::path root = "/sys/fs/cgroup";
  std::ifstream in("/proc/self/cgroup");
  std::string line;
  double cpus = INFINITY;
  while (std::getline(in, line)) {
    if (line.rfind("0::/", 0) != 0) continue;
    for (std::filesystem::path group = line.substr(4);; group = group.parent_path()) {
      cpus = std::min(cpus, cpus_of_quota(first_line(root / group / "cpu.max")));
      if (group.empty()) break;
    }
  }
  const std::string quota = first_line(root / "cpu" / "cpu.cfs_quota_us");
  const std::string period = first_line(root / "cpu" / "cpu.cfs_period_us");
  return std::min(cpus, cpus_of_quota(quota + " " + period));
}

/// A number that stands alone in a file or behind `key` on a line of its own; the largest where there is none ("max").
std::uint64_t number_in(const std::filesystem::path& file, const std::string& key = {}) {
  std::ifstream in(file);
  std::string word = key;
  std::uint64_t number = 0;
  while (!key.empty() && in >> word && word != key) in.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  return in >> number ? number : std::numeric_limits<std::uint64_t>::max();
}

/// What one control group still grants: its limit less what it has and cannot drop, which is all but cached files.
std::uint64_t room_in(const std::filesystem::path& group, const char* limit, const char* used, const std::string& prefix) {
  constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t most = number_in(group / limit), has = number_in(group / used);
  if (most == kNone || has == kNone) return kNone;
  std::uint64_t files = 0;
  for (const char* key : {"inactive_file", "active_file"}) {
    const std::uint64_t bytes = number_in(group / "memory.stat", prefix + key);
    if (bytes != kNone) files += bytes;
  }
  const std::uint64_t kept = has > files ? has - files : 0;
  return most > kept ? most - kept : 0;
}

/// Of the groups that this process is in, up to the root; version 2, or version 1's memory controller.
std::uint64_t memory_by_control_group() {
  const std::filesystem::path root = "/sys/fs/cgroup";
  std::ifstream in("/proc/self/cgroup");
  std::uint64_t room = std::numeric_limits<std::uint64_t>::max();
  for (std::string line; std::getline(in, line);) {
    const bool unified = line.rfind("0::/", 0) == 0;
    const std::size_t own = line.find(":memory:/");
    if (!unified && own == std::string::npos) continue;
    for (std::filesystem::path group = line.substr(unified ? 4 : own + 9);; group = group.parent_path()) {
      room = std::min(room, unified ? room_in(root / group, "memory.max", "memory.current", "")
                                    : room_in(root / "memory" / group, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"));
      if (group.empty()) break;
    }
  }
  return room;
}

}  // namespace

std::vector<int> cpus_of_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return {};
  std::set<std::string> cores;  // siblings name the same list
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    const std::string number = std::to_string(cpu);
    const std::string siblings = first_line("/sys/devices/system/cpu/cpu" + number + "/topology/thread_siblings_list");
    if (cores.insert(siblings.empty() ? number : siblings).second) cpus.push_back(cpu);
  }
  return cpus;
}

int usable_cores() {
  const auto told = static_cast<int>(cpus_of_cores().size());
  const int cores = told > 0 ? told : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const double granted = cpus_by_control_group();
  return std::isinf(granted) ? cores : std::clamp(static_cast<int>(std::lround(granted)), 1, cores);
}

std::string cpu_name() {
  std::ifstream in("/proc/cpuinfo");
  std::string line;
  while (std::getline(in, line)) {
    if (line.rfind("model name", 0) != 0) continue;
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos && colon + 2 < line.size()) return line.substr(colon + 2);
  }
  return "CPU";
}

MainMemory main_memory() {
  MainMemory memory;
  std::ifstream in("/proc/meminfo");
  std::string key;
  std::uint64_t kilobytes = 0;
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    if (!(fields >> key >> kilobytes)) continue;
    if (key == "MemTotal:") memory.total = kilobytes * 1024;
    if (key == "MemAvailable:") memory.available = kilobytes * 1024;
  }
  memory.available = std::min(memory.available, memory_by_control_group());
  return memory;
}

}  // namespace engine
