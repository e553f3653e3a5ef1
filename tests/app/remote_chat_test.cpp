#include <QSignalSpy>

#include "app/chat/reply.h"
#include "app/remote/remote_models.h"
#include "tests/app/chat_fixture.h"
#include "tests/app/completion_server.h"

using namespace app;
using tests::kPatience;

/// Chats with a model on another machine, against a real server on this one.
class RemoteChatTest : public tests::ChatFixture {
  Q_OBJECT

  std::unique_ptr<tests::CompletionServer> server_;
  QString id_;

  QString location() const { return QStringLiteral("remote:") + id_; }
  /// What the server was asked last.
  QJsonObject question() const { return server_->questions.last(); }
  QJsonArray messages() const { return question().value(QStringLiteral("messages")).toArray(); }

  void use() {
    id_ = remotes_->add(server_->address(), QStringLiteral("big-model"), QStringLiteral("Big model"), 4096, false);
    QVERIFY2(!id_.isEmpty(), qPrintable(remotes_->problem()));
    runner_->load(location());
  }
  void answer(const QByteArrayList& deltas, const QByteArray& end = "stop") {
    server_->onQuestion = [deltas, end](tests::CompletionServer::Answer& answer) {
      answer.begin();
      for (const QByteArray& delta : deltas) answer.say(delta);
      answer.end(end, 7, 5);
    };
  }
  void waitForEnd() { QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience); }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    server_ = std::make_unique<tests::CompletionServer>();
    start();
  }
  void cleanup() {
    end();
    server_.reset();
    folder_.reset();
  }

  void isInUseAtOnceAndSaysWhereTextGoes() {
    QSignalSpy models(runner_.get(), &ModelRunner::modelChanged);
    use();
    QCOMPARE(runner_->state(), ModelRunner::State::Ready);
    QCOMPARE(models.count(), 1);
    QCOMPARE(runner_->modelName(), QStringLiteral("Big model"));
    QCOMPARE(runner_->modelPath(), location());
    QCOMPARE(runner_->textGoesTo(), QUrl(server_->address()).authority());
    QVERIFY(runner_->device().contains(runner_->textGoesTo()));
    QVERIFY(runner_->deviceReason().contains(runner_->textGoesTo()));
    QVERIFY(!runner_->textIsOpen());  // it is this machine
    QVERIFY(runner_->memoryText().isEmpty());
    QCOMPARE(runner_->contextLength(), 4096);
    QCOMPARE(settings_->lastModelPath(), location());
    QVERIFY(server_->questions.isEmpty());
  }

  void repliesStreamAndAreStored() {
    use();
    answer({"Hello", " wor", "ld."});
    sendAndWait(QStringLiteral("Hi"));
    QCOMPARE(text(1), QStringLiteral("Hello world."));
    QCOMPARE(status(1), QStringLiteral("complete"));
    QCOMPARE(at(1, MessageListModel::TokensRole).toInt(), 5);  // by the server's usage
    QCOMPARE(at(1, MessageListModel::ModelNameRole).toString(), QStringLiteral("Big model"));
    QCOMPARE(chat_->contextUsed(), 12);
    const qint64 conversation = chat_->conversationId();
    end();
    start();
    chat_->open(conversation);
    QTRY_COMPARE(count(), 2);
    QCOMPARE(text(1), QStringLiteral("Hello world."));
  }

  void wholeChatAndTheSystemPromptAreSentWithoutThoughts() {
    use();
    prompt_->setSystemPrompt(QStringLiteral("Be brief."));
    server_->onQuestion = [](tests::CompletionServer::Answer& answer) {
      answer.begin();
      answer.think("Let me see.");
      answer.say("Four.");
      answer.end("stop", 9, 6);
    };
    sendAndWait(QStringLiteral("2 + 2?"));
    QVERIFY(text(1).startsWith(QStringLiteral("<think>")));
    QVERIFY(text(1).endsWith(QStringLiteral("Four.")));
    sendAndWait(QStringLiteral("Really?"));
    QCOMPARE(messages().size(), 4);
    const QStringList roles = {QStringLiteral("system"), QStringLiteral("user"), QStringLiteral("assistant"), QStringLiteral("user")};
    const QStringList texts = {QStringLiteral("Be brief."), QStringLiteral("2 + 2?"), QStringLiteral("Four."), QStringLiteral("Really?")};
    for (int i = 0; i < 4; ++i) {
      QCOMPARE(messages().at(i)[QStringLiteral("role")].toString(), roles[i]);
      QCOMPARE(messages().at(i)[QStringLiteral("content")].toString().trimmed(), texts[i]);
    }
    QCOMPARE(question().value(QStringLiteral("model")).toString(), QStringLiteral("big-model"));
  }

  void onlyWhatWasChangedIsSent() {
    use();
    QVERIFY(sampling_->modelIsRemote());
    answer({"Yes."});
    sendAndWait(QStringLiteral("One"));
    for (const char* field : {"temperature", "top_p", "top_k", "min_p", "repetition_penalty", "seed", "max_tokens"})
      QVERIFY2(!question().contains(QLatin1String(field)), field);
    settings_->setSamplingOverride(QStringLiteral("temperature"), 0.3);
    settings_->setSamplingOverride(QStringLiteral("max_new_tokens"), 64);
    sendAndWait(QStringLiteral("Two"));
    QCOMPARE(question().value(QStringLiteral("temperature")).toDouble(), 0.3);
    QCOMPARE(question().value(QStringLiteral("max_tokens")).toInt(), 64);
    QVERIFY(!question().contains(QStringLiteral("top_k")));
  }

  void fieldThatTheServerDoesNotTakeIsNamedOnce() {
    use();
    settings_->setSamplingOverride(QStringLiteral("top_k"), 20);
    server_->onQuestion = [](tests::CompletionServer::Answer& answer) {
      if (answer.question.contains(QStringLiteral("top_k")))
        return answer.refuse(400, R"({"error": {"message": "Unrecognized request argument supplied: top_k", "param": "top_k"}})");
      answer.begin();
      answer.say("Fine.");
      answer.end("stop", 3, 2);
    };
    sendAndWait(QStringLiteral("One"));
    QCOMPARE(text(1), QStringLiteral("Fine."));
    QVERIFY2(chat_->notice().contains(QStringLiteral("top_k")), qPrintable(chat_->notice()));
    chat_->dismissNotice();
    sendAndWait(QStringLiteral("Two"));
    QVERIFY(chat_->notice().isEmpty());
  }

  void stopKeepsWhatCameAndClosesTheConnection() {
    use();
    server_->onQuestion = [](tests::CompletionServer::Answer& answer) {
      answer.begin();
      answer.say("The beginning");
    };
    send(QStringLiteral("Go"));
    QTRY_COMPARE_WITH_TIMEOUT(text(1), QStringLiteral("The beginning"), kPatience);
    QCOMPARE(status(1), QStringLiteral("streaming"));
    chat_->stop();
    waitForEnd();
    QCOMPARE(status(1), QStringLiteral("cancelled"));
    QCOMPARE(text(1), QStringLiteral("The beginning"));
    QTRY_COMPARE_WITH_TIMEOUT(server_->openConnections(), 0, kPatience);
    QVERIFY(chat_->error().isEmpty());
  }

  void cutReplyIsKeptSaysSoAndCanOnlyBeWrittenAnew() {
    use();
    server_->onQuestion = [](tests::CompletionServer::Answer& answer) {
      answer.begin();
      answer.say("Half of");
      answer.close();
    };
    send(QStringLiteral("Go"));
    waitForEnd();
    QCOMPARE(status(1), QStringLiteral("failed"));
    QCOMPARE(text(1), QStringLiteral("Half of"));
    QVERIFY(!chat_->error().isEmpty());
    QVERIFY(!chat_->continues());
    chat_->continueReply(id(1));
    QVERIFY(!chat_->busy());
    answer({"Whole."});
    chat_->regenerate();
    waitForEnd();
    QCOMPARE(text(1), QStringLiteral("Whole."));
    QCOMPARE(versions(1), QStringLiteral("2/2"));
  }

  void refusalIsASentenceWithTheServersWordsBehindIt() {
    use();
    server_->onQuestion = [](tests::CompletionServer::Answer& answer) {
      answer.refuse(401, R"({"error": {"message": "no such key"}})");
    };
    send(QStringLiteral("Go"));
    waitForEnd();
    QCOMPARE(status(1), QStringLiteral("failed"));
    QVERIFY(chat_->error().contains(runner_->textGoesTo()));
    QCOMPARE(chat_->errorDetail(), QStringLiteral("no such key"));
  }

  void offlineNothingIsSentAndWhatRunsEnds() {
    use();
    server_->onQuestion = [](tests::CompletionServer::Answer& answer) {
      answer.begin();
      answer.say("On and on");
    };
    send(QStringLiteral("Go"));
    QTRY_COMPARE_WITH_TIMEOUT(text(1), QStringLiteral("On and on"), kPatience);
    settings_->setOffline(true);
    waitForEnd();
    QVERIFY2(chat_->error().contains(QStringLiteral("offline")), qPrintable(chat_->error()));
    QCOMPARE(text(1), QStringLiteral("On and on"));
    const qsizetype asked = server_->questions.size();
    send(QStringLiteral("Again"));
    waitForEnd();
    QCOMPARE(status(3), QStringLiteral("failed"));
    QCOMPARE(server_->questions.size(), asked);
  }

  void anotherModelEndsTheReplyAndTakesTheTextBack() {
    use();
    server_->onQuestion = [](tests::CompletionServer::Answer& answer) {
      answer.begin();
      answer.say("Far away");
    };
    send(QStringLiteral("Go"));
    QTRY_COMPARE_WITH_TIMEOUT(text(1), QStringLiteral("Far away"), kPatience);
    load();
    waitForEnd();
    QCOMPARE(status(1), QStringLiteral("cancelled"));
    QVERIFY(runner_->textGoesTo().isEmpty());
    QVERIFY(chat_->continues());
    limit(4);
    sendAndWait(QStringLiteral("Here"));
    QCOMPARE(server_->questions.size(), 1);
    QCOMPARE(settings_->lastModelPath(), tests::fixtureModel("ernie4_5-chat"));
  }

  /// What was written while a model of this machine was on its way does not go to another one because that failed.
  void failedLoadSendsNothingElsewhere() {
    use();
    answer({"Not for me."});
    runner_->load(folder_->filePath(QStringLiteral("no-model")));
    send(QStringLiteral("For this machine"));
    QVERIFY(tests::waitForLoad(*runner_));
    waitForEnd();
    QCOMPARE(status(1), QStringLiteral("failed"));
    QVERIFY(server_->questions.isEmpty());
    QCOMPARE(runner_->textGoesTo(), QUrl(server_->address()).authority());
    sendAndWait(QStringLiteral("For the server"));
    QCOMPARE(server_->questions.size(), 1);
  }

  /// A message waits for a model of this machine, and another machine's is chosen meanwhile.
  void waitingMessageDoesNotGoWhereNobodySaidItWould() {
    runner_->load(tests::fixtureModel("ernie4_5-chat"));
    QVERIFY(runner_->textGoesTo().isEmpty());
    send(QStringLiteral("For this machine"));
    use();
    waitForEnd();
    QCOMPARE(status(1), QStringLiteral("failed"));
    QVERIFY(server_->questions.isEmpty());
    answer({"Now."});
    chat_->regenerate();
    waitForEnd();
    QCOMPARE(text(1), QStringLiteral("Now."));
  }

  void changedAddressIsWhereTextGoesFromThenOn() {
    use();
    answer({"Old."});
    tests::CompletionServer other;
    other.onQuestion = [](tests::CompletionServer::Answer& answer) {
      answer.begin();
      answer.say("New.");
      answer.end("stop", 1, 1);
    };
    QVERIFY(remotes_->change(id_, other.address(), QStringLiteral("big-model"), QStringLiteral("Moved"), 0, false));
    QCOMPARE(runner_->textGoesTo(), QUrl(other.address()).authority());
    QCOMPARE(runner_->modelName(), QStringLiteral("Moved"));
    sendAndWait(QStringLiteral("Go"));
    QCOMPARE(text(1), QStringLiteral("New."));
    QVERIFY(server_->questions.isEmpty());
  }

  void chosenAgainItWritesOn() {
    use();
    tests::CompletionServer::Answer open;
    server_->onQuestion = [&open](tests::CompletionServer::Answer& answer) {
      open = answer;
      answer.begin();
      answer.say("First half,");
    };
    send(QStringLiteral("Go"));
    QTRY_COMPARE_WITH_TIMEOUT(text(1), QStringLiteral("First half,"), kPatience);
    runner_->load(location());
    open.say(" second half.");
    open.end("stop", 2, 2);
    waitForEnd();
    QCOMPARE(status(1), QStringLiteral("complete"));
    QCOMPARE(text(1), QStringLiteral("First half, second half."));
  }

  void removedModelIsNotInUseAnyMore() {
    use();
    remotes_->remove(id_);
    QCOMPARE(runner_->state(), ModelRunner::State::Empty);
    QVERIFY(runner_->textGoesTo().isEmpty());
    QVERIFY(settings_->lastModelPath().isEmpty());
    runner_->load(location());
    QVERIFY(!runner_->error().isEmpty());
    QVERIFY(runner_->modelPath().isEmpty());
  }

  void isThereAgainAfterARestart() {
    use();
    end();
    start();
    runner_->loadAtStart({});
    QCOMPARE(runner_->state(), ModelRunner::State::Ready);
    QCOMPARE(runner_->modelName(), QStringLiteral("Big model"));
  }

  void panelsSayWhatCannotBeSeenFromHere() {
    use();
    QVERIFY(prompt_->available());
    QVERIFY(prompt_->madeElsewhere());
    QVERIFY(prompt_->templateText().isEmpty());
    prompt_->setTemplateText(QStringLiteral("{{ messages }}"));
    QVERIFY(!prompt_->templateModified());
    prompt_->setScope(PromptViewModel::Scope::Model);
    prompt_->setSystemPrompt(QStringLiteral("Always polite."));
    answer({"Of course."});
    sendAndWait(QStringLiteral("Go"));
    QCOMPARE(messages().first()[QStringLiteral("content")].toString(), QStringLiteral("Always polite."));
    QFuture<int> tokens = runner_->countTokens(QStringLiteral("How many?"));
    tokens.waitForFinished();
    QCOMPARE(tokens.result(), -1);
  }

  void programEndsWhileAReplyIsWritten() {
    use();
    server_->onQuestion = [](tests::CompletionServer::Answer& answer) {
      answer.begin();
      answer.say("Cut by the end");
    };
    send(QStringLiteral("Go"));
    QTRY_COMPARE_WITH_TIMEOUT(text(1), QStringLiteral("Cut by the end"), kPatience);
    const qint64 conversation = chat_->conversationId();
    end();
    start();
    chat_->open(conversation);
    QTRY_COMPARE(count(), 2);
    QCOMPARE(status(1), QStringLiteral("interrupted"));
    QCOMPARE(text(1), QStringLiteral("Cut by the end"));
  }
};

QTEST_MAIN(RemoteChatTest)
#include "remote_chat_test.moc"
