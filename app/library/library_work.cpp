#include "app/library/library_work.h"
#include "app/settings/paths.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QLocale>
#include <QStorageInfo>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "app/chat/model_runner.h"
#include "app/library/file_copy.h"
#include "app/library/model_files.h"

namespace app {

namespace {

// Ending of a folder below .partial that is ours; before it stands the number of the process that makes it.
const QString kUnfinished = QStringLiteral(".import");
constexpr int kQuantizePlaces = 1000;

QString words(const char* text) {
  return QCoreApplication::translate("app::LibraryWork", text);
}

JobEnd failed(const QString& sentence) {
  return {.problem = sentence, .cancelled = false, .path = {}};
}

JobEnd stopped() {
  return {.problem = {}, .cancelled = true, .path = {}};
}

QString sizeText(qint64 bytes) {
  return QLocale().formattedDataSize(bytes, 1, QLocale::DataSizeSIFormat);
}

/// A name that nothing in the folder has: the name itself, else with a number.
QString freeName(const QString& folder, const QString& name) {
  const QDir dir(folder);
  const auto taken = [&](const QString& wanted) {
    return QFileInfo(dir.filePath(wanted)).isSymLink() || dir.exists(wanted) ||
           dir.exists(QStringLiteral(".partial/") + wanted);
  };
  QString free = name;
  for (int n = 2; taken(free); ++n) free = name + QLatin1Char('-') + QString::number(n);
  return free;
}

/// A folder below .partial that becomes a model, or goes with everything in it.
class UnfinishedModel {
 public:
  UnfinishedModel(const QString& modelsDir, const QString& title)
      : modelsDir_(modelsDir),
        name_(freeName(modelsDir, folderNameFor(title))),
        folder_(modelsDir + QStringLiteral("/.partial/") + name_ + QLatin1Char('.') + QString::number(::getpid()) + kUnfinished) {
    removeAll(folder_);
    made_ = QDir().mkpath(folder_);
  }
  ~UnfinishedModel() {
    if (!folder_.isEmpty()) removeAll(folder_);
  }
  UnfinishedModel(const UnfinishedModel&) = delete;
  UnfinishedModel& operator=(const UnfinishedModel&) = delete;

  QString problem() const {
    return made_ ? QString()
                 : words(QT_TRANSLATE_NOOP("app::LibraryWork", "The models folder %1 cannot be written. Check its permissions, or move it in "
                                           "the settings.")).arg(modelsDir_);
  }
  const QString& folder() const { return folder_; }

  /// Looks whether the model in it is sound and gives it its name. `file` is what loads it within; empty: the folder.
  JobEnd finish(const QString& file) {
    const QString path = file.isEmpty() ? folder_ : folder_ + QLatin1Char('/') + file;
    const ModelSummary summary = lookAtModel(path, name_);
    if (!summary.problem.isEmpty()) return failed(summary.problem);
    syncFolder(folder_);
    const QString target = modelsDir_ + QLatin1Char('/') + name_;
    if (!QDir().rename(folder_, target)) {
      return failed(words(QT_TRANSLATE_NOOP("app::LibraryWork", "The finished model could not be moved to %1: something of that name is "
                                            "there already.")).arg(target));
    }
    syncFolder(modelsDir_);
    folder_.clear();
    return {.problem = {}, .cancelled = false, .path = file.isEmpty() ? target : target + QLatin1Char('/') + file};
  }

