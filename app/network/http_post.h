#pragma once

#include <QByteArray>
#include <QNetworkReply>
#include <QObject>
#include <QTimer>
#include <QUrl>
#include <memory>

#include "app/network/http_get.h"

class QNetworkAccessManager;

namespace app {

/// What is sent by one POST of JSON. A value.
struct HttpMessage {
  QUrl url;
  QByteArray json;
  QByteArray token;        ///< secret, sent as "Authorization: Bearer"
  bool plainHttp = false;  ///< the person accepted that this address is asked, and given the token, by plain http
  qint64 limit = 0;        ///< most bytes of body that are accepted
  int silenceMs = 0;       ///< the longest wait for the next bytes, in milliseconds
};

/// One POST of JSON over http or https whose answer is read while it comes, in the thread of the network object, which
/// outlives it. The rules of HttpGet hold, but no redirect is followed and a question is never sent twice.
///
/// Signals, in this order: answered() (200), readyRead() any number of times, finished() once: the body is whole, or
/// failure() is set. With another status the body's first kLongestSaying bytes are in said().
class HttpPost : public QObject {
  Q_OBJECT

 public:
  static constexpr qsizetype kLongestSaying = 64 * 1024;

  HttpPost(QNetworkAccessManager& network, const HttpMessage& message, QObject* parent = nullptr);
  /// As abort().
  ~HttpPost() override;

  void start();
  /// Closes the connection; no signal comes after.
  void abort();
  /// From now on.
  void setSilence(int milliseconds);

  QByteArray header(const QByteArray& name) const;
  QByteArray readAll();
  const HttpFailure& failure() const { return failure_; }
  const QByteArray& said() const { return said_; }  ///< the body of a failure of kind Status

 signals:
  void answered();
  void readyRead();
  void finished();

 private:
  void headersCame();
  void bytesCame();
  void replyFinished();
  void silent();
  void dropReply();
  void fail(HttpFailure::Kind kind, const QString& sentence);
  void end();

  struct ReplyEnd {
    void operator()(QNetworkReply* reply) const;
  };

  QNetworkAccessManager& network_;
  const HttpMessage message_;
  std::unique_ptr<QNetworkReply, ReplyEnd> reply_;
  QTimer silence_;
  QList<QNetworkReply::RawHeaderPair> headers_;
  HttpFailure failure_;
  QByteArray said_;
  qint64 came_ = 0;
  int status_ = 0;
  bool answered_ = false;
  bool ending_ = false;
  bool aborted_ = false;
};

}  // namespace app
