#pragma once

#include <QDateTime>
#include <QJsonArray>
#include <QJsonObject>
#include <QObject>
#include <QRect>
#include <QStringList>
#include <QThreadPool>
#include <QTimer>
#include <QVariantMap>
#include <QtQmlIntegration>

namespace app {

/// The person's preferences, typed, each with a default, kept in one JSON file. Lives on the UI thread; reads the file
/// when made, writes it whole (QSaveFile: the old or the new file, never half of one) on a thread of its own shortly
/// after a change and when destroyed. Keys it does not know are kept as they are.
///
/// A file that is no JSON object is renamed to `<file>.damaged-YYYYMMDD-HHMMSS`, defaults are used and notice() says
/// so. A single value of the wrong type or out of range gives that preference its default, and notice() names it.
class Settings : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("Settings come from the application root.")

  Q_PROPERTY(Theme theme READ theme WRITE setTheme NOTIFY themeChanged)
  Q_PROPERTY(double fontScale READ fontScale WRITE setFontScale NOTIFY fontScaleChanged)
  Q_PROPERTY(bool sidebarVisible READ sidebarVisible WRITE setSidebarVisible NOTIFY sidebarVisibleChanged)
  Q_PROPERTY(bool panelVisible READ panelVisible WRITE setPanelVisible NOTIFY panelVisibleChanged)
  Q_PROPERTY(QRect windowGeometry READ windowGeometry WRITE setWindowGeometry NOTIFY windowGeometryChanged)
  Q_PROPERTY(bool windowMaximized READ windowMaximized WRITE setWindowMaximized NOTIFY windowMaximizedChanged)
  Q_PROPERTY(bool sendWithEnter READ sendWithEnter WRITE setSendWithEnter NOTIFY sendWithEnterChanged)
  Q_PROPERTY(QString lastModelPath READ lastModelPath WRITE setLastModelPath NOTIFY lastModelPathChanged)
  Q_PROPERTY(QStringList knownModels READ knownModels NOTIFY knownModelsChanged)
  Q_PROPERTY(QVariantMap samplingOverrides READ samplingOverrides NOTIFY samplingOverridesChanged)
  Q_PROPERTY(int sessionBudgetMb READ sessionBudgetMb WRITE setSessionBudgetMb NOTIFY sessionBudgetMbChanged)
  Q_PROPERTY(QString notice READ notice CONSTANT)
  // Models and network
  Q_PROPERTY(QString modelsFolder READ modelsFolder NOTIFY modelsFolderChanged)
  Q_PROPERTY(int keepLoadedMinutes READ keepLoadedMinutes WRITE setKeepLoadedMinutes NOTIFY keepLoadedMinutesChanged)
  Q_PROPERTY(QString hubEndpoint READ hubEndpoint WRITE setHubEndpoint NOTIFY hubEndpointChanged)
  Q_PROPERTY(QString networkProxy READ networkProxy WRITE setNetworkProxy NOTIFY networkProxyChanged)
  Q_PROPERTY(bool offline READ offline WRITE setOffline NOTIFY offlineChanged)
  Q_PROPERTY(int downloadLimitKb READ downloadLimitKb WRITE setDownloadLimitKb NOTIFY downloadLimitKbChanged)

 public:
  enum class Theme { System, Light, Dark };
  Q_ENUM(Theme)

  static constexpr double kSmallestFontScale = 0.5;
  static constexpr qsizetype kLongestDraft = 256 * 1024;
  static constexpr qsizetype kLongestPrompts = 1024 * 1024;
  static constexpr double kLargestFontScale = 3.0;
  static constexpr int kDefaultSessionBudgetMb = 4096;
  static constexpr int kLargestSessionBudgetMb = 1024 * 1024;
  static constexpr int kLongestKeepLoadedMinutes = 7 * 24 * 60;
  static constexpr int kLargestDownloadLimitKb = 10 * 1024 * 1024;
  static constexpr int kLongestAddress = 2048;    // characters
  static constexpr int kMostModelRecords = 500;
  static constexpr int kMostRemoteModels = 50;

  /// Reads `file` (absolute path); a missing file means defaults and no notice.
  explicit Settings(const QString& file, QObject* parent = nullptr);
  /// Writes what is not written yet and waits for it.
  ~Settings() override;

  Theme theme() const;  ///< default System
  void setTheme(Theme theme);
  double fontScale() const;  ///< default 1; kept between kSmallestFontScale and kLargestFontScale
  void setFontScale(double scale);
  bool sidebarVisible() const;  ///< default true
  void setSidebarVisible(bool visible);
  bool panelVisible() const;  ///< default false
  void setPanelVisible(bool visible);
  QRect windowGeometry() const;  ///< of the window when not maximized; null: never stored
  void setWindowGeometry(const QRect& geometry);
  bool windowMaximized() const;  ///< default false
  void setWindowMaximized(bool maximized);
  bool sendWithEnter() const;  ///< default true: Enter sends, Shift+Enter breaks the line; false: the other way round
  void setSendWithEnter(bool sends);

