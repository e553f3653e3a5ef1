#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/app/download_queue_fixture.h"

using namespace app;
using namespace tests;

using State = DownloadQueue::State;

/// What the disk does, and what a plan may not do to it.
class DownloadDiskTest : public DownloadQueueFixture {
  Q_OBJECT

 private slots:
  void linksLeadNowhere() {
    QTemporaryDir outside;
    store(outside.path(), {{QStringLiteral("precious"), "precious"}});
    // The folder of a file, a file, and the folder of all partial files.
    QVERIFY(QDir().mkpath(partial() + QStringLiteral("/files")));
    QVERIFY(QFile::link(outside.path(), partial() + QStringLiteral("/files/sub")));
    QVERIFY(
        QFile::link(outside.filePath(QStringLiteral("precious")), partial() + QStringLiteral("/files/weights.bin")));
    {
      DownloadQueue queue(models(), quickOptions());
      QVERIFY(reachesState(queue, State::Failed));  // remains without a plan
      QVERIFY(queue.add(plan()));                   // takes them away first
      QVERIFY2(reachesState(queue, State::Done), qPrintable(problemOf(queue)));
      QCOMPARE(difference(folder(), files_), QString());
    }
    QVERIFY(QDir(models()).removeRecursively());
    QVERIFY(QDir().mkpath(models()));
    QVERIFY(QFile::link(outside.path(), models() + QStringLiteral("/.partial")));
    {
      DownloadQueue queue(models(), quickOptions());
      QVERIFY(queue.add(plan()));
      QVERIFY(reachesState(queue, State::Failed));
      QVERIFY(!queue.problem().isEmpty());
    }
    QCOMPARE(difference(outside.path(), {{QStringLiteral("precious"), "precious"}}), QString());
  }

  void linkPutInTheWayMeanwhileIsNotFollowed() {
    beginAndLeave(plan(), 150000);
    if (QTest::currentTestFailed()) return;
    QTemporaryDir outside;
    store(outside.path(), {{QStringLiteral("weights.bin"), bytesFrom(7, 300001)}});
    const QString file = partial() + QStringLiteral("/files/weights.bin");
    QVERIFY(QFile::remove(file));
    QVERIFY(QFile::link(outside.filePath(QStringLiteral("weights.bin")), file));
    DownloadQueue queue(models(), quickOptions());
    QVERIFY(reaches(queue, [&] { return queue.count() == 1; }));
    queue.cancel(0);
    QTRY_VERIFY(!QFileInfo::exists(partial()));
    QCOMPARE(difference(outside.path(), {{QStringLiteral("weights.bin"), bytesFrom(7, 300001)}}), QString());
  }

  void modelsFolderThatCannotBeWrittenIsToldAtOnce() {
    store(home_->path(), {{QStringLiteral("file"), "x"}});
    {
      DownloadQueue queue(home_->filePath(QStringLiteral("file/models")), quickOptions());
      QVERIFY(queue.add(plan()));
      QVERIFY(reachesState(queue, State::Failed));
      QVERIFY(queue.problem().contains(home_->path()));
    }
    if (::geteuid() == 0) QSKIP("root may write anywhere");
    QVERIFY(QDir().mkpath(models()));
    QFile::setPermissions(models(), QFile::ReadOwner | QFile::ExeOwner);
    DownloadQueue queue(models(), quickOptions());
    QVERIFY(queue.add(plan()));
    QVERIFY(reachesState(queue, State::Failed));
    QVERIFY(!queue.problem().isEmpty());
    QFile::setPermissions(models(), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
  }

  void fullDiskPausesAndGoesOnLater() {
    DownloadQueue queue(models(), quickOptions());
    ::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit fails, as on a full disk
    rlimit before{};
    QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
    rlimit small = before;
    small.rlim_cur = 200000;
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const bool added = queue.add(plan());
    const bool paused = reachesState(queue, State::Paused);
    const QString problem = problemOf(queue);
    ::setrlimit(RLIMIT_FSIZE, &before);
    QVERIFY(added && paused);
    QVERIFY2(problem.contains(QStringLiteral("weights.bin")), qPrintable(problem));
    QVERIFY(!QFileInfo::exists(folder()));
    queue.resume(0);
    QVERIFY2(reachesState(queue, State::Done), qPrintable(problemOf(queue)));
    QCOMPARE(difference(folder(), files_), QString());
  }

  void roomIsAskedForBefore() {
    DownloadOptions options = quickOptions();
    options.reserveBytes = 1LL << 60;
    DownloadQueue queue(models(), options);
    QVERIFY(queue.add(plan()));
    QVERIFY(reachesState(queue, State::Paused));
    QVERIFY(problemOf(queue).contains(QStringLiteral("GB")));
    QVERIFY(origin_->requests().isEmpty());
  }

  void hostileNamesAreRefusedBeforeAnything() {
    DownloadQueue queue(models(), quickOptions());
    for (const QString& path : {QStringLiteral("../escaped"), QStringLiteral("/tmp/escaped"), QString(10000, u'a')}) {
      DownloadPlan hostile = plan();
      hostile.files[0].path = path;
      QVERIFY(!queue.add(hostile));
      QVERIFY(!queue.problem().isEmpty());
    }
    QCOMPARE(queue.count(), 0);
    QVERIFY(!QFileInfo::exists(models()));
  }
};

QTEST_GUILESS_MAIN(DownloadDiskTest)
#include "download_disk_test.moc"
