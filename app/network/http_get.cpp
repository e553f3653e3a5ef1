#include "app/network/http_get.h"

#include <QCoreApplication>
#include <QNetworkAccessManager>
#include <QNetworkRequest>
#include <QSslError>
#include <algorithm>

#include "app/network/http_failure.h"
#include "app/network/http_rules.h"

namespace app {

namespace {

/// Whether the person set up this host as one to be asked by plain http: "host" or "host:port".
bool isHttpHost(const QUrl& url, const QString& httpHost) {
  const QString own = httpHost.toLower();
  const QString withPort = url.host() + QLatin1Char(':') + QString::number(url.port(80));
  return !own.isEmpty() && (own == url.host() || own == withPort);
}

}  // namespace

bool readContentRange(const QByteArray& header, HttpRange& range) {
  const QByteArray unit = "bytes ";
  const qsizetype dash = header.indexOf('-');
  const qsizetype slash = header.indexOf('/');
  if (!header.startsWith(unit) || dash < 0 || slash < dash) return false;
  const QByteArray total = header.mid(slash + 1);
  range.first = digits(header.mid(unit.size(), dash - unit.size()));
  range.last = digits(header.mid(dash + 1, slash - dash - 1));
  range.total = total == "*" ? -1 : digits(total);
  return range.first >= 0 && range.last >= range.first && (total == "*" || range.total > range.last);
}

bool isStrongEtag(const QByteArray& etag) {
  return etag.size() > 2 && etag.size() <= 512 && etag.startsWith('"') && etag.endsWith('"') && etag.count('"') == 2 &&
         std::all_of(etag.begin(), etag.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

void HttpGet::ReplyEnd::operator()(QNetworkReply* reply) const {
  reply->deleteLater();
}

HttpGet::HttpGet(QNetworkAccessManager& network, const HttpQuestion& question, QObject* parent)
    : QObject(parent), network_(network), question_(question) {
  question_.url.setUserInfo({});
  question_.url.setFragment({});
  silence_.setSingleShot(true);
  silence_.setInterval(question_.silenceMs);
  connect(&silence_, &QTimer::timeout, this, &HttpGet::silent);
}

HttpGet::~HttpGet() = default;

void HttpGet::start() {
  const QString why = whyNotAsked(question_.url, isHttpHost(question_.url, question_.httpHost));
  url_ = question_.url;
  if (!why.isEmpty()) {
    fail(HttpFailure::Kind::Refused, tr("%1 is not asked: %2.").arg(httpPlace(url_), why));
    return;
  }
  ask(question_.url);
}

void HttpGet::abort() {
  aborted_ = true;
  silence_.stop();
  dropReply();
}

/// The end of a running reply closes its connection, which it asks for by a signal of its own: only ours are taken away.
/// abort() would complain where an error is on its way already.
void HttpGet::dropReply() {
  if (reply_) reply_->disconnect(this);
  reply_.reset();
}

void HttpGet::ask(const QUrl& url) {
  url_ = url;
  QNetworkRequest request = plainRequest(url);
  if (question_.firstByte > 0 || question_.lastByte >= 0) {
    QByteArray range = "bytes=" + QByteArray::number(question_.firstByte) + '-';
    if (question_.lastByte >= 0) range += QByteArray::number(question_.lastByte);
    request.setRawHeader("Range", range);
    if (!question_.ifRange.isEmpty()) request.setRawHeader("If-Range", question_.ifRange);
  }
  // Once left, the origin does not get the token again either: who redirected back is not known to be trusted.
  mayCarryToken_ = mayCarryToken_ && originOf(url) == originOf(question_.url);
  const bool secret = mayCarrySecret(url, question_.plainToken && isHttpHost(url, question_.httpHost));
  if (mayCarryToken_ && secret && !question_.token.isEmpty()) {
    request.setRawHeader("Authorization", "Bearer " + question_.token);
  }
  dropReply();
  reply_.reset(network_.get(request));
  reply_->setReadBufferSize(kReadAhead);
  connect(reply_.get(), &QNetworkReply::metaDataChanged, this, &HttpGet::headersCame);
  connect(reply_.get(), &QNetworkReply::readyRead, this, &HttpGet::bytesCame);
  connect(reply_.get(), &QNetworkReply::finished, this, &HttpGet::replyFinished);
  silence_.start();
}

void HttpGet::headersCame() {
  if (!reply_ || answered_ || failure_) return;
  status_ = reply_->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
  headers_ = reply_->rawHeaderPairs();
  onTheWay_ += headers_;
  silence_.start();
  const QByteArray location = header("Location");
  const bool moved = isRedirect(status_);
  if (moved && !location.isEmpty()) {
    follow(location);
    return;
  }
  if (status_ != 200 && status_ != 206) {
    failure_.status = status_;
    failure_.retryAfterSeconds = retryAfterSeconds(header("Retry-After"));
    fail(HttpFailure::Kind::Status, httpStatusSentence(url_, status_, header("X-Error-Message")));
    return;
  }
  takeAnswer();
}

void HttpGet::follow(const QByteArray& location) {
  QUrl next = url_.resolved(QUrl::fromEncoded(location.left(16384)));
  next.setUserInfo({});
  next.setFragment({});
  QString why =
      question_.follows ? whyNotAsked(next, isHttpHost(next, question_.httpHost)) : tr("no redirect is followed there");
  if (url_.scheme() == QLatin1String("https") && next.scheme() != QLatin1String("https")) {
    why = tr("a safe connection is not left for an unsafe one");
  }
  if (!why.isEmpty()) {
    fail(HttpFailure::Kind::Refused,
         tr("%1 leads to %2, which is not asked: %3.").arg(httpPlace(url_), httpPlace(next), why));
  } else if (++redirects_ > kMostRedirects) {
    fail(HttpFailure::Kind::Redirects,
         tr("%1 leads on and on, more than %2 times.").arg(httpPlace(question_.url), QString::number(kMostRedirects)));
  } else {
    ask(next);
  }
}

/// Decides whether a 200 or 206 is an answer to the question.
void HttpGet::takeAnswer() {
  const QByteArray encoding = header("Content-Encoding").trimmed().toLower();
  if (!encoding.isEmpty() && encoding != "identity") {
    fail(HttpFailure::Kind::Encoded,
         tr("%1 sent compressed bytes where the file itself was asked for.").arg(httpPlace(url_)));
    return;
  }
  expected_ = digits(header("Content-Length").trimmed());
  if (status_ == 206) {
    const bool read = readContentRange(header("Content-Range").trimmed(), range_);
    const bool starts = range_.first == question_.firstByte;
    // A range past the end is answered with what there is.
    const bool ends = range_.last == question_.lastByte ||
                      (range_.last == range_.total - 1 && (question_.lastByte < 0 || range_.last < question_.lastByte));
    const qint64 length = range_.last - range_.first + 1;
    if (!read || !starts || !ends || (expected_ >= 0 && expected_ != length)) {
      fail(HttpFailure::Kind::WrongRange,
           tr("%1 sent another part of the file than the one asked for (%2).")
               .arg(httpPlace(url_), QString::fromLatin1(header("Content-Range").left(80))));
      return;
    }
    expected_ = length;
  }
  if (question_.limit >= 0 && expected_ > question_.limit) {
    fail(HttpFailure::Kind::TooLarge, httpTooLargeSentence(url_, question_.limit));
    return;
  }
  answered_ = true;
  emit answered();
}

void HttpGet::bytesCame() {
  if (!answered_ || failure_ || aborted_) return;
  silence_.start();
  const qint64 came = read_ + bytesAvailable();
  if (expected_ >= 0 && came > expected_) {
    fail(HttpFailure::Kind::WrongRange, tr("%1 sent more bytes than it had said.").arg(httpPlace(url_)));
  } else if (question_.limit >= 0 && came > question_.limit) {
    fail(HttpFailure::Kind::TooLarge, httpTooLargeSentence(url_, question_.limit));
  } else {
    emit readyRead();
  }
}

qint64 HttpGet::bytesAvailable() const {
  return reply_ && answered_ ? reply_->bytesAvailable() : 0;
}

QByteArray HttpGet::read(qint64 most) {
  if (!reply_ || !answered_) return {};
  QByteArray bytes = reply_->read(most);
  read_ += bytes.size();
  if (replyEnded_) {
    finishWhenRead();
  } else {
    silence_.start();
  }
  return bytes;
}

void HttpGet::replyFinished() {
  silence_.stop();
  if (!answered_ && !failure_ && reply_->attribute(QNetworkRequest::HttpStatusCodeAttribute).isValid()) headersCame();
  // An answer may have been refused, or followed, just now.
  if (!reply_ || failure_ || aborted_ || reply_->isRunning()) return;
  const QNetworkReply::NetworkError error = reply_->error();
  if (!answered_) {
    if (error == QNetworkReply::SslHandshakeFailedError) {
      fail(HttpFailure::Kind::Tls, httpTlsSentence(url_, reply_->errorString()));
    } else {
      fail(HttpFailure::Kind::Unreachable, httpUnreachableSentence(url_, *reply_));
    }
    return;
  }
  replyEnded_ = true;
  const qint64 came = read_ + bytesAvailable();
  if (error != QNetworkReply::NoError || (expected_ >= 0 && came < expected_)) {
    failure_.kind = HttpFailure::Kind::Cut;
    failure_.sentence = tr("The connection to %1 broke in the middle.").arg(httpPlace(url_));
  }
  if (bytesAvailable() > 0) emit readyRead();
  if (!aborted_) finishWhenRead();
}

void HttpGet::silent() {
  // Bytes that wait for a slow reader are no silence of the server.
  if (bytesAvailable() > 0) {
    silence_.start();
    return;
  }
  fail(HttpFailure::Kind::Silence,
       tr("Nothing came from %1 for %n seconds.", nullptr, (question_.silenceMs + 999) / 1000).arg(httpPlace(url_)));
}

void HttpGet::fail(HttpFailure::Kind kind, const QString& sentence) {
  failure_.kind = kind;
  failure_.sentence = sentence;
  silence_.stop();
  dropReply();
  finishWhenRead();
}

/// Tells the end once nothing is left to read; later, so that a reader is never called from its own read().
void HttpGet::finishWhenRead() {
  if (finishing_ || bytesAvailable() > 0) return;
  finishing_ = true;
  QMetaObject::invokeMethod(
      this,
      [this] {
        if (!aborted_) emit finished();
      },
      Qt::QueuedConnection);
}

QByteArray HttpGet::header(const QByteArray& name) const {
  return headerIn(headers_, name);
}

QByteArray HttpGet::headerOnTheWay(const QByteArray& name) const {
  return headerIn(onTheWay_, name);
}

}  // namespace app
