#include <QProcessEnvironment>
#include <algorithm>

#include "tests/app/download_fixture.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/nginx_origin.h"

using namespace app;
using namespace tests;

namespace {

constexpr int kEverydaySeeds = 30;

/// How one seed treats its answers: which share of them goes wrong, how many at most, and of which kinds.
struct Weather {
  double share = 0;
  int most = 0;
  QList<Fault::Kind> kinds;
};

Weather weatherOf(QRandomGenerator& random) {
  Weather weather;
  weather.share = 0.15 + 0.7 * random.generateDouble();
  // A few never get better.
  weather.most = random.bounded(6) == 0 ? 1 << 20 : random.bounded(1, 14);
  for (int kind = 1; kind < Fault::kKinds; ++kind) {
    if (random.bounded(2) == 0) weather.kinds.append(static_cast<Fault::Kind>(kind));
  }
  if (weather.kinds.isEmpty()) weather.kinds.append(Fault::Kind::Corrupt);
  return weather;
}

}  // namespace

/// Downloads from nginx through a proxy that does to the answers what a seed says. SOTTO_FAULT_SEEDS sets how many
/// seeds.
class DownloadFaultTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    if (!NginxOrigin::isThere()) QSKIP("nginx is not installed (package nginx-light)");
  }

  void anySequenceOfFaultsEndsInTheRightFilesOrInASentence() {
    QTemporaryDir root;
    const QList<ServedFile> files = {{QStringLiteral("config.json"), bytesFrom(1, 700)},
                                     {QStringLiteral("weights-1.bin"), bytesFrom(2, 150001)},
                                     {QStringLiteral("sub/weights-2.bin"), bytesFrom(3, 65536)},
                                     {QStringLiteral("empty"), {}}};
    store(root.path(), files);
    const NginxOrigin origin(root.path());
    QVERIFY(origin.isRunning());
    const int seeds = std::max(1, qEnvironmentVariableIntValue("SOTTO_FAULT_SEEDS") != 0
                                      ? qEnvironmentVariableIntValue("SOTTO_FAULT_SEEDS")
                                      : kEverydaySeeds);
    int good = 0;
    int refused = 0;
    int faultsDone = 0;
    for (int seed = 1; seed <= seeds; ++seed) {
      QRandomGenerator random(static_cast<quint32>(seed));
      const Weather weather = weatherOf(random);
      QStringList told;
      FaultProxy proxy(origin.port(), [&](const ProxyRequest&) {
        Fault fault;
        if (told.size() < weather.most && random.generateDouble() < weather.share) {
          fault.kind = weather.kinds[random.bounded(weather.kinds.size())];
          fault.at = random.bounded(200000);
          told.append(nameOf(fault.kind));
        }
        return fault;
      });
      proxy.setElsewhere(QStringLiteral("http://127.0.0.1:%1").arg(origin.port()));
      QTemporaryDir home;
      const QString models = home.filePath(QStringLiteral("models"));
      DownloadOptions options = quickOptions();
      options.silenceMs = 150;
      options.retries = 6;
      options.outageRetries = 6;
      DownloadQueue queue(models, options);
      QVERIFY(queue.add(planFor(files, [&](const QString& path) { return proxy.url(path); })));
      const auto ended = [&] {
        const DownloadQueue::State state = stateOf(queue);
        return state == DownloadQueue::State::Done || state == DownloadQueue::State::Failed;
      };
      if (!reaches(queue, ended)) {
        QFAIL(qPrintable(QStringLiteral("seed %1 does not end: state %2, %3, \"%4\", %5 answers (%6)")
                             .arg(QString::number(seed), QString::number(static_cast<int>(stateOf(queue))),
                                  of(queue, 0, DownloadQueue::StatusTextRole).toString(), problemOf(queue),
                                  QString::number(proxy.requests().size()), told.join(QStringLiteral(", ")))));
      }
      faultsDone += static_cast<int>(told.size());
      const QString line =
          QStringLiteral("seed %1: %2 faults of %3 answers (%4)")
              .arg(QString::number(seed), QString::number(told.size()), QString::number(proxy.requests().size()),
                   told.mid(0, 12).join(QStringLiteral(", ")));
      const QString folder = models + QStringLiteral("/model");
      if (stateOf(queue) == DownloadQueue::State::Done) {
        ++good;
        QVERIFY2(difference(folder, files).isEmpty(), qPrintable(line + QLatin1Char(' ') + difference(folder, files)));
        qInfo("%s: done", qPrintable(line));
      } else {
        ++refused;
        QVERIFY2(!QFileInfo::exists(folder), qPrintable(line));
        QVERIFY2(problemOf(queue).size() > 20, qPrintable(line));
        qInfo("%s: %s", qPrintable(line), qPrintable(problemOf(queue)));
      }
    }
    qInfo("%d good, %d ended with a sentence, %d faults", good, refused, faultsDone);
    QVERIFY(good > 0);
    QVERIFY(seeds < kEverydaySeeds || refused > 0);
  }
};

QTEST_GUILESS_MAIN(DownloadFaultTest)
#include "download_fault_test.moc"
