#include <QDir>
#include <QPointer>

#include "app/chat/reply.h"
#include "tests/app/chat_fixture.h"

using namespace app;
using tests::kPatience;

/// What a model has read of chats, kept on disk: by the chats' page with the real engine, and the folder by itself.
class SavedSessionsTest : public tests::ChatFixture {
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

  void aChatGoesOnAfterARestart() {
    load();
    limit(8);
    sendAndWait(QStringLiteral("What is the tallest mountain of the moon?"));
    const qint64 conversation = chat_->conversationId();
    QVERIFY(!QFileInfo::exists(sessions_->path(conversation)));
    end();
    const QString path = folder_->filePath(QStringLiteral("sessions/%1.kv").arg(conversation));
    QVERIFY(QFileInfo(path).size() > 0);

    start();
    load();
    chat_->open(conversation);
    QTRY_COMPARE(count(), 2);
    runner_->installEventFilter(this);
    sendAndWait(QStringLiteral("And the deepest valley?"));
    // All of the first turn but the last id of its reply, which was never read, and at most the template's end of turn.
    QVERIFY2(cached_ > 20 && cached_ < prompt_, qPrintable(QStringLiteral("%1 of %2").arg(cached_).arg(prompt_)));
  }

  void leavingAChatKeepsIt() {
    load();
    limit(4);
    sendAndWait(QStringLiteral("Hello"));
    const qint64 first = chat_->conversationId();
    chat_->newChat();
    QTRY_VERIFY_WITH_TIMEOUT(QFileInfo::exists(sessions_->path(first)), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(sessions_->bytes() > 0, kPatience);
  }

  void aReplyThatEndsElsewhereIsKept() {
    load();
    limit(10);
    send(QStringLiteral("Hello"));
    QTRY_VERIFY_WITH_TIMEOUT(id(1) > 0, kPatience);
    const qint64 first = chat_->conversationId();
    chat_->newChat();
    QTRY_VERIFY_WITH_TIMEOUT(QFileInfo::exists(sessions_->path(first)), kPatience);
  }

  void unloadingTheModelKeepsTheOpenChat() {
    load();
    limit(4);
    sendAndWait(QStringLiteral("Hello"));
    runner_->unload();
    QTRY_VERIFY_WITH_TIMEOUT(QFileInfo::exists(sessions_->path(chat_->conversationId())), kPatience);
  }

  void endingWhileAReplyRunsKeepsWhatWasRead() {
    loadLongWinded();
    send(QStringLiteral("Hello"));
    QTRY_VERIFY_WITH_TIMEOUT(id(1) > 0 && text(1).size() > 5, kPatience);
    const qint64 conversation = chat_->conversationId();
    end();
    QVERIFY(QFileInfo(folder_->filePath(QStringLiteral("sessions/%1.kv").arg(conversation))).size() > 0);
    start();
  }

  // Chats are left just before the program ends: their files are still waiting when the model is told to go.
  void endingWhileFilesWaitKeepsThem() {
    load();
    constexpr int kChats = 12;  // the cache keeps this many
    int ended = 0;
    SamplingChoice shortly;
    shortly.maxNewTokens = 1;
    for (int number = 1; number <= kChats; ++number) {
      Turn turn;
      turn.conversationId = number;
      turn.messages = {Message{.role = MessageRole::User, .text = QStringLiteral("Hello")}};
      connect(runner_->generate(turn, shortly), &Reply::finished, this, [&ended] { ++ended; });
    }
    QTRY_COMPARE_WITH_TIMEOUT(ended, kChats, kPatience);
    for (int number = 1; number <= kChats; ++number) runner_->freeze(number);
    end();
    QCOMPARE(names().size(), kChats);
    start();
  }

  void deletedChatLosesItsFile() {
    load();
    limit(4);
    sendAndWait(QStringLiteral("Hello"));
    const qint64 conversation = chat_->conversationId();
    chat_->newChat();
    QTRY_VERIFY_WITH_TIMEOUT(QFileInfo::exists(sessions_->path(conversation)), kPatience);
    chat_->conversationRemoved(conversation);
    QTRY_VERIFY_WITH_TIMEOUT(!QFileInfo::exists(sessions_->path(conversation)), kPatience);
    // Written after it was removed, by an engine that had not heard of it: it goes again.
    write(conversation, 10, 0);
    sessions_->used(conversation);
    QTRY_VERIFY_WITH_TIMEOUT(!QFileInfo::exists(sessions_->path(conversation)), kPatience);
  }

  void nothingIsKeptWhereThePersonWantsNone() {
    load();
    limit(4);
    settings_->setSessionBudgetMb(0);
    sendAndWait(QStringLiteral("Hello"));
    end();
    QVERIFY(QDir(folder_->filePath(QStringLiteral("sessions"))).isEmpty());
    start();
  }

  void leastRecentlyUsedGoFirst() {
    write(1, 400, -300);
    write(2, 400, -100);
    write(3, 400, -200);
    settings_->setSessionBudgetMb(1);
    QTRY_COMPARE_WITH_TIMEOUT(names(), (QStringList{QStringLiteral("2.kv"), QStringLiteral("3.kv")}), kPatience);
    sessions_->used(3);
    write(4, 400, 0);
    sessions_->refresh();
    QTRY_COMPARE_WITH_TIMEOUT(names(), (QStringList{QStringLiteral("3.kv"), QStringLiteral("4.kv")}), kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(sessions_->bytes(), 800 * 1024, kPatience);
    settings_->setSessionBudgetMb(0);
    QTRY_VERIFY_WITH_TIMEOUT(names().isEmpty(), kPatience);
  }

  void clearRemovesSessionsAndNothingElse() {
    write(1, 10, 0);
    QFile other(sessions_->path(1) + QStringLiteral(".txt"));
    QVERIFY(other.open(QIODevice::WriteOnly));
    other.close();
    sessions_->refresh();
    QTRY_VERIFY_WITH_TIMEOUT(sessions_->bytes() > 0, kPatience);
    sessions_->clear();
    QTRY_VERIFY_WITH_TIMEOUT(!QFileInfo::exists(sessions_->path(1)), kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(sessions_->bytes(), 0, kPatience);
    QVERIFY(other.exists());
  }

  void filesOfChatsThatAreGoneAndHalvesAreSwept() {
    for (const int id : {1, 2, 3}) write(id, 10, 0);
    sessions_->refresh();
    QTRY_COMPARE_WITH_TIMEOUT(sessions_->bytes(), 30 * 1024, kPatience);  // so that the start's own sweep is over
    QFile(sessions_->path(2) + QStringLiteral(".unfinished-77")).open(QIODevice::WriteOnly);
    sessions_->keepOnly({2, 5});
    QTRY_COMPARE_WITH_TIMEOUT(names(), (QStringList{QStringLiteral("2.kv"), QStringLiteral("2.kv.unfinished-77")}), kPatience);
    end();
    start();
    QTRY_COMPARE_WITH_TIMEOUT(names(), QStringList{QStringLiteral("2.kv")}, kPatience);
  }

 private:
  bool eventFilter(QObject*, QEvent* event) override {
    if (event->type() != QEvent::ChildAdded) return false;
    // Still being made; what the engine tells it comes later.
    QPointer<QObject> child = static_cast<QChildEvent*>(event)->child();
    const auto follow = [this, child] {
      if (auto* reply = qobject_cast<Reply*>(child)) {
        connect(reply, &Reply::finished, this, [this, reply] {
          cached_ = reply->cachedTokens();
          prompt_ = reply->promptTokens();
        });
      }
    };
    QMetaObject::invokeMethod(this, follow, Qt::QueuedConnection);
    return false;
  }

  int cached_ = -1, prompt_ = -1;  // of the reply that ended last

  QStringList names() const {
    return QDir(folder_->filePath(QStringLiteral("sessions"))).entryList(QDir::Files, QDir::Name);
  }
  void write(qint64 conversation, int kilobytes, int seconds) {
    QDir().mkpath(folder_->filePath(QStringLiteral("sessions")));
    QFile file(sessions_->path(conversation));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray(kilobytes * 1024, 'x'));
    file.setFileTime(QDateTime::currentDateTime().addSecs(seconds), QFileDevice::FileModificationTime);
  }
};

QTEST_MAIN(SavedSessionsTest)
#include "saved_sessions_test.moc"
