#include "app/chat/reply_buffer.h"

#include <QCoreApplication>
#include <utility>

#include "app/chat/reply.h"

namespace app {

void ReplyBuffer::addToken(const engine::TokenEvent& event) {
  const std::lock_guard lock(mutex_);
  burst_.text += QString::fromUtf8(event.text.data(), static_cast<qsizetype>(event.text.size()));
  burst_.ids.append(event.id);
  count(1);
  wakeReader();
}

void ReplyBuffer::addPiece(const QString& text, int tokens) {
  const std::lock_guard lock(mutex_);
  burst_.text += text;
  if (tokens > 0) count(tokens);
  wakeReader();
}

void ReplyBuffer::count(int tokens) {
  const auto now = Clock::now();
  burst_.tokens += tokens;
  tokens_ += tokens;
  if (tokens_ == tokens) {
    firstTokens_ = tokens;
    firstTokenAt_ = now;
    burst_.firstTokenMs = std::chrono::duration_cast<std::chrono::milliseconds>(now - submittedAt_).count();
  } else {
    const double seconds = std::chrono::duration<double>(now - firstTokenAt_).count();
    burst_.tokensPerSecond = seconds > 0 ? static_cast<double>(tokens_ - firstTokens_) / seconds : 0;
  }
}

void ReplyBuffer::addResult(const engine::GenerationResult& result) {
  const std::lock_guard lock(mutex_);
  burst_.result = result;
  wakeReader();
}

void ReplyBuffer::addFailure(const QString& error, const QString& detail) {
  const std::lock_guard lock(mutex_);
  burst_.error = error;
  burst_.errorDetail = detail;
  wakeReader();
}

void ReplyBuffer::addRequest(engine::RequestId request, const std::shared_ptr<engine::Engine>& engine) {
  const std::lock_guard lock(mutex_);
  burst_.sent = true;
  burst_.request = request;
  burst_.engine = engine;
  wakeReader();
}

void ReplyBuffer::addSent() {
  const std::lock_guard lock(mutex_);
  burst_.sent = true;
  wakeReader();
}

bool ReplyBuffer::beginSubmit() {
  const std::lock_guard lock(mutex_);
  submittedAt_ = Clock::now();
  return !stopAsked_;
}

ReplyBuffer::Burst ReplyBuffer::take() {
  const std::lock_guard lock(mutex_);
  posted_ = false;
  return std::exchange(burst_, {});
}

void ReplyBuffer::askToStop() {
  const std::lock_guard lock(mutex_);
  stopAsked_ = true;
}

void ReplyBuffer::close() {
  const std::lock_guard lock(mutex_);
  reader_ = nullptr;
}

void ReplyBuffer::wakeReader() {
  if (posted_ || !reader_) return;
  posted_ = true;
  // The reader cannot go away meanwhile: its destructor waits for the mutex in close().
  QMetaObject::invokeMethod(reader_, &Reply::collect, Qt::QueuedConnection);
}

QString sentenceFor(engine::ErrorCode code) {
  const auto tr = [](const char* text) { return QCoreApplication::translate("app::ErrorCode", text); };
  switch (code) {
    case engine::ErrorCode::FileNotFound:
      return tr(QT_TRANSLATE_NOOP("app::ErrorCode", "The model's files were not found or cannot be read."));
    case engine::ErrorCode::CorruptFile:
      return tr(QT_TRANSLATE_NOOP("app::ErrorCode", "The model's files are damaged or incomplete."));
    case engine::ErrorCode::UnsupportedModel:
      return tr(QT_TRANSLATE_NOOP("app::ErrorCode", "Sotto cannot run this kind of model."));
    case engine::ErrorCode::OutOfMemory:
      return tr(QT_TRANSLATE_NOOP("app::ErrorCode", "There is not enough memory for this."));
    case engine::ErrorCode::DeviceFailure:
      return tr(QT_TRANSLATE_NOOP("app::ErrorCode", "The computation failed on this device."));
    case engine::ErrorCode::ContextFull:
      return tr(QT_TRANSLATE_NOOP("app::ErrorCode",
                                  "The conversation is longer than the model can read. Start a new chat to go on."));
    case engine::ErrorCode::InvalidRequest:
      return tr(QT_TRANSLATE_NOOP("app::ErrorCode", "The model cannot answer this conversation."));
  }
  return {};
}

}  // namespace app
