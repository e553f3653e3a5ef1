#include "app/network/http_post.h"

#include <QIODevice>
#include <QNetworkAccessManager>
#include <algorithm>

#include "app/network/http_failure.h"
#include "app/network/http_rules.h"

namespace app {

namespace {

constexpr qint64 kReadAhead = 1024LL * 1024;
constexpr int kSilenceOfRefusalMs = 10000;  // of the body that explains a status

/// A body that is sent once. Qt sends a question again by itself where a connection ends without an answer; a reply
/// that is generated twice is paid for twice. Not a QBuffer: of one Qt takes the bytes, past what this says.
class OneTimeBody : public QIODevice {
 public:
  explicit OneTimeBody(const QByteArray& bytes) : bytes_(bytes) { open(QIODevice::ReadOnly); }
  bool isSequential() const override { return true; }
  bool reset() override { return false; }
  qint64 bytesAvailable() const override { return bytes_.size() - sent_ + QIODevice::bytesAvailable(); }

 protected:
  qint64 readData(char* to, qint64 most) override {
    const qint64 count = std::min<qint64>(most, bytes_.size() - sent_);
    std::copy_n(bytes_.constData() + sent_, count, to);
    sent_ += count;
    return count > 0 ? count : -1;
  }
  qint64 writeData(const char*, qint64) override { return -1; }

