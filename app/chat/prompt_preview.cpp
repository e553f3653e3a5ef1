#include "app/chat/prompt_preview.h"

#include <algorithm>

#include "app/prompt/template_check.h"

namespace app {

namespace {

QString kindOf(templates::Finding::Kind kind) {
  using Kind = templates::Finding::Kind;
  switch (kind) {
    case Kind::MissingStart:
      return QStringLiteral("missingStart");
    case Kind::DoubleStart:
      return QStringLiteral("doubleStart");
    case Kind::UnclosedThought:
      return QStringLiteral("unclosedThought");
    case Kind::DroppedRole:
      return QStringLiteral("droppedRole");
    case Kind::DroppedLaterSystem:
      return QStringLiteral("droppedLaterSystem");
    case Kind::UserTextDecides:
      return QStringLiteral("userTextDecides");
    case Kind::DiffersFromBuiltIn:
      return QStringLiteral("differs");
    case Kind::Incomplete:
      break;
  }
  return QStringLiteral("incomplete");
}

/// A diff without the two lines that name its sides: those are for people, in their language.
QString withoutHead(const std::string& diff) {
  const std::size_t first = diff.find('\n');
  const std::size_t second = first == std::string::npos ? first : diff.find('\n', first + 1);
  return second == std::string::npos ? QString() : QString::fromStdString(diff.substr(second + 1));
}

/// A run with as much of its text as `room` leaves.
PreviewRun shownRun(const engine::PromptRun& run, const std::vector<engine::PromptPiece>& pieces, qsizetype room) {
  PreviewRun shown;
  for (const engine::PromptRun::Part& part : run.parts) {
    const auto author = run.control                        ? PreviewPart::Author::Control
                        : pieces[part.piece].parse_special ? PreviewPart::Author::Template
                                                           : PreviewPart::Author::Person;
    // Bytes first: of a very long text only the beginning is worth converting.
    const auto bytes = std::min<std::size_t>(part.text.size(), static_cast<std::size_t>(room) * 4);
    const QString text = QString::fromUtf8(part.text.data(), static_cast<qsizetype>(bytes)).left(room);
    if (!text.isEmpty()) shown.parts.append({text, author});
    room -= text.size();
    if (room <= 0) break;
  }
  const qsizetype ids = std::min<qsizetype>(static_cast<qsizetype>(run.ids.size()), PromptPreview::kShownIds);
  shown.ids = QList<qint32>(run.ids.begin(), run.ids.begin() + ids);
  shown.idCount = static_cast<int>(run.ids.size());
  return shown;
}

}  // namespace

PromptPreview makePreview(const ChatTemplate& chatTemplate, const engine::ModelInfo& model,
                          const std::vector<PromptMessage>& messages, const TokenizeRuns& tokenize) {
  PromptPreview preview;
  try {
    const TemplateCheck check = checkTemplate(chatTemplate.text, model);
    if (check.fault) {
      preview.fault = QString::fromStdString(check.fault->sentence);
      preview.faultLine = static_cast<int>(check.fault->line);
      preview.templateIsBroken = true;
      return preview;
    }
    for (const templates::Finding& one : check.findings) {
      preview.findings.append(
          {kindOf(one.kind), QString::fromStdString(one.subject), one.line, withoutHead(one.detail)});
    }
    PromptOptions options;
    options.addGenerationPrompt = messages.empty() || messages.back().role != "assistant";
    const Prompt prompt = makePrompt(chatTemplate, model, messages, options);
    preview.omitted = static_cast<int>(prompt.omitted.size());
    for (const engine::PromptRun& run : tokenize(prompt.pieces)) {
      preview.tokens += static_cast<qsizetype>(run.ids.size());
      const qsizetype room = PromptPreview::kShownCharacters - preview.shownCharacters;
      if (room > 0 && preview.characters == preview.shownCharacters) {
        preview.runs.append(shownRun(run, prompt.pieces, room));
        for (const PreviewPart& part : preview.runs.last().parts) preview.shownCharacters += part.text.size();
      }
      for (const engine::PromptRun::Part& part : run.parts)
        preview.characters += QString::fromUtf8(part.text.data(), static_cast<qsizetype>(part.text.size())).size();
    }
  } catch (const PromptError& error) {
    preview.fault = QString::fromUtf8(error.what());
    preview.faultLine = static_cast<int>(error.line());
  } catch (const std::exception& error) {
    preview.fault = QString::fromUtf8(error.what());
  }
  return preview;
}

}  // namespace app
