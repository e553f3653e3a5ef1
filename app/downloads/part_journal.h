#pragma once

#include <QByteArray>
#include <QList>
#include <QtGlobal>

namespace app {

/// Which bytes of a partial file are known to be on the disk, and of which version of the file on the server they are:
/// the file is cut into parts of partBytes (the last may be shorter), and of each part so many bytes from its beginning
/// are there. A value.
struct PartJournal {
  QByteArray etag;   ///< strong, with quotes; empty: the version is not known, so nothing can be continued
  qint64 size = -1;  ///< bytes of the whole file; -1: not known
  qint64 partBytes = 0;
  QList<qint64> done;  ///< bytes by part

  /// Starts anew for a file of `size` bytes.
  void begin(const QByteArray& etag, qint64 size, qint64 partBytes);
  int parts() const { return static_cast<int>(done.size()); }
  qint64 firstOf(int part) const { return part * partBytes; }
  qint64 lengthOf(int part) const;
  qint64 doneBytes() const;
  bool complete() const { return size >= 0 && doneBytes() == size; }

  bool operator==(const PartJournal&) const = default;
};

/// As text behind a checksum of it.
QByteArray writeJournal(const PartJournal& journal);
/// False: it is damaged, or says what cannot be; then nothing of the partial file may be trusted.
bool readJournal(const QByteArray& content, PartJournal& journal);

/// Largest journal that is read, in bytes.
inline constexpr qint64 kLargestJournal = 8LL * 1024 * 1024;

}  // namespace app
