#pragma once

#include <QtQml/qqmlregistration.h>

#include <QFuture>
#include <QList>
#include <QObject>
#include <QPointer>
#include <QString>
#include <QThreadPool>
#include <QTimer>
#include <QVariant>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "app/chat/local_model.h"
#include "app/chat/model_loader.h"
#include "app/chat/model_summary.h"
#include "app/chat/prompt_choice.h"
#include "app/chat/prompt_preview.h"
#include "app/chat/sampling_choice.h"
#include "app/chat/session_saver.h"
#include "app/history/history_values.h"
#include "app/prompt/prompt.h"
#include "app/remote/remote_model.h"
#include "engine/types.h"

namespace app {

class RemoteModels;
class Reply;
class SavedSessions;
class Settings;

/// The model in use: the engine as a Qt object, or a model on another machine, which needs no loading and whose location is
/// "remote:<id>" where a folder's path stands for one of this machine. UI thread; loading, rendering and tokenizing run on
/// pools of its own. With SessionSaver the only one in the window that has an engine. Owns the replies that it gives out.
class ModelRunner : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The model comes from the application root.")

  Q_PROPERTY(State state READ state NOTIFY stateChanged)
  Q_PROPERTY(double progress READ progress NOTIFY progressChanged)
  Q_PROPERTY(QString modelName READ modelName NOTIFY modelChanged)
  Q_PROPERTY(QString modelPath READ modelPath NOTIFY modelChanged)
  Q_PROPERTY(bool isDemo READ isDemo NOTIFY modelChanged)
  Q_PROPERTY(QString textGoesTo READ textGoesTo NOTIFY textGoesToChanged)
  Q_PROPERTY(bool textIsOpen READ textIsOpen NOTIFY textGoesToChanged)
  Q_PROPERTY(QString device READ device NOTIFY modelChanged)
  Q_PROPERTY(QString deviceReason READ deviceReason NOTIFY modelChanged)
  Q_PROPERTY(QString memoryText READ memoryText NOTIFY modelChanged)
  Q_PROPERTY(bool readsFromDisk READ readsFromDisk NOTIFY modelChanged)
  Q_PROPERTY(int contextLength READ contextLength NOTIFY modelChanged)
  Q_PROPERTY(QString templateSource READ templateSource NOTIFY modelChanged)
  Q_PROPERTY(QString loadingName READ loadingName NOTIFY stateChanged)
  Q_PROPERTY(QString error READ error NOTIFY errorChanged)
  Q_PROPERTY(QString errorDetail READ errorDetail NOTIFY errorChanged)

 public:
  enum class State {
    Empty,    ///< no model
    Loading,  ///< one is on its way; the one before it stays in use until the new one's header was found sound
    Ready,
    Failed,  ///< none, and error() says why
    Resting,  ///< its memory was given back because nothing was asked of it; the next message loads it again
  };
  Q_ENUM(State)

  /// Borrows them, and they outlive it; without `sessions` what was read of chats is not kept on disk, without `remotes`
  /// there are no models on other machines.
  explicit ModelRunner(Settings& settings, SavedSessions* sessions = nullptr, RemoteModels* remotes = nullptr,
                       QObject* parent = nullptr);
  /// Cancels and waits for everything under way, a few seconds at most for sessions that are still being written.
  ~ModelRunner() override;

  State state() const { return state_; }
  double progress() const { return progress_; }  ///< of loading, 0 to 1
  QString modelName() const;
  /// Of the loaded model, or of the one that rests; empty: none.
  QString modelPath() const { return modelPath_; }
  bool isDemo() const;
  bool isRemote() const { return remote_.has_value(); }
  /// Where a message goes that is sent now: the "host:port" of a model on another machine; empty: it stays here, as it does
  /// while a model of this machine is loading.
  QString textGoesTo() const;
  bool textIsOpen() const;       ///< it goes there unencrypted, over a network
  QString device() const;        ///< "CPU, 2 threads, AVX2"
  QString deviceReason() const;  ///< why it runs there
  QString memoryText() const;
  bool readsFromDisk() const;  ///< it is larger than the memory: slow, because the disk is read while it answers
  int contextLength() const;  ///< tokens; 0: no model, or it does not say
  QString templateSource() const;
  QString loadingName() const { return loader_.name(); }  ///< of the model that is loading; empty: none
  QString loadingPath() const { return loader_.path(); }  ///< likewise
  QString error() const { return error_; }
  QString errorDetail() const { return errorDetail_; }
  /// Folder of the demo model that comes with the program; empty: it is not there.
  static QString demoPath();
  /// Of the loaded model; null: none, or it is on another machine. Valid until modelChanged.
  const engine::ModelInfo* model() const;
  /// The template that conversations are rendered with unless the person wrote another; null and valid likewise.
  const ChatTemplate* chatTemplate() const;