  /// Room on the disk for what models have read of chats (SavedSessions), in MiB; 0: none is kept.
  int sessionBudgetMb() const;
  void setSessionBudgetMb(int megabytes);  ///< kept between 0 and kLargestSessionBudgetMb

  QString lastModelPath() const;  ///< empty: the embedded model
  void setLastModelPath(const QString& path);

  /// Text typed into a chat that is not stored yet; the drafts of stored chats are in the history. Of more than
  /// kLongestDraft UTF-16 units nothing is kept: this file is read whole at each start.
  QString newChatDraft() const;
  void setNewChatDraft(const QString& draft);

  /// Models the person opened where they are, newest first. They are remembered, never copied, never deleted.
  QStringList knownModels() const;
  /// Puts `path` at the front of the list (once).
  Q_INVOKABLE void rememberModel(const QString& path);
  /// Takes `path` off the list; the file stays.
  Q_INVOKABLE void forgetModel(const QString& path);

  /// Sampling settings the person changed for every chat: the field's name (temperature, top_k ...) to a number,
  /// bool, string or list of these. Which names and ranges make sense is for the reader to say.
  QVariantMap samplingOverrides() const;
  Q_INVOKABLE void setSamplingOverride(const QString& name, const QVariant& value);
  Q_INVOKABLE void clearSamplingOverride(const QString& name);
  Q_INVOKABLE void clearSamplingOverrides();

  /// What the person wrote for all chats with a model, by the model's name: "system" (a system prompt) and "template" (a
  /// chat template), each where there is one.
  QVariantMap promptOverride(const QString& model) const;
  /// Stores it; an empty map takes it away. False, and nothing is stored, where all models' together would get longer
  /// than kLongestPrompts: this file is read whole at each start.
  bool setPromptOverride(const QString& model, const QVariantMap& fields);

  // Models and network

  /// Where models that were downloaded or imported are kept, when the person moved it; empty: Paths::modelsDir.
  QString modelsFolder() const;
  void setModelsFolder(const QString& folder);
  /// A folder of models lies elsewhere now: every path that is remembered below `from` becomes one below `to`.
  void moveModelPaths(const QString& from, const QString& to);
  /// After so many minutes without a reply the model's memory is given back; 0 (default): never.
  int keepLoadedMinutes() const;
  void setKeepLoadedMinutes(int minutes);
  QString hubEndpoint() const;  ///< address of the hub or a mirror of it; empty: $HF_ENDPOINT, else huggingface.co
  void setHubEndpoint(const QString& address);
  QString networkProxy() const;  ///< "http://host:port", "socks5://host:port" or "none"; empty: the system's
  void setNetworkProxy(const QString& address);
  bool offline() const;  ///< the network is not used at all
  void setOffline(bool offline);
  void setOfflineThisRun();  ///< --offline: holds until the person switches it, and is not stored
  int downloadLimitKb() const;  ///< KiB a second for all downloads together; 0: as fast as it goes
  void setDownloadLimitKb(int kibibytes);

  /// The person's models on other machines, each a JSON object whose reader checks it; at most kMostRemoteModels.
  QJsonArray remoteModels() const;
  void setRemoteModels(const QJsonArray& models);

  QDateTime modelUsed(const QString& path) const;  ///< when it last answered or was loaded; null: not known
  void setModelUsed(const QString& path, const QDateTime& when);
  /// What a model is called whose path does not tell it (a blob of another program); empty: not known.
  QString modelTitle(const QString& path) const;
  void setModelTitle(const QString& path, const QString& title);
  /// Sampling settings for all chats with a model, by the model's name; they go before samplingOverrides().
  QVariantMap modelSampling(const QString& model) const;
  void setModelSampling(const QString& model, const QVariantMap& fields);

  /// What was wrong with the file when it was read, in one or two sentences; empty: nothing.
  QString notice() const { return notice_; }

  /// Writes now and waits; for tests and for the end of the program.
  void flush();

 signals:
  void themeChanged();
  void fontScaleChanged();
  void sidebarVisibleChanged();
  void panelVisibleChanged();
  void windowGeometryChanged();
  void windowMaximizedChanged();
  void sendWithEnterChanged();
  void sessionBudgetMbChanged();
  void lastModelPathChanged();
  void knownModelsChanged();
  void samplingOverridesChanged();
  void promptOverridesChanged();
  void modelsFolderChanged();
  void keepLoadedMinutesChanged();
  void hubEndpointChanged();
  void networkProxyChanged();
  void offlineChanged();
  void downloadLimitKbChanged();
  void modelRecordsChanged();
  void remoteModelsChanged();
  /// The file could not be written; the sentence says why. The preferences still hold for this run.
  void writeFailed(const QString& sentence);

 private:
  void read();
  void moveAside(const QString& why);
  void dropWrongValues();
  bool store(const QString& key, const QJsonValue& value);
  void setModelRecord(const QString& path, const QString& field, const QJsonValue& value);
  void write();

  QString file_;
  QString notice_;
  QJsonObject values_;  // only what was changed from its default, and keys of other versions
  bool offlineThisRun_ = false;
  QTimer writeSoon_;
  QThreadPool writer_;  // one thread: writes stay in order
};

}  // namespace app
