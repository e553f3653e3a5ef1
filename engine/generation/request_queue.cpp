#include "engine/generation/request_queue.h"

#include <algorithm>

namespace engine {

RequestId RequestQueue::submit(SubmittedRequest request) {
  const std::lock_guard lock(mutex_);
  request.id = next_id_++;
  request.submitted_at = std::chrono::steady_clock::now();
  mail_.submitted.push_back(std::move(request));
  arrived_.notify_one();
  return next_id_ - 1;
}

void RequestQueue::update(RequestId id, const SamplingParams& sampling) {
  const std::lock_guard lock(mutex_);
  mail_.updated.emplace_back(id, sampling);
  arrived_.notify_one();
}

void RequestQueue::cancel(RequestId id) {
  const std::lock_guard lock(mutex_);
  mail_.cancelled.push_back(id);
  if (std::erase(computing_, id) > 0) raise_flag_if_nobody_waits();
  arrived_.notify_one();
}

void RequestQueue::forget(std::uint64_t session) { add({SessionJob::Kind::Forget, session, {}, 0, {}}); }

void RequestQueue::add(SessionJob job) {
  const std::lock_guard lock(mutex_);
  mail_.sessions.push_back(std::move(job));
  arrived_.notify_one();
}

RequestQueue::Mail RequestQueue::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(mail_, {});
}

bool RequestQueue::wait(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, stop, [this] { return !mail_.empty(); });
  return !stop.stop_requested();
}

const std::atomic<bool>& RequestQueue::watch(std::span<const RequestId> computing) {
  const std::lock_guard lock(mutex_);
  computing_.assign(computing.begin(), computing.end());
  abandoned_ = stopping_;
  // Those cancelled since the last take() are not waiting any more either.
  for (const RequestId id : mail_.cancelled) std::erase(computing_, id);
  raise_flag_if_nobody_waits();
  return abandoned_;
}

void RequestQueue::stop_computing() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  abandoned_ = true;
}

void RequestQueue::raise_flag_if_nobody_waits() {
  if (computing_.empty()) abandoned_ = true;
}

}  // namespace engine
