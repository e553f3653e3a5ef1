#pragma once

#include <QtQml/qqmlregistration.h>

#include <QAbstractListModel>
#include <QHash>
#include <QList>
#include <QString>
#include <QStringList>
#include <QThread>
#include <QUrl>

#include "app/downloads/download_plan.h"
#include "app/downloads/download_values.h"

namespace app {

class DownloadRunner;

/// The downloads of models as rows, in the order in which they are done: one at a time transfers, the others wait. UI
/// thread; network, files and hashing are on the downloads' own threads, which end with this object (what is under way
/// can be resumed).
///
/// What was under way when the program ended is listed as Paused: at a start nothing goes to the network unasked.
/// Remains that cannot be understood are listed as Failed, and cancel() deletes them. One process at a time downloads
/// into a models folder; where another does, problem() says so.
class DownloadQueue : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("Downloads come from the application root.")

  Q_PROPERTY(int count READ count NOTIFY countChanged)
  Q_PROPERTY(int activeCount READ activeCount NOTIFY progressChanged)
  Q_PROPERTY(double progress READ progress NOTIFY progressChanged)
  Q_PROPERTY(qint64 partialBytes READ partialBytes NOTIFY partialBytesChanged)
  Q_PROPERTY(qint64 speedLimit READ speedLimit WRITE setSpeedLimit NOTIFY speedLimitChanged)
  Q_PROPERTY(QString problem READ problem NOTIFY problemChanged)

 public:
  enum class State { Queued, Running, Paused, Verifying, Failed, Done };
  Q_ENUM(State)

  enum Role {
    TitleRole = Qt::UserRole + 1,
    NameRole,            ///< of the folder
    DetailRole,          ///< origin and licence
    StateRole,           ///< State
    ReceivedRole,        ///< bytes
    TotalRole,           ///< bytes; -1: not known
    BytesPerSecondRole,  ///< 0 unless Running
    SecondsLeftRole,     ///< -1: not known
    ProblemRole,         ///< a sentence; empty: none
    StatusTextRole,      ///< "1.2 of 8.4 GB · 12 MB/s · 9 minutes left"
    FolderRole,          ///< of a Done one
  };

  /// `modelsDir` is made when something is to be stored in it.
  explicit DownloadQueue(const QString& modelsDir, const DownloadOptions& options = {}, QObject* parent = nullptr);
  ~DownloadQueue() override;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }
  int activeCount() const;      ///< rows that are Queued, Running or Verifying
  double progress() const;      ///< 0 to 1 over the active rows; 0 where there are none
  qint64 partialBytes() const;  ///< on the disk, of all unfinished downloads: what deleting them would free
  qint64 speedLimit() const { return options_.bytesPerSecond; }  ///< bytes per second over all; 0: none
  void setSpeedLimit(qint64 bytesPerSecond);
  /// Why nothing can be downloaded into the folder at all, or why the last add() was refused; empty: no reason.
  QString problem() const { return problem_; }

  /// Puts a download at the end of the queue. False: its names, sizes or hashes cannot be (problem() says why), or it
  /// is in the queue and not failed already; a paused or failed one of the same name goes on with the new plan
  /// (from the beginning where its files are others).
  bool add(const DownloadPlan& plan);
  /// The row of this folder name; -1: none.
  Q_INVOKABLE int rowOf(const QString& name) const;
  /// For downloads that were found at the start: they have no token of their own. `origin` is an address of the hub.
  void setToken(const QUrl& origin, const QByteArray& token);

  Q_INVOKABLE void pause(int row);
  Q_INVOKABLE void resume(int row);
  /// Takes the row away, with the partial files; those of a Done one stay.
  Q_INVOKABLE void cancel(int row);
  Q_INVOKABLE void move(int from, int to);
  Q_INVOKABLE void pauseAll();
  Q_INVOKABLE void resumeAll();

 signals:
  void countChanged();
  void progressChanged();
  void partialBytesChanged();
  void speedLimitChanged();
  void problemChanged();
  /// A model is complete and verified in this folder.
  void completed(const QString& folder);

 private:
  struct Row {
    DownloadPlan plan;
    DownloadProgress progress;
    bool remains = false;  // of a plan that cannot be read: only to be deleted
    int serial = 0;        // of the last order to the runner; what was told before it is old
  };

  void found(const QList<app::DownloadPlan>& plans, const QStringList& remains);
  void progressed(const QString& name, int serial, const app::DownloadProgress& progress);
  void append(const Row& row);
  void keepOrder();
  void startNext();
  void setState(int row, DownloadState state);
  QByteArray tokenOf(const DownloadPlan& plan) const;
  static bool isActive(const Row& row);
  void setProblem(const QString& sentence);
  void rowChanged(int row);
  QString statusText(const Row& row) const;
  static qint64 secondsLeft(const Row& row);

  DownloadOptions options_;
  QList<Row> rows_;
  QHash<QUrl, QByteArray> tokens_;  // by origin
  QHash<QString, qint64> partial_;     // bytes on the disk by name
  QString problem_;
  int serial_ = 0;
  QThread thread_;
  DownloadRunner* runner_;  // lives in thread_, which deletes it
};

}  // namespace app
