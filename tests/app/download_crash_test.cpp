#include <signal.h>

#include <QProcess>

#include "tests/app/download_fixture.h"
#include "tests/support/nginx_origin.h"

using namespace app;
using namespace tests;

namespace {

constexpr int kKills = 6;
constexpr qint64 kStep = 500000;  // bytes between two kills

}  // namespace

/// Kills a process that downloads, several times, and looks at what comes of it.
class DownloadCrashTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    if (!NginxOrigin::isThere()) QSKIP("nginx is not installed (package nginx-light)");
  }

  void killedDownloadGoesOnAndIsRightInTheEnd() {
    QTemporaryDir root;
    QTemporaryDir home;
    const QList<ServedFile> files = {{QStringLiteral("config.json"), bytesFrom(1, 900)},
                                     {QStringLiteral("weights-1.bin"), bytesFrom(2, 3000001)},
                                     {QStringLiteral("weights-2.bin"), bytesFrom(3, 2000000)}};
    const qint64 total = 900 + 3000001 + 2000000;
    store(root.path(), files);
    const NginxOrigin origin(root.path());
    QVERIFY(origin.isRunning());
    const DownloadPlan plan = planFor(files, [&](const QString& path) { return origin.url(path); });
    store(home.path(), {{QStringLiteral("plan.json"), writePlan(plan)}});
    const QString models = home.filePath(QStringLiteral("models"));
    const auto start = [&](QProcess& peer, qint64 speed) {
      peer.start(QStringLiteral(DOWNLOAD_PEER),
                 {models, home.filePath(QStringLiteral("plan.json")), QString::number(speed)});
    };

    qint64 kept = 0;
    for (int kill = 1; kill <= kKills; ++kill) {
      QProcess peer;
      start(peer, 4000000);
      QVERIFY(peer.waitForStarted());
      qint64 there = 0;
      qint64 first = -1;
      while (there < kill * kStep && (peer.canReadLine() || peer.waitForReadyRead(kPatienceMs))) {
        const QByteArray line = peer.readLine().trimmed();
        QVERIFY2(!line.startsWith("failed"), line.constData());
        if (!line.startsWith("bytes ")) continue;
        there = line.mid(6).toLongLong();
        if (first < 0 && there > 0) first = there;
      }
      QVERIFY(there >= kill * kStep);
      ::kill(static_cast<pid_t>(peer.processId()), SIGKILL);
      QVERIFY(peer.waitForFinished());
      QCOMPARE(peer.exitStatus(), QProcess::CrashExit);
      QVERIFY(!QFileInfo::exists(models + QStringLiteral("/model")));
      kept = std::max(kept, first);
    }
    QProcess peer;
    start(peer, 0);
    QVERIFY(peer.waitForFinished(kPatienceMs));
    const QByteArray output = peer.readAllStandardOutput();
    QVERIFY2(output.contains("\ndone "), output.constData());
    QCOMPARE(difference(models + QStringLiteral("/model"), files), QString());

    qint64 served = 0;
    for (const QByteArray& line : origin.requests()) served += line.split(' ').value(3).toLongLong();
    qInfo("%lld bytes, %lld fetched over %d kills", static_cast<long long>(total), static_cast<long long>(served),
          kKills);
    // Starting over each time would have fetched this much; a good part of it was not fetched again.
    const qint64 anew = total + kKills * (kKills + 1) / 2 * kStep;
    QVERIFY(served < total + (anew - total) / 2);
    QVERIFY(kept >= kStep);
  }
};

QTEST_GUILESS_MAIN(DownloadCrashTest)
#include "download_crash_test.moc"
