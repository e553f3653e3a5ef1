#include "app/app_root.h"

#include <QDir>
#include <QHostAddress>
#include <QJsonDocument>
#include <QJsonObject>

#include "app/history/history.h"

namespace app {

namespace {

const QString kModelKey = QStringLiteral("model");
const QString kChatKey = QStringLiteral("chat");

KeychainEntry::Keeper keeperOfSecrets(const StartOptions& options) {
  return options.alone ? KeychainEntry::Keeper::SessionOnly : KeychainEntry::Keeper::SystemKeychain;
}

}  // namespace

QString startArgument(const QString& modelPath, qint64 conversationId) {
  QJsonObject argument;
  if (!modelPath.isEmpty()) argument.insert(kModelKey, modelPath);
  if (conversationId > 0) argument.insert(kChatKey, QString::number(conversationId));
  return QString::fromUtf8(QJsonDocument(argument).toJson(QJsonDocument::Compact));
}

ModelPlaces StartOptions::modelPlaces() const {
  if (!alone) return ModelPlaces::around(paths.modelsDir, QDir::homePath(), QProcessEnvironment::systemEnvironment());
  ModelPlaces own;
  own.modelsDir = paths.modelsDir;
  return own;
}

AppRoot::AppRoot(const StartOptions& options, QObject* parent)
    : QObject(parent),
      alone_(options.alone),
      settings_(std::make_unique<Settings>(options.paths.settingsFile())),
      history_(std::make_unique<History>(options.paths.historyFile())),
      sessions_(std::make_unique<SavedSessions>(*settings_, options.paths.sessionsDir())),
      account_(std::make_unique<HubAccount>(keeperOfSecrets(options))),
      hub_(std::make_unique<Hub>(*settings_, *account_)),
      remotes_(std::make_unique<RemoteModels>(*settings_, [this] { return hub_->blocked(); }, keeperOfSecrets(options))),
      runner_(std::make_unique<ModelRunner>(*settings_, sessions_.get(), remotes_.get())),
      library_(std::make_unique<ModelLibrary>(*settings_, *runner_, options.modelPlaces())),
      machine_(options.machine ? std::make_unique<Machine>(*options.machine) : std::make_unique<Machine>()),
      sampling_(std::make_unique<SamplingViewModel>(*settings_, *runner_)),
      prompt_(std::make_unique<PromptViewModel>(*history_, *settings_, *runner_)),
      chat_(std::make_unique<ChatViewModel>(*history_, *settings_, *runner_, *sampling_, *prompt_)),
      conversations_(std::make_unique<ConversationListModel>(*history_)),
      shortcuts_(std::make_unique<ShortcutListModel>()) {
  if (options.offline) settings_->setOfflineThisRun();
  openModelsFolder();
  connectParts();
  addNotice(settings_->notice());
  whenDone(
      history_->opened(), this, [this](const OpenReport& report) { addNotice(report.notice); },
      [this](const HistoryError& error) { addNotice(error.sentence()); });
  whenDone(
      history_->purgeTrash(), this, [](int) {}, [](const HistoryError&) {});  // what failed is told by opened()
  whenDone(
      history_->conversations(), this,
      [this](const QList<Conversation>& conversations) {
        QList<qint64> ids;
        for (const Conversation& conversation : conversations) ids.append(conversation.id);
        sessions_->keepOnly(ids);
      },
      [](const HistoryError&) {});
  conversations_->refresh();
  if (options.conversationId > 0) chat_->open(options.conversationId);
  runner_->loadAtStart(options.modelPath);
}

AppRoot::~AppRoot() = default;

void AppRoot::connectParts() {
  connect(chat_.get(), &ChatViewModel::conversationsChanged, conversations_.get(), &ConversationListModel::refresh);
  connect(chat_.get(), &ChatViewModel::conversationIdChanged, conversations_.get(),
          [this] { conversations_->setActive(chat_->conversationId()); });
  connect(conversations_.get(), &ConversationListModel::openRequested, chat_.get(), &ChatViewModel::open);
  connect(conversations_.get(), &ConversationListModel::renamed, chat_.get(), &ChatViewModel::conversationRenamed);
  connect(conversations_.get(), &ConversationListModel::removed, chat_.get(), &ChatViewModel::conversationRemoved);
  connect(conversations_.get(), &ConversationListModel::failed, chat_.get(), &ChatViewModel::setError);
  connect(settings_.get(), &Settings::writeFailed, this, &AppRoot::addNotice);
  connect(settings_.get(), &Settings::downloadLimitKbChanged, this, &AppRoot::limitDownloads);
  connect(settings_.get(), &Settings::offlineChanged, this, &AppRoot::limitDownloads);
  connect(hub_.get(), &Hub::reachChanged, this, [this] {
    if (plainMirror() != plainMirror_ && downloads_->activeCount() == 0) openModelsFolder();
  });
  connect(account_.get(), &HubAccount::tokenChanged, this, &AppRoot::limitDownloads);
  connect(library_.get(), &ModelLibrary::modelsDirChanged, this, &AppRoot::openModelsFolder);
  library_->setFolderGuard([this] {
    return downloads_->activeCount() > 0 ? tr("Models are being downloaded into the folder; pause the downloads, then move it.")
                                         : QString();
  });
}

/// Makes what works on the models folder, where it lies now. What worked on the old one ends first: it holds its lock.
void AppRoot::openModelsFolder() {
  hubSearch_.reset();
  catalog_.reset();
  taskBar_.reset();
  downloads_.reset();
  const QString folder = library_->modelsDir();
  DownloadOptions options;
  options.httpHost = plainMirror();
  plainMirror_ = options.httpHost;
  downloads_ = std::make_unique<DownloadQueue>(folder, options);
  if (!alone_) taskBar_ = std::make_unique<TaskBarProgress>(*downloads_);
  catalog_ = std::make_unique<ModelCatalog>(*hub_, *machine_, *downloads_, folder, ModelCatalog::builtIn());
  hubSearch_ = std::make_unique<HubSearch>(*hub_, *machine_, *downloads_, folder);
  limitDownloads();
  connect(downloads_.get(), &DownloadQueue::completed, this, [this] {
    library_->refresh();
    catalog_->refresh();
  });
  emit modelsFolderMoved();
}

/// Host and port of a mirror that the person set without encryption; nothing else may be. Empty: there is none.
QString AppRoot::plainMirror() const {
  const QUrl hub = hub_->endpoint(HubSource::HuggingFace);
  if (hub.scheme() != QLatin1String("http") || QHostAddress(hub.host()).isLoopback()) return {};
  return hub.port() < 0 ? hub.host() : hub.host() + QLatin1Char(':') + QString::number(hub.port());
}

void AppRoot::limitDownloads() {
  downloads_->setSpeedLimit(qint64{1024} * settings_->downloadLimitKb());
  const QUrl hub = hub_->endpoint(HubSource::HuggingFace);
  downloads_->setToken(hub, account_->tokenFor(hub));
  if (hub_->offline()) downloads_->pauseAll();
}

QString AppRoot::version() const {
  return QStringLiteral(SOTTO_VERSION);
}

QVariantMap AppRoot::codePalette() const {
  return chat_->messages()->codePalette();
}

void AppRoot::setCodePalette(const QVariantMap& palette) {
  if (palette == codePalette()) return;
  chat_->messages()->setCodePalette(palette);
  emit codePaletteChanged();
}

void AppRoot::addNotice(const QString& sentence) {
  if (sentence.isEmpty() || notice_.contains(sentence)) return;
  notice_ += notice_.isEmpty() ? sentence : QLatin1Char(' ') + sentence;
  emit noticeChanged();
}

void AppRoot::dismissNotice() {
  if (notice_.isEmpty()) return;
  notice_.clear();
  emit noticeChanged();
}

void AppRoot::raise(const QString& argument) {
  const QJsonObject asked = QJsonDocument::fromJson(argument.toUtf8()).object();
  const QString modelPath = asked.value(kModelKey).toString();
  const qint64 conversationId = asked.value(kChatKey).toString().toLongLong();
  if (!modelPath.isEmpty()) runner_->load(modelPath);
  if (conversationId > 0) chat_->open(conversationId);
  emit raiseRequested();
}

}  // namespace app
