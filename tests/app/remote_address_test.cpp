#include <QTemporaryDir>
#include <QtTest>

#include "app/remote/endpoint_check.h"
#include "app/remote/remote_model.h"
#include "app/remote/remote_models.h"

using namespace app;

/// Addresses as people type them, models as they are stored, and lists of models as servers send them.
class RemoteAddressTest : public QObject {
  Q_OBJECT

 private slots:
  void addressesAreUnderstood_data() {
    QTest::addColumn<QString>("typed");
    QTest::addColumn<QString>("understood");  // empty: it is refused
    const auto row = [](const char* typed, const char* understood) {
      QTest::newRow(typed) << QString::fromUtf8(typed) << QString::fromUtf8(understood);
    };
    row("https://host:8000/v1", "https://host:8000/v1");
    row(" https://Host.Example/v1/ ", "https://host.example/v1");
    row("https://host", "https://host/v1");
    row("https://host:443/v1", "https://host/v1");
    row("host.example", "https://host.example/v1");
    row("localhost:8000", "http://localhost:8000/v1");
    row("127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1");
    row("[::1]:8000", "http://[::1]:8000/v1");
    row("http://192.168.1.5:8000", "http://192.168.1.5:8000/v1");
    row("http://[fd00::5]:8000/v1", "http://[fd00::5]:8000/v1");
    row("https://host/v1/chat/completions", "https://host/v1");
    row("https://host/v1/models/", "https://host/v1");
    row("https://host/api/paas/v4", "https://host/api/paas/v4");
    row("https://host/a/../b/v1", "https://host/b/v1");
    row("https://host/a%20b/v1", "https://host/a%20b/v1");
    for (const char* bad :
         {"", "   ", "https://", "https://host:0/v1", "https://host:99999/v1", "ftp://host/v1", "file:///etc",
          "javascript://host/%0aalert(1)", "https://me:secret@host/v1", "https://@host/v1", "https://host/v1?a=b",
          "https://host/v1#x", "https://ho st/v1", "https://host/a b", "http://\n"})
      row(bad, "");
  }
  void addressesAreUnderstood() {
    QFETCH(QString, typed);
    QFETCH(QString, understood);
    QString problem;
    const QUrl read = readRemoteAddress(typed, problem);
    QCOMPARE(read.toString(QUrl::FullyEncoded), understood);
    QCOMPARE(problem.isEmpty(), !understood.isEmpty());
    QVERIFY(!problem.contains(QStringLiteral("secret")));
    if (understood.isEmpty()) return;
    QVERIFY(readRemoteAddress(understood, problem) == read);
    RemoteModel model{QStringLiteral("a-1"), QStringLiteral("Big"), read, QStringLiteral("big"), 8192,
                      needsPlainHttp(read)};
    QCOMPARE(remoteModelProblem(model), QString());
    QVERIFY(remoteModelFrom(toJson(model)) == model);
  }

  void addressThatIsTooLongIsRefused() {
    QString problem;
    QVERIFY(
        readRemoteAddress(QStringLiteral("https://host/") + QString(kLongestRemoteAddress, QLatin1Char('a')), problem)
            .isEmpty());
    QVERIFY(!problem.isEmpty());
  }

  void storedModelsAreChecked_data() {
    QTest::addColumn<QString>("field");
    QTest::addColumn<QJsonValue>("value");
    const auto row = [](const char* name, const char* field, const QJsonValue& value) {
      QTest::newRow(name) << QString::fromLatin1(field) << value;
    };
    row("no id", "id", QJsonValue());
    row("id of a path", "id", QStringLiteral("../x"));
    row("long id", "id", QString(65, QLatin1Char('a')));
    row("no address", "base", 7);
    row("unsafe address", "base", QStringLiteral("http://far.example/v1"));
    row("user in it", "base", QStringLiteral("https://me:secret@host/v1"));
    row("no model", "model", QString());
    row("model of lines", "model", QStringLiteral("a\nb"));
    row("long title", "title", QString(257, QLatin1Char('a')));
    row("negative context", "contextLength", -1);
    row("huge context", "contextLength", 1e9);
  }
  void storedModelsAreChecked() {
    QFETCH(QString, field);
    QFETCH(QJsonValue, value);
    RemoteModel good{QStringLiteral("a-1"),
                     QStringLiteral("Big"),
                     QUrl(QStringLiteral("https://host/v1")),
                     QStringLiteral("big"),
                     0,
                     false};
    QJsonObject json = toJson(good);
    QVERIFY(remoteModelFrom(json) == good);
    json.insert(field, value);
    QVERIFY(!remoteModelFrom(json).has_value());
    const QTemporaryDir folder;
    Settings settings(folder.filePath(QStringLiteral("settings.json")));
    settings.setRemoteModels({json, toJson(good), toJson(good)});
    const RemoteModels models(
        settings, [] { return QString(); }, KeychainEntry::Keeper::SessionOnly);
    QCOMPARE(models.count(), 1);  // the bad one and the second of the same id are left out
  }

  void contextLengthsAreNumbersInReason() {
    QString problem;
    const auto of = [&](const QByteArray& fields) {
      return readServedModels("{\"data\":[{\"id\":\"a\"," + fields + "}]}", problem).value(0).contextLength;
    };
    QCOMPARE(of("\"max_model_len\":131072"), 131072);
    QCOMPARE(of("\"context_length\":4096"), 4096);
    for (const char* odd :
         {"\"max_model_len\":-1", "\"max_model_len\":1e300", "\"max_model_len\":\"8192\"", "\"meta\":7", "\"a\":1"})
      QCOMPARE(of(odd), 0);
    QByteArray many = "{\"data\":[";
    for (int i = 0; i < 1000; ++i) many += (i > 0 ? "," : "") + ("{\"id\":\"m" + QByteArray::number(i) + "\"}");
    QCOMPARE(readServedModels(many + "]}", problem).size(), kMostServedModels);
  }
};

QTEST_GUILESS_MAIN(RemoteAddressTest)
#include "remote_address_test.moc"
