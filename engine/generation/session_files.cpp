#include "engine/generation/session_files.h"

#include <algorithm>
#include <utility>

#include "engine/base/error.h"

namespace engine {

namespace {

// Bytes between two steps of replies: milliseconds of a decode step's tens to hundreds. Alone, the in-tray is still
// looked at many times a second.
constexpr std::uint64_t kPieceBesideReplies = std::uint64_t{8} << 20, kPieceAlone = std::uint64_t{32} << 20;

/// A callback that throws has nobody left to be told to.
void report(const SessionJob& job, const SessionFileResult& result) {
  try {
    if (job.on_finish) job.on_finish(result);
  } catch (...) {
  }
}

SessionFileResult failed(const std::string& reason, std::optional<ErrorCode> code = {}) {
  SessionFileResult result;
  result.reason = reason;
  result.error_code = code;
  return result;
}

SessionFileResult cancelled() { return failed("Freezing or thawing the session was cancelled."); }

}  // namespace

SessionFiles::SessionFiles(KvCache& cache, std::function<Fingerprint()> fingerprint)
    : cache_(cache), ask_fingerprint_(std::move(fingerprint)) {}

SessionFiles::~SessionFiles() { cancel_all(); }

void SessionFiles::add(SessionJob job) { waiting_.push_back(std::move(job)); }

bool SessionFiles::is_thawing(std::uint64_t session) const {
  const auto thaws = [session](const SessionJob& job) { return job.session == session && job.kind == SessionJob::Kind::Thaw; };
  return (running_ && thaws(*running_)) || std::any_of(waiting_.begin(), waiting_.end(), thaws);
}

void SessionFiles::forget(std::uint64_t session) {
  if (running_ && running_->session == session) finish(cancelled());
  for (std::size_t i = 0; i < waiting_.size();) {
    if (waiting_[i].session != session) {
      ++i;
      continue;
    }
    const SessionJob job = std::move(waiting_[i]);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    report(job, cancelled());
  }
}

void SessionFiles::cancel_all() {
  if (running_) finish(cancelled());
  for (const SessionJob& job : std::exchange(waiting_, {})) report(job, cancelled());
}

bool SessionFiles::step(bool others_compute) {
  if (!running_ && waiting_.empty()) return false;
  try {
    if (!running_) start();
    const std::uint64_t piece = others_compute ? kPieceBesideReplies : kPieceAlone;
    bool finished = false;
    if (auto* writer = std::get_if<SnapshotWriter>(&file_)) finished = writer->step(piece);
    // A reply may wait for what is read.
    if (auto* reader = std::get_if<SnapshotReader>(&file_)) finished = reader->step(kPieceAlone);
    if (finished) finish(result_of_running());
  } catch (const Error& error) {
    finish(failed(error.what(), error.code()));
  } catch (const std::exception& error) {
    finish(failed(error.what(), ErrorCode::OutOfMemory));
  }
  return running_ || !waiting_.empty();
}

void SessionFiles::start() {
  running_ = std::move(waiting_.front());
  waiting_.pop_front();
  started_at_ = std::chrono::steady_clock::now();
  if (!fingerprint_) fingerprint_ = ask_fingerprint_();
  if (running_->kind == SessionJob::Kind::Thaw) {
    file_.emplace<SnapshotReader>(cache_, running_->session, *fingerprint_, running_->path);
  } else {
    const SnapshotLimits limits{running_->max_bytes, damaged_.contains(running_->path)};
    file_.emplace<SnapshotWriter>(cache_, running_->session, *fingerprint_, running_->path, limits);
  }
}

SessionFileResult SessionFiles::result_of_running() const {
  SessionFileResult result;
  if (const auto* writer = std::get_if<SnapshotWriter>(&file_)) {
    result = {writer->stored(), writer->tokens(), writer->bytes(), 0, writer->reason(), {}};
  } else if (const auto* reader = std::get_if<SnapshotReader>(&file_)) {
    result = {reader->reason().empty(), reader->tokens(), reader->bytes(), 0, reader->reason(), {}};
  }
  return result;
}

void SessionFiles::finish(const SessionFileResult& result) {
  const auto* reader = std::get_if<SnapshotReader>(&file_);
  if (reader != nullptr && reader->damaged()) damaged_.insert(running_->path);
  if (std::holds_alternative<SnapshotWriter>(file_) && result.done) damaged_.erase(running_->path);
  file_.emplace<std::monostate>();
  const SessionJob job = std::move(*running_);
  running_.reset();
  SessionFileResult told = result;
  told.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_at_).count();
  report(job, told);
}

}  // namespace engine
