#include <QFileInfo>
#include <QProcess>
#include <QTcpServer>
#include <QTemporaryDir>

#include "app/remote/remote_models.h"
#include "engine/engine.h"
#include "tests/app/remote_fixture.h"

using namespace app;
using tests::ToldReply;

/// Talks to a server that is not ours: llama-cpp-python's, with the demo model as GGUF. It needs a Python with the
/// package llama-cpp-python[server], whose path is in SOTTO_SERVER_PYTHON.
class RemoteServerTest : public tests::RemoteFixture {
  Q_OBJECT

  QTemporaryDir folder_;
  QProcess process_;
  std::unique_ptr<Settings> settings_;
  std::unique_ptr<RemoteModels> models_;
  QString address_;
  QString location_;

  static quint16 freePort() {
    QTcpServer server;
    server.listen(QHostAddress::LocalHost);
    return server.serverPort();
  }
  bool tested(const QString& key) {
    models_->testAddress(address_, key, false);
    return QTest::qWaitFor([this] { return !models_->test()->isRunning(); }, kPatienceMs) &&
           models_->test()->hasPassed();
  }
  ToldReply ask(const CompletionQuestion& question) {
    CompletionStream* stream = models_->ask(location_, question);
    const ToldReply reply = told(*stream, [] {});
    stream->deleteLater();
    return reply;
  }
  static CompletionQuestion greedy(qint64 tokens) {
    CompletionQuestion question = hello();
    question.sampling.temperature = 0;
    question.sampling.maxTokens = tokens;
    return question;
  }

 private slots:
  void initTestCase() {
    const QString python = qEnvironmentVariable("SOTTO_SERVER_PYTHON");
    if (python.isEmpty()) QSKIP("SOTTO_SERVER_PYTHON names no Python with llama-cpp-python[server]");
    const QString gguf = folder_.filePath(QStringLiteral("demo.gguf"));
    engine::quantize(SOTTO_SOURCE_DIR "/resources/demo-model", gguf.toStdString(), engine::Precision::EightBits, 1, {});
    const QString port = QString::number(freePort());
    process_.setProcessChannelMode(QProcess::MergedChannels);
    process_.setStandardOutputFile(folder_.filePath(QStringLiteral("log")));
    process_.start(python, {QStringLiteral("-m"), QStringLiteral("llama_cpp.server"), QStringLiteral("--model"), gguf,
                            QStringLiteral("--model_alias"), QStringLiteral("demo"), QStringLiteral("--host"),
                            QStringLiteral("127.0.0.1"), QStringLiteral("--port"), port, QStringLiteral("--api_key"),
                            QStringLiteral("sk-test"), QStringLiteral("--n_ctx"), QStringLiteral("512"),
                            QStringLiteral("--logits_all"), QStringLiteral("true")});
    QVERIFY2(process_.waitForStarted(), qPrintable(process_.errorString()));
    settings_ = std::make_unique<Settings>(folder_.filePath(QStringLiteral("settings.json")));
    models_ = std::make_unique<RemoteModels>(
        *settings_, [] { return QString(); }, KeychainEntry::Keeper::SessionOnly);
    address_ = QStringLiteral("http://127.0.0.1:%1/v1").arg(port);
    QVERIFY2(QTest::qWaitFor(
                 [this] { return process_.state() != QProcess::Running || tested(QStringLiteral("sk-test")); }, 120000),
             qPrintable(models_->test()->problem()));
    QCOMPARE(process_.state(), QProcess::Running);
    const QString id = models_->add(address_, QStringLiteral("demo"), {}, 512, false);
    QVERIFY(models_->setKey(id, QStringLiteral("sk-test")));
    location_ = QStringLiteral("remote:") + id;
  }
  void cleanupTestCase() {
    models_.reset();
    process_.terminate();
    if (process_.state() != QProcess::NotRunning && !process_.waitForFinished(10000)) process_.kill();
    process_.waitForFinished();
  }

