#pragma once

#include <QtQml/qqmlregistration.h>

#include <QNetworkAccessManager>
#include <QObject>
#include <QThreadPool>
#include <QUrl>
#include <functional>

#include "app/downloads/download_plan.h"
#include "app/hub/hub_files.h"
#include "app/hub/model_fit.h"
#include "app/network/http_fetch.h"

namespace app {

class HubAccount;
class Settings;

/// The model hubs over HTTP: searches, lists of files, headers of models. Honours the endpoint, proxy and offline
/// switch of the settings, and HF_ENDPOINT. UI thread: every answer comes later, by a callback that is not called once
/// its `context` is gone, which also ends the question. Answers are hostile: limits on bytes, depth, counts and every
/// value; they are read on a pool.
class Hub : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The hub comes from the application root.")

  Q_PROPERTY(bool offline READ offline NOTIFY reachChanged)
  Q_PROPERTY(QString blocked READ blocked NOTIFY reachChanged)

 public:
  /// Borrows both, which outlive it. Sets the proxy of the whole program by the settings, now and when they change.
  Hub(Settings& settings, HubAccount& account, QObject* parent = nullptr);
  /// Ends what is under way without an answer; waits for what the pool reads.
  ~Hub() override;

  bool offline() const;
  /// Why nothing can be asked: offline by choice, or a setting that is no address; empty: nothing is in the way.
  QString blocked() const;
  /// Why nothing of a repository can be fetched now, in a sentence: blocked(), or its owner was not asked; empty: it can.
  QString whyNotFetched(const HubRepo& listing) const;

  /// Where a hub is asked: "https://huggingface.co", or the mirror of the settings or of HF_ENDPOINT; for ModelScope
  /// "https://modelscope.cn" or MODELSCOPE_DOMAIN. Without a slash at its end; empty: what is set is no http address.
  QUrl endpoint(HubSource source) const;
  /// The page of a repository for a person's browser.
  QUrl pageOf(HubSource source, const QString& repo) const;
  HubAccount& account() { return account_; }

  template <class Value>
  using Answer = std::function<void(const Value&, const QString& problem)>;  ///< problem: a sentence; empty: none

  /// Repositories with `text` in their name, most downloaded first, kMostFoundRepos at most.
  void search(HubSource source, const QString& text, QObject* context, const Answer<QList<HubRepo>>& answer);
  /// A repository with its files, of the newest commit.
  void list(HubSource source, const QString& repo, QObject* context, const Answer<HubRepo>& answer);
  /// What a choice of a listed repository needs, from the first megabytes of its files. Where they cannot be had,
  /// `problem` says why; where Sotto cannot run it, the needs' own problem does.
  void needs(const HubRepo& repo, const FileChoice& choice, QObject* context, const Answer<ModelNeeds>& answer);

  /// What to fetch for a choice. Addresses at Hugging Face name the commit of the listing.
  DownloadPlan plan(const HubRepo& repo, const FileChoice& choice) const;
  QUrl fileUrl(const HubRepo& repo, const QString& path) const;

 signals:
  void reachChanged();
  /// What was found before may not be there.
  void endpointChanged();
  void wentOffline();

 private:
  void applyProxy();
  void applyEndpoint();
  void drop(QObject* question);
  HttpQuestion questionFor(const QUrl& url) const;
  static QString askFirst(const QString& repo);
  QString sentenceFor(const HttpFailure& failure, const QByteArray& errorCode, const QString& repo) const;
  template <class Value>
  void ask(const QUrl& url, const QString& repo, const std::function<Value(const QByteArray&, QString&)>& read,
           QObject* context, const Answer<Value>& answer);

  Settings& settings_;
  HubAccount& account_;
  QString proxyProblem_;
  QThreadPool pool_;
  QNetworkAccessManager network_;
};

}  // namespace app
