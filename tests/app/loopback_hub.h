#pragma once

#include <QCryptographicHash>
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QtTest>
#include <functional>

#include "tests/support/nginx_origin.h"

namespace tests {

/// A hub on this machine: nginx serves a folder whose files lie where the hubs' addresses point.
class LoopbackHub {
 public:
  bool runs() const { return server_.isRunning(); }
  QString address() const { return QStringLiteral("http://127.0.0.1:%1").arg(server_.port()); }

  QString pathOf(const QString& path) const { return folder_.filePath(path); }

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

  /// What was asked for so far, a line each, as NginxOrigin tells it.
  QStringList asked() const {
    return QString::fromUtf8(server_.requests().join('\n')).split(u'\n', Qt::SkipEmptyParts);
  }

 private:
  QTemporaryDir folder_;
  NginxOrigin server_{folder_.path(),
                      QStringLiteral("location /api/ { try_files $uri.json =404; }"
                                     "location /openapi/ { try_files $uri.json =404; }"
                                     "location /closed/ { add_header X-Error-Code GatedRepo always; return 401; }"
                                     "location /api/models/busy/ { add_header Retry-After 17 always; return 429; }")};
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
