#pragma once

#include <QProcess>
#include <QString>
#include <QTemporaryDir>
#include <QUrl>

namespace tests {

/// A real web server over a folder, on a free port of 127.0.0.1, with folders of its own.
class NginxOrigin {
 public:
  /// nginx is installed.
  static bool isThere();
  /// Writes cert.pem and key.pem for 127.0.0.1 into a folder, signed by nobody. False: openssl is not installed.
  static bool writeCertificate(const QString& folder);

  /// Serves `root`; `server` are further lines of its server block, `tls` a folder with cert.pem and key.pem (empty:
  /// http). Check isRunning().
  explicit NginxOrigin(const QString& root, const QString& server = {}, const QString& tls = {});
  ~NginxOrigin();

  bool isRunning() const { return port_ != 0; }
  quint16 port() const { return port_; }
  QUrl url(const QString& path) const;
  /// Of the requests so far: "METHOD URI STATUS BYTES "RANGE" "AUTHORIZATION"", a line each, the address as it was asked for.
  QList<QByteArray> requests() const;

 private:
  bool start(quint16 port);

  QString root_;
  QString server_;
  QString tls_;
  QTemporaryDir own_;
  QProcess process_;
  quint16 port_ = 0;
};

}  // namespace tests
