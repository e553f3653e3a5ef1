#pragma once

#include <QElapsedTimer>
#include <QFutureWatcher>
#include <QList>
#include <QObject>
#include <QThreadPool>
#include <QTimer>
#include <memory>
#include <vector>

#include "app/downloads/download_plan.h"
#include "app/downloads/download_values.h"
#include "app/downloads/file_check.h"
#include "app/downloads/file_transfer.h"
#include "app/downloads/folder.h"

namespace app {

/// One model on its way into the models folder: its files are fetched in their order, each is checked on the pool as
/// soon as it is complete, and when all are sound their folder is moved into place. A file that arrives damaged is
/// fetched once more. Whatever happens, the models folder gets a sound and complete folder or none. Downloads' thread.
///
/// On the disk, below .partial/<name>: plan.json, `files` (becomes the model's folder), `records` (journals of the
/// files).
class Download : public QObject {
  Q_OBJECT

 public:
  /// `models` and `partial` (its .partial) outlive it; `pool` runs the checks.
  Download(const TransferShared& shared, const Folder& models, const Folder& partial, const DownloadPlan& plan,
           QThreadPool& pool);
  ~Download() override;

  const DownloadPlan& plan() const { return plan_; }
  DownloadProgress progress() const;
  bool isActive() const { return state_ == DownloadState::Running || state_ == DownloadState::Verifying; }

  /// Finds out what is there already; nothing is asked of the network. Throws FileError.
  void look();
  void start(const QByteArray& token);
  /// Ends all transfers; what came is kept. A sentence: why it stopped, where nobody asked for it.
  void pause(const QString& problem = {});
  /// Speed is measured between calls; called about ten times a second.
  void tick();

  /// Stores a plan, so that it is found at the next start. Throws FileError.
  static void store(const Folder& partial, const DownloadPlan& plan);

 signals:
  /// State or problem; progress of bytes is not told.
  void changed();

 private:
  struct Item {
    std::unique_ptr<FileTransfer> transfer;  // from its turn on
    bool sound = false;
    int damaged = 0;  // times it arrived damaged
  };

  void begin();
  void checkRoom();
  void connectTransfer(std::size_t item);
  void pump();
  void checkNext();
  void checked();
  void fail(const QString& sentence);
  void stopAll(DownloadState state, const QString& problem);
  void moveIntoPlace();
  void checkpoint();
  void setState(DownloadState state);
  qint64 receivedBytes() const;

  TransferShared shared_;
  const Folder& models_;
  const Folder& partial_;
  DownloadPlan plan_;
  QThreadPool& pool_;
  Folder files_;
  Folder records_;
  std::vector<Item> items_;
  DownloadState state_ = DownloadState::Paused;
  QString problem_;
  QString folder_;
  QTimer checkpoints_;
  QFutureWatcher<CheckResult> check_;
  std::shared_ptr<CheckShared> checkShared_;
  std::size_t checking_ = 0;  // item, while check_ runs
  bool checkRuns_ = false;

  struct Sample {
    qint64 ms = 0;
    qint64 bytes = 0;
  };
  QElapsedTimer clock_;
  QList<Sample> samples_;  // of the last seconds
};

}  // namespace app
