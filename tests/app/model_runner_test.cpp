#include "app/chat/model_runner.h"

#include <QSignalSpy>
#include <QUrl>
#include <QtTest>

#include "app/chat/reply.h"
#include "app/settings/settings.h"
#include "tests/app/model_fixture.h"

using namespace app;
using State = ModelRunner::State;

namespace {

Turn question(const QString& text, qint64 conversationId = 1) {
  Turn turn;
  turn.conversationId = conversationId;
  turn.userMessageId = 10;
  turn.replyId = 11;
  Message user;
  user.id = 10;
  user.role = MessageRole::User;
  user.text = text;
  turn.messages = {user};
  return turn;
}

/// Random weights seldom end a reply by themselves.
SamplingChoice greedy(qint64 tokens) {
  SamplingChoice choice;
  choice.params.do_sample = false;
  choice.maxNewTokens = tokens;
  return choice;
}

}  // namespace

class ModelRunnerTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<Settings> settings_;
  std::unique_ptr<ModelRunner> runner_;

  void loadChatModel(bool longWinded = false) {
    runner_->load(longWinded ? tests::longWindedModel(*folder_) : tests::fixtureModel("ernie4_5-chat"));
    QVERIFY(tests::waitForLoad(*runner_));
    QVERIFY2(runner_->state() == State::Ready, qPrintable(runner_->errorDetail()));
  }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    settings_ = std::make_unique<Settings>(folder_->filePath(QStringLiteral("settings.json")));
    runner_ = std::make_unique<ModelRunner>(*settings_);
  }
  void cleanup() {
    runner_.reset();
    settings_.reset();
    folder_.reset();
  }

  void loadsAndTellsAboutTheModel() {
    QCOMPARE(runner_->state(), State::Empty);
    QSignalSpy models(runner_.get(), &ModelRunner::modelChanged);
    runner_->load(QUrl::fromLocalFile(tests::fixtureModel("ernie4_5-chat")));
    QCOMPARE(runner_->state(), State::Loading);
    QCOMPARE(runner_->loadingName(), QStringLiteral("ernie4_5-chat"));
    QVERIFY(tests::waitForLoad(*runner_));
    QVERIFY2(runner_->state() == State::Ready, qPrintable(runner_->errorDetail()));
    QCOMPARE(models.count(), 1);
    QCOMPARE(runner_->modelName(), QStringLiteral("ernie4_5-chat"));
    QCOMPARE(runner_->modelPath(), tests::fixtureModel("ernie4_5-chat"));
    QCOMPARE(runner_->progress(), 1.0);
    QVERIFY(!runner_->isDemo());
    QVERIFY(runner_->contextLength() > 0);
    QVERIFY(!runner_->device().isEmpty());
    QVERIFY(!runner_->memoryText().isEmpty());
    QVERIFY(!runner_->templateSource().isEmpty());
    QCOMPARE(settings_->lastModelPath(), runner_->modelPath());
  }

  void fileInsideTheFolderNamesTheModel() {
    runner_->load(tests::fixtureModel("ernie4_5-chat") + QStringLiteral("/config.json"));
    QVERIFY(tests::waitForLoad(*runner_));
    QCOMPARE(runner_->modelPath(), tests::fixtureModel("ernie4_5-chat"));
  }

  void brokenModelLeavesTheLoadedOneInUse() {
    loadChatModel();
    const QString path = runner_->modelPath();
    runner_->load(folder_->filePath(QStringLiteral("no-model")));
    QVERIFY(tests::waitForLoad(*runner_));
    QCOMPARE(runner_->state(), State::Ready);
    QCOMPARE(runner_->modelPath(), path);
    QVERIFY(runner_->error().contains(QStringLiteral("no-model")));
    QVERIFY(!runner_->errorDetail().isEmpty());
    QCOMPARE(settings_->lastModelPath(), path);
    runner_->dismissError();
    QVERIFY(runner_->error().isEmpty());
  }

  void brokenModelWithoutAnotherIsAFailure() {
    runner_->load(folder_->filePath(QStringLiteral("no-model")));
    QVERIFY(tests::waitForLoad(*runner_));
    QCOMPARE(runner_->state(), State::Failed);
    QVERIFY(!runner_->error().isEmpty());
  }

  void secondLoadReplacesTheFirst() {
    runner_->load(folder_->filePath(QStringLiteral("no-model")));
    runner_->load(tests::fixtureModel("ernie4_5-chat"));
    QVERIFY(tests::waitForLoad(*runner_));
    QCOMPARE(runner_->state(), State::Ready);
    QCOMPARE(runner_->modelName(), QStringLiteral("ernie4_5-chat"));
    QVERIFY(runner_->error().isEmpty());
  }

  void cancelledLoadLeavesNothing() {
    runner_->load(tests::fixtureModel("ernie4_5-chat"));
    runner_->cancelLoad();
    QCOMPARE(runner_->state(), State::Empty);
    QTest::qWait(300);
    QCOMPARE(runner_->state(), State::Empty);
    QVERIFY(runner_->modelPath().isEmpty());
  }

  void demoStepsInForALastModelThatIsGone() {
    if (ModelRunner::demoPath().isEmpty()) QSKIP("the demo model is not in this build tree");
    settings_->setLastModelPath(folder_->filePath(QStringLiteral("gone")));
    runner_->loadAtStart({});
    QTRY_COMPARE_WITH_TIMEOUT(runner_->state(), State::Ready, 60000);
    QVERIFY(runner_->isDemo());
    QVERIFY(runner_->error().contains(QStringLiteral("gone")));
  }

  void streamsAReplyOnTheUiThread() {
    loadChatModel();
    Reply* reply = runner_->generate(question(QStringLiteral("Hello")), greedy(12));
    QCOMPARE(reply->state(), Reply::State::Waiting);
    QString text;
    connect(reply, &Reply::textAdded, this, [&](const QString& piece) {
      QCOMPARE(QThread::currentThread(), thread());
      text += piece;
    });
    QSignalSpy finished(reply, &Reply::finished);
    QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, 30000);
    QVERIFY2(reply->state() == Reply::State::Finished, qPrintable(reply->errorDetail()));
    QCOMPARE(text, reply->text());
    QVERIFY(reply->tokens() > 0 && reply->tokens() <= 12);
    QCOMPARE(reply->tokenIds().size(), qsizetype(reply->tokens()));
    QVERIFY(reply->promptTokens() > 0);
    QVERIFY(reply->firstTokenMs() >= 0);
    QCOMPARE(finished.count(), 1);
  }

  void sameRequestGivesTheSameReply() {
    loadChatModel();
    QStringList texts;
    for (int i = 0; i < 2; ++i) {
      Reply* reply = runner_->generate(question(QStringLiteral("Hello"), 1 + i), greedy(12));
      QSignalSpy finished(reply, &Reply::finished);
      QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, 30000);
      texts << reply->text();
    }
    QCOMPARE(texts[0], texts[1]);
  }

  void replyIsWrittenOnWhereItStopped() {
    loadChatModel();
    Reply* whole = runner_->generate(question(QStringLiteral("Hello"), 1), greedy(12));
    QSignalSpy wholeFinished(whole, &Reply::finished);
    QTRY_COMPARE_WITH_TIMEOUT(wholeFinished.count(), 1, 30000);
    Reply* half = runner_->generate(question(QStringLiteral("Hello"), 2), greedy(6));
    QSignalSpy halfFinished(half, &Reply::finished);
    QTRY_COMPARE_WITH_TIMEOUT(halfFinished.count(), 1, 30000);
    if (whole->tokens() < 12) QSKIP("the model ended its reply by itself");

    Message sofar;
    sofar.id = 11;
    sofar.role = MessageRole::Assistant;
    sofar.text = half->text();
    sofar.tokenIds = half->tokenIds();
    sofar.modelName = runner_->modelName();
    Reply* rest = runner_->generate(question(QStringLiteral("Hello"), 2), greedy(6), {}, sofar);
    QSignalSpy restFinished(rest, &Reply::finished);
    QTRY_COMPARE_WITH_TIMEOUT(restFinished.count(), 1, 30000);
    QCOMPARE(rest->tokenIds(), whole->tokenIds());
  }

  void stopKeepsTheText() {
    loadChatModel(true);
    Reply* reply = runner_->generate(question(QStringLiteral("Hello")), greedy(0));
    QSignalSpy finished(reply, &Reply::finished);
    QTRY_VERIFY_WITH_TIMEOUT(reply->tokens() > 3, 30000);
    reply->stop();
    QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, 30000);
    QCOMPARE(reply->state(), Reply::State::Cancelled);
    QVERIFY(reply->tokenIds().size() > 3);
  }

  void stopBeforeThePromptIsRenderedEndsIt() {
    loadChatModel(true);
    Reply* reply = runner_->generate(question(QStringLiteral("Hello")), greedy(0));
    QSignalSpy finished(reply, &Reply::finished);
    reply->stop();
    QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, 30000);
    QCOMPARE(reply->state(), Reply::State::Cancelled);
  }

  void replyWaitsForTheModel() {
    runner_->load(tests::fixtureModel("ernie4_5-chat"));
    Reply* reply = runner_->generate(question(QStringLiteral("Hello")), greedy(4));
    QSignalSpy finished(reply, &Reply::finished);
    QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, 60000);
    QVERIFY2(reply->state() == Reply::State::Finished, qPrintable(reply->error()));
  }

  void replyWithoutAModelFails() {
    Reply* reply = runner_->generate(question(QStringLiteral("Hello")), greedy(4));
    QSignalSpy finished(reply, &Reply::finished);
    QCOMPARE(finished.count(), 0);  // whoever asked can still connect
    QTRY_COMPARE(finished.count(), 1);
    QCOMPARE(reply->state(), Reply::State::Failed);
    QVERIFY(!reply->error().isEmpty());
  }

  void unloadingEndsTheReply() {
    loadChatModel(true);
    Reply* reply = runner_->generate(question(QStringLiteral("Hello")), greedy(0));
    QSignalSpy finished(reply, &Reply::finished);
    QTRY_VERIFY_WITH_TIMEOUT(reply->tokens() > 0, 30000);
    runner_->unload();
    QCOMPARE(runner_->state(), State::Empty);
    QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, 30000);
    QCOMPARE(reply->state(), Reply::State::Cancelled);
  }

  void promptThatExceedsTheContextFailsWithASentence() {
    loadChatModel();
    Reply* reply =
        runner_->generate(question(QStringLiteral("word ").repeated(runner_->contextLength() + 10)), greedy(4));
    QSignalSpy finished(reply, &Reply::finished);
    QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, 30000);
    QCOMPARE(reply->state(), Reply::State::Failed);
    QVERIFY(!reply->error().isEmpty());
    QVERIFY(!reply->errorDetail().isEmpty());
  }

  void destroyedRunnerEndsItsReplies() {
    loadChatModel(true);
    Reply* reply = runner_->generate(question(QStringLiteral("Hello")), greedy(0));
    QTRY_VERIFY_WITH_TIMEOUT(reply->tokens() > 0, 30000);
    runner_.reset();
  }

  void countsTokens() {
    QCOMPARE(runner_->countTokens(QStringLiteral("Hello")).result(), -1);
    loadChatModel();
    const int few = runner_->countTokens(QStringLiteral("Hello")).result();
    const int many = runner_->countTokens(QStringLiteral("Hello ").repeated(50)).result();
    QVERIFY(few > 0);
    QVERIFY(many > few);
    QCOMPARE(runner_->countTokens(QString()).result(), 0);
    QVERIFY(runner_->countTokens(question(QStringLiteral("Hello")).messages).result() > few);
  }

  void restingModelIsLoadedAgainByTheNextMessage() {
    loadChatModel();
    QVERIFY(!settings_->modelUsed(runner_->modelPath()).isNull());
    runner_->rest();
    QCOMPARE(runner_->state(), State::Resting);
    QVERIFY(!runner_->model());
    QCOMPARE(runner_->modelName(), QStringLiteral("ernie4_5-chat"));
    QCOMPARE(runner_->modelPath(), tests::fixtureModel("ernie4_5-chat"));
    Reply* reply = runner_->generate(question(QStringLiteral("Hello")), greedy(4));
    QCOMPARE(runner_->state(), State::Loading);
    QTRY_VERIFY_WITH_TIMEOUT(reply->ended(), 60000);
    QCOMPARE(reply->state(), Reply::State::Finished);
    QCOMPARE(runner_->state(), State::Ready);
  }

  void idleModelRestsAndABusyOneDoesNot() {
    settings_->setKeepLoadedMinutes(1);
    runner_->setIdleMinute(std::chrono::milliseconds(1));
    loadChatModel(true);
    // Whatever it was asked before it fell asleep or after, the reply comes, and it sleeps again.
    QTRY_COMPARE_WITH_TIMEOUT(runner_->state(), State::Resting, 60000);
    Reply* reply = runner_->generate(question(QStringLiteral("Hello")), greedy(0));
    QTRY_COMPARE_WITH_TIMEOUT(reply->state(), Reply::State::Writing, 60000);
    QSignalSpy states(runner_.get(), &ModelRunner::stateChanged);
    runner_->rest();
    QCOMPARE(runner_->state(), State::Ready);
    QVERIFY(states.isEmpty());
    reply->stop();
    QTRY_COMPARE_WITH_TIMEOUT(runner_->state(), State::Resting, 60000);
    QCOMPARE(reply->state(), Reply::State::Cancelled);
  }

  void withoutTheSettingNothingRests() {
    runner_->setIdleMinute(std::chrono::milliseconds(0));
    loadChatModel();
    QTest::qWait(20);
    QCOMPARE(runner_->state(), State::Ready);
  }

  void cancelledWakingRestsOn() {
    loadChatModel();
    runner_->rest();
    Reply* reply = runner_->generate(question(QStringLiteral("Hello")), greedy(4));
    runner_->cancelLoad();
    QCOMPARE(runner_->state(), State::Resting);
    QVERIFY(reply->ended());
    runner_->unload();
    QCOMPARE(runner_->state(), State::Empty);
    QVERIFY(runner_->modelPath().isEmpty());
  }

  void restingModelThatIsGoneSaysSo() {
    const QString copy = tests::longWindedModel(*folder_);
    loadChatModel(true);
    runner_->rest();
    QVERIFY(QDir(copy).removeRecursively());
    Reply* reply = runner_->generate(question(QStringLiteral("Hello")), greedy(4));
    QVERIFY(tests::waitForLoad(*runner_));
    QCOMPARE(runner_->state(), State::Failed);
    QCOMPARE(reply->state(), Reply::State::Failed);
    QVERIFY(runner_->modelPath().isEmpty());
  }
};

QTEST_GUILESS_MAIN(ModelRunnerTest)
#include "model_runner_test.moc"
