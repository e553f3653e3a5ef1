#include "app/downloads/download_queue.h"

#include <QLocale>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/downloads/download_runner.h"
#include "app/network/http_rules.h"

namespace app {

namespace {

QString bytesText(qint64 bytes) {
  return QLocale().formattedDataSize(bytes, bytes < 1000000 ? 0 : 1, QLocale::DataSizeSIFormat);
}

}  // namespace

DownloadQueue::DownloadQueue(const QString& modelsDir, const DownloadOptions& options, QObject* parent)
    : QAbstractListModel(parent), options_(options), runner_(new DownloadRunner(modelsDir, options)) {
  static_assert(static_cast<int>(State::Done) == static_cast<int>(DownloadState::Done));
  thread_.setObjectName(QStringLiteral("downloads"));
  runner_->moveToThread(&thread_);
  connect(&thread_, &QThread::finished, runner_, &QObject::deleteLater);
  connect(runner_, &DownloadRunner::found, this, &DownloadQueue::found);
  connect(runner_, &DownloadRunner::progressed, this, &DownloadQueue::progressed);
  connect(runner_, &DownloadRunner::problemChanged, this, &DownloadQueue::setProblem);
  connect(runner_, &DownloadRunner::occupies, this, [this](const QString& name, qint64 bytes) {
    if (partial_.value(name) == bytes) return;
    if (bytes == 0) {
      partial_.remove(name);
    } else {
      partial_.insert(name, bytes);
    }
    emit partialBytesChanged();
  });
  thread_.start();
  QMetaObject::invokeMethod(runner_, &DownloadRunner::scan, Qt::QueuedConnection);
}

DownloadQueue::~DownloadQueue() {
  thread_.quit();
  thread_.wait();
}

int DownloadQueue::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant DownloadQueue::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = rows_[index.row()];
  const DownloadProgress& progress = row.progress;
  switch (role) {
    case Qt::DisplayRole:
    case TitleRole:
      return row.plan.title;
    case NameRole:
      return row.plan.name;
    case DetailRole:
      if (row.plan.licence.isEmpty()) return row.plan.origin;
      return row.plan.origin.isEmpty() ? row.plan.licence : row.plan.origin + QStringLiteral(" · ") + row.plan.licence;
    case StateRole:
      return static_cast<int>(progress.state);
    case ReceivedRole:
      return progress.received;
    case TotalRole:
      return progress.total;
    case BytesPerSecondRole:
      return progress.bytesPerSecond;
    case SecondsLeftRole:
      return secondsLeft(row);
    case ProblemRole:
      return progress.problem;
    case StatusTextRole:
      return statusText(row);
    case FolderRole:
      return progress.folder;
    default:
      return {};
  }
}

QHash<int, QByteArray> DownloadQueue::roleNames() const {
  return {{TitleRole, "title"},
          {NameRole, "name"},
          {DetailRole, "detail"},
          {StateRole, "state"},
          {ReceivedRole, "received"},
          {TotalRole, "total"},
          {BytesPerSecondRole, "bytesPerSecond"},
          {SecondsLeftRole, "secondsLeft"},
          {ProblemRole, "problem"},
          {StatusTextRole, "statusText"},
          {FolderRole, "folder"}};
}

bool DownloadQueue::isActive(const Row& row) {
  const DownloadState state = row.progress.state;
  return state == DownloadState::Queued || state == DownloadState::Running || state == DownloadState::Verifying;
}

int DownloadQueue::activeCount() const {
  return static_cast<int>(std::count_if(rows_.begin(), rows_.end(), isActive));
}

double DownloadQueue::progress() const {
  double received = 0;
  double total = 0;
  for (const Row& row : rows_) {
    if (!isActive(row) || row.progress.total <= 0) continue;
    received += static_cast<double>(row.progress.received);
    total += static_cast<double>(row.progress.total);
  }
  return total > 0 ? std::min(1.0, received / total) : 0;
}

qint64 DownloadQueue::partialBytes() const {
  return std::accumulate(partial_.begin(), partial_.end(), qint64{0});
}

void DownloadQueue::setSpeedLimit(qint64 bytesPerSecond) {
  const qint64 limit = std::max<qint64>(0, bytesPerSecond);
  if (limit == options_.bytesPerSecond) return;
  options_.bytesPerSecond = limit;
  QMetaObject::invokeMethod(runner_, [runner = runner_, limit] { runner->setSpeedLimit(limit); });
  emit speedLimitChanged();
}

