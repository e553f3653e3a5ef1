#include "app/downloads/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QStringList>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>

namespace app {

namespace {

constexpr int kMostNames = 10000;
constexpr int kDeepestFolder = 32;  // deeper than any path of ours
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr qint64 kBlockBytes = 512;  // unit of st_blocks

struct Text {
  Q_DECLARE_TR_FUNCTIONS(app::Folder)
};

[[noreturn]] void fail(const QString& doing, int code = errno) {
  throw FileError{doing, code};
}

QByteArray encoded(const QString& name) {
  return QFile::encodeName(name);
}

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

/// Calls `visit` with each name of a folder.
template <typename Visit>
void eachName(int folder, const Visit& visit) {
  const int copy = ::openat(folder, ".", kFolderFlags);
  if (copy < 0) return;
  const std::unique_ptr<DIR, CloseDir> dir(::fdopendir(copy));
  if (!dir) {
    ::close(copy);
    return;
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): a directory stream of this thread alone
  while (const dirent* entry = ::readdir(dir.get())) {
    const QByteArray name = entry->d_name;
    if (name != "." && name != "..") visit(name);
  }
}

void removeTree(int folder, const QByteArray& name, int depth, const QString& path) {
  if (::unlinkat(folder, name.constData(), 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR && errno != EPERM) fail(Text::tr("Deleting %1 failed").arg(path));
  const Descriptor child(::openat(folder, name.constData(), kFolderFlags));
  if (!child || depth > kDeepestFolder) fail(Text::tr("Deleting %1 failed").arg(path));
  eachName(child.number(), [&](const QByteArray& inner) { removeTree(child.number(), inner, depth + 1, path); });
  if (::unlinkat(folder, name.constData(), AT_REMOVEDIR) != 0) fail(Text::tr("Deleting %1 failed").arg(path));
}

qint64 bytesOf(int folder, int depth) {
  qint64 bytes = 0;
  eachName(folder, [&](const QByteArray& name) {
    struct stat about {};
    if (::fstatat(folder, name.constData(), &about, AT_SYMLINK_NOFOLLOW) != 0) return;
    bytes += about.st_blocks * kBlockBytes;
    if (!S_ISDIR(about.st_mode) || depth > kDeepestFolder) return;
    const Descriptor child(::openat(folder, name.constData(), kFolderFlags));
    if (child) bytes += bytesOf(child.number(), depth + 1);
  });
  return bytes;
}

void syncTree(int folder, int depth, const QString& path) {
  eachName(folder, [&](const QByteArray& name) {
    const Descriptor child(::openat(folder, name.constData(), kFolderFlags));
    if (child && depth <= kDeepestFolder) syncTree(child.number(), depth + 1, path);
  });
  if (::fsync(folder) != 0) fail(Text::tr("Making sure that %1 is on the disk failed").arg(path));
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

bool FileError::isFull() const {
  return code == ENOSPC || code == EDQUOT || code == EFBIG;
}

QString FileError::sentence() const {
  switch (code) {
    case ENOSPC:
      return Text::tr("%1: the disk is full. Free some space, then resume.").arg(doing);
    case EDQUOT:
      return Text::tr("%1: your share of the disk is used up. Free some space, then resume.").arg(doing);
    case EFBIG:
      return Text::tr("%1: files there cannot get that large.").arg(doing);
    case EACCES:
    case EPERM:
    case EROFS:
      return Text::tr("%1: it may not be written to. Allow that, or choose another models folder.").arg(doing);
    case ELOOP:
    case ENOTDIR:
      return Text::tr("%1: a link or a file stands where a folder is expected, and links are not followed there.")
          .arg(doing);
    default:
      return Text::tr("%1: %2.").arg(doing, QString::fromStdString(std::generic_category().message(code)));
  }
}

Folder::Folder(Descriptor fd, QString path) : fd_(std::move(fd)), path_(std::move(path)) {}

Folder Folder::open(const QString& path) {
  Descriptor fd(::open(encoded(path).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd && errno != ENOENT) fail(Text::tr("Opening the folder %1 failed").arg(path));
  return Folder(std::move(fd), path);
}

Folder Folder::openOrMake(const QString& path) {
  Folder folder = open(path);
  if (folder.isOpen()) return folder;
  errno = 0;
  if (!QDir().mkpath(path)) fail(Text::tr("Creating the folder %1 failed").arg(path), errno != 0 ? errno : EACCES);
  folder = open(path);
  if (!folder.isOpen()) fail(Text::tr("Opening the folder %1 failed").arg(path));
  return folder;
}

QString Folder::below(const QString& path) const {
  return path_ + QLatin1Char('/') + path;
}

Folder Folder::walk(const QStringList& parts, bool make) const {
  Folder folder(Descriptor(::openat(fd_.number(), ".", kFolderFlags)), path_);
  if (!folder.isOpen()) fail(Text::tr("Opening the folder %1 failed").arg(path_));
  for (const QString& part : parts) {
    const QByteArray name = encoded(part);
    const QString path = folder.below(part);
    if (make && ::mkdirat(folder.descriptor(), name.constData(), 0777) != 0 && errno != EEXIST) {
      fail(Text::tr("Creating the folder %1 failed").arg(path));
    }
    Descriptor next(::openat(folder.descriptor(), name.constData(), kFolderFlags));
    if (!next && (make || errno != ENOENT)) fail(Text::tr("Opening the folder %1 failed").arg(path));
    folder = Folder(std::move(next), path);
    if (!folder.isOpen()) break;
  }
  return folder;
}

Folder Folder::openBelow(const QString& path) const {
  return walk(path.split(u'/'), false);
}

Folder Folder::makeBelow(const QString& path) const {
  return walk(path.split(u'/'), true);
}

bool Folder::exists(const QString& path) const {
  struct stat about {};
  return ::fstatat(fd_.number(), encoded(path).constData(), &about, AT_SYMLINK_NOFOLLOW) == 0;
}

QStringList Folder::names() const {
  QStringList names;
  eachName(fd_.number(), [&](const QByteArray& name) {
    if (names.size() < kMostNames) names.append(QFile::decodeName(name));
  });
  names.sort();
  return names;
}

bool Folder::isFolder(const QString& name) const {
  struct stat about {};
  return ::fstatat(fd_.number(), encoded(name).constData(), &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(about.st_mode);
}

Descriptor Folder::openFile(const QString& path) const {
  QStringList parts = path.split(u'/');
  const QByteArray name = encoded(parts.takeLast());
  const Folder folder = walk(parts, true);
  Descriptor file(
      ::openat(folder.descriptor(), name.constData(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666));
  if (!file) fail(Text::tr("Opening %1 for writing failed").arg(below(path)));
  // A second name would mean that something elsewhere is written to as well.
  struct stat about {};
  if (::fstat(file.number(), &about) != 0 || !S_ISREG(about.st_mode) || about.st_nlink != 1) {
    fail(Text::tr("Opening %1 for writing failed").arg(below(path)), ELOOP);
  }
  return file;
}

Descriptor Folder::openForReading(const QString& path) const {
  QStringList parts = path.split(u'/');
  const QByteArray name = encoded(parts.takeLast());
  const Folder folder = walk(parts, false);
  if (!folder.isOpen()) return {};
  Descriptor file(::openat(folder.descriptor(), name.constData(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file && errno != ENOENT) fail(Text::tr("Opening %1 failed").arg(below(path)));
  return file;
}

QByteArray Folder::read(const QString& path, qint64 most) const {
  const Descriptor file = openForReading(path);
  if (!file) return {};
  const qint64 size = sizeOf(file, below(path));
  if (size > most) return {};
  QByteArray content(size, Qt::Uninitialized);
  qint64 done = 0;
  while (done < size) {
    const ssize_t got = ::pread(file.number(), content.data() + done, static_cast<size_t>(size - done), done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(Text::tr("Reading %1 failed").arg(below(path)));
    if (got == 0) break;
    done += got;
  }
  content.truncate(done);
  return content;
}

void Folder::replace(const QString& path, const QByteArray& content) const {
  // No safe path begins with a dot, so this name is no file of a hub.
  const qsizetype slash = path.lastIndexOf(u'/');
  const Folder folder = slash < 0 ? walk({}, true) : walk(path.left(slash).split(u'/'), true);
  const QString name = path.mid(slash + 1);
  const QString fresh = QStringLiteral(".new-") + name;
  folder.remove(fresh);
  {
    const Descriptor file = folder.openFile(fresh);
    writeAt(file, 0, content, folder.below(fresh));
    syncFile(file, folder.below(fresh));
  }
  if (::renameat(folder.descriptor(), encoded(fresh).constData(), folder.descriptor(), encoded(name).constData()) !=
      0) {
    fail(Text::tr("Writing %1 failed").arg(below(path)));
  }
  folder.sync();
}

void Folder::renameTo(const QString& name, const Folder& target, const QString& newName) const {
  const QByteArray from = encoded(name);
  const QByteArray to = encoded(newName);
  if (::renameat2(fd_.number(), from.constData(), target.descriptor(), to.constData(), RENAME_NOREPLACE) == 0) return;
  // Some file systems do not know "never replace"; there the look before has to do.
  if (errno == EINVAL || errno == ENOSYS) {
    if (target.exists(newName)) fail(Text::tr("Moving %1 into place failed").arg(target.below(newName)), EEXIST);
    if (::renameat(fd_.number(), from.constData(), target.descriptor(), to.constData()) == 0) return;
  }
  fail(Text::tr("Moving %1 into place failed").arg(target.below(newName)));
}

void Folder::remove(const QString& name) const {
  removeTree(fd_.number(), encoded(name), 0, below(name));
}

void Folder::removeFile(const QString& path) const {
  QStringList parts = path.split(u'/');
  const QByteArray name = encoded(parts.takeLast());
  const Folder folder = walk(parts, false);
  if (folder.isOpen() && ::unlinkat(folder.descriptor(), name.constData(), 0) != 0 && errno != ENOENT) {
    fail(Text::tr("Deleting %1 failed").arg(below(path)));
  }
}

qint64 Folder::bytesOnDisk() const {
  return isOpen() ? bytesOf(fd_.number(), 0) : 0;
}

void Folder::sync() const {
  if (::fsync(fd_.number()) != 0) fail(Text::tr("Making sure that %1 is on the disk failed").arg(path_));
}

void Folder::syncAll() const {
  syncTree(fd_.number(), 0, path_);
}

qint64 Folder::freeBytes() const {
  struct statvfs about {};
  if (::fstatvfs(fd_.number(), &about) != 0) fail(Text::tr("Asking for the free space of %1 failed").arg(path_));
  return static_cast<qint64>(about.f_bavail) * static_cast<qint64>(about.f_frsize);
}

void writeAt(const Descriptor& file, qint64 offset, const QByteArray& bytes, const QString& path) {
  qint64 done = 0;
  while (done < bytes.size()) {
    const ssize_t wrote =
        ::pwrite(file.number(), bytes.constData() + done, static_cast<size_t>(bytes.size() - done), offset + done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) fail(Text::tr("Writing %1 failed").arg(path), wrote < 0 ? errno : ENOSPC);
    done += wrote;
  }
}

qint64 sizeOf(const Descriptor& file, const QString& path) {
  struct stat about {};
  if (::fstat(file.number(), &about) != 0) fail(Text::tr("Reading %1 failed").arg(path));
  return about.st_size;
}

void claim(const Descriptor& file, qint64 size, const QString& path) {
  if (::ftruncate(file.number(), size) != 0) fail(Text::tr("Making room for %1 failed").arg(path));
  if (size > 0 && ::fallocate(file.number(), 0, 0, size) != 0 && errno != EOPNOTSUPP && errno != ENOSYS) {
    fail(Text::tr("Making room for %1 failed").arg(path));
  }
}

void syncFile(const Descriptor& file, const QString& path) {
  if (::fsync(file.number()) != 0) fail(Text::tr("Making sure that %1 is on the disk failed").arg(path));
}

}  // namespace app
