#include "app/history/history.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace app;

namespace {

ReplyOutcome done(const QString& text) {
  return {.text = text,
          .tokenIds = {7, 8, 2},
          .status = MessageStatus::Complete,
          .finishReason = QStringLiteral("stop"),
          .promptTokens = 12,
          .completionTokens = 3,
          .tokensPerSecond = 31.5,
          .timeToFirstTokenMs = 120};
}

QStringList texts(const QList<Message>& messages) {
  QStringList all;
  for (const Message& message : messages) {
    all.append(message.text);
  }
  return all;
}

HistoryErrorCode codeOf(const std::function<void()>& call) {
  try {
    call();
  } catch (const HistoryError& error) {
    return error.code();
  }
  qFatal("no error where one was expected");
}

}  // namespace

/// The message tree, the conversations, and the thread around them.
class HistoryTest : public QObject {
  Q_OBJECT

 private slots:
  void turnHoldsThePathAndAnEmptyReply() {
    HistoryStore store = HistoryStore::inMemory();
    const Conversation chat = store.createConversation(QStringLiteral("Chat"));
    const Turn first = store.appendTurn(chat.id, 0, QStringLiteral("one"), QStringLiteral("model"));
    store.finishReply(first.replyId, done(QStringLiteral("two")));
    const Turn second = store.appendTurn(chat.id, first.replyId, QStringLiteral("three"), QStringLiteral("model"));

    QCOMPARE(texts(second.messages), QStringList({"one", "two", "three"}));
    QCOMPARE(second.userMessageId, second.messages.last().id);
    QCOMPARE(second.messages[1].tokenIds, QList<qint32>({7, 8, 2}));
    const Message reply = store.message(second.replyId);
    QCOMPARE(reply.status, MessageStatus::Streaming);
    QCOMPARE(reply.role, MessageRole::Assistant);
    QCOMPARE(reply.parentId, second.userMessageId);
    QCOMPARE(store.conversation(chat.id).currentLeaf, second.replyId);
  }