void DownloadQueue::setProblem(const QString& sentence) {
  if (sentence == problem_) return;
  problem_ = sentence;
  emit problemChanged();
}

int DownloadQueue::rowOf(const QString& name) const {
  const auto at = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) { return row.plan.name == name; });
  return at == rows_.end() ? -1 : static_cast<int>(at - rows_.begin());
}

void DownloadQueue::append(const Row& row) {
  beginInsertRows({}, rowCount(), rowCount());
  rows_.append(row);
  endInsertRows();
  emit countChanged();
  emit progressChanged();
}

bool DownloadQueue::add(const DownloadPlan& plan) {
  QString problem;
  const DownloadPlan checked = checkedPlan(plan, problem);
  if (!problem.isEmpty()) {
    setProblem(problem);
    return false;
  }
  int there = rowOf(checked.name);
  if (there >= 0 && (rows_[there].remains || rows_[there].progress.state == DownloadState::Done)) {
    cancel(there);
    there = -1;
  }
  if (there >= 0) {
    if (isActive(rows_[there])) {
      setProblem(tr("%1 is being downloaded already.").arg(rows_[there].plan.title));
      return false;
    }
    rows_[there].plan = checked;
    resume(there);
    return true;
  }
  setProblem({});
  Row row;
  row.plan = checked;
  row.progress.state = DownloadState::Queued;
  row.progress.total = 0;
  for (const DownloadFile& file : checked.files) {
    row.progress.total = file.size < 0 || row.progress.total < 0 ? -1 : row.progress.total + file.size;
  }
  row.serial = ++serial_;
  append(row);
  // Stored at once, so that it is there after a restart even if its turn has not come.
  QMetaObject::invokeMethod(runner_,
                            [runner = runner_, checked, serial = row.serial] { runner->add(checked, serial); });
  keepOrder();
  startNext();
  return true;
}

void DownloadQueue::found(const QList<DownloadPlan>& plans, const QStringList& remains) {
  for (const DownloadPlan& plan : plans) {
    if (rowOf(plan.name) >= 0) continue;
    Row row;
    row.plan = plan;
    append(row);
  }
  for (const QString& name : remains) {
    if (rowOf(name) >= 0) continue;
    Row row;
    row.plan.name = name;
    row.plan.title = name;
    row.remains = true;
    row.progress.state = DownloadState::Failed;
    row.progress.problem =
        tr("What is left of this download cannot be understood any more: delete it, and download anew.");
    append(row);
  }
}

void DownloadQueue::progressed(const QString& name, int serial, const DownloadProgress& progress) {
  const int row = rowOf(name);
  if (row < 0 || serial != rows_[row].serial) return;
  const DownloadState before = rows_[row].progress.state;
  // Taken up and not started yet, for the runner that is paused.
  const bool waits = before == DownloadState::Queued && progress.state == DownloadState::Paused;
  rows_[row].progress = progress;
  if (waits) rows_[row].progress.state = DownloadState::Queued;
  rowChanged(row);
  if (before == rows_[row].progress.state) return;
  if (progress.state == DownloadState::Done) emit completed(progress.folder);
  startNext();
}

/// Lets the first that waits go on, where none transfers.
void DownloadQueue::startNext() {
  const auto inState = [](DownloadState state) {
    return [state](const Row& row) { return row.progress.state == state; };
  };
  if (std::any_of(rows_.begin(), rows_.end(), inState(DownloadState::Running))) return;
  const auto next = std::find_if(rows_.begin(), rows_.end(), inState(DownloadState::Queued));
  if (next == rows_.end()) return;
  const int row = static_cast<int>(next - rows_.begin());
  setState(row, DownloadState::Running);
  QMetaObject::invokeMethod(runner_,
                            [runner = runner_, plan = next->plan, token = tokenOf(next->plan), serial = next->serial] {
                              runner->add(plan, serial);
                              runner->start(plan.name, token, serial);
                            });
}

/// Sets what the person asked for; what the runner told before counts no more.
void DownloadQueue::setState(int row, DownloadState state) {
  rows_[row].serial = ++serial_;
  rows_[row].progress.state = state;
  rows_[row].progress.problem.clear();
  rows_[row].progress.bytesPerSecond = 0;
  rowChanged(row);
}

