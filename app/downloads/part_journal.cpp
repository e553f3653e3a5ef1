#include "app/downloads/part_journal.h"

#include <QCryptographicHash>
#include <algorithm>
#include <numeric>

#include "app/downloads/download_plan.h"
#include "app/network/http_get.h"

namespace app {

namespace {

constexpr qint64 kMostParts = 1 << 20;
constexpr char kTitle[] = "sotto parts 1";

QByteArray checksum(const QByteArray& text) {
  return QCryptographicHash::hash(text, QCryptographicHash::Sha256).toHex();
}

qint64 partsFor(qint64 size, qint64 partBytes) {
  return std::max<qint64>(1, (size + partBytes - 1) / partBytes);
}

}  // namespace

void PartJournal::begin(const QByteArray& version, qint64 bytes, qint64 bytesOfPart) {
  Q_ASSERT(bytes >= 0 && bytesOfPart > 0);
  etag = version;
  size = bytes;
  // A part a file where a small part length would mean too many.
  partBytes = partsFor(bytes, bytesOfPart) <= kMostParts ? bytesOfPart : bytes;
  done.fill(0, partsFor(bytes, partBytes));
}

qint64 PartJournal::lengthOf(int part) const {
  return std::min(partBytes, size - firstOf(part));
}

qint64 PartJournal::doneBytes() const {
  return std::accumulate(done.begin(), done.end(), qint64{0});
}

QByteArray writeJournal(const PartJournal& journal) {
  QByteArray text = QByteArray(kTitle) + '\n' + journal.etag + '\n' + QByteArray::number(journal.size) + '\n' +
                    QByteArray::number(journal.partBytes) + '\n';
  for (const qint64 bytes : journal.done) text += QByteArray::number(bytes) + ' ';
  return checksum(text) + '\n' + text;
}

bool readJournal(const QByteArray& content, PartJournal& journal) {
  const qsizetype line = content.indexOf('\n');
  const QByteArray text = content.mid(line + 1);
  if (line < 0 || content.size() > kLargestJournal || content.left(line) != checksum(text)) return false;
  const QList<QByteArray> lines = text.split('\n');
  if (lines.size() != 5 || lines[0] != kTitle || !isStrongEtag(lines[1])) return false;
  bool sizeRead = false;
  bool partRead = false;
  PartJournal found;
  found.etag = lines[1];
  found.size = lines[2].toLongLong(&sizeRead);
  found.partBytes = lines[3].toLongLong(&partRead);
  if (!sizeRead || !partRead || found.size < 0 || found.size > kLargestDownloadFile || found.partBytes < 1)
    return false;
  for (const QByteArray& word : lines[4].simplified().split(' ')) {
    bool read = false;
    const qint64 bytes = word.toLongLong(&read);
    const qsizetype part = found.done.size();
    if (!read || bytes < 0 || part >= partsFor(found.size, found.partBytes)) return false;
    found.done.append(bytes);
    if (bytes > found.lengthOf(static_cast<int>(part))) return false;
  }
  if (found.done.size() != partsFor(found.size, found.partBytes)) return false;
  journal = found;
  return true;
}

}  // namespace app
