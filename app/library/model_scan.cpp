#include "app/library/model_scan.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QSet>
#include <algorithm>

#include "app/library/model_files.h"
#include "app/library/ollama_store.h"

namespace app {

namespace {

constexpr int kDeepest = 4;         // folders below a place; publisher/repository/precision/file is three
constexpr int kMostFolders = 5000;  // that one scan enters
constexpr int kMostModels = 1000;

const QString kHubFolder = QStringLiteral("models--");

class Scan {
 public:
  Scan(const std::function<bool()>& stopped) : stopped_(stopped) {}

  QList<FoundModel> found;

  bool full() const { return found.size() >= kMostModels || stopped_(); }

  /// Takes a model in, unless its file or folder is there already.
  void take(FoundModel model, const QList<QFileInfo>& files) {
    if (full()) return;
    const QString canonical = QFileInfo(model.path).canonicalFilePath();
    if (!model.missing && (canonical.isEmpty() || taken_.contains(canonical))) return;
    taken_.insert(canonical);
    if (!model.alias.isEmpty()) taken_.insert(QFileInfo(model.alias).canonicalFilePath());
    model.bytes = bytesOf(files);
    qint64 newest = 0;
    for (const QFileInfo& file : files) newest = std::max(newest, file.lastModified().toMSecsSinceEpoch());
    model.sign = QStringLiteral("%1 %2 %3").arg(model.bytes).arg(newest).arg(files.size());
    found.append(std::move(model));
  }

  /// The models of a folder and of those below it. `root`: of the place; `title`: of the repository, where it has one.
  void walk(const QString& folder, ModelOrigin origin, const QString& root, const QString& title, int depth = 0) {
    const QString canonical = QFileInfo(folder).canonicalFilePath();
    if (full() || depth > kDeepest || canonical.isEmpty() || entered_.contains(canonical)) return;
    if (entered_.size() >= kMostFolders) return;
    entered_.insert(canonical);

    const QList<QFileInfo> entries = entriesOf(folder);
    const bool whole = folder != root || !title.isEmpty();  // the place itself is no model
    if (whole && isModelFolder(entries)) {
      FoundModel model;
      model.path = folder;
      model.isFolder = true;
      model.title = title.isEmpty() ? QFileInfo(folder).fileName() : title;
      model.origin = origin;
      model.licence = licenceIn(folder);
      if (origin == ModelOrigin::Models) model.removable = folder;
      if (origin == ModelOrigin::Models) tell(model, folder, true);
      take(std::move(model), origin == ModelOrigin::Models ? everythingIn(entries) : filesOf(folder));
      return;
    }
    takeGgufs(folder, entries, origin, folder == root);
    for (const QFileInfo& entry : entries) {
      if (entry.isDir()) walk(entry.filePath(), origin, root, title, depth + 1);
    }
  }

 private:
  void takeGgufs(const QString& folder, const QList<QFileInfo>& entries, ModelOrigin origin, bool isRoot) {
    const QStringList models = ggufModels(entries);
    const bool alone = models.size() == 1 && !isRoot &&
                       std::ranges::none_of(entries, [](const QFileInfo& entry) { return entry.isDir(); });
    for (const QString& path : models) {
      FoundModel model;
      model.path = path;
      model.title = ggufPart(QFileInfo(path).fileName()).stem;
      model.origin = origin;
      model.licence = licenceIn(folder);
      if (alone) model.alias = folder;
      if (origin == ModelOrigin::Models) model.removable = alone ? folder : path;
      if (origin == ModelOrigin::Models) tell(model, folder, alone);
      take(std::move(model), alone && origin == ModelOrigin::Models ? everythingIn(entries) : filesOf(path));
    }
  }

  /// What Sotto knows of a model that it made; the title only where the folder has no other model.
  static void tell(FoundModel& model, const QString& folder, bool alone) {
    const AboutModel about = aboutModel(folder);
    if (alone && !about.title.isEmpty()) model.title = about.title;
    model.source = about.origin;
    if (!about.licence.isEmpty()) model.licence = about.licence;
  }

  static QList<QFileInfo> everythingIn(const QList<QFileInfo>& entries) {
    QList<QFileInfo> files;
    std::ranges::copy_if(entries, std::back_inserter(files), [](const QFileInfo& entry) { return entry.isFile(); });
    return files;
  }

  const std::function<bool()>& stopped_;
  QSet<QString> entered_;  // canonical paths: a circle of links ends here
  QSet<QString> taken_;
};

/// What Hugging Face's libraries downloaded: models--organisation--name/snapshots/revision, refs/main naming the revision.
void scanHubCache(Scan& scan, const QString& cache) {
  for (const QFileInfo& repository : entriesOf(cache)) {
    if (scan.full()) return;
    if (!repository.isDir() || !repository.fileName().startsWith(kHubFolder)) continue;
    const QString snapshots = repository.filePath() + QStringLiteral("/snapshots");
    QFile main(repository.filePath() + QStringLiteral("/refs/main"));
    QString revision;
    if (QFileInfo(main).isFile() && main.open(QIODevice::ReadOnly)) {
      revision = QString::fromLatin1(main.read(100)).trimmed();
    }
    // A revision is one folder here, and nothing else.
    if (revision.contains(QLatin1Char('/')) || revision.startsWith(QLatin1Char('.')) ||
        !QFileInfo(snapshots + QLatin1Char('/') + revision).isDir()) {
      revision.clear();
    }
    if (revision.isEmpty()) {
      QDateTime newest;
      for (const QFileInfo& snapshot : entriesOf(snapshots)) {
        if (!snapshot.isDir() || (newest.isValid() && snapshot.lastModified() <= newest)) continue;
        newest = snapshot.lastModified();
        revision = snapshot.fileName();
      }
    }
    if (revision.isEmpty()) continue;
    const QString title = repository.fileName().section(QStringLiteral("--"), -1);
    const QString folder = snapshots + QLatin1Char('/') + revision;
    scan.walk(folder, ModelOrigin::HuggingFace, folder, title.isEmpty() ? repository.fileName() : title);
  }
}

void takeOpened(Scan& scan, const QString& path) {
  const QFileInfo file(path);
  FoundModel model;
  model.path = path;
  model.title = file.isDir() ? file.fileName() : ggufPart(file.fileName()).stem;
  model.isFolder = file.isDir();
  model.missing = !file.exists();
  if (!model.missing) model.licence = licenceIn(file.isDir() ? path : file.absolutePath());
  scan.take(std::move(model), model.missing ? QList<QFileInfo>() : filesOf(path));
}

}  // namespace

QList<FoundModel> findModels(const ModelPlaces& places, const QStringList& opened, const std::function<bool()>& stopped) {
  Scan scan(stopped);
  if (!places.modelsDir.isEmpty()) scan.walk(places.modelsDir, ModelOrigin::Models, places.modelsDir, {});
  if (!places.hubCache.isEmpty()) scanHubCache(scan, places.hubCache);
  for (const QString& folder : places.lmStudioDirs) scan.walk(folder, ModelOrigin::LmStudio, folder, {});
  for (const QString& folder : places.ollamaDirs) {
    for (FoundModel& model : ollamaModels(folder, stopped)) {
      const QList<QFileInfo> files = filesOf(model.path);
      scan.take(std::move(model), files);
    }
  }
  for (const QString& path : opened) takeOpened(scan, path);
  return scan.found;
}

}  // namespace app
