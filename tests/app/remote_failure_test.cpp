#include <QSignalSpy>
#include <QTemporaryDir>

#include "tests/app/remote_fixture.h"
#include "tests/support/nginx_origin.h"

using namespace app;
using tests::ToldReply;

/// What goes wrong between a server and us, and what a person is told of it.
class RemoteFailureTest : public tests::RemoteFixture {
  Q_OBJECT

  static inline const QByteArray kHello = "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\n";

 private slots:
  void init() { server_ = std::make_unique<tests::CompletionServer>(); }
  void cleanup() { server_.reset(); }

  void refusalsAreOneSentenceEach_data() {
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("fields");
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<QString>("said");
    QTest::addColumn<QString>("detail");
    const QByteArray none;
    const QByteArray openAi = R"({"error":{"message":"No way.","type":"invalid_request_error","code":null}})";
    const QByteArray vllm =
        R"({"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","code":404})";
    QTest::newRow("400") << 400 << openAi << none << none << QStringLiteral("does not take the question (status 400)")
                         << QStringLiteral("No way.");
    QTest::newRow("401 without a key") << 401 << openAi << QByteArray("WWW-Authenticate: Bearer\r\n") << none
                                       << QStringLiteral("wants a key (status 401)") << QStringLiteral("No way.");
    QTest::newRow("401 that Qt would answer")
        << 401 << openAi << QByteArray("WWW-Authenticate: Basic realm=\"x\"\r\n") << none
        << QStringLiteral("wants a key (status 401)") << QStringLiteral("No way.");
    QTest::newRow("401 with a key") << 401 << openAi << none << QByteArray("sk-1")
                                    << QStringLiteral("does not accept the key (status 401)")
                                    << QStringLiteral("No way.");
    QTest::newRow("403") << 403 << QByteArray(R"({"detail":"Forbidden"})") << none << QByteArray("sk-1")
                         << QStringLiteral("does not let you use this (status 403)") << QStringLiteral("Forbidden");
    QTest::newRow("404") << 404 << vllm << none << none
                         << QStringLiteral("has no model \"big-model\" at this address (status 404)")
                         << QStringLiteral("The model `x` does not exist.");
    QTest::newRow("413") << 413 << none << none << none << QStringLiteral("too long (status 413)") << QString();
    QTest::newRow("429") << 429 << none << none << none
                         << QStringLiteral("asked too often (status 429): try again later") << QString();
    QTest::newRow("429, seconds") << 429 << QByteArray("slow down") << QByteArray("Retry-After: 17\r\n") << none
                                  << QStringLiteral("a pause of 17 second") << QStringLiteral("slow down");
    QTest::newRow("429, minutes") << 429 << none << QByteArray("Retry-After: 600\r\n") << none
                                  << QStringLiteral("a pause of 10 minute") << QString();
    QTest::newRow("429, for ever") << 429 << none << QByteArray("Retry-After: 99999999999\r\n") << none
                                   << QStringLiteral("a pause of 24 hour") << QString();
    QTest::newRow("429, nonsense") << 429 << none << QByteArray("Retry-After: soon\r\n") << none
                                   << QStringLiteral("try again later") << QString();
    QTest::newRow("500") << 500
                         << QByteArray(R"({"error":{"code":500,"message":"CUDA out of memory","type":"server_error"}})")
                         << none << none << QStringLiteral("out of order (status 500)")
                         << QStringLiteral("CUDA out of memory");
    QTest::newRow("502") << 502 << QByteArray("<html>Bad Gateway</html>") << none << none
                         << QStringLiteral("out of order (status 502)") << QString();
    QTest::newRow("503") << 503 << QByteArray(R"({"error":"Loading model"})") << none << none
                         << QStringLiteral("busy or still starting (status 503)") << QStringLiteral("Loading model");
    QTest::newRow("204") << 204 << none << none << none << QStringLiteral("no answer but status 204") << QString();
    QTest::newRow("too long")
        << 400 << QByteArray("{\"error\":{\"message\":\"This model's maximum context length is 8192 tokens.\"}}")
        << none << none << QStringLiteral("longer than")
        << QStringLiteral("This model's maximum context length is 8192 tokens.");
    QTest::newRow("too long by its code")
        << 400 << QByteArray(R"({"error":{"message":"x","code":"context_length_exceeded"}})") << none << none
        << QStringLiteral("longer than") << QStringLiteral("x");
  }
  void refusalsAreOneSentenceEach() {
    QFETCH(int, status);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, fields);
    QFETCH(QByteArray, key);
    QFETCH(QString, said);
    const ToldReply reply = refused(status, body, fields, key);
    QVERIFY(reply.ended);
    QCOMPARE(reply.end.status, status);
    QVERIFY2(reply.end.error.contains(said), qPrintable(reply.end.error));
    QVERIFY(reply.end.error.startsWith(QStringLiteral("127.0.0.1:")) ||
            reply.end.error.startsWith(QStringLiteral("The ")));
    QVERIFY(reply.end.finishReason.isEmpty());
    QTEST(reply.end.errorDetail, "detail");
    QCOMPARE(server_->questions.size(), 1);
  }

  void bodyOfARefusalIsReadUpToALimit() {
    server_->onQuestion = [](Answer& answer) {
      answer.write("HTTP/1.1 500 No\r\n\r\n");
      answer.write(QByteArray(HttpPost::kLongestSaying + 1000, 'x'));  // and more may come: it stays open
    };
    const ToldReply reply = ask(model(), hello());
    QCOMPARE(reply.end.status, 500);
    QCOMPARE(reply.end.errorDetail.size(), 300);
    QTRY_COMPARE_WITH_TIMEOUT(server_->openConnections(), 0, kPatienceMs);
  }

  void cutBeforeTheReasonIsAnErrorThatKeepsWhatCame_data() {
    QTest::addColumn<QByteArray>("rest");
    QTest::newRow("after an event") << QByteArray();
    QTest::newRow("within one") << QByteArray("data: {\"choices\":[{\"delta\":{\"content\":\" wor");
    QTest::newRow("before its empty line") << QByteArray("data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n");
  }
  void cutBeforeTheReasonIsAnErrorThatKeepsWhatCame() {
    QFETCH(QByteArray, rest);
    const ToldReply reply = streamed(kHello + rest);
    QCOMPARE(reply.text, QStringLiteral("Hello"));
    QVERIFY2(reply.end.error.contains(QStringLiteral("ended in the middle")), qPrintable(reply.end.error));
    QVERIFY(reply.end.finishReason.isEmpty());
  }

  void endWithoutAWordIsAnErrorThatSaysWhatMayHelp() {
    const ToldReply reply = streamed({});
    QVERIFY2(reply.end.error.contains(QStringLiteral("before it wrote anything")), qPrintable(reply.end.error));
  }

  void brokenConnectionIsAnErrorThatKeepsWhatCame_data() {
    QTest::addColumn<QByteArray>("length");
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("shorter than said") << QByteArray("Content-Length: 1000") << kHello;
    QTest::newRow("within a chunk") << QByteArray("Transfer-Encoding: chunked")
                                    << QByteArray::number(kHello.size(), 16) + "\r\n" + kHello + "\r\n40\r\ndata:";
  }
  void brokenConnectionIsAnErrorThatKeepsWhatCame() {
    QFETCH(QByteArray, length);
    QFETCH(QByteArray, body);
    server_->onQuestion = [=](Answer& answer) {
      answer.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + length + "\r\n\r\n" + body);
      answer.close();
    };
    const ToldReply reply = ask(model(), hello());
    QCOMPARE(reply.text, QStringLiteral("Hello"));
    QVERIFY2(reply.end.error.contains(QStringLiteral("in the middle")), qPrintable(reply.end.error));
  }

  void errorInTheMiddleKeepsWhatCame_data() {
    QTest::addColumn<QByteArray>("event");
    QTest::addColumn<QString>("detail");
    QTest::newRow("OpenAI, vLLM") << QByteArray("data: {\"error\":{\"message\":\"worker died\",\"code\":500}}\n\n")
                                  << QStringLiteral("worker died");
    QTest::newRow("old vLLM") << QByteArray("data: {\"object\":\"error\",\"message\":\"worker died\"}\n\n")
                              << QStringLiteral("worker died");
    QTest::newRow("llama.cpp") << QByteArray(
                                      "error: {\"code\":500,\"message\":\"worker died\",\"type\":\"server_error\"}\n\n")
                               << QStringLiteral("worker died");
    QTest::newRow("event") << QByteArray("event: error\ndata: {\"message\":\"worker died\"}\n\n")
                           << QStringLiteral("worker died");
    QTest::newRow("plain") << QByteArray("event: error\ndata: worker died\n\n") << QStringLiteral("worker died");
    QTest::newRow("abort")
        << QByteArray("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"abort\"}]}\n\ndata: [DONE]\n\n")
        << QString();
  }
  void errorInTheMiddleKeepsWhatCame() {
    QFETCH(QByteArray, event);
    const ToldReply reply = streamed(kHello + event);
    QCOMPARE(reply.text, QStringLiteral("Hello"));
    QVERIFY2(reply.end.error.contains(QStringLiteral("gave up in the middle")), qPrintable(reply.end.error));
    QVERIFY(reply.end.finishReason.isEmpty());
    QTEST(reply.end.errorDetail, "detail");
  }

  void whatIsNoAnswerOfThisProtocolIsAnError_data() {
    QTest::addColumn<QByteArray>("type");
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("page") << QByteArray("text/html") << QByteArray("<html>Welcome</html>");
    QTest::newRow("nothing") << QByteArray("application/json") << QByteArray();
    QTest::newRow("other JSON") << QByteArray("application/json") << QByteArray("{\"status\":\"ok\"}");
    QTest::newRow("list") << QByteArray("application/json") << QByteArray("[]");
    QTest::newRow("event that is no JSON") << QByteArray("text/event-stream") << QByteArray("data: hello\n\n");
    QTest::newRow("no UTF-8") << QByteArray("text/event-stream")
                              << QByteArray("data: {\"choices\":[{\"delta\":{\"content\":\"\xff\xfe\"}}]}\n\n");
    QTest::newRow("deep") << QByteArray("text/event-stream") << "data: " + QByteArray(100000, '[') + "\n\n";
    QTest::newRow("deep objects") << QByteArray("text/event-stream")
                                  << "data: " + QByteArray("{\"a\":").repeated(50000) + "\n\n";
  }
  void whatIsNoAnswerOfThisProtocolIsAnError() {
    QFETCH(QByteArray, type);
    QFETCH(QByteArray, body);
    server_->onQuestion = [=](Answer& answer) {
      answer.write("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\n\r\n" + body);
      answer.close();
    };
    const ToldReply reply = ask(model(), hello());
    QVERIFY2(reply.end.error.contains(QStringLiteral("no answer of this protocol")), qPrintable(reply.end.error));
    QVERIFY(reply.text.isEmpty());
  }

  void compressedAnswerIsAnError() {
    server_->onQuestion = [](Answer& answer) {
      answer.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b");
      answer.close();
    };
    QVERIFY(ask(model(), hello()).end.error.contains(QStringLiteral("compressed")));
  }

  void limitsOnLineEventAndWhole() {
    QVERIFY(streamed(kHello + "data: " + QByteArray(EventReader::kLongestLine + 1, 'x'))
                .end.error.contains(QStringLiteral("never end")));
    QVERIFY(streamed(kHello + ("data: " + QByteArray(1000000, 'x') + '\n').repeated(5))
                .end.error.contains(QStringLiteral("never end")));
    server_->onQuestion = [](Answer& answer) {
      answer.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
      answer.write(QByteArray(CompletionStream::kLongestWhole + 1, ' '));
    };
    QVERIFY(ask(model(), hello()).end.error.contains(QStringLiteral("endless")));
  }

  void replyHasALimit() {
    const QByteArray million =
        "data: {\"choices\":[{\"delta\":{\"content\":\"" + QByteArray(1000000, 'x') + "\"}}]}\n\n";
    server_->onQuestion = [million](Answer& answer) {
      answer.begin();
      for (int i = 0; i < 20; ++i) answer.write(million);
    };
    const ToldReply reply = ask(model(), hello());
    QVERIFY2(reply.end.error.contains(QStringLiteral("wrote more than")), qPrintable(reply.end.error));
    QVERIFY(reply.text.size() <= CompletionStream::kLongestText + EventReader::kLongestEvent);
    QTRY_COMPARE_WITH_TIMEOUT(server_->openConnections(), 0, kPatienceMs);
  }

  void silenceIsAnErrorAndCommentsAreNone() {
    server_->onQuestion = [](Answer&) {};
    ToldReply reply = ask(model(), hello(), {}, 100);
    QVERIFY2(reply.end.error.contains(QStringLiteral("Nothing came")), qPrintable(reply.end.error));
    QTRY_COMPARE_WITH_TIMEOUT(server_->openConnections(), 0, kPatienceMs);

    server_->onQuestion = [](Answer& answer) {
      answer.begin();
      answer.write(kHello);
    };
    reply = ask(model(), hello(), {}, kPatienceMs, 100);
    QCOMPARE(reply.text, QStringLiteral("Hello"));
    QVERIFY2(reply.end.error.contains(QStringLiteral("Nothing came")), qPrintable(reply.end.error));

    server_->onQuestion = [](Answer& answer) {
      answer.begin();
      auto* timer = new QTimer(answer.socket);
      connect(timer, &QTimer::timeout, answer.socket, [answer, timer, sent = 0]() mutable {
        if (++sent < 50) return answer.write(": queued\n\n");
        timer->stop();
        answer.say("Hello");
        answer.end("stop", 1, 1);
      });
      timer->start(50);
    };
    reply = ask(model(), hello(), {}, 2000, 2000);
    QVERIFY2(reply.end.error.isEmpty(), qPrintable(reply.end.error));
  }

  void questionIsNeverSentTwice() {
    server_->onQuestion = [](Answer& answer) { answer.close(); };
    const ToldReply reply = ask(model(), hello());
    QVERIFY2(reply.end.error.contains(QStringLiteral("without an answer")), qPrintable(reply.end.error));
    QCOMPARE(server_->questions.size(), 1);
  }

  void redirectsAreNotFollowed_data() {
    QTest::addColumn<int>("status");
    for (const int status : {301, 302, 303, 307, 308}) QTest::newRow(QByteArray::number(status)) << status;
  }
  void redirectsAreNotFollowed() {
    QFETCH(int, status);
    tests::CompletionServer other;
    int asked = 0;
    connect(&other, &QTcpServer::newConnection, this, [&] { ++asked; });
    const ToldReply reply =
        refused(status, {}, "Location: " + other.address().toLatin1() + "/chat/completions\r\n", "sk-1");
    QVERIFY2(reply.end.error.contains(QStringLiteral("not followed")), qPrintable(reply.end.error));
    QVERIFY(reply.end.error.contains(QString::number(other.serverPort())));
    QCOMPARE(asked, 0);
    QCOMPARE(server_->questions.size(), 1);
  }

  void nobodyThereIsAnError() {
    RemoteModel gone = model();
    server_->close();
    const ToldReply reply = ask(gone, hello());
    // With the port: several servers may run on one machine.
    QVERIFY2(reply.end.error.startsWith(gone.host() + QStringLiteral(" cannot be reached")),
             qPrintable(reply.end.error));
    QVERIFY2(reply.end.error.contains(QStringLiteral("is the server running")), qPrintable(reply.end.error));
  }

  /// Another machine is stood for by our server as the proxy: it sees what would have left.
  void plainHttpToAnotherMachineOnlyWhereAccepted() {
    server_->onQuestion = [](Answer& answer) {
      answer.begin();
      answer.say("Hi");
      answer.end("stop", 1, 1);
    };
    network_.setProxy(QNetworkProxy(QNetworkProxy::HttpProxy, QStringLiteral("127.0.0.1"), server_->serverPort()));
    RemoteModel far = model();
    far.base = QUrl(QStringLiteral("http://far.example:8000/v1"));
    ToldReply reply = ask(far, hello(), "sk-1");
    QVERIFY2(reply.end.error.contains(QStringLiteral("plain http is not safe there")), qPrintable(reply.end.error));
    QVERIFY(server_->keys.isEmpty());
    far.plainHttp = true;
    reply = ask(far, hello(), "sk-1");
    network_.setProxy(QNetworkProxy(QNetworkProxy::NoProxy));
    QVERIFY2(reply.end.error.isEmpty(), qPrintable(reply.end.error));
    QCOMPARE(server_->keys, QByteArrayList{"Bearer sk-1"});
  }

  void addressesThatAreNotAsked() {
    for (const char* address : {"file:///etc/passwd", "ftp://127.0.0.1/v1", "http://", "http://192.0.2.1/v1"}) {
      RemoteModel odd = model();
      odd.base = QUrl(QString::fromLatin1(address));
      QVERIFY2(ask(odd, hello()).end.error.contains(QStringLiteral("is not asked")), address);
    }
  }

  void certificateOfNobodyIsAnError() {
    if (!tests::NginxOrigin::isThere()) QSKIP("nginx is not installed (package nginx-light)");
    const QTemporaryDir tls;
    if (!tests::NginxOrigin::writeCertificate(tls.path())) QSKIP("openssl is not installed");
    const tests::NginxOrigin safe(tls.path(), {}, tls.path());
    QVERIFY(safe.isRunning());
    RemoteModel secure = model();
    secure.base = safe.url(QStringLiteral("v1"));
    secure.plainHttp = true;  // accepts no bad certificate
    const ToldReply reply = ask(secure, hello(), "sk-1");
    QVERIFY2(reply.end.error.contains(QStringLiteral("No safe connection")), qPrintable(reply.end.error));
    QVERIFY(safe.requests().isEmpty());
  }

  void failureBeforeItIsSentIsTold() {
    CompletionStream stream(network_, model(), hello());
    const ToldReply reply = told(stream, [&] { stream.fail(QStringLiteral("Sotto is offline.")); });
    QCOMPARE(reply.end.error, QStringLiteral("Sotto is offline."));
    QVERIFY(server_->questions.isEmpty());
  }

  void failureInTheMiddleKeepsWhatCame() {
    server_->onQuestion = [](Answer& answer) {
      answer.begin();
      answer.think("Hm");
    };
    CompletionStream stream(network_, model(), hello());
    connect(&stream, &CompletionStream::added, &stream, [&] { stream.fail(QStringLiteral("Sotto is offline.")); });
    const ToldReply reply = told(stream, [&] { stream.start({}); });
    QCOMPARE(reply.text, QStringLiteral("<think>\nHm\n</think>\n\n"));
    QCOMPARE(reply.end.error, QStringLiteral("Sotto is offline."));
    QTRY_COMPARE_WITH_TIMEOUT(server_->openConnections(), 0, kPatienceMs);
  }
};

QTEST_GUILESS_MAIN(RemoteFailureTest)
#include "remote_failure_test.moc"
