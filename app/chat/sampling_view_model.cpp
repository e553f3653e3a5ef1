#include "app/chat/sampling_view_model.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocale>
#include <algorithm>
#include <cmath>

#include "app/chat/model_runner.h"
#include "app/settings/settings.h"

namespace app {

namespace {

const QString kTemperature = QStringLiteral("temperature");
const QString kTopK = QStringLiteral("top_k");
const QString kTopP = QStringLiteral("top_p");
const QString kMinP = QStringLiteral("min_p");
const QString kRepetitionPenalty = QStringLiteral("repetition_penalty");
const QString kMaxNewTokens = QStringLiteral("max_new_tokens");
const QString kSeed = QStringLiteral("seed");

struct Preset {
  const char* name;
  QHash<QString, double> values;  // empty: the model's own
};

/// Only what decides the character of a reply; length and seed stay as they are.
const QList<Preset>& presetTable() {
  static const QList<Preset> kPresets = {
      {QT_TRANSLATE_NOOP("app::SamplingViewModel", "Precise"),
       {{kTemperature, 0.2}, {kTopP, 0.9}, {kTopK, 20}, {kMinP, 0}, {kRepetitionPenalty, 1}}},
      {QT_TRANSLATE_NOOP("app::SamplingViewModel", "Balanced"),
       {{kTemperature, 0.7}, {kTopP, 0.9}, {kTopK, 50}, {kMinP, 0}, {kRepetitionPenalty, 1}}},
      {QT_TRANSLATE_NOOP("app::SamplingViewModel", "Creative"),
       {{kTemperature, 1.1}, {kTopP, 0.95}, {kTopK, 0}, {kMinP, 0.05}, {kRepetitionPenalty, 1.05}}},
      {QT_TRANSLATE_NOOP("app::SamplingViewModel", "Model's own"), {}},
  };
  return kPresets;
}

const QStringList kPresetSettings = {kTemperature, kTopP, kTopK, kMinP, kRepetitionPenalty};

/// What a model brings for a setting, if it brings anything.
std::optional<double> modelValue(const engine::SamplingParams& params, const QString& name) {
  // Greedy choice has one spelling in the panel.
  if (name == kTemperature) return params.do_sample ? params.temperature : 0;
  if (name == kTopK) return static_cast<double>(params.top_k);
  if (name == kTopP) return params.top_p;
  if (name == kMinP) return params.min_p;
  if (name == kRepetitionPenalty) return params.repetition_penalty;
  return std::nullopt;
}

bool isNear(double a, double b) {
  return std::abs(a - b) < 1e-9;
}

}  // namespace

SamplingViewModel::SamplingViewModel(Settings& settings, ModelRunner& runner, QObject* parent)
    : QAbstractListModel(parent), settings_(settings), runner_(runner) {
  QFile table(QStringLiteral(":/sotto/sampling_settings.json"));
  const bool opened = table.open(QIODevice::ReadOnly);
  Q_ASSERT(opened);  // part of the program
  const QString suffix = QLocale().language() == QLocale::Chinese ? QStringLiteral("_zh") : QString();
  const QJsonArray rows = QJsonDocument::fromJson(table.readAll()).array();
  for (const QJsonValue& row : rows) {
    Setting setting;
    setting.name = row[QStringLiteral("name")].toString();
    setting.label = row[QStringLiteral("label") + suffix].toString();
    setting.explanation = row[QStringLiteral("explanation") + suffix].toString();
    setting.minimum = row[QStringLiteral("minimum")].toDouble();
    setting.maximum = row[QStringLiteral("maximum")].toDouble();
    setting.step = row[QStringLiteral("step")].toDouble();
    setting.decimals = row[QStringLiteral("decimals")].toInt();
    setting.fallback = row[QStringLiteral("default")].toDouble();
    rows_.append(setting);
  }
  connect(&runner_, &ModelRunner::modelChanged, this, &SamplingViewModel::valuesChanged);
  connect(&settings_, &Settings::samplingOverridesChanged, this, &SamplingViewModel::valuesChanged);
}

int SamplingViewModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant SamplingViewModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Setting& setting = rows_[index.row()];
  switch (role) {
    case NameRole:
      return setting.name;
    case Qt::DisplayRole:
    case LabelRole:
      return setting.label;
    case ValueRole:
      return value(setting);
    case MinimumRole:
      return setting.minimum;
    case MaximumRole:
      return setting.maximum;
    case StepRole:
      return setting.step;
    case DecimalsRole:
      return setting.decimals;
    case ExplanationRole:
      return setting.explanation;
    case ModifiedRole:
      return !isNear(value(setting), own(setting));
    default:
      return {};
  }
}

QHash<int, QByteArray> SamplingViewModel::roleNames() const {
  return {{NameRole, "name"},        {LabelRole, "label"}, {ValueRole, "value"},       {MinimumRole, "minimum"},
          {MaximumRole, "maximum"},  {StepRole, "step"},   {DecimalsRole, "decimals"}, {ExplanationRole, "explanation"},
          {ModifiedRole, "modified"}};
}

