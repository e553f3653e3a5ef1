#include "app/hub/repo_look.h"

#include "app/hub/hub.h"
#include "app/hub/machine.h"

namespace app {

namespace {

constexpr int kMostExamined = 3;  // headers in one look

}  // namespace

RepoLook::RepoLook(Hub& hub, Machine& machine, HubSource source, const QString& repo, const ModelSize& size,
                   const QStringList& only, QObject* parent)
    : QObject(parent), hub_(hub), machine_(machine), source_(source), repo_(repo), size_(size), only_(only) {}

void RepoLook::start() {
  hub_.list(source_, repo_, this, [this](const HubRepo& repo, const QString& problem) {
    if (!problem.isEmpty()) return end(problem);
    takeListing(repo);
  });
}

void RepoLook::takeListing(const HubRepo& repo) {
  listing_ = repo;
  listing_.files.clear();
  const QString foreign = architectureProblem(repo.architecture);
  for (const FileChoice& files : choicesOf(repo.files, repo.weightType)) {
    if (files.gguf && !only_.isEmpty() && !only_.contains(files.precision)) continue;
    ChoiceRow choice;
    choice.source = source_;
    choice.repo = repo_;
    choice.precision = files.precision;
    choice.gguf = files.gguf;
    choice.bytes = files.bytes;
    choice.problem = foreign.isEmpty() ? files.problem : foreign;
    choice.needs =
        size_.parameters > 0 ? estimateNeeds(size_, files.precision, files.bytes) : needsOfBytes(files.bytes);
    choice.listing = listing_;
    choice.files = files;
    choices_.append(choice);
  }
  if (choices_.isEmpty() && !only_.isEmpty())
    return end(tr("%1 does not have it any more in %2.").arg(repo_, only_.join(QStringLiteral(", "))));
  if (choices_.isEmpty()) return end(tr("%1 has no files that Sotto runs: neither GGUF nor safetensors.").arg(repo_));
  emit listed(choices_);
  if (!foreign.isEmpty()) return end(foreign);
  if (const QString why = hub_.whyNotFetched(listing_); !why.isEmpty()) return end(why);
  examineBest();
}

/// Reads the header of the choice that is best by what is known so far, until that is one whose header was read.
void RepoLook::examineBest() {
  int best = bestChoice(choices_, machine_.facts());
  if (best < 0) {
    // Nothing runs here, or this machine is not known yet: the lightest shows what the model is.
    for (int i = 0; i < choices_.size() && best < 0; ++i) {
      if (choices_[i].problem.isEmpty() && choices_[i].needs.problem.isEmpty()) best = i;
    }
  }
  if (best < 0 || examined_.contains(best) || examined_.size() >= kMostExamined) return end({});
  examined_.insert(best);
  hub_.needs(choices_[best].listing, choices_[best].files, this,
             [this, best](const ModelNeeds& needs, const QString& problem) { takeNeeds(best, needs, problem); });
}

void RepoLook::takeNeeds(int index, const ModelNeeds& needs, const QString& problem) {
  if (!problem.isEmpty()) return end(problem);
  choices_[index].needs = needs;
  if (needs.problem.isEmpty()) {
    sound_ = index;
    for (int i = 0; i < choices_.size(); ++i) {
      if (i != index && !choices_[i].examined() && choices_[i].needs.problem.isEmpty())
        choices_[i].needs = needsBeside(needs, choices_[index].bytes, choices_[i].bytes);
    }
  }
  examineBest();
}

void RepoLook::end(const QString& problem) {
  deleteLater();
  const QList<ChoiceRow> choices = choices_;  // the one who hears of it may be done with this object
  emit finished(choices, problem);
}

}  // namespace app
