#include "app/downloads/download_runner.h"

#include <sys/file.h>

#include <algorithm>
#include <cerrno>

namespace app {

namespace {

constexpr int kTickMs = 100;
constexpr int kTicksOfSizes = 20;
constexpr qint64 kLargestPlan = 8LL * 1024 * 1024;

const QString kPartialName = QStringLiteral(".partial");
const QString kLockName = QStringLiteral(".lock");
const QString kOrderName = QStringLiteral(".order");  // names of downloads, one a line
constexpr qint64 kLongestOrder = 1024LL * 1024;       // bytes

/// The content is to be the same, wherever it comes from.
bool sameFiles(const DownloadPlan& a, const DownloadPlan& b) {
  return std::equal(a.files.begin(), a.files.end(), b.files.begin(), b.files.end(),
                    [](const DownloadFile& one, const DownloadFile& other) {
                      return one.path == other.path && one.size == other.size && one.sha256 == other.sha256 &&
                             one.gitSha1 == other.gitSha1;
                    });
}

}  // namespace

DownloadRunner::DownloadRunner(const QString& modelsDir, const DownloadOptions& options)
    : modelsDir_(modelsDir), options_(options), network_(this), speed_(this), ticks_(this) {
  pool_.setMaxThreadCount(1);
  if (options_.proxy.type() != QNetworkProxy::DefaultProxy) network_.setProxy(options_.proxy);
  speed_.setBytesPerSecond(options_.bytesPerSecond);
  ticks_.setInterval(kTickMs);
  connect(&ticks_, &QTimer::timeout, this, &DownloadRunner::tick);
}

DownloadRunner::~DownloadRunner() {
  downloads_.clear();
  pool_.waitForDone();
}

/// Opens the folders and takes the lock. False: there is nothing yet (`make` false), or it cannot be, which is told.
bool DownloadRunner::prepare(bool make) {
  if (lock_) return true;
  try {
    models_ = make ? Folder::openOrMake(modelsDir_) : Folder::open(modelsDir_);
    if (!models_.isOpen()) return false;
    partial_ = make ? models_.makeBelow(kPartialName) : models_.openBelow(kPartialName);
    if (!partial_.isOpen()) return false;
    lock();
  } catch (const FileError& error) {
    emit problemChanged(error.sentence());
    return false;
  }
  return static_cast<bool>(lock_);
}

void DownloadRunner::lock() {
  Descriptor file = partial_.openFile(kLockName);
  if (::flock(file.number(), LOCK_EX | LOCK_NB) == 0) {
    lock_ = std::move(file);
    emit problemChanged({});
  } else if (errno == EWOULDBLOCK) {
    emit problemChanged(
        tr("Another program is downloading into %1: nothing can be downloaded there until it ends.").arg(modelsDir_));
  } else {
    throw FileError{tr("Locking %1 failed").arg(partial_.path() + QLatin1Char('/') + kLockName), errno};
  }
}

void DownloadRunner::scan() {
  QList<DownloadPlan> plans;
  QStringList remains;
  if (prepare(false)) {
    for (const QString& name : partial_.names()) {
      if (name.startsWith(u'.')) continue;
      try {
        clearAwayFinished(name);
        if (!partial_.exists(name)) continue;
        const Folder own = partial_.openBelow(name);
        QString problem;
        const DownloadPlan plan = readPlan(own.read(QStringLiteral("plan.json"), kLargestPlan), problem);
        if (problem.isEmpty() && plan.name == name) {
          take(plan)->look();
          plans.append(plan);
        } else {
          remains.append(name);
        }
      } catch (const FileError&) {
        forget(name);
        remains.append(name);
      }
    }
  }
  if (!plans.isEmpty()) sortAsKept(plans);
  emit found(plans, remains);
  for (const auto& download : downloads_) tell(*download);
  for (const DownloadPlan& plan : plans) tellSize(plan.name);
  for (const QString& name : remains) tellSize(name);
}

/// Those that the stored order does not name come last.
void DownloadRunner::sortAsKept(QList<DownloadPlan>& plans) const {
  QList<QByteArray> names;
  try {
    names = partial_.read(kOrderName, kLongestOrder).split('\n');
  } catch (const FileError&) {
    return;
  }
  QHash<QString, qsizetype> places;
  for (qsizetype i = names.size(); i-- > 0;) places.insert(QString::fromUtf8(names[i]), i);
  std::stable_sort(plans.begin(), plans.end(), [&](const DownloadPlan& a, const DownloadPlan& b) {
    return places.value(a.name, names.size()) < places.value(b.name, names.size());
  });
}

void DownloadRunner::keepOrder(const QStringList& names) {
  if (!lock_) return;
  try {
    partial_.replace(kOrderName, names.join(u'\n').toUtf8());
  } catch (const FileError&) {
    return;  // the disk may be full: downloads tell it themselves
  }
}

/// A model may be in its place and what was beside it not yet away, after a sudden end.
void DownloadRunner::clearAwayFinished(const QString& name) {
  if (models_.exists(name) && partial_.isFolder(name) && !partial_.openBelow(name).exists(QStringLiteral("files"))) {
    partial_.remove(name);
  }
}

Download* DownloadRunner::downloadOf(const QString& name) const {
  const auto at = std::find_if(downloads_.begin(), downloads_.end(),
                               [&](const auto& download) { return download->plan().name == name; });
  return at == downloads_.end() ? nullptr : at->get();
}

void DownloadRunner::forget(const QString& name) {
  const auto at = std::find_if(downloads_.begin(), downloads_.end(),
                               [&](const auto& download) { return download->plan().name == name; });
  if (at != downloads_.end()) downloads_.erase(at);
  told_.remove(name);
}

Download* DownloadRunner::take(const DownloadPlan& plan) {
  downloads_.push_back(
      std::make_unique<Download>(TransferShared{network_, speed_, options_}, models_, partial_, plan, pool_));
  Download* const download = downloads_.back().get();
  connect(download, &Download::changed, this, [this, download] {
    tell(*download);
    const bool any = std::any_of(downloads_.begin(), downloads_.end(), [](const auto& d) { return d->isActive(); });
    if (any && !ticks_.isActive()) ticks_.start();
    if (!any) ticks_.stop();
    if (!download->isActive()) tellSize(download->plan().name);
  });
  return download;
}

void DownloadRunner::add(const DownloadPlan& plan, int serial) {
  serials_.insert(plan.name, serial);
  if (!prepare(true)) {
    failed(plan.name, tr("Nothing can be stored in %1.").arg(modelsDir_));
    return;
  }
  try {
    const Download* const there = downloadOf(plan.name);
    if (there != nullptr && (there->isActive() || there->plan().files == plan.files)) return;
    // Another choice of the same name begins anew; the same files from another address go on.
    if (there != nullptr) {
      if (!sameFiles(there->plan(), plan)) partial_.remove(plan.name);
      forget(plan.name);
    }
    Download::store(partial_, plan);
    take(plan);
  } catch (const FileError& error) {
    failed(plan.name, error.sentence());
  }
}

void DownloadRunner::start(const QString& name, const QByteArray& token, int serial) {
  serials_.insert(name, serial);
  told_.remove(name);
  Download* const download = downloadOf(name);
  if (download == nullptr) return;  // add() told why
  download->start(token);
  tell(*download);
}

void DownloadRunner::pause(const QString& name, int serial) {
  serials_.insert(name, serial);
  told_.remove(name);
  Download* const download = downloadOf(name);
  if (download == nullptr) return;
  download->pause();
  tell(*download);
}

void DownloadRunner::cancel(const QString& name) {
  forget(name);
  try {
    if (lock_) partial_.remove(name);
  } catch (const FileError& error) {
    emit problemChanged(error.sentence());
  }
  tellSize(name);
}

void DownloadRunner::setSpeedLimit(qint64 bytesPerSecond) {
  options_.bytesPerSecond = bytesPerSecond;
  speed_.setBytesPerSecond(bytesPerSecond);
}

void DownloadRunner::failed(const QString& name, const QString& sentence) {
  DownloadProgress progress;
  progress.state = DownloadState::Failed;
  progress.problem = sentence;
  emit progressed(name, serials_.value(name), progress);
}

void DownloadRunner::tell(Download& download) {
  const DownloadProgress progress = download.progress();
  const QString name = download.plan().name;
  if (told_.contains(name) && told_.value(name) == progress) return;
  told_.insert(name, progress);
  emit progressed(name, serials_.value(name), progress);
}

void DownloadRunner::tellSize(const QString& name) {
  qint64 bytes = 0;
  try {
    if (partial_.isOpen() && partial_.isFolder(name)) bytes = partial_.openBelow(name).bytesOnDisk();
  } catch (const FileError&) {
    bytes = 0;
  }
  emit occupies(name, bytes);
}

void DownloadRunner::tick() {
  const bool sizesToo = ++ticked_ % kTicksOfSizes == 0;
  for (const auto& download : downloads_) {
    if (!download->isActive()) continue;
    download->tick();
    tell(*download);
    if (sizesToo) tellSize(download->plan().name);
  }
}

}  // namespace app
