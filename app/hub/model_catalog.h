#pragma once

#include <QtQml/qqmlregistration.h>

#include <QAbstractListModel>
#include <QSet>

#include "app/hub/catalog_file.h"
#include "app/hub/choice_rows.h"

namespace app {

class DownloadQueue;
class Hub;
class Machine;

/// The models that Sotto recommends, as cards: what each is good for, in which precisions it can be had, and whether it
/// runs on this machine. Before any network the numbers are computed from the catalogue's; look() asks the hub for the true
/// ones. UI thread; borrows all, which outlive it.
class ModelCatalog : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The catalogue comes from the application root.")

  Q_PROPERTY(int recommendedRow READ recommendedRow NOTIFY recommendationChanged)
  Q_PROPERTY(QString problem READ problem NOTIFY problemChanged)

 public:
  enum Role {
    TitleRole = Qt::UserRole + 1,
    SummaryRole,
    LicenceRole,
    OriginRole,       ///< "baidu/ERNIE-4.5-0.3B-PT on Hugging Face", of the best choice
    SizeRole,         ///< "0.36 B parameters", "21.8 B parameters, 3.4 B active"
    ChoicesRole,      ///< list of maps, see ChoiceRow::toMap
    BestRole,         ///< index in choices; -1: none runs here
    RecommendedRole,  ///< the one model to take on this machine
    StateRole,        ///< "available", "downloading", "installed"
    PathRole,         ///< folder of the installed choice; empty: none
    LookingRole,      ///< the hub is being asked
    ProblemRole,      ///< what kept get() or look() from its end; empty: nothing
    PageRole,         ///< url of the best choice's page on its hub, for a browser
  };

  ModelCatalog(Hub& hub, Machine& machine, DownloadQueue& queue, const QString& modelsDir, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int recommendedRow() const { return recommended_; }  ///< -1: none fits
  QString problem() const { return problem_; }          ///< why there are no cards

  /// Asks the hub for the true files of a card, and their headers. Once a run for each.
  Q_INVOKABLE void look(int row);
  /// Fetches a choice of a card: asks the hub for its files and hands them to the downloads. What goes wrong is the row's
  /// problem.
  Q_INVOKABLE void get(int row, int choice);
  /// Looks in the models folder for what is installed.
  Q_INVOKABLE void refresh();

 signals:
  void recommendationChanged();
  void problemChanged();
  /// A download was added to the queue.
  void added(const QString& name);
};

}  // namespace app
