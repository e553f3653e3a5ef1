#include "app/remote/endpoint_check.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>
#include <utility>

#include "app/network/http_fetch.h"
#include "app/remote/remote_failure.h"
#include "app/remote/remote_model.h"

namespace app {

namespace {

constexpr qint64 kLargestAnswer = 4LL * 1024 * 1024;  // bytes

/// Of a server's entry, under the names that servers have for it.
int contextOf(const QJsonObject& entry) {
  const QJsonValue told[] = {
      entry.value(QStringLiteral("max_model_len")),  // vLLM, SGLang
      entry.value(QStringLiteral("context_length")),
      entry.value(QStringLiteral("meta")).toObject().value(QStringLiteral("n_ctx"))};  // llama.cpp
  for (const QJsonValue& value : told) {
    const double tokens = value.toDouble(0);
    if (tokens >= 1 && tokens <= kLargestRemoteContext) return static_cast<int>(tokens);
  }
  return 0;
}

}  // namespace

QList<ServedModel> readServedModels(const QByteArray& json, QString& problem) {
  problem.clear();
  const QJsonDocument document = QJsonDocument::fromJson(json);
  const QJsonValue list = document.object().value(QStringLiteral("data"));
  if (!list.isArray()) {
    problem = EndpointCheck::tr(
        "The answer is no list of models: is the address right? Most servers want it to end with /v1.");
    return {};
  }
  QList<ServedModel> models;
  for (const QJsonValue& value : list.toArray()) {
    const QString name = value.toObject().value(QStringLiteral("id")).toString();
    const bool printable =
        std::all_of(name.begin(), name.end(), [](QChar c) { return c.isPrint() || c.isSurrogate(); });
    const bool known =
        std::any_of(models.begin(), models.end(), [&](const ServedModel& one) { return one.name == name; });
    if (name.trimmed().isEmpty() || name.size() > kLongestRemoteName || !printable || known) continue;
    models.append({name, contextOf(value.toObject())});
    if (models.size() == kMostServedModels) break;
  }
  if (models.isEmpty()) problem = EndpointCheck::tr("The server answers, but it has no model.");
  return models;
}

EndpointCheck::EndpointCheck(QNetworkAccessManager& network, QObject* parent) : QObject(parent), network_(network) {}

EndpointCheck::~EndpointCheck() = default;

QStringList EndpointCheck::models() const {
  QStringList names;
  for (const ServedModel& model : served_) names << model.name;
  return names;
}

int EndpointCheck::contextLength(const QString& model) const {
  const auto found =
      std::find_if(served_.begin(), served_.end(), [&](const ServedModel& one) { return one.name == model; });
  return found == served_.end() ? 0 : found->contextLength;
}

void EndpointCheck::clear() {
  if (fetch_) {
    fetch_->disconnect(this);
    fetch_->abort();
    std::exchange(fetch_, nullptr)->deleteLater();
  }
  served_.clear();
  problem_.clear();
  passed_ = false;
  emit changed();
}

void EndpointCheck::refuse(const QString& sentence) {
  clear();
  problem_ = sentence;
  emit changed();
}

void EndpointCheck::start(const QUrl& base, const QByteArray& key, bool plainHttp) {
  clear();
  base_ = base;
  hasKey_ = !key.isEmpty();
  HttpQuestion question;
  question.url = base;
  question.url.setPath(base.path() + QStringLiteral("/models"));
  question.token = key;
  question.limit = kLargestAnswer;
  question.follows = false;
  if (plainHttp) {
    // Not the authority: there an address of version 6 stands in brackets.
    question.httpHost = base.host() + QLatin1Char(':') + QString::number(base.port(80));
    question.plainToken = true;
  }
  fetch_ = new HttpFetch(network_, question, this);
  connect(fetch_, &HttpFetch::finished, this, &EndpointCheck::take);
  fetch_->start();
  emit changed();
}

void EndpointCheck::take(const HttpAnswer& answer) {
  std::exchange(fetch_, nullptr)->deleteLater();
  if (answer.failure) {
    problem_ = remoteFailureSentence({base_.authority(), {}, hasKey_}, answer.failure, {});
  } else {
    served_ = readServedModels(answer.body, problem_);
    passed_ = problem_.isEmpty();
  }
  emit changed();
}

}  // namespace app
