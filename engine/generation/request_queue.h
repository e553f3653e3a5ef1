#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/types.h"

namespace engine {

/// A request on its way to the scheduler.
struct SubmittedRequest {
  RequestId id = 0;
  GenerationRequest request;
  std::vector<std::int32_t> prompt_ids;  ///< the prompt, tokenized by the caller's thread
  std::optional<Error> error;            ///< what was wrong with it already there
  TokenCallback on_tokens;
  FinishCallback on_finish;
  std::chrono::steady_clock::time_point submitted_at;
};

/// What is asked for a session: to be written to a file, read from one, or forgotten, with all that is asked for it.
struct SessionJob {
  enum class Kind { Freeze, Thaw, Forget };
  Kind kind = Kind::Freeze;
  std::uint64_t session = 0;
  std::filesystem::path path;
  std::uint64_t max_bytes = 0;  ///< of a file that is written; 0: any
  SessionFileCallback on_finish;
};

/// The in-tray between the callers and the engine thread: what was submitted, changed and cancelled since the last
/// look. Internal synchronisation: the first group of methods is for any thread, the second for the engine thread.
class RequestQueue {
 public:
  /// Gives the request its id and the time, and wakes the engine thread.
  RequestId submit(SubmittedRequest request);
  void update(RequestId id, const SamplingParams& sampling);
  void cancel(RequestId id);
  void forget(std::uint64_t session);
  void add(SessionJob job);

  struct Mail {
    std::vector<SubmittedRequest> submitted;
    std::vector<std::pair<RequestId, SamplingParams>> updated;
    std::vector<RequestId> cancelled;
    std::vector<SessionJob> sessions;
    bool empty() const { return submitted.empty() && updated.empty() && cancelled.empty() && sessions.empty(); }
  };
  /// All that came since the last call.
  Mail take();
  /// Sleeps until there is mail; false if `stop` was requested.
  bool wait(std::stop_token stop);

  /// Says whose tokens the forward pass that begins now computes, and returns the flag to give it: it is set once every
  /// one of them is cancelled, never while one of them still wants its token.
  const std::atomic<bool>& watch(std::span<const RequestId> computing);
  /// Sets the flag of the pass that runs now, or of the next one: everything is being cancelled.
  void stop_computing();

 private:
  void raise_flag_if_nobody_waits();  ///< mutex_ held

  std::mutex mutex_;
  std::condition_variable_any arrived_;
  RequestId next_id_ = 1;                ///< guarded by mutex_
  Mail mail_;                            ///< guarded by mutex_
  std::vector<RequestId> computing_;     ///< guarded by mutex_; those of the running pass that nobody cancelled
  bool stopping_ = false;                ///< guarded by mutex_
  std::atomic<bool> abandoned_ = false;  ///< written under mutex_; atomic because the pass looks at it between layers
};

}  // namespace engine
