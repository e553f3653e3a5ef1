#include "app/hub/hub_search.h"

#include "app/downloads/download_queue.h"
#include "app/hub/hub.h"
#include "app/hub/machine.h"
#include "app/hub/repo_look.h"

namespace app {

namespace {

constexpr int kSearchDelayMs = 400;  // one question for a word that is being typed
constexpr qsizetype kLongestQuery = 200;

/// With tags it can be told that a repository has neither format; without them it may.
bool mayHaveModels(const HubRepo& repo) {
  return repo.tags.isEmpty() || repo.tags.contains(QLatin1String("gguf")) ||
         repo.tags.contains(QLatin1String("safetensors")) || repo.source == HubSource::ModelScope;
}

}  // namespace

HubSearch::HubSearch(Hub& hub, Machine& machine, DownloadQueue& queue, const QString& modelsDir, QObject* parent)
    : QAbstractListModel(parent), hub_(hub), machine_(machine), queue_(queue), installed_(queue, modelsDir) {
  searchSoon_.setSingleShot(true);
  searchSoon_.setInterval(kSearchDelayMs);
  connect(&searchSoon_, &QTimer::timeout, this, &HubSearch::search);
  connect(&machine_, &Machine::factsChanged, this, &HubSearch::allChanged);
  connect(&installed_, &InstalledFolders::changed, this, &HubSearch::allChanged);
  connect(&hub_, &Hub::endpointChanged, this, &HubSearch::clear);
}

int HubSearch::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QHash<int, QByteArray> HubSearch::roleNames() const {
  return {{RepoRole, "repo"},           {TitleRole, "title"}, {AuthorRole, "author"},   {LicenceRole, "licence"},
          {DownloadsRole, "downloads"}, {GatedRole, "gated"}, {PageRole, "page"},       {LookedRole, "looked"},
          {LookingRole, "looking"},     {BestRole, "best"},   {ProblemRole, "problem"}, {ChoicesRole, "choices"}};
}

QVariant HubSearch::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = rows_[index.row()];
  switch (role) {
    case RepoRole:
      return row.repo.repo;
    case Qt::DisplayRole:
    case TitleRole:
      return row.repo.title;
    case AuthorRole:
      return row.repo.author;
    case LicenceRole:
      return row.repo.licence;
    case DownloadsRole:
      return row.repo.downloads;
    case GatedRole:
      return row.repo.gated;
    case PageRole:
      return hub_.pageOf(row.repo.source, row.repo.repo);
    case LookedRole:
      return row.looked;
    case LookingRole:
      return row.looking;
    case ChoicesRole:
      return choiceMaps(row.choices, machine_.facts(), [this](const QString& folder) { return installed_.stateOf(folder); });
    case BestRole:
      return bestChoice(row.choices, machine_.facts());
    case ProblemRole:
      return row.problem;
    default:
      return {};
  }
}

void HubSearch::setQuery(const QString& query) {
  const QString wanted = query.left(kLongestQuery);
  if (wanted == query_) return;
  query_ = wanted;
  emit queryChanged();
  if (query_.trimmed().isEmpty()) {
    clear();
  } else {
    searchSoon_.start();
  }
}

void HubSearch::setSource(Source source) {
  if (source == source_) return;
  source_ = source;
  emit sourceChanged();
  clear();
  if (!query_.trimmed().isEmpty()) search();
}

/// Takes the rows away with every question about them.
void HubSearch::clear() {
  searchSoon_.stop();
  asked_.reset();
  if (!rows_.isEmpty()) {
    beginResetModel();
    rows_.clear();
    endResetModel();
  }
  setProblem({});
  setSearching(false);
}

void HubSearch::search() {
  searchSoon_.stop();
  asked_ = std::make_unique<QObject>();
  for (Row& row : rows_) row.looking = false;  // these rows stay until the new ones come, but are asked about no more
  allChanged();
  setProblem({});
  if (query_.trimmed().isEmpty()) return clear();
  setSearching(true);
  const HubSource source = source_ == Source::ModelScope ? HubSource::ModelScope : HubSource::HuggingFace;
  hub_.search(source, query_, asked_.get(),
              [this](const QList<HubRepo>& repos, const QString& problem) { take(repos, problem); });
}

void HubSearch::take(const QList<HubRepo>& repos, const QString& problem) {
  beginResetModel();
  rows_.clear();
  for (const HubRepo& repo : repos) {
    if (mayHaveModels(repo)) rows_.append({repo, {}, {}, false, false});
  }
  endResetModel();
  setProblem(problem);
  setSearching(false);
}

bool HubSearch::hasChoice(int row, int choice) const {
  return row >= 0 && row < rows_.size() && choice >= 0 && choice < rows_[row].choices.size();
}

void HubSearch::look(int row) {
  if (row < 0 || row >= rows_.size() || rows_[row].looking || !asked_) return;
  if (rows_[row].looked && rows_[row].problem.isEmpty()) return;
  Row& entry = rows_[row];
  entry.looking = true;
  entry.problem.clear();
  auto* look = new RepoLook(hub_, machine_, entry.repo.source, entry.repo.repo, {}, {}, asked_.get());
  connect(look, &RepoLook::listed, this, [this, row](const QList<ChoiceRow>& choices) {
    rows_[row].choices = choices;
    rows_[row].looked = true;
    rowChanged(row);
  });
  connect(look, &RepoLook::finished, this, [this, row](const QList<ChoiceRow>& choices, const QString& problem) {
    rows_[row].choices = choices;
    rows_[row].looking = false;
    rows_[row].problem = problem;
    rowChanged(row);
  });
  rowChanged(row);
  look->start();
}

void HubSearch::examine(int row, int choice) {
  if (!hasChoice(row, choice) || rows_[row].looking || rows_[row].choices[choice].examined() || !asked_) return;
  rows_[row].looking = true;
  rowChanged(row);
  const ChoiceRow& asked = rows_[row].choices[choice];
  hub_.needs(asked.listing, asked.files, asked_.get(),
             [this, row, choice](const ModelNeeds& needs, const QString& problem) {
               Row& entry = rows_[row];
               entry.looking = false;
               entry.problem = problem;
               if (problem.isEmpty()) entry.choices[choice].needs = needs;
               rowChanged(row);
             });
}

void HubSearch::get(int row, int choice) {
  if (!hasChoice(row, choice)) return;
  Row& entry = rows_[row];
  const ChoiceRow& chosen = entry.choices[choice];
  entry.problem = chosen.refusal();
  if (entry.problem.isEmpty()) entry.problem = hub_.whyNotFetched(chosen.listing);
  if (entry.problem.isEmpty()) {
    const DownloadPlan plan = hub_.plan(chosen.listing, chosen.files);
    if (queue_.add(plan)) {
      emit added(plan.name);
    } else {
      entry.problem = queue_.problem();
    }
  }
  rowChanged(row);
}

void HubSearch::setSearching(bool searching) {
  if (searching == searching_) return;
  searching_ = searching;
  emit searchingChanged();
}

void HubSearch::setProblem(const QString& sentence) {
  if (sentence == problem_) return;
  problem_ = sentence;
  emit problemChanged();
}

void HubSearch::rowChanged(int row) {
  emit dataChanged(index(row), index(row));
}

void HubSearch::allChanged() {
  if (!rows_.isEmpty()) emit dataChanged(index(0), index(rowCount() - 1));
}

}  // namespace app
