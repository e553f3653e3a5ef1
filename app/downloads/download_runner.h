#pragma once

#include <QHash>
#include <QList>
#include <QNetworkAccessManager>
#include <QObject>
#include <QStringList>
#include <QThreadPool>
#include <QTimer>
#include <memory>

#include "app/downloads/download.h"
#include "app/downloads/download_plan.h"
#include "app/downloads/download_values.h"
#include "app/downloads/folder.h"
#include "app/downloads/speed_limit.h"

namespace app {

/// All downloads of a models folder, on the downloads' thread: made anywhere, then moved there and called by queued
/// calls only. It takes the lock .partial/.lock (of the kernel, so a process that is gone holds none) before it writes
/// anything.
class DownloadRunner : public QObject {
  Q_OBJECT

 public:
  DownloadRunner(const QString& modelsDir, const DownloadOptions& options);
  ~DownloadRunner() override;

  /// Finds what was under way; found() answers.
  void scan();
  /// Takes up a plan (a checked one), which is stored, and starts nothing yet. It replaces another plan of that name.
  void add(const DownloadPlan& plan, int serial);
  /// `serial` comes back with all that is told of the download from then on, so that what was told before can be seen
  /// to be old.
  void start(const QString& name, const QByteArray& token, int serial);
  void pause(const QString& name, int serial);
  /// Removes the partial files too.
  void cancel(const QString& name);
  void setSpeedLimit(qint64 bytesPerSecond);
  /// Stores in which order the downloads of these names stand; scan() finds them so. Where that fails, nothing is told:
  /// no download depends on it.
  void keepOrder(const QStringList& names);

 signals:
  /// Once after scan(): the plans under .partial in their order, and the names of remains that are none.
  void found(const QList<app::DownloadPlan>& plans, const QStringList& remains);
  void progressed(const QString& name, int serial, const app::DownloadProgress& progress);
  /// Bytes on the disk of an unfinished download; 0: none any more.
  void occupies(const QString& name, qint64 bytes);
  /// Why nothing can be stored in the models folder; empty: it can.
  void problemChanged(const QString& sentence);

 private:
  bool prepare(bool make);
  void lock();
  void clearAwayFinished(const QString& name);
  void sortAsKept(QList<DownloadPlan>& plans) const;
  Download* take(const DownloadPlan& plan);
  void forget(const QString& name);
  Download* downloadOf(const QString& name) const;
  void tell(Download& download);
  void tellSize(const QString& name);
  void failed(const QString& name, const QString& sentence);
  void tick();

  const QString modelsDir_;
  DownloadOptions options_;
  QNetworkAccessManager network_;
  SpeedLimit speed_;
  QThreadPool pool_;  // one check at a time
  QTimer ticks_;
  Folder models_;
  Folder partial_;
  Descriptor lock_;
  QHash<QString, DownloadProgress> told_;
  QHash<QString, int> serials_;
  int ticked_ = 0;
  std::vector<std::unique_ptr<Download>> downloads_;
};

}  // namespace app
