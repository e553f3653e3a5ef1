#include "tests/app/download_queue_fixture.h"
#include "tests/support/fault_proxy.h"

using namespace app;
using namespace tests;

using State = DownloadQueue::State;

/// A server that tells or sends something else, and damage on the way: nothing of it is offered as a model.
class DownloadDamageTest : public DownloadQueueFixture {
  Q_OBJECT

 private slots:
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
};

QTEST_GUILESS_MAIN(DownloadDamageTest)
#include "download_damage_test.moc"
