#include <QSignalSpy>

#include "tests/app/remote_fixture.h"

using namespace app;
using tests::ToldReply;

/// Replies that stream from a real server on this machine.
class RemoteStreamTest : public tests::RemoteFixture {
  Q_OBJECT

  static QByteArray delta(const QByteArray& fields) {
    return "data: {\"choices\":[{\"index\":0,\"delta\":{" + fields + "}}]}\n\n";
  }
  static QByteArray content(const QByteArray& text) { return delta("\"content\":\"" + text + '"'); }
  static QByteArray reason(const QByteArray& word) {
    return "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" + word + "\"}]}\n\n";
  }
  static inline const QByteArray kDone = "data: [DONE]\n\n";

 private slots:
  void init() { server_ = std::make_unique<tests::CompletionServer>(); }
  void cleanup() { server_.reset(); }

  void replyStreamsAndIsCounted() {
    server_->onQuestion = [](Answer& answer) {
      answer.begin();
      answer.say("Hello");
      answer.say(" world.");
      answer.end("stop", 7, 5);
    };
    const ToldReply reply = ask(model(), hello(), "sk-1");
    QVERIFY2(reply.ended && reply.end.error.isEmpty(), qPrintable(reply.end.error));
    QCOMPARE(reply.text, QStringLiteral("Hello world."));
    QCOMPARE(reply.deltas, 2);
    QVERIFY(reply.pieces >= 1 && reply.pieces <= 2);
    QCOMPARE(reply.end.finishReason, QStringLiteral("stop"));
    QCOMPARE(reply.end.promptTokens, 7);
    QCOMPARE(reply.end.completionTokens, 5);
    QVERIFY(reply.end.leftOut.isEmpty() && reply.end.notice.isEmpty());
    QCOMPARE(server_->questions.size(), 1);
    QCOMPARE(server_->questions[0][QStringLiteral("model")].toString(), QStringLiteral("big-model"));
    QCOMPARE(server_->keys, QByteArrayList{"Bearer sk-1"});
  }

  /// Each byte is a write of its own: pieces end within lines, within escapes, within UTF-8.
  void piecesMayBeCutAnywhere() {
    const QByteArray stream = "\xef\xbb\xbf: begins\r\n\r\n" + content("\xe6\x97\xa5\xe6\x9c\xac ") +
                              "data: {\"choices\":[{\"delta\":\rdata: {\"content\":\"\xf0\x9f\x98\x80\"}}]}\r\r" +
                              "event: ping\ndata: {\"type\":\"ping\"}\n\ndata:\n\n" + content("\\ud83d") +
                              content("\\ude00") + reason("stop") + kDone;
    server_->onQuestion = [stream](Answer& answer) {
      answer.begin();
      auto* timer = new QTimer(answer.socket);
      connect(timer, &QTimer::timeout, answer.socket, [answer, stream, timer, sent = qsizetype(0)]() mutable {
        answer.write(stream.mid(sent, 1));
        if (++sent < stream.size()) return;
        timer->stop();
        answer.close();
      });
      timer->start(1);
    };
    const ToldReply reply = ask(model(), hello());
    QVERIFY2(reply.end.error.isEmpty(), qPrintable(reply.end.error));
    QCOMPARE(reply.text, QStringLiteral("日本 \U0001F600\U0001F600"));
    QVERIFY(reply.pieces > 1);
  }

  void chunkedTransferIsRead() {
    server_->onQuestion = [](Answer& answer) {
      answer.write(
          "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n");
      const QByteArray stream = content("\xe6\x97\xa5") + reason("stop") + kDone;
      for (qsizetype at = 0; at < stream.size(); at += 7) {
        const QByteArray part = stream.mid(at, 7);
        answer.write(QByteArray::number(part.size(), 16) + "\r\n" + part + "\r\n");
      }
      answer.write("0\r\n\r\n");
    };
    const ToldReply reply = ask(model(), hello());
    QVERIFY2(reply.end.error.isEmpty(), qPrintable(reply.end.error));
    QCOMPARE(reply.text, QStringLiteral("日"));
  }