/// What holds where the person chose nothing. Of a model on another machine that is its server's own, which is not known:
/// what leaves everything as it is stands for it.
double SamplingViewModel::own(const Setting& setting) const {
  const engine::ModelInfo* model = runner_.model();
  const std::optional<double> brought = runner_.isRemote() ? modelValue(engine::SamplingParams(), setting.name)
                                        : model            ? modelValue(model->default_sampling, setting.name)
                                                           : std::nullopt;
  return std::clamp(brought.value_or(setting.fallback), setting.minimum, setting.maximum);
}

/// What holds in a scope: of a model its own, then everybody's, then what it brings.
double SamplingViewModel::valueIn(const Setting& setting, Scope scope) const {
  const auto chosen = [&](const QVariantMap& values) -> std::optional<double> {
    bool isNumber = false;
    // From a file: it may hold anything.
    const double number = values.value(setting.name).toDouble(&isNumber);
    return isNumber && std::isfinite(number) ? std::optional(inRange(setting, number)) : std::nullopt;
  };
  if (scope == Scope::Model) {
    if (const auto ofModel = chosen(settings_.modelSampling(modelName()))) return *ofModel;
  }
  return chosen(settings_.samplingOverrides()).value_or(own(setting));
}

double SamplingViewModel::value(const Setting& setting) const {
  return valueIn(setting, scope_);
}

/// What replies are drawn with, whatever the panel shows.
double SamplingViewModel::held(const QString& name) const {
  for (const Setting& setting : rows_) {
    if (setting.name == name) return valueIn(setting, Scope::Model);
  }
  return 0;
}

QString SamplingViewModel::modelName() const {
  return runner_.modelName();
}

bool SamplingViewModel::modelDiffers() const {
  return !settings_.modelSampling(modelName()).isEmpty();
}

bool SamplingViewModel::modelIsRemote() const {
  return runner_.isRemote();
}

void SamplingViewModel::setScope(Scope scope) {
  if (scope == scope_ || (scope == Scope::Model && modelName().isEmpty())) return;
  scope_ = scope;
  emit scopeChanged();
  valuesChanged();
}

/// Keeps a value in the scope; an invalid one is taken away.
void SamplingViewModel::store(const QString& name, const QVariant& value) {
  if (scope_ == Scope::Everywhere) {
    if (value.isValid()) return settings_.setSamplingOverride(name, value);
    return settings_.clearSamplingOverride(name);
  }
  QVariantMap values = settings_.modelSampling(modelName());
  if (value.isValid()) {
    values.insert(name, value);
  } else {
    values.remove(name);
  }
  settings_.setModelSampling(modelName(), values);
}

double SamplingViewModel::inRange(const Setting& setting, double value) const {
  const double scale = std::pow(10.0, setting.decimals);
  return std::clamp(std::round(value * scale) / scale, setting.minimum, setting.maximum);
}

void SamplingViewModel::setValue(int row, double value) {
  if (row < 0 || row >= rows_.size() || !std::isfinite(value)) return;
  store(rows_[row].name, inRange(rows_[row], value));
}

void SamplingViewModel::reset(int row) {
  if (row >= 0 && row < rows_.size()) store(rows_[row].name, {});
}

void SamplingViewModel::resetAll() {
  if (scope_ == Scope::Model) return settings_.setModelSampling(modelName(), {});
  settings_.clearSamplingOverrides();
}

QStringList SamplingViewModel::presets() const {
  QStringList names;
  for (const Preset& preset : presetTable()) names << tr(preset.name);
  return names;
}

QString SamplingViewModel::preset() const {
  // The model's own comes last in the table but first here: where it equals another, nothing was chosen.
  for (auto preset = presetTable().rbegin(); preset != presetTable().rend(); ++preset) {
    const bool matches = std::all_of(rows_.begin(), rows_.end(), [&](const Setting& setting) {
      return !kPresetSettings.contains(setting.name) ||
             isNear(value(setting), preset->values.value(setting.name, own(setting)));
    });
    if (matches) return tr(preset->name);
  }
  return {};
}

void SamplingViewModel::applyPreset(const QString& name) {
  for (const Preset& preset : presetTable()) {
    if (tr(preset.name) != name) continue;
    for (const QString& setting : kPresetSettings) {
      if (preset.values.contains(setting)) {
        store(setting, preset.values.value(setting));
      } else {
        store(setting, {});
      }
    }
  }
}

SamplingChoice SamplingViewModel::choice() const {
  SamplingChoice choice;
  choice.params.temperature = held(kTemperature);
  choice.params.do_sample = choice.params.temperature > 0;
  choice.params.top_k = std::llround(held(kTopK));
  choice.params.top_p = held(kTopP);
  choice.params.min_p = held(kMinP);
  choice.params.repetition_penalty = held(kRepetitionPenalty);
  choice.params.seed = static_cast<std::uint64_t>(std::llround(held(kSeed)));
  choice.maxNewTokens = std::llround(held(kMaxNewTokens));
  return choice;
}

void SamplingViewModel::valuesChanged() {
  if (scope_ == Scope::Model && modelName().isEmpty()) {
    scope_ = Scope::Everywhere;
    emit scopeChanged();
  }
  emit dataChanged(index(0), index(rowCount() - 1), {ValueRole, ModifiedRole});
  emit presetChanged();
  emit choiceChanged();
}

}  // namespace app
