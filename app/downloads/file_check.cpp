#include "app/downloads/file_check.h"

#include <unistd.h>

#include <QCoreApplication>
#include <QCryptographicHash>
#include <cerrno>

#include "app/downloads/folder.h"
#include "app/downloads/header_check.h"

namespace app {

namespace {

constexpr qint64 kPieceBytes = 1024LL * 1024;

struct Text {
  Q_DECLARE_TR_FUNCTIONS(app::FileCheck)
};

CheckResult wrong(const DownloadFile& file, const QString& found) {
  return {CheckResult::Kind::Wrong, Text::tr("%1 arrived damaged: %2.").arg(file.path, found)};
}

}  // namespace

CheckResult checkFile(const Descriptor& opened, const QString& path, const DownloadFile& file,
                      const std::shared_ptr<CheckShared>& shared) {
  qint64 size = 0;
  QCryptographicHash sha256(QCryptographicHash::Sha256);
  QCryptographicHash gitSha1(QCryptographicHash::Sha1);
  try {
    size = sizeOf(opened, path);
  } catch (const FileError& error) {
    return {CheckResult::Kind::Unreadable, error.sentence()};
  }
  if (file.size >= 0 && size != file.size) {
    return wrong(file,
                 Text::tr("it has %1 bytes instead of %2").arg(QString::number(size), QString::number(file.size)));
  }
  // Git names a file by the hash of this and the content: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
  gitSha1.addData("blob " + QByteArray::number(size) + '\0');

  QByteArray piece(kPieceBytes, Qt::Uninitialized);
  qint64 done = 0;
  while (done < size) {
    if (shared->stop) return {};
    const ssize_t got = ::pread(opened.number(), piece.data(), static_cast<size_t>(kPieceBytes), done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      return {CheckResult::Kind::Unreadable,
              FileError{Text::tr("Reading %1 failed").arg(path), got < 0 ? errno : EIO}.sentence()};
    const QByteArrayView bytes(piece.constData(), got);
    if (!file.sha256.isEmpty()) sha256.addData(bytes);
    if (!file.gitSha1.isEmpty()) gitSha1.addData(bytes);
    done += got;
    shared->bytes = done;
  }
  if (!file.sha256.isEmpty() && sha256.result().toHex() != file.sha256) {
    return wrong(file, Text::tr("its SHA-256 is not the one that the hub tells"));
  }
  if (!file.gitSha1.isEmpty() && gitSha1.result().toHex() != file.gitSha1) {
    return wrong(file, Text::tr("its git hash is not the one that the hub tells"));
  }
  const QString header = headerProblem(path);
  if (!header.isEmpty()) return wrong(file, header);
  return {CheckResult::Kind::Sound, {}};
}

}  // namespace app
