#pragma once

#include <QtQml/qqmlregistration.h>

#include <QNetworkAccessManager>
#include <QObject>
#include <QUrl>
#include <functional>

#include "app/downloads/download_plan.h"
#include "app/hub/hub_files.h"
#include "app/hub/model_fit.h"

namespace app {

class HubAccount;
class Settings;

/// The model hubs over HTTP: searches, lists of files, headers of models. Honours the endpoint, proxy and offline switch of
/// the settings, HF_ENDPOINT, and the program's --offline. UI thread: every answer comes later, by a callback that is not
/// called once its `context` is gone. Answers are hostile: limits on bytes, depth, counts and every value.
class Hub : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The hub comes from the application root.")

  Q_PROPERTY(bool offline READ offline NOTIFY offlineChanged)
  Q_PROPERTY(QString offlineReason READ offlineReason NOTIFY offlineChanged)

 public:
  /// Borrows both, which outlive it. `forcedOffline`: the program was started with --offline.
  Hub(Settings& settings, HubAccount& account, bool forcedOffline, QObject* parent = nullptr);
  ~Hub() override;

  /// Nothing is sent: by the setting or by --offline.
  bool offline() const;
  QString offlineReason() const;

  /// Where a hub is asked: "https://huggingface.co", or the mirror of the setting or of HF_ENDPOINT.
  QUrl endpoint(HubSource source) const;
  /// The page of a repository for a person's browser.
  QUrl pageOf(HubSource source, const QString& repo) const;

  using Problem = QString;  ///< a sentence; empty: none
  using ReposAnswer = std::function<void(const QList<HubRepo>&, const Problem&)>;
  using RepoAnswer = std::function<void(const HubRepo&, const Problem&)>;
  using NeedsAnswer = std::function<void(const ModelNeeds&)>;

  /// Text-generation repositories whose name has `text`, most downloaded first, 50 at most.
  void search(HubSource source, const QString& text, QObject* context, ReposAnswer answer);
  /// A repository with its files, of the newest commit.
  void list(HubSource source, const QString& repo, QObject* context, RepoAnswer answer);
  /// What a choice of a listed repository needs, from the first megabytes of its files; a problem where they cannot be had.
  void needs(const HubRepo& repo, const FileChoice& choice, QObject* context, NeedsAnswer answer);
  /// What to fetch for a choice: every url names the commit of the listing.
  DownloadPlan plan(const HubRepo& repo, const FileChoice& choice) const;

 signals:
  void offlineChanged();
  /// The endpoint changed: what was found before may not be there.
  void endpointChanged();

 private:
  class Fetches;
  Settings& settings_;
  HubAccount& account_;
  bool forcedOffline_;
  std::unique_ptr<QNetworkAccessManager> network_;
};

/// The folder below the models folder that a choice of a repository goes to: a plain name made of both.
QString folderName(const QString& repo, const FileChoice& choice);

}  // namespace app
