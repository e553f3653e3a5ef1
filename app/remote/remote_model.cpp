#include "app/remote/remote_model.h"

#include <QJsonValue>
#include <algorithm>
#include <cmath>

#include "app/network/http_rules.h"
#include "app/remote/remote_models.h"

namespace app {

namespace {

const QString kPrefix = QStringLiteral("remote:");
constexpr qsizetype kLongestId = 64;

bool isId(const QString& text) {
  return !text.isEmpty() && text.size() <= kLongestId && std::all_of(text.begin(), text.end(), [](QChar c) {
    return (c >= QLatin1Char('a') && c <= QLatin1Char('z')) || (c >= QLatin1Char('0') && c <= QLatin1Char('9')) ||
           c == QLatin1Char('-');
  });
}

/// Something that can be shown in one line.
bool isName(const QString& text) {
  return !text.trimmed().isEmpty() && text.size() <= kLongestRemoteName &&
         std::all_of(text.begin(), text.end(), [](QChar c) { return c.isPrint() || c.isSurrogate(); });
}

/// As it is read again: a space in a path is none of an address.
QString written(const QUrl& base) {
  return base.toString(QUrl::FullyEncoded);
}

QString pathOf(QString path) {
  const auto cut = [&path](QLatin1String end) {
    while (path.endsWith(QLatin1Char('/'))) path.chop(1);
    if (path.endsWith(end)) path.chop(end.size());
    while (path.endsWith(QLatin1Char('/'))) path.chop(1);
  };
  cut(QLatin1String("/chat/completions"));
  cut(QLatin1String("/models"));
  return path.isEmpty() ? QStringLiteral("/v1") : path;
}

}  // namespace

QString RemoteModel::host() const {
  return base.authority();
}

bool RemoteModel::isEncrypted() const {
  return base.scheme() == QLatin1String("https");
}

bool RemoteModel::isThisMachine() const {
  return app::isThisMachine(base.host());
}

QString RemoteModel::location() const {
  return kPrefix + id;
}

QString remoteIdOf(const QString& location) {
  const QString id = location.startsWith(kPrefix) ? location.mid(kPrefix.size()) : QString();
  return isId(id) ? id : QString();
}

QUrl readRemoteAddress(const QString& text, QString& problem) {
  problem.clear();
  QString address = text.trimmed();
  const auto refuse = [&problem](const QString& sentence) {
    problem = sentence;
    return QUrl();
  };
  if (address.isEmpty())
    return refuse(RemoteModels::tr("Enter the address of the server, such as http://localhost:8000/v1."));
  if (address.size() > kLongestRemoteAddress) return refuse(RemoteModels::tr("The address is too long."));
  if (!address.contains(QLatin1String("://"))) {
    const bool own = isThisMachine(QUrl(QStringLiteral("http://") + address, QUrl::StrictMode).host());
    address.prepend(own ? QStringLiteral("http://") : QStringLiteral("https://"));
  }
  QUrl url(address, QUrl::StrictMode);
  if (!url.isValid() || url.host().isEmpty() || url.port() == 0)
    return refuse(RemoteModels::tr("This is no address: one is written like https://host:8000/v1."));
  if (url.scheme() != QLatin1String("https") && url.scheme() != QLatin1String("http"))
    return refuse(RemoteModels::tr("The address must begin with https:// or http://."));
  if (!url.userInfo().isEmpty() || url.authority().contains(QLatin1Char('@')))
    return refuse(RemoteModels::tr("The address must have no user name or password: the key has a field of its own."));
  if (url.hasQuery() || url.hasFragment())
    return refuse(RemoteModels::tr("The address must have nothing after its path, no \"?\" and no \"#\"."));
  url = url.adjusted(QUrl::NormalizePathSegments);
  url.setPath(pathOf(url.path()));
  if (url.port() == (url.scheme() == QLatin1String("https") ? 443 : 80)) url.setPort(-1);
  return url;
}

bool needsPlainHttp(const QUrl& base) {
  return base.scheme() == QLatin1String("http") && !isThisMachine(base.host());
}

QString remoteModelProblem(const RemoteModel& model) {
  QString problem;
  if (readRemoteAddress(written(model.base), problem) != model.base || model.base.isEmpty())
    return problem.isEmpty() ? RemoteModels::tr("This is no address: one is written like https://host:8000/v1.")
                             : problem;
  if (needsPlainHttp(model.base) && !model.plainHttp)
    return RemoteModels::tr(
               "%1 is another machine and the address is not encrypted: use https, or accept that others on the "
               "way can read the text and the key.")
        .arg(model.host());
  if (model.model.trimmed().isEmpty()) return RemoteModels::tr("Choose the model that the server is to use.");
  if (!isName(model.model) || !isName(model.title))
    return RemoteModels::tr("Names have one line and at most %1 characters.").arg(kLongestRemoteName);
  if (model.contextLength < 0 || model.contextLength > kLargestRemoteContext)
    return RemoteModels::tr("The context length is a number of tokens between 0 and %1.").arg(kLargestRemoteContext);
  return {};
}

QJsonObject toJson(const RemoteModel& model) {
  return {{QStringLiteral("id"), model.id},
          {QStringLiteral("title"), model.title},
          {QStringLiteral("base"), written(model.base)},
          {QStringLiteral("model"), model.model},
          {QStringLiteral("contextLength"), model.contextLength},
          {QStringLiteral("plainHttp"), model.plainHttp}};
}

std::optional<RemoteModel> remoteModelFrom(const QJsonObject& json) {
  RemoteModel model;
  model.id = json.value(QStringLiteral("id")).toString();
  model.title = json.value(QStringLiteral("title")).toString();
  QString problem;
  model.base = readRemoteAddress(json.value(QStringLiteral("base")).toString(), problem);
  model.model = json.value(QStringLiteral("model")).toString();
  model.contextLength = json.value(QStringLiteral("contextLength")).toInt(0);
  model.plainHttp = json.value(QStringLiteral("plainHttp")).toBool(false);
  if (!isId(model.id) || !remoteModelProblem(model).isEmpty()) return std::nullopt;
  return model;
}

}  // namespace app
