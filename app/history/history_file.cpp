#include "app/history/history_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <QDateTime>
#include <QFile>
#include <QFileInfo>
#include <cerrno>
#include <filesystem>

#include "app/history/schema.h"
#include "app/history/search_index.h"

namespace app {

namespace {

// Checking a larger file at every start would be felt: the pages of 64 MB take about 0.1 s, the search index of 8 MB
// about 0.2 s.
constexpr qint64 kPagesAlwaysCheckedBytes = 64LL * 1024 * 1024;
constexpr qint64 kIndexAlwaysCheckedBytes = 8LL * 1024 * 1024;

QString logFile(const QString& path) {
  return path + QStringLiteral("-wal");
}

/// Folder and file, private to this person: a chat is nobody else's business. SQLite gives its -wal and -shm the
/// permissions of the file.
void createPrivately(const QString& path) {
  std::error_code failure;
  const std::filesystem::path folder = QFileInfo(path).absolutePath().toStdString();
  if (std::filesystem::create_directories(folder, failure)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failure);
  }
  if (!failure) {
    const int file = ::open(QFile::encodeName(path).constData(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0) {
      ::close(file);
    } else if (errno != EEXIST) {
      failure = std::error_code(errno, std::generic_category());
    }
  }
  if (failure) {
    throw historyErrorForOpening(failure.value(), QStringLiteral("Creating the chat history"), path,
                                 QString::fromStdString(failure.message()));
  }
}

[[noreturn]] void throwDamaged(const QString& path, const QString& found) {
  throw HistoryError(HistoryErrorCode::Damaged,
                     QStringLiteral("Opening the chat history failed: %1 is damaged: %2.").arg(path, found));
}

void refuseNewer(Connection& connection) {
  const qint64 version = connection.number("PRAGMA user_version");
  if (version > newestSchemaVersion()) {
    throw HistoryError(HistoryErrorCode::TooNew,
                       QStringLiteral("Opening the chat history failed: %1 was written by a newer version of Sotto "
                                      "(format %2, this one knows formats up to %3). It was left as it is. Update "
                                      "Sotto, or start it with another data folder (--data-dir).")
                           .arg(connection.path(), QString::number(version), QString::number(newestSchemaVersion())));
  }
}

void refuseForeign(Connection& connection) {
  const bool empty = connection.number("SELECT count(*) FROM sqlite_schema") == 0;
  if (!empty && connection.number("PRAGMA application_id") != kApplicationId) {
    throw HistoryError(
        HistoryErrorCode::NotADatabase,
        QStringLiteral("Opening the chat history failed: %1 is a database of another program.").arg(connection.path()));
  }
}

void checkPages(Connection& connection) {
  Statement check(connection, "PRAGMA quick_check(1)");
  const QString found = check.step() ? check.text(0) : QStringLiteral("no answer");
  if (found != QLatin1String("ok")) {
    throwDamaged(connection.path(), found.simplified());
  }
}

/// Opens a file that may be anything. Until all is known to be well, nothing is written to it.
std::unique_ptr<Connection> openSound(const QString& path) {
  // The log is gone after a good end, so one that is there tells of a crash, a loss of power or an error (or of
  // another process, which costs only the check).
  const bool endedBadly = QFileInfo::exists(logFile(path));
  const qint64 bytes = QFileInfo(path).size();

  auto connection = std::make_unique<Connection>(path);
  connection->keepLogOnClose(endedBadly);
  refuseNewer(*connection);
  refuseForeign(*connection);
  if (endedBadly || bytes <= kPagesAlwaysCheckedBytes) {
    checkPages(*connection);
  }
  connection->setUpForWriting();
  migrate(*connection);
  if (!hasAllTables(*connection)) {
    throwDamaged(path, QStringLiteral("tables are missing"));
  }
  if (endedBadly || bytes <= kIndexAlwaysCheckedBytes) {
    repairSearchIndex(*connection);
  }
  connection->keepLogOnClose(false);
  return connection;
}

/// Renames the file and what SQLite keeps beside it. Never onto something that exists.
QString moveAside(const QString& path, const HistoryError& why) {
  const QString stamped =
      path + QStringLiteral(".damaged-") + QDateTime::currentDateTime().toString(QStringLiteral("yyyyMMdd-HHmmss"));
  QString kept = stamped;
  for (int n = 2; QFileInfo::exists(kept) || QFileInfo::exists(logFile(kept)); ++n) {
    kept = stamped + QLatin1Char('-') + QString::number(n);
  }
  for (const char* suffix : {"-wal", "-shm", ""}) {
    const QString from = path + QLatin1String(suffix);
    QFile file(from);
    if (file.exists() && !file.rename(kept + QLatin1String(suffix))) {
      throw HistoryError(why.code(), QStringLiteral("%1 It could not be moved aside to %2 either (%3). Move it "
                                                    "away yourself and restart Sotto.")
                                         .arg(why.sentence(), kept, file.errorString()));
    }
  }
  return kept;
}

}  // namespace

OpenedHistory openHistoryFile(const QString& path) {
  createPrivately(path);
  OpenedHistory opened;
  try {
    opened.connection = openSound(path);
    return opened;
  } catch (const HistoryError& error) {
    if (error.code() != HistoryErrorCode::Damaged && error.code() != HistoryErrorCode::NotADatabase) {
      throw;
    }
    opened.report.movedAsidePath = moveAside(path, error);
  }
  createPrivately(path);
  opened.connection = openSound(path);
  opened.report.notice = QStringLiteral(
                             "The chat history %1 is damaged or not a Sotto history. It was kept as %2, and "
                             "a fresh one was started.")
                             .arg(path, opened.report.movedAsidePath);
  return opened;
}

std::unique_ptr<Connection> openHistoryInMemory() {
  auto connection = std::make_unique<Connection>(QStringLiteral(":memory:"));
  connection->setUpForWriting();
  migrate(*connection);
  return connection;
}

}  // namespace app
