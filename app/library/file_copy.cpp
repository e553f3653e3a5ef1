#include "app/library/file_copy.h"
#include "app/settings/paths.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QCoreApplication>
#include <QFile>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

namespace app {

namespace {

constexpr size_t kStep = size_t{8} << 20;  // bytes between two questions whether to go on

struct Descriptor {
  int fd = -1;
  explicit Descriptor(int descriptor) : fd(descriptor) {}
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

QString words(const char* text) {
  return QCoreApplication::translate("app::FileCopy", text);
}

QString reason(int error) {
  return error == ENOSPC || error == EDQUOT ? words(QT_TRANSLATE_NOOP("app::FileCopy", "the disk is full"))
                                            : QString::fromLocal8Bit(std::strerror(error));
}

QString cannotRead(const QString& file, int error) {
  return words(QT_TRANSLATE_NOOP("app::FileCopy", "%1 could not be copied because it cannot be read: %2.")).arg(file, reason(error));
}

QString cannotWrite(const QString& file, int error) {
  return words(QT_TRANSLATE_NOOP("app::FileCopy", "%1 could not be written: %2. Make room or choose another folder, and try again."))
      .arg(file, reason(error));
}

/// Copies what the kernel does not; returns an errno of reading (first) or of writing (second).
std::pair<int, int> copyByHand(int from, int to, const CopyProgress& progress, bool& stopped) {
  std::vector<char> buffer(size_t{1} << 20);
  while (!stopped) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return {errno, 0};
    if (got == 0) break;
    for (ssize_t at = 0; at < got;) {
      const ssize_t put = ::write(to, buffer.data() + at, static_cast<size_t>(got - at));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return {0, errno};
      at += put;
    }
    stopped = !progress(got);
  }
  return {0, 0};
}

QString copyContent(int from, int to, const QString& fromName, const QString& toName, qint64 size,
                    const CopyProgress& progress, bool& stopped) {
  if (::ioctl(to, FICLONE, from) == 0) {
    stopped = !progress(size);
    return {};
  }
  qint64 copied = 0;
  while (!stopped) {
    const ssize_t some = ::copy_file_range(from, nullptr, to, nullptr, kStep, 0);
    if (some < 0 && errno == EINTR) continue;
    if (some < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO)) return cannotWrite(toName, errno);
    // Not between these two file systems, or nothing more to copy: the rest by hand, which sees either.
    if (some <= 0) break;
    copied += some;
    stopped = !progress(some);
  }
  if (stopped) return {};
  const auto [reading, writing] = copyByHand(from, to, progress, stopped);
  if (reading != 0) return cannotRead(fromName, reading);
  if (writing != 0) return cannotWrite(toName, writing);
  return {};
}

}  // namespace

QString copyFile(const QString& from, const QString& to, const CopyProgress& progress) {
  // Without O_NONBLOCK opening a pipe would wait for its writer.
  const Descriptor source(::open(QFile::encodeName(from).constData(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (source.fd < 0) return cannotRead(from, errno);
  struct stat status {};
  if (::fstat(source.fd, &status) != 0) return cannotRead(from, errno);
  if (!S_ISREG(status.st_mode)) return words(QT_TRANSLATE_NOOP("app::FileCopy", "%1 is no file that can be copied.")).arg(from);
  bool stopped = false;
  QString problem;
  {
    const Descriptor target(::open(QFile::encodeName(to).constData(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (target.fd < 0) return cannotWrite(to, errno);
    problem = copyContent(source.fd, target.fd, from, to, status.st_size, progress, stopped);
    if (problem.isEmpty() && !stopped) {
      struct stat written {};
      if (::fsync(target.fd) != 0 || ::fstat(target.fd, &written) != 0) {
        problem = cannotWrite(to, errno);
      } else if (written.st_size != status.st_size) {
        problem = words(QT_TRANSLATE_NOOP("app::FileCopy", "%1 changed while it was being copied; try again when it is complete.")).arg(from);
      }
    }
  }
  if (!problem.isEmpty() || stopped) ::unlink(QFile::encodeName(to).constData());
  return problem;
}

bool removeAll(const QString& path) {
  std::error_code failed;
  std::filesystem::remove_all(fileSystemPath(path), failed);
  return !failed;
}

void syncFolder(const QString& folder) {
  const Descriptor descriptor(::open(QFile::encodeName(folder).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.fd >= 0) ::fsync(descriptor.fd);
}

}  // namespace app
