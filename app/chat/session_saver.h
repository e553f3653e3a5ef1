#pragma once

#include <QSet>
#include <QtGlobal>
#include <chrono>
#include <functional>
#include <memory>

namespace engine {
class Engine;
}

namespace app {

class SavedSessions;

/// Has the loaded model's engine write what it has read of chats to the saved sessions, and read it back. UI thread. What
/// becomes of a file is told on the engine's thread, which ends before the saved sessions do.
class SessionSaver {
 public:
  /// Borrows `sessions`, which outlives it and the engines; null: nothing is kept.
  explicit SessionSaver(SavedSessions* sessions);
  ~SessionSaver();

  /// The model reads more of a conversation than is on disk.
  void touch(qint64 conversationId);
  /// A conversation is gone, and its file with it.
  void forget(qint64 conversationId);
  /// Writes what is not on disk of a conversation.
  void freeze(engine::Engine& engine, qint64 conversationId);
  /// Writes what is not on disk of all of them: the engine is about to end. Whoever ends it calls the returned function
  /// first, on any thread: it waits for all writing, of earlier calls too, as long as its patience goes.
  std::function<void(std::chrono::milliseconds patience)> freezeAll(engine::Engine& engine);
  /// Brings back what the model had read of a conversation.
  void thaw(engine::Engine& engine, qint64 conversationId);

 private:
  class UnderWay;

  bool isOn() const;

  SavedSessions* sessions_;
  QSet<qint64> unsaved_;  // conversations that the loaded model has read more of than is on disk
  std::shared_ptr<UnderWay> underWay_;  // writing by the loaded model's engine
};

}  // namespace app
