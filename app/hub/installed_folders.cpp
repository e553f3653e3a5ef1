#include "app/hub/installed_folders.h"

#include <QDir>

#include "app/downloads/download_queue.h"

namespace app {

InstalledFolders::InstalledFolders(DownloadQueue& queue, const QString& modelsDir, QObject* parent)
    : QObject(parent), queue_(queue), modelsDir_(modelsDir) {
  pool_.setMaxThreadCount(1);
  connect(&queue_, &DownloadQueue::completed, this, &InstalledFolders::refresh);
  connect(&queue_, &QAbstractItemModel::rowsInserted, this, &InstalledFolders::lookAtQueue);
  connect(&queue_, &QAbstractItemModel::rowsRemoved, this, &InstalledFolders::lookAtQueue);
  connect(&queue_, &QAbstractItemModel::modelReset, this, &InstalledFolders::lookAtQueue);
  connect(&queue_, &QAbstractItemModel::dataChanged, this, &InstalledFolders::lookAtQueue);
  lookAtQueue();
  refresh();
}

InstalledFolders::~InstalledFolders() {
  pool_.clear();
  pool_.waitForDone();
}

QString InstalledFolders::stateOf(const QString& folder) const {
  if (names_.contains(folder)) return QStringLiteral("installed");
  return underWay_.contains(folder) ? QStringLiteral("downloading") : QStringLiteral("available");
}

/// Called for every step of every download; told on only where a name came or went.
void InstalledFolders::lookAtQueue() {
  QSet<QString> found;
  for (int row = 0; row < queue_.rowCount(); ++row) {
    const QModelIndex at = queue_.index(row);
    const auto state = queue_.data(at, DownloadQueue::StateRole).value<DownloadQueue::State>();
    if (state != DownloadQueue::State::Done && state != DownloadQueue::State::Failed)
      found.insert(queue_.data(at, DownloadQueue::NameRole).toString());
  }
  if (found == underWay_) return;
  underWay_ = found;
  emit changed();
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
