#include <QRandomGenerator>
#include <QtTest>
#include <algorithm>

#include "app/history/history_store.h"
#include "app/history/search_text.h"

using namespace app;

namespace {

qint64 say(HistoryStore& store, qint64 chat, const QString& text) {
  const Turn turn = store.appendTurn(chat, 0, text, {});
  store.finishReply(turn.replyId, {.text = QStringLiteral("0")});  // in no query
  return turn.userMessageId;
}

QList<qint64> messageIds(const QList<SearchHit>& hits) {
  QList<qint64> ids;
  for (const SearchHit& hit : hits) {
    ids.append(hit.messageId);
  }
  return ids;
}

QStringList matched(const SearchHit& hit) {
  QStringList parts;
  for (const TextRange& range : hit.matches) {
    parts.append(hit.snippet.mid(range.start, range.length));
  }
  return parts;
}

}  // namespace

/// Full-text search: any substring, in any script, as data.
class HistorySearchTest : public QObject {
  Q_OBJECT

 private slots:
  // The oracle is Qt's own case-insensitive comparison over every message.
  void findsExactlyTheMessagesThatContainTheQuery() {
    const QStringList alphabets = {QStringLiteral("abcABC .,"),   QStringLiteral("你好天气今世界"),
                                   QStringLiteral("aB你好 天"),   QStringLiteral("αΑβΒςσΣ"),
                                   QStringLiteral("\"*:^-()'ab"), QStringLiteral("ÄäÖöéÉжЖ")};
    QRandomGenerator random(20240607);
    HistoryStore store = HistoryStore::inMemory();
    const qint64 chat = store.createConversation().id;
    QList<std::pair<qint64, QString>> all;
    for (int i = 0; i < 300; ++i) {
      const QString& alphabet = alphabets[i % alphabets.size()];
      QString text;
      for (int n = random.bounded(1, 30); n > 0; --n) {
        text += alphabet[random.bounded(alphabet.size())];
        if (random.bounded(20) == 0) {
          text += QStringLiteral("😀");
        }
      }
      all.append({say(store, chat, text), text});
    }
    for (int i = 0; i < 1500; ++i) {
      const QString& text = all[random.bounded(all.size())].second;
      const qsizetype start = random.bounded(text.size());
      QString query = text.mid(start, random.bounded(1, 7));
      if (i % 3 == 0) {
        query = query.toUpper();
      }
      if (i % 7 == 0) {
        std::reverse(query.begin(), query.end());  // often in no message at all
      }
      query = query.trimmed();
      if (query.isEmpty() || !query.isValidUtf16()) {
        continue;
      }
      QList<qint64> expected;
      for (auto it = all.crbegin(); it != all.crend(); ++it) {
        if (it->second.contains(query, Qt::CaseInsensitive)) {
          expected.append(it->first);
        }
      }
      QVERIFY2(messageIds(store.search(query, 1000)) == expected, qPrintable(query));
    }
  }

  void findsOneAndTwoCharactersOfChinese_data() {
    QTest::addColumn<QString>("query");
    QTest::newRow("one character") << QStringLiteral("气");
    QTest::newRow("a word of two") << QStringLiteral("天气");
    QTest::newRow("across words") << QStringLiteral("气怎");
    QTest::newRow("three and more") << QStringLiteral("天气怎么样");
    QTest::newRow("mixed scripts") << QStringLiteral("qt 天");
    QTest::newRow("outside the basic plane") << QStringLiteral("𠀀");
    QTest::newRow("space around it") << QStringLiteral("  天气\n");
  }
  void findsOneAndTwoCharactersOfChinese() {
    QFETCH(QString, query);
    HistoryStore store = HistoryStore::inMemory();
    const qint64 chat = store.createConversation().id;
    const qint64 id = say(store, chat, QStringLiteral("今天Qt 天气怎么样？𠀀"));
    say(store, chat, QStringLiteral("天文 气象 怎"));
    const QList<SearchHit> hits = store.search(query);
    QVERIFY(messageIds(hits).contains(id));
    for (const SearchHit& hit : hits) {
      QVERIFY(!matched(hit).isEmpty());
    }
  }

