#include "app/remote/remote_failure.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

#include "app/remote/completion_stream.h"

namespace app {

namespace {

constexpr qsizetype kLongestWords = 300;
constexpr int kMostDetails = 20;

/// Printable characters of one line, without the key.
QString cleaned(const QString& text, const QByteArray& key) {
  QString line = text.left(16 * kLongestWords);
  if (!key.isEmpty()) line.replace(QString::fromLatin1(key), QStringLiteral("…"));
  QString plain;
  for (const QChar c : std::as_const(line)) plain += c.isPrint() ? c : QLatin1Char(' ');
  plain = plain.simplified();
  return plain.size() <= kLongestWords ? plain : plain.left(kLongestWords - 1) + QChar(0x2026);
}

/// The texts in which a server may name a field of the question, and the one that is for people.
struct Texts {
  QString forPeople;
  QStringList naming;
};

void addDetail(const QJsonValue& detail, Texts& texts) {
  if (detail.isString()) {
    texts.forPeople = detail.toString();
    texts.naming << detail.toString();
  }
  // FastAPI: [{"loc": ["body", "top_k"], "msg": "Extra inputs are not permitted", "input": ...}]
  const QJsonArray list = detail.toArray();
  for (qsizetype i = 0; i < std::min<qsizetype>(list.size(), kMostDetails); ++i) {
    const QJsonObject one = list[i].toObject();
    QStringList place;
    for (const QJsonValue& step : one.value(QStringLiteral("loc")).toArray()) {
      if (step.isString() && place.size() < 8) place << step.toString().left(100);
    }
    texts.naming << place;
    if (texts.forPeople.isEmpty())
      texts.forPeople =
          QStringLiteral("%1: %2").arg(place.join(QLatin1Char('.')), one.value(QStringLiteral("msg")).toString());
  }
}

Texts textsOf(const QJsonObject& json, QString& code) {
  Texts texts;
  const QJsonValue error = json.value(QStringLiteral("error"));
  const QJsonObject holder = error.isObject() ? error.toObject() : json;
  if (error.isString()) texts.forPeople = error.toString();
  const QString message = holder.value(QStringLiteral("message")).toString();
  if (!message.isEmpty()) texts.forPeople = message;
  texts.naming << texts.forPeople << holder.value(QStringLiteral("param")).toString();
  addDetail(json.value(QStringLiteral("detail")), texts);
  code = holder.value(QStringLiteral("code")).toString().left(100);
  return texts;
}

QString pause(int seconds) {
  if (seconds < 120) return CompletionStream::tr("%n second(s)", nullptr, seconds);
  if (seconds < 7200) return CompletionStream::tr("%n minute(s)", nullptr, (seconds + 59) / 60);
  return CompletionStream::tr("%n hour(s)", nullptr, (seconds + 3599) / 3600);
}

bool isTooLong(const ServerWords& words) {
  static const QRegularExpression kSaying(
      QStringLiteral("context (length|window|size)|maximum (model|context|input) len|too many tokens"),
      QRegularExpression::CaseInsensitiveOption);
  return words.code == QLatin1String("context_length_exceeded") || words.text.contains(kSaying);
}

QString statusSentence(const RemotePlace& place, const HttpFailure& failure, const ServerWords& words) {
  const QString status = QString::number(failure.status);
  switch (failure.status) {
    case 400:
    case 422:
      return (isTooLong(words)
                  ? CompletionStream::tr("The conversation and the reply asked for are longer than %1 can read (status "
                                         "%2): start a new chat, or limit the length of replies.")
                  : CompletionStream::tr("%1 does not take the question (status %2)."))
          .arg(place.host, status);
    case 401:
      return (place.hasKey ? CompletionStream::tr("%1 does not accept the key (status 401): enter another one for it.")
                           : CompletionStream::tr("%1 wants a key (status 401): enter the one that you have for it."))
          .arg(place.host);
    case 402:
      return CompletionStream::tr("%1 wants to be paid first (status 402): look at your account there.")
          .arg(place.host);
    case 403:
      return CompletionStream::tr("%1 does not let you use this (status 403): the key may not be good for it.")
          .arg(place.host);
    case 404:
      return place.model.isEmpty()
                 ? CompletionStream::tr(
                       "%1 has nothing at this address (status 404): most servers want it to end with /v1.")
                       .arg(place.host)
                 : CompletionStream::tr(
                       "%1 has no model \"%2\" at this address (status 404): test the address, and "
                       "choose one that it names.")
                       .arg(place.host, place.model);
    case 413:
      return CompletionStream::tr("%1 finds the conversation too long (status 413): start a new chat to go on.")
          .arg(place.host);
    case 429:
      return failure.retryAfterSeconds >= 0
                 ? CompletionStream::tr("%1 is asked too often (status 429) and wants a pause of %2.")
                       .arg(place.host, pause(failure.retryAfterSeconds))
                 : CompletionStream::tr("%1 is asked too often (status 429): try again later.").arg(place.host);
    case 503:
      return failure.retryAfterSeconds >= 0
                 ? CompletionStream::tr("%1 is busy or still starting (status 503) and wants a pause of %2.")
                       .arg(place.host, pause(failure.retryAfterSeconds))
                 : CompletionStream::tr("%1 is busy or still starting (status 503): try again later.").arg(place.host);
    default:
      return (failure.status >= 500 ? CompletionStream::tr("%1 is out of order (status %2): try again later.")
                                    : CompletionStream::tr("%1 gave no answer but status %2: is the address right?"))
          .arg(place.host, status);
  }
}

}  // namespace

bool isFailure(const QJsonObject& json) {
  const QJsonValue error = json.value(QStringLiteral("error"));
  return (!error.isNull() && !error.isUndefined() && error != QJsonValue(QString())) ||
         json.value(QStringLiteral("object")).toString() == QLatin1String("error") ||
         (!json.contains(QStringLiteral("choices")) && json.contains(QStringLiteral("detail")));
}

ServerWords readServerWords(const QJsonObject& json, const QByteArray& key) {
  ServerWords words;
  const Texts texts = textsOf(json, words.code);
  words.text = cleaned(texts.forPeople, key);
  static const QRegularExpression kWord(QStringLiteral("[a-z_]+"));
  for (const QString& text : texts.naming) {
    for (auto found = kWord.globalMatch(text.left(4096)); found.hasNext();) {
      const QString word = found.next().captured();
      if (isOptionalField(word) && !words.fields.contains(word)) words.fields << word;
    }
  }
  return words;
}

ServerWords readServerWords(const QByteArray& body, const QByteArray& key) {
  const QJsonDocument document = QJsonDocument::fromJson(body);
  if (document.isObject()) return readServerWords(document.object(), key);
  ServerWords words;
  // A page for a browser says nothing that helps.
  if (!body.contains('<')) words.text = cleaned(QString::fromUtf8(body.left(4096)), key);
  return words;
}

QString remoteFailureSentence(const RemotePlace& place, const HttpFailure& failure, const ServerWords& words) {
  if (failure.kind == HttpFailure::Kind::Status) return statusSentence(place, failure, words);
  return failure.sentence;
}

QString remoteFailureSentence(const RemotePlace& place, const ServerWords& words) {
  return isTooLong(words) ? CompletionStream::tr(
                                "The conversation and the reply asked for are longer than %1 can read: start a new "
                                "chat, or limit the length of replies.")
                                .arg(place.host)
                          : CompletionStream::tr("%1 gave up in the middle of the answer.").arg(place.host);
}

}  // namespace app
