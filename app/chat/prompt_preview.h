#pragma once

#include <QList>
#include <QString>
#include <functional>
#include <vector>

#include "app/prompt/prompt.h"
#include "engine/types.h"

namespace app {

/// A stretch of the rendered text by one author.
struct PreviewPart {
  enum class Author { Template, Person, Control };  ///< Control: a control token of the model
  QString text;
  Author author = Author::Template;

  bool operator==(const PreviewPart&) const = default;
};

/// A stretch of the rendered text that became ids together; see engine::PromptRun.
struct PreviewRun {
  QList<PreviewPart> parts;
  QList<qint32> ids;  ///< the first kShownIds of them
  int idCount = 0;

  bool operator==(const PreviewRun&) const = default;
};

/// Something about the template that the person should know; see templates::Finding.
struct PreviewFinding {
  QString kind;  ///< "missingStart", "doubleStart", "unclosedThought", "droppedRole", "droppedLaterSystem",
                 ///< "userTextDecides", "differs" or "incomplete"
  QString subject;
  int line = 0;
  QString detail;  ///< the lines of a unified diff, without its head

  bool operator==(const PreviewFinding&) const = default;
};

/// What the model would be given, as the prompt panel shows it. A value.
struct PromptPreview {
  static constexpr qsizetype kShownCharacters = 24 * 1024;
  static constexpr qsizetype kShownIds = 512;

  QString fault;  ///< why there is no prompt; empty: there is one
  int faultLine = 0;
  bool templateIsBroken = false;  ///< the fault is the template's whatever the conversation
  QList<PreviewRun> runs;         ///< the first kShownCharacters of the text
  qsizetype characters = 0;       ///< of the whole text
  qsizetype tokens = 0;
  int omitted = 0;  ///< messages of which the template shows nothing
  QList<PreviewFinding> findings;

  bool isCut() const { return shownCharacters < characters; }
  qsizetype shownCharacters = 0;
};

using TokenizeRuns = std::function<std::vector<engine::PromptRun>(const std::vector<engine::PromptPiece>&)>;

/// Looks the template over, renders the messages with it and tokenizes the prompt. Any thread; carries no error.
PromptPreview makePreview(const ChatTemplate& chatTemplate, const engine::ModelInfo& model,
                          const std::vector<PromptMessage>& messages, const TokenizeRuns& tokenize);

}  // namespace app
