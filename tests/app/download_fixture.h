#pragma once

#include <QCryptographicHash>
#include <QDir>
#include <QDirIterator>
#include <QEventLoop>
#include <QFile>
#include <QRandomGenerator>
#include <QString>
#include <QTemporaryDir>
#include <QTimer>
#include <QtTest>
#include <functional>

#include "app/downloads/download_plan.h"
#include "app/downloads/download_queue.h"
#include "app/downloads/download_values.h"

namespace tests {

inline constexpr int kPatienceMs = 30000;

/// A file that a server has.
struct ServedFile {
  QString path;
  QByteArray content;
};

inline QByteArray bytesFrom(quint32 seed, qint64 count) {
  QRandomGenerator random(seed);
  QByteArray bytes(count, Qt::Uninitialized);
  for (char& byte : bytes) byte = static_cast<char>(random.generate() & 0xff);
  return bytes;
}

inline void store(const QString& folder, const QList<ServedFile>& files) {
  for (const ServedFile& served : files) {
    const QString path = folder + QLatin1Char('/') + served.path;
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(served.content) != served.content.size()) {
      qFatal("cannot write %s", qPrintable(path));
    }
  }
}

/// Large files with the SHA-256, small ones (below 20 kB) with the git hash, as a hub has them.
inline app::DownloadPlan planFor(const QList<ServedFile>& files, const std::function<QUrl(const QString&)>& url) {
  app::DownloadPlan plan;
  plan.name = QStringLiteral("model");
  plan.title = QStringLiteral("A model");
  plan.origin = QStringLiteral("127.0.0.1/owner/model");
  plan.licence = QStringLiteral("Apache-2.0");
  for (const ServedFile& served : files) {
    app::DownloadFile file;
    file.url = url(served.path);
    file.path = served.path;
    file.size = served.content.size();
    if (file.size >= 20000) {
      file.sha256 = QCryptographicHash::hash(served.content, QCryptographicHash::Sha256).toHex();
    } else {
      const QByteArray blob = "blob " + QByteArray::number(file.size) + '\0' + served.content;
      file.gitSha1 = QCryptographicHash::hash(blob, QCryptographicHash::Sha1).toHex();
    }
    plan.files.append(file);
  }
  return plan;
}

/// Short parts and short waits.
inline app::DownloadOptions quickOptions() {
  app::DownloadOptions options;
  options.partBytes = 16 * 1024;
  options.firstRetryMs = 1;
  options.longestRetryMs = 5;
  options.checkpointMs = 20;
  options.reserveBytes = 0;
  options.proxy = QNetworkProxy(QNetworkProxy::NoProxy);
  return options;
}

/// What is wrong with a finished folder; empty: it has exactly these files (and Sotto's own note).
inline QString difference(const QString& folder, const QList<ServedFile>& files) {
  qsizetype found = 0;
  QDirIterator it(folder, QDir::Files, QDirIterator::Subdirectories);
  while (it.hasNext()) {
    it.next();
    ++found;
  }
  if (found != files.size()) return QStringLiteral("%1 files instead of %2").arg(found).arg(files.size());
  for (const ServedFile& served : files) {
    QFile file(folder + QLatin1Char('/') + served.path);
    if (!file.open(QIODevice::ReadOnly)) return served.path + QStringLiteral(" is missing");
    if (file.readAll() != served.content) return served.path + QStringLiteral(" differs");
  }
  return {};
}

inline QVariant of(const app::DownloadQueue& queue, int row, int role) {
  return queue.data(queue.index(row), role);
}

inline app::DownloadQueue::State stateOf(const app::DownloadQueue& queue, int row = 0) {
  return static_cast<app::DownloadQueue::State>(of(queue, row, app::DownloadQueue::StateRole).toInt());
}

inline QString problemOf(const app::DownloadQueue& queue, int row = 0) {
  return of(queue, row, app::DownloadQueue::ProblemRole).toString();
}

/// Runs events until it holds, at each change of the queue; false: it did not in time. Other than QTest::qWaitFor it
/// never sleeps, so a server in this thread answers at once.
template <typename Holds>
bool reaches(app::DownloadQueue& queue, const Holds& holds, int patienceMs = kPatienceMs) {
  if (holds()) return true;
  QEventLoop loop;
  QObject::connect(&queue, &app::DownloadQueue::progressChanged, &loop, [&] {
    if (holds()) loop.quit();
  });
  QTimer::singleShot(patienceMs, &loop, &QEventLoop::quit);
  loop.exec();
  return holds();
}

inline bool reachesState(app::DownloadQueue& queue, app::DownloadQueue::State state, int row = 0) {
  return reaches(queue, [&] { return queue.count() > row && stateOf(queue, row) == state; });
}

}  // namespace tests
