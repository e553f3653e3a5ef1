#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include "tests/app/download_fixture.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/nginx_origin.h"

using namespace app;
using namespace tests;

using State = DownloadQueue::State;

/// The queue against nginx: one way to the finished folder, and all that can happen on it.
class DownloadTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> root_;
  std::unique_ptr<NginxOrigin> origin_;
  std::unique_ptr<QTemporaryDir> home_;
  QList<ServedFile> files_;

  QString models() const { return home_->filePath(QStringLiteral("models")); }
  QString folder() const { return models() + QStringLiteral("/model"); }
  QString partial() const { return models() + QStringLiteral("/.partial/model"); }
  DownloadPlan plan() const {
    return planFor(files_, [this](const QString& path) { return origin_->url(path); });
  }
  qint64 bytesOfFiles() const {
    qint64 bytes = 0;
    for (const ServedFile& file : files_) bytes += file.content.size();
    return bytes;
  }
  qint64 bytesServed() const {
    qint64 bytes = 0;
    for (const QByteArray& line : origin_->requests()) bytes += line.split(' ').value(3).toLongLong();
    return bytes;
  }
  /// Slow enough to be stopped in the middle.
  static DownloadOptions slowOptions() {
    DownloadOptions options = quickOptions();
    options.bytesPerSecond = 400000;
    return options;
  }
  static qint64 received(const DownloadQueue& queue, int row = 0) {
    return of(queue, row, DownloadQueue::ReceivedRole).toLongLong();
  }
  /// Runs a download until so many bytes are there, then ends the queue as the program's end does.
  void beginAndLeave(const DownloadPlan& plan, qint64 bytes) {
    DownloadQueue queue(models(), slowOptions());
    QVERIFY(queue.add(plan));
    QVERIFY(reaches(queue, [&] { return received(queue) >= bytes; }));
  }
  /// Finds what was left, goes on and expects it to end well.
  void resumeAndFinish() {
    DownloadQueue queue(models(), quickOptions());
    QVERIFY(reachesState(queue, State::Paused));
    queue.resume(0);
    QVERIFY2(reachesState(queue, State::Done), qPrintable(problemOf(queue)));
    QCOMPARE(difference(folder(), files_), QString());
  }

 private slots:
  void initTestCase() {
    ::signal(SIGXFSZ, SIG_IGN);
    if (!NginxOrigin::isThere()) QSKIP("nginx is not installed (package nginx-light)");
    root_ = std::make_unique<QTemporaryDir>();
  }
  void init() {
    home_ = std::make_unique<QTemporaryDir>();
    files_ = {{QStringLiteral("config.json"), bytesFrom(1, 900)},
              {QStringLiteral("weights.bin"), bytesFrom(2, 300001)},
              {QStringLiteral("sub/more.bin"), bytesFrom(3, 100000)}};
    store(root_->path(), files_);
    origin_ = std::make_unique<NginxOrigin>(
        root_->path(), QStringLiteral("location /busy { add_header Retry-After 7200 always; return 429; }"));
    QVERIFY(origin_->isRunning());
  }
  void cleanup() { origin_.reset(); }

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
    const qint64 before = bytesServed();
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

  void changedFileOnTheServerBeginsAnew() {
    const QList<ServedFile> before = files_;
    files_[1].content = bytesFrom(9, files_[1].content.size());
    DownloadPlan wanted = plan();
    wanted.files[1].sha256.clear();  // which would only tell in the end
    store(root_->path(), before);
    beginAndLeave(wanted, 150000);
    if (QTest::currentTestFailed()) return;
    const QString served = root_->path() + QStringLiteral("/weights.bin");
    store(root_->path(), files_);
    // The server's ETag is made of length and time in seconds.
    QFile file(served);
    QVERIFY(file.open(QIODevice::ReadWrite) &&
            file.setFileTime(QDateTime::currentDateTime().addSecs(60), QFileDevice::FileModificationTime));
    file.close();
    resumeAndFinish();
  }

  void partOfAnotherVersionIsNotTaken() {
    files_ = {{QStringLiteral("weights.bin"), bytesFrom(2, 300001)}};
    int asked = 0;
    FaultProxy proxy(origin_->port(), [&](const ProxyRequest&) {
      return Fault{++asked > 5 ? Fault::Kind::OtherEtag : Fault::Kind::None, 0};
    });
    DownloadOptions options = quickOptions();
    options.connections = 1;
    DownloadQueue queue(models(), options);
    QVERIFY(queue.add(planFor(files_, [&](const QString& path) { return proxy.url(path); })));
    QVERIFY2(reachesState(queue, State::Done), qPrintable(problemOf(queue)));
    QCOMPARE(difference(folder(), files_), QString());
    QVERIFY(proxy.bodyBytes() >= files_[0].content.size() + 5 * options.partBytes);
  }

  void damagedRecordBeginsTheFileAnew() {
    DownloadPlan wanted = plan();
    wanted.files[1].sha256.clear();
    beginAndLeave(wanted, 150000);
    if (QTest::currentTestFailed()) return;
    QFile record(partial() + QStringLiteral("/records/1.parts"));
    QVERIFY(record.open(QIODevice::ReadWrite));
    // As if more were there than is.
    QByteArray text = record.readAll();
    const qsizetype missing = text.indexOf(" 0 ");
    QVERIFY(missing > 0);
    record.seek(0);
    record.resize(0);
    record.write(text.replace(missing, 3, " 16384 "));
    record.close();
    resumeAndFinish();
  }

  void damagedFileIsFetchedOnceMore() {
    int corrupted = 0;
    FaultProxy proxy(origin_->port(), [&](const ProxyRequest& request) {
      const bool harm = request.path.contains("weights") && corrupted == 0;
      if (harm) ++corrupted;
      return Fault{harm ? Fault::Kind::Corrupt : Fault::Kind::None, 100};
    });
    DownloadQueue queue(models(), quickOptions());
    QVERIFY(queue.add(planFor(files_, [&](const QString& path) { return proxy.url(path); })));
    QVERIFY2(reachesState(queue, State::Done), qPrintable(problemOf(queue)));
    QCOMPARE(difference(folder(), files_), QString());
    QVERIFY(proxy.bodyBytes() >= bytesOfFiles() + files_[1].content.size());
  }

  void wrongChecksumIsAnErrorAndNothingIsOffered() {
    for (const int file : {0, 1}) {
      DownloadPlan wrong = plan();
      (file == 0 ? wrong.files[0].gitSha1 : wrong.files[1].sha256).front() ^= 1;
      DownloadQueue queue(models(), quickOptions());
      QVERIFY(queue.add(wrong));
      QVERIFY(reachesState(queue, State::Failed));
      QVERIFY2(problemOf(queue).contains(wrong.files[file].path), qPrintable(problemOf(queue)));
      QVERIFY(!QFileInfo::exists(folder()));
      queue.cancel(0);
      QCOMPARE(queue.count(), 0);
      QTRY_VERIFY(!QFileInfo::exists(partial()));
      QTRY_COMPARE(queue.partialBytes(), 0);
    }
  }

  void headerThatDoesNotFitTheLengthIsAnError() {
    const QByteArray header = R"({"t":{"dtype":"F32","shape":[25000],"data_offsets":[0,100000]}})";
    QByteArray length(8, '\0');
    length[0] = static_cast<char>(header.size());
    files_ = {{QStringLiteral("model.safetensors"), length + header + bytesFrom(4, 100000)}};
    store(root_->path(), files_);
    {
      DownloadQueue queue(models(), quickOptions());
      QVERIFY(queue.add(plan()));
      QVERIFY2(reachesState(queue, State::Done), qPrintable(problemOf(queue)));
    }
    files_[0].content.chop(1);
    store(root_->path(), files_);
    QVERIFY(QDir(folder()).removeRecursively());
    DownloadQueue queue(models(), quickOptions());
    QVERIFY(queue.add(plan()));
    QVERIFY(reachesState(queue, State::Failed));
    QVERIFY(!QFileInfo::exists(folder()));
    files_ = {{QStringLiteral("model.gguf"), QByteArray("GGUF\3\0\0\0", 8) + bytesFrom(5, 30000)}};
    store(root_->path(), files_);
    queue.cancel(0);
    QVERIFY(queue.add(plan()));
    QVERIFY(reachesState(queue, State::Failed));
    QVERIFY(problemOf(queue).contains(QStringLiteral("model.gguf")));
  }

  void whatTheHubTellsOnTheWayIsHeldAgainstTheFile() {
    // As a hub does: it redirects to where the content is, which is another origin, and tells size and SHA-256 there.
    files_ = {{QStringLiteral("weights.bin"), bytesFrom(2, 300001)}};
    const QByteArray sha256 = plan().files[0].sha256;
    FaultProxy hub(origin_->port(), [](const ProxyRequest&) { return Fault{Fault::Kind::RedirectAway, 0}; });
    hub.setElsewhere(QStringLiteral("http://127.0.0.1:%1").arg(origin_->port()));
    DownloadPlan bare = planFor(files_, [&](const QString& path) { return hub.url(path); });
    bare.files[0].sha256.clear();
    bare.files[0].size = -1;
    bare.token = "hf_secret";
    DownloadQueue queue(models(), quickOptions());
    hub.setExtraHeader("X-Linked-Etag: \"" + QByteArray(sha256).replace(sha256.left(4), "0000") + '"');
    QVERIFY(queue.add(bare));
    QVERIFY(reachesState(queue, State::Failed));
    QVERIFY2(problemOf(queue).contains(QStringLiteral("SHA-256")), qPrintable(problemOf(queue)));
    queue.cancel(0);
    hub.setExtraHeader("X-Linked-Etag: \"" + sha256 + '"');
    QVERIFY(queue.add(bare));
    QVERIFY2(reachesState(queue, State::Done), qPrintable(problemOf(queue)));
    QCOMPARE(difference(folder(), files_), QString());
    QVERIFY(hub.requests().size() > 2);
    for (const ProxyRequest& request : hub.requests()) QCOMPARE(request.authorization, QByteArray("Bearer hf_secret"));
    for (const QByteArray& line : origin_->requests()) QVERIFY2(line.endsWith("\"-\""), line.constData());
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

  void damageOnTheDiskIsSeenAtTheEnd() {
    beginAndLeave(plan(), 150000);
    if (QTest::currentTestFailed()) return;
    QFile file(partial() + QStringLiteral("/files/weights.bin"));
    QVERIFY(file.open(QIODevice::ReadWrite));
    file.seek(5000);
    file.write("damage");
    file.close();
    resumeAndFinish();
    QVERIFY(bytesServed() > bytesOfFiles() + 200000);
  }

  void folderThatIsThereIsNeverReplaced() {
    store(folder(), {{QStringLiteral("mine"), "x"}});
    DownloadQueue queue(models(), quickOptions());
    QVERIFY(queue.add(plan()));
    QVERIFY(reachesState(queue, State::Failed));
    QCOMPARE(QDir(folder()).entryList(QDir::Files), QStringList{QStringLiteral("mine")});
    QVERIFY(origin_->requests().isEmpty());
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

  void serverThatAsksToWaitForHoursIsNotWaitedFor() {
    DownloadPlan busy = plan();
    for (DownloadFile& file : busy.files) file.url = origin_->url(QStringLiteral("busy"));
    DownloadOptions options = quickOptions();
    options.connections = 1;
    DownloadQueue queue(models(), options);
    QVERIFY(queue.add(busy));
    QVERIFY(reachesState(queue, State::Failed));
    QVERIFY(problemOf(queue).contains(QStringLiteral("429")));
    QVERIFY(origin_->requests().size() <= 3);
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

QTEST_GUILESS_MAIN(DownloadTest)
#include "download_test.moc"