void DownloadQueue::setToken(const QUrl& origin, const QByteArray& token) {
  tokens_.insert(originOf(origin), token);
}

QByteArray DownloadQueue::tokenOf(const DownloadPlan& plan) const {
  if (!plan.token.isEmpty() || plan.files.isEmpty()) return plan.token;
  return tokens_.value(originOf(plan.files.first().url));
}

void DownloadQueue::pause(int row) {
  if (row < 0 || row >= rows_.size() || !isActive(rows_[row])) return;
  setState(row, DownloadState::Paused);
  const Row& paused = rows_[row];
  QMetaObject::invokeMethod(
      runner_, [runner = runner_, name = paused.plan.name, serial = paused.serial] { runner->pause(name, serial); });
  startNext();
}

void DownloadQueue::resume(int row) {
  if (row < 0 || row >= rows_.size() || rows_[row].remains) return;
  const DownloadState state = rows_[row].progress.state;
  if (state != DownloadState::Paused && state != DownloadState::Failed) return;
  setState(row, DownloadState::Queued);
  startNext();
}

void DownloadQueue::cancel(int row) {
  if (row < 0 || row >= rows_.size()) return;
  const QString name = rows_[row].plan.name;
  beginRemoveRows({}, row, row);
  rows_.removeAt(row);
  endRemoveRows();
  QMetaObject::invokeMethod(runner_, [runner = runner_, name] { runner->cancel(name); });
  emit countChanged();
  emit progressChanged();
  startNext();
}

void DownloadQueue::move(int from, int to) {
  if (from < 0 || to < 0 || from >= rows_.size() || to >= rows_.size() || from == to) return;
  beginMoveRows({}, from, from, {}, to > from ? to + 1 : to);
  rows_.move(from, to);
  endMoveRows();
  keepOrder();
}

void DownloadQueue::keepOrder() {
  QStringList names;
  for (const Row& row : std::as_const(rows_)) names << row.plan.name;
  QMetaObject::invokeMethod(runner_, [runner = runner_, names] { runner->keepOrder(names); });
}

void DownloadQueue::pauseAll() {
  // Those that wait first, so that none of them starts because another was paused.
  for (const bool waiting : {true, false}) {
    for (int row = 0; row < rowCount(); ++row) {
      if ((rows_[row].progress.state == DownloadState::Queued) == waiting) pause(row);
    }
  }
}

void DownloadQueue::resumeAll() {
  for (int row = 0; row < rowCount(); ++row) resume(row);
}

void DownloadQueue::rowChanged(int row) {
  emit dataChanged(index(row), index(row));
  emit progressChanged();
}

qint64 DownloadQueue::secondsLeft(const Row& row) {
  const DownloadProgress& progress = row.progress;
  if (progress.state != DownloadState::Running || progress.bytesPerSecond <= 0 || progress.total < 0) return -1;
  return (progress.total - progress.received + progress.bytesPerSecond - 1) / progress.bytesPerSecond;
}

QString DownloadQueue::statusText(const Row& row) const {
  const DownloadProgress& progress = row.progress;
  QString amount = progress.total < 0 ? bytesText(progress.received)
                                      : tr("%1 of %2").arg(bytesText(progress.received), bytesText(progress.total));
  switch (progress.state) {
    case DownloadState::Queued:
      return tr("Waiting · %1").arg(amount);
    case DownloadState::Paused:
      return tr("Paused · %1").arg(amount);
    case DownloadState::Verifying:
      return tr("Checking · %1 %").arg(progress.total > 0 ? progress.verified * 100 / progress.total : 100);
    case DownloadState::Failed:
      return tr("Stopped · %1").arg(amount);
    case DownloadState::Done:
      return tr("Complete · %1").arg(bytesText(progress.total));
    case DownloadState::Running:
      break;
  }
  const qint64 seconds = secondsLeft(row);
  if (seconds < 0) return amount;
  const QString speed = tr("%1/s").arg(bytesText(progress.bytesPerSecond));
  const auto minutes = static_cast<int>(std::min<qint64>((seconds + 59) / 60, 60LL * 24 * 99));
  const QString left = minutes <= 1   ? tr("less than a minute left")
                       : minutes < 90 ? tr("%n minutes left", nullptr, minutes)
                                      : tr("%n hours left", nullptr, (minutes + 30) / 60);
  return QStringLiteral("%1 · %2 · %3").arg(amount, speed, left);
}

}  // namespace app
