#pragma once

#include <QtQml/qqmlregistration.h>

#include <QObject>
#include <QString>
#include <QVariantMap>
#include <memory>
#include <optional>

#include "app/chat/chat_view_model.h"
#include "app/chat/conversation_list_model.h"
#include "app/chat/model_runner.h"
#include "app/chat/prompt_view_model.h"
#include "app/chat/sampling_view_model.h"
#include "app/chat/saved_sessions.h"
#include "app/downloads/download_queue.h"
#include "app/downloads/task_bar_progress.h"
#include "app/hub/hub.h"
#include "app/hub/hub_account.h"
#include "app/hub/hub_search.h"
#include "app/hub/machine.h"
#include "app/hub/model_catalog.h"
#include "app/library/model_library.h"
#include "app/remote/remote_models.h"
#include "app/settings/paths.h"
#include "app/settings/settings.h"
#include "app/shortcut_list_model.h"

namespace app {

class History;

/// What the command line asks of one run of the program.
struct StartOptions {
  Paths paths;
  QString modelPath;          ///< model to load instead of the last one; empty: the last one, else the demo model
  qint64 conversationId = 0;  ///< conversation to open; 0: a new chat
  bool offline = false;       ///< the network is not used in this run
  /// For tests: nothing beside `paths` is looked at, no other programs' models, no keychain, no task bar.
  bool alone = false;
  std::optional<MachineFacts> machine = {};  ///< in place of this machine's, which is not measured then (for tests)

  ModelPlaces modelPlaces() const;
};

/// Makes every long-lived object in order, owns them all, connects those that do not know each other, and is the one
/// thing that the window is given. UI thread.
class AppRoot : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The program makes the application root.")

  Q_PROPERTY(app::ChatViewModel* chat READ chat CONSTANT)
  Q_PROPERTY(app::ConversationListModel* conversations READ conversations CONSTANT)
  Q_PROPERTY(app::ModelRunner* runner READ runner CONSTANT)
  Q_PROPERTY(app::ModelLibrary* library READ library CONSTANT)
  Q_PROPERTY(app::HubAccount* account READ account CONSTANT)
  Q_PROPERTY(app::Hub* hub READ hub CONSTANT)
  Q_PROPERTY(app::RemoteModels* remotes READ remotes CONSTANT)
  Q_PROPERTY(app::Machine* machine READ machine CONSTANT)
  Q_PROPERTY(app::DownloadQueue* downloads READ downloads NOTIFY modelsFolderMoved)
  Q_PROPERTY(app::ModelCatalog* catalog READ catalog NOTIFY modelsFolderMoved)
  Q_PROPERTY(app::HubSearch* hubSearch READ hubSearch NOTIFY modelsFolderMoved)
  Q_PROPERTY(app::SamplingViewModel* sampling READ sampling CONSTANT)
  Q_PROPERTY(app::PromptViewModel* prompt READ prompt CONSTANT)
  Q_PROPERTY(app::Settings* settings READ settings CONSTANT)
  Q_PROPERTY(app::SavedSessions* sessions READ sessions CONSTANT)
  Q_PROPERTY(app::ShortcutListModel* shortcuts READ shortcuts CONSTANT)
  Q_PROPERTY(QString notice READ notice NOTIFY noticeChanged)
  Q_PROPERTY(QString version READ version CONSTANT)
  Q_PROPERTY(QVariantMap codePalette READ codePalette WRITE setCodePalette NOTIFY codePaletteChanged)

 public:
  explicit AppRoot(const StartOptions& options, QObject* parent = nullptr);
  /// Stores what is still being written, ends the engine and the history; may wait for the disk.
  ~AppRoot() override;

  ChatViewModel* chat() const { return chat_.get(); }
  ConversationListModel* conversations() const { return conversations_.get(); }
  ModelRunner* runner() const { return runner_.get(); }
  ModelLibrary* library() const { return library_.get(); }
  HubAccount* account() const { return account_.get(); }
  Hub* hub() const { return hub_.get(); }
  RemoteModels* remotes() const { return remotes_.get(); }
  Machine* machine() const { return machine_.get(); }
  /// These three are others after the models folder was moved; QML is told by modelsFolderMoved.
  DownloadQueue* downloads() const { return downloads_.get(); }
  ModelCatalog* catalog() const { return catalog_.get(); }
  HubSearch* hubSearch() const { return hubSearch_.get(); }
  SamplingViewModel* sampling() const { return sampling_.get(); }
  PromptViewModel* prompt() const { return prompt_.get(); }
  Settings* settings() const { return settings_.get(); }
  SavedSessions* sessions() const { return sessions_.get(); }
  ShortcutListModel* shortcuts() const { return shortcuts_.get(); }

  /// What the person should know about this start, in a line or two (the history was moved aside ...); empty: nothing.
  QString notice() const { return notice_; }
  QString version() const;

  /// Colours of a code block by token class: "keyword", "string", "comment", "number" to a colour name. The window's
  /// theme sets them; a class without a colour is shown in the colour of the text.
  QVariantMap codePalette() const;
  void setCodePalette(const QVariantMap& palette);

  Q_INVOKABLE void dismissNotice();
  /// Adds a sentence to notice().
  void addNotice(const QString& sentence);

 public slots:
  /// Another start of the program on the same data: opens what it asked for (see startArgument) and raises the window.
  void raise(const QString& argument);

 signals:
  void noticeChanged();
  void codePaletteChanged();
  void modelsFolderMoved();
  /// The window is to come to the front.
  void raiseRequested();

 private:
  void connectParts();
  void openModelsFolder();
  void limitDownloads();
  QString plainMirror() const;

  QString notice_;
  QString plainMirror_;  // that the downloads know of
  const bool alone_;
  // In the order of making; each may use those above it.
  std::unique_ptr<Settings> settings_;
  std::unique_ptr<History> history_;
  std::unique_ptr<SavedSessions> sessions_;
  std::unique_ptr<HubAccount> account_;
  std::unique_ptr<Hub> hub_;
  std::unique_ptr<RemoteModels> remotes_;
  std::unique_ptr<ModelRunner> runner_;
  std::unique_ptr<ModelLibrary> library_;
  std::unique_ptr<Machine> machine_;
  std::unique_ptr<DownloadQueue> downloads_;
  std::unique_ptr<TaskBarProgress> taskBar_;  // null: alone
  std::unique_ptr<ModelCatalog> catalog_;
  std::unique_ptr<HubSearch> hubSearch_;
  std::unique_ptr<SamplingViewModel> sampling_;
  std::unique_ptr<PromptViewModel> prompt_;
  std::unique_ptr<ChatViewModel> chat_;
  std::unique_ptr<ConversationListModel> conversations_;
  std::unique_ptr<ShortcutListModel> shortcuts_;
};

/// How a second start tells the first what it was asked for; AppRoot::raise reads it.
QString startArgument(const QString& modelPath, qint64 conversationId);

}  // namespace app
