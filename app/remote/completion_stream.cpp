#include "app/remote/completion_stream.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <utility>

namespace app {

namespace {

// Once the reply has ended, only the count of tokens is still waited for.
constexpr int kSilenceAfterReasonMs = 5000;

/// The settings among `fields` that the person loses with them.
QStringList lostSettings(const QStringList& fields) {
  const QString penalty = QStringLiteral("repetition_penalty");
  const QString samePenalty = QStringLiteral("repeat_penalty");
  QStringList lost;
  for (const QString& field : fields) {
    if (field == QLatin1String("stream_options") || field == samePenalty) continue;
    if (field == penalty && !fields.contains(samePenalty)) continue;
    lost << field;
  }
  return lost;
}

}  // namespace

CompletionStream::CompletionStream(QNetworkAccessManager& network, const RemoteModel& model,
                                   const CompletionQuestion& question, QObject* parent)
    : QObject(parent), network_(network), model_(model), question_(question) {}

CompletionStream::~CompletionStream() = default;

RemotePlace CompletionStream::place() const {
  return {model_.host(), model_.model, !key_.isEmpty()};
}

void CompletionStream::setSilence(int firstMs, int laterMs) {
  firstSilenceMs_ = firstMs;
  silenceMs_ = laterMs;
}

void CompletionStream::start(const QByteArray& key, const QStringList& unknown) {
  if (ended_ || post_) return;
  key_ = key;
  unknown_ = unknown;
  send();
}

void CompletionStream::send() {
  sent_ = completionJson(model_.model, question_, unknown_);
  HttpMessage message;
  message.url = model_.base;
  message.url.setPath(model_.base.path() + QStringLiteral("/chat/completions"));
  message.json = sent_;
  message.token = key_;
  message.plainHttp = model_.plainHttp;
  message.limit = kLongestAnswer;
  message.silenceMs = firstSilenceMs_;
  post_ = new HttpPost(network_, message, this);
  connect(post_, &HttpPost::answered, this, &CompletionStream::answered);
  connect(post_, &HttpPost::readyRead, this, &CompletionStream::readAnswer);
  connect(post_, &HttpPost::finished, this, &CompletionStream::postFinished);
  post_->start();
}

/// Closes the connection. The object goes later: this may be its own call.
void CompletionStream::drop() {
  if (!post_) return;
  post_->disconnect(this);
  post_->abort();
  std::exchange(post_, nullptr)->deleteLater();
}

void CompletionStream::abort() {
  ended_ = true;
  drop();
}

void CompletionStream::fail(const QString& sentence) {
  QMetaObject::invokeMethod(
      this, [this, sentence] { failWith(sentence); }, Qt::QueuedConnection);
}

void CompletionStream::answered() {
  isStream_ = post_->header("Content-Type").trimmed().toLower().startsWith("text/event-stream");
}

void CompletionStream::readAnswer() {
  const QByteArray bytes = post_->readAll();
  if (!isStream_) {
    whole_ += bytes;
    if (whole_.size() > kLongestWhole) failWith(tr("%1 sends an endless answer that is no stream.").arg(model_.host()));
    return;
  }
  CompletionPiece piece;
  for (const ServerEvent& event : reader_.read(bytes)) {
    if (event.data.trimmed().isEmpty()) continue;  // says no more than a comment
    done_ = done_ || event.data.trimmed() == "[DONE]";
    if (done_ || ended_ || text_.size() > kLongestText) break;
    takeJson(event.data, event.type == "error", piece);
  }
  tell(piece);
  if (ended_) return;
  if (reader_.hasFailed()) {
    failWith(tr("%1 sends lines that never end: that is no answer of this protocol.").arg(model_.host()));
  } else if (text_.size() > kLongestText) {
    failWith(tr("%1 wrote more than %2 characters; the rest was not waited for.")
                 .arg(model_.host(), QString::number(kLongestText)));
  } else if (done_) {
    finish();
  }
}

/// One object of the stream, or the whole answer. What it brings is added to `piece`; a failure is kept until that was
/// told.
void CompletionStream::takeJson(const QByteArray& bytes, bool isError, CompletionPiece& piece) {
  QJsonParseError problem;
  const QJsonDocument document = QJsonDocument::fromJson(bytes, &problem);
  if (!document.isObject()) {
    const ServerWords words = isError ? readServerWords(bytes, key_) : ServerWords{problem.errorString(), {}, {}};
    tell(std::exchange(piece, {}));
    failWith(isError ? remoteFailureSentence(place(), words)
                     : tr("%1 sends what is no answer of this protocol: is the address right?").arg(model_.host()),
             words.text);
    return;
  }
  const QJsonObject json = document.object();
  if (isError || isFailure(json)) {
    const ServerWords words = readServerWords(json, key_);
    tell(std::exchange(piece, {}));
    failWith(remoteFailureSentence(place(), words), words.text);
    return;
  }
  const CompletionChunk chunk = readChunk(json);
  if (chunk.promptTokens >= 0) end_.promptTokens = chunk.promptTokens;
  if (chunk.cachedTokens >= 0) end_.cachedTokens = chunk.cachedTokens;
  if (chunk.completionTokens >= 0) end_.completionTokens = chunk.completionTokens;
  if (!chunk.finishReason.isEmpty()) {
    end_.finishReason = chunk.finishReason;
    post_->setSilence(kSilenceAfterReasonMs);
  }
  if (question_.logprobs >= 0) piece.tokens += chunk.tokens;
  if (chunk.text.isEmpty() && chunk.reasoning.isEmpty()) return;
  piece.text += text_.add(chunk.reasoning, chunk.text);
  ++piece.deltas;
  if (!std::exchange(writes_, true)) post_->setSilence(silenceMs_);
}

void CompletionStream::tell(const CompletionPiece& piece) {
  if (!ended_ && (!piece.text.isEmpty() || !piece.tokens.isEmpty())) emit added(piece);
}

void CompletionStream::postFinished() {
  if (ended_) return;
  const HttpFailure& failure = post_->failure();
  // Once the reason of the end was told, what is lost with the connection is no more than the count of tokens.
  if (isStream_ && !end_.finishReason.isEmpty()) return finish();
  if (failure.kind == HttpFailure::Kind::Status) return refused();
  if (failure) return failWith(failure.sentence);
  if (isStream_) {
    // Servers that fail once they have said 200 say no more: llama-cpp-python's where the conversation is too long.
    return failWith((writes_ ? tr("%1 ended in the middle of its answer.")
                             : tr("%1 ended before it wrote anything: the conversation may be too long for it, and its "
                                  "own log may say why."))
                        .arg(model_.host()));
  }
  CompletionPiece piece;
  takeJson(whole_, false, piece);
  tell(piece);
  if (ended_) return;
  if (end_.finishReason.isEmpty())
    return failWith(tr("%1 sends what is no answer of this protocol: is the address right?").arg(model_.host()));
  finish();
}

void CompletionStream::refused() {
  const HttpFailure& failure = post_->failure();
  const ServerWords words = readServerWords(post_->said(), key_);
  if ((failure.status == 400 || failure.status == 422) && askAgain(words.fields)) return;
  end_.status = failure.status;
  end_.retryAfterSeconds = failure.retryAfterSeconds;
  failWith(remoteFailureSentence(place(), failure, words), words.text);
}

/// Sends the question again without the fields that the server does not take. False: it names none that was sent.
bool CompletionStream::askAgain(const QStringList& fields) {
  const QJsonObject sent = QJsonDocument::fromJson(sent_).object();
  QStringList refused;
  for (const QString& field : fields) {
    if (sent.contains(field)) refused << field;
  }
  // One is nothing without the other.
  if (refused.contains(QStringLiteral("logprobs")) && sent.contains(QStringLiteral("top_logprobs")))
    refused << QStringLiteral("top_logprobs");
  if (refused.isEmpty()) return false;
  refused.removeDuplicates();
  unknown_ += refused;
  drop();
  send();
  return true;
}

void CompletionStream::failWith(const QString& sentence, const QString& detail) {
  if (ended_) return;
  end_.finishReason.clear();
  end_.error = sentence;
  end_.errorDetail = detail;
  finish();
}

void CompletionStream::noteLeftOut() {
  const CompletionQuestion& asked = question_;
  QStringList sendable =
      QJsonDocument::fromJson(completionJson({}, {{}, asked.sampling, asked.logprobs}, {})).object().keys();
  for (const QString& setting : lostSettings(unknown_)) {
    if (sendable.contains(setting)) end_.leftOut << setting;
  }
  if (!end_.leftOut.isEmpty())
    end_.notice = tr("%1 does not take these settings, so they were left out: %2.")
                      .arg(model_.host(), end_.leftOut.join(QStringLiteral(", ")));
}

void CompletionStream::finish() {
  CompletionPiece last;
  last.text = text_.end();
  tell(last);
  if (ended_) return;
  // vLLM's and SGLang's words for a reply that they dropped.
  if (end_.finishReason == QLatin1String("abort") || end_.finishReason == QLatin1String("error")) {
    end_.finishReason.clear();
    if (end_.error.isEmpty()) end_.error = remoteFailureSentence(place(), {});
  } else if (end_.error.isEmpty() && end_.finishReason.isEmpty()) {
    end_.finishReason = QStringLiteral("stop");
  }
  noteLeftOut();
  ended_ = true;
  drop();
  emit finished();
}

}  // namespace app
