#include "engine/generation/scheduler.h"

#include <algorithm>
#include <cassert>
#include <new>
#include <string>

#include "engine/layers/activations.h"

namespace engine {

namespace {

/// The exception being handled, as what a request is told.
Error caught() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return {ErrorCode::OutOfMemory, "The computer ran out of memory while writing the reply."};
  } catch (const std::exception& error) {
    return {ErrorCode::DeviceFailure, std::string("The reply could not be written: ") + error.what()};
  }
}

}  // namespace

Scheduler::Scheduler(const Model& model, KvCache& cache, Activations& activations, const Vocabulary& vocabulary,
                     RequestQueue& queue, SessionFiles& files, const SchedulerLimits& limits)
    : model_(model),
      cache_(cache),
      activations_(activations),
      vocabulary_(vocabulary),
      queue_(queue),
      files_(files),
      limits_(limits) {
  assert(activations.max_tokens() >= limits.max_batch_tokens());
  assert(activations.max_logits() >= limits.max_sequences);
}

bool Scheduler::step() {
  read_mail();
  drop_late_ones();
  admit();
  const std::vector<Share> shares = share_out();
  if (!shares.empty()) compute(shares);
  const bool files_left = files_.step(!running_.empty());
  return files_left || !running_.empty() || !waiting_.empty();
}

void Scheduler::end_all(FinishReason reason, const std::optional<Error>& error) {
  read_mail();
  while (!running_.empty()) end(running_.front().get(), reason, error);
  while (!waiting_.empty()) end(waiting_.front().get(), reason, error);
}

void Scheduler::read_mail() {
  RequestQueue::Mail mail = queue_.take();
  for (SubmittedRequest& submitted : mail.submitted) accept(submitted);
  for (const auto& [id, sampling] : mail.updated) {
    if (Sequence* sequence = find(id)) sequence->update(sampling);
  }
  for (const RequestId id : mail.cancelled) {
    if (Sequence* sequence = find(id)) end(sequence, FinishReason::Cancelled);
  }
  for (SessionJob& job : mail.sessions) {
    if (job.kind == SessionJob::Kind::Forget) {
      files_.forget(job.session);
      cache_.drop(job.session);
    } else {
      files_.add(std::move(job));
    }
  }
}

void Scheduler::accept(SubmittedRequest& submitted) {
  try {
    waiting_.push_back(std::make_unique<Sequence>(submitted, vocabulary_));
  } catch (...) {
    finish_unstarted(submitted, FinishReason::Error, caught());
  }
}

void Scheduler::drop_late_ones() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<Sequence*> late;
  for (const auto& sequence : running_) {
    if (sequence->out_of_time(now)) late.push_back(sequence.get());
  }
  for (const auto& sequence : waiting_) {
    if (sequence->out_of_time(now)) late.push_back(sequence.get());
  }
  for (Sequence* sequence : late) end(sequence, FinishReason::Time);
}

void Scheduler::admit() {
  for (std::size_t i = 0; i < waiting_.size() && static_cast<int>(running_.size()) < limits_.max_sequences;) {
    if (files_.is_thawing(waiting_[i]->session())) {
      ++i;  // what it will find in the cache is on its way
    } else if (!start(i)) {
      return;
    }
  }
}

/// Takes waiting_[number] out of the queue, to run or, where it cannot, to end. False, and nothing done: there is no room
/// before one that runs ends.
bool Scheduler::start(std::size_t number) {
  const auto at = waiting_.begin() + static_cast<std::ptrdiff_t>(number);
  Sequence* sequence = at->get();
  try {
    const std::optional<KvCache::Opened> opened = cache_.open(sequence->session(), sequence->tokens());
    if (!opened) {
      if (!running_.empty()) return false;
      throw Error(ErrorCode::ContextFull,
                  "The KV cache has no room for a prompt of " + std::to_string(sequence->tokens().size()) + " tokens.");
    }
    sequence->place(*opened);
    running_.push_back(std::move(*at));
    waiting_.erase(at);
  } catch (...) {
    end(sequence, FinishReason::Error, caught());
  }
  return true;
}

