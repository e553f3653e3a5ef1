#include "app/chat/reply.h"

#include "app/chat/model_runner.h"
#include "app/chat/remote_reply.h"
#include "app/chat/reply_buffer.h"

namespace app {

Reply::Reply(ModelRunner& runner, qint64 conversationId, qint64 messageId, const QString& textBefore,
             const QList<qint32>& idsBefore)
    : QObject(&runner),
      runner_(runner),
      conversationId_(conversationId),
      messageId_(messageId),
      text_(textBefore),
      ids_(idsBefore),
      idsBefore_(idsBefore),
      buffer_(std::make_shared<ReplyBuffer>(this)) {}

Reply::~Reply() {
  buffer_->close();
}

void Reply::stop() {
  if (ended() || stopAsked_) return;
  stopAsked_ = true;
  buffer_->askToStop();
  runner_.cancel(*this);
}

int Reply::allTokens() const {
  return ids_.isEmpty() ? tokens_ : static_cast<int>(ids_.size());
}

QString Reply::notice() const {
  return remote_ ? remote_->notice() : QString();
}

void Reply::collect() {
  ReplyBuffer::Burst burst = buffer_->take();
  if (ended()) return;

  if (burst.sent) {
    request_ = burst.request;
    engine_ = burst.engine;
    setState(State::Reading);
    if (stopAsked_) runner_.cancel(*this);  // asked for while the prompt was being rendered
  }
  if (burst.tokens > 0) {
    setState(State::Writing);
    ids_ += burst.ids;
    tokens_ += burst.tokens;
    tokensPerSecond_ = burst.tokensPerSecond;
    if (burst.firstTokenMs >= 0) firstTokenMs_ = burst.firstTokenMs;
  }
  if (burst.result) burst.text += QString::fromStdString(burst.result->tail_text);
  if (!burst.text.isEmpty()) {
    text_ += burst.text;
    emit textAdded(burst.text);
  }
  if (burst.result) {
    end(*burst.result);
  } else if (!burst.error.isEmpty()) {
    fail(burst.error, burst.errorDetail);
  }
}

void Reply::end(const engine::GenerationResult& result) {
  tokens_ = static_cast<int>(result.completion_tokens);
  promptTokens_ = static_cast<int>(result.prompt_tokens);
  cachedTokens_ = static_cast<int>(result.cached_tokens);
  finishReason_ = QString::fromUtf8(engine::name_of(result.finish_reason).data());
  // With the end token, which comes with no piece of text.
  if (!result.ids.empty()) ids_ = idsBefore_ + QList<qint32>(result.ids.begin(), result.ids.end());
  if (result.decode_tok_s > 0) tokensPerSecond_ = result.decode_tok_s;
  if (result.time_to_first_token_s > 0) firstTokenMs_ = qRound64(result.time_to_first_token_s * 1000);

  if (result.finish_reason == engine::FinishReason::Error) {
    fail(sentenceFor(result.error_code.value_or(engine::ErrorCode::DeviceFailure)),
         QString::fromStdString(result.error));
    return;
  }
  setState(result.finish_reason == engine::FinishReason::Cancelled ? State::Cancelled : State::Finished);
  emit finished();
}

void Reply::fail(const QString& error, const QString& detail) {
  if (ended()) return;
  error_ = error;
  errorDetail_ = detail;
  finishReason_ = error;
  setState(State::Failed);
  emit finished();
}

void Reply::cancelUnsent() {
  if (ended()) return;
  finishReason_ = QString::fromUtf8(engine::name_of(engine::FinishReason::Cancelled).data());
  setState(State::Cancelled);
  emit finished();
}

void Reply::setState(State state) {
  if (state_ == state) return;
  state_ = state;
  emit stateChanged();
}

}  // namespace app
