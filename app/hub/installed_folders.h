#pragma once

#include <QObject>
#include <QSet>
#include <QString>
#include <QThreadPool>

namespace app {

class DownloadQueue;

/// Which models of a hub are there or on their way: the folders of the models folder, and the downloads' rows. A folder
/// has its name only when all of its files came and were verified, so the name alone tells. UI thread; the disk is read
/// on a thread of its own. Borrows the queue, which outlives it.
class InstalledFolders : public QObject {
  Q_OBJECT

 public:
  InstalledFolders(DownloadQueue& queue, const QString& modelsDir, QObject* parent = nullptr);
  /// Waits for a look under way.
  ~InstalledFolders() override;

  /// "installed", "downloading" or "available".
  QString stateOf(const QString& folder) const;
  /// Where an installed one is; empty: it is not.
  QString pathOf(const QString& folder) const;
  void setModelsDir(const QString& modelsDir);
  void refresh();

 signals:
  void changed();

 private:
  void lookAtQueue();

  DownloadQueue& queue_;
  QString modelsDir_;
  QSet<QString> names_;
  QSet<QString> underWay_;  // of the queue, neither done nor failed
  QThreadPool pool_;        // one thread: answers come in the order of the looks
};

}  // namespace app
