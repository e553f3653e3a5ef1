#pragma once

#include <QEventLoop>
#include <QNetworkAccessManager>
#include <QNetworkProxy>
#include <QObject>
#include <QTimer>
#include <QtTest>
#include <functional>
#include <memory>

#include "app/remote/completion_stream.h"
#include "tests/app/completion_server.h"

namespace tests {

/// What a stream told, from its start to its end.
struct ToldReply {
  QString text;
  QList<app::CompletionToken> tokens;
  int deltas = 0;
  int pieces = 0;  ///< times that added() came
  bool ended = false;
  app::CompletionEnd end;
};

/// Asks a server of the test's own on this machine.
class RemoteFixture : public QObject {
 protected:
  static constexpr int kPatienceMs = 20000;
  using Answer = CompletionServer::Answer;

  QNetworkAccessManager network_;
  std::unique_ptr<CompletionServer> server_;  ///< one for each test, which makes it

  RemoteFixture() { network_.setProxy(QNetworkProxy(QNetworkProxy::NoProxy)); }

  app::RemoteModel model() const {
    app::RemoteModel model;
    model.id = QStringLiteral("a1");
    model.title = model.model = QStringLiteral("big-model");
    model.base = QUrl(server_->address());
    return model;
  }
  static app::CompletionQuestion hello() {
    app::CompletionQuestion question;
    question.messages.append({QStringLiteral("user"), QStringLiteral("Hello")});
    return question;
  }
  ToldReply ask(const app::RemoteModel& model, const app::CompletionQuestion& question, const QByteArray& key = {},
                int firstSilenceMs = kPatienceMs, int laterSilenceMs = kPatienceMs) {
    app::CompletionStream stream(network_, model, question);
    stream.setSilence(firstSilenceMs, laterSilenceMs);
    return told(stream, [&] { stream.start(key); });
  }
  static ToldReply told(app::CompletionStream& stream, const std::function<void()>& begin) {
    ToldReply told;
    QEventLoop loop;
    connect(&stream, &app::CompletionStream::added, &loop, [&](const app::CompletionPiece& piece) {
      told.text += piece.text;
      told.tokens += piece.tokens;
      told.deltas += piece.deltas;
      ++told.pieces;
    });
    connect(&stream, &app::CompletionStream::finished, &loop, [&] {
      told.ended = true;
      told.end = stream.end();
      loop.quit();
    });
    QTimer::singleShot(kPatienceMs, &loop, &QEventLoop::quit);
    begin();
    loop.exec();
    return told;
  }

  /// The server answers with these bytes of a stream and closes.
  void answerWith(const QByteArray& stream) {
    server_->onQuestion = [stream](Answer& answer) {
      answer.begin();
      answer.write(stream);
      answer.close();
    };
  }
  ToldReply streamed(const QByteArray& stream) {
    answerWith(stream);
    return ask(model(), hello());
  }
  /// The server answers with a status and a body.
  ToldReply refused(int status, const QByteArray& body, const QByteArray& fields = {}, const QByteArray& key = {}) {
    server_->onQuestion = [=](Answer& answer) {
      answer.write("HTTP/1.1 " + QByteArray::number(status) +
                   " No\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n" + fields + "\r\n" + body);
      answer.close();
    };
    return ask(model(), hello(), key);
  }
};

}  // namespace tests
