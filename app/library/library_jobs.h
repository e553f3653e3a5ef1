#pragma once

#include <QtQml/qqmlregistration.h>

#include <QAbstractListModel>
#include <QList>
#include <QString>
#include <QThreadPool>
#include <atomic>
#include <functional>
#include <memory>

namespace app {

/// How a job ended.
struct JobEnd {
  QString problem;  ///< a sentence; empty: it was done, or cancelled
  bool cancelled = false;
  QString path;     ///< what it made; empty: nothing
};

/// What a job is given: where it tells how far it is, and where it asks whether to go on. Any thread.
class JobControl {
 public:
  virtual ~JobControl() = default;
  virtual bool cancelled() const = 0;
  /// `done` of `total` bytes, or of whatever it counts.
  virtual void report(qint64 done, qint64 total) = 0;
};

/// Long work on models' files, as rows: one at a time on a thread of low priority, the others wait. UI thread. A row stays
/// until its job is done; of one that failed, until it is dismissed.
class LibraryJobs : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The jobs come from the library.")

  Q_PROPERTY(int count READ count NOTIFY countChanged)
  Q_PROPERTY(int activeCount READ activeCount NOTIFY countChanged)

 public:
  enum Role {
    TitleRole = Qt::UserRole + 1,
    StatusTextRole,  ///< "Waits for its turn", "1.2 of 3.4 GB"
    ProgressRole,    ///< 0 to 1
    ProblemRole,     ///< a sentence; empty: none
    ActiveRole,      ///< it waits or runs
  };
  enum class Counts { Bytes, Share };  ///< what a job reports

  using Work = std::function<JobEnd(JobControl&)>;    ///< on the jobs' thread; throws nothing
  using Ended = std::function<void(const JobEnd&)>;   ///< on the UI thread

  explicit LibraryJobs(QObject* parent = nullptr);
  /// Cancels all and waits for them to see it.
  ~LibraryJobs() override;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }
  int activeCount() const;

  void start(const QString& title, Counts counts, Work work, Ended ended = {});
  /// Work that no row shows, in turn with the others.
  void startUnseen(Work work, Ended ended = {});

  Q_INVOKABLE void cancel(int row);
  /// Takes a failed row away.
  Q_INVOKABLE void dismiss(int row);

 signals:
  void countChanged();

 private:
  class Job;
  struct Row {
    std::shared_ptr<Job> job;
    QString title;
    Counts counts;
    qint64 done = 0, total = 0;
    bool started = false;
    JobEnd end;
    bool ended = false;
  };

  void run(const std::shared_ptr<Job>& job, Work work, Ended ended);
  int rowOf(const Job* job) const;
  void progressed(const Job* job, qint64 done, qint64 total);
  void jobEnded(const Job* job, const JobEnd& end);
  QString statusText(const Row& row) const;

  QList<Row> rows_;
  QList<std::weak_ptr<Job>> all_;  // also those without a row
  QThreadPool pool_;               // one thread
};

}  // namespace app
