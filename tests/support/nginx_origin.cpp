#include "tests/support/nginx_origin.h"

#include <QFile>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTcpSocket>

// Read by the leak sanitizer where a test is built with it. Qt counts a thread as finished before libcrypto has freed what
// belongs to it: who exits just then would be told of leaks.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libcrypto.so";
}

namespace tests {

namespace {

constexpr int kAttempts = 5;  // another program may take the port in between
constexpr int kPatienceMs = 10000;

QString program() {
  const QString found = QStandardPaths::findExecutable(QStringLiteral("nginx"));
  return found.isEmpty() ? QStandardPaths::findExecutable(QStringLiteral("nginx"), {QStringLiteral("/usr/sbin")})
                         : found;
}

quint16 freePort() {
  QTcpServer server;
  server.listen(QHostAddress::LocalHost);
  return server.serverPort();
}

}  // namespace

bool NginxOrigin::isThere() {
  return !program().isEmpty();
}

bool NginxOrigin::writeCertificate(const QString& folder) {
  const QString openssl = QStandardPaths::findExecutable(QStringLiteral("openssl"));
  const QStringList arguments = {QStringLiteral("req"),
                                 QStringLiteral("-x509"),
                                 QStringLiteral("-newkey"),
                                 QStringLiteral("rsa:2048"),
                                 QStringLiteral("-nodes"),
                                 QStringLiteral("-days"),
                                 QStringLiteral("2"),
                                 QStringLiteral("-subj"),
                                 QStringLiteral("/CN=127.0.0.1"),
                                 QStringLiteral("-addext"),
                                 QStringLiteral("subjectAltName=IP:127.0.0.1"),
                                 QStringLiteral("-keyout"),
                                 folder + QStringLiteral("/key.pem"),
                                 QStringLiteral("-out"),
                                 folder + QStringLiteral("/cert.pem")};
  QProcess process;
  process.start(openssl, arguments);
  return !openssl.isEmpty() && process.waitForFinished(kPatienceMs) && process.exitCode() == 0;
}

NginxOrigin::NginxOrigin(const QString& root, const QString& server, const QString& tls)
    : root_(root), server_(server), tls_(tls) {
  for (int i = 0; i < kAttempts && port_ == 0; ++i) {
    const quint16 port = freePort();
    if (start(port)) port_ = port;
  }
}

NginxOrigin::~NginxOrigin() {
  process_.terminate();
  process_.waitForFinished(kPatienceMs);
}

bool NginxOrigin::start(quint16 port) {
  const QString dir = own_.path();
  QFile config(dir + QStringLiteral("/nginx.conf"));
  if (!config.open(QIODevice::WriteOnly | QIODevice::Truncate)) return false;
  const QString ssl = tls_.isEmpty()
                          ? QString()
                          : QStringLiteral("ssl_certificate %1/cert.pem; ssl_certificate_key %1/key.pem;").arg(tls_);
  config.write(
      QStringLiteral(R"(daemon off; master_process off; pid %1/pid; error_log %1/error.log;
events {}
http {
  log_format told '$request_method $request_uri $status $body_bytes_sent "$http_range" "$http_authorization"';
  access_log %1/requests.log told;
  client_body_temp_path %1/a; proxy_temp_path %1/b; fastcgi_temp_path %1/c; uwsgi_temp_path %1/d; scgi_temp_path %1/e;
  default_type application/octet-stream;
  server { listen 127.0.0.1:%2%3; root %4; %5 %6 }
}
)")
          .arg(dir, QString::number(port), tls_.isEmpty() ? QString() : QStringLiteral(" ssl"), root_, ssl, server_)
          .toUtf8());
  config.close();
  process_.start(program(), {QStringLiteral("-p"), dir, QStringLiteral("-c"), config.fileName(), QStringLiteral("-e"),
                             dir + QStringLiteral("/error.log")});
  if (!process_.waitForStarted(kPatienceMs)) return false;
  for (int i = 0; i < kPatienceMs / 20 && process_.state() == QProcess::Running; ++i) {
    QTcpSocket socket;
    socket.connectToHost(QHostAddress::LocalHost, port);
    if (socket.waitForConnected(kPatienceMs)) return true;
    process_.waitForFinished(20);
  }
  process_.kill();
  process_.waitForFinished(kPatienceMs);
  return false;
}

QUrl NginxOrigin::url(const QString& path) const {
  QUrl url(QStringLiteral("%1://127.0.0.1:%2")
               .arg(tls_.isEmpty() ? QStringLiteral("http") : QStringLiteral("https"))
               .arg(port_));
  url.setPath(QLatin1Char('/') + path);
  return url;
}

QList<QByteArray> NginxOrigin::requests() const {
  QFile log(own_.filePath(QStringLiteral("requests.log")));
  if (!log.open(QIODevice::ReadOnly)) return {};
  QList<QByteArray> lines = log.readAll().split('\n');
  lines.removeAll(QByteArray());
  return lines;
}

}  // namespace tests
