#include "app/chat/chat_view_model.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QGuiApplication>
#include <QSignalSpy>
#include <QtTest>

#include "app/chat/sampling_view_model.h"
#include "app/chat/title.h"
#include "app/history/history.h"
#include "app/settings/settings.h"
#include "tests/app/model_fixture.h"

using namespace app;

namespace {

constexpr int kPatience = 60000;  // milliseconds; a reply takes a few hundred on a machine that is not busy

}  // namespace

/// The page with the real engine, a tiny model of random weights, and a real history in a folder of its own.
class ChatViewModelTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<Settings> settings_;
  std::unique_ptr<History> history_;
  std::unique_ptr<ModelRunner> runner_;
  std::unique_ptr<SamplingViewModel> sampling_;
  std::unique_ptr<ChatViewModel> chat_;
  std::unique_ptr<QAbstractItemModelTester> tester_;

  void start() {
    settings_ = std::make_unique<Settings>(folder_->filePath(QStringLiteral("settings.json")));
    history_ = std::make_unique<History>(folder_->filePath(QStringLiteral("history.db")));
    runner_ = std::make_unique<ModelRunner>(*settings_);
    sampling_ = std::make_unique<SamplingViewModel>(*settings_, *runner_);
    chat_ = std::make_unique<ChatViewModel>(*history_, *settings_, *runner_, *sampling_);
    tester_ = std::make_unique<QAbstractItemModelTester>(chat_->messages());
  }

  void end() {
    tester_.reset();
    chat_.reset();
    sampling_.reset();
    runner_.reset();
    history_.reset();
    settings_.reset();
  }

  void load() {
    runner_->load(tests::fixtureModel("ernie4_5-chat"));
    QVERIFY(tests::waitForLoad(*runner_));
    QVERIFY2(runner_->state() == ModelRunner::State::Ready, qPrintable(runner_->errorDetail()));
  }

  /// Replies of this many tokens; 0: until the context is full.
  void limit(int tokens) { settings_->setSamplingOverride(QStringLiteral("max_new_tokens"), tokens); }

  void send(const QString& text) {
    chat_->setDraft(text);
    QVERIFY(chat_->canSend());
    chat_->send();
  }

  void sendAndWait(const QString& text) {
    send(text);
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    QVERIFY2(chat_->error().isEmpty(), qPrintable(chat_->error() + chat_->errorDetail()));
  }

  QVariant at(int row, int role) const {
    return chat_->messages()->data(chat_->messages()->index(row, 0), role);
  }
  QString status(int row) const { return at(row, MessageListModel::StatusRole).toString(); }
  QString text(int row) const { return at(row, MessageListModel::TextRole).toString(); }
  qint64 id(int row) const { return at(row, MessageListModel::MessageIdRole).toLongLong(); }
  QString versions(int row) const {
    return QStringLiteral("%1/%2").arg(at(row, MessageListModel::VersionIndexRole).toInt())
        .arg(at(row, MessageListModel::VersionCountRole).toInt());
  }
  int count() const { return chat_->messages()->count(); }

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

  void restartFindsEverything() {
    load();
    limit(8);
    sendAndWait(QStringLiteral("First"));
    sendAndWait(QStringLiteral("Second"));
    chat_->setDraft(QStringLiteral("not sent yet"));
    const qint64 conversation = chat_->conversationId();
    const QList<Message> before = chat_->messages()->path();
    end();
    start();
    chat_->open(conversation);
    QTRY_COMPARE(count(), 4);
    for (int row = 0; row < 4; ++row) {
      QCOMPARE(text(row), shownText(before[row]));
      QCOMPARE(status(row), QStringLiteral("complete"));
    }
    QCOMPARE(chat_->title(), QStringLiteral("First"));
    QCOMPARE(chat_->draft(), QStringLiteral("not sent yet"));
  }

  void stopKeepsTheText() {
    load();
    send(QStringLiteral("Tell me all"));
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
    load();
    send(QStringLiteral("Tell me all"));
    chat_->stop();
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    QCOMPARE(status(1), QStringLiteral("cancelled"));
  }

  void textIsStoredWhileItStreams() {
    load();
    send(QStringLiteral("Tell me all"));
    QTRY_VERIFY_WITH_TIMEOUT(id(1) > 0 && text(1).size() > 5, kPatience);
    const qsizetype shown = text(1).size();
    QElapsedTimer timer;
    timer.start();
    // What was shown a second ago is on the disk; the read itself waits for what was asked before it.
    QTRY_VERIFY_WITH_TIMEOUT(history_->message(id(1)).result().text.size() >= shown, 5000);
    if (chat_->busy()) QCOMPARE(history_->message(id(1)).result().status, MessageStatus::Streaming);
    chat_->stop();
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
  }

  void endOfTheProgramLeavesAnInterruptedReply() {
    load();
    send(QStringLiteral("Tell me all"));
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
    load();
    send(QStringLiteral("Tell me all"));
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

  void replyRunsOnWhenAnotherChatIsOpened() {
    load();
    send(QStringLiteral("Tell me all"));
    QTRY_VERIFY_WITH_TIMEOUT(id(1) > 0 && text(1).size() > 5, kPatience);
    const qint64 first = chat_->conversationId();
    const qint64 reply = id(1);
    const QString shown = text(1);
    chat_->newChat();
    QCOMPARE(count(), 0);
    QVERIFY(!chat_->busy());
    QVERIFY(chat_->title().isEmpty());

    chat_->open(first);
    QTRY_COMPARE(count(), 2);
    QVERIFY(text(1).startsWith(shown));
    if (chat_->busy()) {
      QCOMPARE(status(1), QStringLiteral("streaming"));
      const QString again = text(1);
      QTRY_VERIFY_WITH_TIMEOUT(text(1).size() > again.size() || !chat_->busy(), kPatience);
      chat_->stop();
    }
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    QCOMPARE(id(1), reply);
    QTRY_COMPARE(shownText(history_->message(reply).result()), text(1));
  }

  void replyThatEndsElsewhereIsStored() {
    load();
    limit(10);
    send(QStringLiteral("Hello"));
    QTRY_VERIFY_WITH_TIMEOUT(id(1) > 0, kPatience);
    const qint64 reply = id(1);
    chat_->newChat();
    QTRY_COMPARE_WITH_TIMEOUT(history_->message(reply).result().status, MessageStatus::Complete, kPatience);
    QVERIFY(history_->message(reply).result().completionTokens > 0);
  }

  void chatLeftBeforeItIsStoredIsStillAnswered() {
    load();
    limit(5);
    chat_->setDraft(QStringLiteral("Hello"));
    QTest::qWait(600);  // the draft is stored by now
    chat_->send();
    chat_->newChat();
    QCOMPARE(count(), 0);
    QCOMPARE(chat_->draft(), QString());
    QTRY_VERIFY_WITH_TIMEOUT(!history_->conversations().result().isEmpty(), kPatience);
    const qint64 conversation = history_->conversations().result().first().id;
    QTRY_VERIFY_WITH_TIMEOUT(history_->currentPath(conversation).result().value(1).status == MessageStatus::Complete, kPatience);
    QCOMPARE(count(), 0);
    QCOMPARE(chat_->conversationId(), 0);
  }

  void draftBelongsToItsChat() {
    load();
    limit(4);
    sendAndWait(QStringLiteral("Hello"));
    const qint64 conversation = chat_->conversationId();
    chat_->setDraft(QStringLiteral("for the first"));
    chat_->newChat();
    QCOMPARE(chat_->draft(), QString());
    chat_->setDraft(QStringLiteral("for the second"));
    chat_->open(conversation);
    QTRY_COMPARE(chat_->draft(), QStringLiteral("for the first"));
    chat_->newChat();
    QCOMPARE(chat_->draft(), QStringLiteral("for the second"));
    end();
    start();
    QCOMPARE(chat_->draft(), QStringLiteral("for the second"));
    load();
    chat_->send();
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    chat_->newChat();
    QCOMPARE(chat_->draft(), QString());
  }

  void repliesOfAnotherModelAreReadAsText() {
    load();
    limit(6);
    sendAndWait(QStringLiteral("Hello"));
    const QList<Message> path = chat_->messages()->path();
    const int own = runner_->countTokens(path).result();
    QList<Message> foreign = path;
    foreign[1].modelName = QStringLiteral("another");
    foreign[1].tokenIds = {1999999999};  // would be refused, were it used
    QVERIFY(runner_->countTokens(foreign).result() > 0);
    QVERIFY(own > 0);
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
    chat_ = std::make_unique<ChatViewModel>(broken, *settings_, *runner_, *sampling_);
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

  void openAtShowsTheBranchOfTheMessage() {
    load();
    limit(4);
    sendAndWait(QStringLiteral("Hello"));
    const qint64 conversation = chat_->conversationId();
    const qint64 oldReply = id(1);
    chat_->regenerate();
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    chat_->newChat();
    QSignalSpy scrolled(chat_.get(), &ChatViewModel::scrollTo);
    chat_->openAt(conversation, oldReply);
    QTRY_COMPARE(scrolled.count(), 1);
    QCOMPARE(scrolled[0][0].toInt(), 1);
    QCOMPARE(id(1), oldReply);
  }

  void unknownChatIsAnError() {
    chat_->open(12345);
    QTRY_VERIFY(!chat_->error().isEmpty());
    QCOMPARE(chat_->conversationId(), 0);
  }

  void renamesTheChat() {
    load();
    limit(4);
    sendAndWait(QStringLiteral("Hello"));
    QSignalSpy changed(chat_.get(), &ChatViewModel::conversationsChanged);
    chat_->setTitle(QStringLiteral("  Another   name "));
    QCOMPARE(chat_->title(), QStringLiteral("Another name"));
    QTRY_VERIFY(changed.count() > 0);
    QCOMPARE(history_->conversation(chat_->conversationId()).result().title, QStringLiteral("Another name"));
  }

  void titleGivenBeforeTheFirstMessageHolds() {
    load();
    limit(4);
    chat_->setTitle(QStringLiteral("Plans"));
    sendAndWait(QStringLiteral("Hello"));
    QCOMPARE(history_->conversation(chat_->conversationId()).result().title, QStringLiteral("Plans"));
  }

  void removedChatIsLeft() {
    load();
    send(QStringLiteral("Tell me all"));
    QTRY_VERIFY_WITH_TIMEOUT(id(1) > 0 && text(1).size() > 2, kPatience);
    const qint64 reply = id(1);
    chat_->conversationRemoved(chat_->conversationId());
    QCOMPARE(count(), 0);
    QCOMPARE(chat_->conversationId(), 0);
    QTRY_VERIFY_WITH_TIMEOUT(history_->message(reply).result().status != MessageStatus::Streaming, kPatience);
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

  void titleIsTheFirstWords_data() {
    QTest::addColumn<QString>("message");
    QTest::addColumn<QString>("title");
    QTest::newRow("short") << "Hello  there\n" << "Hello there";
    QTest::newRow("whole words") << "What is the difference between a list and a tuple in Python?"
                                 << "What is the difference between a list…";
    QTest::newRow("chinese") << "请用简单的话解释一下什么是机器学习，以及它和普通程序有什么不同" << "请用简单的话解释一下什么是机器学习，以及…";
    QTest::newRow("marks") << "# Plan\nfor today" << "Plan for today";
    QTest::newRow("one long word") << QString(100, QLatin1Char('x')) << QString(40, QLatin1Char('x')) + "…";
    QTest::newRow("blank") << "  \n " << "";
  }
  void titleIsTheFirstWords() {
    QFETCH(QString, message);
    QFETCH(QString, title);
    QCOMPARE(titleFrom(message), title);
  }
};

QTEST_MAIN(ChatViewModelTest)
#include "chat_view_model_test.moc"
