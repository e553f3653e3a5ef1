#include "app/network/http_failure.h"

#include "app/network/http_get.h"

namespace app {

namespace {

constexpr int kLongestPlace = 120;
constexpr qsizetype kLongestSaying = 200;

/// Printable characters of one line; the rest is left out.
QString plain(const QByteArray& text) {
  QString line;
  for (const QChar c : QString::fromUtf8(text.left(4 * kLongestSaying))) {
    if (c.isPrint() && line.size() < kLongestSaying) line += c;
  }
  return line.simplified();
}

}  // namespace

bool HttpFailure::mayPass() const {
  switch (kind) {
    case Kind::None:
    case Kind::Refused:
    case Kind::Redirects:
    case Kind::Tls:
      return false;
    case Kind::Status:
      return status == 403 || status == 408 || status == 416 || status == 425 || status == 429 ||
             (status >= 500 && status != 501 && status != 505);
    default:
      return true;
  }
}

QString httpPlace(const QUrl& url) {
  const QString place =
      url.toDisplayString(QUrl::RemoveScheme | QUrl::RemoveUserInfo | QUrl::RemoveQuery | QUrl::RemoveFragment);
  const QString bare = place.startsWith(QLatin1String("//")) ? place.mid(2) : place;
  return bare.size() <= kLongestPlace ? bare : bare.left(kLongestPlace - 1) + QChar(0x2026);
}

QString httpStatusSentence(const QUrl& url, int status, const QByteArray& said) {
  const QString saying = plain(said);
  const QString place = saying.isEmpty() ? httpPlace(url) : HttpGet::tr("%1 (\"%2\")").arg(httpPlace(url), saying);
  switch (status) {
    case 401:
      return HttpGet::tr("%1 asks who is there (status 401): store an access token of the hub in the settings.")
          .arg(place);
    case 403:
      return HttpGet::tr(
                 "%1 does not give it out (status 403): if the model has terms, accept them on its page and store an "
                 "access token.")
          .arg(place);
    case 404:
    case 410:
      return HttpGet::tr("%1 does not exist there any more (status %2): look the model up again.")
          .arg(place, QString::number(status));
    case 416:
      return HttpGet::tr("%1 has no such part (status 416): the file there has changed, or the server is at fault.")
          .arg(place);
    case 429:
      return HttpGet::tr("%1 is asked too often (status 429): try again later.").arg(place);
    default:
      return status >= 500
                 ? HttpGet::tr("%1 is out of order (status %2): try again later.").arg(place, QString::number(status))
                 : HttpGet::tr("%1 gave no file but status %2.").arg(place, QString::number(status));
  }
}

QString httpUnreachableSentence(const QUrl& url, const QNetworkReply& reply) {
  const QString server = url.adjusted(QUrl::RemoveUserInfo).authority();
  switch (reply.error()) {
    case QNetworkReply::ConnectionRefusedError:
      return HttpGet::tr("%1 cannot be reached, the connection is refused: is the server running there?").arg(server);
    case QNetworkReply::HostNotFoundError:
      return HttpGet::tr("%1 was not found: is this computer online, and is the address right?").arg(url.host());
    case QNetworkReply::ProxyConnectionRefusedError:
    case QNetworkReply::ProxyConnectionClosedError:
    case QNetworkReply::ProxyNotFoundError:
    case QNetworkReply::ProxyTimeoutError:
    case QNetworkReply::ProxyAuthenticationRequiredError:
      return HttpGet::tr("The proxy does not lead to %1 (%2): check it in the settings.")
          .arg(url.host(), reply.errorString());
    default:
      return HttpGet::tr("%1 cannot be reached (%2).").arg(server, reply.errorString());
  }
}

QString httpTlsSentence(const QUrl& url, const QString& found) {
  return HttpGet::tr("No safe connection to %1 (%2): nothing was sent. Is the clock right, or is somebody in between?")
      .arg(url.host(), found);
}

QString httpTooLargeSentence(const QUrl& url, qint64 limit) {
  return HttpGet::tr("%1 sends more than the %2 bytes that are taken.").arg(httpPlace(url), QString::number(limit));
}

}  // namespace app
