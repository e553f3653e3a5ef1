#pragma once

#include <QList>
#include <QObject>
#include <QString>
#include <memory>

#include "engine/types.h"

namespace engine {
class Engine;
}

namespace app {

class ModelRunner;
class RemoteReply;
class ReplyBuffer;

/// One reply being generated, by the engine or by a model on another machine. Lives on the UI thread; its buffer is the only
/// memory that it shares with the engine thread: pieces gather there, and one call is posted for each burst, however many
/// tokens it has.
class Reply : public QObject {
  Q_OBJECT

 public:
  enum class State {
    Waiting,  ///< for the model to load, or the prompt to be rendered
    Reading,  ///< the prompt
    Writing,
    Finished,
    Cancelled,
    Failed,
  };
  Q_ENUM(State)

  /// `textBefore`, `idsBefore`: what there is already of a reply that is written on.
  Reply(ModelRunner& runner, qint64 conversationId, qint64 messageId, const QString& textBefore,
        const QList<qint32>& idsBefore);
  ~Reply() override;

  qint64 conversationId() const { return conversationId_; }
  qint64 messageId() const { return messageId_; }
  State state() const { return state_; }
  bool ended() const { return state_ == State::Finished || state_ == State::Cancelled || state_ == State::Failed; }
  QString text() const { return text_; }                  ///< all of it so far, as generated
  const QList<qint32>& tokenIds() const { return ids_; }  ///< all of them so far; none of a model on another machine
  int tokens() const { return tokens_; }                  ///< generated in this run
  int allTokens() const;                                  ///< of the whole text
  double tokensPerSecond() const { return tokensPerSecond_; }
  qint64 firstTokenMs() const { return firstTokenMs_; }   ///< from submitting on; -1: not yet
  int promptTokens() const { return promptTokens_; }      ///< known at the end
  int cachedTokens() const { return cachedTokens_; }      ///< of the prompt, read before; known at the end
  QString finishReason() const { return finishReason_; }  ///< the engine's word
  QString error() const { return error_; }                ///< for people; of a failed one
  QString errorDetail() const { return errorDetail_; }
  /// What the person should know of how it was made, in a sentence; empty: nothing. Known at the end.
  QString notice() const;

  /// Ends it soon; finished() follows.
  void stop();
  /// Takes over what has come since the last signal; called for each burst.
  void collect();

 signals:
  void stateChanged();
  void textAdded(const QString& piece);
  /// The last signal, exactly once, whichever way it ended.
  void finished();

 private:
  friend class ModelRunner;

  void end(const engine::GenerationResult& result);
  void fail(const QString& error, const QString& detail);
  void cancelUnsent();
  void setState(State state);

  ModelRunner& runner_;
  qint64 conversationId_;
  qint64 messageId_;
  State state_ = State::Waiting;
  QString text_;
  QList<qint32> ids_;
  QList<qint32> idsBefore_;
  int tokens_ = 0;
  double tokensPerSecond_ = 0;
  qint64 firstTokenMs_ = -1;
  int promptTokens_ = 0;
  int cachedTokens_ = 0;
  QString finishReason_;
  QString error_;
  QString errorDetail_;
  engine::RequestId request_ = 0;
  std::weak_ptr<engine::Engine> engine_;  // that has the request; it may be gone before the reply is
  RemoteReply* remote_ = nullptr;         // a child: of a model on another machine
  bool stopAsked_ = false;
  std::shared_ptr<ReplyBuffer> buffer_;
};

}  // namespace app
