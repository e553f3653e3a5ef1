#include "app/chat/model_runner.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QUrl>
#include <utility>

#include "app/demo_model.h"
#include "app/remote/remote_models.h"
#include "app/settings/settings.h"

namespace app {

namespace {

// How long the end of a model waits for sessions to be written.
constexpr std::chrono::milliseconds kPatienceAtExit{3000}, kPatienceAtUnload{10000};

/// The folder of a model, from whatever names it: a path or file: URL of the folder, or of a file in one. The location of
/// a model on another machine is one already.
QString modelPathOf(const QVariant& location) {
  QString path = location.toString();
  if (isRemoteLocation(path)) return path;
  const QUrl url = location.canConvert<QUrl>() ? location.toUrl() : QUrl(path);
  if (url.isLocalFile()) path = url.toLocalFile();
  if (path.isEmpty()) return {};
  const QFileInfo file(path);
  const bool inModelFolder = file.isFile() && QFileInfo::exists(file.dir().filePath(QStringLiteral("config.json"))) &&
                             file.suffix().compare(QStringLiteral("gguf"), Qt::CaseInsensitive) != 0;
  return QDir::cleanPath(inModelFolder ? file.absolutePath() : file.absoluteFilePath());
}

}  // namespace

ModelRunner::ModelRunner(Settings& settings, SavedSessions* sessions, RemoteModels* remotes, QObject* parent)
    : QObject(parent), settings_(settings), remotes_(remotes), saver_(sessions) {
  work_.setMaxThreadCount(2);
  idle_.setSingleShot(true);
  connect(&idle_, &QTimer::timeout, this, &ModelRunner::rest);
  connect(&settings_, &Settings::keepLoadedMinutesChanged, this, &ModelRunner::restLater);
  connect(&loader_, &ModelLoader::headerRead, this, &ModelRunner::release);
  connect(&loader_, &ModelLoader::progressed, this, &ModelRunner::setProgress);
  connect(&loader_, &ModelLoader::loaded, this, &ModelRunner::loadEnded);
  connect(&loader_, &ModelLoader::failed, this, &ModelRunner::loadFailed);
  connect(this, &ModelRunner::modelChanged, this, &ModelRunner::textGoesToChanged);
  connect(this, &ModelRunner::stateChanged, this, &ModelRunner::textGoesToChanged);
  if (!remotes_) return;
  connect(remotes_, &RemoteModels::modelChanged, this, &ModelRunner::remoteChanged);
  connect(remotes_, &RemoteModels::modelRemoved, this, &ModelRunner::remoteRemoved);
}

ModelRunner::~ModelRunner() {
  loader_.cancel();
  work_.waitForDone();
  if (loaded_) endEngine(kPatienceAtExit);
  loader_.waitForDone();
}

// What there is

QString ModelRunner::demoPath() {
  const auto path = demoModelPath();
  return path ? QDir::cleanPath(QString::fromStdU16String(path->u16string())) : QString();
}

QString ModelRunner::modelName() const {
  return loaded_ ? QString::fromStdString(loaded_->info.name) : remote_ ? remote_->title : restingName_;
}

bool ModelRunner::isDemo() const {
  return !modelPath_.isEmpty() && modelPath_ == demoPath();
}

QString ModelRunner::textGoesTo() const {
  return remote_ && !loader_.isLoading() ? remote_->host() : QString();
}

bool ModelRunner::textIsOpen() const {
  return !textGoesTo().isEmpty() && !remote_->isEncrypted() && !remote_->isThisMachine();
}

QString ModelRunner::device() const {
  if (remote_) return tr("Remote · %1").arg(remote_->host());
  return loaded_ ? loaded_->device() : QString();
}

QString ModelRunner::deviceReason() const {
  if (!remote_) return loaded_ ? QString::fromStdString(loaded_->info.device_reason) : QString();
  if (remote_->isThisMachine()) return tr("Each message takes the whole chat to %1, a server on this computer.").arg(remote_->host());
  return remote_->isEncrypted()
             ? tr("What you write leaves this computer: each message takes the whole chat to %1, encrypted.").arg(remote_->host())
             : tr("What you write leaves this computer: each message takes the whole chat to %1, not encrypted.").arg(remote_->host());
}

QString ModelRunner::memoryText() const {
  return loaded_ ? loaded_->memory() : QString();
}

bool ModelRunner::readsFromDisk() const {
  return loaded_ && loaded_->info.larger_than_memory;
}

int ModelRunner::contextLength() const {
  return loaded_ ? static_cast<int>(loaded_->info.usable_context_length) : remote_ ? remote_->contextLength : 0;
}

QString ModelRunner::templateSource() const {
  return loaded_ ? QString::fromStdString(loaded_->chatTemplate.name) : QString();
}

const engine::ModelInfo* ModelRunner::model() const {
  return loaded_ ? &loaded_->info : nullptr;
}

const ChatTemplate* ModelRunner::chatTemplate() const {
  return loaded_ ? &loaded_->chatTemplate : nullptr;
}

// Loading

void ModelRunner::load(const QVariant& location) {
  const QString path = modelPathOf(location);
  if (!path.isEmpty()) startLoad(path, false);
}

void ModelRunner::loadDemo() {
  const QString path = demoPath();
  if (path.isEmpty()) {
    setError(tr("The demo model is not there."),
             tr("It belongs to the installation of Sotto, which seems incomplete."));
    return;
  }
  startLoad(path, false);
}

void ModelRunner::loadAtStart(const QString& path) {
  const QString chosen = path.isEmpty() ? settings_.lastModelPath() : modelPathOf(path);
  if (!chosen.isEmpty()) {
    startLoad(chosen, !demoPath().isEmpty());
  } else if (!demoPath().isEmpty()) {
    startLoad(demoPath(), false);
  }
}

void ModelRunner::startLoad(const QString& path, bool thenDemo) {
  if (isRemoteLocation(path)) return useRemote(path, thenDemo);
  thenDemo_ = thenDemo;
  idle_.stop();
  loader_.start(path, settings_.modelTitle(path));
  setProgress(0);
  state_ = State::Loading;
  emit stateChanged();  // also where a load replaces another: its name is a new one
}

void ModelRunner::loadEnded(const std::shared_ptr<const LocalModel>& loaded, const QString& path) {
  loaded_ = loaded;
  restingName_.clear();
  modelPath_ = path;
  settings_.setModelUsed(modelPath_, QDateTime::currentDateTime());
  settings_.setLastModelPath(isDemo() ? QString() : modelPath_);
  setProgress(1);
  setState(State::Ready);
  emit modelChanged();
  startWaiting();
  restLater();
}

void ModelRunner::loadFailed(const QString& path, const QString& error, const QString& detail) {
  const QString name = QFileInfo(path).fileName();
  if (thenDemo_ && path != demoPath()) {
    setError(tr("%1 could not be loaded, the demo model is used. %2").arg(name, error), detail);
    startLoad(demoPath(), false);
    return;
  }
  setError(tr("%1 could not be loaded. %2").arg(name, error), detail);
  if (path == modelPath_) forgetResting();
  setState(loaded_ || remote_ ? State::Ready : restingName_.isEmpty() ? State::Failed : State::Resting);
  if (!loaded_) failWaiting(error_, detail);
  settle();
}

void ModelRunner::cancelLoad() {
  if (!loader_.isLoading()) return;
  loader_.cancel();
  setState(loaded_ || remote_ ? State::Ready : restingName_.isEmpty() ? State::Empty : State::Resting);
  if (!loaded_) failWaiting(tr("Loading the model was cancelled."), {});
  settle();
}

/// The load is over without a new model; the one before it, where there is one, goes on.
void ModelRunner::settle() {
  if (!loaded_) return;
  startWaiting();
  restLater();
}

void ModelRunner::unload() {
  loader_.cancel();
  failWaiting(tr("The model was unloaded before it could answer."), {});
  forgetResting();
  release();
  setState(State::Empty);
}

void ModelRunner::release() {
  idle_.stop();
  if (!loaded_ && !remote_) return;
  modelPath_.clear();
  if (loaded_) {
    endEngine(kPatienceAtUnload);
  } else {
    cancelReplies();
    remote_.reset();
  }
  emit modelChanged();
}

// On another machine

void ModelRunner::useRemote(const QString& location, bool thenDemo) {
  const RemoteModel* model = remotes_ ? remotes_->find(location) : nullptr;
  if (!model) {
    setError(tr("The model on another machine is not on the list any more. Add it again on the Models page."), {});
    if (thenDemo) return startLoad(demoPath(), false);
    if (state_ == State::Empty) setState(State::Failed);
    return;
  }
  const RemoteModel chosen = *model;
  loader_.cancel();
  if (!remote_ || location != modelPath_) {  // chosen again, what it writes goes on
    forgetResting();
    release();
  }
  remote_ = chosen;
  modelPath_ = location;
  settings_.setLastModelPath(location);
  setProgress(1);
  setState(State::Ready);
  emit modelChanged();
  startWaiting();
}

void ModelRunner::remoteChanged(const QString& location) {
  const RemoteModel* model = remotes_->find(location);
  if (!remote_ || location != modelPath_ || !model) return;
  remote_ = *model;
  emit modelChanged();
}

void ModelRunner::remoteRemoved(const QString& location) {
  if (location == settings_.lastModelPath()) settings_.setLastModelPath({});
  if (!remote_ || location != modelPath_) return;
  if (!loader_.isLoading()) return unload();
  release();  // another is on its way
}

// Resting

/// Begins the wait for the next message anew.
void ModelRunner::restLater() {
  idle_.stop();
  if (state_ != State::Ready || !loaded_ || settings_.keepLoadedMinutes() == 0) return;
  idle_.start(settings_.keepLoadedMinutes() * idleMinute_);
}

void ModelRunner::setIdleMinute(std::chrono::milliseconds length) {
  idleMinute_ = length;
  restLater();
}

void ModelRunner::rest() {
  if (state_ != State::Ready || !loaded_) return;
  if (isAnswering()) return restLater();
  const QString path = modelPath_;
  restingName_ = modelName();
  idle_.stop();
  endEngine(kPatienceAtUnload);
  modelPath_ = path;
  state_ = State::Resting;
  emit modelChanged();
  emit stateChanged();
}

void ModelRunner::wake() {
  startLoad(modelPath_, false);
}

/// The model that rests is not waited for any longer.
void ModelRunner::forgetResting() {
  if (restingName_.isEmpty()) return;
  restingName_.clear();
  modelPath_.clear();
  emit modelChanged();
}

// State

void ModelRunner::setState(State state) {
  if (state_ == state) return;
  state_ = state;
  emit stateChanged();
}

void ModelRunner::setProgress(double progress) {
  if (progress_ == progress) return;
  progress_ = progress;
  emit progressChanged();
}

void ModelRunner::setError(const QString& error, const QString& detail) {
  error_ = error;
  errorDetail_ = detail;
  emit errorChanged();
}

void ModelRunner::dismissError() {
  if (!error_.isEmpty()) setError({}, {});
}

}  // namespace app