  void reasoningUnderBothNamesIsPutBeforeTheText_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::newRow("reasoning_content") << QByteArray("reasoning_content");
    QTest::newRow("reasoning") << QByteArray("reasoning");
  }
  void reasoningUnderBothNamesIsPutBeforeTheText() {
    QFETCH(QByteArray, name);
    const ToldReply reply = streamed(delta("\"" + name + "\":\"Let me\"") + delta("\"" + name + "\":\" see.\"") +
                                     content("\\n\\nFour.") + reason("stop") + kDone);
    QCOMPARE(reply.text, QStringLiteral("<think>\nLet me see.\n</think>\n\nFour."));
    QVERIFY(reply.end.error.isEmpty());
  }

  void finishReasonsAreTold_data() {
    QTest::addColumn<QByteArray>("word");
    for (const char* word : {"stop", "length", "content_filter", "tool_calls"}) QTest::newRow(word) << QByteArray(word);
  }
  void finishReasonsAreTold() {
    QFETCH(QByteArray, word);
    const ToldReply reply = streamed(content("a") + reason(word) + kDone);
    QCOMPARE(reply.end.finishReason, QString::fromLatin1(word));
    QVERIFY(reply.end.error.isEmpty());
  }

  void endWithoutDoneIsAnEndWhereItsReasonWasTold() {
    const ToldReply reply = streamed(content("a") + reason("length"));
    QVERIFY2(reply.end.error.isEmpty(), qPrintable(reply.end.error));
    QCOMPARE(reply.end.finishReason, QStringLiteral("length"));
  }

  void nothingAfterDoneCounts() {
    const ToldReply reply = streamed(content("a") + kDone + content("b") + "data: {\"error\":\"c\"}\n\n");
    QVERIFY(reply.end.error.isEmpty());
    QCOMPARE(reply.text, QStringLiteral("a"));
    QCOMPARE(reply.end.finishReason, QStringLiteral("stop"));
  }

  /// What a server keeps open after [DONE] is not waited for.
  void doneEndsAConnectionThatStaysOpen() {
    server_->onQuestion = [](Answer& answer) {
      answer.begin();
      answer.write(content("a") + reason("stop") + kDone);
    };
    const ToldReply reply = ask(model(), hello());
    QVERIFY(reply.ended && reply.end.error.isEmpty());
    QTRY_COMPARE_WITH_TIMEOUT(server_->openConnections(), 0, kPatienceMs);
  }

  void logprobsComeWhereTheyWereAskedFor() {
    const QByteArray told =
        "data: "
        "{\"choices\":[{\"delta\":{\"content\":\"Yes\"},\"logprobs\":{\"content\":[{\"token\":\"Yes\",\"logprob\":-0.5,"
        "\"top_logprobs\":[{\"token\":\"No\",\"logprob\":-2}]}]}}]}\n\n";
    answerWith(told + reason("stop") + kDone);
    CompletionQuestion question = hello();
    question.logprobs = 1;
    ToldReply reply = ask(model(), question);
    QCOMPARE(reply.tokens.size(), 1);
    QCOMPARE(reply.tokens[0].logprob, -0.5);
    QCOMPARE(reply.tokens[0].alternatives.size(), 1);
    QCOMPARE(server_->questions.last()[QStringLiteral("top_logprobs")].toInt(), 1);
    reply = ask(model(), hello());
    QVERIFY(reply.tokens.isEmpty());
    QVERIFY(!server_->questions.last().contains(QStringLiteral("logprobs")));
  }

  void serverThatDoesNotStreamIsReadToo() {
    server_->onQuestion = [](Answer& answer) {
      answer.refuse(200, R"({"choices":[{"index":0,"message":{"role":"assistant","reasoning":"Hm","content":"Four."},)"
                         R"("finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}})");
    };
    const ToldReply reply = ask(model(), hello());
    QVERIFY2(reply.end.error.isEmpty(), qPrintable(reply.end.error));
    QCOMPARE(reply.text, QStringLiteral("<think>\nHm\n</think>\n\nFour."));
    QCOMPARE(reply.end.completionTokens, 2);
  }

  void fieldsThatTheServerDoesNotTakeAreLeftOutAndNamed() {
    server_->onQuestion = [](Answer& answer) {
      for (const char* field : {"top_k", "min_p", "stream_options"}) {
        if (answer.question.contains(QLatin1String(field)))
          return answer.refuse(400, "{\"error\":{\"message\":\"Unknown parameter: '" + QByteArray(field) + "'.\"}}");
      }
      answer.begin();
      answer.say("Fine.");
      answer.end("stop", 3, 2);
    };
    CompletionQuestion question = hello();
    question.sampling.topK = 20;
    question.sampling.minP = 0.1;
    question.sampling.topP = 0.9;
    CompletionStream stream(network_, model(), question);
    const ToldReply reply = told(stream, [&] { stream.start({}); });
    QVERIFY2(reply.end.error.isEmpty(), qPrintable(reply.end.error));
    QCOMPARE(reply.text, QStringLiteral("Fine."));
    QCOMPARE(server_->questions.size(), 4);
    QCOMPARE(server_->questions.last()[QStringLiteral("top_p")].toDouble(), 0.9);
    QCOMPARE(reply.end.leftOut, QStringList({QStringLiteral("top_k"), QStringLiteral("min_p")}));
    QVERIFY2(reply.end.notice.contains(QStringLiteral("top_k, min_p")), qPrintable(reply.end.notice));
    // What is known is not tried again.
    CompletionStream next(network_, model(), question);
    const ToldReply second = told(next, [&] { next.start({}, stream.unknownFields()); });
    QCOMPARE(second.text, QStringLiteral("Fine."));
    QCOMPARE(server_->questions.size(), 5);
  }

  void fieldThatWasNotSentIsNotTriedAgain() {
    server_->onQuestion = [](Answer& answer) { answer.refuse(400, R"({"error":{"message":"top_k is bad"}})"); };
    QCOMPARE(ask(model(), hello()).end.status, 400);
    QCOMPARE(server_->questions.size(), 1);
    CompletionQuestion question = hello();
    question.sampling.topK = 20;
    QCOMPARE(ask(model(), question).end.status, 400);  // and then it is named although it is not there any more
    QCOMPARE(server_->questions.size(), 3);
  }

  void abortClosesTheConnectionAndSaysNothingMore() {
    Answer open;
    server_->onQuestion = [&](Answer& answer) {
      open = answer;
      answer.begin();
      answer.say("The beginning");
    };
    CompletionStream stream(network_, model(), hello());
    QSignalSpy finished(&stream, &CompletionStream::finished);
    QSignalSpy added(&stream, &CompletionStream::added);
    stream.start({});
    QVERIFY(added.wait(kPatienceMs));
    QCOMPARE(server_->openConnections(), 1);
    stream.abort();
    QTRY_COMPARE_WITH_TIMEOUT(server_->openConnections(), 0, kPatienceMs);
    QVERIFY(!open.socket);
    QCOMPARE(finished.size(), 0);
    QCOMPARE(added.size(), 1);
  }

  void deletingItClosesTheConnectionBeforeTheFirstToken() {
    bool asked = false;
    server_->onQuestion = [&](Answer&) { asked = true; };  // it waits behind a queue
    auto stream = std::make_unique<CompletionStream>(network_, model(), hello());
    stream->start({});
    QTRY_VERIFY_WITH_TIMEOUT(asked, kPatienceMs);
    stream.reset();
    QTRY_COMPARE_WITH_TIMEOUT(server_->openConnections(), 0, kPatienceMs);
  }
};

QTEST_GUILESS_MAIN(RemoteStreamTest)
#include "remote_stream_test.moc"
