#pragma once

#include <QNetworkReply>
#include <QString>
#include <QUrl>

namespace app {

// The sentences of HttpGet's failures. Addresses are told without query, user and password: those may be secrets.

/// "host/path" for the person, shortened.
QString httpPlace(const QUrl& url);
/// `said` is what the server says itself; it is shortened and cleaned.
QString httpStatusSentence(const QUrl& url, int status, const QByteArray& said);
QString httpUnreachableSentence(const QUrl& url, const QNetworkReply& reply);
QString httpTlsSentence(const QUrl& url, const QString& found);
QString httpTooLargeSentence(const QUrl& url, qint64 limit);

}  // namespace app
