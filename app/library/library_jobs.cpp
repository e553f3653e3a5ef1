#include "app/library/library_jobs.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <QLocale>
#include <QMetaObject>

namespace app {

namespace {

constexpr int kNiceness = 15;      // replies and the window go first
constexpr int kShownSteps = 200;   // a bar has no more places

}  // namespace

/// One job: asked by its thread, told by the window.
class LibraryJobs::Job : public JobControl {
 public:
  explicit Job(LibraryJobs& jobs) : jobs_(jobs) {}

  bool cancelled() const override { return cancelled_; }
  void cancel() { cancelled_ = true; }

  void report(qint64 done, qint64 total) override {
    const int step = total > 0 ? static_cast<int>(static_cast<double>(done) / static_cast<double>(total) * kShownSteps) : 0;
    if (step == shown_) return;
    shown_ = step;
    QMetaObject::invokeMethod(&jobs_, [this, jobs = &jobs_, done, total] { jobs->progressed(this, done, total); });
  }

 private:
  LibraryJobs& jobs_;  // waits for its jobs before it goes
  std::atomic<bool> cancelled_ = false;
  int shown_ = -1;  // the jobs' thread only
};

LibraryJobs::LibraryJobs(QObject* parent) : QAbstractListModel(parent) {
  pool_.setMaxThreadCount(1);
}

LibraryJobs::~LibraryJobs() {
  for (const auto& job : all_) {
    if (const auto running = job.lock()) running->cancel();
  }
  pool_.waitForDone();
}

int LibraryJobs::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant LibraryJobs::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = rows_[index.row()];
  switch (role) {
    case Qt::DisplayRole:
    case TitleRole:
      return row.title;
    case StatusTextRole:
      return statusText(row);
    case ProgressRole:
      return row.total > 0 ? static_cast<double>(row.done) / static_cast<double>(row.total) : 0.0;
    case ProblemRole:
      return row.end.problem;
    case ActiveRole:
      return !row.ended;
    default:
      return {};
  }
}

QHash<int, QByteArray> LibraryJobs::roleNames() const {
  return {{TitleRole, "title"}, {StatusTextRole, "statusText"}, {ProgressRole, "progress"}, {ProblemRole, "problem"},
          {ActiveRole, "active"}};
}

int LibraryJobs::activeCount() const {
  return static_cast<int>(std::count_if(rows_.begin(), rows_.end(), [](const Row& row) { return !row.ended; }));
}

QString LibraryJobs::statusText(const Row& row) const {
  if (row.ended) return {};
  if (!row.started) return tr("Waits for its turn");
  if (row.job->cancelled()) return tr("Stopping");
  if (row.counts == Counts::Bytes) {
    return tr("%1 of %2").arg(QLocale().formattedDataSize(row.done, 1, QLocale::DataSizeSIFormat),
                              QLocale().formattedDataSize(row.total, 1, QLocale::DataSizeSIFormat));
  }
  return tr("%1 %").arg(row.total > 0 ? row.done * 100 / row.total : 0);
}

void LibraryJobs::start(const QString& title, Counts counts, Work work, Ended ended) {
  const auto job = std::make_shared<Job>(*this);
  beginInsertRows({}, rowCount(), rowCount());
  rows_.append({.job = job, .title = title, .counts = counts, .end = {}});
  endInsertRows();
  emit countChanged();
  run(job, std::move(work), std::move(ended));
}

void LibraryJobs::startUnseen(Work work, Ended ended) {
  run(std::make_shared<Job>(*this), std::move(work), std::move(ended));
}

void LibraryJobs::run(const std::shared_ptr<Job>& job, Work work, Ended ended) {
  all_.removeIf([](const std::weak_ptr<Job>& other) { return other.expired(); });
  all_.append(job);
  pool_.start([this, job, work = std::move(work), ended = std::move(ended)] {
    // Of this thread alone, and of those that it makes; where it is refused, the job is done all the same.
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), kNiceness);
    QMetaObject::invokeMethod(this, [this, job] { progressed(job.get(), 0, 0); });
    const JobEnd end = job->cancelled() ? JobEnd{.problem = {}, .cancelled = true, .path = {}} : work(*job);
    QMetaObject::invokeMethod(this, [this, job, end, ended] {
      jobEnded(job.get(), end);
      if (ended) ended(end);
    });
  });
}

int LibraryJobs::rowOf(const Job* job) const {
  for (int i = 0; i < rowCount(); ++i) {
    if (rows_[i].job.get() == job) return i;
  }
  return -1;
}

void LibraryJobs::progressed(const Job* job, qint64 done, qint64 total) {
  const int row = rowOf(job);
  if (row < 0) return;
  rows_[row].started = true;
  if (total > 0) {
    rows_[row].done = done;
    rows_[row].total = total;
  }
  emit dataChanged(index(row), index(row), {StatusTextRole, ProgressRole});
}

void LibraryJobs::jobEnded(const Job* job, const JobEnd& end) {
  const int row = rowOf(job);
  if (row < 0) return;
  if (end.problem.isEmpty()) {
    beginRemoveRows({}, row, row);
    rows_.removeAt(row);
    endRemoveRows();
  } else {
    rows_[row].ended = true;
    rows_[row].end = end;
    emit dataChanged(index(row), index(row));
  }
  emit countChanged();
}

void LibraryJobs::cancel(int row) {
  if (row < 0 || row >= rows_.size() || rows_[row].ended) return;
  rows_[row].job->cancel();
  emit dataChanged(index(row), index(row), {StatusTextRole});
}

void LibraryJobs::dismiss(int row) {
  if (row < 0 || row >= rows_.size() || !rows_[row].ended) return;
  beginRemoveRows({}, row, row);
  rows_.removeAt(row);
  endRemoveRows();
  emit countChanged();
}

}  // namespace app
