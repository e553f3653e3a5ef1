#include <QNetworkAccessManager>
#include <QSignalSpy>

#include "app/network/http_fetch.h"
#include "tests/app/download_fixture.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/nginx_origin.h"

using namespace app;
using namespace tests;

using Failure = HttpFailure::Kind;

/// HttpGet and HttpFetch against nginx and a proxy that does harm.
class DownloadHttpTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> root_;
  std::unique_ptr<NginxOrigin> origin_;
  QNetworkAccessManager network_;
  QByteArray content_ = bytesFrom(1, 100000);

  static HttpQuestion ask(const QUrl& url) {
    HttpQuestion question;
    question.url = url;
    question.limit = 1 << 20;
    question.silenceMs = 10000;
    return question;
  }
  HttpAnswer fetch(const HttpQuestion& question) {
    HttpFetch fetch(network_, question);
    HttpAnswer answer;
    QEventLoop loop;
    connect(&fetch, &HttpFetch::finished, &loop, [&](const HttpAnswer& told) {
      answer = told;
      loop.quit();
    });
    QTimer::singleShot(kPatienceMs, &loop, &QEventLoop::quit);
    fetch.start();
    loop.exec();
    return answer;
  }
  HttpAnswer through(Fault::Kind kind, HttpQuestion question, qint64 at = 1000) {
    FaultProxy proxy(origin_->port(), [&](const ProxyRequest&) { return Fault{kind, at}; });
    question.url = proxy.url(QStringLiteral("file"));
    return fetch(question);
  }

 private slots:
  void initTestCase() {
    network_.setProxy(QNetworkProxy(QNetworkProxy::NoProxy));
    if (!NginxOrigin::isThere()) QSKIP("nginx is not installed (package nginx-light)");
    root_ = std::make_unique<QTemporaryDir>();
    store(root_->path(), {{QStringLiteral("file"), content_}, {QStringLiteral("empty"), {}}});
    origin_ = std::make_unique<NginxOrigin>(
        root_->path(),
        QStringLiteral("location /loop { return 302 /loop; } location /file-url { return 302 file:///etc/passwd; }"
                       "location /plain { return 302 http://192.0.2.1/x; } location /text { return 200 '{}'; }"));
    QVERIFY(origin_->isRunning());
  }

  void wholeFileAndRange() {
    HttpAnswer answer = fetch(ask(origin_->url(QStringLiteral("file"))));
    QVERIFY2(!answer.failure, qPrintable(answer.failure.sentence));
    QCOMPARE(answer.body, content_);
    QVERIFY(isStrongEtag(answer.etag));
    HttpQuestion range = ask(origin_->url(QStringLiteral("file")));
    range.firstByte = 500;
    range.lastByte = 1499;
    answer = fetch(range);
    QCOMPARE(answer.status, 206);
    QCOMPARE(answer.body, content_.mid(500, 1000));
    QCOMPARE(answer.range.total, content_.size());
    range.lastByte = 1 << 19;  // past the end
    QCOMPARE(fetch(range).body, content_.mid(500));
    range.firstByte = 1 << 18;
    QCOMPARE(fetch(range).failure.status, 416);
    QCOMPARE(fetch(ask(origin_->url(QStringLiteral("empty")))).status, 200);
  }

  void wholeFileForARangeGivesTheRange() {
    HttpQuestion range = ask({});
    range.firstByte = 500;
    range.lastByte = 1499;
    const HttpAnswer answer = through(Fault::Kind::WholeFile, range);
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.body, content_.mid(500, 1000));
  }

  void whatIsNoGoodAnswerIsAFailure_data() {
    QTest::addColumn<Fault::Kind>("fault");
    QTest::addColumn<Failure>("failure");
    QTest::newRow("no answer") << Fault::Kind::NoAnswer << Failure::Unreachable;
    QTest::newRow("cut") << Fault::Kind::Cut << Failure::Cut;
    QTest::newRow("stall") << Fault::Kind::Stall << Failure::Silence;
    QTest::newRow("truncate") << Fault::Kind::Truncate << Failure::WrongRange;
    QTest::newRow("403") << Fault::Kind::Forbidden << Failure::Status;
    QTest::newRow("416") << Fault::Kind::WrongRange << Failure::Status;
    QTest::newRow("429") << Fault::Kind::TooMany << Failure::Status;
    QTest::newRow("500") << Fault::Kind::Broken << Failure::Status;
    QTest::newRow("longer") << Fault::Kind::LongerLength << Failure::WrongRange;
    QTest::newRow("shorter") << Fault::Kind::ShorterLength << Failure::WrongRange;
    QTest::newRow("shifted") << Fault::Kind::ShiftedRange << Failure::WrongRange;
    QTest::newRow("compressed") << Fault::Kind::Compressed << Failure::Encoded;
    QTest::newRow("garbage") << Fault::Kind::Garbage << Failure::Unreachable;
    QTest::newRow("redirects") << Fault::Kind::Redirect << Failure::Redirects;
  }
  void whatIsNoGoodAnswerIsAFailure() {
    QFETCH(Fault::Kind, fault);
    QFETCH(Failure, failure);
    HttpQuestion question = ask({});
    question.lastByte = 49999;
    if (fault == Fault::Kind::Stall) question.silenceMs = 200;
    const HttpAnswer answer = through(fault, question);
    QCOMPARE(answer.failure.kind, failure);
    QVERIFY(answer.failure.sentence.size() > 20);
    QVERIFY(answer.body.isEmpty());
    if (fault == Fault::Kind::TooMany) QCOMPARE(answer.failure.retryAfterSeconds, 0);
  }

  void addressesThatAreNotAsked() {
    for (const char* url :
         {"http://192.0.2.1/x", "file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x", "http://", "qrc:/x"}) {
      QCOMPARE(fetch(ask(QUrl(QString::fromLatin1(url)))).failure.kind, Failure::Refused);
    }
    QCOMPARE(fetch(ask(origin_->url(QStringLiteral("file-url")))).failure.kind, Failure::Refused);
    QCOMPARE(fetch(ask(origin_->url(QStringLiteral("plain")))).failure.kind, Failure::Refused);
    const HttpAnswer loop = fetch(ask(origin_->url(QStringLiteral("loop"))));
    QCOMPARE(loop.failure.kind, Failure::Redirects);
    QCOMPARE(loop.failure.sentence.count(QStringLiteral("loop")), 1);
  }

  void tokenGoesToItsOriginOnly() {
    // Away to another port, which is another origin, and from there back.
    FaultProxy other(origin_->port(), [](const ProxyRequest&) { return Fault{Fault::Kind::RedirectAway, 0}; });
    int asked = 0;
    FaultProxy proxy(origin_->port(), [&](const ProxyRequest&) {
      return Fault{++asked == 2 ? Fault::Kind::RedirectAway
                   : asked == 1 ? Fault::Kind::Redirect
                                : Fault::Kind::None,
                   0};
    });
    proxy.setElsewhere(QStringLiteral("http://127.0.0.1:%1").arg(other.port()));
    other.setElsewhere(QStringLiteral("http://127.0.0.1:%1").arg(proxy.port()));
    HttpQuestion question = ask(proxy.url(QStringLiteral("file")));
    question.token = "hf_secret";
    QCOMPARE(fetch(question).body, content_);
    QCOMPARE(proxy.requests().size(), 3);
    QCOMPARE(proxy.requests()[0].authorization, QByteArray("Bearer hf_secret"));
    QCOMPARE(proxy.requests()[1].authorization, QByteArray("Bearer hf_secret"));
    QCOMPARE(other.requests().size(), 1);
    QVERIFY(other.requests()[0].authorization.isEmpty());
    QVERIFY(proxy.requests()[2].authorization.isEmpty());
  }

  void secretsOfAnAddressAreNotTold() {
    QUrl url = origin_->url(QStringLiteral("missing"));
    url.setQuery(QStringLiteral("signature=secret1"));
    url.setUserName(QStringLiteral("secret2"));
    url.setPassword(QStringLiteral("secret3"));
    const HttpAnswer answer = fetch(ask(url));
    QCOMPARE(answer.failure.status, 404);
    QVERIFY2(!answer.failure.sentence.contains(QStringLiteral("secret")), qPrintable(answer.failure.sentence));
    QVERIFY(!origin_->requests().join().contains("secret2"));
  }

  void tooLargeIsRefused() {
    HttpQuestion question = ask(origin_->url(QStringLiteral("file")));
    question.limit = content_.size() - 1;
    QCOMPARE(fetch(question).failure.kind, Failure::TooLarge);
    question.limit = content_.size();
    QCOMPARE(fetch(question).body, content_);
  }

  void slowReaderLosesNothingAndIsNoSilence() {
    HttpQuestion question = ask(origin_->url(QStringLiteral("file")));
    question.silenceMs = 50;
    HttpGet get(network_, question);
    QByteArray body;
    QTimer slowly;
    slowly.setInterval(20);
    connect(&slowly, &QTimer::timeout, &get, [&] { body += get.read(10000); });
    slowly.start();
    QSignalSpy finished(&get, &HttpGet::finished);
    get.start();
    QVERIFY(finished.wait(kPatienceMs));
    QVERIFY2(!get.failure(), qPrintable(get.failure().sentence));
    QCOMPARE(body, content_);
  }

  void abortedSaysNothingMore() {
    HttpGet get(network_, ask(origin_->url(QStringLiteral("file"))));
    QSignalSpy finished(&get, &HttpGet::finished);
    connect(&get, &HttpGet::answered, &get, &HttpGet::abort);
    QSignalSpy answered(&get, &HttpGet::answered);
    get.start();
    QVERIFY(answered.wait(kPatienceMs));
    QCOMPARE(fetch(ask(origin_->url(QStringLiteral("text")))).body, QByteArray("{}"));
    QCOMPARE(finished.size(), 0);
  }

  void certificateOfNobodyIsAnError() {
    QTemporaryDir tls;
    if (!NginxOrigin::writeCertificate(tls.path())) QSKIP("openssl is not installed");
    const NginxOrigin safe(root_->path(), {}, tls.path());
    QVERIFY(safe.isRunning());
    HttpQuestion question = ask(safe.url(QStringLiteral("file")));
    question.token = "hf_secret";
    const HttpAnswer answer = fetch(question);
    QCOMPARE(answer.failure.kind, Failure::Tls);
    QVERIFY(answer.body.isEmpty());
    QVERIFY(safe.requests().isEmpty());
  }
};

QTEST_GUILESS_MAIN(DownloadHttpTest)
#include "download_http_test.moc"
