#include "app/single_instance.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFileInfo>
#include <QLocalSocket>
#include <QStandardPaths>
#include <QTimer>
#include <QtEndian>

namespace app {

namespace {

constexpr int kAnswerTimeoutMs = 3000;
constexpr int kAttempts = 30;  // times kLockWaitMs: how long the first may take to start listening
constexpr int kLockWaitMs = 100;
constexpr quint32 kLargestArgument = 64 * 1024;  // bytes

// The protocol: length of the argument (big-endian, 4 bytes), the argument as UTF-8; the answer is one byte.
constexpr qint64 kHeadBytes = 4;
constexpr char kTaken = 'k';

QString canonicalFolder(const QString& dir) {
  QDir().mkpath(dir);
  const QString canonical = QFileInfo(dir).canonicalFilePath();
  return canonical.isEmpty() ? QDir::cleanPath(QDir(dir).absolutePath()) : canonical;
}

/// In the folder that the session gives to this person alone, where there is one; socket paths have room for about a
/// hundred bytes, hence the hash.
QString socketPathFor(const QString& folder) {
  const QByteArray hash = QCryptographicHash::hash(folder.toUtf8(), QCryptographicHash::Sha256).toHex().left(24);
  const QString runtimeDir = qEnvironmentVariable("XDG_RUNTIME_DIR");
  const bool usable =
      QDir::isAbsolutePath(runtimeDir) && runtimeDir.toUtf8().size() < 60 && QFileInfo(runtimeDir).isWritable();
  return QDir(usable ? runtimeDir : QDir::tempPath()).filePath(QStringLiteral("sotto-") + QString::fromLatin1(hash));
}

}  // namespace

SingleInstance::SingleInstance(const QString& dataDir, QObject* parent)
    : QObject(parent),
      dataDir_(canonicalFolder(dataDir)),
      socketPath_(socketPathFor(dataDir_)),
      lock_(QDir(dataDir_).filePath(QStringLiteral("sotto.lock"))) {
  // However old: only a lock whose process is gone may be taken over.
  lock_.setStaleLockTime(0);
  connect(&server_, &QLocalServer::newConnection, this, &SingleInstance::receive);
}

SingleInstance::~SingleInstance() = default;

SingleInstance::Outcome SingleInstance::start(const QString& argument) {
  // A first process may hold the lock and not listen yet, or end while it is being asked. Waiting for the lock is
  // also the pause between two attempts.
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (lock_.tryLock(attempt == 0 ? 0 : kLockWaitMs)) {
      return listen() ? Outcome::First : Outcome::Unguarded;
    }
    if (lock_.error() != QLockFile::LockFailedError) {
      sentence_ = QStringLiteral(
                      "The data folder %1 cannot be written, so a second Sotto using it cannot be "
                      "noticed. Allow writing there, or start Sotto with another one (--data-dir).")
                      .arg(dataDir_);
      return Outcome::Unguarded;
    }
    const Handover handover = handOver(argument);
    if (handover == Handover::Taken) {
      return Outcome::Raised;
    }
    if (handover == Handover::NoAnswer) {
      break;
    }
  }
  qint64 pid = 0;
  QString host;
  QString program;
  lock_.getLockInfo(&pid, &host, &program);
  sentence_ = QStringLiteral(
                  "Sotto is already running on the data folder %1 (process %2 on %3) but does not answer. "
                  "Close that one, or start Sotto with another folder (--data-dir).")
                  .arg(dataDir_, QString::number(pid), host);
  return Outcome::Unanswered;
}

bool SingleInstance::listen() {
  // The lock is ours, so a socket of this name was left by a process that is gone.
  QLocalServer::removeServer(socketPath_);
  server_.setSocketOptions(QLocalServer::UserAccessOption);
  if (server_.listen(socketPath_)) {
    return true;
  }
  sentence_ = QStringLiteral("A second start of Sotto cannot raise this window: %1 (%2).")
                  .arg(socketPath_, server_.errorString());
  return false;
}

SingleInstance::Handover SingleInstance::handOver(const QString& argument) {
  QLocalSocket socket;
  socket.connectToServer(socketPath_);
  if (!socket.waitForConnected(kAnswerTimeoutMs)) {
    return Handover::NobodyThere;
  }
  const QByteArray bytes = argument.toUtf8().left(kLargestArgument);
  QByteArray head(kHeadBytes, Qt::Uninitialized);
  qToBigEndian(static_cast<quint32>(bytes.size()), head.data());
  socket.write(head + bytes);
  while (socket.bytesToWrite() > 0) {
    if (!socket.waitForBytesWritten(kAnswerTimeoutMs)) {
      return Handover::NoAnswer;
    }
  }
  while (socket.bytesAvailable() < 1) {
    if (!socket.waitForReadyRead(kAnswerTimeoutMs)) {
      return Handover::NoAnswer;
    }
  }
  char answer = 0;
  return socket.getChar(&answer) && answer == kTaken ? Handover::Taken : Handover::NoAnswer;
}

void SingleInstance::receive() {
  while (QLocalSocket* socket = server_.nextPendingConnection()) {
    socket->setReadBufferSize(kHeadBytes + kLargestArgument);
    connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
    // Whoever connects and says nothing is not kept.
    QTimer::singleShot(kAnswerTimeoutMs, socket, &QLocalSocket::abort);
    const auto take = [this, socket] {
      const QByteArray head = socket->peek(kHeadBytes);
      if (head.size() < kHeadBytes) {
        return;  // the rest is on its way
      }
      const quint32 length = qFromBigEndian<quint32>(head.constData());
      if (length > kLargestArgument) {
        socket->abort();
        return;
      }
      if (socket->bytesAvailable() < kHeadBytes + static_cast<qint64>(length)) {
        return;
      }
      const QByteArray argument = socket->read(kHeadBytes + static_cast<qint64>(length)).mid(kHeadBytes);
      socket->disconnect(this);  // one argument a connection
      socket->putChar(kTaken);
      socket->flush();
      socket->disconnectFromServer();
      emit raiseRequested(QString::fromUtf8(argument));
    };
    connect(socket, &QLocalSocket::readyRead, this, take);
    take();  // all of it may have come with the connection
  }
}

}  // namespace app