std::vector<Scheduler::Share> Scheduler::share_out() {
  // Room for the newest token of each reply; the cache reserved the prompts' when they were admitted.
  std::vector<Sequence*> without_room;
  for (const auto& sequence : running_) {
    const bool reading = sequence->computed() < sequence->prompt_tokens();
    if (!reading && !cache_.reserve(*sequence->cache_sequence(), sequence->pending()))
      without_room.push_back(sequence.get());
  }
  for (Sequence* sequence : without_room) {
    end(sequence, FinishReason::Length,
        Error(ErrorCode::ContextFull, "The reply ends here because the KV cache of " +
                                          std::to_string(cache_.capacity_tokens()) + " tokens is full."));
  }

  std::vector<Share> shares;
  std::int64_t prompt_budget = limits_.prefill_chunk;
  for (const auto& sequence : running_) {
    std::int64_t tokens = sequence->pending();
    if (tokens > 1) {
      tokens = std::min(tokens, prompt_budget);
      prompt_budget -= tokens;
    }
    if (tokens > 0) shares.push_back({sequence.get(), tokens, tokens == sequence->pending()});
  }
  return shares;
}

void Scheduler::compute(const std::vector<Share>& shares) {
  Batch batch;
  std::vector<RequestId> ids;
  for (const Share& share : shares) {
    ids.push_back(share.sequence->id());
    const std::int64_t begin = share.sequence->computed();
    const auto length = static_cast<std::int64_t>(share.sequence->tokens().size());
    for (std::int64_t i = 0; i < share.tokens; ++i) {
      const bool wants_logits = share.draws && i + 1 == share.tokens;
      batch.tokens.push_back({share.sequence->tokens()[static_cast<std::size_t>(begin + i)], begin + i,
                              *share.sequence->cache_sequence(), wants_logits, length});
    }
  }

  try {
    if (!model_.forward(batch, cache_, activations_, &queue_.watch(ids))) {
      read_mail();  // all of them are cancelled
      return;
    }
  } catch (...) {
    const Error error = caught();
    for (const Share& share : shares) end(share.sequence, FinishReason::Error, error);
    return;
  }
  for (const Share& share : shares) {
    const auto begin = static_cast<std::size_t>(share.sequence->computed());
    cache_.commit(*share.sequence->cache_sequence(),
                  std::span(share.sequence->tokens()).subspan(begin, static_cast<std::size_t>(share.tokens)));
    share.sequence->mark_computed(share.tokens);
  }
  draw(shares);
}

void Scheduler::draw(const std::vector<Share>& shares) {
  // What was cancelled during the pass gets no further token. Rows of the logits keep their numbers.
  std::vector<RequestId> ids;
  for (const Share& share : shares) ids.push_back(share.sequence->id());
  read_mail();

  std::int64_t row = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (!shares[i].draws) continue;
    const std::span<const float> logits = activations_.logits(row++);
    Sequence* sequence = find(ids[i]);
    if (!sequence) continue;
    try {
      const std::optional<FinishReason> reason = sequence->advance(logits);
      if (!reason) continue;
      const bool context_is_full = static_cast<std::int64_t>(sequence->tokens().size()) >= vocabulary_.context_length;
      if (*reason == FinishReason::Length && context_is_full) {
        end(sequence, *reason,
            Error(ErrorCode::ContextFull, "The reply ends here because the context of " +
                                              std::to_string(vocabulary_.context_length) + " tokens is full."));
      } else {
        end(sequence, *reason);
      }
    } catch (...) {
      end(sequence, FinishReason::Error, caught());
    }
  }
}

void Scheduler::end(Sequence* sequence, FinishReason reason, const std::optional<Error>& error) {
  if (sequence->cache_sequence()) cache_.close(*sequence->cache_sequence());
  const auto is_it = [sequence](const std::unique_ptr<Sequence>& other) { return other.get() == sequence; };
  std::unique_ptr<Sequence> ended;
  if (const auto at = std::find_if(running_.begin(), running_.end(), is_it); at != running_.end()) {
    ended = std::move(*at);
    running_.erase(at);
  } else {
    const auto waiting = std::find_if(waiting_.begin(), waiting_.end(), is_it);
    assert(waiting != waiting_.end());
    ended = std::move(*waiting);
    waiting_.erase(waiting);
  }
  ended->finish(reason, error);
}

Sequence* Scheduler::find(RequestId id) {
  for (const auto& sequence : running_) {
    if (sequence->id() == id) return sequence.get();
  }
  for (const auto& sequence : waiting_) {
    if (sequence->id() == id) return sequence.get();
  }
  return nullptr;
}

}  // namespace engine
