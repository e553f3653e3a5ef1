#pragma once

#include <QByteArray>
#include <QObject>
#include <QUrl>

#include "app/network/http_get.h"

namespace app {

/// A whole small answer, or why there is none. A value.
struct HttpAnswer {
  int status = 0;
  QUrl url;         ///< the last one
  QByteArray body;  ///< empty with a failure
  HttpRange range;  ///< of a 206: what `body` is of the whole
  QByteArray etag;
  HttpFailure failure;
};

/// One small answer (JSON, the first bytes of a file), held in memory. As HttpGet, whose rules it keeps;
/// HttpQuestion::limit must be set and is at most kLargest. For a question with a range a 200 is taken too, with the
/// bytes of the range only.
class HttpFetch : public QObject {
  Q_OBJECT

 public:
  static constexpr qint64 kLargest = 64LL * 1024 * 1024;

  HttpFetch(QNetworkAccessManager& network, const HttpQuestion& question, QObject* parent = nullptr);

  void start();
  /// Ends it; finished() does not come any more.
  void abort();
  /// Of the last answer, once finished() came.
  QByteArray header(const QByteArray& name) const { return get_.header(name); }

 signals:
  /// Once.
  void finished(const app::HttpAnswer& answer);

 private:
  void take();
  void end();

  const HttpQuestion question_;
  HttpGet get_;
  QByteArray body_;
  bool ended_ = false;
};

}  // namespace app
