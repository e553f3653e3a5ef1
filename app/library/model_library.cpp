#include "app/library/model_library.h"

#include <QDateTime>
#include <QFileInfo>
#include <QLocale>
#include <algorithm>

#include "app/library/library_work.h"
#include "app/settings/settings.h"

namespace app {

namespace {

/// What a model can be made smaller to, in bits for a weight, by the name of its type.
QVariantList smallerBits(const QString& precision) {
  if (precision.startsWith(QLatin1String("BF")) || precision == QLatin1String("F16") || precision == QLatin1String("F32") ||
      precision == QLatin1String("F64"))
    return {8, 4};
  for (const char* eightToFive : {"Q8", "F8", "Q6", "Q5"}) {
    if (precision.startsWith(QLatin1String(eightToFive))) return {4};
  }
  return {};
}

}  // namespace

ModelLibrary::ModelLibrary(Settings& settings, ModelRunner& runner, const ModelPlaces& places, QObject* parent)
    : QAbstractListModel(parent), settings_(settings), runner_(runner), places_(places) {
  files_.setMaxThreadCount(1);
  if (!settings_.modelsFolder().isEmpty()) places_.modelsDir = settings_.modelsFolder();
  connect(&settings_, &Settings::knownModelsChanged, this, &ModelLibrary::refresh);
  connect(&settings_, &Settings::modelRecordsChanged, this, &ModelLibrary::usesChanged);
  connect(&runner_, &ModelRunner::modelChanged, this, &ModelLibrary::modelLoaded);
  files_.start([dir = places_.modelsDir] {
    if (!dir.isEmpty()) clearLeftovers(dir);
  });
  refresh();
}

ModelLibrary::~ModelLibrary() {
  *stopped_ = true;
  if (!undo_.trashed.isEmpty()) removeForGood(undo_.trashed);
  files_.waitForDone();
}

int ModelLibrary::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant ModelLibrary::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = rows_[index.row()];
  const bool usable = row.usable();
  const bool ours = row.found.origin == ModelOrigin::Models;
  switch (role) {
    case Qt::DisplayRole:
    case NameRole:
      return row.found.title;
    case PathRole:
      return row.found.path;
    case DetailRole:
      return row.summary.detail;
    case IsDemoRole:
      return row.isDemo();
    case ActiveRole:
      return isActive(row);
    case MissingRole:
      return row.found.missing;
    case ProblemRole:
      return row.summary.problem;
    case CheckedRole:
      return row.checked();
    case BytesRole:
      return row.found.bytes;
    case SizeTextRole:
      return row.found.missing ? QString() : QLocale().formattedDataSize(row.found.bytes, 1, QLocale::DataSizeSIFormat);
    case PrecisionRole:
      return row.summary.precision;
    case ArchitectureRole:
      return row.summary.architecture;
    case ParametersRole:
      return row.summary.parameters;
    case ContextRole:
      return row.summary.contextLength;
    case TemplateRole:
      return row.summary.templateSource;
    case LastUsedTextRole:
      return lastUsedText(row);
    case OriginTextRole:
      return ours ? row.found.source : originText(row.found.origin);
    case LicenceRole:
      return row.found.licence;
    case ForeignRole:
      return row.found.origin == ModelOrigin::HuggingFace || row.found.origin == ModelOrigin::LmStudio ||
             row.found.origin == ModelOrigin::Ollama;
    case CanDeleteRole:
      return ours && !row.found.removable.isEmpty();
    case CanForgetRole:
      return row.found.origin == ModelOrigin::InPlace;
    case CanCopyRole:
      return usable && !ours && !row.isDemo();
    case SmallerBitsRole:
      return usable && !row.isDemo() ? smallerBits(row.summary.precision) : QVariantList();
    case UsableRole:
      return usable;
    default:
      return {};
  }
}

