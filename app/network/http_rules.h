#pragma once

#include <QByteArray>
#include <QList>
#include <QNetworkReply>
#include <QNetworkRequest>
#include <QString>
#include <QUrl>

namespace app {

// What all requests of ours keep to.

/// Scheme, host and port of an address, the port always said; empty for an address without a host.
QUrl originOf(const QUrl& url);
/// "localhost" or an address of the loopback: nothing leaves the machine.
bool isThisMachine(const QString& host);
/// Why an address is none we go to; empty: we do. Plain http is for this machine only, unless the person accepted it
/// for this address.
QString whyNotAsked(const QUrl& url, bool plainHttp);
/// Whether a secret may go to an address that we go to.
bool mayCarrySecret(const QUrl& url, bool plainHttp);

/// A request that is neither redirected, cached nor compressed, and carries no cookies and no remembered passwords.
QNetworkRequest plainRequest(const QUrl& url);

/// A status that leads elsewhere, where a Location comes with it.
bool isRedirect(int status);
QByteArray headerIn(const QList<QNetworkReply::RawHeaderPair>& headers, const QByteArray& name);
/// Digits only; -1 for anything else.
qint64 digits(const QByteArray& text);
/// Seconds of a Retry-After header, at most a day; -1: it is none.
int retryAfterSeconds(const QByteArray& header);

}  // namespace app
