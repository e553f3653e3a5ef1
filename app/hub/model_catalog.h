#pragma once

#include <QtQml/qqmlregistration.h>

#include <QAbstractListModel>
#include <QHash>

#include "app/hub/catalog_file.h"
#include "app/hub/choice_rows.h"
#include "app/hub/installed_folders.h"

namespace app {

class DownloadQueue;
class Hub;
class Machine;

/// The models that Sotto recommends, as cards: what each is good for, in which precisions it can be had, and whether it
/// runs on this machine. Before any network the numbers are computed from the catalogue's; look() asks the hub for the
/// true ones. UI thread; borrows all, which outlive it.
class ModelCatalog : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The catalogue comes from the application root.")

  Q_PROPERTY(int recommendedRow READ recommendedRow NOTIFY recommendationChanged)
  Q_PROPERTY(QString problem READ problem CONSTANT)

 public:
  enum Role {
    TitleRole = Qt::UserRole + 1,
    SummaryRole,
    LicenceRole,
    OriginRole,       ///< "Baidu · huggingface.co/unsloth/ERNIE-4.5-0.3B-PT-GGUF", of the choice that counts
    SizeRole,         ///< "0.36 B parameters", "21.8 B parameters, 3.4 B for a word"
    ThinksRole,       ///< it thinks at length before it answers
    ChoicesRole,      ///< list of maps, see ChoiceRow::toMap
    BestRole,         ///< index in choices; -1: none runs here
    RecommendedRole,  ///< the one model to take on this machine
    StateRole,        ///< "available", "downloading", "installed": of the choice that is furthest
    PathRole,         ///< folder of an installed choice; empty: none
    LookingRole,      ///< the hub is being asked
    ProblemRole,      ///< what kept get() or look() from its end; empty: nothing
    PageRole,         ///< url of the best choice's page on its hub, for a browser
  };

  /// `json`: the catalogue, resources/catalog.json unless a test gives another.
  ModelCatalog(Hub& hub, Machine& machine, DownloadQueue& queue, const QString& modelsDir, const QByteArray& json,
               QObject* parent = nullptr);
  /// The catalogue that comes with the program.
  static QByteArray builtIn();

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int recommendedRow() const { return recommended_; }  ///< -1: none runs here, or the machine is not known yet
  QString problem() const { return problem_; }         ///< why there are no cards; empty: nothing is wrong
  void setModelsDir(const QString& modelsDir) { installed_.setModelsDir(modelsDir); }

  /// Asks the hub for the true files of a card and the header of its best choice, once: again only after a problem.
  Q_INVOKABLE void look(int row);
  /// Reads the header of one choice of a card that was looked at, so that its numbers are exact.
  Q_INVOKABLE void examine(int row, int choice);
  /// Fetches a choice of a card: asks the hub for its files where that was not done, and hands them to the downloads.
  /// What goes wrong is the row's problem.
  Q_INVOKABLE void get(int row, int choice);
  /// Looks in the models folder for what is installed.
  Q_INVOKABLE void refresh() { installed_.refresh(); }

 signals:
  void recommendationChanged();
  /// A download was handed to the queue, under this name.
  void added(const QString& name);

 private:
  struct Row {
    CatalogCard card;
    QList<ChoiceRow> choices;
    QString problem;
    QHash<QString, QString> problems;  // of the last look, by repository
    int looking = 0;                   // questions under way
    bool looked = false;
    int wanted = -1;  // choice to get once it is listed
  };

  void startLook(int row);
  void merge(int row, const QString& repo, const QList<ChoiceRow>& found);
  void lookEnded(int row, const QString& repo, const QString& problem);
  void hand(int row, int choice);
  int counted(const Row& row) const;
  void judge();
  void rowChanged(int row);
  QString sizeText(const ModelSize& size) const;

  Hub& hub_;
  Machine& machine_;
  DownloadQueue& queue_;
  InstalledFolders installed_;
  QList<Row> rows_;
  QString problem_;
  int recommended_ = -1;
};

}  // namespace app
