#include <QAbstractItemModelTester>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>

#include "app/remote/remote_models.h"
#include "tests/app/remote_fixture.h"

using namespace app;

/// The person's models on other machines: rows, keys, and what is asked where.
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

  /// Qt sees to it; a proxy would read the text of who believes that it stays here.
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
