#pragma once

#include <QList>
#include <QObject>
#include <QSet>

#include "app/hub/choice_rows.h"

namespace app {

class Hub;
class Machine;

/// One look at a repository: its files, as choices, then the header of the choice that would be best on this machine;
/// the others' needs follow from it by their length. Deletes itself after finished(). UI thread; borrows hub and
/// machine.
class RepoLook : public QObject {
  Q_OBJECT

 public:
  /// `size`: of the model where the catalogue tells; parameters 0: it does not. `only`: precisions of GGUF files that
  /// are wanted; empty: all.
  RepoLook(Hub& hub, Machine& machine, HubSource source, const QString& repo, const ModelSize& size = {},
           const QStringList& only = {}, QObject* parent = nullptr);

  void start();

 signals:
  /// The files are known, their headers not yet.
  void listed(const QList<app::ChoiceRow>& choices);
  /// Once, last. `problem`: why the files, or their headers, could not be had; empty: they could.
  void finished(const QList<app::ChoiceRow>& choices, const QString& problem);

 private:
  void takeListing(const HubRepo& repo);
  void examineBest();
  void takeNeeds(int index, const ModelNeeds& needs, const QString& problem);
  void end(const QString& problem);

  Hub& hub_;
  Machine& machine_;
  const HubSource source_;
  const QString repo_;
  const ModelSize size_;
  const QStringList only_;
  HubRepo listing_;
  QList<ChoiceRow> choices_;
  QSet<int> examined_;
  int sound_ = -1;  // a choice whose header was read and can be run
};

}  // namespace app
