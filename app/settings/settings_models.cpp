// What the preferences hold about models and the network.
#include <QDir>
#include <algorithm>

#include "app/settings/settings.h"
#include "app/settings/settings_keys.h"

namespace app {

using namespace keys;

namespace {

const QString kUsed = QStringLiteral("used");
const QString kTitle = QStringLiteral("title");

/// `path` with the folder `from` at its head replaced by `to`; any other path as it is.
QString moved(const QString& path, const QString& from, const QString& to) {
  if (path == from) return to;
  return path.startsWith(from + QLatin1Char('/')) ? to + path.mid(from.size()) : path;
}

}  // namespace

QString Settings::modelsFolder() const {
  return values_.value(kModelsFolder).toString();
}

void Settings::setModelsFolder(const QString& folder) {
  if (folder != modelsFolder() && store(kModelsFolder, folder)) emit modelsFolderChanged();
}

void Settings::moveModelPaths(const QString& from, const QString& to) {
  const QString last = moved(lastModelPath(), from, to);
  QJsonArray known;
  for (const QString& path : knownModels()) known.append(moved(path, from, to));
  QJsonObject records;
  const QJsonObject old = values_.value(kModelRecords).toObject();
  for (auto record = old.begin(); record != old.end(); ++record) records.insert(moved(record.key(), from, to), *record);
  store(kModelRecords, records);
  setLastModelPath(last);
  if (store(kKnownModels, known)) emit knownModelsChanged();
}

int Settings::keepLoadedMinutes() const {
  return static_cast<int>(values_.value(kKeepLoadedMinutes).toDouble(0));
}

void Settings::setKeepLoadedMinutes(int minutes) {
  const int wanted = std::clamp(minutes, 0, kLongestKeepLoadedMinutes);
  if (wanted != keepLoadedMinutes() && store(kKeepLoadedMinutes, wanted)) emit keepLoadedMinutesChanged();
}

QString Settings::hubEndpoint() const {
  return values_.value(kHubEndpoint).toString();
}

void Settings::setHubEndpoint(const QString& address) {
  const QString wanted = address.trimmed().left(kLongestAddress);
  if (wanted != hubEndpoint() && store(kHubEndpoint, wanted)) emit hubEndpointChanged();
}

QString Settings::networkProxy() const {
  return values_.value(kNetworkProxy).toString();
}

void Settings::setNetworkProxy(const QString& address) {
  const QString wanted = address.trimmed().left(kLongestAddress);
  if (wanted != networkProxy() && store(kNetworkProxy, wanted)) emit networkProxyChanged();
}

bool Settings::offline() const {
  return offlineThisRun_ || values_.value(kOffline).toBool(false);
}

void Settings::setOffline(bool offline) {
  const bool before = this->offline();
  offlineThisRun_ = false;  // chosen by hand now
  store(kOffline, offline);
  if (this->offline() != before) emit offlineChanged();
}

void Settings::setOfflineThisRun() {
  const bool before = offline();
  offlineThisRun_ = true;
  if (!before) emit offlineChanged();
}

int Settings::downloadLimitKb() const {
  return static_cast<int>(values_.value(kDownloadLimitKb).toDouble(0));
}

void Settings::setDownloadLimitKb(int kibibytes) {
  const int wanted = std::clamp(kibibytes, 0, kLargestDownloadLimitKb);
  if (wanted != downloadLimitKb() && store(kDownloadLimitKb, wanted)) emit downloadLimitKbChanged();
}

QJsonArray Settings::remoteModels() const {
  return values_.value(kRemoteModels).toArray();
}

void Settings::setRemoteModels(const QJsonArray& models) {
  if (models.size() <= kMostRemoteModels && store(kRemoteModels, models)) emit remoteModelsChanged();
}

// Models by path

QDateTime Settings::modelUsed(const QString& path) const {
  const double seconds = values_.value(kModelRecords).toObject().value(path).toObject().value(kUsed).toDouble(0);
  return seconds > 0 && seconds < 1e11 ? QDateTime::fromSecsSinceEpoch(static_cast<qint64>(seconds)) : QDateTime();
}

QString Settings::modelTitle(const QString& path) const {
  return values_.value(kModelRecords).toObject().value(path).toObject().value(kTitle).toString();
}

void Settings::setModelUsed(const QString& path, const QDateTime& when) {
  setModelRecord(path, kUsed, static_cast<double>(when.toSecsSinceEpoch()));
}

void Settings::setModelTitle(const QString& path, const QString& title) {
  setModelRecord(path, kTitle, title.left(kLongestAddress));
}

/// Changes one field of what is known of a model. Of too many models the one used longest ago is forgotten.
void Settings::setModelRecord(const QString& path, const QString& field, const QJsonValue& value) {
  if (path.isEmpty()) return;
  QJsonObject records = values_.value(kModelRecords).toObject();
  QJsonObject record = records.value(path).toObject();
  record.insert(field, value);
  records.insert(path, record);
  if (records.size() > kMostModelRecords) {
    auto oldest = records.end();
    for (auto other = records.begin(); other != records.end(); ++other) {
      if (other.key() == path) continue;
      const auto used = [](const QJsonValueRef& of) { return of.toObject().value(kUsed).toDouble(0); };
      if (oldest == records.end() || used(*other) < used(*oldest)) oldest = other;
    }
    if (oldest != records.end()) records.erase(oldest);
  }
  if (store(kModelRecords, records)) emit modelRecordsChanged();
}

QVariantMap Settings::modelSampling(const QString& model) const {
  return values_.value(kModelSampling).toObject().value(model).toObject().toVariantMap();
}

void Settings::setModelSampling(const QString& model, const QVariantMap& fields) {
  if (model.isEmpty()) return;
  QJsonObject models = values_.value(kModelSampling).toObject();
  if (fields.isEmpty()) {
    models.remove(model);
  } else {
    if (!models.contains(model) && models.size() >= kMostModelRecords) return;
    models.insert(model, QJsonObject::fromVariantMap(fields));
  }
  if (store(kModelSampling, models)) emit samplingOverridesChanged();
}

}  // namespace app