  void testNamesTheModel() {
    QVERIFY(tested(QStringLiteral("sk-test")));
    QCOMPARE(models_->test()->models(), QStringList{QStringLiteral("demo")});
    QVERIFY(!tested(QStringLiteral("sk-other")));
    QVERIFY2(models_->test()->problem().contains(QStringLiteral("does not accept the key")),
             qPrintable(models_->test()->problem()));
    QVERIFY(!tested({}));
    QVERIFY(models_->test()->problem().contains(QStringLiteral("wants a key")));
  }

  void replyStreamsAndIsTheSameEachTime() {
    const ToldReply reply = ask(greedy(40));
    QVERIFY2(reply.end.error.isEmpty(), qPrintable(reply.end.error + reply.end.errorDetail));
    QVERIFY(!reply.text.isEmpty() && reply.deltas > 1);
    QVERIFY(reply.end.finishReason == QLatin1String("stop") || reply.end.finishReason == QLatin1String("length"));
    QCOMPARE(ask(greedy(40)).text, reply.text);
    qInfo("%d pieces, \"%s\"", reply.deltas, qPrintable(reply.text.left(60)));
  }

  void limitOfTokensEndsTheReplyByItsLength() {
    const ToldReply reply = ask(greedy(3));
    QVERIFY2(reply.end.error.isEmpty(), qPrintable(reply.end.error));
    QCOMPARE(reply.end.finishReason, QStringLiteral("length"));
  }

  void allSettingsAreTaken() {
    CompletionQuestion question = hello();
    engine::SamplingParams params;
    params.temperature = 0.7;
    params.top_k = 20;
    params.top_p = 0.9;
    params.min_p = 0.05;
    params.repetition_penalty = 1.1;
    params.seed = 0x123456789abcdef1ull;
    question.sampling = CompletionSampling::of(params, 16);
    question.sampling.stop = QStringList{QStringLiteral("END")};
    const ToldReply reply = ask(question);
    QVERIFY2(reply.end.error.isEmpty(), qPrintable(reply.end.error + reply.end.errorDetail));
    QVERIFY2(reply.end.notice.isEmpty(), qPrintable(reply.end.notice));
    QCOMPARE(ask(question).text, reply.text);  // by the seed
  }

  void logprobsAreTold() {
    CompletionQuestion question = greedy(5);
    question.logprobs = 3;
    const ToldReply reply = ask(question);
    QVERIFY2(reply.end.error.isEmpty(), qPrintable(reply.end.error + reply.end.errorDetail));
    QVERIFY(!reply.tokens.isEmpty());
    for (const CompletionToken& token : reply.tokens) QVERIFY(token.logprob <= 0 && !token.alternatives.isEmpty());
  }

  void conversationThatIsTooLongIsSaidToBe() {
    CompletionQuestion question = greedy(16);
    question.messages[0].text = QStringLiteral("word ").repeated(4000);
    const ToldReply reply = ask(question);
    QVERIFY2(reply.end.error.contains(QStringLiteral("too long")), qPrintable(reply.end.error + reply.end.errorDetail));
  }

  void abortEndsTheReplyAndTheServerAnswersTheNext() {
    CompletionStream* stream = models_->ask(location_, greedy(400));
    bool begun = false;
    connect(stream, &CompletionStream::added, this, [&] {
      begun = true;
      stream->abort();
    });
    QTRY_VERIFY_WITH_TIMEOUT(begun, kPatienceMs);
    stream->deleteLater();
    QVERIFY(ask(greedy(3)).end.error.isEmpty());
  }

  void modelThatTheServerDoesNotKnowIsAnError() {
    const QString id = models_->add(address_, QStringLiteral("nonexistent"), {}, 0, false);
    const ToldReply reply = told(*models_->ask(QStringLiteral("remote:") + id, greedy(3)), [] {});
    QVERIFY2(reply.end.error.contains(QStringLiteral("wants a key")), qPrintable(reply.end.error));  // it has none here
  }
};

QTEST_GUILESS_MAIN(RemoteServerTest)
#include "remote_server_test.moc"
