#include "app/downloads/download.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QtConcurrentRun>
#include <algorithm>

namespace app {

namespace {

constexpr int kMostDamaged = 2;  // times that a file may arrive damaged
constexpr qint64 kSpeedWindowMs = 3000;

const QString kPlanName = QStringLiteral("plan.json");
const QString kFilesName = QStringLiteral("files");
const QString kRecordsName = QStringLiteral("records");
// In the finished folder. No safe path begins with a dot, so it is no file of the hub.
const QString kAboutName = QStringLiteral(".sotto.json");

QString gigabytes(qint64 bytes) {
  return QString::number(static_cast<double>(bytes) / 1e9, 'f', 1);
}

/// Where the model came from, for the library.
QByteArray aboutText(const DownloadPlan& plan) {
  QJsonObject about;
  about.insert(QStringLiteral("title"), plan.title);
  about.insert(QStringLiteral("origin"), plan.origin);
  about.insert(QStringLiteral("licence"), plan.licence);
  return QJsonDocument(about).toJson();
}

}  // namespace

Download::Download(const TransferShared& shared, const Folder& models, const Folder& partial, const DownloadPlan& plan,
                   QThreadPool& pool)
    : shared_(shared),
      models_(models),
      partial_(partial),
      plan_(plan),
      pool_(pool),
      items_(static_cast<std::size_t>(plan.files.size())) {
  checkpoints_.setInterval(shared_.options.checkpointMs);
  connect(&checkpoints_, &QTimer::timeout, this, &Download::checkpoint);
  connect(&check_, &QFutureWatcherBase::finished, this, &Download::checked);
  clock_.start();
}

Download::~Download() {
  blockSignals(true);
  stopAll(DownloadState::Paused, {});
  // The check reads a file that is closed next.
  check_.waitForFinished();
}

void Download::store(const Folder& partial, const DownloadPlan& plan) {
  partial.makeBelow(plan.name).replace(kPlanName, writePlan(plan));
}

void Download::start(const QByteArray& token) {
  if (isActive() || state_ == DownloadState::Done) return;
  plan_.token = token;
  problem_.clear();
  samples_.clear();
  try {
    begin();
  } catch (const FileError& error) {
    fail(error.sentence());
  }
}

void Download::begin() {
  if (models_.exists(plan_.name)) {
    fail(tr("The models folder has a %1 already: delete or rename that one first, or cancel this download.")
             .arg(plan_.name));
    return;
  }
  look();
  checkRoom();
  if (!problem_.isEmpty()) {
    setState(DownloadState::Paused);
    return;
  }
  setState(DownloadState::Running);
  checkpoints_.start();
  pump();
}

void Download::look() {
  // What was begun before may still be read by a check.
  check_.waitForFinished();
  checkRuns_ = false;
  const Folder own = partial_.makeBelow(plan_.name);
  files_ = own.makeBelow(kFilesName);
  records_ = own.makeBelow(kRecordsName);
  for (std::size_t i = 0; i < items_.size(); ++i) {
    items_[i] = Item();
    items_[i].transfer = std::make_unique<FileTransfer>(shared_, plan_.files[static_cast<qsizetype>(i)], plan_.token,
                                                        files_, records_, static_cast<int>(i));
    connectTransfer(i);
    items_[i].transfer->look();
  }
}

/// What is missing must fit, with the reserve left over; where it does not, problem_ says so.
void Download::checkRoom() {
  qint64 total = 0;
  for (const DownloadFile& file : plan_.files) total += std::max<qint64>(file.size, 0);
  const qint64 missing = std::max<qint64>(0, total - files_.bytesOnDisk());
  const qint64 free = files_.freeBytes();
  if (missing == 0 || free - missing >= shared_.options.reserveBytes) return;
  problem_ =
      tr("%1 GB are still to come and %2 GB are free on the disk, of which %3 GB are kept free: free some space, then "
         "resume.")
          .arg(gigabytes(missing), gigabytes(free), gigabytes(shared_.options.reserveBytes));
}

void Download::connectTransfer(std::size_t item) {
  FileTransfer* const transfer = items_[item].transfer.get();
  // Later: a transfer is not to be changed from within its own work.
  connect(transfer, &FileTransfer::streamsChanged, this, &Download::pump, Qt::QueuedConnection);
  connect(transfer, &FileTransfer::completed, this, &Download::pump, Qt::QueuedConnection);
  connect(transfer, &FileTransfer::failed, this, &Download::fail, Qt::QueuedConnection);
  connect(transfer, &FileTransfer::diskFailed, this, &Download::pause, Qt::QueuedConnection);
}

/// Gives free connections to the first files that have use for them.
void Download::pump() {
  if (!isActive()) return;
  int streams = 0;
  for (const Item& item : items_) streams += item.transfer->streams();
  for (const Item& item : items_) {
    while (isActive() && streams < shared_.options.connections && item.transfer->wantsStream()) {
      const int before = item.transfer->streams();
      item.transfer->startStream();
      if (item.transfer->streams() == before) return;  // the disk failed, which is told
      ++streams;
    }
  }
  checkNext();
}

/// Checks the next complete file, one at a time; after the last one the folder is moved.
void Download::checkNext() {
  if (!isActive()) return;
  const auto next = std::find_if(items_.begin(), items_.end(),
                                 [](const Item& item) { return !item.sound && item.transfer->complete(); });
  const bool fetching =
      std::any_of(items_.begin(), items_.end(), [](const Item& item) { return !item.transfer->complete(); });
  if (!fetching && state_ == DownloadState::Running) setState(DownloadState::Verifying);
  if (checkRuns_) return;
  if (next == items_.end()) {
    if (!fetching) moveIntoPlace();
    return;
  }
  checking_ = static_cast<std::size_t>(next - items_.begin());
  const DownloadFile file = next->transfer->file();
  const QString path = files_.path() + QLatin1Char('/') + file.path;
  std::shared_ptr<Descriptor> opened;
  try {
    opened = std::make_shared<Descriptor>(files_.openForReading(file.path));
  } catch (const FileError& error) {
    fail(error.sentence());
    return;
  }
  checkRuns_ = true;
  checkShared_ = std::make_shared<CheckShared>();
  check_.setFuture(QtConcurrent::run(
      &pool_, [opened, path, file, shared = checkShared_] { return checkFile(*opened, path, file, shared); }));
}

void Download::checked() {
  if (!checkRuns_) return;
  checkRuns_ = false;
  const CheckResult result = check_.result();
  if (!isActive() || result.kind == CheckResult::Kind::Stopped) return;
  checkShared_.reset();
  Item& item = items_[checking_];
  if (result.kind == CheckResult::Kind::Sound) {
    item.sound = true;
  } else if (result.kind == CheckResult::Kind::Unreadable) {
    fail(result.sentence);
    return;
  } else {
    try {
      item.transfer->discard();
    } catch (const FileError& error) {
      pause(error.sentence());
      return;
    }
    if (++item.damaged >= kMostDamaged) {
      fail(tr("%1 It was fetched %2 times. Look the model up again, or report it to those who publish it.")
               .arg(result.sentence, QString::number(item.damaged)));
      return;
    }
    setState(DownloadState::Running);
    pump();
  }
  checkNext();
}

void Download::moveIntoPlace() {
  try {
    files_.replace(kAboutName, aboutText(plan_));
    files_.syncAll();
    const Folder own = partial_.openBelow(plan_.name);
    own.renameTo(kFilesName, models_, plan_.name);
    models_.sync();
    own.sync();
  } catch (const FileError& error) {
    fail(error.sentence());
    return;
  }
  folder_ = models_.path() + QLatin1Char('/') + plan_.name;
  checkpoints_.stop();
  items_.clear();
  try {
    partial_.remove(plan_.name);
  } catch (const FileError&) {
    // The model is in place; what is left is told as remains at the next start.
  }
  setState(DownloadState::Done);
}

void Download::pause(const QString& problem) {
  if (isActive()) stopAll(DownloadState::Paused, problem);
}

void Download::fail(const QString& sentence) {
  if (state_ == DownloadState::Done) return;
  stopAll(DownloadState::Failed, sentence);
}

void Download::stopAll(DownloadState state, const QString& problem) {
  checkpoints_.stop();
  if (checkShared_) checkShared_->stop = true;
  problem_ = problem;
  for (const Item& item : items_) {
    try {
      if (item.transfer) item.transfer->stop();
    } catch (const FileError& error) {
      if (problem_.isEmpty()) problem_ = error.sentence();
    }
  }
  setState(state);
}

void Download::checkpoint() {
  for (const Item& item : items_) {
    try {
      item.transfer->checkpoint();
    } catch (const FileError& error) {
      pause(error.sentence());
      return;
    }
  }
}

void Download::setState(DownloadState state) {
  state_ = state;
  emit changed();
}

qint64 Download::receivedBytes() const {
  qint64 bytes = 0;
  for (const Item& item : items_) bytes += item.transfer ? item.transfer->received() : 0;
  return bytes;
}

void Download::tick() {
  const qint64 now = clock_.elapsed();
  samples_.append({now, receivedBytes()});
  while (samples_.size() > 2 && samples_.first().ms < now - kSpeedWindowMs) samples_.removeFirst();
}

DownloadProgress Download::progress() const {
  DownloadProgress progress;
  progress.state = state_;
  progress.folder = folder_;
  progress.problem = problem_;
  progress.total = 0;
  for (std::size_t i = 0; i < items_.size() || i < static_cast<std::size_t>(plan_.files.size()); ++i) {
    const FileTransfer* transfer = i < items_.size() ? items_[i].transfer.get() : nullptr;
    const DownloadFile& file = transfer ? transfer->file() : plan_.files[static_cast<qsizetype>(i)];
    progress.total = file.size < 0 || progress.total < 0 ? -1 : progress.total + file.size;
    if (transfer && items_[i].sound) progress.verified += file.size;
    if (transfer && progress.problem.isEmpty() && state_ == DownloadState::Running)
      progress.problem = transfer->trouble();
  }
  progress.received = state_ == DownloadState::Done ? progress.total : receivedBytes();
  if (checkRuns_ && checkShared_) progress.verified += checkShared_->bytes;
  if (state_ == DownloadState::Running && samples_.size() > 1) {
    const qint64 ms = samples_.last().ms - samples_.first().ms;
    const qint64 bytes = samples_.last().bytes - samples_.first().bytes;
    progress.bytesPerSecond = ms > 0 ? std::max<qint64>(0, bytes) * 1000 / ms : 0;
  }
  return progress;
}

}  // namespace app
