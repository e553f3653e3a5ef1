#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QString>
#include <QStringList>

#include "app/network/http_get.h"

namespace app {

// What servers say of failures, and what we say. Answers are not trusted: texts are shortened and cleaned, a key that
// is repeated in them is taken out.

/// A server's own words.
struct ServerWords {
  QString text;        ///< one line, at most a few hundred characters; empty: it said nothing that can be shown
  QString code;        ///< "context_length_exceeded" ...; may be empty
  QStringList fields;  ///< of our question that it names: "top_k"
};

/// From the body of a failure: JSON of any of the forms that servers have, or plain text.
ServerWords readServerWords(const QByteArray& body, const QByteArray& key);
/// The same from JSON that was read. `isFailure` tells whether it is one at all.
ServerWords readServerWords(const QJsonObject& json, const QByteArray& key);
bool isFailure(const QJsonObject& json);

/// Whom the person is told of.
struct RemotePlace {
  QString host;
  QString model;  ///< the server's name for it; empty: none was asked for
  bool hasKey = false;
};

/// One sentence for a failure that came as a status or instead of an answer.
QString remoteFailureSentence(const RemotePlace& place, const HttpFailure& failure, const ServerWords& words);
/// One for a failure in the middle of a stream.
QString remoteFailureSentence(const RemotePlace& place, const ServerWords& words);

}  // namespace app
