#include "app/remote/completion_answer.h"

#include <QJsonArray>
#include <algorithm>
#include <cmath>

namespace app {

namespace {

constexpr qsizetype kMostTokens = 4096;      // in one piece
constexpr qsizetype kMostAlternatives = 20;  // of the protocol
constexpr qsizetype kLongestToken = 1024;
constexpr qsizetype kLongestReason = 60;

int count(const QJsonValue& value) {
  const double number = value.toDouble(-1);
  return number >= 0 && number <= 1e9 ? static_cast<int>(number) : -1;
}

QString tokenText(const QJsonObject& token) {
  return token.value(QStringLiteral("token")).toString().left(kLongestToken);
}

double logprobOf(const QJsonObject& token) {
  const double logprob = token.value(QStringLiteral("logprob")).toDouble(0);
  return std::isfinite(logprob) ? std::min(logprob, 0.0) : 0;
}

QList<CompletionToken> readTokens(const QJsonValue& logprobs) {
  QList<CompletionToken> tokens;
  const QJsonArray list = logprobs.toObject().value(QStringLiteral("content")).toArray();
  for (qsizetype i = 0; i < std::min(list.size(), kMostTokens); ++i) {
    const QJsonObject one = list[i].toObject();
    CompletionToken token;
    token.text = tokenText(one);
    token.logprob = logprobOf(one);
    const QJsonArray others = one.value(QStringLiteral("top_logprobs")).toArray();
    for (qsizetype k = 0; k < std::min(others.size(), kMostAlternatives); ++k) {
      const QJsonObject other = others[k].toObject();
      token.alternatives.append({tokenText(other), logprobOf(other)});
    }
    tokens.append(token);
  }
  return tokens;
}

}  // namespace

CompletionChunk readChunk(const QJsonObject& json) {
  CompletionChunk chunk;
  const QJsonObject usage = json.value(QStringLiteral("usage")).toObject();
  chunk.promptTokens = count(usage.value(QStringLiteral("prompt_tokens")));
  chunk.completionTokens = count(usage.value(QStringLiteral("completion_tokens")));
  chunk.cachedTokens =
      count(usage.value(QStringLiteral("prompt_tokens_details")).toObject().value(QStringLiteral("cached_tokens")));

  const QJsonObject choice = json.value(QStringLiteral("choices")).toArray().first().toObject();
  if (choice.isEmpty() || choice.value(QStringLiteral("index")).toInt(0) != 0) return chunk;
  chunk.hasChoice = true;
  // A server that does not stream has the same under "message".
  const QJsonObject delta = choice.contains(QStringLiteral("delta"))
                                ? choice.value(QStringLiteral("delta")).toObject()
                                : choice.value(QStringLiteral("message")).toObject();
  chunk.text = delta.value(QStringLiteral("content")).toString();
  // The same under two names; some servers send both.
  chunk.reasoning = delta.value(QStringLiteral("reasoning_content")).toString();
  if (chunk.reasoning.isEmpty()) chunk.reasoning = delta.value(QStringLiteral("reasoning")).toString();
  chunk.finishReason = choice.value(QStringLiteral("finish_reason")).toString().left(kLongestReason);
  chunk.tokens = readTokens(choice.value(QStringLiteral("logprobs")));
  return chunk;
}

}  // namespace app
