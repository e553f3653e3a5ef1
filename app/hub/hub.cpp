#include "app/hub/hub.h"

#include <QFutureWatcher>
#include <QNetworkProxy>
#include <QPointer>
#include <QUrlQuery>
#include <QtConcurrent>

#include "app/hub/choice_rows.h"
#include "app/hub/header_fetch.h"
#include "app/hub/hub_account.h"
#include "app/hub/hub_answers.h"
#include "app/settings/settings.h"

namespace app {

namespace {

constexpr qint64 kLargestAnswer = 16 * 1024 * 1024;  // bytes; a list of 5,000 files has 2 MB
constexpr qsizetype kLongestQuery = 200;             // characters
constexpr int kGatedStatus1 = 401, kGatedStatus2 = 403;

const QString kHuggingFace = QStringLiteral("https://huggingface.co");
const QString kModelScope = QStringLiteral("https://modelscope.cn");

/// An address that a person wrote, as scheme, host, port and path; empty: it is none.
QUrl addressOf(const QString& text) {
  const QString full = text.contains(QLatin1String("://")) ? text : QStringLiteral("https://") + text;
  QUrl url(full.trimmed(), QUrl::StrictMode);
  const bool web = url.scheme() == QLatin1String("https") || url.scheme() == QLatin1String("http");
  if (!url.isValid() || !web || url.host().isEmpty()) return {};
  url.setUserInfo({});
  url.setQuery(QString());
  url.setFragment({});
  return url.adjusted(QUrl::StripTrailingSlash);
}

/// `base` with a path after its own; `path` is not encoded yet.
QUrl below(const QUrl& base, const QString& path) {
  if (base.isEmpty()) return {};
  QUrl url = base;
  QString own = base.path();
  while (own.endsWith(QLatin1Char('/'))) own.chop(1);
  url.setPath(own + path, QUrl::DecodedMode);
  return url;
}

QUrl withQuery(QUrl url, const QList<std::pair<QString, QString>>& items) {
  QUrlQuery query;
  for (const auto& [name, value] : items) query.addQueryItem(name, QString::fromLatin1(QUrl::toPercentEncoding(value)));
  url.setQuery(query);
  return url;
}

QString plainName(const QString& path) {
  return path.mid(path.lastIndexOf(QLatin1Char('/')) + 1);
}

/// The proxy that a person wrote; nothing: it is none.
std::optional<QNetworkProxy> proxyOf(const QString& text) {
  if (text == QLatin1String("none")) return QNetworkProxy(QNetworkProxy::NoProxy);
  const QUrl url(text, QUrl::StrictMode);
  if (!url.isValid() || url.host().isEmpty() || url.port() <= 0) return std::nullopt;
  if (url.scheme() == QLatin1String("http"))
    return QNetworkProxy(QNetworkProxy::HttpProxy, url.host(), quint16(url.port()), url.userName(), url.password());
  if (url.scheme() == QLatin1String("socks5"))
    return QNetworkProxy(QNetworkProxy::Socks5Proxy, url.host(), quint16(url.port()), url.userName(), url.password());
  return std::nullopt;
}

}  // namespace

Hub::Hub(Settings& settings, HubAccount& account, QObject* parent)
    : QObject(parent), settings_(settings), account_(account) {
  pool_.setMaxThreadCount(2);
  connect(&settings_, &Settings::offlineChanged, this, [this] {
    if (offline()) emit wentOffline();
    emit reachChanged();
  });
  connect(&settings_, &Settings::networkProxyChanged, this, &Hub::applyProxy);
  connect(&settings_, &Settings::hubEndpointChanged, this, &Hub::applyEndpoint);
  applyProxy();
  applyEndpoint();
}

Hub::~Hub() {
  // Everything under way uses the network object or the pool, both members.
  for (QObject* child : findChildren<QObject*>(Qt::FindDirectChildrenOnly)) {
    if (qobject_cast<HttpFetch*>(child) || qobject_cast<HeaderFetch*>(child)) delete child;
  }
  pool_.clear();
  pool_.waitForDone();
}

bool Hub::offline() const {
  return settings_.offline();
}

QString Hub::blocked() const {
  if (offline()) return tr("Sotto is offline by choice; the setting \"Stay offline\" or the option --offline says so.");
  return proxyProblem_;
}

QString Hub::whyNotFetched(const HubRepo& listing) const {
  if (const QString why = blocked(); !why.isEmpty()) return why;
  const bool known = !account_.tokenFor(endpoint(listing.source)).isEmpty();
  return listing.gated && !known ? askFirst(listing.repo) : QString();
}

void Hub::applyProxy() {
  proxyProblem_.clear();
  const QString text = settings_.networkProxy();
  if (text.isEmpty()) {
    QNetworkProxyFactory::setUseSystemConfiguration(true);
  } else if (const auto proxy = proxyOf(text)) {
    QNetworkProxy::setApplicationProxy(*proxy);
  } else {
    // Not around the proxy that was meant: nothing is asked until it is right.
    proxyProblem_ =
        tr("The proxy in the settings must be written as http://host:port or socks5://host:port, or be "
           "\"none\".");
  }
  emit reachChanged();
}

void Hub::applyEndpoint() {
  account_.setOrigin(endpoint(HubSource::HuggingFace));
  emit endpointChanged();
  emit reachChanged();
}

QUrl Hub::endpoint(HubSource source) const {
  if (source == HubSource::ModelScope) {
    const QString set = qEnvironmentVariable("MODELSCOPE_DOMAIN");
    return addressOf(set.isEmpty() ? kModelScope : set);
  }
  const QString set = settings_.hubEndpoint().isEmpty() ? qEnvironmentVariable("HF_ENDPOINT") : settings_.hubEndpoint();
  return addressOf(set.isEmpty() ? kHuggingFace : set);
}

QUrl Hub::pageOf(HubSource source, const QString& repo) const {
  if (!isRepoName(repo)) return {};
  return below(endpoint(source),
               (source == HubSource::ModelScope ? QStringLiteral("/models/") : QStringLiteral("/")) + repo);
}

QUrl Hub::fileUrl(const HubRepo& repo, const QString& path) const {
  const QString folder = repo.source == HubSource::ModelScope ? QStringLiteral("/models/") : QStringLiteral("/");
  return below(endpoint(repo.source),
               folder + repo.repo + QStringLiteral("/resolve/") + repo.revision + QLatin1Char('/') + path);
}

HttpQuestion Hub::questionFor(const QUrl& url) const {
  HttpQuestion question;
  question.url = url;
  question.limit = kLargestAnswer;
  question.token = account_.tokenFor(url);
  if (url.scheme() == QLatin1String("http"))
    question.httpHost = url.port() < 0 ? url.host() : url.host() + QLatin1Char(':') + QString::number(url.port());
  return question;
}

QString Hub::askFirst(const QString& repo) {
  return tr("The owner of %1 wants to be asked first: accept the terms on its page, then give Sotto your access token.").arg(repo);
}

QString Hub::sentenceFor(const HttpFailure& failure, const QByteArray& errorCode, const QString& repo) const {
  const bool refused = failure.status == kGatedStatus1 || failure.status == kGatedStatus2;
  if (errorCode == "GatedRepo") {
    return account_.hasToken() ? tr("The owner of %1 has not let you in yet: accept the terms on its page.").arg(repo)
                               : askFirst(repo);
  }
  if (failure.status == 404 || (refused && errorCode == "RepoNotFound"))
    return repo.isEmpty() ? tr("The hub has no such page. Check its address in the settings.")
                          : tr("There is no %1 on the hub, or it is private.").arg(repo);
  if (failure.status == kGatedStatus1 && account_.hasToken()) return tr("The hub does not accept your access token.");
  if (failure.status == 429) {
    return failure.retryAfterSeconds >= 0 ? tr("The hub has had too many questions and asks to wait %n second(s).",
                                               nullptr, failure.retryAfterSeconds)
                                          : tr("The hub has had too many questions; try again in some minutes.");
  }
  return failure.sentence;
}

/// Ends a question: it is deaf and silent from here on, whatever its context or the network still do.
void Hub::drop(QObject* question) {
  disconnect(this, nullptr, question, nullptr);
  question->disconnect();
  if (auto* fetch = qobject_cast<HttpFetch*>(question)) fetch->abort();
  question->deleteLater();
}

template <class Value>
void Hub::ask(const QUrl& url, const QString& repo, const std::function<Value(const QByteArray&, QString&)>& read,
              QObject* context, const Answer<Value>& answer) {
  const auto refuse = [context, answer](const QString& problem) {
    QMetaObject::invokeMethod(
        context, [answer, problem] { answer({}, problem); }, Qt::QueuedConnection);
  };
  if (const QString reason = blocked(); !reason.isEmpty()) return refuse(reason);
  if (url.isEmpty()) return refuse(tr("The address of the hub in the settings is no http address."));

  auto* fetch = new HttpFetch(network_, questionFor(url), this);
  connect(context, &QObject::destroyed, fetch, [this, fetch] { drop(fetch); });
  connect(this, &Hub::wentOffline, fetch, [this, fetch, refuse] {
    drop(fetch);
    refuse(blocked());
  });
  connect(fetch, &HttpFetch::finished, context, [this, fetch, repo, read, context, answer](const HttpAnswer& got) {
    drop(fetch);
    if (got.failure) return answer({}, sentenceFor(got.failure, fetch->header("X-Error-Code"), repo));
    using Read = std::pair<Value, QString>;
    auto* watcher = new QFutureWatcher<Read>(context);
    connect(watcher, &QFutureWatcherBase::finished, context, [watcher, answer] {
      watcher->deleteLater();
      const Read result = watcher->result();
      answer(result.first, result.second);
    });
    watcher->setFuture(QtConcurrent::run(&pool_, [read, body = got.body] {
      Read result;
      result.first = read(body, result.second);
      return result;
    }));
  });
  fetch->start();
}

void Hub::search(HubSource source, const QString& text, QObject* context, const Answer<QList<HubRepo>>& answer) {
  const QString asked = text.trimmed().left(kLongestQuery);
  const QString most = QString::number(kMostFoundRepos);
  if (source == HubSource::ModelScope) {
    const QUrl url = below(endpoint(source), QStringLiteral("/openapi/v1/models"));
    return ask<QList<HubRepo>>(withQuery(url, {{QStringLiteral("search"), asked},
                                               {QStringLiteral("sort"), QStringLiteral("downloads")},
                                               {QStringLiteral("page_number"), QStringLiteral("1")},
                                               {QStringLiteral("page_size"), most}}),
                               {}, readModelScopeSearch, context, answer);
  }
  const QUrl url = below(endpoint(source), QStringLiteral("/api/models"));
  ask<QList<HubRepo>>(withQuery(url, {{QStringLiteral("search"), asked},
                                      {QStringLiteral("sort"), QStringLiteral("downloads")},
                                      {QStringLiteral("direction"), QStringLiteral("-1")},
                                      {QStringLiteral("limit"), most},
                                      {QStringLiteral("expand"), QStringLiteral("downloads")},
                                      {QStringLiteral("expand"), QStringLiteral("gated")},
                                      {QStringLiteral("expand"), QStringLiteral("tags")}}),
                      {}, readHuggingFaceSearch, context, answer);
}

void Hub::list(HubSource source, const QString& repo, QObject* context, const Answer<HubRepo>& answer) {
  if (!isRepoName(repo)) {
    QMetaObject::invokeMethod(
        context, [answer, problem = tr("A repository is written as owner/name.")] { answer({}, problem); },
        Qt::QueuedConnection);
    return;
  }
  // One hub's list does not name the repository; the other's may have another name, because its owner renamed it. What
  // was asked for leads there, and is what the folder is named after.
  const auto named = [answer, repo](const HubRepo& found, const QString& problem) {
    HubRepo whole = found;
    whole.repo = repo;
    whole.author = repo.section(QLatin1Char('/'), 0, 0);
    whole.title = repo.section(QLatin1Char('/'), 1, 1);
    answer(whole, problem);
  };
  if (source == HubSource::ModelScope) {
    const QUrl url = below(endpoint(source), QStringLiteral("/api/v1/models/%1/repo/files").arg(repo));
    return ask<HubRepo>(withQuery(url, {{QStringLiteral("Revision"), QStringLiteral("master")},
                                        {QStringLiteral("Recursive"), QStringLiteral("true")}}),
                        repo, readModelScopeRepo, context, named);
  }
  const QUrl url = below(endpoint(source), QStringLiteral("/api/models/%1").arg(repo));
  ask<HubRepo>(withQuery(url, {{QStringLiteral("blobs"), QStringLiteral("true")}}), repo, readHuggingFaceRepo, context,
               named);
}

void Hub::needs(const HubRepo& repo, const FileChoice& choice, QObject* context, const Answer<ModelNeeds>& answer) {
  const auto refuse = [context, answer](const QString& problem) {
    QMetaObject::invokeMethod(
        context, [answer, problem] { answer({}, problem); }, Qt::QueuedConnection);
  };
  if (const QString reason = blocked(); !reason.isEmpty()) return refuse(reason);
  QList<HeaderFile> files;
  for (const HubFile& file : choice.files) {
    HeaderFile wanted;
    wanted.url = fileUrl(repo, file.path);
    wanted.size = file.size;
    wanted.name = plainName(file.path);
    if (choice.gguf) {
      wanted.kind = HeaderFile::Kind::Gguf;
    } else if (wanted.name.endsWith(QLatin1String(".safetensors"))) {
      wanted.kind = HeaderFile::Kind::Safetensors;
    } else if (file.size > HeaderFetch::kLargestWhole || !wanted.name.contains(QLatin1Char('.'))) {
      continue;  // a large vocabulary: tens of megabytes of memory beside the gigabytes of the weights; or the licence
    }
    files.append(wanted);
  }
  auto* headers = new HeaderFetch(network_, pool_, questionFor(fileUrl(repo, {})), files, this);
  connect(context, &QObject::destroyed, headers, [this, headers] { drop(headers); });
  connect(this, &Hub::wentOffline, headers, [this, headers, refuse] {
    drop(headers);
    refuse(blocked());
  });
  connect(headers, &HeaderFetch::finished, context,
          [this, headers, repo, answer](const ModelNeeds& needs, const HttpFailure& failure) {
            drop(headers);
            if (!failure) return answer(needs, {});
            const bool refused = failure.status == kGatedStatus1 || failure.status == kGatedStatus2;
            answer({}, sentenceFor(failure, refused && repo.gated ? "GatedRepo" : "", repo.repo));
          });
  headers->start();
}

DownloadPlan Hub::plan(const HubRepo& repo, const FileChoice& choice) const {
  DownloadPlan plan;
  plan.name = folderName(repo.repo, choice.precision, choice.gguf);
  plan.title = choice.precision.isEmpty() ? repo.title : repo.title + QStringLiteral(" · ") + choice.precision;
  plan.origin = endpoint(repo.source).host() + QLatin1Char('/') + repo.repo;
  plan.licence = repo.licence;
  plan.token = account_.tokenFor(endpoint(repo.source));
  for (const HubFile& file : choice.files) {
    // The parts of a GGUF file are looked for in one folder, whichever they lie in on the hub.
    plan.files.append({fileUrl(repo, file.path), choice.gguf ? plainName(file.path) : file.path, file.size, file.sha256,
                       file.gitSha1});
  }
  return plan;
}

}  // namespace app