 private:
  QString modelsDir_, name_, folder_;
  bool made_ = false;
};

/// Whether so many bytes can be written; file systems that share blocks may need none.
QString roomFor(qint64 bytes, const QString& folder) {
  const QStorageInfo storage(folder);
  const QByteArray type = storage.fileSystemType();
  if (!storage.isValid() || type == "btrfs" || type == "xfs" || type == "bcachefs") return {};
  if (storage.bytesAvailable() >= bytes) return {};
  return words(QT_TRANSLATE_NOOP("app::LibraryWork", "There is not enough room in %1: %2 are needed and %3 are free."))
      .arg(folder, sizeText(bytes), sizeText(storage.bytesAvailable()));
}

bool isInside(const QString& path, const QString& folder) {
  const QString inner = QFileInfo(path).canonicalFilePath(), outer = QFileInfo(folder).canonicalFilePath();
  return !inner.isEmpty() && !outer.isEmpty() && inner.startsWith(outer + QLatin1Char('/'));
}

QString fromFileSystem(const std::filesystem::path& path) {
  return QString::fromStdU16String(path.u16string());
}

}  // namespace

JobEnd importModel(const QString& from, const QString& modelsDir, const QString& title, JobControl& control) {
  const ModelSummary before = lookAtModel(from, title);
  if (!before.problem.isEmpty()) return failed(before.problem);
  const QList<QFileInfo> files = filesOf(from);
  const qint64 total = bytesOf(files);
  UnfinishedModel model(modelsDir, title);
  if (const QString problem = model.problem(); !problem.isEmpty()) return failed(problem);
  if (const QString problem = roomFor(total, model.folder()); !problem.isEmpty()) return failed(problem);

  const bool folder = isModelFolder(entriesOf(from)) && QFileInfo(from).isDir();
  qint64 done = 0;
  QString first;
  control.report(0, total);
  for (const QFileInfo& file : files) {
    QString name = file.fileName();
    // A blob of another program has no ending, by which models are found in folders.
    if (!folder && file.suffix().compare(QLatin1String("gguf"), Qt::CaseInsensitive) != 0) {
      name = folderNameFor(title) + QStringLiteral(".gguf");
    }
    if (first.isEmpty() && !folder) first = name;
    const QString problem = copyFile(file.filePath(), model.folder() + QLatin1Char('/') + name, [&](qint64 bytes) {
      done += bytes;
      control.report(done, total);
      return !control.cancelled();
    });
    if (control.cancelled()) return stopped();
    if (!problem.isEmpty()) return failed(problem);
  }
  const QString whence = QFileInfo(from).isDir() ? from : QFileInfo(from).absolutePath();
  writeAboutModel(model.folder(), {title, words(QT_TRANSLATE_NOOP("app::LibraryWork", "imported")), licenceIn(whence)});
  return model.finish(first);
}

JobEnd quantizeInto(const QString& from, const QString& modelsDir, const QString& title, int bits, JobControl& control) {
  // By this ending the name says what the files are; the file's own name says it too.
  const QString named = folderNameFor(title) + (bits == 4 ? QStringLiteral("-4bit") : QStringLiteral("-8bit"));
  UnfinishedModel model(modelsDir, named);
  if (const QString problem = model.problem(); !problem.isEmpty()) return failed(problem);
  const QString file = named + QStringLiteral(".gguf");
  control.report(0, kQuantizePlaces);
  const QString problem = quantizeModel(from, model.folder() + QLatin1Char('/') + file, bits, 0, [&](double share) {
    control.report(static_cast<qint64>(share * kQuantizePlaces), kQuantizePlaces);
    return !control.cancelled();
  });
  if (control.cancelled()) return stopped();
  if (!problem.isEmpty()) return failed(problem);
  const QString folder = QFileInfo(from).isDir() ? from : QFileInfo(from).absolutePath();
  const AboutModel original = aboutModel(folder);
  const QString suffix = QStringLiteral(" · %1 bit").arg(bits);
  writeAboutModel(model.folder(), {title + suffix, words(QT_TRANSLATE_NOOP("app::LibraryWork", "made here from %1")).arg(title),
                                   original.licence.isEmpty() ? licenceIn(folder) : original.licence});
  return model.finish(file);
}

namespace {

/// Copies everything below `from` into `to`, which is there and empty. A sentence where that fails.
QString copyTree(const QString& from, const QString& to, JobControl& control) {
  namespace fs = std::filesystem;
  std::error_code error;
  qint64 total = 0, done = 0;
  for (fs::recursive_directory_iterator each(fileSystemPath(from), error), end; !error && each != end; each.increment(error)) {
    std::error_code none;
    if (each->is_regular_file(none) && !each->is_symlink(none)) total += static_cast<qint64>(each->file_size(none));
  }
  if (const QString problem = roomFor(total, to); !problem.isEmpty()) return problem;
  control.report(0, total);
  for (fs::recursive_directory_iterator each(fileSystemPath(from), error), end; !error && each != end; each.increment(error)) {
    const fs::path target = fileSystemPath(to) / each->path().lexically_relative(fileSystemPath(from));
    std::error_code failure;
    if (each->is_symlink(failure)) {
      fs::copy_symlink(each->path(), target, failure);
    } else if (each->is_directory(failure)) {
      fs::create_directory(target, failure);
    } else if (each->is_regular_file(failure)) {
      const QString problem = copyFile(fromFileSystem(each->path()), fromFileSystem(target), [&](qint64 bytes) {
        done += bytes;
        control.report(done, total);
        return !control.cancelled();
      });
      if (!problem.isEmpty()) return problem;
    }
    if (control.cancelled()) return {};
    if (failure) {
      return words(QT_TRANSLATE_NOOP("app::LibraryWork", "%1 could not be copied: %2."))
          .arg(fromFileSystem(each->path()), QString::fromLocal8Bit(failure.message().c_str()));
    }
  }
  if (!error) return {};
  return words(QT_TRANSLATE_NOOP("app::LibraryWork", "%1 could not be read: %2.")).arg(from, QString::fromLocal8Bit(error.message().c_str()));
}

}  // namespace

JobEnd moveFolder(const QString& from, const QString& to, JobControl& control) {
  const QFileInfo source(from), target(to);
  const auto refuse = [](const char* text, const QString& path) { return failed(words(text).arg(path)); };
  if (!QDir::isAbsolutePath(to)) return refuse(QT_TRANSLATE_NOOP("app::LibraryWork", "“%1” is no whole path of a folder."), to);
  // Of a folder that is not there yet, the nearest one that is decides where it lies.
  QString there = QDir::cleanPath(to);
  while (!QFileInfo::exists(there) && there != QLatin1String("/")) there = QFileInfo(there).path();
  const QString whole = QFileInfo(there).canonicalFilePath() + QDir::cleanPath(to).mid(there.size());
  const QString old = source.canonicalFilePath();
  if (!old.isEmpty() && (whole == old || whole.startsWith(old + QLatin1Char('/')) || old.startsWith(whole + QLatin1Char('/'))))
    return refuse(QT_TRANSLATE_NOOP("app::LibraryWork", "The models folder cannot be moved to %1: one of the two lies within the other."), to);
  if (target.exists() && !target.isDir()) return refuse(QT_TRANSLATE_NOOP("app::LibraryWork", "%1 is a file; choose a folder."), to);
  if (target.isDir() && !QDir(to).isEmpty(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot))
    return refuse(QT_TRANSLATE_NOOP("app::LibraryWork", "%1 is not empty; choose an empty folder or a new one."), to);

  const bool made = !target.exists();
  if (made && !QDir().mkpath(to)) return refuse(QT_TRANSLATE_NOOP("app::LibraryWork", "%1 cannot be made; check its permissions."), to);
  if (old.isEmpty()) return {.problem = {}, .cancelled = false, .path = to};

  std::error_code error;
  std::filesystem::rename(fileSystemPath(old), fileSystemPath(to), error);
  if (!error) return {.problem = {}, .cancelled = false, .path = to};

  const QString problem = copyTree(old, to, control);
  if (!problem.isEmpty() || control.cancelled()) {
    removeAll(to);
    if (!made) QDir().mkdir(to);
    return control.cancelled() ? stopped() : failed(problem);
  }
  syncFolder(to);
  removeAll(old);  // what cannot be removed takes room, no more
  return {.problem = {}, .cancelled = false, .path = to};
}

JobEnd moveToTrash(const QString& path, const QString& modelsDir) {
  // The parent is looked at, not the path: a link in the folder is ours to remove, wherever it leads.
  const QString parent = QFileInfo(QFileInfo(path).absolutePath()).canonicalFilePath();
  const QString root = QFileInfo(modelsDir).canonicalFilePath();
  if (root.isEmpty() || (parent != root && !isInside(parent, root)))
    return failed(words(QT_TRANSLATE_NOOP("app::LibraryWork", "%1 is not in the models folder, so Sotto does not delete it.")).arg(path));
  const QString trash = modelsDir + QStringLiteral("/.trash/") + QString::number(::getpid());
  const QString target = trash + QLatin1Char('/') + freeName(trash, QFileInfo(path).fileName());
  std::error_code error;
  if (QDir().mkpath(trash)) std::filesystem::rename(fileSystemPath(path), fileSystemPath(target), error);
  if (error || !QFileInfo::exists(target)) {
    return failed(words(QT_TRANSLATE_NOOP("app::LibraryWork", "%1 could not be deleted: %2. Check the permissions of the models folder."))
                      .arg(path, QString::fromLocal8Bit(error.message().c_str())));
  }
  return {.problem = {}, .cancelled = false, .path = target};
}

JobEnd moveBack(const QString& trashed, const QString& path) {
  if (!QFileInfo::exists(path) && QDir().rename(trashed, path)) return {.problem = {}, .cancelled = false, .path = path};
  return failed(words(QT_TRANSLATE_NOOP("app::LibraryWork", "%1 could not be put back; it is kept in %2.")).arg(path, trashed));
}

void clearLeftovers(const QString& modelsDir) {
  const QDir partial(modelsDir + QStringLiteral("/.partial"));
  // What another process that runs is still at stays; of our own number it is from before.
  const auto isLeft = [](const QString& process) {
    const qint64 number = process.toLongLong();
    return number <= 0 || number == ::getpid() || (::kill(static_cast<pid_t>(number), 0) != 0 && errno == ESRCH);
  };
  const QStringList unfinished = partial.entryList({QLatin1Char('*') + kUnfinished}, QDir::Dirs | QDir::Hidden);
  for (const QString& folder : unfinished) {
    if (isLeft(folder.chopped(kUnfinished.size()).section(QLatin1Char('.'), -1))) removeAll(partial.filePath(folder));
  }
  const QDir trash(modelsDir + QStringLiteral("/.trash"));
  const QStringList deleted = trash.entryList(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot);
  for (const QString& process : deleted) {
    if (isLeft(process)) removeAll(trash.filePath(process));
  }
  QDir(modelsDir).rmdir(QStringLiteral(".trash"));
}

}  // namespace app
