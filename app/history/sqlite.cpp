#include "app/history/sqlite.h"

#include <sqlite3.h>

#include <cerrno>

namespace app {

namespace {

constexpr int kBusyTimeoutMs = 5000;

struct Explanation {
  HistoryErrorCode code;
  const char* found;
  const char* advice;
};

Explanation explain(int result, int systemError) {
  constexpr Explanation kFull{HistoryErrorCode::DiskFull, "there is no room left on the disk",
                              "Free some space and try again; what was saved before is kept."};
  constexpr Explanation kReadOnly{HistoryErrorCode::ReadOnly, "the file or its folder cannot be written",
                                  "Allow writing there, or start Sotto with another data folder (--data-dir)."};
  const int primary = result & 0xff;
  const bool mayHideErrno = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
  if (primary == SQLITE_FULL || (mayHideErrno && (systemError == ENOSPC || systemError == EDQUOT))) {
    return kFull;
  }
  if (primary == SQLITE_READONLY || primary == SQLITE_PERM ||
      (mayHideErrno && (systemError == EROFS || systemError == EACCES || systemError == EPERM))) {
    return kReadOnly;
  }
  switch (primary) {
    case SQLITE_CANTOPEN:
      return {HistoryErrorCode::CannotOpen, "the file cannot be opened or created",
              "Check that its folder exists and that nothing else has this name."};
    case SQLITE_NOTADB:
      return {HistoryErrorCode::NotADatabase, "the file is not a chat history",
              "Move it away, and Sotto starts a fresh one."};
    case SQLITE_CORRUPT:
      return {HistoryErrorCode::Damaged, "the file is damaged",
              "Restart Sotto: it keeps the damaged file under another name and starts a fresh one."};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {HistoryErrorCode::Failed, "another program is using the file", "Close it and try again."};
    default:
      return {HistoryErrorCode::Failed, "the database reported an error", "Try again, or restart Sotto."};
  }
}

}  // namespace

HistoryError historyErrorFor(int result, int systemError, const QString& task, const QString& path,
                             const QString& reason) {
  const Explanation explanation = explain(result, systemError);
  return HistoryError(explanation.code, QStringLiteral("%1 failed: %2: %3 (%4). %5")
                                            .arg(task, path, QString::fromUtf8(explanation.found), reason,
                                                 QString::fromUtf8(explanation.advice)));
}

HistoryError historyErrorForOpening(int systemError, const QString& task, const QString& path, const QString& reason) {
  return historyErrorFor(SQLITE_CANTOPEN, systemError, task, path, reason);
}

Connection::Connection(const QString& path) : path_(path) {
  // The extended codes are needed for the errno cases. The caller guarantees one thread at a time.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int result = sqlite3_open_v2(path.toUtf8().constData(), &handle_, flags, nullptr);
  if (result != SQLITE_OK) {
    try {
      fail(result);
    } catch (...) {
      sqlite3_close(handle_);
      throw;
    }
  }
  sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
}

Connection::~Connection() {
  // Statements are finalized before their connection by scope, so that close cannot be refused.
  sqlite3_close(handle_);
}

void Connection::setUpForWriting() {
  Statement(*this, "PRAGMA journal_mode=WAL").run();
  exec("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON;");
}

void Connection::keepLogOnClose(bool keep) {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
}

void Connection::exec(const char* sql) {
  const int result = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) {
    fail(result);
  }
}

qint64 Connection::lastInsertId() const {
  return sqlite3_last_insert_rowid(handle_);
}

qint64 Connection::changes() const {
  return sqlite3_changes64(handle_);
}

qint64 Connection::number(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

void Connection::fail(int result) {
  const char* reason = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(result);
  const HistoryError error = historyErrorFor(result, handle_ ? sqlite3_system_errno(handle_) : 0,
                                             QString::fromUtf8(task_), path_, QString::fromUtf8(reason));
  if (error.code() == HistoryErrorCode::Damaged) {
    keepLogOnClose(true);  // a log found beside the file makes the next start check every page
  }
  throw error;
}

void Connection::refuse(const QString& what) const {
  throw HistoryError(HistoryErrorCode::Failed,
                     QStringLiteral("%1 failed: %2: %3").arg(QString::fromUtf8(task_), path_, what));
}

Statement::Statement(Connection& connection, const char* sql) : connection_(connection) {
  check(sqlite3_prepare_v2(connection.handle(), sql, -1, &handle_, nullptr));
}

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

void Statement::bindInteger(int index, qint64 value) {
  check(sqlite3_bind_int64(handle_, index, value));
}

void Statement::bind(int index, double value) {
  check(sqlite3_bind_double(handle_, index, value));
}

void Statement::bind(int index, const QString& text) {
  const QByteArray utf8 = text.toUtf8();
  check(sqlite3_bind_text64(handle_, index, utf8.constData(), static_cast<sqlite3_uint64>(utf8.size()),
                            SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind(int index, const QByteArray& blob) {
  check(sqlite3_bind_blob64(handle_, index, blob.constData(), static_cast<sqlite3_uint64>(blob.size()),
                            SQLITE_TRANSIENT));
}

void Statement::bind(int index, std::nullptr_t) {
  check(sqlite3_bind_null(handle_, index));
}

bool Statement::step() {
  const int result = sqlite3_step(handle_);
  if (result != SQLITE_ROW && result != SQLITE_DONE) {
    connection_.fail(result);
  }
  return result == SQLITE_ROW;
}

void Statement::run() {
  while (step()) {
  }
}

void Statement::reset() {
  sqlite3_reset(handle_);  // repeats the error of the last step, which was thrown then
}

qint64 Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(handle_, column);
}

QString Statement::text(int column) const {
  const auto* utf8 = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  return utf8 ? QString::fromUtf8(utf8, sqlite3_column_bytes(handle_, column)) : QStringLiteral("");
}

QByteArray Statement::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_, column));
  return bytes ? QByteArray(bytes, sqlite3_column_bytes(handle_, column)) : QByteArray();
}

void Statement::check(int result) {
  if (result != SQLITE_OK) {
    connection_.fail(result);
  }
}

Transaction::Transaction(Connection& connection) : connection_(connection) {
  connection_.exec("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  // SQLite has rolled back by itself after some errors (a full disk, for one).
  if (open_ && sqlite3_get_autocommit(connection_.handle()) == 0) {
    sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Transaction::commit() {
  connection_.exec("COMMIT");
  open_ = false;
}

}  // namespace app
