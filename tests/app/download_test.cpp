#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include "tests/app/download_queue_fixture.h"

using namespace app;
using namespace tests;

using State = DownloadQueue::State;

/// One way to the finished folder, and what the person does on it.
class DownloadTest : public DownloadQueueFixture {
  Q_OBJECT

 private slots:
  void severalFilesArriveInRangesAndTheFolderGetsItsName() {
    DownloadQueue queue(models(), quickOptions());
    QAbstractItemModelTester tester(&queue);
    QSignalSpy completed(&queue, &DownloadQueue::completed);
    QVERIFY(queue.add(plan()));
    QCOMPARE(queue.activeCount(), 1);
    QCOMPARE(queue.rowOf(QStringLiteral("model")), 0);
    QVERIFY2(reachesState(queue, State::Done), qPrintable(problemOf(queue)));
    QCOMPARE(difference(folder(), files_), QString());
    QCOMPARE(completed.size(), 1);
    QCOMPARE(completed[0][0].toString(), folder());
    QCOMPARE(of(queue, 0, DownloadQueue::FolderRole).toString(), folder());
    QCOMPARE(received(queue), bytesOfFiles());
    QCOMPARE(queue.activeCount(), 0);
    QVERIFY(!QFileInfo::exists(partial()));
    QCOMPARE(bytesServed(), bytesOfFiles());
    QVERIFY(origin_->requests().join('\n').contains("206 16384 \"bytes=16384-32767\""));
    QVERIFY(QFileInfo::exists(folder() + QStringLiteral("/.sotto.json")));
  }

  void whatWasLeftIsPausedAfterARestartAndGoesOn() {
    beginAndLeave(plan(), 150000);
    if (QTest::currentTestFailed()) return;
    QVERIFY(!QFileInfo::exists(folder()));
    const qint64 before = bytesServedInTheEnd();
    {
      DownloadQueue queue(models(), quickOptions());
      QVERIFY(reachesState(queue, State::Paused));
      QTRY_VERIFY(received(queue) >= 150000);
      QTRY_VERIFY(queue.partialBytes() > 0);
      QCOMPARE(queue.activeCount(), 0);
      QCOMPARE(queue.data(queue.index(0), DownloadQueue::TitleRole).toString(), QStringLiteral("A model"));
    }
    QCOMPARE(bytesServed(), before);  // nothing was asked unasked
    resumeAndFinish();
    QVERIFY2(bytesServed() < bytesOfFiles() + 150000, qPrintable(QString::number(bytesServed())));
  }

  void pausedOneGoesOnWhereItWas() {
    DownloadQueue queue(models(), slowOptions());
    QVERIFY(queue.add(plan()));
    QVERIFY(reaches(queue, [&] { return received(queue) > 100000; }));
    queue.pause(0);
    QCOMPARE(stateOf(queue), State::Paused);
    queue.setSpeedLimit(0);
    queue.resume(0);
    queue.pause(0);
    queue.resume(0);
    QVERIFY2(reachesState(queue, State::Done), qPrintable(problemOf(queue)));
    QCOMPARE(difference(folder(), files_), QString());
  }

  void queueKeepsItsOrder() {
    DownloadQueue queue(models(), slowOptions());
    QAbstractItemModelTester tester(&queue);
    DownloadPlan named = plan();
    for (const char* name : {"first", "second", "third"}) {
      named.name = QString::fromLatin1(name);
      QVERIFY(queue.add(named));
    }
    QVERIFY(!queue.add(named));  // it is there
    QVERIFY(!queue.problem().isEmpty());
    QCOMPARE(stateOf(queue, 0), State::Running);
    QCOMPARE(stateOf(queue, 1), State::Queued);
    queue.move(2, 1);
    QCOMPARE(queue.rowOf(QStringLiteral("third")), 1);
    queue.pause(0);
    QCOMPARE(stateOf(queue, 1), State::Running);
    QCOMPARE(stateOf(queue, 2), State::Queued);
    queue.resume(0);
    QCOMPARE(stateOf(queue, 0), State::Queued);
    queue.setSpeedLimit(0);
    QVERIFY(reachesState(queue, State::Done, 0));
    QVERIFY(reachesState(queue, State::Done, 1));
    QVERIFY(reachesState(queue, State::Done, 2));
    QCOMPARE(difference(models() + QStringLiteral("/third"), files_), QString());
  }

