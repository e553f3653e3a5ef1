#pragma once

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPointer>
#include <QTcpServer>
#include <QTcpSocket>
#include <functional>

namespace tests {

/// A server on this machine that speaks OpenAI's protocol as a test has it speak.
class CompletionServer : public QTcpServer {
 public:
  /// One answer being written; a copy is the same answer.
  struct Answer {
    QPointer<QTcpSocket> socket;
    QJsonObject question;
    QByteArray key;   ///< "Bearer ..."; empty: none came
    QByteArray head;  ///< the first line and the fields of the request

    void begin() const { write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"); }
    void say(const QByteArray& text) const { delta("content", text); }
    void think(const QByteArray& text) const { delta("reasoning_content", text); }
    void end(const QByteArray& reason, int promptTokens, int completionTokens) const {
      write("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" + reason + "\"}]}\n\n");
      write("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":" + QByteArray::number(promptTokens) +
            ",\"completion_tokens\":" + QByteArray::number(completionTokens) + "}}\n\ndata: [DONE]\n\n");
      close();
    }
    void refuse(int status, const QByteArray& json) const {
      write("HTTP/1.1 " + QByteArray::number(status) +
            " No\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
            QByteArray::number(json.size()) + "\r\n\r\n" + json);
      close();
    }
    void close() const {
      if (socket) socket->disconnectFromHost();
    }
    /// Bytes as they are, for what no sound server says.
    void write(const QByteArray& bytes) const {
      if (!socket) return;
      socket->write(bytes);
      socket->flush();
    }

   private:
    void delta(const QByteArray& field, const QByteArray& text) const {
      const QJsonObject part{{QString::fromLatin1(field), QString::fromUtf8(text)}};
      const QJsonObject choice{{QStringLiteral("index"), 0}, {QStringLiteral("delta"), part}};
      write("data: " +
            QJsonDocument(QJsonObject{{QStringLiteral("choices"), QJsonArray{choice}}}).toJson(QJsonDocument::Compact) +
            "\n\n");
    }
  };

  CompletionServer() {
    if (!listen(QHostAddress::LocalHost)) qFatal("cannot listen");
    connect(this, &QTcpServer::newConnection, this, [this] {
      while (QTcpSocket* socket = nextPendingConnection()) take(socket);
    });
  }

  QString address() const { return QStringLiteral("http://127.0.0.1:%1/v1").arg(serverPort()); }
  int openConnections() const { return open_; }

  QStringList models = {QStringLiteral("big-model")};  ///< what GET /v1/models names
  QList<QJsonObject> questions;                        ///< of the completions asked for so far
  QByteArrayList keys;                                 ///< that came with all requests, the models' too
  std::function<void(Answer&)> onQuestion;
  std::function<void(Answer&)> onModels;  ///< answers GET /v1/models in place of `models`

 private:
  void take(QTcpSocket* socket) {
    ++open_;
    connect(socket, &QTcpSocket::disconnected, this, [this, socket] {
      --open_;
      socket->deleteLater();
    });
    connect(socket, &QTcpSocket::readyRead, this, [this, socket] {
      const QByteArray come = socket->property("come").toByteArray() + socket->readAll();
      socket->setProperty("come", come);
      const qsizetype end = come.indexOf("\r\n\r\n");
      if (end < 0 || socket->property("answered").toBool()) return;
      const QByteArray head = come.left(end), body = come.mid(end + 4);
      if (body.size() < field(head, "content-length").toInt()) return;
      socket->setProperty("answered", true);
      keys << field(head, "authorization");
      Answer answer{socket, QJsonDocument::fromJson(body).object(), keys.last(), head};
      // As a proxy it is asked for whole addresses.
      const QByteArray request = head.left(head.indexOf(" HTTP/"));
      if (request.startsWith("GET ") && request.endsWith("/v1/models"))
        return onModels ? onModels(answer) : tellModels(answer);
      if (!request.startsWith("POST ") || !request.endsWith("/v1/chat/completions")) return answer.refuse(404, "{}");
      questions << answer.question;
      if (onQuestion) onQuestion(answer);
    });
  }

  void tellModels(const Answer& answer) const {
    QJsonArray list;
    for (const QString& model : models)
      list << QJsonObject{{QStringLiteral("id"), model}, {QStringLiteral("max_model_len"), 8192}};
    answer.refuse(200, QJsonDocument(QJsonObject{{QStringLiteral("data"), list}}).toJson());
  }

  static QByteArray field(const QByteArray& head, const QByteArray& name) {
    for (const QByteArray& line : head.split('\n')) {
      const qsizetype colon = line.indexOf(':');
      if (colon > 0 && line.left(colon).trimmed().toLower() == name) return line.mid(colon + 1).trimmed();
    }
    return {};
  }

  int open_ = 0;
};

}  // namespace tests
