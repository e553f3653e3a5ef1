#pragma once

#include <QList>
#include <QString>
#include <QVariantList>
#include <QVariantMap>
#include <functional>

#include "app/hub/hub_files.h"
#include "app/hub/model_fit.h"

namespace app {

/// One way to have a model, as the page shows it. A value.
struct ChoiceRow {
  HubSource source = HubSource::HuggingFace;
  QString repo;
  QString precision;  ///< empty: not known
  bool gguf = false;
  qint64 bytes = -1;        ///< to download; -1: not known
  bool aboutBytes = false;  ///< computed, not listed by the hub
  QString problem;          ///< why it cannot be had or run; empty: nothing is known against it
  ModelNeeds needs;
  QString state;     ///< "available", "downloading", "installed"
  HubRepo listing;   ///< where the files are from, itself without files; without a revision: not listed yet
  FileChoice files;  ///< of the listing

  bool listed() const { return !listing.revision.isEmpty(); }
  /// The needs are those of its own header.
  bool examined() const { return needs.known() && !needs.estimated; }
  /// Name of its folder below the models folder.
  QString folder() const;

  /// For the page: label, precision, repo, bytes, bytesText ("about 13.4 GB"), verdict ("fits", "tight", "too large",
  /// "unknown"), verdictText, tokensPerSecond, memoryBytes, estimated, problem, state, recommended.
  QVariantMap toMap(const MachineFacts& machine, bool recommended) const;
  ModelFit fit(const MachineFacts& machine) const;
  /// Why it cannot be had or run, as far as its files and its header tell; empty: it can.
  QString refusal() const { return problem.isEmpty() ? needs.problem : problem; }
};

/// The choices for the page, the best of them marked; `stateOf` tells the state of a folder.
QVariantList choiceMaps(const QList<ChoiceRow>& choices, const MachineFacts& machine,
                        const std::function<QString(const QString& folder)>& stateOf);

/// Writing slower than this is slower than reading; a lighter choice is better then.
inline constexpr double kComfortableSpeed = 8;  // tokens a second

/// The choice to take on a machine: of those that fit and write at a comfortable speed the heaviest; else of those that
/// fit and keep 4 bits the fastest; else the lightest that is tight. -1: none runs. Where the speed is not measured yet
/// every speed is comfortable.
int bestChoice(const QList<ChoiceRow>& choices, const MachineFacts& machine);
/// Whether the choice fits and writes at a comfortable speed, or at one not known yet.
bool isComfortable(const ChoiceRow& choice, const MachineFacts& machine);

/// The folder below the models folder that a choice of a repository goes to, a plain name made of its parts.
QString folderName(const QString& repo, const QString& precision, bool gguf);

}  // namespace app
