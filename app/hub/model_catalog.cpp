#include "app/hub/model_catalog.h"

#include <QFile>
#include <QLocale>
#include <QUrl>
#include <algorithm>

#include "app/downloads/download_queue.h"
#include "app/hub/hub.h"
#include "app/hub/machine.h"
#include "app/hub/repo_look.h"

namespace app {

namespace {

const QString kInstalled = QStringLiteral("installed");
const QString kDownloading = QStringLiteral("downloading");
const QString kAvailable = QStringLiteral("available");

}  // namespace

QByteArray ModelCatalog::builtIn() {
  QFile file(QStringLiteral(":/sotto/catalog.json"));
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

ModelCatalog::ModelCatalog(Hub& hub, Machine& machine, DownloadQueue& queue, const QString& modelsDir,
                           const QByteArray& json, QObject* parent)
    : QAbstractListModel(parent), hub_(hub), machine_(machine), queue_(queue), installed_(queue, modelsDir) {
  for (const CatalogCard& card : readCatalog(json, QLocale().name(), problem_)) {
    Row row;
    row.card = card;
    for (const CatalogChoice& one : card.choices) {
      ChoiceRow choice;
      choice.source = one.source;
      choice.repo = one.repo;
      choice.precision = one.precision;
      choice.gguf = one.gguf;
      choice.bytes = aboutBytes(card.size, one.precision);
      choice.aboutBytes = true;
      choice.needs = estimateNeeds(card.size, one.precision);
      row.choices.append(choice);
    }
    rows_.append(row);
  }
  connect(&machine_, &Machine::factsChanged, this, &ModelCatalog::judge);
  connect(&installed_, &InstalledFolders::changed, this, &ModelCatalog::judge);
  connect(&hub_, &Hub::endpointChanged, this, [this] {
    for (Row& row : rows_)
      row.looked = false;  // another hub may have other files; what is shown stays until it is asked
  });
  judge();
}

int ModelCatalog::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QHash<int, QByteArray> ModelCatalog::roleNames() const {
  return {{TitleRole, "title"},     {SummaryRole, "summary"},         {LicenceRole, "licence"}, {OriginRole, "origin"},
          {SizeRole, "size"},       {ThinksRole, "thinks"},           {ChoicesRole, "choices"}, {BestRole, "best"},
          {StateRole, "state"},     {RecommendedRole, "recommended"}, {PathRole, "path"},       {PageRole, "page"},
          {LookingRole, "looking"}, {ProblemRole, "problem"}};
}

QVariant ModelCatalog::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = rows_[index.row()];
  const ChoiceRow& main = row.choices[counted(row)];
  const int best = bestChoice(row.choices, machine_.facts());
  switch (role) {
    case Qt::DisplayRole:
    case TitleRole:
      return row.card.title;
    case SummaryRole:
      return row.card.summary;
    case LicenceRole:
      return row.card.licence;
    case OriginRole:
      return tr("%1 · %2").arg(row.card.maker, hub_.endpoint(main.source).host() + QLatin1Char('/') + main.repo);
    case SizeRole:
      return sizeText(row.card.size);
    case ThinksRole:
      return row.card.thinks;
    case ChoicesRole:
      return choiceMaps(row.choices, machine_.facts(), [this](const QString& folder) { return installed_.stateOf(folder); });
    case BestRole:
      return best;
    case RecommendedRole:
      return index.row() == recommended_;
    case StateRole:
      return installed_.stateOf(main.folder());
    case PathRole:
      return installed_.pathOf(main.folder());
    case LookingRole:
      return row.looking > 0;
    case ProblemRole:
      return row.problem;
    case PageRole:
      return hub_.pageOf(main.source, main.repo);
    default:
      return {};
  }
}

/// The choice that stands for the card: the one that is furthest on its way, else the best, else the first.
int ModelCatalog::counted(const Row& row) const {
  for (const QString& state : {kInstalled, kDownloading}) {
    for (int i = 0; i < row.choices.size(); ++i) {
      if (installed_.stateOf(row.choices[i].folder()) == state) return i;
    }
  }
  return std::max(0, bestChoice(row.choices, machine_.facts()));
}

QString ModelCatalog::sizeText(const ModelSize& size) const {
  const auto billions = [](qint64 count) {
    const double value = double(count) / 1e9;
    return QLocale().toString(value, 'f', value < 1 ? 2 : value < 100 ? 1 : 0);
  };
  // Of a mixture of experts a word goes through a part.
  return size.activeParameters * 2 < size.parameters
             ? tr("%1 B parameters, %2 B for a word").arg(billions(size.parameters), billions(size.activeParameters))
             : tr("%1 B parameters").arg(billions(size.parameters));
}

void ModelCatalog::look(int row) {
  if (row < 0 || row >= rows_.size() || rows_[row].looking > 0 || rows_[row].looked) return;
  startLook(row);
}

void ModelCatalog::startLook(int row) {
  Row& entry = rows_[row];
  entry.problem.clear();
  entry.problems.clear();
  entry.looked = true;
  QHash<QString, QStringList> precisions;  // by repository, of its GGUF files
  QStringList repos;
  for (const ChoiceRow& choice : std::as_const(entry.choices)) {
    if (!repos.contains(choice.repo)) repos.append(choice.repo);
    if (choice.gguf) precisions[choice.repo].append(choice.precision);
  }
  entry.looking = static_cast<int>(repos.size());
  for (const QString& repo : std::as_const(repos)) {
    const auto source = std::find_if(entry.choices.cbegin(), entry.choices.cend(), [&](const ChoiceRow& choice) {
                          return choice.repo == repo;
                        })->source;
    auto* look = new RepoLook(hub_, machine_, source, repo, entry.card.size, precisions.value(repo), this);
    connect(look, &RepoLook::listed, this,
            [this, row, repo](const QList<ChoiceRow>& found) { merge(row, repo, found); });
    connect(look, &RepoLook::finished, this, [this, row, repo](const QList<ChoiceRow>& found, const QString& problem) {
      if (!found.isEmpty()) merge(row, repo, found);
      lookEnded(row, repo, problem);
    });
    look->start();
  }
  rowChanged(row);
}

/// Puts what a repository really has in the place of what the catalogue expects of it.
void ModelCatalog::merge(int row, const QString& repo, const QList<ChoiceRow>& found) {
  for (ChoiceRow& choice : rows_[row].choices) {
    if (choice.repo != repo) continue;
    const auto match = std::find_if(found.begin(), found.end(), [&](const ChoiceRow& other) {
      return other.gguf == choice.gguf && (!choice.gguf || other.precision == choice.precision);
    });
    if (match == found.end()) {
      choice.problem = tr("%1 does not have it any more in %2.").arg(repo, choice.precision);
      continue;
    }
    const QString precision = choice.precision;  // of safetensors the listing may not tell it
    choice = *match;
    choice.precision = precision;
    choice.files.precision = precision;
  }
  judge();
}

void ModelCatalog::lookEnded(int row, const QString& repo, const QString& problem) {
  Row& entry = rows_[row];
  --entry.looking;
  if (!problem.isEmpty()) {
    if (entry.problem.isEmpty()) entry.problem = problem;
    entry.problems.insert(repo, problem);
    entry.looked = false;
  }
  if (entry.looking == 0) {
    if (const int wanted = std::exchange(entry.wanted, -1); wanted >= 0) hand(row, wanted);
    judge();
  }
  rowChanged(row);
}

void ModelCatalog::examine(int row, int choice) {
  if (row < 0 || row >= rows_.size() || choice < 0 || choice >= rows_[row].choices.size()) return;
  const ChoiceRow& asked = rows_[row].choices[choice];
  if (!asked.listed() || asked.examined() || rows_[row].looking > 0) return;
  ++rows_[row].looking;
  rowChanged(row);
  hub_.needs(asked.listing, asked.files, this, [this, row, choice](const ModelNeeds& needs, const QString& problem) {
    ChoiceRow& examined = rows_[row].choices[choice];
    if (problem.isEmpty()) examined.needs = needs;
    lookEnded(row, examined.repo, problem);
  });
}

void ModelCatalog::get(int row, int choice) {
  if (row < 0 || row >= rows_.size() || choice < 0 || choice >= rows_[row].choices.size()) return;
  Row& entry = rows_[row];
  if (installed_.stateOf(entry.choices[choice].folder()) == kInstalled) return;
  if (entry.choices[choice].listed() && entry.looking == 0) {
    hand(row, choice);
    rowChanged(row);
    return;
  }
  entry.wanted = choice;
  if (entry.looking == 0) startLook(row);
}

/// Gives a listed choice to the downloads.
void ModelCatalog::hand(int row, int choice) {
  Row& entry = rows_[row];
  ChoiceRow& chosen = entry.choices[choice];
  if (const QString refusal = chosen.refusal(); !refusal.isEmpty()) {
    entry.problem = refusal;
  } else if (!hub_.blocked().isEmpty()) {
    entry.problem = hub_.blocked();
  } else if (!chosen.listed()) {
    entry.problem = entry.problems.value(chosen.repo, tr("The hub did not list the files of %1.").arg(chosen.repo));
  } else if (const QString why = hub_.whyNotFetched(chosen.listing); !why.isEmpty()) {
    entry.problem = why;
  } else {
    DownloadPlan plan = hub_.plan(chosen.listing, chosen.files);
    plan.title = entry.card.title + QStringLiteral(" · ") + chosen.precision;
    plan.licence = entry.card.licence;
    if (queue_.add(plan)) {
      entry.problem.clear();
      emit added(plan.name);
    } else {
      entry.problem = queue_.problem();
    }
  }
}

/// What is recommended may have changed, and with it every row: machine, states or numbers did.
void ModelCatalog::judge() {
  int recommended = -1;
  bool comfortable = false;
  for (int i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    const int best = bestChoice(row.choices, machine_.facts());
    if (best < 0) continue;
    const bool good = isComfortable(row.choices[best], machine_.facts());
    const bool better = recommended < 0 || (good && !comfortable) ||
                        (good == comfortable && good && row.card.quality > rows_[recommended].card.quality) ||
                        (good == comfortable && !good &&
                         row.card.size.activeParameters < rows_[recommended].card.size.activeParameters);
    if (!better) continue;
    recommended = i;
    comfortable = good;
  }
  if (recommended != recommended_) {
    recommended_ = recommended;
    emit recommendationChanged();
  }
  if (!rows_.isEmpty()) emit dataChanged(index(0), index(rowCount() - 1));
}

void ModelCatalog::rowChanged(int row) {
  emit dataChanged(index(row), index(row));
}

}  // namespace app
