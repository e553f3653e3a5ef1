#include "app/settings/settings.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QSaveFile>
#include <algorithm>
#include <cmath>

#include "app/settings/settings_keys.h"

namespace app {

using namespace keys;

namespace {

constexpr qint64 kLargestFile = 4LL * 1024 * 1024;  // bytes; ours has a few hundred
constexpr int kWriteDelayMs = 300;                // one write for a slider that is being dragged

const QString kTheme = QStringLiteral("theme");
const QString kFontScale = QStringLiteral("fontScale");
const QString kSidebarVisible = QStringLiteral("sidebarVisible");
const QString kPanelVisible = QStringLiteral("panelVisible");
const QString kWindowGeometry = QStringLiteral("windowGeometry");
const QString kWindowMaximized = QStringLiteral("windowMaximized");
const QString kSendWithEnter = QStringLiteral("sendWithEnter");
const QString kSessionBudgetMb = QStringLiteral("sessionBudgetMb");
const QString kNewChatDraft = QStringLiteral("newChatDraft");
const QString kPromptOverrides = QStringLiteral("promptOverrides");
const QString kSamplingOverrides = QStringLiteral("samplingOverrides");

const QStringList kThemeNames = {QStringLiteral("system"), QStringLiteral("light"), QStringLiteral("dark")};

bool isBool(const QJsonValue& value) {
  return value.isBool();
}

bool isString(const QJsonValue& value) {
  return value.isString();
}

bool isTheme(const QJsonValue& value) {
  return value.isString() && kThemeNames.contains(value.toString());
}

bool isFontScale(const QJsonValue& value) {
  return value.isDouble() && value.toDouble() >= Settings::kSmallestFontScale &&
         value.toDouble() <= Settings::kLargestFontScale;
}

bool isSessionBudget(const QJsonValue& value) {
  return value.isDouble() && value.toDouble() >= 0 && value.toDouble() <= Settings::kLargestSessionBudgetMb;
}

/// [x, y, width, height] as a screen can have them.
bool isGeometry(const QJsonValue& value) {
  constexpr double kFarthest = 100000;
  const QJsonArray numbers = value.toArray();
  const bool allNumbers = std::all_of(numbers.begin(), numbers.end(), [](const QJsonValue& number) {
    return number.isDouble() && std::abs(number.toDouble()) <= kFarthest;
  });
  return numbers.size() == 4 && allNumbers && numbers[2].toInt() > 0 && numbers[3].toInt() > 0;
}

bool isStringList(const QJsonValue& value) {
  const QJsonArray strings = value.toArray();
  return value.isArray() && std::all_of(strings.begin(), strings.end(), isString);
}

bool isScalar(const QJsonValue& value) {
  return value.isDouble() || value.isBool() || value.isString();
}

bool isSamplingValue(const QJsonValue& value) {
  const QJsonArray list = value.toArray();
  return isScalar(value) || (value.isArray() && std::all_of(list.begin(), list.end(), isScalar));
}

bool isSampling(const QJsonValue& value) {
  const QJsonObject fields = value.toObject();
  return value.isObject() && std::all_of(fields.begin(), fields.end(), isSamplingValue);
}

/// Of each model texts by name.
bool isPrompts(const QJsonValue& value) {
  const QJsonObject models = value.toObject();
  return value.isObject() && std::all_of(models.begin(), models.end(), [](const QJsonValue& model) {
           const QJsonObject fields = model.toObject();
           return model.isObject() && std::all_of(fields.begin(), fields.end(), isString);
         });
}

/// A whole number of something that there can be none of.
bool isCount(const QJsonValue& value) {
  return value.isDouble() && value.toDouble() >= 0 && value.toDouble() <= 1e9;
}

/// Of each model an object.
bool isObjects(const QJsonValue& value) {
  const QJsonObject models = value.toObject();
  return value.isObject() &&
         std::all_of(models.begin(), models.end(), [](const QJsonValue& model) { return model.isObject(); });
}

/// A list of objects, no longer than one can be.
bool isRemoteModels(const QJsonValue& value) {
  const QJsonArray list = value.toArray();
  return value.isArray() && list.size() <= Settings::kMostRemoteModels &&
         std::all_of(list.begin(), list.end(), [](const QJsonValue& model) { return model.isObject(); });
}

struct Preference {
  QString key;
  bool (*isValid)(const QJsonValue&);
};

const Preference kPreferences[] = {
    {kTheme, isTheme},
    {kFontScale, isFontScale},
    {kSidebarVisible, isBool},
    {kPanelVisible, isBool},
    {kWindowGeometry, isGeometry},
    {kWindowMaximized, isBool},
    {kSendWithEnter, isBool},
    {kSessionBudgetMb, isSessionBudget},
    {kLastModelPath, isString},
    {kNewChatDraft, isString},
    {kKnownModels, isStringList},
    {kSamplingOverrides, isSampling},
    {kPromptOverrides, isPrompts},
    {kModelsFolder, isString},
    {kModelRecords, isObjects},
    {kModelSampling, isObjects},
    {kKeepLoadedMinutes, isCount},
    {kHubEndpoint, isString},
    {kNetworkProxy, isString},
    {kOffline, isBool},
    {kDownloadLimitKb, isCount},
    {kRemoteModels, isRemoteModels},
};

/// Writes the whole file or leaves the old one. Returns what went wrong, empty for nothing. Any thread.
QString writeWhole(const QString& path, const QByteArray& bytes) {
  QDir().mkpath(QFileInfo(path).absolutePath());  // where this fails, opening says why
  QSaveFile file(path);
  if (file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit()) {
    return {};
  }
  return QStringLiteral(
             "The preferences could not be saved to %1: %2. They hold until Sotto is closed. Check that "
             "the folder can be written and has room.")
      .arg(path, file.errorString());
}

}  // namespace

Settings::Settings(const QString& file, QObject* parent) : QObject(parent), file_(file) {
  writer_.setMaxThreadCount(1);
  writeSoon_.setSingleShot(true);
  writeSoon_.setInterval(kWriteDelayMs);
  connect(&writeSoon_, &QTimer::timeout, this, &Settings::write);
  read();
  dropWrongValues();
}

Settings::~Settings() {
  flush();
}

void Settings::read() {
  QFile file(file_);
  if (!file.exists()) {
    return;
  }
  if (!file.open(QIODevice::ReadOnly)) {
    notice_ = QStringLiteral("The preferences in %1 could not be read (%2); the defaults are used.")
                  .arg(file_, file.errorString());
    return;
  }
  if (file.size() > kLargestFile) {
    moveAside(QStringLiteral("it is larger than %1 bytes").arg(kLargestFile));
    return;
  }
  QJsonParseError error;
  const QJsonDocument document = QJsonDocument::fromJson(file.readAll(), &error);
  file.close();
  if (error.error != QJsonParseError::NoError) {
    moveAside(QStringLiteral("%1 at byte %2").arg(error.errorString(), QString::number(error.offset)));
  } else if (!document.isObject()) {
    moveAside(QStringLiteral("it is not a JSON object"));
  } else {
    values_ = document.object();
  }
}

void Settings::moveAside(const QString& why) {
  const QString stamped =
      file_ + QStringLiteral(".damaged-") + QDateTime::currentDateTime().toString(QStringLiteral("yyyyMMdd-HHmmss"));
  QString kept = stamped;
  for (int n = 2; QFileInfo::exists(kept); ++n) {
    kept = stamped + QLatin1Char('-') + QString::number(n);
  }
  notice_ = QStringLiteral("The preferences in %1 could not be read: %2. The defaults are used").arg(file_, why);
  notice_ += QFile::rename(file_, kept) ? QStringLiteral("; the file was kept as %1.").arg(kept)
                                        : QStringLiteral(". The file could not be moved aside.");
}

void Settings::dropWrongValues() {
  QStringList wrong;
  for (const Preference& preference : kPreferences) {
    const auto value = values_.constFind(preference.key);
    if (value != values_.constEnd() && !preference.isValid(*value)) {
      wrong.append(preference.key);
      values_.remove(preference.key);
    }
  }
  if (!wrong.isEmpty()) {
    notice_ = QStringLiteral("Some preferences in %1 have values that cannot be used (%2); their defaults are used.")
                  .arg(file_, wrong.join(QStringLiteral(", ")));
  }
}

bool Settings::store(const QString& key, const QJsonValue& value) {
  if (values_.value(key) == value) {
    return false;
  }
  values_.insert(key, value);
  writeSoon_.start();
  return true;
}

void Settings::write() {
  writer_.start([this, path = file_, bytes = QJsonDocument(values_).toJson()] {
    const QString failure = writeWhole(path, bytes);
    if (!failure.isEmpty()) {
      // Posted: this object waits for the writer before it goes.
      QMetaObject::invokeMethod(
          this, [this, failure] { emit writeFailed(failure); }, Qt::QueuedConnection);
    }
  });
}

void Settings::flush() {
  if (writeSoon_.isActive()) {
    writeSoon_.stop();
    write();
  }
  writer_.waitForDone();
}

Settings::Theme Settings::theme() const {
  return static_cast<Theme>(std::max<qsizetype>(0, kThemeNames.indexOf(values_.value(kTheme).toString())));
}

void Settings::setTheme(Theme newTheme) {
  const int place = std::clamp(static_cast<int>(newTheme), 0, static_cast<int>(kThemeNames.size()) - 1);
  const Theme old = theme();
  store(kTheme, kThemeNames[place]);
  if (theme() != old) {
    emit themeChanged();
  }
}

double Settings::fontScale() const {
  return values_.value(kFontScale).toDouble(1);
}

void Settings::setFontScale(double scale) {
  if (!std::isfinite(scale)) {
    return;
  }
  const double old = fontScale();
  store(kFontScale, std::clamp(scale, kSmallestFontScale, kLargestFontScale));
  if (fontScale() != old) {
    emit fontScaleChanged();
  }
}

bool Settings::sidebarVisible() const {
  return values_.value(kSidebarVisible).toBool(true);
}

void Settings::setSidebarVisible(bool visible) {
  if (visible != sidebarVisible() && store(kSidebarVisible, visible)) {
    emit sidebarVisibleChanged();
  }
}

bool Settings::panelVisible() const {
  return values_.value(kPanelVisible).toBool(false);
}

void Settings::setPanelVisible(bool visible) {
  if (visible != panelVisible() && store(kPanelVisible, visible)) {
    emit panelVisibleChanged();
  }
}

QRect Settings::windowGeometry() const {
  const QJsonArray numbers = values_.value(kWindowGeometry).toArray();
  return numbers.size() == 4 ? QRect(numbers[0].toInt(), numbers[1].toInt(), numbers[2].toInt(), numbers[3].toInt())
                             : QRect();
}

void Settings::setWindowGeometry(const QRect& geometry) {
  const QJsonArray numbers{geometry.x(), geometry.y(), geometry.width(), geometry.height()};
  if (isGeometry(numbers) && store(kWindowGeometry, numbers)) {
    emit windowGeometryChanged();
  }
}

bool Settings::windowMaximized() const {
  return values_.value(kWindowMaximized).toBool(false);
}

void Settings::setWindowMaximized(bool maximized) {
  if (maximized != windowMaximized() && store(kWindowMaximized, maximized)) {
    emit windowMaximizedChanged();
  }
}

bool Settings::sendWithEnter() const {
  return values_.value(kSendWithEnter).toBool(true);
}

void Settings::setSendWithEnter(bool sends) {
  if (sends != sendWithEnter() && store(kSendWithEnter, sends)) {
    emit sendWithEnterChanged();
  }
}

int Settings::sessionBudgetMb() const {
  return static_cast<int>(values_.value(kSessionBudgetMb).toDouble(kDefaultSessionBudgetMb));
}

void Settings::setSessionBudgetMb(int megabytes) {
  const int wanted = std::clamp(megabytes, 0, kLargestSessionBudgetMb);
  if (wanted != sessionBudgetMb() && store(kSessionBudgetMb, wanted)) {
    emit sessionBudgetMbChanged();
  }
}

QString Settings::lastModelPath() const {
  return values_.value(kLastModelPath).toString();
}

void Settings::setLastModelPath(const QString& path) {
  if (path != lastModelPath() && store(kLastModelPath, path)) {
    emit lastModelPathChanged();
  }
}

QString Settings::newChatDraft() const {
  return values_.value(kNewChatDraft).toString();
}

void Settings::setNewChatDraft(const QString& draft) {
  if (draft != newChatDraft()) {
    store(kNewChatDraft, draft.size() <= kLongestDraft ? draft : QString());
  }
}

QStringList Settings::knownModels() const {
  QStringList paths;
  for (const auto& path : values_.value(kKnownModels).toArray()) {
    paths.append(path.toString());
  }
  return paths;
}

void Settings::rememberModel(const QString& path) {
  QStringList paths = knownModels();
  paths.removeAll(path);
  paths.prepend(path);
  if (store(kKnownModels, QJsonArray::fromStringList(paths))) {
    emit knownModelsChanged();
  }
}

void Settings::forgetModel(const QString& path) {
  QStringList paths = knownModels();
  if (paths.removeAll(path) > 0 && store(kKnownModels, QJsonArray::fromStringList(paths))) {
    emit knownModelsChanged();
  }
}

QVariantMap Settings::samplingOverrides() const {
  return values_.value(kSamplingOverrides).toObject().toVariantMap();
}

void Settings::setSamplingOverride(const QString& name, const QVariant& value) {
  const QJsonValue json = QJsonValue::fromVariant(value);
  QJsonObject fields = values_.value(kSamplingOverrides).toObject();
  fields.insert(name, json);
  if (isSamplingValue(json) && store(kSamplingOverrides, fields)) {
    emit samplingOverridesChanged();
  }
}

void Settings::clearSamplingOverride(const QString& name) {
  QJsonObject fields = values_.value(kSamplingOverrides).toObject();
  if (fields.contains(name)) {
    fields.remove(name);
    store(kSamplingOverrides, fields);
    emit samplingOverridesChanged();
  }
}

QVariantMap Settings::promptOverride(const QString& model) const {
  return values_.value(kPromptOverrides).toObject().value(model).toObject().toVariantMap();
}

bool Settings::setPromptOverride(const QString& model, const QVariantMap& fields) {
  QJsonObject models = values_.value(kPromptOverrides).toObject();
  if (fields.isEmpty()) {
    models.remove(model);
  } else {
    models.insert(model, QJsonObject::fromVariantMap(fields));
  }
  if (!isPrompts(models) || QJsonDocument(models).toJson(QJsonDocument::Compact).size() > kLongestPrompts) return false;
  if (store(kPromptOverrides, models)) emit promptOverridesChanged();
  return true;
}

void Settings::clearSamplingOverrides() {
  if (!values_.value(kSamplingOverrides).toObject().isEmpty()) {
    store(kSamplingOverrides, QJsonObject());
    emit samplingOverridesChanged();
  }
}

}  // namespace app
