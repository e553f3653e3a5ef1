#include "tests/support/fault_proxy.h"

#include <QTcpSocket>
#include <algorithm>

namespace tests {

namespace {

QByteArray valueOf(const QByteArray& head, const QByteArray& name) {
  for (const QByteArray& line : head.split('\n')) {
    const qsizetype colon = line.indexOf(':');
    if (colon > 0 && line.left(colon).trimmed().compare(name, Qt::CaseInsensitive) == 0)
      return line.mid(colon + 1).trimmed();
  }
  return {};
}

/// The head with one line set to another value, or without it where the value is empty.
QByteArray with(const QByteArray& head, const QByteArray& name, const QByteArray& value) {
  QByteArray changed;
  for (const QByteArray& line : head.split('\n')) {
    const QByteArray bare = line.trimmed();
    if (bare.isEmpty() || bare.left(name.size() + 1).compare(name + ':', Qt::CaseInsensitive) == 0) continue;
    changed += bare + "\r\n";
  }
  if (!value.isEmpty()) changed += name + ": " + value + "\r\n";
  return changed;
}

void sayAndClose(QTcpSocket* client, const QByteArray& text) {
  client->write(text);
  client->disconnectFromHost();
}

QByteArray status(const QByteArray& line, const QByteArray& header = {}) {
  return "HTTP/1.1 " + line + "\r\nContent-Length: 0\r\nConnection: close\r\n" + header + "\r\n";
}

}  // namespace

QString nameOf(Fault::Kind kind) {
  static const char* const names[] = {"-",       "no answer", "cut",     "stall",   "truncate",   "corrupt", "redirect",
                                      "away",    "whole",     "403",     "416",     "429",        "500",     "etag",
                                      "no etag", "longer",    "shorter", "shifted", "compressed", "garbage"};
  static_assert(std::size(names) == Fault::kKinds);
  return QString::fromLatin1(names[static_cast<int>(kind)]);
}

FaultProxy::FaultProxy(quint16 originPort, Choose choose) : originPort_(originPort), choose_(std::move(choose)) {
  server_.listen(QHostAddress::LocalHost);
  connect(&server_, &QTcpServer::newConnection, this, [this] {
    while (QTcpSocket* client = server_.nextPendingConnection()) serve(client);
  });
}

QUrl FaultProxy::url(const QString& path) const {
  QUrl url(QStringLiteral("http://127.0.0.1:%1").arg(port()));
  url.setPath(QLatin1Char('/') + path);
  return url;
}

void FaultProxy::serve(QTcpSocket* client) {
  connect(client, &QTcpSocket::disconnected, client, &QObject::deleteLater);
  connect(client, &QTcpSocket::readyRead, this, [this, client] {
    const QByteArray there = client->peek(65536);
    const qsizetype end = there.indexOf("\r\n\r\n");
    if (end < 0) return;
    client->disconnect(this);
    client->read(end + 4);
    answer(client, there.left(end));
  });
}

void FaultProxy::answer(QTcpSocket* client, const QByteArray& head) {
  ProxyRequest request;
  request.path = head.split(' ').value(1);
  request.range = valueOf(head, "Range");
  request.ifRange = valueOf(head, "If-Range");
  request.authorization = valueOf(head, "Authorization");
  requests_.append(request);
  const Fault fault = choose_(request);
  const QByteArray extra = extra_.isEmpty() ? QByteArray() : extra_ + "\r\n";
  switch (fault.kind) {
    case Fault::Kind::NoAnswer:
      client->abort();
      return;
    case Fault::Kind::Garbage:
      sayAndClose(client, "\x16\x03\x01 this is no answer\r\n\r\n\r\n");
      return;
    case Fault::Kind::Redirect:
      sayAndClose(client, status("302 Found", "Location: " + request.path + "\r\n" + extra));
      return;
    case Fault::Kind::RedirectAway:
      sayAndClose(client, status("302 Found", "Location: " + elsewhere_.toUtf8() + request.path + "\r\n" + extra));
      return;
    case Fault::Kind::Forbidden:
      sayAndClose(client, status("403 Forbidden"));
      return;
    case Fault::Kind::WrongRange:
      sayAndClose(client, status("416 Range Not Satisfiable", "Content-Range: bytes */1\r\n"));
      return;
    case Fault::Kind::TooMany:
      sayAndClose(client, status("429 Too Many Requests", "Retry-After: 0\r\n"));
      return;
    case Fault::Kind::Broken:
      sayAndClose(client, status("500 Internal Server Error"));
      return;
    default:
      forward(client, request, fault);
  }
}

void FaultProxy::forward(QTcpSocket* client, const ProxyRequest& request, const Fault& fault) {
  auto* origin = new QTcpSocket(client);
  QByteArray question = "GET " + request.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n";
  if (!request.range.isEmpty() && fault.kind != Fault::Kind::WholeFile) {
    question += "Range: " + request.range + "\r\n";
    if (!request.ifRange.isEmpty()) question += "If-Range: " + request.ifRange + "\r\n";
  }
  if (!request.authorization.isEmpty()) question += "Authorization: " + request.authorization + "\r\n";
  connect(origin, &QTcpSocket::connected, origin, [origin, question] { origin->write(question + "\r\n"); });
  connect(origin, &QTcpSocket::disconnected, this,
          [this, origin, client, fault] { deliver(client, origin->readAll(), fault); });
  connect(client, &QTcpSocket::disconnected, origin, [origin] {
    origin->disconnect();
    origin->abort();
  });
  origin->connectToHost(QHostAddress::LocalHost, originPort_);
}

void FaultProxy::deliver(QTcpSocket* client, const QByteArray& reply, const Fault& fault) {
  const qsizetype split = reply.indexOf("\r\n\r\n");
  QByteArray head = reply.left(split);
  QByteArray body = reply.mid(split + 4);
  const qint64 at = body.isEmpty() ? 0 : fault.at % body.size();
  const QByteArray etag = valueOf(head, "ETag");
  bool stalls = false;
  head = with(head, "Connection", "close");
  switch (fault.kind) {
    case Fault::Kind::Cut:
      body.truncate(at);
      break;
    case Fault::Kind::Stall:
      body.truncate(at);
      stalls = true;
      break;
    case Fault::Kind::Truncate:
      body.truncate(at);
      head = with(head, "Content-Length", QByteArray::number(body.size()));
      break;
    case Fault::Kind::Corrupt:
      if (!body.isEmpty()) body[at] = static_cast<char>(body[at] ^ 0x20);
      break;
    case Fault::Kind::OtherEtag:
      head = with(head, "ETag", "\"another-" + QByteArray::number(fault.at % 3) + '"');
      break;
    case Fault::Kind::NoEtag:
      head = with(head, "ETag", {});
      break;
    case Fault::Kind::LongerLength:
      head = with(head, "Content-Length", QByteArray::number(body.size() + 1 + at));
      break;
    case Fault::Kind::ShorterLength:
      head = with(head, "Content-Length", QByteArray::number(at));
      break;
    case Fault::Kind::ShiftedRange: {
      const QByteArray range = valueOf(head, "Content-Range");
      const QByteArray last = range.mid(range.indexOf('-') + 1);
      const qint64 first = range.mid(6, range.indexOf('-') - 6).toLongLong();
      if (!range.isEmpty()) head = with(head, "Content-Range", "bytes " + QByteArray::number(first + 1) + '-' + last);
      break;
    }
    case Fault::Kind::Compressed:
      head = with(head, "Content-Encoding", "gzip");
      break;
    default:
      break;
  }
  if (!extra_.isEmpty()) head += extra_ + "\r\n";
  bodyBytes_ += body.size();
  client->write(head + "\r\n" + body);
  if (!stalls) client->disconnectFromHost();
}

}  // namespace tests
