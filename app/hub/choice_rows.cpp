#include "app/hub/choice_rows.h"

#include <QCoreApplication>

namespace app {

namespace {

constexpr double kFourBits = 4.0;

QString tr(const char* text) {
  return QCoreApplication::translate("app::ChoiceRows", text);
}

QString verdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::Fits:
      return QStringLiteral("fits");
    case Verdict::Tight:
      return QStringLiteral("tight");
    case Verdict::TooLarge:
      return QStringLiteral("too large");
    case Verdict::Unknown:
      break;
  }
  return QStringLiteral("unknown");
}

bool keepsFourBits(const ChoiceRow& choice) {
  const double bits = bitsPerWeight(choice.precision);
  return bits == 0 || bits >= kFourBits;
}

}  // namespace

QString ChoiceRow::folder() const {
  return folderName(repo, precision, gguf);
}

ModelFit ChoiceRow::fit(const MachineFacts& machine) const {
  if (problem.isEmpty()) return fitOf(needs, machine);
  ModelFit fit;
  fit.sentence = problem;
  return fit;
}

QVariantMap ChoiceRow::toMap(const MachineFacts& machine, bool recommended) const {
  const ModelFit fitting = fit(machine);
  QString size;
  if (bytes >= 0) size = aboutBytes ? tr("about %1").arg(byteText(bytes)) : byteText(bytes);
  return {{QStringLiteral("label"), precision.isEmpty() ? tr("as published") : precision},
          {QStringLiteral("precision"), precision},
          {QStringLiteral("repo"), repo},
          {QStringLiteral("bytes"), bytes},
          {QStringLiteral("bytesText"), size},
          {QStringLiteral("verdict"), verdictName(fitting.verdict)},
          {QStringLiteral("verdictText"), fitting.sentence},
          {QStringLiteral("tokensPerSecond"), fitting.tokensPerSecond},
          {QStringLiteral("memoryBytes"), needs.memoryBytes},
          {QStringLiteral("estimated"), needs.estimated},
          {QStringLiteral("problem"), refusal()},
          {QStringLiteral("state"), state},
          {QStringLiteral("recommended"), recommended}};
}

QVariantList choiceMaps(const QList<ChoiceRow>& choices, const MachineFacts& machine,
                        const std::function<QString(const QString& folder)>& stateOf) {
  const int best = bestChoice(choices, machine);
  QVariantList list;
  for (int i = 0; i < choices.size(); ++i) {
    ChoiceRow choice = choices[i];
    choice.state = stateOf(choice.folder());
    list.append(choice.toMap(machine, i == best));
  }
  return list;
}

bool isComfortable(const ChoiceRow& choice, const MachineFacts& machine) {
  const ModelFit fit = choice.fit(machine);
  return fit.verdict == Verdict::Fits && (fit.tokensPerSecond == 0 || fit.tokensPerSecond >= kComfortableSpeed);
}

int bestChoice(const QList<ChoiceRow>& choices, const MachineFacts& machine) {
  int comfortable = -1, fastest = -1, fitting = -1, tight = -1;
  double speed = -1;
  for (int i = 0; i < choices.size(); ++i) {
    const ChoiceRow& choice = choices[i];
    const ModelFit fit = choice.fit(machine);
    const qint64 memory = choice.needs.memoryBytes;
    if (fit.verdict == Verdict::Tight && (tight < 0 || memory < choices[tight].needs.memoryBytes)) tight = i;
    if (fit.verdict != Verdict::Fits) continue;
    if (fitting < 0 || memory > choices[fitting].needs.memoryBytes) fitting = i;
    if (isComfortable(choice, machine) && (comfortable < 0 || memory > choices[comfortable].needs.memoryBytes))
      comfortable = i;
    if (keepsFourBits(choice) && fit.tokensPerSecond > speed) {
      speed = fit.tokensPerSecond;
      fastest = i;
    }
  }
  for (const int best : {comfortable, fastest, fitting, tight}) {
    if (best >= 0) return best;
  }
  return -1;
}

QString folderName(const QString& repo, const QString& precision, bool gguf) {
  QString name = repo;
  if (gguf && !precision.isEmpty()) name += QLatin1Char('-') + precision;
  // Both hubs' names are letters, digits, '-', '_' and '.'; whatever else comes becomes '_', and no name begins with a
  // dot.
  for (QChar& letter : name) {
    const bool plain = (letter >= QLatin1Char('a') && letter <= QLatin1Char('z')) ||
                       (letter >= QLatin1Char('A') && letter <= QLatin1Char('Z')) || letter.isDigit() ||
                       letter == QLatin1Char('-') || letter == QLatin1Char('.') || letter == QLatin1Char('_');
    if (!plain || letter.unicode() > 0x7e) letter = QLatin1Char('_');
  }
  while (name.startsWith(QLatin1Char('.'))) name.remove(0, 1);
  return name.left(200);
}

}  // namespace app
