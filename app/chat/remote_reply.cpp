#include "app/chat/remote_reply.h"

#include <utility>

#include "app/chat/reply_buffer.h"

namespace app {

CompletionQuestion completionQuestion(const QList<Message>& messages, const PromptChoice& prompt,
                                      const SamplingChoice& sampling) {
  CompletionQuestion question;
  question.sampling = CompletionSampling::of(sampling.params, sampling.maxNewTokens);
  const QString system = prompt.systemPrompt.value_or(QString());
  if (!system.isEmpty()) question.messages.append({QStringLiteral("system"), system});
  for (const Message& message : messages) {
    const QString role = message.role == MessageRole::User     ? QStringLiteral("user")
                         : message.role == MessageRole::System ? QStringLiteral("system")
                                                               : QStringLiteral("assistant");
    question.messages.append({role, message.text});
  }
  return question;
}

RemoteReply::RemoteReply(CompletionStream& stream, std::shared_ptr<ReplyBuffer> buffer, QObject* parent)
    : QObject(parent), stream_(&stream), buffer_(std::move(buffer)) {
  clock_.start();
  buffer_->beginSubmit();
  buffer_->addSent();
  connect(stream_, &CompletionStream::added, this, &RemoteReply::take);
  connect(stream_, &CompletionStream::finished, this, &RemoteReply::finish);
}

RemoteReply::~RemoteReply() {
  if (!stream_) return;
  stream_->abort();
  stream_->deleteLater();
}

void RemoteReply::take(const CompletionPiece& piece) {
  if (firstTokenMs_ < 0) firstTokenMs_ = clock_.elapsed();
  tokens_ += piece.deltas;
  buffer_->addPiece(piece.text, piece.deltas);
}

void RemoteReply::finish() {
  ended_ = true;
  const CompletionEnd told = stream_->end();
  notice_ = told.notice;
  if (!told.error.isEmpty()) return buffer_->addFailure(told.error, told.errorDetail);
  // Whatever else ends it (a filter, a tool that is to be called) ends the text as well.
  end(told.finishReason == QLatin1String("length") ? engine::FinishReason::Length : engine::FinishReason::Stop, told);
}

void RemoteReply::stop() {
  if (!stream_ || ended_) return;
  stream_->abort();
  end(engine::FinishReason::Cancelled, {});
}

/// The server's own figures where it tells them, else what was counted and measured here.
void RemoteReply::end(engine::FinishReason reason, const CompletionEnd& told) {
  ended_ = true;
  engine::GenerationResult result;
  result.finish_reason = reason;
  result.prompt_tokens = qMax(0, told.promptTokens);
  result.cached_tokens = qMax(0, told.cachedTokens);
  result.completion_tokens = told.completionTokens >= 0 ? told.completionTokens : tokens_;
  const double seconds = static_cast<double>(clock_.elapsed() - firstTokenMs_) / 1000;
  if (firstTokenMs_ >= 0 && seconds > 0 && result.completion_tokens > 1) {
    result.decode_tok_s = static_cast<double>(result.completion_tokens - 1) / seconds;
  }
  buffer_->addResult(result);
}

}  // namespace app
