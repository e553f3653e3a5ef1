// What the library does with models' files.
#include <QDesktopServices>
#include <QDir>
#include <QFileInfo>
#include <QLocale>

#include "app/library/file_copy.h"
#include "app/library/library_work.h"
#include "app/library/model_files.h"
#include "app/library/model_library.h"
#include "app/settings/settings.h"

namespace app {

namespace {

QString titleOf(const QString& path) {
  return ggufPart(QFileInfo(path).fileName()).stem;
}

/// The folder of a model, from a folder or a file in it that was chosen.
QString modelAt(const QUrl& location) {
  const QFileInfo file(location.isLocalFile() ? location.toLocalFile() : location.toString());
  const bool whole = file.suffix().compare(QLatin1String("gguf"), Qt::CaseInsensitive) != 0;
  const bool inFolder = whole && file.isFile() && QFileInfo::exists(file.absolutePath() + QStringLiteral("/config.json"));
  return QDir::cleanPath(inFolder ? file.absolutePath() : file.absoluteFilePath());
}

}  // namespace

bool ModelLibrary::isSettled() {
  if (!moving_) return true;
  setProblem(tr("The models folder is being moved; try again when that is done."));
  return false;
}

void ModelLibrary::setMoving(bool moving) {
  if (std::exchange(moving_, moving) != moving) emit movingChanged();
}

void ModelLibrary::startCopy(const QString& path, const QString& title) {
  if (!isSettled()) return;
  jobs_.start(
      tr("Copying %1").arg(title), LibraryJobs::Counts::Bytes,
      [path, title, dir = places_.modelsDir](JobControl& control) { return importModel(path, dir, title, control); },
      [this](const JobEnd&) { refresh(); });
}

void ModelLibrary::startQuantize(const QString& path, const QString& title, int bits) {
  if ((bits != 4 && bits != 8) || !isSettled()) return;
  jobs_.start(
      tr("Making %1 smaller: %2 bits").arg(title).arg(bits), LibraryJobs::Counts::Share,
      [path, title, bits, dir = places_.modelsDir](JobControl& control) {
        return quantizeInto(path, dir, title, bits, control);
      },
      [this](const JobEnd&) { refresh(); });
}

void ModelLibrary::copyIn(int row) {
  if (row >= 0 && row < rows_.size() && data(index(row), CanCopyRole).toBool())
    startCopy(rows_[row].found.path, rows_[row].found.title);
}

void ModelLibrary::importCopy(const QUrl& location) {
  if (location.isEmpty()) return;
  const QString path = modelAt(location);
  startCopy(path, titleOf(path));
}

void ModelLibrary::quantize(int row, int bits) {
  if (row >= 0 && row < rows_.size() && data(index(row), SmallerBitsRole).toList().contains(bits))
    startQuantize(rows_[row].found.path, rows_[row].found.title, bits);
}

void ModelLibrary::importQuantized(const QUrl& location, int bits) {
  if (location.isEmpty()) return;
  const QString path = modelAt(location);
  startQuantize(path, titleOf(path), bits);
}

void ModelLibrary::examine(const QUrl& location) {
  if (location.isEmpty()) return;
  const QString path = modelAt(location);
  candidate_ = {{QStringLiteral("name"), titleOf(path)}, {QStringLiteral("path"), path}, {QStringLiteral("looking"), true}};
  emit candidateChanged();
  files_.start([this, path] {
    const ModelSummary summary = lookAtModel(path);
    const qint64 bytes = bytesOf(filesOf(path));
    QMetaObject::invokeMethod(this, [this, path, summary, bytes] {
      if (candidate_.value(QStringLiteral("path")) != path) return;
      const auto size = [](double of) { return QLocale().formattedDataSize(static_cast<qint64>(of), 1, QLocale::DataSizeSIFormat); };
      // A block of 32 weights has its scale in 16 bits more.
      const auto smallerBytes = [&](double bits) { return static_cast<double>(summary.parameterCount) * bits / 8; };
      const auto smaller = [&](double bits) {
        return smallerBytes(bits) < 0.9 * static_cast<double>(bytes) ? size(smallerBytes(bits)) : QString();
      };
      const auto active = [&](double weights) {
        return bytes > 0 ? weights / static_cast<double>(bytes) * static_cast<double>(summary.activeBytesPerToken) : 0;
      };
      candidate_ = {{QStringLiteral("name"), titleOf(path)},
                    {QStringLiteral("path"), path},
                    {QStringLiteral("looking"), false},
                    {QStringLiteral("usable"), summary.problem.isEmpty()},
                    {QStringLiteral("problem"), summary.problem},
                    {QStringLiteral("detail"), summary.detail},
                    {QStringLiteral("sizeText"), size(static_cast<double>(bytes))},
                    {QStringLiteral("eightText"), smaller(8.5)},
                    {QStringLiteral("fourText"), smaller(4.5)},
                    {QStringLiteral("kvBytes"), summary.kvBytesPerToken},
                    {QStringLiteral("activeBytes"), summary.activeBytesPerToken},
                    {QStringLiteral("eightActiveBytes"), active(smallerBytes(8.5))},
                    {QStringLiteral("fourActiveBytes"), active(smallerBytes(4.5))}};
      emit candidateChanged();
    });
  });
}

void ModelLibrary::importCandidate(const QString& how) {
  const QUrl location = QUrl::fromLocalFile(candidate_.value(QStringLiteral("path")).toString());
  const bool usable = candidate_.value(QStringLiteral("usable")).toBool();
  candidate_.clear();
  emit candidateChanged();
  if (!usable) return;
  if (how == QLatin1String("place")) {
    add(location);
  } else if (how == QLatin1String("copy")) {
    importCopy(location);
  } else if (how == QLatin1String("8") || how == QLatin1String("4")) {
    importQuantized(location, how.toInt());
  }
}

/// The files of a model are about to go: it is not in use then, and not looked for at the next start.
void ModelLibrary::letGo(const FoundModel& model) {
  const auto isIt = [&](const QString& path) { return !path.isEmpty() && (path == model.path || path == model.alias); };
  if (isIt(runner_.modelPath()) || isIt(runner_.loadingPath())) runner_.unload();
  if (isIt(settings_.lastModelPath())) settings_.setLastModelPath({});
  settings_.forgetModel(model.path);
  settings_.forgetModel(model.alias);
}

void ModelLibrary::deleteAt(int row) {
  if (row < 0 || row >= rows_.size() || !data(index(row), CanDeleteRole).toBool() || !isSettled()) return;
  const FoundModel model = rows_[row].found;
  letGo(model);
  dismissUndo();
  files_.start([this, model, dir = places_.modelsDir] {
    const JobEnd end = moveToTrash(model.removable, dir);
    QMetaObject::invokeMethod(this, [this, model, end] {
      if (end.problem.isEmpty()) {
        setUndo({.title = model.title, .path = model.removable, .trashed = end.path});
      } else {
        setProblem(end.problem);
      }
      refresh();
    });
  });
}

void ModelLibrary::setUndo(const Deleted& deleted) {
  // Two deletions in a row: the first cannot be undone any more.
  if (!undo_.trashed.isEmpty()) removeForGood(undo_.trashed);
  undo_ = deleted;
  emit undoTitleChanged();
}

void ModelLibrary::undoDelete() {
  if (undo_.trashed.isEmpty()) return;
  const Deleted deleted = std::exchange(undo_, {});
  emit undoTitleChanged();
  files_.start([this, deleted] {
    const JobEnd end = moveBack(deleted.trashed, deleted.path);
    QMetaObject::invokeMethod(this, [this, end] {
      if (!end.problem.isEmpty()) setProblem(end.problem);
      refresh();
    });
  });
}

void ModelLibrary::dismissUndo() {
  if (!undo_.trashed.isEmpty()) setUndo({});
}

void ModelLibrary::removeForGood(const QString& trashed) {
  files_.start([trashed] { removeAll(trashed); });
}

void ModelLibrary::showInFolder(int row) {
  if (row < 0 || row >= rows_.size()) return;
  const FoundModel& model = rows_[row].found;
  QDesktopServices::openUrl(QUrl::fromLocalFile(model.isFolder ? model.path : model.path.section(QLatin1Char('/'), 0, -2)));
}

void ModelLibrary::moveModels(const QUrl& folder) {
  if (folder.isEmpty()) return;
  const QString why = whyNotMove_ ? whyNotMove_() : QString();
  if (!why.isEmpty()) return setProblem(why);
  if (jobs_.activeCount() > 0) return setProblem(tr("Models are being copied or made smaller; move the models folder when that is done."));
  dismissUndo();

  const QString from = places_.modelsDir;
  const QString to = QDir::cleanPath(folder.isLocalFile() ? folder.toLocalFile() : folder.toString());
  const QString loaded = runner_.modelPath();
  const bool within = loaded.startsWith(from + QLatin1Char('/'));
  if (within) runner_.unload();
  setMoving(true);
  jobs_.start(
      tr("Moving the models folder to %1").arg(to), LibraryJobs::Counts::Bytes,
      [from, to](JobControl& control) {
        const bool taken = QFileInfo(to).isDir() && !QDir(to).isEmpty();
        return moveFolder(from, taken ? to + QStringLiteral("/sotto-models") : to, control);
      },
      [this, from, loaded, within](const JobEnd& end) {
        if (!end.path.isEmpty()) {
          places_.modelsDir = end.path;
          settings_.setModelsFolder(end.path);
          settings_.moveModelPaths(from, end.path);
          emit modelsDirChanged();
        }
        setMoving(false);
        if (within) runner_.load(end.path.isEmpty() ? loaded : end.path + loaded.mid(from.size()));
        refresh();
      });
}

}  // namespace app
