#pragma once

#include <QByteArray>
#include <QNetworkReply>
#include <QObject>
#include <QString>
#include <QTimer>
#include <QUrl>
#include <memory>

class QNetworkAccessManager;

namespace app {

/// What is asked for by one GET. A value.
struct HttpQuestion {
  QUrl url;
  qint64 firstByte = 0;   ///< of the range asked for
  qint64 lastByte = -1;   ///< of the range, included; -1: to the end. 0 and -1 together: no range is asked for
  QByteArray ifRange;     ///< strong ETag with its quotes: the range is wanted of this version only; empty: of any
  QByteArray token;       ///< secret, sent as "Authorization: Bearer" to the origin of `url` only
  qint64 limit = -1;      ///< most bytes of body that are accepted; -1: any number
  QString httpHost;       ///< "host" or "host:port" that the person set up as a mirror by plain http; empty: none
  bool plainToken = false;  ///< the person accepted that httpHost is given the token unencrypted
  bool follows = true;      ///< redirects; where not, one is a refusal
  int silenceMs = 30000;    ///< the longest wait for the next bytes, in milliseconds
};

/// Why a question got no good answer.
struct HttpFailure {
  enum class Kind {
    None,
    Refused,    ///< the address is none we go to (scheme, plain http, host missing), or a redirect leads to such a one
    Redirects,  ///< more than HttpGet::kMostRedirects
    Unreachable,  ///< name, connection, proxy
    Tls,          ///< the certificate or the handshake is bad
    Silence,      ///< nothing came for HttpQuestion::silenceMs
    Cut,          ///< the body ended early, or the connection broke in it
    Status,       ///< an answer other than 200 and 206; see `status`
    WrongRange,   ///< 206 with another range than the one asked for, or with none
    TooLarge,     ///< more than HttpQuestion::limit
    Encoded,      ///< the body is compressed although that was not asked for
  };

  Kind kind = Kind::None;
  int status = 0;              ///< of HTTP, for Kind::Status
  int retryAfterSeconds = -1;  ///< what the server asked to wait (Retry-After, at most a day); -1: it did not
  QString sentence;            ///< for the person, with the host, never with the token or a query

  explicit operator bool() const { return kind != Kind::None; }
  /// The same question may well be answered later: everything but a refusal, TLS, and statuses such as 401, 403, 404.
  bool mayPass() const;
};

/// The range that a 206 carries: "bytes first-last/total".
struct HttpRange {
  qint64 first = -1;
  qint64 last = -1;
  qint64 total = -1;  ///< -1: "*"
};

/// Reads a Content-Range header; nothing but digits in their places is accepted. False: it is none.
bool readContentRange(const QByteArray& header, HttpRange& range);

/// A strong ETag with its quotes: what may stand in If-Range.
bool isStrongEtag(const QByteArray& etag);

/// One GET over http or https, in the thread of the network object, which outlives it.
///
/// It follows redirects itself, at most kMostRedirects and never from https to http; the token goes to the origin of
/// the first address only, and by plain http only on this machine (or to httpHost with plainToken). Plain http is
/// refused but to this machine and to HttpQuestion::httpHost. A certificate that is not good is an error. The body comes
/// as it is (no compression), with at most kReadAhead bytes waiting, so a reader who waits slows the sender down.
///
/// Signals, in this order: answered() (200 or 206, and for a 206 exactly the range asked for), readyRead() any number
/// of times, finished() once all that came was read or failure() is set. A body shorter than it was said to be is a
/// failure.
class HttpGet : public QObject {
  Q_OBJECT

 public:
  static constexpr int kMostRedirects = 10;
  static constexpr qint64 kReadAhead = 1024LL * 1024;

  HttpGet(QNetworkAccessManager& network, const HttpQuestion& question, QObject* parent = nullptr);
  /// As abort().
  ~HttpGet() override;

  void start();
  /// Ends it; no signal comes after. Bytes that were not read are lost.
  void abort();

  int status() const { return status_; }  ///< of the last answer; 0: none yet
  /// Of the last answer, also of one that is a failure.
  QByteArray header(const QByteArray& name) const;
  /// Of the first answer that had it, redirects included: a hub tells there what the address behind it will give
  /// (X-Linked-Etag, X-Linked-Size, X-Repo-Commit).
  QByteArray headerOnTheWay(const QByteArray& name) const;
  QUrl url() const { return url_; }               ///< the last one
  HttpRange range() const { return range_; }      ///< of a 206
  qint64 bodyBytes() const { return expected_; }  ///< what the body will have, by its header; -1: not said
  qint64 bytesAvailable() const;
  QByteArray read(qint64 most);
  const HttpFailure& failure() const { return failure_; }

 signals:
  void answered();
  void readyRead();
  void finished();

 private:
  void ask(const QUrl& url);
  void headersCame();
  void follow(const QByteArray& location);
  void takeAnswer();
  void bytesCame();
  void replyFinished();
  void silent();
  void fail(HttpFailure::Kind kind, const QString& sentence);
  void finishWhenRead();
  void dropReply();

  struct ReplyEnd {
    void operator()(QNetworkReply* reply) const;
  };

  QNetworkAccessManager& network_;
  HttpQuestion question_;
  QUrl url_;
  std::unique_ptr<QNetworkReply, ReplyEnd> reply_;
  QTimer silence_;
  QList<QNetworkReply::RawHeaderPair> onTheWay_;
  QList<QNetworkReply::RawHeaderPair> headers_;
  HttpFailure failure_;
  HttpRange range_;
  int status_ = 0;
  int redirects_ = 0;
  qint64 expected_ = -1;
  qint64 read_ = 0;
  bool mayCarryToken_ = true;  // no redirect has led to another origin yet
  bool answered_ = false;
  bool replyEnded_ = false;
  bool finishing_ = false;
  bool aborted_ = false;
};

}  // namespace app