  /// Loads the model of a folder (a path or a file: URL), in place of any load under way and of the loaded one; one on
  /// another machine is in use at once, and its first answer shows whether it is there.
  Q_INVOKABLE void load(const QVariant& location);
  Q_INVOKABLE void loadDemo();
  /// Loads `path`, else the last model, else the demo model. Where that fails, error() says so and the demo is loaded.
  void loadAtStart(const QString& path);
  /// Ends the loaded model and the load under way. What it was asked ends as cancelled.
  Q_INVOKABLE void unload();
  /// Gives the memory of the loaded model back until something is asked of it. Where a reply runs, nothing happens.
  Q_INVOKABLE void rest();
  /// How long a minute of Settings::keepLoadedMinutes is; a test's are shorter.
  void setIdleMinute(std::chrono::milliseconds length);
  Q_INVOKABLE void cancelLoad();
  Q_INVOKABLE void dismissError();

  /// Has the reply to `turn` written, its prompt made with the chat's own `prompt`, else with what Settings has for the
  /// model; `continued` is the reply's text and ids so far where it is written on. While a
  /// model loads, the reply waits for it; without one it fails. `goesTo` is textGoesTo() as the person saw it when asking:
  /// nothing is sent to any other place. Owned by this object; delete it with deleteLater().
  Reply* generate(const Turn& turn, const SamplingChoice& sampling, const PromptChoice& prompt = {},
                  const Message& continued = {}, const QString& goesTo = {});
  /// Applies to all replies that run, from their next token on.
  void updateSampling(const SamplingChoice& sampling);
  /// A conversation is gone, and with it what is cached of it, here and on disk.
  void forget(qint64 conversationId);
  /// Keeps on disk what the model has read of a conversation that the person leaves.
  void freeze(qint64 conversationId);
  /// Brings back what the model had read of a conversation that the person opens.
  void thaw(qint64 conversationId);

  /// Tokens of a text, or of a conversation as the model would read it (`prompt` as in generate); -1 without a model or
  /// where it cannot be told, as by one on another machine.
  QFuture<int> countTokens(const QString& text);
  QFuture<int> countTokens(const QList<Message>& messages, const PromptChoice& prompt = {});
  /// What the model would be given, on the pool. Carries no exception; empty without a model, and for one on another
  /// machine, whose server makes the prompt.
  QFuture<PromptPreview> preview(const QList<Message>& messages, const PromptChoice& prompt);
  /// Reads a model's header on the pool. Carries no exception.
  QFuture<ModelSummary> summarize(const QString& path);

 signals:
  void stateChanged();
  void progressChanged();
  void modelChanged();
  void textGoesToChanged();
  void errorChanged();

 private:
  friend class Reply;
  /// A reply that was asked for.
  struct Asked {
    QPointer<Reply> reply;
    QList<Message> messages;
    Message continued;  ///< the reply where it is written on; else a default one
    SamplingChoice sampling;
    PromptChoice prompt;
    QString goesTo;
  };

  // model_runner.cpp: the model
  void startLoad(const QString& path, bool thenDemo);
  void useRemote(const QString& location, bool thenDemo);
  void remoteChanged(const QString& location);
  void remoteRemoved(const QString& location);
  void loadEnded(const std::shared_ptr<const LocalModel>& loaded, const QString& path);
  void loadFailed(const QString& path, const QString& error, const QString& detail);
  void settle();
  void setState(State state);
  void setProgress(double progress);
  void setError(const QString& error, const QString& detail);
  void release();
  void wake();
  void forgetResting();
  void restLater();

  // model_runner_replies.cpp: what it is asked
  void replyEnded();
  bool isAnswering() const;
  void cancelReplies();
  void endEngine(std::chrono::milliseconds patience);
  void startWaiting();
  void failWaiting(const QString& error, const QString& detail);
  void start(const Asked& asked);
  void askRemote(const Asked& asked);
  PromptChoice resolved(const PromptChoice& chat) const;
  void cancel(Reply& reply);

  Settings& settings_;
  RemoteModels* remotes_;
  SessionSaver saver_;
  State state_ = State::Empty;
  double progress_ = 0;
  QString error_;
  QString errorDetail_;
  QString modelPath_;
  QString restingName_;
  QTimer idle_;  // until the model rests
  std::chrono::milliseconds idleMinute_ = std::chrono::minutes(1);
  std::shared_ptr<const LocalModel> loaded_;  // shared with the pool while it renders and submits
  std::optional<RemoteModel> remote_;         // in use instead
  std::vector<Asked> waiting_;                // replies that wait for a model
  bool thenDemo_ = false;                     // load the demo model if the load under way fails
  ModelLoader loader_;
  QThreadPool work_;
};

}  // namespace app