QHash<int, QByteArray> ModelLibrary::roleNames() const {
  return {{NameRole, "name"},           {PathRole, "path"},
          {DetailRole, "detail"},       {IsDemoRole, "isDemo"},
          {ActiveRole, "active"},       {MissingRole, "missing"},
          {ProblemRole, "problem"},     {CheckedRole, "checked"},
          {BytesRole, "bytes"},         {SizeTextRole, "sizeText"},
          {PrecisionRole, "precision"}, {ArchitectureRole, "architecture"},
          {ParametersRole, "parameters"},     {ContextRole, "context"},
          {TemplateRole, "templateSource"},   {LastUsedTextRole, "lastUsedText"},
          {OriginTextRole, "originText"},     {LicenceRole, "licence"},
          {ForeignRole, "foreign"},           {CanDeleteRole, "canDelete"},
          {CanForgetRole, "canForget"},       {CanCopyRole, "canCopy"},
          {SmallerBitsRole, "smallerBits"},   {UsableRole, "usable"}};
}

QString ModelLibrary::originText(ModelOrigin origin) {
  switch (origin) {
    case ModelOrigin::Models:
      return {};
    case ModelOrigin::InPlace:
      return tr("opened where it lies");
    case ModelOrigin::HuggingFace:
      return tr("found in the Hugging Face cache");
    case ModelOrigin::LmStudio:
      return tr("found in LM Studio");
    case ModelOrigin::Ollama:
      return tr("found in Ollama");
    case ModelOrigin::Demo:
      return tr("demonstration");
  }
  return {};
}

QString ModelLibrary::lastUsedText(const Row& row) const {
  if (isActive(row)) return tr("now");
  const QDateTime used = settings_.modelUsed(row.found.path);
  if (!used.isValid()) return {};
  const qint64 days = used.date().daysTo(QDate::currentDate());
  if (days <= 0) return tr("today");
  if (days == 1) return tr("yesterday");
  if (days < 7) return tr("%n day(s) ago", nullptr, static_cast<int>(days));
  return QLocale().toString(used.date(), QLocale::ShortFormat);
}

bool ModelLibrary::isActive(const Row& row) const {
  const QString path = runner_.modelPath();
  return !path.isEmpty() && (row.found.path == path || row.found.alias == path);
}

int ModelLibrary::unusableCount() const {
  return unusable_;
}

int ModelLibrary::rowOf(const QString& path) const {
  for (int i = 0; i < rowCount(); ++i) {
    if (rows_[i].found.path == path) return i;
  }
  return -1;
}

// Looking

void ModelLibrary::refresh() {
  if (scanning_) {
    scanAgain_ = true;
    return;
  }
  scanning_ = true;
  scanAgain_ = false;
  emit scanningChanged();
  scan();
}

void ModelLibrary::scan() {
  files_.start([this, places = places_, opened = settings_.knownModels(), stopped = stopped_] {
    QList<FoundModel> found = findModels(places, opened, [stopped] { return stopped->load(); });
    const QString demo = ModelRunner::demoPath();
    found.removeIf([&](const FoundModel& model) { return model.path == demo; });
    if (!demo.isEmpty()) {
      const QList<FoundModel> alone = findModels({}, {demo}, [] { return false; });
      for (FoundModel model : alone) {
        model.origin = ModelOrigin::Demo;
        model.title = tr("Demo model");
        found.append(model);
      }
    }
    QMetaObject::invokeMethod(this, [this, found] { scanEnded(found); });
  });
}

void ModelLibrary::scanEnded(const QList<FoundModel>& found) {
  arrange(found);
  lookAtNext();
}

bool ModelLibrary::before(const FoundModel& a, const FoundModel& b) const {
  const bool aDemo = a.origin == ModelOrigin::Demo, bDemo = b.origin == ModelOrigin::Demo;
  if (aDemo != bDemo) return bDemo;
  const QDateTime aUsed = settings_.modelUsed(a.path), bUsed = settings_.modelUsed(b.path);
  if (aUsed != bUsed) return bUsed.isNull() || (!aUsed.isNull() && aUsed > bUsed);
  const int names = QString::localeAwareCompare(a.title, b.title);
  return names != 0 ? names < 0 : a.path < b.path;
}

