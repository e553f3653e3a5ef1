#pragma once

#include <QByteArray>
#include <QList>
#include <QObject>
#include <QString>
#include <QTcpServer>
#include <QUrl>
#include <functional>

class QTcpSocket;

namespace tests {

/// What goes wrong with one answer.
struct Fault {
  enum class Kind {
    None,
    NoAnswer,       ///< the connection is closed at once
    Cut,            ///< it breaks after `at` bytes of body
    Stall,          ///< nothing comes after `at` bytes of body
    Truncate,       ///< the body ends at `at` and Content-Length says so
    Corrupt,        ///< the byte at `at` is another
    Redirect,       ///< 302 to the same file here
    RedirectAway,   ///< 302 to `elsewhere`
    WholeFile,      ///< 200 to a question for a range
    Forbidden,      ///< 403
    WrongRange,     ///< 416
    TooMany,        ///< 429, with Retry-After: 0
    Broken,         ///< 500
    OtherEtag,      ///< the ETag of another version
    NoEtag,         ///< none at all
    LongerLength,   ///< Content-Length says more than comes
    ShorterLength,  ///< and less
    ShiftedRange,   ///< Content-Range is one byte off
    Compressed,     ///< Content-Encoding: gzip, which it is not
    Garbage,        ///< no HTTP at all
  };
  static constexpr int kKinds = static_cast<int>(Kind::Garbage) + 1;

  Kind kind = Kind::None;
  qint64 at = 0;
};

QString nameOf(Fault::Kind kind);

/// What was asked of the proxy.
struct ProxyRequest {
  QByteArray path;
  QByteArray range;
  QByteArray ifRange;
  QByteArray authorization;
};

/// Stands before an origin on 127.0.0.1 and does to each answer what `choose` says. One request a connection.
/// Event-driven, in the thread that made it.
class FaultProxy : public QObject {
  Q_OBJECT

 public:
  using Choose = std::function<Fault(const ProxyRequest&)>;

  FaultProxy(quint16 originPort, Choose choose);

  quint16 port() const { return server_.serverPort(); }
  QUrl url(const QString& path) const;
  /// Where RedirectAway leads: the base address, "http://127.0.0.1:1234".
  void setElsewhere(const QString& base) { elsewhere_ = base; }
  /// A header line put into every answer that comes from the origin or is a redirect, without line end.
  void setExtraHeader(const QByteArray& line) { extra_ = line; }
  const QList<ProxyRequest>& requests() const { return requests_; }
  qint64 bodyBytes() const { return bodyBytes_; }  ///< of all answers

 private:
  void serve(QTcpSocket* client);
  void answer(QTcpSocket* client, const QByteArray& head);
  void forward(QTcpSocket* client, const ProxyRequest& request, const Fault& fault);
  void deliver(QTcpSocket* client, const QByteArray& reply, const Fault& fault);

  QTcpServer server_;
  quint16 originPort_;
  Choose choose_;
  QString elsewhere_;
  QByteArray extra_;
  QList<ProxyRequest> requests_;
  qint64 bodyBytes_ = 0;
};

}  // namespace tests
