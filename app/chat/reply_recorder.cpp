#include "app/chat/reply_recorder.h"

#include "app/chat/reply.h"
#include "app/history/history.h"

namespace app {

namespace {

constexpr int kSaveDelayMs = 500;

}  // namespace

ReplyRecorder::ReplyRecorder(History& history, Reply& reply, const Message& before)
    : QObject(&reply), history_(history), reply_(reply), before_(before) {
  timer_.setSingleShot(true);
  timer_.setInterval(kSaveDelayMs);
  connect(&timer_, &QTimer::timeout, this, &ReplyRecorder::save);
  connect(&reply, &Reply::textAdded, this, [this] {
    if (!timer_.isActive()) timer_.start();
  });
  connect(&reply, &Reply::finished, this, &ReplyRecorder::finish);
}

ReplyOutcome ReplyRecorder::outcome(MessageStatus status) const {
  ReplyOutcome outcome;
  outcome.text = reply_.text();
  outcome.tokenIds = reply_.tokenIds();
  outcome.status = status;
  outcome.finishReason = reply_.finishReason();
  // Of a reply that is written on, the earlier part is part of the prompt; it is counted with the reply.
  outcome.completionTokens = before_.completionTokens + reply_.tokens();
  outcome.promptTokens = std::max(0, reply_.promptTokens() - before_.completionTokens);
  outcome.tokensPerSecond = reply_.tokensPerSecond();
  outcome.timeToFirstTokenMs = std::max(qint64{0}, reply_.firstTokenMs());
  return outcome;
}

void ReplyRecorder::save() {
  if (reply_.ended()) return;
  // A reply that is written on had ended before, and would come back as it ended then but for this.
  const QFuture<void> saved = before_.id != 0
                                  ? history_.finishReply(reply_.messageId(), outcome(MessageStatus::Interrupted))
                                  : history_.saveStreamingText(reply_.messageId(), reply_.text(), reply_.tokenIds());
  whenDone(
      saved, this, [] {}, [this](const HistoryError& error) { report(error); });
}

void ReplyRecorder::finish() {
  timer_.stop();
  const MessageStatus status = reply_.state() == Reply::State::Finished    ? MessageStatus::Complete
                               : reply_.state() == Reply::State::Cancelled ? MessageStatus::Cancelled
                                                                           : MessageStatus::Failed;
  whenDone(
      history_.finishReply(reply_.messageId(), outcome(status)), this, [this] { emit stored(); },
      [this](const HistoryError& error) {
        report(error);
        emit stored();
      });
}

void ReplyRecorder::interrupt() {
  reply_.collect();
  if (!reply_.ended()) history_.finishReply(reply_.messageId(), outcome(MessageStatus::Interrupted));
}

void ReplyRecorder::report(const HistoryError& error) {
  emit failed(error.sentence());
}

}  // namespace app