/// Makes the rows those of the models found, last used first; what is known of one already is kept.
void ModelLibrary::arrange(QList<FoundModel> found) {
  std::ranges::sort(found, [this](const FoundModel& a, const FoundModel& b) { return before(a, b); });
  const auto isFound = [&](const QString& path) {
    return std::ranges::any_of(found, [&](const FoundModel& model) { return model.path == path; });
  };
  for (int i = rowCount() - 1; i >= 0; --i) {
    if (isFound(rows_[i].found.path)) continue;
    beginRemoveRows({}, i, i);
    rows_.removeAt(i);
    endRemoveRows();
  }
  for (int i = 0; i < found.size(); ++i) {
    const int from = rowOf(found[i].path);
    if (from < 0) {
      beginInsertRows({}, i, i);
      rows_.insert(i, Row{.found = found[i], .summary = {}, .checkedSign = {}});
      endInsertRows();
      continue;
    }
    if (from != i) {
      beginMoveRows({}, from, from, {}, i);
      rows_.move(from, i);
      endMoveRows();
    }
    rows_[i].found = found[i];
    emit dataChanged(index(i), index(i));
  }
}

/// Looks at the header of the next model whose files changed since it was looked at; after the last one the scan has ended.
void ModelLibrary::lookAtNext() {
  const auto next = std::ranges::find_if(rows_, [](const Row& row) { return row.checkedSign != row.found.sign || !row.checked(); });
  if (next != rows_.end() && !scanAgain_) {
    files_.start([this, found = next->found] {
      const bool named = found.origin == ModelOrigin::HuggingFace || found.origin == ModelOrigin::Ollama;
      const ModelSummary summary = lookAtModel(found.path, named ? found.title : QString());
      QMetaObject::invokeMethod(this, [this, summary, found, named] {
        const int row = rowOf(found.path);
        if (row >= 0) {
          rows_[row].summary = summary;
          rows_[row].checkedSign = found.sign;
          emit dataChanged(index(row), index(row));
        }
        // The runner names a model by its path unless it is told better.
        if (named && summary.problem.isEmpty() && settings_.modelTitle(found.path) != found.title) {
          settings_.setModelTitle(found.path, found.title);
        }
        lookAtNext();
      });
    });
    return;
  }
  const int unusable = static_cast<int>(std::ranges::count_if(rows_, [this](const Row& row) {
    return row.checked() && !row.usable() && data(index(rowOf(row.found.path)), ForeignRole).toBool();
  }));
  if (unusable != std::exchange(unusable_, unusable)) emit unusableCountChanged();
  scanning_ = false;
  if (scanAgain_) return refresh();
  emit scanningChanged();
  emit scanned();
}

void ModelLibrary::modelLoaded() {
  const QString path = runner_.modelPath();
  const auto known = std::ranges::find_if(rows_, [this](const Row& row) { return isActive(row); });
  const bool opened = known == rows_.end() ? places_.modelsDir.isEmpty() || !path.startsWith(places_.modelsDir + QLatin1Char('/'))
                                           : known->found.origin == ModelOrigin::InPlace;
  const bool isFolder = !path.isEmpty() && !runner_.isDemo() && !runner_.isRemote();
  if (isFolder && opened && !settings_.knownModels().contains(path)) settings_.rememberModel(path);
  usesChanged();
}

void ModelLibrary::usesChanged() {
  if (!rows_.isEmpty()) emit dataChanged(index(0), index(rowCount() - 1), {ActiveRole, LastUsedTextRole});
}

// Verbs

void ModelLibrary::add(const QUrl& location) {
  if (!location.isEmpty()) runner_.load(location);
}

void ModelLibrary::use(int row) {
  if (row >= 0 && row < rows_.size()) runner_.load(rows_[row].found.path);
}

void ModelLibrary::removeAt(int row) {
  if (row >= 0 && row < rows_.size() && rows_[row].found.origin == ModelOrigin::InPlace) {
    settings_.forgetModel(rows_[row].found.path);
  }
}

void ModelLibrary::setProblem(const QString& sentence) {
  if (sentence == problem_) return;
  problem_ = sentence;
  emit problemChanged();
}

void ModelLibrary::dismissProblem() {
  setProblem({});
}

}  // namespace app