  void queryIsDataAndNeverSyntax_data() {
    QTest::addColumn<QString>("query");
    for (const char* query : {"\"", "\"\"\"", "a OR b", "a AND", "NOT", "text:a", "words : a", "a*", "^a", "NEAR(a b)",
                              "(", "{", "'; DROP TABLE messages; --", "a + b", "-", "\\", "%", "_", "a\"b"}) {
      QTest::newRow(query) << QString::fromUtf8(query);
    }
  }
  void queryIsDataAndNeverSyntax() {
    QFETCH(QString, query);
    HistoryStore store = HistoryStore::inMemory();
    const qint64 chat = store.createConversation().id;
    const qint64 other = say(store, chat, QStringLiteral("nothing special here"));
    const qint64 id = say(store, chat, QStringLiteral("before ") + query + QStringLiteral(" after"));
    const QList<SearchHit> hits = store.search(query);
    QVERIFY(messageIds(hits).contains(id));
    QVERIFY(!messageIds(hits).contains(other) || store.message(other).text.contains(query, Qt::CaseInsensitive));
  }

  void emptyAndOverlongQueriesFindNothing() {
    HistoryStore store = HistoryStore::inMemory();
    say(store, store.createConversation().id, QString(70, u'a') + QStringLiteral("b"));
    QVERIFY(store.search(QString()).isEmpty());
    QVERIFY(store.search(QStringLiteral(" \n\t ")).isEmpty());
    QVERIFY(store.search(QString(1000000, u'a')).isEmpty());
    QVERIFY(store.search(QString(QChar(0))).isEmpty());
    QVERIFY(store.search(QString(QChar(0xD800))).isEmpty());
    QVERIFY(store.search(QStringLiteral("a"), 0).isEmpty());
    QCOMPARE(store.search(QString(68, u'A') + QStringLiteral("B")).size(), 1);  // longer than what the index is asked
    QVERIFY(store.search(QString(68, u'a') + QStringLiteral("c")).isEmpty());
  }

  void titlesAreFoundFirst() {
    HistoryStore store = HistoryStore::inMemory();
    const qint64 chat = store.createConversation(QStringLiteral("Reise nach Köln")).id;
    const qint64 message = say(store, chat, QStringLiteral("wie weit ist KÖLN?"));
    const QList<SearchHit> hits = store.search(QStringLiteral("köln"));
    QCOMPARE(messageIds(hits), QList<qint64>({0, message}));
    QCOMPARE(hits[0].conversationId, chat);
    QCOMPARE(matched(hits[0]), QStringList({QStringLiteral("Köln")}));
    QCOMPARE(matched(hits[1]), QStringList({QStringLiteral("KÖLN")}));
    QCOMPARE(hits[1].title, QStringLiteral("Reise nach Köln"));
    store.renameConversation(chat, QStringLiteral("Bonn"));
    QCOMPARE(messageIds(store.search(QStringLiteral("köln"))), QList<qint64>({message}));
    QCOMPARE(store.search(QStringLiteral("bo")).size(), 1);
    store.renameConversation(chat, QString());
    QVERIFY(store.search(QStringLiteral("bonn")).isEmpty());
  }

  void manyTitlesLeaveRoomForMessages() {
    HistoryStore store = HistoryStore::inMemory();
    for (int i = 0; i < 20; ++i) {
      say(store, store.createConversation(QStringLiteral("word")).id, QStringLiteral("word"));
    }
    const QList<qint64> ids = messageIds(store.search(QStringLiteral("word"), 10));
    QCOMPARE(ids.size(), 10);
    QCOMPARE(ids.count(0), 5);
    QCOMPARE(store.search(QStringLiteral("word"), 100).size(), 40);
  }

