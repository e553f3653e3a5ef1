#pragma once

#include <QJsonObject>
#include <QList>
#include <QString>

namespace app {

struct CompletionAlternative {
  QString text;
  double logprob = 0;

  bool operator==(const CompletionAlternative&) const = default;
};

/// One token with its log-probability, where the server tells them.
struct CompletionToken {
  QString text;
  double logprob = 0;                         ///< natural logarithm, as the server has it
  QList<CompletionAlternative> alternatives;  ///< most likely first, as the server has them

  bool operator==(const CompletionToken&) const = default;
};

/// One object of a stream ("chat.completion.chunk"), or a whole answer, read. Fields of another type are as if they
/// were not there.
struct CompletionChunk {
  bool hasChoice = false;
  QString reasoning;
  QString text;
  QString finishReason;  ///< empty: it goes on
  QList<CompletionToken> tokens;
  int promptTokens = -1, cachedTokens = -1, completionTokens = -1;  ///< -1: not told
};

/// Of several choices the first only.
CompletionChunk readChunk(const QJsonObject& json);

}  // namespace app