 private:
  const QByteArray bytes_;
  qsizetype sent_ = 0;
};

}  // namespace

void HttpPost::ReplyEnd::operator()(QNetworkReply* reply) const {
  reply->deleteLater();
}

HttpPost::HttpPost(QNetworkAccessManager& network, const HttpMessage& message, QObject* parent)
    : QObject(parent), network_(network), message_(message) {
  silence_.setSingleShot(true);
  silence_.setInterval(message_.silenceMs);
  connect(&silence_, &QTimer::timeout, this, &HttpPost::silent);
}

HttpPost::~HttpPost() = default;

void HttpPost::start() {
  if (const QString why = whyNotAsked(message_.url, message_.plainHttp); !why.isEmpty()) {
    fail(HttpFailure::Kind::Refused, HttpGet::tr("%1 is not asked: %2.").arg(httpPlace(message_.url), why));
    return;
  }
  QNetworkRequest request = plainRequest(message_.url);
  request.setHeader(QNetworkRequest::ContentTypeHeader, QByteArray("application/json"));
  request.setHeader(QNetworkRequest::ContentLengthHeader, message_.json.size());
  request.setAttribute(QNetworkRequest::DoNotBufferUploadDataAttribute, true);
  request.setRawHeader("Accept", "text/event-stream, application/json");
  // A connection that was idle may be closed by the server just when the question is sent.
  request.setRawHeader("Connection", "close");
  if (!message_.token.isEmpty() && mayCarrySecret(message_.url, message_.plainHttp))
    request.setRawHeader("Authorization", "Bearer " + message_.token);
  auto* body = new OneTimeBody(message_.json);
  reply_.reset(network_.post(request, body));
  body->setParent(reply_.get());
  reply_->setReadBufferSize(kReadAhead);
  connect(reply_.get(), &QNetworkReply::metaDataChanged, this, &HttpPost::headersCame);
  connect(reply_.get(), &QNetworkReply::readyRead, this, &HttpPost::bytesCame);
  connect(reply_.get(), &QNetworkReply::finished, this, &HttpPost::replyFinished);
  silence_.start();
}

void HttpPost::abort() {
  aborted_ = true;
  silence_.stop();
  dropReply();
}

/// The end of a reply closes its connection, which it asks for by a signal of its own: only ours are taken away.
void HttpPost::dropReply() {
  if (reply_) reply_->disconnect(this);
  reply_.reset();
}

void HttpPost::setSilence(int milliseconds) {
  silence_.setInterval(milliseconds);  // a timer that runs begins anew with it
}

void HttpPost::headersCame() {
  if (!reply_ || status_ != 0 || failure_) return;
  status_ = reply_->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
  headers_ = reply_->rawHeaderPairs();
  silence_.start();
  const QByteArray encoding = header("Content-Encoding").trimmed().toLower();
  if (isRedirect(status_) && !header("Location").isEmpty()) {
    const QUrl next = message_.url.resolved(QUrl::fromEncoded(header("Location").left(16384)));
    fail(HttpFailure::Kind::Refused, tr("%1 leads to %2, which is not followed: enter the address that is meant.")
                                         .arg(httpPlace(message_.url), httpPlace(next)));
  } else if (status_ != 200) {
    setSilence(std::min(kSilenceOfRefusalMs, silence_.interval()));
  } else if (!encoding.isEmpty() && encoding != "identity") {
    fail(HttpFailure::Kind::Encoded,
         tr("%1 sent compressed bytes although none were asked for.").arg(httpPlace(message_.url)));
  } else {
    answered_ = true;
    emit answered();
  }
}

void HttpPost::bytesCame() {
  if (!reply_ || failure_) return;
  if (answered_) {
    if (came_ + reply_->bytesAvailable() > message_.limit) {
      fail(HttpFailure::Kind::TooLarge, httpTooLargeSentence(message_.url, message_.limit));
      return;
    }
    silence_.start();
    emit readyRead();
  } else if (status_ != 0) {
    said_ += reply_->read(kLongestSaying - said_.size());
    if (said_.size() == kLongestSaying) end();
  }
}

QByteArray HttpPost::readAll() {
  if (!reply_ || !answered_) return {};
  const QByteArray bytes = reply_->readAll();
  came_ += bytes.size();
  return bytes;
}

void HttpPost::replyFinished() {
  silence_.stop();
  if (status_ == 0 && reply_->attribute(QNetworkRequest::HttpStatusCodeAttribute).isValid()) headersCame();
  if (!reply_ || failure_) return;
  // The last bytes may come with the end.
  if (reply_->bytesAvailable() > 0) bytesCame();
  if (!reply_ || failure_) return;
  const QNetworkReply::NetworkError error = reply_->error();
  // Qt would have sent the question again: the server closed the connection, which is also how a body without a length
  // ends.
  const bool closed = error == QNetworkReply::ContentReSendError;
  if (status_ == 0) {
    if (error == QNetworkReply::SslHandshakeFailedError) {
      fail(HttpFailure::Kind::Tls, httpTlsSentence(message_.url, reply_->errorString()));
    } else if (closed || error == QNetworkReply::RemoteHostClosedError) {
      fail(HttpFailure::Kind::Unreachable,
           tr("%1 closed the connection without an answer.").arg(httpPlace(message_.url)));
    } else {
      fail(HttpFailure::Kind::Unreachable, httpUnreachableSentence(message_.url, *reply_));
    }
  } else if (answered_ && error != QNetworkReply::NoError && !closed) {
    fail(HttpFailure::Kind::Cut, tr("The connection to %1 broke in the middle.").arg(httpPlace(message_.url)));
  } else {
    end();
  }
}

void HttpPost::silent() {
  if (status_ != 0 && !answered_) {
    end();  // the status alone says enough
    return;
  }
  fail(HttpFailure::Kind::Silence,
       HttpGet::tr("Nothing came from %1 for %n seconds.", nullptr, (silence_.interval() + 999) / 1000)
           .arg(httpPlace(message_.url)));
}

void HttpPost::fail(HttpFailure::Kind kind, const QString& sentence) {
  failure_.kind = kind;
  failure_.sentence = sentence;
  end();
}

/// Tells the end; later, so that a reader is never called from its own readAll() or start().
void HttpPost::end() {
  if (ending_) return;
  ending_ = true;
  silence_.stop();
  if (!failure_ && !answered_) {
    failure_.kind = HttpFailure::Kind::Status;
    failure_.status = status_;
    failure_.retryAfterSeconds = retryAfterSeconds(header("Retry-After"));
    failure_.sentence = tr("%1 gave no answer but status %2.").arg(httpPlace(message_.url), QString::number(status_));
  }
  dropReply();
  QMetaObject::invokeMethod(
      this,
      [this] {
        if (!aborted_) emit finished();
      },
      Qt::QueuedConnection);
}

QByteArray HttpPost::header(const QByteArray& name) const {
  return headerIn(headers_, name);
}

}  // namespace app
