#pragma once

#include <QByteArray>
#include <QString>
#include <QtGlobal>
#include <concepts>
#include <type_traits>

#include "app/history/history_error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace app {

/// The error for a person behind a SQLite result code. `systemError` is the errno behind it, 0 where there is none:
/// SQLite reports a full disk or a read-only file system as a plain i/o or open error in some calls. `reason` is the
/// library's own wording.
HistoryError historyErrorFor(int result, int systemError, const QString& task, const QString& path,
                             const QString& reason);
/// The same for a file or folder that the system did not open at all.
HistoryError historyErrorForOpening(int systemError, const QString& task, const QString& path, const QString& reason);

/// An open SQLite file. Every call that fails throws HistoryError with what beginTask named, the file, and SQLite's
/// reason. One thread at a time. Owns the handle.
class Connection {
 public:
  /// Opens or creates `path` (":memory:" for a database in memory) for reading and writing, without touching it yet:
  /// waits up to 5 s for other processes, does not trust functions named in the file's schema.
  explicit Connection(const QString& path);
  ~Connection();

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const QString& path() const { return path_; }
  sqlite3* handle() const { return handle_; }

  /// Names what is being done, for the sentence of an error: "Renaming the chat".
  void beginTask(const char* task) { task_ = task; }

  /// Write-ahead log, each commit on the disk before it counts (synchronous=FULL), foreign keys enforced.
  void setUpForWriting();

  /// Whether closing leaves the write-ahead log as it is, where otherwise the last connection to close folds it into
  /// the file and removes it. On for a file that must not change.
  void keepLogOnClose(bool keep);

  /// Runs statements that give no rows.
  void exec(const char* sql);
  qint64 lastInsertId() const;
  /// Rows that the last INSERT, UPDATE or DELETE changed.
  qint64 changes() const;
  /// The single integer that a query or pragma gives.
  qint64 number(const char* sql);

  /// Throws the HistoryError for a SQLite result code.
  [[noreturn]] void fail(int result);
  /// Throws HistoryErrorCode::Failed: `<task>: <what>`.
  [[noreturn]] void refuse(const QString& what) const;

 private:
  QString path_;
  const char* task_ = "Opening the chat history";
  sqlite3* handle_ = nullptr;
};

/// A prepared statement. Parameters count from 1, columns from 0. Borrows the connection.
class Statement {
 public:
  Statement(Connection& connection, const char* sql);
  /// Prepares and binds the parameters in order.
  template <typename... Values>
  requires(sizeof...(Values) > 0) Statement(Connection& connection, const char* sql, const Values&... values)
      : Statement(connection, sql) {
    int index = 0;
    (bind(++index, values), ...);
  }
  ~Statement();

  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  template <std::integral Integer>
  void bind(int index, Integer value) {
    bindInteger(index, static_cast<qint64>(value));
  }
  void bind(int index, double value);
  void bind(int index, const QString& text);  ///< as UTF-8; a null string is stored as an empty one
  void bind(int index, const QByteArray& blob);
  void bind(int index, std::nullptr_t);

  /// One step: true when there is a row to read.
  bool step();
  /// Steps to the end.
  void run();
  /// Back to the start, parameters kept.
  void reset();

  qint64 integer(int column) const;  ///< NULL: 0
  double real(int column) const;
  QString text(int column) const;
  QByteArray blob(int column) const;

 private:
  void bindInteger(int index, qint64 value);
  void check(int result);

  Connection& connection_;
  sqlite3_stmt* handle_ = nullptr;
};

/// BEGIN IMMEDIATE; rolled back when it goes out of scope uncommitted. Borrows the connection. Not nested.
class Transaction {
 public:
  explicit Transaction(Connection& connection);
  ~Transaction();

  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Connection& connection_;
  bool open_ = true;
};

}  // namespace app