  void orderOutlivesARestart() {
    const auto names = [](const DownloadQueue& queue) {
      QStringList list;
      for (int row = 0; row < queue.count(); ++row) list << of(queue, row, DownloadQueue::NameRole).toString();
      return list;
    };
    const auto added = [this](const char* name) {
      DownloadPlan named = plan();
      named.name = QLatin1String(name);
      return named;
    };
    const QString order = models() + QStringLiteral("/.partial/.order");
    const QStringList wanted = {QStringLiteral("c"), QStringLiteral("a"), QStringLiteral("b")};
    {
      DownloadQueue queue(models(), slowOptions());
      for (const char* name : {"b", "c", "a"}) QVERIFY(queue.add(added(name)));
      queue.move(0, 2);
      QCOMPARE(names(queue), wanted);
      const auto stored = [&order] {
        QFile file(order);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
      };
      QTRY_COMPARE(stored(), QByteArray("c\na\nb"));
    }
    {
      DownloadQueue queue(models(), quickOptions());
      QVERIFY(reaches(queue, [&] { return queue.count() == 3; }));
      QCOMPARE(names(queue), wanted);
    }
    // What somebody else wrote there names nothing, or too much, and harms nothing.
    for (const QByteArray& damaged : {QByteArray(), QByteArray("../c\n\n\xff\nb\nb\n"), QByteArray(100000, '\n')}) {
      store(models() + QStringLiteral("/.partial"), {{QStringLiteral(".order"), damaged}});
      DownloadQueue queue(models(), quickOptions());
      QVERIFY(reaches(queue, [&] { return queue.count() == 3; }));
      QCOMPARE(names(queue).first(), damaged.contains('b') ? QStringLiteral("b") : QStringLiteral("a"));
    }
  }

  void pauseAllStopsAllAndResumeAllFinishes() {
    DownloadQueue queue(models(), slowOptions());
    DownloadPlan named = plan();
    for (const char* name : {"first", "second"}) {
      named.name = QString::fromLatin1(name);
      QVERIFY(queue.add(named));
    }
    queue.pauseAll();
    QCOMPARE(queue.activeCount(), 0);
    queue.setSpeedLimit(0);
    queue.resumeAll();
    QCOMPARE(queue.activeCount(), 2);
    QVERIFY(reachesState(queue, State::Done, 1));
    QVERIFY(reachesState(queue, State::Done, 0));
  }

  void cancelLeavesNothing() {
    DownloadQueue queue(models(), slowOptions());
    QVERIFY(queue.add(plan()));
    QVERIFY(reaches(queue, [&] { return received(queue) > 50000; }));
    queue.cancel(0);
    QCOMPARE(queue.count(), 0);
    QTRY_VERIFY(!QFileInfo::exists(partial()));
    QTRY_COMPARE(queue.partialBytes(), 0);
    QVERIFY(!QFileInfo::exists(folder()));
  }

  void remainsThatCannotBeReadAreListedAndDeletable() {
    store(partial(), {{QStringLiteral("plan.json"), "{"}, {QStringLiteral("files/weights.bin"), bytesFrom(1, 50000)}});
    DownloadQueue queue(models(), quickOptions());
    QVERIFY(reachesState(queue, State::Failed));
    QVERIFY(!problemOf(queue).isEmpty());
    QTRY_VERIFY(queue.partialBytes() >= 50000);
    queue.resume(0);
    QCOMPARE(stateOf(queue), State::Failed);
    queue.cancel(0);
    QTRY_VERIFY(!QFileInfo::exists(partial()));
  }

  void whatIsBesideAFinishedModelGoesAtTheNextStart() {
    // As after a sudden end between the two last steps.
    store(folder(), files_);
    store(partial(), {{QStringLiteral("plan.json"), writePlan(plan())}, {QStringLiteral("records/0.parts"), "x"}});
    DownloadQueue queue(models(), quickOptions());
    QTRY_VERIFY(!QFileInfo::exists(partial()));
    QCOMPARE(queue.count(), 0);
    QCOMPARE(difference(folder(), files_), QString());
  }

  void otherFilesOfTheSameNameBeginAnew() {
    beginAndLeave(plan(), 150000);
    if (QTest::currentTestFailed()) return;
    files_ = {{QStringLiteral("other.bin"), bytesFrom(8, 50000)}};
    store(root_->path(), files_);
    DownloadQueue queue(models(), quickOptions());
    QVERIFY(reachesState(queue, State::Paused));
    QVERIFY(queue.add(plan()));
    QVERIFY2(reachesState(queue, State::Done), qPrintable(problemOf(queue)));
    QCOMPARE(difference(folder(), files_), QString());
  }

  void secondProgramIsTold() {
    DownloadQueue first(models(), slowOptions());
    QVERIFY(first.add(plan()));
    QVERIFY(reaches(first, [&] { return received(first) > 0; }));
    DownloadQueue second(models(), quickOptions());
    QTRY_VERIFY(!second.problem().isEmpty());
    DownloadPlan other = plan();
    other.name = QStringLiteral("other");
    QVERIFY(second.add(other));
    QVERIFY(reachesState(second, State::Failed));
    QVERIFY(!QFileInfo::exists(models() + QStringLiteral("/.partial/other")));
    first.setSpeedLimit(0);
    QVERIFY(reachesState(first, State::Done));
  }

  void folderThatIsThereIsNeverReplaced() {
    store(folder(), {{QStringLiteral("mine"), "x"}});
    DownloadQueue queue(models(), quickOptions());
    QVERIFY(queue.add(plan()));
    QVERIFY(reachesState(queue, State::Failed));
    QCOMPARE(QDir(folder()).entryList(QDir::Files), QStringList{QStringLiteral("mine")});
    QVERIFY(origin_->requests().isEmpty());
  }
};

QTEST_GUILESS_MAIN(DownloadTest)
#include "download_test.moc"
