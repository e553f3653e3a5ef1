#pragma once

#include <QException>
#include <QString>

namespace app {

/// What kind of thing went wrong with the history file, so that the window can choose its own words.
enum class HistoryErrorCode {
  CannotOpen,    ///< the file or its folder cannot be opened or created
  NotADatabase,  ///< the file is something else
  Damaged,       ///< it was a history once, but its pages do not fit together any more
  DiskFull,      ///< no room left; nothing of the failed change was kept
  ReadOnly,      ///< file, folder or file system refuse writing
  TooNew,        ///< written by a newer Sotto; left exactly as it is
  Failed,        ///< anything else: unknown id, locked by another program, out of memory, i/o error
};

/// Thrown by HistoryStore, and carried by every QFuture of History. The sentence says what was being done, with
/// which file, what was found and what the person can do. A value; any thread.
class HistoryError : public QException {
 public:
  HistoryError(HistoryErrorCode code, const QString& sentence)
      : code_(code), sentence_(sentence), bytes_(sentence.toUtf8()) {}

  HistoryErrorCode code() const { return code_; }
  const QString& sentence() const { return sentence_; }
  /// The sentence as UTF-8, owned by this object.
  const char* what() const noexcept override { return bytes_.constData(); }

  void raise() const override { throw *this; }
  HistoryError* clone() const override { return new HistoryError(*this); }

 private:
  HistoryErrorCode code_;
  QString sentence_;
  QByteArray bytes_;
};

}  // namespace app
