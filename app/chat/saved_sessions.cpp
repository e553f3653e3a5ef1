#include "app/chat/saved_sessions.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QLocale>

#include "app/settings/settings.h"

namespace app {

namespace {

constexpr qint64 kBytesPerMb = 1024 * 1024;
const QString kSuffix = QStringLiteral("kv");

QFileInfoList filesIn(const QString& folder) {
  return QDir(folder).entryInfoList({QStringLiteral("*.") + kSuffix}, QDir::Files, QDir::Time | QDir::Reversed);
}

qint64 sizeOf(const QString& folder) {
  qint64 bytes = 0;
  for (const QFileInfo& file : filesIn(folder)) bytes += file.size();
  return bytes;
}

/// Oldest first, until the rest fits.
void fitInto(const QString& folder, qint64 budget) {
  qint64 bytes = sizeOf(folder);
  for (const QFileInfo& file : filesIn(folder)) {
    if (bytes <= budget) return;
    if (QFile::remove(file.filePath())) bytes -= file.size();
  }
}

void removeHalfWritten(const QString& folder) {
  const QDir dir(folder);
  for (const QString& name : dir.entryList({QStringLiteral("*.") + kSuffix + QStringLiteral(".unfinished-*")}, QDir::Files))
    QFile::remove(dir.filePath(name));
}

}  // namespace

SavedSessions::SavedSessions(Settings& settings, const QString& folder, QObject* parent)
    : QObject(parent), settings_(settings), folder_(folder) {
  work_.setMaxThreadCount(1);
  run([folder] {
    QDir().mkpath(folder);  // where this fails, writing a session says why
    removeHalfWritten(folder);
  });
  connect(&settings_, &Settings::sessionBudgetMbChanged, this, [this] { run([] {}); });
}

SavedSessions::~SavedSessions() {
  work_.waitForDone();
}

QString SavedSessions::sizeText() const {
  return QLocale().formattedDataSize(bytes_);
}

qint64 SavedSessions::budget() const {
  return settings_.sessionBudgetMb() * kBytesPerMb;
}

QString SavedSessions::path(qint64 conversationId) const {
  return QDir(folder_).filePath(QString::number(conversationId) + QLatin1Char('.') + kSuffix);
}

/// Makes a change on the work's thread, then brings the folder within the budget and tells its size.
void SavedSessions::run(const std::function<void()>& change) {
  work_.start([this, change, folder = folder_, budget = budget()] {
    change();
    fitInto(folder, budget);
    const qint64 bytes = sizeOf(folder);
    // Posted: this object waits for its thread before it goes.
    QMetaObject::invokeMethod(
        this,
        [this, bytes] {
          if (bytes == bytes_) return;
          bytes_ = bytes;
          emit bytesChanged();
        },
        Qt::QueuedConnection);
  });
}

void SavedSessions::used(qint64 conversationId) {
  if (removed_.contains(conversationId)) return remove(conversationId);
  run([path = path(conversationId)] {
    QFile file(path);
    if (file.open(QIODevice::ReadWrite | QIODevice::ExistingOnly))
      file.setFileTime(QDateTime::currentDateTime(), QFileDevice::FileModificationTime);
  });
}

void SavedSessions::remove(qint64 conversationId) {
  removed_.insert(conversationId);
  run([path = path(conversationId)] { QFile::remove(path); });
}

void SavedSessions::keepOnly(const QList<qint64>& conversations) {
  const QSet<qint64> kept(conversations.begin(), conversations.end());
  run([folder = folder_, kept] {
    for (const QFileInfo& file : filesIn(folder)) {
      bool isNumber = false;
      const qint64 conversation = file.completeBaseName().toLongLong(&isNumber);
      if (!isNumber || !kept.contains(conversation)) QFile::remove(file.filePath());
    }
  });
}

void SavedSessions::clear() {
  run([folder = folder_] { fitInto(folder, 0); });
}

void SavedSessions::refresh() {
  run([] {});
}

}  // namespace app
