#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QPointer>
#include <memory>

#include "app/chat/prompt_choice.h"
#include "app/chat/sampling_choice.h"
#include "app/history/history_values.h"
#include "app/remote/completion_stream.h"

namespace app {

class ReplyBuffer;

/// What is asked of a model on another machine: the messages with the system prompt before them, and how to draw.
CompletionQuestion completionQuestion(const QList<Message>& messages, const PromptChoice& prompt,
                                      const SamplingChoice& sampling);

/// Brings what a model on another machine answers into the buffer of a reply, as the engine does for one on this machine.
/// UI thread. Takes the stream over: it ends with this object at the latest.
class RemoteReply : public QObject {
  Q_OBJECT

 public:
  RemoteReply(CompletionStream& stream, std::shared_ptr<ReplyBuffer> buffer, QObject* parent);
  ~RemoteReply() override;

  /// Closes the connection; the reply ends as cancelled and keeps what came.
  void stop();
  /// What the server was asked without, in a sentence, once the reply has ended; empty: nothing.
  const QString& notice() const { return notice_; }

 private:
  void take(const CompletionPiece& piece);
  void finish();
  void end(engine::FinishReason reason, const CompletionEnd& told);

  QPointer<CompletionStream> stream_;
  std::shared_ptr<ReplyBuffer> buffer_;
  QString notice_;
  QElapsedTimer clock_;        // since it was sent
  qint64 firstTokenMs_ = -1;
  int tokens_ = 0;             // so far: a piece of the server's is one, as a rule
  bool ended_ = false;
};

}  // namespace app
