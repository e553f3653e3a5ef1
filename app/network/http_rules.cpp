#include "app/network/http_rules.h"

#include <QDateTime>
#include <QHostAddress>
#include <algorithm>

#include "app/network/http_get.h"

namespace app {

namespace {

constexpr int kLongestRetryAfterSeconds = 24 * 3600;

}  // namespace

QUrl originOf(const QUrl& url) {
  if (url.host().isEmpty()) return {};
  QUrl origin;
  origin.setScheme(url.scheme().toLower());
  origin.setHost(url.host().toLower());
  origin.setPort(url.port(url.scheme().toLower() == QLatin1String("http") ? 80 : 443));
  return origin;
}

bool isThisMachine(const QString& host) {
  return host.compare(QLatin1String("localhost"), Qt::CaseInsensitive) == 0 || QHostAddress(host).isLoopback();
}

QString whyNotAsked(const QUrl& url, bool plainHttp) {
  if (!url.isValid() || url.host().isEmpty()) return HttpGet::tr("it is no valid address");
  if (url.scheme() == QLatin1String("https")) return {};
  if (url.scheme() != QLatin1String("http")) return HttpGet::tr("only https is used");
  return plainHttp || isThisMachine(url.host()) ? QString() : HttpGet::tr("plain http is not safe there");
}

bool mayCarrySecret(const QUrl& url, bool plainHttp) {
  return plainHttp || url.scheme() == QLatin1String("https") || isThisMachine(url.host());
}

QNetworkRequest plainRequest(const QUrl& url) {
  QNetworkRequest request(url);
  request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
  request.setAttribute(QNetworkRequest::CacheLoadControlAttribute, QNetworkRequest::AlwaysNetwork);
  request.setAttribute(QNetworkRequest::CacheSaveControlAttribute, false);
  request.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
  request.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
  request.setAttribute(QNetworkRequest::AuthenticationReuseAttribute, QNetworkRequest::Manual);
  // Parallel ranges are to be parallel connections: one connection's lost packet then holds up one range only.
  request.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
  request.setHeader(QNetworkRequest::UserAgentHeader, QStringLiteral("Sotto/" SOTTO_VERSION));
  request.setRawHeader("Accept-Encoding", "identity");
  return request;
}

bool isRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

QByteArray headerIn(const QList<QNetworkReply::RawHeaderPair>& headers, const QByteArray& name) {
  for (const auto& [key, value] : headers) {
    if (key.compare(name, Qt::CaseInsensitive) == 0) return value;
  }
  return {};
}

qint64 digits(const QByteArray& text) {
  const bool good = !text.isEmpty() && text.size() <= 18 &&
                    std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return good ? text.toLongLong() : -1;
}

int retryAfterSeconds(const QByteArray& header) {
  qint64 seconds = digits(header.trimmed());
  if (seconds < 0) {
    const QDateTime date = QDateTime::fromString(QString::fromLatin1(header.left(64)), Qt::RFC2822Date);
    if (!date.isValid()) return -1;
    seconds = std::max<qint64>(0, QDateTime::currentDateTimeUtc().secsTo(date));
  }
  return static_cast<int>(std::min<qint64>(seconds, kLongestRetryAfterSeconds));
}

}  // namespace app
