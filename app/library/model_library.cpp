#include "app/library/model_library.h"

#include <QFileInfo>
#include <QFutureWatcher>
#include <algorithm>

#include "app/chat/model_runner.h"
#include "app/settings/settings.h"

namespace app {

ModelLibrary::ModelLibrary(Settings& settings, ModelRunner& runner, QObject* parent)
    : QAbstractListModel(parent), settings_(settings), runner_(runner) {
  connect(&settings_, &Settings::knownModelsChanged, this, &ModelLibrary::rebuild);
  connect(&runner_, &ModelRunner::modelChanged, this, &ModelLibrary::modelLoaded);
  rebuild();
}

int ModelLibrary::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant ModelLibrary::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = rows_[index.row()];
  switch (role) {
    case Qt::DisplayRole:
    case NameRole:
      return row.demo ? tr("Demo model") : row.summary.name;
    case PathRole:
      return row.path;
    case DetailRole:
      return row.summary.detail;
    case IsDemoRole:
      return row.demo;
    case ActiveRole:
      return !row.path.isEmpty() && row.path == runner_.modelPath();
    case MissingRole:
      return row.summary.missing;
    case ProblemRole:
      return row.summary.problem;
    default:
      return {};
  }
}

QHash<int, QByteArray> ModelLibrary::roleNames() const {
  return {{NameRole, "name"},     {PathRole, "path"},       {DetailRole, "detail"},  {IsDemoRole, "isDemo"},
          {ActiveRole, "active"}, {MissingRole, "missing"}, {ProblemRole, "problem"}};
}

void ModelLibrary::add(const QUrl& location) {
  if (!location.isEmpty()) runner_.load(location);
}

void ModelLibrary::removeAt(int row) {
  if (row >= 0 && row < rows_.size() && !rows_[row].demo) settings_.forgetModel(rows_[row].path);
}

void ModelLibrary::modelLoaded() {
  const QString path = runner_.modelPath();
  if (!path.isEmpty() && !runner_.isDemo() && !settings_.knownModels().contains(path)) settings_.rememberModel(path);
  if (!rows_.isEmpty()) emit dataChanged(index(0), index(rowCount() - 1), {ActiveRole});
}

/// Makes the rows those of the remembered models; what is known of a model already is kept.
void ModelLibrary::rebuild() {
  QStringList wanted = settings_.knownModels();
  const QString demo = ModelRunner::demoPath();
  wanted.removeAll(demo);
  if (!demo.isEmpty()) wanted.prepend(demo);

  for (int i = rowCount() - 1; i >= 0; --i) {
    if (wanted.contains(rows_[i].path)) continue;
    beginRemoveRows({}, i, i);
    rows_.removeAt(i);
    endRemoveRows();
  }
  for (int i = 0; i < wanted.size(); ++i) {
    const auto found =
        std::find_if(rows_.begin() + i, rows_.end(), [&](const Row& row) { return row.path == wanted[i]; });
    const auto from = static_cast<int>(found - rows_.begin());
    if (found == rows_.end()) {
      Row row;
      row.path = wanted[i];
      row.demo = row.path == demo;
      row.summary.name = QFileInfo(row.path).fileName();
      beginInsertRows({}, i, i);
      rows_.insert(i, row);
      endInsertRows();
      describe(row.path);
    } else if (from != i) {
      beginMoveRows({}, from, from, {}, i);
      rows_.move(from, i);
      endMoveRows();
    }
  }
}

void ModelLibrary::refresh() {
  for (const Row& row : std::as_const(rows_)) describe(row.path);
}

/// Looks at a model's header on the pool and shows what was found.
void ModelLibrary::describe(const QString& path) {
  auto* watcher = new QFutureWatcher<ModelSummary>(this);
  connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher, path] {
    watcher->deleteLater();
    for (int i = 0; i < rowCount(); ++i) {
      if (rows_[i].path != path) continue;
      rows_[i].summary = watcher->result();
      emit dataChanged(index(i), index(i));
    }
  });
  watcher->setFuture(runner_.summarize(path));
}

}  // namespace app
