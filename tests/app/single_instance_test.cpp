#include "app/single_instance.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QLocalSocket>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

using namespace app;

namespace {

constexpr int kPatienceMs = 20000;

void startPeer(QProcess& peer, const QString& folder, const QString& argument) {
  peer.start(QStringLiteral(SINGLE_INSTANCE_PEER), {folder, argument});
}

QByteArray lineOf(QProcess& peer) {
  while (!peer.canReadLine() && peer.waitForReadyRead(kPatienceMs)) {
  }
  return peer.readLine().trimmed();
}

void killAndWait(QProcess& peer) {
  ::kill(static_cast<pid_t>(peer.processId()), SIGKILL);
  QVERIFY(peer.waitForFinished(kPatienceMs));
}

}  // namespace

/// Real processes on real folders; each has a runtime folder of its own for the sockets.
class SingleInstanceTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  QString data_;

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    data_ = folder_->filePath(QStringLiteral("data"));
    qputenv("XDG_RUNTIME_DIR", folder_->path().toUtf8());
  }

  void secondStartRaisesTheFirstWithItsArgument() {
    SingleInstance first(data_);
    QSignalSpy raised(&first, &SingleInstance::raiseRequested);
    QCOMPARE(first.start({}), SingleInstance::Outcome::First);
    for (const QString& argument : {QStringLiteral("/models/模型 x.gguf"), QString(), QString(65536, u'a')}) {
      QProcess second;
      startPeer(second, data_, argument);
      QTRY_COMPARE_WITH_TIMEOUT(raised.size(), 1, kPatienceMs);
      QCOMPARE(raised.takeFirst()[0].toString(), argument);
      QCOMPARE(lineOf(second), QByteArray("raised"));
      QTRY_COMPARE_WITH_TIMEOUT(second.state(), QProcess::NotRunning, kPatienceMs);
    }
  }

  void sameFolderUnderAnotherNameIsTheSame() {
    QProcess first;
    startPeer(first, data_, {});
    QCOMPARE(lineOf(first), QByteArray("first"));
    const QString link = folder_->filePath(QStringLiteral("link"));
    QVERIFY(QFile::link(data_, link));
    QProcess second;
    startPeer(second, link + QStringLiteral("/"), QStringLiteral("via link"));
    QCOMPARE(lineOf(second), QByteArray("raised"));
    QCOMPARE(lineOf(first), QByteArray("raise via link"));
    QTRY_COMPARE_WITH_TIMEOUT(second.state(), QProcess::NotRunning, kPatienceMs);
    killAndWait(first);
  }

  void otherFoldersAreIndependent() {
    SingleInstance first(data_);
    SingleInstance other(folder_->filePath(QStringLiteral("other")));
    QCOMPARE(first.start({}), SingleInstance::Outcome::First);
    QCOMPARE(other.start({}), SingleInstance::Outcome::First);
  }

  void killedProcessIsTakenOver() {
    QProcess first;
    startPeer(first, data_, {});
    QCOMPARE(lineOf(first), QByteArray("first"));
    killAndWait(first);
    QVERIFY(QFile::exists(data_ + QStringLiteral("/sotto.lock")));
    QProcess second;
    startPeer(second, data_, {});
    QCOMPARE(lineOf(second), QByteArray("first"));
    QProcess third;
    startPeer(third, data_, QStringLiteral("x"));
    QCOMPARE(lineOf(third), QByteArray("raised"));
    QCOMPARE(lineOf(second), QByteArray("raise x"));
    QTRY_COMPARE_WITH_TIMEOUT(third.state(), QProcess::NotRunning, kPatienceMs);
    killAndWait(second);
  }

  void manyStartsAtOnceLeaveOneRunning() {
    std::vector<std::unique_ptr<QProcess>> peers;
    for (int i = 0; i < 6; ++i) {
      peers.push_back(std::make_unique<QProcess>());
      startPeer(*peers.back(), data_, {});
    }
    int firsts = 0;
    for (const auto& peer : peers) {
      const QByteArray outcome = lineOf(*peer);
      firsts += outcome == "first";
      QVERIFY2(outcome == "first" || outcome == "raised" || outcome == "raise", outcome.constData());
    }
    QCOMPARE(firsts, 1);
    for (const auto& peer : peers) {
      if (peer->state() == QProcess::Running && !peer->waitForFinished(200)) {
        killAndWait(*peer);
      }
    }
  }

  void processThatDoesNotAnswerIsSaid() {
    QProcess first;
    startPeer(first, data_, {});
    QCOMPARE(lineOf(first), QByteArray("first"));
    ::kill(static_cast<pid_t>(first.processId()), SIGSTOP);
    SingleInstance second(data_);
    QCOMPARE(second.start({}), SingleInstance::Outcome::Unanswered);
    QVERIFY2(second.sentence().contains(QString::number(first.processId())), qPrintable(second.sentence()));
    QVERIFY(second.sentence().contains(data_));
    killAndWait(first);
  }

  void socketIsForThisPersonOnly() {
    SingleInstance first(data_);
    QCOMPARE(first.start({}), SingleInstance::Outcome::First);
    const QStringList sockets = QDir(folder_->path()).entryList({QStringLiteral("sotto-*")}, QDir::System);
    QCOMPARE(sockets.size(), 1);
    const auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther;
    QVERIFY(!(QFile::permissions(folder_->filePath(sockets[0])) & others));
  }

  void nonsenseOnTheSocketIsDropped() {
    SingleInstance first(data_);
    QSignalSpy raised(&first, &SingleInstance::raiseRequested);
    QCOMPARE(first.start({}), SingleInstance::Outcome::First);
    const QString name =
        folder_->filePath(QDir(folder_->path()).entryList({QStringLiteral("sotto-*")}, QDir::System).value(0));
    for (const QByteArray& bytes : {QByteArray("\xff\xff\xff\xff garbage"), QByteArray("\0\0", 2)}) {
      QLocalSocket socket;
      socket.connectToServer(name);
      QVERIFY(socket.waitForConnected());
      socket.write(bytes);
      socket.flush();
      QTRY_COMPARE_WITH_TIMEOUT(socket.state(), QLocalSocket::UnconnectedState, kPatienceMs);
    }
    QCOMPARE(raised.size(), 0);
  }

  void readOnlyFolderIsSaid() {
    QDir(folder_->path()).mkdir(QStringLiteral("data"));
    chmod(qPrintable(data_), 0555);
    const bool root = geteuid() == 0 && chmod(qPrintable(folder_->path()), 0755) == 0 && seteuid(65534) == 0;
    SingleInstance instance(data_);
    const SingleInstance::Outcome outcome = instance.start({});
    QVERIFY(!root || seteuid(0) == 0);
    QCOMPARE(outcome, SingleInstance::Outcome::Unguarded);
    QVERIFY2(instance.sentence().contains(data_), qPrintable(instance.sentence()));
  }
};

QTEST_GUILESS_MAIN(SingleInstanceTest)
#include "single_instance_test.moc"
