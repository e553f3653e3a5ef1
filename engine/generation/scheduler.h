#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "engine/generation/request_queue.h"
#include "engine/generation/sequence.h"
#include "engine/generation/session_files.h"
#include "engine/kv_cache/kv_cache.h"
#include "engine/models/model.h"

namespace engine {

/// How much runs side by side.
struct SchedulerLimits {
  int max_sequences = 4;
  std::int64_t prefill_chunk = 256;  ///< prompt tokens in one step, over all sequences
  /// The tokens that one forward pass may have: what Activations must be made for.
  std::int64_t max_batch_tokens() const { return prefill_chunk + max_sequences; }
};

/// Turns requests into replies, one round of the model at a time. It has no thread of its own: whoever calls step() is
/// the engine thread, and the same calls in the same order give the same replies. What goes wrong in one request ends
/// that request; the others go on.
class Scheduler {
 public:
  /// All references must outlive the scheduler. `activations` were made for limits.max_batch_tokens().
  Scheduler(const Model& model, KvCache& cache, Activations& activations, const Vocabulary& vocabulary,
            RequestQueue& queue, SessionFiles& files, const SchedulerLimits& limits);

  /// One round: reads the in-tray, admits requests while there is room, computes the next chunk of each prompt and the
  /// next token of everyone else in one forward pass, draws, emits, retires what ended; then a piece of the session
  /// that is frozen or thawed. Returns whether work remains.
  bool step();

  /// Ends everything for `reason`, what still lies in the in-tray included.
  void end_all(FinishReason reason, const std::optional<Error>& error = {});

 private:
  struct Share {  ///< of one sequence in a forward pass
    Sequence* sequence;
    std::int64_t tokens;
    bool draws;  ///< its last pending token is among them
  };

  void read_mail();
  void accept(SubmittedRequest& submitted);
  void admit();
  bool start(std::size_t number);
  void drop_late_ones();
  std::vector<Share> share_out();
  void compute(const std::vector<Share>& shares);
  void draw(const std::vector<Share>& shares);
  void end(Sequence* sequence, FinishReason reason, const std::optional<Error>& error = {});
  Sequence* find(RequestId id);

  const Model& model_;
  KvCache& cache_;
  Activations& activations_;
  const Vocabulary& vocabulary_;
  RequestQueue& queue_;
  SessionFiles& files_;
  SchedulerLimits limits_;
  std::deque<std::unique_ptr<Sequence>> waiting_;   ///< oldest first
  std::vector<std::unique_ptr<Sequence>> running_;  ///< in order of admission
};

}  // namespace engine
