#pragma once

#include <QList>
#include <QString>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "engine/types.h"

namespace engine {
class Engine;
}

namespace app {

class Reply;

/// What comes from the engine thread and the pool for one Reply until the UI thread takes it. Shared by those three;
/// the first thing after an empty buffer posts one call of Reply::collect(), the rest of the burst rides along.
class ReplyBuffer {
 public:
  /// All that gathered since the last take().
  struct Burst {
    QString text;
    QList<qint32> ids;                         ///< of the tokens, where they are known
    int tokens = 0;
    double tokensPerSecond = 0;                ///< so far, of the tokens after the first; 0: not known yet
    qint64 firstTokenMs = -1;                  ///< from submitting to the first token; -1: no token yet
    bool sent = false;                         ///< set once, when the prompt is on its way
    engine::RequestId request = 0;             ///< set with it where that is to `engine`
    std::weak_ptr<engine::Engine> engine;
    std::optional<engine::GenerationResult> result;  ///< it has ended
    QString error;                                   ///< it could not be submitted
    QString errorDetail;
  };

  explicit ReplyBuffer(Reply* reader) : reader_(reader) {}

  // Engine thread and pool, or for a model on another machine the UI thread.
  void addToken(const engine::TokenEvent& event);
  /// Text of which only the number of tokens is known.
  void addPiece(const QString& text, int tokens);
  void addResult(const engine::GenerationResult& result);
  void addFailure(const QString& error, const QString& detail);
  void addRequest(engine::RequestId request, const std::shared_ptr<engine::Engine>& engine);
  /// The question went to another machine.
  void addSent();
  /// Starts the clock of the first token. False: the person wants no reply any more; then nothing is to be submitted.
  bool beginSubmit();

  // UI thread.
  Burst take();
  void askToStop();
  /// The reader goes away; nothing is posted from now on.
  void close();

 private:
  using Clock = std::chrono::steady_clock;

  void count(int tokens);  // with mutex_ held, as the next
  void wakeReader();

  std::mutex mutex_;
  Reply* reader_;                   // guarded by mutex_; null once the Reply is gone
  bool posted_ = false;             // guarded by mutex_; a call of collect() is on its way
  bool stopAsked_ = false;          // guarded by mutex_
  Burst burst_;                     // guarded by mutex_
  Clock::time_point submittedAt_;   // guarded by mutex_
  Clock::time_point firstTokenAt_;  // guarded by mutex_
  qint64 tokens_ = 0;               // guarded by mutex_
  qint64 firstTokens_ = 0;          // guarded by mutex_; those that came with the first
};

/// What an error of the engine means, in a sentence for people. Any thread.
QString sentenceFor(engine::ErrorCode code);

}  // namespace app
