#include "app/downloads/task_bar_progress.h"

#include <QDBusMessage>
#include <QProcess>
#include <QStandardPaths>

#include "tests/app/download_queue_fixture.h"

using namespace app;
using namespace tests;

using State = DownloadQueue::State;

namespace {

/// A session bus of the test's own.
class SessionBus {
 public:
  explicit SessionBus() {
    daemon_.start(QStringLiteral("dbus-daemon"),
                  {QStringLiteral("--session"), QStringLiteral("--nofork"), QStringLiteral("--print-address")});
    while (daemon_.state() != QProcess::NotRunning && !daemon_.canReadLine() && daemon_.waitForReadyRead(20000)) {
    }
    address_ = QString::fromUtf8(daemon_.readLine().trimmed());
  }
  ~SessionBus() {
    daemon_.kill();
    daemon_.waitForFinished();
  }
  static bool isThere() { return !QStandardPaths::findExecutable(QStringLiteral("dbus-daemon")).isEmpty(); }
  QDBusConnection connection(const QString& name) const { return QDBusConnection::connectToBus(address_, name); }

 private:
  QProcess daemon_;
  QString address_;
};

}  // namespace

/// What a task bar on the same bus is told of downloads.
class TaskBarProgressTest : public DownloadQueueFixture {
  Q_OBJECT

 public slots:
  void update(const QString& program, const QVariantMap& entry) {
    programs_ << program;
    entries_ << entry;
  }

 private:
  QStringList programs_;
  QList<QVariantMap> entries_;

  bool isVisible() const { return !entries_.isEmpty() && entries_.last().value(QStringLiteral("progress-visible")).toBool(); }

 private slots:
  void barGrowsAndGoesWithTheDownload() {
    if (!SessionBus::isThere()) QSKIP("dbus-daemon is not installed");
    const SessionBus bus;
    QDBusConnection listener = bus.connection(QStringLiteral("listener"));
    QVERIFY2(listener.isConnected(), qPrintable(listener.lastError().message()));
    QVERIFY(listener.connect({}, {}, QStringLiteral("com.canonical.Unity.LauncherEntry"), QStringLiteral("Update"), this,
                             SLOT(update(QString, QVariantMap))));
    {
      DownloadQueue queue(models(), slowOptions());
      const TaskBarProgress progress(queue, bus.connection(QStringLiteral("program")));
      QVERIFY(queue.add(plan()));
      QVERIFY2(reachesState(queue, State::Done), qPrintable(problemOf(queue)));
      QTRY_VERIFY(!entries_.isEmpty() && !isVisible());

      QVERIFY(entries_.size() >= 3);
      programs_.removeDuplicates();
      QCOMPARE(programs_, QStringList{QStringLiteral("application://io.sotto.Sotto.desktop")});
      double before = 0;
      for (qsizetype i = 0; i + 1 < entries_.size(); ++i) {
        const double now = entries_[i].value(QStringLiteral("progress")).toDouble();
        QVERIFY(entries_[i].value(QStringLiteral("progress-visible")).toBool());
        QVERIFY(now >= before && now <= 1);
        before = now;
      }
      QVERIFY(before > 0);
    }
    // One that is not done when the program ends leaves no bar behind.
    QVERIFY(QDir(folder()).removeRecursively());
    {
      DownloadQueue queue(models(), slowOptions());
      const TaskBarProgress progress(queue, bus.connection(QStringLiteral("program")));
      QVERIFY(queue.add(plan()));
      QTRY_VERIFY(isVisible());
    }
    QTRY_VERIFY(!isVisible());
    QDBusConnection::disconnectFromBus(QStringLiteral("program"));
    QDBusConnection::disconnectFromBus(QStringLiteral("listener"));
  }

  void withoutABusNothingHappens() {
    DownloadQueue queue(models(), quickOptions());
    const TaskBarProgress progress(queue, QDBusConnection(QStringLiteral("none")));
    QVERIFY(queue.add(plan()));
    QVERIFY2(reachesState(queue, State::Done), qPrintable(problemOf(queue)));
  }
};

QTEST_GUILESS_MAIN(TaskBarProgressTest)
#include "task_bar_progress_test.moc"
