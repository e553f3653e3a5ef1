#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "engine/generation/request_queue.h"
#include "engine/kv_cache/kv_cache.h"
#include "engine/kv_cache/snapshot.h"
#include "engine/types.h"

namespace engine {

/// Freezes and thaws sessions, one after the other in the order in which they were asked for, a piece at a time between
/// the steps of replies. Engine thread.
class SessionFiles {
 public:
  /// `fingerprint` is asked when it is needed first. The cache outlives this object.
  SessionFiles(KvCache& cache, std::function<Fingerprint()> fingerprint);
  ~SessionFiles();  ///< cancels what is left

  void add(SessionJob job);
  /// Whether a reply of the session should wait, because what it may find in the cache is still being read.
  bool is_thawing(std::uint64_t session) const;
  /// The session is of no use any more: ends what is asked for it.
  void forget(std::uint64_t session);
  /// Does a piece: a small one where others compute meanwhile. Returns whether more is left.
  bool step(bool others_compute);
  void cancel_all();

 private:
  void start();
  SessionFileResult result_of_running() const;
  void finish(const SessionFileResult& result);

  KvCache& cache_;
  std::function<Fingerprint()> ask_fingerprint_;
  std::optional<Fingerprint> fingerprint_;
  std::deque<SessionJob> waiting_;
  std::optional<SessionJob> running_;
  std::chrono::steady_clock::time_point started_at_;
  std::variant<std::monostate, SnapshotWriter, SnapshotReader> file_;  ///< of running_
  std::set<std::filesystem::path> damaged_;  ///< files that seem whole but are not: to be written anew
};

}  // namespace engine