  void trashIsNotSearched() {
    HistoryStore store = HistoryStore::inMemory();
    const qint64 chat = store.createConversation(QStringLiteral("secret title")).id;
    say(store, chat, QStringLiteral("secret text"));
    store.deleteConversation(chat);
    QVERIFY(store.search(QStringLiteral("secret")).isEmpty());
    QVERIFY(store.search(QStringLiteral("s")).isEmpty());
    store.restoreConversation(chat);
    QCOMPARE(store.search(QStringLiteral("secret")).size(), 2);
  }

  void finishedTextReplacesWhatWasFoundBefore() {
    HistoryStore store = HistoryStore::inMemory();
    const Turn turn = store.appendTurn(store.createConversation().id, 0, QStringLiteral("q"), {});
    store.finishReply(turn.replyId, {.text = QStringLiteral("first version")});
    store.finishReply(turn.replyId, {.text = QStringLiteral("second one")});
    QVERIFY(store.search(QStringLiteral("first")).isEmpty());
    QVERIFY(store.search(QStringLiteral("fi")).isEmpty());
    QCOMPARE(store.search(QStringLiteral("second")).size(), 1);
  }

  void snippetIsOneLineAroundTheMatches() {
    HistoryStore store = HistoryStore::inMemory();
    const QString filler = QStringLiteral("😀x\n").repeated(100);
    say(store, store.createConversation().id, filler + QStringLiteral("Needle and needle") + filler);
    const SearchHit hit = store.search(QStringLiteral("needle")).value(0);
    QCOMPARE(matched(hit), QStringList({QStringLiteral("Needle"), QStringLiteral("needle")}));
    QVERIFY(hit.snippet.startsWith(u'…') && hit.snippet.endsWith(u'…'));
    QVERIFY(!hit.snippet.contains(u'\n'));
    QVERIFY(hit.snippet.isValidUtf16());
    QVERIFY(hit.snippet.size() < 200);
  }

  void longMatchIsCutWithItsSnippet() {
    HistoryStore store = HistoryStore::inMemory();
    const QString line = QStringLiteral("0123456789").repeated(50);
    say(store, store.createConversation().id, line);
    const SearchHit hit = store.search(line).value(0);
    QCOMPARE(hit.matches.size(), 1);
    QVERIFY(hit.matches[0].start + hit.matches[0].length <= hit.snippet.size());
  }

  // Places in folded text are used as places in the text itself.
  void foldingKeepsTheLengthOfEveryCharacter() {
    for (char32_t point = 1; point <= 0x10ffff; ++point) {
      const QString text = QString::fromUcs4(&point, 1);
      QCOMPARE(foldForSearch(text).size(), text.size());
    }
    QCOMPARE(foldForSearch(QStringLiteral("ÄΣЖＡ𐐀")), QStringLiteral("äσжａ𐐨"));
    QCOMPARE(foldForSearch(QString(QChar(0))), QString(QChar(0xfffd)));
    QCOMPARE(foldForSearch(QString(QChar(0xdc00)) + QChar(0xd800)), QString(2, QChar(0xfffd)));
  }

  void textThatUtf8CannotHoldCanBeTakenOutAgain() {
    HistoryStore store = HistoryStore::inMemory();
    const QString odd = QStringLiteral("odd") + QChar(0xd800) + QChar(0) + QStringLiteral("text");
    const Turn turn = store.appendTurn(store.createConversation().id, 0, odd, {});
    store.finishReply(turn.replyId, {.text = odd});
    store.finishReply(turn.replyId, {.text = QStringLiteral("even")});
    QCOMPARE(store.search(QStringLiteral("text")).size(), 1);
    store.deleteConversation(turn.conversationId);
    QCOMPARE(store.purgeTrash(0), 1);
    QVERIFY(store.search(QStringLiteral("o")).isEmpty());
  }
};

QTEST_GUILESS_MAIN(HistorySearchTest)
#include "history_search_test.moc"
