#include "app/chat/model_runner.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QLocale>
#include <QUrl>
#include <QtConcurrent>
#include <algorithm>
#include <atomic>

#include "app/chat/failure.h"
#include "app/chat/prompt_messages.h"
#include "app/chat/reply.h"
#include "app/chat/reply_buffer.h"
#include "app/demo_model.h"
#include "app/settings/paths.h"
#include "app/settings/settings.h"
#include "engine/engine.h"

namespace app {

/// A model in use, with all that is needed to ask it. Immutable but for the engine, which takes calls from any thread.
struct ModelRunner::Loaded {
  std::shared_ptr<engine::Engine> engine;
  engine::ModelInfo info;
  ChatTemplate chatTemplate;
};

/// One load under way.
struct ModelRunner::LoadTicket {
  QString path;
  QString title;  ///< what the model is called where its path does not tell it
  bool thenDemo = false;                ///< load the demo model if this one fails
  std::atomic<bool> cancelled = false;  // set by the UI thread, read by the loading and the engine thread
  std::atomic<int> percentPosted = 0;   // engine thread only, but for the start
};

/// A reply that was asked for.
struct ModelRunner::Asked {
  QPointer<Reply> reply;
  QList<Message> messages;
  Message continued;  ///< the reply where it is written on; else a default one
  SamplingChoice sampling;
  PromptChoice prompt;
};

namespace {

// How long the end of a model waits for sessions to be written.
constexpr std::chrono::milliseconds kPatienceAtExit{3000}, kPatienceAtUnload{10000};

/// The folder of a model, from whatever names it: a path or file: URL of the folder, or of a file in one.
QString modelPathOf(const QVariant& location) {
  QString path = location.toString();
  const QUrl url = location.canConvert<QUrl>() ? location.toUrl() : QUrl(path);
  if (url.isLocalFile()) path = url.toLocalFile();
  if (path.isEmpty()) return {};
  const QFileInfo file(path);
  const bool inModelFolder = file.isFile() && QFileInfo::exists(file.dir().filePath(QStringLiteral("config.json"))) &&
                             file.suffix().compare(QStringLiteral("gguf"), Qt::CaseInsensitive) != 0;
  return QDir::cleanPath(inModelFolder ? file.absolutePath() : file.absoluteFilePath());
}

}  // namespace

ModelRunner::ModelRunner(Settings& settings, SavedSessions* sessions, QObject* parent)
    : QObject(parent), settings_(settings), saver_(sessions) {
  loads_.setMaxThreadCount(1);
  work_.setMaxThreadCount(2);
  idle_.setSingleShot(true);
  connect(&idle_, &QTimer::timeout, this, &ModelRunner::rest);
  connect(&settings_, &Settings::keepLoadedMinutesChanged, this, &ModelRunner::restLater);
}

ModelRunner::~ModelRunner() {
  if (ticket_) ticket_->cancelled = true;
  work_.waitForDone();
  if (loaded_) endEngine(kPatienceAtExit);
  loads_.waitForDone();
}

QString ModelRunner::demoPath() {
  const auto path = demoModelPath();
  return path ? QDir::cleanPath(QString::fromStdU16String(path->u16string())) : QString();
}

QString ModelRunner::modelName() const {
  return loaded_ ? QString::fromStdString(loaded_->info.name) : restingName_;
}

bool ModelRunner::isDemo() const {
  return !modelPath_.isEmpty() && modelPath_ == demoPath();
}

QString ModelRunner::device() const {
  if (!loaded_) return {};
  const engine::ModelInfo& info = loaded_->info;
  QStringList parts = {QString::fromStdString(info.device)};
  if (info.threads > 0) parts << tr("%n thread(s)", nullptr, info.threads);
  if (!info.isa.empty()) parts << QString::fromStdString(info.isa).toUpper();
  return parts.join(QStringLiteral(", "));
}

QString ModelRunner::deviceReason() const {
  return loaded_ ? QString::fromStdString(loaded_->info.device_reason) : QString();
}

QString ModelRunner::memoryText() const {
  if (!loaded_) return {};
  const auto size = [](std::uint64_t bytes) { return QLocale().formattedDataSize(static_cast<qint64>(bytes)); };
  const engine::ModelInfo& info = loaded_->info;
  if (info.larger_than_memory) return tr("%1, read from disk: %2 of memory are free").arg(size(info.memory_bytes), size(info.memory_available));
  return tr("%1 of memory").arg(size(info.memory_bytes));
}

bool ModelRunner::readsFromDisk() const {
  return loaded_ && loaded_->info.larger_than_memory;
}

int ModelRunner::contextLength() const {
  return loaded_ ? static_cast<int>(loaded_->info.usable_context_length) : 0;
}

QString ModelRunner::templateSource() const {
  return loaded_ ? QString::fromStdString(loaded_->chatTemplate.name) : QString();
}

QString ModelRunner::loadingName() const {
  if (!ticket_) return {};
  return ticket_->title.isEmpty() ? QFileInfo(ticket_->path).fileName() : ticket_->title;
}

QString ModelRunner::loadingPath() const {
  return ticket_ ? ticket_->path : QString();
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
  if (ticket_) ticket_->cancelled = true;
  ticket_ = std::make_shared<LoadTicket>();
  ticket_->path = path;
  ticket_->title = settings_.modelTitle(path);
  ticket_->thenDemo = thenDemo;
  idle_.stop();
  setProgress(0);
  state_ = State::Loading;
  emit stateChanged();  // also where a load replaces another: its name is a new one
  loads_.start([this, ticket = ticket_] { readHeader(ticket); });
}

void ModelRunner::readHeader(const std::shared_ptr<LoadTicket>& ticket) {
  if (ticket->cancelled) return;
  try {
    // A second look at the header is cheap, and it keeps the model in use from being given up for one that cannot run.
    chooseTemplate(inspectModel(ticket->path, ticket->title));
  } catch (...) {
    const Failure failure = currentFailure();
    QMetaObject::invokeMethod(this, [=, this] { loadFailed(ticket, failure.error, failure.detail); });
    return;
  }
  QMetaObject::invokeMethod(this, [this, ticket] {
    if (ticket != ticket_) return;
    release();
    loads_.start([this, ticket] { loadModel(ticket); });
  });
}

void ModelRunner::loadModel(const std::shared_ptr<LoadTicket>& ticket) {
  if (ticket->cancelled) return;
  const auto onProgress = [this, ticket](double share) {
    const int percent = static_cast<int>(share * 100);
    if (percent != ticket->percentPosted.exchange(percent)) {
      QMetaObject::invokeMethod(this, [this, ticket, share] {
        if (ticket == ticket_) setProgress(share);
      });
    }
    return !ticket->cancelled;
  };
  auto loaded = std::make_shared<Loaded>();
  try {
    loaded->engine = engine::Engine::load(fileSystemPath(ticket->path), {}, onProgress);
    if (!loaded->engine) return;  // cancelled; whoever did that has set the state
    loaded->info = loaded->engine->info();
    if (!ticket->title.isEmpty()) loaded->info.name = ticket->title.toStdString();
    loaded->chatTemplate = chooseTemplate(loaded->info);
  } catch (...) {
    const Failure failure = currentFailure();
    QMetaObject::invokeMethod(this, [=, this] { loadFailed(ticket, failure.error, failure.detail); });
    return;
  }
  QMetaObject::invokeMethod(this, [this, ticket, loaded]() mutable { loadEnded(ticket, std::move(loaded)); });
}

void ModelRunner::loadEnded(const std::shared_ptr<LoadTicket>& ticket, std::shared_ptr<const Loaded> loaded) {
  if (ticket != ticket_) {
    loads_.start([late = std::move(loaded)] {});  // ending an engine waits for its thread: not here
    return;
  }
  ticket_.reset();
  loaded_ = std::move(loaded);
  restingName_.clear();
  modelPath_ = ticket->path;
  settings_.setModelUsed(modelPath_, QDateTime::currentDateTime());
  settings_.setLastModelPath(isDemo() ? QString() : modelPath_);
  setProgress(1);
  setState(State::Ready);
  emit modelChanged();
  startWaiting();
  restLater();
}

void ModelRunner::loadFailed(const std::shared_ptr<LoadTicket>& ticket, const QString& error, const QString& detail) {
  if (ticket != ticket_) return;
  ticket_.reset();
  if (ticket->thenDemo && ticket->path != demoPath()) {
    setError(tr("%1 could not be loaded, the demo model is used. %2").arg(QFileInfo(ticket->path).fileName(), error),
             detail);
    startLoad(demoPath(), false);
    return;
  }
  setError(tr("%1 could not be loaded. %2").arg(QFileInfo(ticket->path).fileName(), error), detail);
  if (ticket->path == modelPath_) forgetResting();
  setState(loaded_ ? State::Ready : restingName_.isEmpty() ? State::Failed : State::Resting);
  if (loaded_) {
    startWaiting();
    restLater();
  } else {
    failWaiting(error_, detail);
  }
}

void ModelRunner::unload() {
  if (ticket_) ticket_->cancelled = true;
  ticket_.reset();
  failWaiting(tr("The model was unloaded before it could answer."), {});
  forgetResting();
  release();
  setState(State::Empty);
}

void ModelRunner::cancelLoad() {
  if (!ticket_) return;
  ticket_->cancelled = true;
  ticket_.reset();
  setState(loaded_ ? State::Ready : restingName_.isEmpty() ? State::Empty : State::Resting);
  if (loaded_) {
    startWaiting();
    restLater();
  } else {
    failWaiting(tr("Loading the model was cancelled."), {});
  }
}

void ModelRunner::release() {
  idle_.stop();
  if (!loaded_) return;
  modelPath_.clear();
  endEngine(kPatienceAtUnload);
  emit modelChanged();
}

// Resting

bool ModelRunner::isAnswering() const {
  const auto replies = findChildren<Reply*>(Qt::FindDirectChildrenOnly);
  return std::ranges::any_of(replies, [](const Reply* reply) { return !reply->ended(); });
}

/// Begins the wait for the next message anew.
void ModelRunner::restLater() {
  idle_.stop();
  if (state_ != State::Ready || settings_.keepLoadedMinutes() == 0) return;
  idle_.start(settings_.keepLoadedMinutes() * idleMinute_);
}

void ModelRunner::setIdleMinute(std::chrono::milliseconds length) {
  idleMinute_ = length;
  restLater();
}

void ModelRunner::rest() {
  if (state_ != State::Ready) return;
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

// Replies

Reply* ModelRunner::generate(const Turn& turn, const SamplingChoice& sampling, const PromptChoice& prompt,
                             const Message& continued) {
  auto* reply = new Reply(*this, turn.conversationId, turn.replyId, continued.text, continued.tokenIds);
  Asked asked;
  asked.reply = reply;
  asked.messages = turn.messages;
  asked.continued = continued;
  asked.sampling = sampling;
  asked.prompt = prompt;

  connect(reply, &Reply::finished, this, &ModelRunner::replyEnded);
  if (state_ == State::Resting && !ticket_) wake();
  if (ticket_) {
    waiting_.push_back(std::move(asked));
  } else if (loaded_) {
    start(asked);
  } else {
    reply->buffer_->addFailure(tr("No model is loaded."), tr("Choose one, or load the demo model, and ask again."));
  }
  return reply;
}

/// The model was of use just now.
void ModelRunner::replyEnded() {
  if (loaded_) settings_.setModelUsed(modelPath_, QDateTime::currentDateTime());
  restLater();
}

void ModelRunner::start(const Asked& asked) {
  if (!asked.reply) return;
  idle_.stop();
  saver_.touch(asked.reply->conversationId());
  work_.start([loaded = loaded_, buffer = asked.reply->buffer_, messages = asked.messages, continued = asked.continued,
               sampling = asked.sampling, choice = resolved(asked.prompt), session = asked.reply->conversationId()] {
    try {
      engine::GenerationRequest request;
      request.prompt = makePrompt(chosenTemplate(loaded->chatTemplate, choice), loaded->info,
                                  promptMessages(loaded->info, messages, choice))
                           .pieces;
      if (!continued.text.isEmpty()) request.prompt.push_back(openPiece(loaded->info, continued));
      request.session = static_cast<std::uint64_t>(session);
      request.sampling = sampling.params;
      request.max_new_tokens = sampling.maxNewTokens;

      if (!buffer->beginSubmit()) {
        engine::GenerationResult unsent;
        unsent.finish_reason = engine::FinishReason::Cancelled;
        buffer->addResult(unsent);
        return;
      }
      const engine::RequestId id = loaded->engine->submit(
          std::move(request), [buffer](const engine::TokenEvent& event) { buffer->addToken(event); },
          [buffer](const engine::GenerationResult& result) { buffer->addResult(result); });
      buffer->addRequest(id, loaded->engine);
    } catch (...) {
      const Failure failure = currentFailure();
      buffer->addFailure(failure.error, failure.detail);
    }
  });
}

/// What holds for the loaded model: a chat's own first, then what was written for all chats with the model. A template
/// that was written for another model says nothing here.
PromptChoice ModelRunner::resolved(const PromptChoice& chat) const {
  PromptChoice choice = chat;
  if (choice.templateModel != modelName()) choice.chatTemplate.reset();
  const QVariantMap shared = settings_.promptOverride(modelName());
  const auto field = [&shared](const QString& name) {
    return shared.contains(name) ? std::optional(shared.value(name).toString()) : std::nullopt;
  };
  if (!choice.systemPrompt) choice.systemPrompt = field(QStringLiteral("system"));
  if (!choice.chatTemplate) choice.chatTemplate = field(QStringLiteral("template"));
  choice.templateModel = modelName();
  return choice;
}

void ModelRunner::startWaiting() {
  for (const Asked& asked : std::exchange(waiting_, {})) start(asked);
}

void ModelRunner::failWaiting(const QString& error, const QString& detail) {
  for (const Asked& asked : std::exchange(waiting_, {})) {
    if (asked.reply) asked.reply->fail(error, detail);
  }
}

void ModelRunner::cancel(Reply& reply) {
  const auto waiting = std::ranges::find_if(waiting_, [&](const Asked& asked) { return asked.reply == &reply; });
  if (waiting != waiting_.end()) {
    waiting_.erase(waiting);
    reply.cancelUnsent();
  } else if (const auto engine = reply.engine_.lock()) {
    engine->cancel(reply.request_);
  }
}

void ModelRunner::updateSampling(const SamplingChoice& sampling) {
  for (Asked& asked : waiting_) asked.sampling = sampling;
  for (Reply* reply : findChildren<Reply*>(Qt::FindDirectChildrenOnly)) {
    const auto engine = reply->engine_.lock();
    if (engine && !reply->ended()) engine->update(reply->request_, sampling.params);
  }
}

// Sessions on disk

void ModelRunner::forget(qint64 conversationId) {
  if (loaded_) loaded_->engine->forget(static_cast<std::uint64_t>(conversationId));
  saver_.forget(conversationId);
}

void ModelRunner::freeze(qint64 conversationId) {
  if (loaded_) saver_.freeze(*loaded_->engine, conversationId);
}

void ModelRunner::thaw(qint64 conversationId) {
  if (loaded_) saver_.thaw(*loaded_->engine, conversationId);
}

/// Lets go of the loaded model: its replies are cancelled, what it has read is kept on disk as far as `patience` goes,
/// then its engine ends, on the loads' thread. The engine ends with the last that holds it: this job, or a prompt that is
/// still being rendered for it.
void ModelRunner::endEngine(std::chrono::milliseconds patience) {
  for (Reply* reply : findChildren<Reply*>(Qt::FindDirectChildrenOnly)) {
    if (const auto engine = reply->engine_.lock()) engine->cancel(reply->request_);
  }
  const auto waitForFiles = saver_.freezeAll(*loaded_->engine);
  loads_.start([ending = std::exchange(loaded_, nullptr), waitForFiles, patience] { waitForFiles(patience); });
}

// Counting and looking

QFuture<int> ModelRunner::countTokens(const QString& text) {
  return QtConcurrent::run(&work_, [loaded = loaded_, text = text.toStdString()] {
    if (!loaded) return -1;
    try {
      return static_cast<int>(loaded->engine->count_tokens({engine::PromptPiece{text, false, {}}}));
    } catch (const std::exception&) {
      return -1;
    }
  });
}

QFuture<int> ModelRunner::countTokens(const QList<Message>& messages, const PromptChoice& prompt) {
  return QtConcurrent::run(&work_, [loaded = loaded_, messages, choice = resolved(prompt)] {
    if (!loaded) return -1;
    try {
      PromptOptions options;
      options.addGenerationPrompt = false;
      const Prompt made = makePrompt(chosenTemplate(loaded->chatTemplate, choice), loaded->info,
                                     promptMessages(loaded->info, messages, choice), options);
      return static_cast<int>(loaded->engine->count_tokens(made.pieces));
    } catch (const std::exception&) {
      return -1;
    }
  });
}

QFuture<PromptPreview> ModelRunner::preview(const QList<Message>& messages, const PromptChoice& prompt) {
  return QtConcurrent::run(&work_, [loaded = loaded_, messages, choice = resolved(prompt)] {
    if (!loaded) return PromptPreview();
    return makePreview(chosenTemplate(loaded->chatTemplate, choice), loaded->info,
                       promptMessages(loaded->info, messages, choice),
                       [&](const std::vector<engine::PromptPiece>& pieces) {
                         return loaded->engine->tokenize_runs(pieces);
                       });
  });
}

QFuture<ModelSummary> ModelRunner::summarize(const QString& path) {
  return QtConcurrent::run(&work_, [path] { return lookAtModel(path); });
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
