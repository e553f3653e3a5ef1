#pragma once

#include <QtQml/qqmlregistration.h>

#include <QAbstractListModel>
#include <QTimer>
#include <memory>

#include "app/hub/choice_rows.h"
#include "app/hub/hub_files.h"
#include "app/hub/installed_folders.h"

namespace app {

class DownloadQueue;
class Hub;
class Machine;

/// What a hub has for a search, as rows; look() loads the files of one. UI thread; borrows all, which outlive it.
class HubSearch : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The search comes from the application root.")

  Q_PROPERTY(QString query READ query WRITE setQuery NOTIFY queryChanged)
  Q_PROPERTY(Source source READ source WRITE setSource NOTIFY sourceChanged)
  Q_PROPERTY(bool searching READ searching NOTIFY searchingChanged)
  Q_PROPERTY(QString problem READ problem NOTIFY problemChanged)
  Q_PROPERTY(int count READ count NOTIFY searchingChanged)

 public:
  enum class Source { HuggingFace, ModelScope };
  Q_ENUM(Source)

  enum Role {
    RepoRole = Qt::UserRole + 1,  ///< "owner/name"
    TitleRole,
    AuthorRole,
    LicenceRole,
    DownloadsRole,  ///< -1: not said
    GatedRole,
    PageRole,     ///< url of its page on the hub, for a browser
    LookedRole,   ///< its files are known
    LookingRole,  ///< the hub is being asked for them
    ChoicesRole,  ///< list of maps, see ChoiceRow::toMap; empty until looked
    BestRole,     ///< index in choices; -1: none
    ProblemRole,  ///< why its files cannot be had, or none of them runs; empty: nothing
  };

  HubSearch(Hub& hub, Machine& machine, DownloadQueue& queue, const QString& modelsDir, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;
  int count() const { return rowCount(); }

  QString query() const { return query_; }
  /// Searches shortly after the last change; an empty query empties the rows.
  void setQuery(const QString& query);
  Source source() const { return source_; }
  void setSource(Source source);
  bool searching() const { return searching_; }
  /// Why nothing was found; empty: nothing went wrong.
  QString problem() const { return problem_; }
  void setModelsDir(const QString& modelsDir) { installed_.setModelsDir(modelsDir); }

  /// Looks in the models folder for what is installed.
  Q_INVOKABLE void refresh() { installed_.refresh(); }
  /// Searches now.
  Q_INVOKABLE void search();
  /// Loads the files of a row, and of its best choice whether it runs here. Once; again after a problem.
  Q_INVOKABLE void look(int row);
  /// Reads the header of one choice of a row that was looked at, so that its numbers are exact.
  Q_INVOKABLE void examine(int row, int choice);
  /// Hands a choice of a row that was looked at to the downloads.
  Q_INVOKABLE void get(int row, int choice);

 signals:
  void queryChanged();
  void sourceChanged();
  void searchingChanged();
  void problemChanged();
  /// A download was handed to the queue, under this name.
  void added(const QString& name);

 private:
  struct Row {
    HubRepo repo;
    QList<ChoiceRow> choices;
    QString problem;
    bool looked = false;
    bool looking = false;
  };

  bool hasChoice(int row, int choice) const;
  void clear();
  void take(const QList<HubRepo>& repos, const QString& problem);
  void setSearching(bool searching);
  void setProblem(const QString& sentence);
  void rowChanged(int row);
  void allChanged();

  Hub& hub_;
  Machine& machine_;
  DownloadQueue& queue_;
  InstalledFolders installed_;
  QString query_;
  Source source_ = Source::HuggingFace;
  bool searching_ = false;
  QString problem_;
  QList<Row> rows_;
  QTimer searchSoon_;
  std::unique_ptr<QObject> asked_;  // context of the questions about the rows: it goes with them
};

}  // namespace app
