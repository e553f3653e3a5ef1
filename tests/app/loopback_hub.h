#pragma once

#include <QCryptographicHash>
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QtTest>
#include <functional>

namespace tests {

/// A hub on this machine: nginx serves a folder whose files lie where the hubs' addresses point, with ranges, and
/// writes down who asked for what.
class LoopbackHub {
 public:
  LoopbackHub() {
    for (int attempt = 0; attempt < 5 && !start(); ++attempt) {
    }
  }
  ~LoopbackHub() {
    nginx_.terminate();
    if (!nginx_.waitForFinished(5000)) nginx_.kill();
    nginx_.waitForFinished(5000);
  }

  bool runs() const { return nginx_.state() == QProcess::Running; }
  QString address() const { return QStringLiteral("http://127.0.0.1:%1").arg(port_); }

  QString pathOf(const QString& path) const { return folder_.filePath(QStringLiteral("hub/") + path); }

  /// Puts a file at a path of the hub; the answer to "/api/models" is the file "api/models.json".
  void put(const QString& path, const QByteArray& bytes) const {
    const QString full = pathOf(path);
    QDir().mkpath(QFileInfo(full).absolutePath());
    QFile file(full);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
      qFatal("cannot write %s", qPrintable(full));
  }

  /// A repository with the files of a folder, at this commit, as Hugging Face lists it.
  void addRepo(const QString& repo, const QString& commit, const QString& from, const QJsonObject& more = {}) const {
    QJsonArray siblings;
    QDirIterator files(from, QDir::Files, QDirIterator::Subdirectories);
    while (files.hasNext()) {
      QFile file(files.next());
      if (!file.open(QIODevice::ReadOnly)) qFatal("cannot read %s", qPrintable(file.fileName()));
      const QByteArray bytes = file.readAll();
      const QString path = QDir(from).relativeFilePath(file.fileName());
      put(repo + QStringLiteral("/resolve/") + commit + QLatin1Char('/') + path, bytes);
      QJsonObject entry{{QStringLiteral("rfilename"), path}, {QStringLiteral("size"), bytes.size()}};
      const QByteArray blob = "blob " + QByteArray::number(bytes.size()) + '\0' + bytes;
      entry.insert(QStringLiteral("blobId"),
                   QString::fromLatin1(QCryptographicHash::hash(blob, QCryptographicHash::Sha1).toHex()));
      if (path.endsWith(QLatin1String(".gguf")) || path.endsWith(QLatin1String(".safetensors"))) {
        const QByteArray hash = QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex();
        entry.insert(QStringLiteral("lfs"), QJsonObject{{QStringLiteral("sha256"), QString::fromLatin1(hash)},
                                                        {QStringLiteral("size"), bytes.size()},
                                                        {QStringLiteral("pointerSize"), 134}});
      }
      siblings.append(entry);
    }
    QJsonObject answer = more;
    answer.insert(QStringLiteral("id"), repo);
    answer.insert(QStringLiteral("sha"), commit);
    answer.insert(QStringLiteral("siblings"), siblings);
    put(QStringLiteral("api/models/%1.json").arg(repo), QJsonDocument(answer).toJson());
  }

  /// What was asked for so far, a line each: method, address, range, authorization, status, bytes.
  QStringList asked() const {
    QFile log(folder_.filePath(QStringLiteral("asked")));
    if (!log.open(QIODevice::ReadOnly)) return {};
    return QString::fromUtf8(log.readAll()).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
  }

 private:
  bool start() {
    QTcpServer probe;
    if (!probe.listen(QHostAddress::LocalHost)) return false;
    port_ = probe.serverPort();
    probe.close();
    const QString dir = folder_.path();
    QDir(dir).mkpath(QStringLiteral("hub"));
    QFile config(dir + QStringLiteral("/nginx.conf"));
    if (!config.open(QIODevice::WriteOnly)) return false;
    config.write(
        QStringLiteral(
            "daemon off; master_process off; pid %1/pid; error_log %1/errors;\n"
            "events {}\n"
            "http {\n"
            "  log_format asked '$request_method $request_uri [$http_range] [$http_authorization] $status "
            "$body_bytes_sent';\n"
            "  access_log %1/asked asked; default_type application/octet-stream;\n"
            "  client_body_temp_path %1/t1; proxy_temp_path %1/t2; fastcgi_temp_path %1/t3; uwsgi_temp_path %1/t4;\n"
            "  scgi_temp_path %1/t5;\n"
            "  server {\n"
            "    listen 127.0.0.1:%2; root %1/hub;\n"
            "    location /api/ { try_files $uri.json =404; }\n"
            "    location /openapi/ { try_files $uri.json =404; }\n"
            "    location /closed/ { add_header X-Error-Code GatedRepo always; return 401; }\n"
            "    location /api/models/busy/ { add_header Retry-After 17 always; return 429; }\n"
            "  }\n"
            "}\n")
            .arg(dir)
            .arg(port_)
            .toUtf8());
    config.close();
    nginx_.start(QStringLiteral("nginx"), {QStringLiteral("-p"), dir, QStringLiteral("-e"),
                                           dir + QStringLiteral("/errors"), QStringLiteral("-c"), config.fileName()});
    if (!nginx_.waitForStarted(5000)) return false;
    return QTest::qWaitFor(
        [this] {
          QTcpSocket socket;
          socket.connectToHost(QHostAddress(QHostAddress::LocalHost), port_);
          return socket.waitForConnected(200);
        },
        5000);
  }

  QTemporaryDir folder_;
  QProcess nginx_;
  quint16 port_ = 0;
};

/// A server that answers any request with what a function makes of its head, and then closes: for answers that no sound
/// server gives.
class RawServer : public QTcpServer {
 public:
  explicit RawServer(std::function<void(QTcpSocket&, const QByteArray&)> answer) : answer_(std::move(answer)) {
    if (!listen(QHostAddress::LocalHost)) qFatal("cannot listen");
    connect(this, &QTcpServer::newConnection, this, [this] {
      QTcpSocket* socket = nextPendingConnection();
      connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
      connect(socket, &QTcpSocket::readyRead, this, [this, socket] {
        const QByteArray head = socket->property("head").toByteArray() + socket->readAll();
        socket->setProperty("head", head);
        if (!head.contains("\r\n\r\n")) return;
        heads << head;
        answer_(*socket, head);
      });
    });
  }
  QString address() const { return QStringLiteral("http://127.0.0.1:%1").arg(serverPort()); }

  QList<QByteArray> heads;

 private:
  std::function<void(QTcpSocket&, const QByteArray&)> answer_;
};

/// An answer of 200 with a body.
inline QByteArray okAnswer(const QByteArray& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
         QByteArray::number(body.size()) + "\r\n\r\n" + body;
}

}  // namespace tests
