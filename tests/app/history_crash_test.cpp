#include <signal.h>

#include <QProcess>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QtTest>
#include <chrono>

#include "app/history/history_store.h"
#include "app/history/sqlite.h"

using namespace app;

namespace {

constexpr int kKills = 10;
constexpr qint64 kLossAllowedMs = 1000;

/// What history_writer said before it was killed.
struct Told {
  QMap<qint64, QList<qint64>> tokenTimes;  // by reply, of each token
  QSet<qint64> finished;
  qint64 lastReply = 0;
  bool failed = false;
};

Told parse(const QByteArray& output) {
  Told told;
  const qsizetype whole = output.lastIndexOf('\n') + 1;
  for (const QByteArray& line : output.left(whole).split('\n')) {
    const QList<QByteArray> words = line.split(' ');
    if (words[0] == "turn") {
      told.lastReply = words[1].toLongLong();
    } else if (words[0] == "token") {
      told.tokenTimes[words[1].toLongLong()].append(words[3].toLongLong());
    } else if (words[0] == "finished") {
      told.finished.insert(words[1].toLongLong());
    } else if (words[0] == "error") {
      told.failed = true;
    }
  }
  return told;
}

/// The text of the first `count` tokens, as history_writer makes it.
QString textOf(qsizetype count) {
  QString text;
  for (qsizetype n = 0; n < count; ++n) {
    text += QStringLiteral("w%1 ").arg(n);
  }
  return text;
}

}  // namespace

/// Kills a process that streams into the history, at random moments, and looks at what is left.
class HistoryCrashTest : public QObject {
  Q_OBJECT

 private slots:
  void killedWhileStreamingLosesNothingOlderThanASecond() {
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("history.db"));
    QRandomGenerator random = QRandomGenerator::securelySeeded();
    QList<Message> before;
    qsizetype interrupted = 0;
    qint64 worstLossMs = 0;

    for (int kill = 0; kill < kKills; ++kill) {
      QProcess writer;
      writer.start(QStringLiteral(HISTORY_WRITER), {path});
      QVERIFY(writer.waitForStarted());
      QByteArray output;
      while (!output.contains("token") && writer.waitForReadyRead(10000)) {
        output += writer.readAllStandardOutput();
      }
      const int lifeMs = random.bounded(100, 2600);
      QTest::qWait(lifeMs);
      ::kill(static_cast<pid_t>(writer.processId()), SIGKILL);
      const qint64 killedMs =
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
              .count();
      QVERIFY(writer.waitForFinished());
      QCOMPARE(writer.exitStatus(), QProcess::CrashExit);
      const Told told = parse(output + writer.readAllStandardOutput());
      QVERIFY(!told.failed);
      QVERIFY(told.lastReply > 0);

      {
        Connection connection(path);
        connection.keepLogOnClose(true);
        Statement check(connection, "PRAGMA integrity_check");
        QVERIFY(check.step());
        QCOMPARE(check.text(0), QStringLiteral("ok"));
      }
      HistoryStore store(path);
      QCOMPARE(store.report(), OpenReport());
      for (const Message& message : before) {
        QCOMPARE(store.message(message.id), message);
      }
      for (auto it = told.tokenTimes.cbegin(); it != told.tokenTimes.cend(); ++it) {
        const Message reply = store.message(it.key());
        const qsizetype kept = reply.tokenIds.size();
        QCOMPARE(reply.text, textOf(kept));
        if (told.finished.contains(it.key())) {
          QCOMPARE(reply.status, MessageStatus::Complete);
          QCOMPARE(kept, it->size());
          continue;
        }
        interrupted += reply.status == MessageStatus::Interrupted;
        // The finish may have been stored without its line being told.
        QVERIFY(reply.status == MessageStatus::Interrupted || reply.status == MessageStatus::Complete);
        if (kept < it->size()) {
          const qint64 lossMs = killedMs - it->at(kept);
          worstLossMs = std::max(worstLossMs, lossMs);
          QVERIFY2(lossMs <= kLossAllowedMs, qPrintable(QStringLiteral("lost %1 ms").arg(lossMs)));
        }
      }
      for (const Conversation& chat : store.conversations()) {
        before += store.currentPath(chat.id);
      }
    }
    QVERIFY(interrupted > 0);
    qInfo("interrupted replies: %lld; most that was lost: %lld ms", static_cast<long long>(interrupted),
          static_cast<long long>(worstLossMs));
  }
};

QTEST_GUILESS_MAIN(HistoryCrashTest)
#include "history_crash_test.moc"
