#pragma once

#include <QByteArray>
#include <QList>
#include <QString>
#include <QStringList>
#include <optional>

#include "engine/types.h"

namespace app {

/// How the server is to draw; what is not set is left to the server.
struct CompletionSampling {
  std::optional<double> temperature, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty;
  std::optional<qint64> topK, maxTokens;
  std::optional<quint64> seed;
  QStringList stop;

  /// Only what differs from neutral; greedy is temperature 0. maxNewTokens 0: no limit of ours.
  static CompletionSampling of(const engine::SamplingParams& params, qint64 maxNewTokens);
};

struct CompletionMessage {
  QString role;  ///< "system", "user" or "assistant"
  QString text;  ///< of an assistant with its reasoning, which is not sent
};

/// One chat completion that is asked for. A value.
struct CompletionQuestion {
  QList<CompletionMessage> messages;
  CompletionSampling sampling;
  int logprobs = -1;  ///< alternatives wanted for each token, at most 20; 0: of the drawn token only; -1: none at all
};

/// The body of the POST, without the fields named in `leftOut`.
QByteArray completionJson(const QString& model, const CompletionQuestion& question, const QStringList& leftOut);
/// Whether a field is one that not all servers know, and that a question can do without.
bool isOptionalField(const QString& field);

}  // namespace app
