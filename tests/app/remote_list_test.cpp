#include <QAbstractItemModelTester>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>

#include "app/remote/remote_models.h"
#include "tests/app/remote_fixture.h"

using namespace app;

/// The person's models on other machines: addresses, rows, keys, and what is asked where.
class RemoteListTest : public tests::RemoteFixture {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<Settings> settings_;
  std::unique_ptr<RemoteModels> models_;
  std::unique_ptr<QAbstractItemModelTester> tester_;

  void open() {
    close();
    settings_ = std::make_unique<Settings>(folder_->filePath(QStringLiteral("settings.json")));
    const auto blocked = [this] { return settings_->offline() ? QStringLiteral("Sotto is offline.") : QString(); };
    models_ = std::make_unique<RemoteModels>(*settings_, blocked, KeychainEntry::Keeper::SessionOnly);
    tester_ = std::make_unique<QAbstractItemModelTester>(models_.get());
  }
  void close() {
    tester_.reset();
    models_.reset();
    settings_.reset();
  }
  QString add(const QString& address = QStringLiteral("https://host.example/v1"), bool plainHttp = false) {
    return models_->add(address, QStringLiteral("big"), QStringLiteral("Big"), 8192, plainHttp);
  }
  QVariant at(int row, RemoteModels::Role role) const { return models_->index(row).data(role); }
  QByteArray keyOf(const QString& id) {
    QByteArray found = "not told";
    models_->keyFor(id, this, [&](const QByteArray& key) { found = key; });
    return found;
  }
  EndpointCheck& check(const QString& address, const QString& key = {}, bool plainHttp = false,
                       const QString& id = {}) {
    models_->testAddress(address, key, plainHttp, id);
    if (!QTest::qWaitFor([this] { return !models_->test()->isRunning(); }, kPatienceMs)) qFatal("no answer");
    return *models_->test();
  }
  void modelsAnswer(const QByteArray& json) {
    server_->onModels = [json](Answer& answer) { answer.refuse(200, json); };
  }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    server_ = std::make_unique<tests::CompletionServer>();
    open();
  }
  void cleanup() {
    QNetworkProxy::setApplicationProxy(QNetworkProxy(QNetworkProxy::NoProxy));
    close();
    server_.reset();
    folder_.reset();
  }

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
    settings_->setRemoteModels({json, toJson(good), toJson(good)});
    open();
    QCOMPARE(models_->count(), 1);  // the bad one and the second of the same id are left out
  }

  void modelsAreKeptAndKeysAreNot() {
    QSignalSpy counts(models_.get(), &RemoteModels::countChanged);
    const QString id = add();
    QVERIFY(!id.isEmpty() && models_->problem().isEmpty());
    QCOMPARE(counts.size(), 1);
    QVERIFY(models_->setKey(id, QStringLiteral(" sk-secret ")));
    QCOMPARE(at(0, RemoteModels::LocationRole).toString(), QStringLiteral("remote:") + id);
    QCOMPARE(at(0, RemoteModels::HostRole).toString(), QStringLiteral("host.example"));
    QVERIFY(at(0, RemoteModels::EncryptedRole).toBool() && at(0, RemoteModels::HasKeyRole).toBool());
    QVERIFY(at(0, RemoteModels::KeyTextRole).toString().contains(QStringLiteral("until Sotto is closed")));
    QCOMPARE(keyOf(id), QByteArray("sk-secret"));
    QTRY_VERIFY(QFile::exists(folder_->filePath(QStringLiteral("settings.json"))));
    open();
    QCOMPARE(models_->count(), 1);
    const RemoteModel* kept = models_->find(QStringLiteral("remote:") + id);
    QVERIFY(kept && kept->title == QStringLiteral("Big") && kept->contextLength == 8192);
    QCOMPARE(keyOf(id), QByteArray());
    QFile file(folder_->filePath(QStringLiteral("settings.json")));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray stored = file.readAll();
    QVERIFY(stored.contains("host.example") && !stored.contains("sk-secret"));
  }

  void keysThatCanBeNoneAreRefused() {
    const QString id = add();
    for (const char* bad : {"", "two words", "a\r\nHost: evil", "schl\xc3\xbcssel", "a\x01"}) {
      QVERIFY2(!models_->setKey(id, QString::fromUtf8(bad)), bad);
      QVERIFY(!models_->problem().isEmpty() && keyOf(id).isEmpty());
    }
    QVERIFY(!models_->setKey(id, QString(513, QLatin1Char('a'))));
    QVERIFY(models_->setKey(id, QStringLiteral("sk-1")));
    models_->removeKey(id);
    QVERIFY(keyOf(id).isEmpty());
  }

  void keyIsForgottenWhereTheOriginChanges() {
    const QString id = add();
    models_->setKey(id, QStringLiteral("sk-1"));
    const auto change = [&](const char* address) {
      return models_->change(id, QString::fromLatin1(address), QStringLiteral("big"), {}, 0, false);
    };
    QVERIFY(change("https://host.example:443/other/v1"));
    QCOMPARE(keyOf(id), QByteArray("sk-1"));
    QCOMPARE(at(0, RemoteModels::TitleRole).toString(), QStringLiteral("big"));
    QVERIFY(!change("http://host.example/v1"));  // not accepted
    QCOMPARE(keyOf(id), QByteArray("sk-1"));
    QVERIFY(change("https://host.example:8443/v1"));
    QVERIFY(keyOf(id).isEmpty());
  }

  void plainHttpToAnotherMachineIsAcceptedInSoManyWords() {
    QVERIFY(models_->needsPlainHttp(QStringLiteral("http://192.168.1.5:8000")));
    QVERIFY(!models_->needsPlainHttp(QStringLiteral("http://127.0.0.1:8000")));
    QVERIFY(add(QStringLiteral("http://192.168.1.5:8000")).isEmpty());
    QVERIFY2(models_->problem().contains(QStringLiteral("not encrypted")), qPrintable(models_->problem()));
    QVERIFY(!add(QStringLiteral("http://192.168.1.5:8000"), true).isEmpty());
    QVERIFY(!at(0, RemoteModels::EncryptedRole).toBool() && at(0, RemoteModels::PlainHttpRole).toBool());
    QVERIFY(check(QStringLiteral("http://192.168.1.5:8000")).problem().contains(QStringLiteral("not encrypted")));
  }

  void moreThanTheMostAreRefused() {
    for (int i = 0; i < RemoteModels::kMost; ++i) QVERIFY(!add().isEmpty());
    QVERIFY(add().isEmpty());
    QVERIFY(models_->problem().contains(QStringLiteral("50")));
    models_->remove(at(7, RemoteModels::RemoteIdRole).toString());
    QCOMPARE(models_->count(), RemoteModels::kMost - 1);
    QVERIFY(!add().isEmpty());
  }

  void testNamesTheModelsOfAServer() {
    server_->models = QStringList{QStringLiteral("big"), QStringLiteral("small")};
    EndpointCheck& test = check(QStringLiteral("127.0.0.1:%1").arg(server_->serverPort()), QStringLiteral("sk-1"));
    QVERIFY2(test.hasPassed(), qPrintable(test.problem()));
    QCOMPARE(test.models(), server_->models);
    QCOMPARE(test.contextLength(QStringLiteral("big")), 8192);
    QCOMPARE(test.address(), server_->address());
    QCOMPARE(server_->keys, QByteArrayList{"Bearer sk-1"});
  }

  void answersToTheTestAreNotTrusted_data() {
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QStringList>("names");  // none: it is a problem
    QTest::newRow("llama.cpp") << QByteArray(R"({"object":"list","data":[{"id":"a.gguf","meta":{"n_ctx":4096}}]})")
                               << QStringList{QStringLiteral("a.gguf")};
    QTest::newRow("twice") << QByteArray(R"({"data":[{"id":"a"},{"id":"a"},{"id":"b"}]})")
                           << QStringList{QStringLiteral("a"), QStringLiteral("b")};
    QTest::newRow("odd entries")
        << QByteArray(R"({"data":[null,7,[],{"id":7},{"id":""},{"id":"a\nb"},{"id":"  "},{"id":"ok"}]})")
        << QStringList{QStringLiteral("ok")};
    QTest::newRow("long name") << "{\"data\":[{\"id\":\"" + QByteArray(257, 'a') + "\"}]}" << QStringList();
    QTest::newRow("none") << QByteArray(R"({"data":[]})") << QStringList();
    QTest::newRow("page") << QByteArray("<html>") << QStringList();
    QTest::newRow("list") << QByteArray("[]") << QStringList();
    QTest::newRow("other") << QByteArray(R"({"models":[]})") << QStringList();
    QTest::newRow("nothing") << QByteArray() << QStringList();
    QTest::newRow("too large") << "{\"data\":[]" + QByteArray(5 * 1024 * 1024, ' ') + '}' << QStringList();
    QTest::newRow("deep") << QByteArray(1000000, '[') << QStringList();
  }
  void answersToTheTestAreNotTrusted() {
    QFETCH(QByteArray, json);
    QFETCH(QStringList, names);
    modelsAnswer(json);
    EndpointCheck& test = check(server_->address());
    QCOMPARE(test.models(), names);
    QCOMPARE(test.hasPassed(), !names.isEmpty());
    QCOMPARE(test.problem().isEmpty(), !names.isEmpty());
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

  void refusedTestsSayWhy() {
    server_->onModels = [](Answer& answer) { answer.refuse(401, "{}"); };
    QVERIFY(check(server_->address()).problem().contains(QStringLiteral("wants a key")));
    QVERIFY(check(server_->address(), QStringLiteral("sk-1"))
                .problem()
                .contains(QStringLiteral("does not accept the key")));
    server_->onModels = [](Answer& answer) { answer.refuse(404, "{}"); };
    QVERIFY(check(server_->address()).problem().contains(QStringLiteral("/v1")));
    QVERIFY(check(server_->address(), QStringLiteral("two words")).problem().contains(QStringLiteral("no key")));
    tests::CompletionServer other;
    server_->onModels = [&](Answer& answer) {
      answer.write("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + other.address().toLatin1() +
                   "/models\r\n\r\n");
    };
    QVERIFY(check(server_->address(), QStringLiteral("sk-1")).problem().contains(QStringLiteral("no redirect")));
    QVERIFY(other.keys.isEmpty());
  }

  void storedKeyIsTestedWithItsOwnOriginOnly() {
    const QString id = add(server_->address());
    models_->setKey(id, QStringLiteral("sk-1"));
    tests::CompletionServer other;
    check(other.address(), {}, false, id);
    QCOMPARE(other.keys, QByteArrayList{QByteArray()});
    check(server_->address(), {}, false, id);
    QCOMPARE(server_->keys, QByteArrayList{"Bearer sk-1"});
  }

  void endedTestClosesItsConnection() {
    bool asked = false;
    server_->onModels = [&](Answer&) { asked = true; };
    models_->testAddress(server_->address(), {}, false);
    QTRY_VERIFY_WITH_TIMEOUT(asked, kPatienceMs);
    models_->test()->clear();
    QTRY_COMPARE_WITH_TIMEOUT(server_->openConnections(), 0, kPatienceMs);
  }

  void askedModelAnswersWithItsKeyAndRemembersWhatItDoesNotTake() {
    const QString id = add(server_->address());
    models_->setKey(id, QStringLiteral("sk-1"));
    server_->onQuestion = [](Answer& answer) {
      if (answer.question.contains(QStringLiteral("top_k")))
        return answer.refuse(422, R"({"detail":[{"loc":["body","top_k"]}]})");
      answer.begin();
      answer.say("Hi");
      answer.end("stop", 1, 1);
    };
    CompletionQuestion question = hello();
    question.sampling.topK = 5;
    for (int i = 0; i < 2; ++i) {
      CompletionStream* stream = models_->ask(QStringLiteral("remote:") + id, question);
      const tests::ToldReply reply = told(*stream, [] {});
      QCOMPARE(reply.text, QStringLiteral("Hi"));
      stream->deleteLater();
    }
    QCOMPARE(server_->questions.size(), 3);
    QCOMPARE(server_->keys.count("Bearer sk-1"), 3);
  }

  void whatCannotBeAskedFailsWithASentence() {
    const QString id = add(server_->address());
    QVERIFY(!told(*models_->ask(QStringLiteral("remote:unknown"), hello()), [] {}).end.error.isEmpty());
    settings_->setOffline(true);
    QCOMPARE(told(*models_->ask(QStringLiteral("remote:") + id, hello()), [] {}).end.error,
             QStringLiteral("Sotto is offline."));
    QCOMPARE(check(server_->address()).problem(), QStringLiteral("Sotto is offline."));
    QVERIFY(server_->keys.isEmpty());
  }

  void goingOfflineAndRemovingEndWhatIsUnderWay() {
    server_->onQuestion = [](Answer& answer) {
      answer.begin();
      answer.say("Hi");
    };
    const QString id = add(server_->address());
    CompletionStream* stream = models_->ask(QStringLiteral("remote:") + id, hello());
    connect(stream, &CompletionStream::added, this, [this] { settings_->setOffline(true); });
    tests::ToldReply reply = told(*stream, [] {});
    QCOMPARE(reply.text, QStringLiteral("Hi"));
    QCOMPARE(reply.end.error, QStringLiteral("Sotto is offline."));
    QTRY_COMPARE_WITH_TIMEOUT(server_->openConnections(), 0, kPatienceMs);
    settings_->setOffline(false);
    stream = models_->ask(QStringLiteral("remote:") + id, hello());
    connect(stream, &CompletionStream::added, this, [&] { models_->remove(id); });
    reply = told(*stream, [] {});
    QVERIFY2(reply.end.error.contains(QStringLiteral("removed")), qPrintable(reply.end.error));
    QTRY_COMPARE_WITH_TIMEOUT(server_->openConnections(), 0, kPatienceMs);
  }

  /// The proxy would read the text of who believes that it stays here.
  void thisMachineIsAskedWithoutTheProxy() {
    server_->onQuestion = [](Answer& answer) {
      answer.begin();
      answer.say("Hi");
      answer.end("stop", 1, 1);
    };
    tests::CompletionServer proxy;
    QNetworkProxy::setApplicationProxy(
        QNetworkProxy(QNetworkProxy::HttpProxy, QStringLiteral("127.0.0.1"), proxy.serverPort()));
    const QString here = add(server_->address());
    QCOMPARE(told(*models_->ask(QStringLiteral("remote:") + here, hello()), [] {}).text, QStringLiteral("Hi"));
    QVERIFY(check(server_->address()).hasPassed());
    QVERIFY(proxy.keys.isEmpty());
    // Another machine goes by it, of version 6 as well.
    EndpointCheck& test = check(QStringLiteral("http://[fd00::5]:8000"), QStringLiteral("sk-1"), true);
    QVERIFY2(test.hasPassed(), qPrintable(test.problem()));
    QCOMPARE(proxy.keys, QByteArrayList{"Bearer sk-1"});
  }
};

QTEST_GUILESS_MAIN(RemoteListTest)
#include "remote_list_test.moc"
