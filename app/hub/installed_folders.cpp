#include "app/hub/installed_folders.h"

#include <QDir>

#include "app/downloads/download_queue.h"

namespace app {

InstalledFolders::InstalledFolders(DownloadQueue& queue, const QString& modelsDir, QObject* parent)
    : QObject(parent), queue_(queue), modelsDir_(modelsDir) {
  pool_.setMaxThreadCount(1);
  connect(&queue_, &DownloadQueue::completed, this, &InstalledFolders::refresh);
  connect(&queue_, &QAbstractItemModel::rowsInserted, this, &InstalledFolders::changed);
  connect(&queue_, &QAbstractItemModel::rowsRemoved, this, &InstalledFolders::changed);
  connect(&queue_, &QAbstractItemModel::modelReset, this, &InstalledFolders::changed);
  refresh();
}

InstalledFolders::~InstalledFolders() {
  pool_.clear();
  pool_.waitForDone();
}

QString InstalledFolders::stateOf(const QString& folder) const {
  if (names_.contains(folder)) return QStringLiteral("installed");
  const int row = queue_.rowOf(folder);
  return row >= 0 ? QStringLiteral("downloading") : QStringLiteral("available");
}

QString InstalledFolders::pathOf(const QString& folder) const {
  return names_.contains(folder) ? modelsDir_ + QLatin1Char('/') + folder : QString();
}

void InstalledFolders::setModelsDir(const QString& modelsDir) {
  if (modelsDir == modelsDir_) return;
  modelsDir_ = modelsDir;
  names_.clear();
  emit changed();
  refresh();
}

void InstalledFolders::refresh() {
  pool_.start([this, dir = modelsDir_] {
    const QStringList found = QDir(dir).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    // This object waits for the pool in its end, and takes its posted calls with it.
    QMetaObject::invokeMethod(
        this,
        [this, dir, names = QSet<QString>(found.begin(), found.end())] {
          if (dir != modelsDir_ || names == names_) return;
          names_ = names;
          emit changed();
        },
        Qt::QueuedConnection);
  });
}

}  // namespace app
