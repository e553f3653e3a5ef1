#include "app/remote/completion_question.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>
#include <limits>

#include "app/remote/reply_text.h"

namespace app {

namespace {

constexpr int kMostAlternatives = 20;  // of the protocol

const QStringList kOptional = {QStringLiteral("top_k"),
                               QStringLiteral("min_p"),
                               QStringLiteral("repetition_penalty"),
                               QStringLiteral("repeat_penalty"),
                               QStringLiteral("seed"),
                               QStringLiteral("presence_penalty"),
                               QStringLiteral("frequency_penalty"),
                               QStringLiteral("stream_options"),
                               QStringLiteral("logprobs"),
                               QStringLiteral("top_logprobs")};

template <class Number>
void put(QJsonObject& json, const QString& field, const std::optional<Number>& number) {
  if (number) json.insert(field, QJsonValue(*number));
}

}  // namespace

CompletionSampling CompletionSampling::of(const engine::SamplingParams& params, qint64 maxNewTokens) {
  const engine::SamplingParams neutral;
  CompletionSampling sampling;
  if (!params.do_sample || params.temperature == 0) {
    sampling.temperature = 0;
  } else {
    if (params.temperature != neutral.temperature) sampling.temperature = params.temperature;
    if (params.top_p != neutral.top_p) sampling.topP = params.top_p;
    if (params.top_k != neutral.top_k) sampling.topK = params.top_k;
    if (params.min_p != neutral.min_p) sampling.minP = params.min_p;
    if (params.seed != neutral.seed) sampling.seed = params.seed;
  }
  if (params.repetition_penalty != neutral.repetition_penalty) sampling.repetitionPenalty = params.repetition_penalty;
  if (maxNewTokens > 0) sampling.maxTokens = maxNewTokens;
  return sampling;
}

bool isOptionalField(const QString& field) {
  return kOptional.contains(field);
}

QByteArray completionJson(const QString& model, const CompletionQuestion& question, const QStringList& leftOut) {
  QJsonArray messages;
  for (const CompletionMessage& message : question.messages) {
    const bool fromModel = message.role == QLatin1String("assistant");
    messages.append(
        QJsonObject{{QStringLiteral("role"), message.role},
                    {QStringLiteral("content"), fromModel ? withoutReasoning(message.text) : message.text}});
  }
  QJsonObject json{{QStringLiteral("model"), model},
                   {QStringLiteral("messages"), messages},
                   {QStringLiteral("stream"), true},
                   {QStringLiteral("stream_options"), QJsonObject{{QStringLiteral("include_usage"), true}}}};
  const CompletionSampling& sampling = question.sampling;
  put(json, QStringLiteral("temperature"), sampling.temperature);
  put(json, QStringLiteral("top_p"), sampling.topP);
  put(json, QStringLiteral("max_tokens"), sampling.maxTokens);
  put(json, QStringLiteral("presence_penalty"), sampling.presencePenalty);
  put(json, QStringLiteral("frequency_penalty"), sampling.frequencyPenalty);
  put(json, QStringLiteral("top_k"), sampling.topK);
  put(json, QStringLiteral("min_p"), sampling.minP);
  // One thing under two names: vLLM's and SGLang's, and llama.cpp's. A server takes the one that it knows.
  put(json, QStringLiteral("repetition_penalty"), sampling.repetitionPenalty);
  put(json, QStringLiteral("repeat_penalty"), sampling.repetitionPenalty);
  if (sampling.seed) {
    // JSON's whole numbers end at 63 bits in most servers.
    json.insert(QStringLiteral("seed"), static_cast<qint64>(*sampling.seed & std::numeric_limits<qint64>::max()));
  }
  if (!sampling.stop.isEmpty()) json.insert(QStringLiteral("stop"), QJsonArray::fromStringList(sampling.stop));
  if (question.logprobs >= 0) {
    json.insert(QStringLiteral("logprobs"), true);
    if (question.logprobs > 0)
      json.insert(QStringLiteral("top_logprobs"), std::min(question.logprobs, kMostAlternatives));
  }
  for (const QString& field : leftOut) json.remove(field);
  return QJsonDocument(json).toJson(QJsonDocument::Compact);
}

}  // namespace app
