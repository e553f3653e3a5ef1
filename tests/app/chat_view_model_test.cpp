#include <QClipboard>
#include <QGuiApplication>
#include <QSignalSpy>

#include "tests/app/chat_fixture.h"

using namespace app;
using tests::kPatience;

/// Asking and answering.
class ChatViewModelTest : public tests::ChatFixture {
  Q_OBJECT

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    start();
  }
  void cleanup() {
    end();
    folder_.reset();
  }

  void sendShowsBothRowsAtOnceAndStreams() {
    load();
    limit(20);
    QSignalSpy finished(chat_.get(), &ChatViewModel::replyFinished);
    QSignalSpy pieces(chat_->messages(), &QAbstractItemModel::dataChanged);
    send(QStringLiteral("Hello there"));
    QCOMPARE(count(), 2);
    QCOMPARE(text(0), QStringLiteral("Hello there"));
    QCOMPARE(status(1), QStringLiteral("waiting"));
    QVERIFY(chat_->busy());
    QCOMPARE(chat_->replyPhase(), QStringLiteral("waiting"));
    QVERIFY(chat_->draft().isEmpty());
    QVERIFY(!chat_->canSend());
    QCOMPARE(chat_->title(), QStringLiteral("Hello there"));

    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    QCOMPARE(chat_->error(), QString());
    QCOMPARE(status(1), QStringLiteral("complete"));
    QVERIFY(id(0) > 0 && id(1) > id(0));
    QVERIFY(at(1, MessageListModel::TokensRole).toInt() > 0);
    QCOMPARE(at(1, MessageListModel::ModelNameRole).toString(), QStringLiteral("ernie4_5-chat"));
    QVERIFY(chat_->conversationId() > 0);
    QVERIFY(chat_->contextLength() > 0);
    QTRY_VERIFY(chat_->contextUsed() > at(1, MessageListModel::TokensRole).toInt());
    QCOMPARE(finished.count(), 1);
    QVERIFY(pieces.count() > 3);

    const QList<Message> stored = history_->currentPath(chat_->conversationId()).result();
    QCOMPARE(stored.size(), 2);
    QCOMPARE(shownText(stored[1]), text(1));
    QCOMPARE(stored[1].status, MessageStatus::Complete);
    QCOMPARE(stored[1].tokenIds.size(), qsizetype(stored[1].completionTokens));
    QVERIFY(stored[1].promptTokens > 0);
  }

  void stopKeepsTheText() {
    loadLongWinded();
    send(QStringLiteral("Hello"));
    QTRY_VERIFY_WITH_TIMEOUT(status(1) == QStringLiteral("streaming") && text(1).size() > 5, kPatience);
    chat_->stop();
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    QCOMPARE(status(1), QStringLiteral("cancelled"));
    QVERIFY(text(1).size() > 5);
    QVERIFY(chat_->error().isEmpty());
    QTRY_COMPARE(history_->message(id(1)).result().status, MessageStatus::Cancelled);
    QCOMPARE(shownText(history_->message(id(1)).result()), text(1));
  }

  void stopRightAfterSendEndsTheReply() {
    loadLongWinded();
    send(QStringLiteral("Hello"));
    chat_->stop();
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    QCOMPARE(status(1), QStringLiteral("cancelled"));
  }

  void textIsStoredWhileItStreams() {
    loadLongWinded();
    send(QStringLiteral("Hello"));
    QTRY_VERIFY_WITH_TIMEOUT(id(1) > 0 && text(1).size() > 5, kPatience);
    const qsizetype shown = text(1).size();
    Message stored;
    QTRY_VERIFY_WITH_TIMEOUT((stored = history_->message(id(1)).result()).text.size() >= shown, kPatience);
    QCOMPARE(stored.status, MessageStatus::Streaming);
    QVERIFY(stored.text.size() >= shown);
    QVERIFY(!stored.tokenIds.isEmpty());
    chat_->stop();
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
  }

  void endOfTheProgramLeavesAnInterruptedReply() {
    loadLongWinded();
    send(QStringLiteral("Hello"));
    QTRY_VERIFY_WITH_TIMEOUT(id(1) > 0 && text(1).size() > 5, kPatience);
    QVERIFY(chat_->busy());
    const qint64 conversation = chat_->conversationId();
    const QString shown = text(1);
    end();
    start();
    chat_->open(conversation);
    QTRY_COMPARE(count(), 2);
    QCOMPARE(status(1), QStringLiteral("interrupted"));
    QVERIFY(text(1).startsWith(shown));
    QVERIFY(!chat_->busy());
  }

  void interruptedReplyIsContinuedInPlace() {
    loadLongWinded();
    send(QStringLiteral("Hello"));
    QTRY_VERIFY_WITH_TIMEOUT(id(1) > 0 && text(1).size() > 5, kPatience);
    chat_->stop();
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    const QString half = text(1);
    const int tokens = at(1, MessageListModel::TokensRole).toInt();
    limit(6);
    chat_->continueReply(id(1));
    QVERIFY(chat_->busy());
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    QCOMPARE(chat_->error(), QString());
    QCOMPARE(count(), 2);
    QCOMPARE(versions(1), QStringLiteral("1/1"));
    QVERIFY(text(1).startsWith(half));
    QVERIFY(at(1, MessageListModel::TokensRole).toInt() > tokens);
    QCOMPARE(shownText(history_->message(id(1)).result()), text(1));
    QCOMPARE(history_->message(id(1)).result().status, MessageStatus::Complete);
  }

  void regenerateMakesAVersion() {
    load();
    limit(8);
    sendAndWait(QStringLiteral("Hello"));
    const qint64 first = id(1);
    chat_->regenerate();
    QCOMPARE(count(), 2);
    QCOMPARE(status(1), QStringLiteral("waiting"));
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    QVERIFY(id(1) != first);
    QCOMPARE(versions(1), QStringLiteral("2/2"));
    QCOMPARE(versions(0), QStringLiteral("1/1"));

    chat_->selectVersion(id(1), -1);
    QTRY_COMPARE(id(1), first);
    QCOMPARE(versions(1), QStringLiteral("1/2"));
    chat_->selectVersion(first, -1);  // there is none before it
    QTest::qWait(100);
    QCOMPARE(id(1), first);
  }

  void editOfAQuestionMakesABranch() {
    load();
    limit(8);
    sendAndWait(QStringLiteral("Hello"));
    sendAndWait(QStringLiteral("And now"));
    const qint64 first = id(0);
    chat_->edit(first, QStringLiteral("Good morning"));
    QCOMPARE(count(), 2);
    QCOMPARE(text(0), QStringLiteral("Good morning"));
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    QCOMPARE(versions(0), QStringLiteral("2/2"));
    QCOMPARE(versions(1), QStringLiteral("1/1"));

    chat_->selectVersion(id(0), -1);
    QTRY_COMPARE(count(), 4);
    QCOMPARE(id(0), first);
    QCOMPARE(text(2), QStringLiteral("And now"));
  }

  void editOfAReplyMakesAVersionWithoutTheModel() {
    load();
    limit(8);
    sendAndWait(QStringLiteral("Hello"));
    const qint64 first = id(1);
    runner_->unload();
    chat_->edit(first, QStringLiteral("My words"));
    QTRY_COMPARE(text(1), QStringLiteral("My words"));
    QVERIFY(!chat_->busy());
    QVERIFY(id(1) != first);
    QCOMPARE(versions(1), QStringLiteral("2/2"));
  }

  void repliesOfAnotherModelAreReadAsText() {
    load();
    limit(6);
    sendAndWait(QStringLiteral("Hello"));
    QList<Message> path = chat_->messages()->path();
    path[1].text = QStringLiteral("a reply of more than one token");
    path[1].tokenIds.clear();
    const int asText = runner_->countTokens(path).result();
    path[1].tokenIds = {5};
    const int asIds = runner_->countTokens(path).result();
    QVERIFY(asIds < asText);
    path[1].modelName = QStringLiteral("another model");
    QCOMPARE(runner_->countTokens(path).result(), asText);
  }

  void demoModelAnswers() {
    if (ModelRunner::demoPath().isEmpty()) QSKIP("the demo model is not in this build tree");
    runner_->loadAtStart({});
    QVERIFY(tests::waitForLoad(*runner_));
    QVERIFY2(runner_->isDemo(), qPrintable(runner_->errorDetail()));
    settings_->setSamplingOverride(QStringLiteral("temperature"), 0);
    sendAndWait(QStringLiteral("What is Sotto?"));
    QCOMPARE(status(1), QStringLiteral("complete"));
    QCOMPARE(at(1, MessageListModel::FinishReasonRole).toString(), QStringLiteral("stop"));
    QVERIFY2(text(1).contains(QStringLiteral("Sotto")), qPrintable(text(1)));
    QVERIFY(!text(1).startsWith(QLatin1Char(' ')));
  }

  void withoutAModelTheDraftStays() {
    chat_->setDraft(QStringLiteral("Hello"));
    chat_->send();
    QCOMPARE(count(), 0);
    QCOMPARE(chat_->draft(), QStringLiteral("Hello"));
    QVERIFY(!chat_->error().isEmpty());
    chat_->dismissError();
    QVERIFY(chat_->error().isEmpty());
  }

  void sendWhileTheModelLoadsWaitsForIt() {
    limit(4);
    runner_->load(tests::fixtureModel("ernie4_5-chat"));
    sendAndWait(QStringLiteral("Hello"));
    QCOMPARE(status(1), QStringLiteral("complete"));
  }

  void whatCannotBeStoredIsTheDraftAgain() {
    load();
    chat_.reset();
    tester_.reset();
    History broken(QStringLiteral("/proc/no-such-folder/history.db"));
    chat_ = std::make_unique<ChatViewModel>(broken, *settings_, *runner_, *sampling_, *prompt_);
    send(QStringLiteral("Do not lose me"));
    QCOMPARE(count(), 2);
    QTRY_COMPARE(count(), 0);
    QCOMPARE(chat_->draft(), QStringLiteral("Do not lose me"));
    QVERIFY(!chat_->busy());
    QVERIFY(!chat_->error().isEmpty());
    QVERIFY(!chat_->errorDetail().isEmpty());
    chat_.reset();
  }

  void failedReplyKeepsTheQuestion() {
    load();
    send(QStringLiteral("word ").repeated(runner_->contextLength() + 10));
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    QCOMPARE(count(), 2);
    QCOMPARE(status(1), QStringLiteral("failed"));
    QVERIFY(!at(1, MessageListModel::StatusTextRole).toString().isEmpty());
    QVERIFY(!chat_->error().isEmpty());
    QTRY_COMPARE(history_->message(id(1)).result().status, MessageStatus::Failed);
  }

  void countsTheDraft() {
    load();
    chat_->setDraft(QStringLiteral("Hello there, you"));
    QTRY_VERIFY(chat_->draftTokens() > 0);
    chat_->setDraft({});
    QTRY_COMPARE(chat_->draftTokens(), 0);
  }

  void copiesAMessage() {
    load();
    limit(4);
    sendAndWait(QStringLiteral("**bold** text"));
    chat_->copy(id(0), true);
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("**bold** text"));
    chat_->copy(id(0), false);
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("bold text"));
  }
};

QTEST_MAIN(ChatViewModelTest)
#include "chat_view_model_test.moc"