  void finishedReplyKeepsEveryField() {
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("history.db"));
    qint64 replyId = 0;
    const QString text = QStringLiteral("naïve 你好 😀\nline") + QChar(0) + QStringLiteral("after");
    const ReplyOutcome outcome = {.text = text,
                                  .tokenIds = {0, -1, 2147483647},
                                  .status = MessageStatus::Cancelled,
                                  .finishReason = QStringLiteral("cancelled"),
                                  .promptTokens = 5,
                                  .completionTokens = 6,
                                  .tokensPerSecond = 0.1,
                                  .timeToFirstTokenMs = 1LL << 40};
    {
      HistoryStore store(path);
      replyId = store.appendTurn(store.createConversation().id, 0, QStringLiteral("q"), QStringLiteral("m")).replyId;
      store.finishReply(replyId, outcome);
    }
    HistoryStore store(path);
    const Message reply = store.message(replyId);
    QCOMPARE(reply.text, outcome.text);
    QCOMPARE(reply.tokenIds, outcome.tokenIds);
    QCOMPARE(reply.status, outcome.status);
    QCOMPARE(reply.finishReason, outcome.finishReason);
    QCOMPARE(reply.modelName, QStringLiteral("m"));
    QCOMPARE(reply.promptTokens, outcome.promptTokens);
    QCOMPARE(reply.completionTokens, outcome.completionTokens);
    QCOMPARE(reply.tokensPerSecond, outcome.tokensPerSecond);
    QCOMPARE(reply.timeToFirstTokenMs, outcome.timeToFirstTokenMs);
    QVERIFY(qAbs(reply.created.msecsTo(QDateTime::currentDateTimeUtc())) < 60000);
  }

  void everyEditAndRegenerationIsANewSibling() {
    HistoryStore store = HistoryStore::inMemory();
    const qint64 chat = store.createConversation().id;
    const Turn original = store.appendTurn(chat, 0, QStringLiteral("question"), QStringLiteral("m"));
    store.finishReply(original.replyId, done(QStringLiteral("answer 1")));
    const Turn again = store.appendReply(original.userMessageId, QStringLiteral("m"));
    store.finishReply(again.replyId, done(QStringLiteral("answer 2")));
    QCOMPARE(again.replySiblingIndex, 1);
    QCOMPARE(again.replySiblingCount, 2);
    const Message corrected = store.editReply(again.replyId, QStringLiteral("answer by hand"));
    const Turn edited =
        store.editUserMessage(original.userMessageId, QStringLiteral("better question"), QStringLiteral("m"));

    QCOMPARE(corrected.siblingIndex, 2);
    QCOMPARE(corrected.siblingCount, 3);
    QVERIFY(corrected.tokenIds.isEmpty());
    QCOMPARE(corrected.status, MessageStatus::Complete);
    QCOMPARE(texts(edited.messages), QStringList({"better question"}));
    QCOMPARE(edited.messages[0].siblingIndex, 1);
    QCOMPARE(edited.messages[0].siblingCount, 2);
    QCOMPARE(texts(store.path(original.replyId)), QStringList({"question", "answer 1"}));
    QCOMPARE(store.message(original.replyId).siblingCount, 3);
    QCOMPARE(store.siblings(again.replyId), QList<qint64>({original.replyId, again.replyId, corrected.id}));
    QCOMPARE(store.siblings(edited.userMessageId), QList<qint64>({original.userMessageId, edited.userMessageId}));
    QCOMPARE(store.conversation(chat).currentLeaf, edited.replyId);
  }

  void siblingsOfOneConversationDoNotCountInAnother() {
    HistoryStore store = HistoryStore::inMemory();
    const Turn one = store.appendTurn(store.createConversation().id, 0, QStringLiteral("a"), {});
    const Turn other = store.appendTurn(store.createConversation().id, 0, QStringLiteral("b"), {});
    QCOMPARE(other.messages[0].siblingIndex, 0);
    QCOMPARE(other.messages[0].siblingCount, 1);
    QCOMPARE(store.siblings(one.userMessageId), QList<qint64>({one.userMessageId}));
    QCOMPARE(codeOf([&] { store.siblings(99); }), HistoryErrorCode::Failed);
  }

  void selectingAVersionDescendsToTheLeafUsedLast() {
    HistoryStore store = HistoryStore::inMemory();
    const qint64 chat = store.createConversation().id;
    const Turn first = store.appendTurn(chat, 0, QStringLiteral("v1"), {});
    const Turn below = store.appendTurn(chat, first.replyId, QStringLiteral("second"), {});
    const Turn newest = store.appendReply(below.userMessageId, {});
    QCOMPARE(store.selectSibling(below.replyId), below.replyId);  // now used later than the newest
    const Turn second = store.editUserMessage(first.userMessageId, QStringLiteral("v2"), {});

    QCOMPARE(store.selectSibling(first.userMessageId), below.replyId);
    QCOMPARE(texts(store.currentPath(chat)), QStringList({"v1", "", "second", ""}));
    QCOMPARE(store.selectSibling(second.userMessageId), second.replyId);
    store.setCurrentLeaf(chat, newest.replyId);
    QCOMPARE(store.selectSibling(second.userMessageId), second.replyId);
    QCOMPARE(store.selectSibling(first.userMessageId), newest.replyId);
  }

  void conversationsComePinnedFirstThenByLastUse() {
    HistoryStore store = HistoryStore::inMemory();
    const qint64 a = store.createConversation(QStringLiteral("a")).id;
    QTest::qWait(3);
    const qint64 b = store.createConversation(QStringLiteral("b")).id;
    QTest::qWait(3);
    const qint64 c = store.createConversation(QStringLiteral("c")).id;
    QTest::qWait(3);
    store.appendTurn(b, 0, QStringLiteral("x"), {});
    store.setPinned(a, true);
    store.renameConversation(c, QStringLiteral("renamed"));  // not a use
    QList<qint64> order;
    for (const Conversation& chat : store.conversations()) {
      order.append(chat.id);
    }
    QCOMPARE(order, QList<qint64>({a, b, c}));
  }

  void conversationKeepsWhatIsSet() {
    HistoryStore store = HistoryStore::inMemory();
    const Conversation chat = store.createConversation(QStringLiteral("t"), QStringLiteral("/m"), QStringLiteral("M"));
    store.renameConversation(chat.id, QStringLiteral("标题 'quoted'"));
    store.setDraft(chat.id, QStringLiteral("dra\nft"));
    store.setConversationModel(chat.id, QStringLiteral("/other"), QStringLiteral("Other"));
    store.setConversationSampling(chat.id, QStringLiteral("{\"top_k\":3}"));
    Conversation expected = chat;
    expected.title = QStringLiteral("标题 'quoted'");
    expected.draft = QStringLiteral("dra\nft");
    expected.modelPath = QStringLiteral("/other");
    expected.modelName = QStringLiteral("Other");
    expected.samplingJson = QStringLiteral("{\"top_k\":3}");
    QCOMPARE(store.conversation(chat.id), expected);
    store.appendTurn(chat.id, 0, QStringLiteral("sent"), {});
    QCOMPARE(store.conversation(chat.id).draft, QString());
  }

  void deletedConversationComesBackWhole() {
    HistoryStore store = HistoryStore::inMemory();
    const Turn turn = store.appendTurn(store.createConversation().id, 0, QStringLiteral("kept"), {});
    const Conversation before = store.conversation(turn.conversationId);
    store.deleteConversation(turn.conversationId);
    QVERIFY(store.conversations().isEmpty());
    QCOMPARE(store.purgeTrash(), 0);  // not old enough
    store.restoreConversation(turn.conversationId);
    QCOMPARE(store.conversations(), QList<Conversation>({before}));
    QCOMPARE(texts(store.currentPath(turn.conversationId)), QStringList({"kept", ""}));
  }

  // 1500 messages in a chain: SQLite's own cascades end at a depth of 1000.
  void purgingTheTrashRemovesLongConversationsForGood() {
    HistoryStore store = HistoryStore::inMemory();
    const qint64 chat = store.createConversation(QStringLiteral("long")).id;
    qint64 leaf = 0;
    for (int i = 0; i < 750; ++i) {
      leaf = store.appendTurn(chat, leaf, QStringLiteral("needle"), {}).replyId;
    }
    QCOMPARE(store.currentPath(chat).size(), 1500);
    store.deleteConversation(chat);
    QCOMPARE(store.purgeTrash(0), 1);
    QCOMPARE(codeOf([&] { store.conversation(chat); }), HistoryErrorCode::Failed);
    QVERIFY(store.search(QStringLiteral("needle")).isEmpty());
    QCOMPARE(store.purgeTrash(0), 0);
  }

  void unknownIdsAreRefusedAndChangeNothing() {
    HistoryStore store = HistoryStore::inMemory();
    const Turn turn = store.appendTurn(store.createConversation().id, 0, QStringLiteral("x"), {});
    const qint64 other = store.createConversation().id;
    QCOMPARE(codeOf([&] { store.appendTurn(99, 0, QStringLiteral("y"), {}); }), HistoryErrorCode::Failed);
    QCOMPARE(codeOf([&] { store.appendTurn(other, turn.replyId, QStringLiteral("y"), {}); }), HistoryErrorCode::Failed);
    QCOMPARE(codeOf([&] { store.appendReply(turn.replyId, {}); }), HistoryErrorCode::Failed);
    QCOMPARE(codeOf([&] { store.editUserMessage(turn.replyId, {}, {}); }), HistoryErrorCode::Failed);
    QCOMPARE(codeOf([&] { store.editReply(turn.userMessageId, {}); }), HistoryErrorCode::Failed);
    QCOMPARE(codeOf([&] { store.finishReply(turn.userMessageId, {}); }), HistoryErrorCode::Failed);
    QCOMPARE(codeOf([&] { store.setCurrentLeaf(other, turn.replyId); }), HistoryErrorCode::Failed);
    QCOMPARE(codeOf([&] { store.path(99); }), HistoryErrorCode::Failed);
    QVERIFY(store.currentPath(other).isEmpty());
    QCOMPARE(store.currentPath(turn.conversationId).size(), 2);
    QCOMPARE(store.message(turn.userMessageId).text, QStringLiteral("x"));
  }

  void lateStreamingSaveDoesNotTouchAFinishedReply() {
    HistoryStore store = HistoryStore::inMemory();
    const Turn turn = store.appendTurn(store.createConversation().id, 0, QStringLiteral("x"), {});
    store.saveStreamingText(turn.replyId, QStringLiteral("par"), {1});
    QCOMPARE(store.message(turn.replyId).text, QStringLiteral("par"));
    store.finishReply(turn.replyId, done(QStringLiteral("partial and whole")));
    store.saveStreamingText(turn.replyId, QStringLiteral("partial"), {1, 2});
    QCOMPARE(store.message(turn.replyId).text, QStringLiteral("partial and whole"));
  }

  void cutReplyComesBackInterruptedAndIsFound() {
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("history.db"));
    qint64 replyId = 0;
    {
      HistoryStore store(path);
      replyId = store.appendTurn(store.createConversation().id, 0, QStringLiteral("x"), {}).replyId;
      store.saveStreamingText(replyId, QStringLiteral("half an answ"), {4, 5});
      QVERIFY(store.search(QStringLiteral("answ")).isEmpty());
    }
    HistoryStore store(path);
    const Message reply = store.message(replyId);
    QCOMPARE(reply.status, MessageStatus::Interrupted);
    QCOMPARE(reply.text, QStringLiteral("half an answ"));
    QCOMPARE(reply.tokenIds, QList<qint32>({4, 5}));
    QCOMPARE(store.search(QStringLiteral("answ")).size(), 1);
  }

  // ---- the thread

  void futuresAnswerInTheOrderOfTheCalls() {
    QTemporaryDir folder;
    History history(folder.filePath(QStringLiteral("history.db")));
    QFuture<Conversation> created = history.createConversation(QStringLiteral("1"));
    const qint64 chat = created.result().id;
    for (int i = 2; i <= 50; ++i) {
      history.renameConversation(chat, QString::number(i));
    }
    QCOMPARE(history.conversation(chat).result().title, QStringLiteral("50"));
  }

  void destructionWritesEverythingAskedFor() {
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("history.db"));
    qint64 chat = 0;
    QFuture<void> last;
    {
      History history(path);
      chat = history.createConversation().result().id;
      for (int i = 0; i < 100; ++i) {
        last = history.setDraft(chat, QString::number(i));
      }
    }
    QVERIFY(last.isFinished());
    HistoryStore store(path);
    QCOMPARE(store.conversation(chat).draft, QStringLiteral("99"));
  }

  void waitingSavesOfAReplyBecomeOne() {
    QTemporaryDir folder;
    History history(folder.filePath(QStringLiteral("history.db")));
    const Turn turn = history.appendTurn(history.createConversation().result().id, 0, QStringLiteral("x"), {}).result();
    QList<QFuture<void>> saves;
    for (int i = 1; i <= 2000; ++i) {
      saves.append(history.saveStreamingText(turn.replyId, QString(i, u'a'), {i}));
    }
    QCOMPARE(history.message(turn.replyId).result().text, QString(2000, u'a'));
    QCOMPARE(history.message(turn.replyId).result().tokenIds, QList<qint32>({2000}));
    for (const QFuture<void>& save : saves) {
      QVERIFY(save.isFinished());
    }
  }

  void errorsTravelInTheFuture() {
    QTemporaryDir folder;
    History history(folder.filePath(QStringLiteral("history.db")));
    QCOMPARE(codeOf([&] { history.message(4711).result(); }), HistoryErrorCode::Failed);
    QVERIFY(history.conversations().result().isEmpty());  // and the thread lives on
  }

  void everyFutureCarriesAFailedOpening() {
    QTemporaryDir folder;
    QVERIFY(QDir(folder.path()).mkdir(QStringLiteral("history.db")));  // a folder where the file should be
    History history(folder.filePath(QStringLiteral("history.db")));
    QCOMPARE(codeOf([&] { history.opened().waitForFinished(); }), HistoryErrorCode::CannotOpen);
    QCOMPARE(codeOf([&] { history.conversations().result(); }), HistoryErrorCode::CannotOpen);
  }

  void whenDoneCallsOnTheThreadOfItsContext() {
    QTemporaryDir folder;
    History history(folder.filePath(QStringLiteral("history.db")));
    qint64 id = 0;
    QString sentence;
    bool renamed = false;
    whenDone(
        history.createConversation(), this,
        [&](const Conversation& chat) {
          QCOMPARE(QThread::currentThread(), thread());
          id = chat.id;
        },
        [](const HistoryError&) { QFAIL("no error expected"); });
    QCOMPARE(id, 0);  // never inside the call
    QTRY_VERIFY(id > 0);
    whenDone(
        history.renameConversation(id, QStringLiteral("n")), this, [&] { renamed = true; },
        [](const HistoryError&) { QFAIL("no error expected"); });
    whenDone(
        history.message(4711), this, [](const Message&) { QFAIL("no value expected"); },
        [&](const HistoryError& error) { sentence = error.sentence(); });
    QTRY_VERIFY(!sentence.isEmpty());
    QVERIFY(renamed);
    QVERIFY2(sentence.contains(QStringLiteral("4711")), qPrintable(sentence));
  }

  void whenDoneForgetsAContextThatIsGone() {
    QTemporaryDir folder;
    History history(folder.filePath(QStringLiteral("history.db")));
    auto context = std::make_unique<QObject>();
    whenDone(
        history.conversations(), context.get(), [](const QList<Conversation>&) { QFAIL("called"); },
        [](const HistoryError&) { QFAIL("called"); });
    context.reset();
    history.conversations().waitForFinished();
    QCoreApplication::processEvents();
  }
};

QTEST_GUILESS_MAIN(HistoryTest)
#include "history_test.moc"
