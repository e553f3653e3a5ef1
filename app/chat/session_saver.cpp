#include "app/chat/session_saver.h"

#include <QMetaObject>
#include <QString>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

#include "app/chat/saved_sessions.h"
#include "app/settings/paths.h"
#include "engine/engine.h"

namespace app {

/// How many files are being written. Any thread.
class SessionSaver::UnderWay {
 public:
  void begin() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) none_.notify_all();
  }
  void wait(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    none_.wait_for(lock, patience, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  int count_ = 0;  // guarded by mutex_
};

namespace {

/// Tells the sessions, on their own thread, that a file is in use. Any thread.
void tellUse(SavedSessions* sessions, qint64 conversationId) {
  QMetaObject::invokeMethod(
      sessions, [sessions, conversationId] { sessions->used(conversationId); }, Qt::QueuedConnection);
}

}  // namespace

SessionSaver::SessionSaver(SavedSessions* sessions) : sessions_(sessions), underWay_(std::make_shared<UnderWay>()) {}

SessionSaver::~SessionSaver() = default;

bool SessionSaver::isOn() const {
  return sessions_ != nullptr && sessions_->isOn();
}

void SessionSaver::touch(qint64 conversationId) {
  if (conversationId > 0) unsaved_.insert(conversationId);
}

void SessionSaver::forget(qint64 conversationId) {
  unsaved_.remove(conversationId);
  if (sessions_) sessions_->remove(conversationId);
}

void SessionSaver::freeze(engine::Engine& engine, qint64 conversationId) {
  if (!isOn() || !unsaved_.remove(conversationId)) return;
  sessions_->expect(conversationId);
  underWay_->begin();
  const auto told = [underWay = underWay_, sessions = sessions_, conversationId](const engine::SessionFileResult& result) {
    if (result.done) {
      tellUse(sessions, conversationId);
    } else {
      qInfo("%s", result.reason.c_str());
    }
    underWay->end();
  };
  engine.freeze(static_cast<std::uint64_t>(conversationId), fileSystemPath(sessions_->path(conversationId)),
                static_cast<std::uint64_t>(sessions_->budget()), told);
}

std::function<void(std::chrono::milliseconds)> SessionSaver::freezeAll(engine::Engine& engine) {
  for (const qint64 conversation : QSet<qint64>(unsaved_)) freeze(engine, conversation);
  unsaved_.clear();
  return [last = std::exchange(underWay_, std::make_shared<UnderWay>())](std::chrono::milliseconds patience) {
    last->wait(patience);
  };
}

void SessionSaver::thaw(engine::Engine& engine, qint64 conversationId) {
  if (!isOn() || conversationId <= 0) return;
  const auto told = [sessions = sessions_, conversationId](const engine::SessionFileResult& result) {
    if (!result.done && result.error_code != engine::ErrorCode::FileNotFound) qInfo("%s", result.reason.c_str());
    if (result.tokens > 0) tellUse(sessions, conversationId);
  };
  engine.thaw(static_cast<std::uint64_t>(conversationId), fileSystemPath(sessions_->path(conversationId)), told);
}

}  // namespace app
