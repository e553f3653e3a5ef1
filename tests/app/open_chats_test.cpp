#include <QSignalSpy>

#include "app/chat/title.h"
#include "tests/app/chat_fixture.h"

using namespace app;
using tests::kPatience;

/// Which chat is shown, what happens to the others, their titles and drafts.
class OpenChatsTest : public tests::ChatFixture {
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

  void replyRunsOnWhenAnotherChatIsOpened() {
    loadLongWinded();
    send(QStringLiteral("Hello"));
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
    QVERIFY(chat_->busy());
    QCOMPARE(status(1), QStringLiteral("streaming"));
    const QString again = text(1);
    QTRY_VERIFY_WITH_TIMEOUT(text(1).size() > again.size(), kPatience);
    chat_->stop();
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
    QTRY_VERIFY_WITH_TIMEOUT(history_->currentPath(conversation).result().value(1).status == MessageStatus::Complete,
                             kPatience);
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
    loadLongWinded();
    send(QStringLiteral("Hello"));
    QTRY_VERIFY_WITH_TIMEOUT(id(1) > 0 && text(1).size() > 2, kPatience);
    const qint64 reply = id(1);
    chat_->conversationRemoved(chat_->conversationId());
    QCOMPARE(count(), 0);
    QCOMPARE(chat_->conversationId(), 0);
    QTRY_VERIFY_WITH_TIMEOUT(history_->message(reply).result().status != MessageStatus::Streaming, kPatience);
  }

  void titleIsTheFirstWords_data() {
    QTest::addColumn<QString>("message");
    QTest::addColumn<QString>("title");
    QTest::newRow("short") << "Hello  there\n"
                           << "Hello there";
    QTest::newRow("whole words") << "What is the difference between a list and a tuple in Python?"
                                 << "What is the difference between a list…";
    QTest::newRow("chinese") << "请用简单的话解释一下什么是机器学习，以及它和普通程序有什么不同"
                             << "请用简单的话解释一下什么是机器学习，以及…";
    QTest::newRow("marks") << "# Plan\nfor today"
                           << "Plan for today";
    QTest::newRow("one long word") << QString(100, QLatin1Char('x')) << QString(40, QLatin1Char('x')) + "…";
    QTest::newRow("blank") << "  \n "
                           << "";
  }
  void titleIsTheFirstWords() {
    QFETCH(QString, message);
    QFETCH(QString, title);
    QCOMPARE(titleFrom(message), title);
  }
};

QTEST_MAIN(OpenChatsTest)
#include "open_chats_test.moc"
