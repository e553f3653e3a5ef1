#include "app/hub/hub.h"

#include <QtTest>

#include "app/hub/header_fetch.h"
#include "app/hub/hub_account.h"
#include "app/settings/settings.h"
#include "engine/engine.h"
#include "tests/app/loopback_hub.h"
#include "tests/support/gguf_bytes.h"

using namespace app;

namespace {

const QString kCommit = QStringLiteral("0123456789abcdef0123456789abcdef01234567");

QString fixture(const char* path) {
  return QStringLiteral(SOTTO_FIXTURES_DIR "/") + QLatin1String(path);
}

/// What one question was answered with.
template <class Value>
struct Got {
  Value value;
  QString problem;
  bool came = false;
};

}  // namespace

class HubTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<Settings> settings_;
  std::unique_ptr<HubAccount> account_;
  std::unique_ptr<Hub> hub_;
  std::unique_ptr<tests::LoopbackHub> server_;

  Got<QList<HubRepo>> search(const char* text, HubSource source = HubSource::HuggingFace) {
    Got<QList<HubRepo>> got;
    QObject context;
    hub_->search(source, QString::fromUtf8(text), &context, [&](const auto& value, const QString& problem) {
      got = {value, problem, true};
    });
    if (!QTest::qWaitFor([&] { return got.came; }, 20000)) qWarning("no answer came");
    return got;
  }

  Got<HubRepo> list(const char* repo, HubSource source = HubSource::HuggingFace) {
    Got<HubRepo> got;
    QObject context;
    hub_->list(source, QString::fromUtf8(repo), &context, [&](const auto& value, const QString& problem) {
      got = {value, problem, true};
    });
    if (!QTest::qWaitFor([&] { return got.came; }, 20000)) qWarning("no answer came");
    return got;
  }

  Got<ModelNeeds> needs(const HubRepo& repo, const FileChoice& choice) {
    Got<ModelNeeds> got;
    QObject context;
    hub_->needs(repo, choice, &context, [&](const auto& value, const QString& problem) {
      got = {value, problem, true};
    });
    if (!QTest::qWaitFor([&] { return got.came; }, 20000)) qWarning("no answer came");
    return got;
  }

  static void compareWithInspect(const ModelNeeds& found, const QString& whole) {
    const engine::ModelInfo info = engine::inspect(whole.toStdString(), {});
    QVERIFY2(found.problem.isEmpty(), qPrintable(found.problem));
    QCOMPARE(quint64(found.memoryBytes), info.memory_bytes);
    QCOMPARE(quint64(found.activeBytesPerToken), info.active_bytes_per_token);
  }

  qint64 bytesServed(const QString& suffix) const {
    qint64 sum = 0;
    for (const QString& line : server_->asked()) {
      if (line.contains(suffix)) sum += line.section(QLatin1Char(' '), 3, 3).toLongLong();
    }
    return sum;
  }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    settings_ = std::make_unique<Settings>(folder_->filePath(QStringLiteral("settings.json")));
    settings_->setNetworkProxy(QStringLiteral("none"));
    server_ = std::make_unique<tests::LoopbackHub>();
    QVERIFY(server_->runs());
    settings_->setHubEndpoint(server_->address());
    qputenv("MODELSCOPE_DOMAIN", server_->address().toUtf8());
    account_ = std::make_unique<HubAccount>(HubAccount::Keeper::SessionOnly);
    hub_ = std::make_unique<Hub>(*settings_, *account_);
  }
  void cleanup() {
    hub_.reset();
    account_.reset();
    server_.reset();
    settings_.reset();
    folder_.reset();
    qunsetenv("MODELSCOPE_DOMAIN");
    qunsetenv("HF_ENDPOINT");
  }

  void findsRepositories() {
    server_->put(QStringLiteral("api/models.json"),
                 "[{\"id\":\"unsloth/GLM-4-9B-0414-GGUF\",\"downloads\":5,\"tags\":[\"gguf\",\"license:mit\"]}]");
    const auto got = search("GLM 4 & 9b?");
    QVERIFY2(got.problem.isEmpty(), qPrintable(got.problem));
    QCOMPARE(got.value.size(), 1);
    QCOMPARE(got.value[0].title, QStringLiteral("GLM-4-9B-0414-GGUF"));
    QVERIFY2(server_->asked().join(u'\n').contains(
                 QStringLiteral("/api/models?search=GLM%204%20%26%209b%3F&sort=downloads")),
             qPrintable(server_->asked().join(u'\n')));
  }

  void findsRepositoriesOfModelScope() {
    server_->put(
        QStringLiteral("openapi/v1/models.json"),
        "{\"success\":true,\"data\":{\"models\":[{\"id\":\"PaddlePaddle/ERNIE-4.5-0.3B-PT\",\"downloads\":3}]}}");
    server_->put(QStringLiteral("api/v1/models/PaddlePaddle/ERNIE-4.5-0.3B-PT/repo/files.json"),
                 "{\"Code\":200,\"Data\":{\"Files\":[{\"Path\":\"a-Q8_0.gguf\",\"Type\":\"blob\",\"Size\":9}]}}");
    const auto got = search("ernie", HubSource::ModelScope);
    QCOMPARE(got.value.size(), 1);
    const auto files = list("PaddlePaddle/ERNIE-4.5-0.3B-PT", HubSource::ModelScope);
    QVERIFY2(files.problem.isEmpty(), qPrintable(files.problem));
    const auto choices = choicesOf(files.value.files);
    QCOMPARE(choices.size(), 1);
    const DownloadPlan plan = hub_->plan(files.value, choices[0]);
    QCOMPARE(plan.files[0].url.toString(),
             server_->address() + QStringLiteral("/models/PaddlePaddle/ERNIE-4.5-0.3B-PT/resolve/master/a-Q8_0.gguf"));
  }

  void plansEveryFileOfOneCommit() {
    server_->addRepo(QStringLiteral("baidu/ERNIE"), kCommit, fixture("models/ernie4_5-chat"),
                     {{QStringLiteral("tags"), QJsonArray{QStringLiteral("license:apache-2.0")}}});
    const auto got = list("baidu/ERNIE");
    QVERIFY2(got.problem.isEmpty(), qPrintable(got.problem));
    const auto choices = choicesOf(got.value.files, got.value.weightType);
    QCOMPARE(choices.size(), 1);
    const DownloadPlan plan = hub_->plan(got.value, choices[0]);
    QCOMPARE(plan.licence, QStringLiteral("apache-2.0"));
    QCOMPARE(plan.name, QStringLiteral("baidu_ERNIE"));
    QCOMPARE(plan.files.size(), QDir(fixture("models/ernie4_5-chat")).entryList(QDir::Files).size());
    for (const DownloadFile& file : plan.files) {
      QVERIFY(file.url.path().startsWith(QStringLiteral("/baidu/ERNIE/resolve/") + kCommit));
      QFile whole(fixture("models/ernie4_5-chat/") + file.path);
      QVERIFY(whole.open(QIODevice::ReadOnly));
      const QByteArray bytes = whole.readAll();
      QCOMPARE(file.size, bytes.size());
      if (file.sha256.isEmpty()) {
        QCOMPARE(file.gitSha1.size(), 40);
      } else {
        QCOMPARE(file.sha256, QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex());
      }
    }
  }

  void partsOfGgufComeIntoOneFolder() {
    const QTemporaryDir repo;
    QVERIFY(QDir(repo.path()).mkpath(QStringLiteral("Q8 0%")));
    QFile file(repo.filePath(QStringLiteral("Q8 0%/a#b-Q8_0-00001-of-00001.gguf")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("GGUF");
    file.close();
    server_->addRepo(QStringLiteral("a/b"), kCommit, repo.path());
    const auto got = list("a/b");
    const DownloadPlan plan = hub_->plan(got.value, choicesOf(got.value.files)[0]);
    QCOMPARE(plan.files[0].path, QStringLiteral("a#b-Q8_0-00001-of-00001.gguf"));
    QVERIFY(plan.files[0].url.toEncoded().endsWith("/Q8%200%25/a%23b-Q8_0-00001-of-00001.gguf"));
  }

  void headersTellTheNeedsOfSafetensors() {
    server_->addRepo(QStringLiteral("baidu/ERNIE"), kCommit, fixture("models/ernie4_5-chat"));
    const auto got = list("baidu/ERNIE");
    const auto found = needs(got.value, choicesOf(got.value.files)[0]);
    QVERIFY2(found.problem.isEmpty(), qPrintable(found.problem));
    compareWithInspect(found.value, fixture("models/ernie4_5-chat"));
  }

  void headersTellTheNeedsOfGguf() {
    const QTemporaryDir repo;
    QVERIFY(QFile::copy(fixture("quantised/glm4-Q4_K.gguf"), repo.filePath(QStringLiteral("glm4-Q4_K_M.gguf"))));
    server_->addRepo(QStringLiteral("z/GLM"), kCommit, repo.path());
    const auto got = list("z/GLM");
    const auto found = needs(got.value, choicesOf(got.value.files)[0]);
    QVERIFY2(found.problem.isEmpty(), qPrintable(found.problem));
    compareWithInspect(found.value, fixture("quantised/glm4-Q4_K.gguf"));
  }

  /// A model with a header of three megabytes and nine of data: four are fetched.
  void longHeadersAreFetchedBitByBit() {
    QFile sound(fixture("quantised/ernie4_5-Q4_0.gguf"));
    QVERIFY(sound.open(QIODevice::ReadOnly));
    QByteArray bytes = sound.readAll();
    const QByteArray more = QByteArray::fromStdString(tests::raw_text("general.note") + tests::raw<quint32>(8) +
                                                      tests::raw_text(std::string(3 << 20, 'x')));
    const qint64 padded = (more.size() + 31) / 32 * 32;  // what follows must stay aligned
    const QByteArray key = QByteArray::fromStdString(
        tests::raw_text("general.note") + tests::raw<quint32>(8) +
        tests::raw_text(std::string((3 << 20) + static_cast<std::size_t>(padded - more.size()), 'x')));
    bytes.insert(24, key);
    const quint64 keys = qFromLittleEndian<quint64>(bytes.constData() + 16) + 1;
    qToLittleEndian(keys, bytes.data() + 16);
    bytes.append(QByteArray(9 << 20, '\0'));
    const QTemporaryDir repo;
    const QString path = repo.filePath(QStringLiteral("long-Q4_0.gguf"));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
    file.close();
    server_->addRepo(QStringLiteral("a/long"), kCommit, repo.path());
    const auto got = list("a/long");
    const auto found = needs(got.value, choicesOf(got.value.files)[0]);
    QVERIFY2(found.problem.isEmpty(), qPrintable(found.problem));
    compareWithInspect(found.value, path);
    QCOMPARE(bytesServed(QStringLiteral("long-Q4_0.gguf")), 4 << 20);
  }

  /// Of a split model only the part with the vocabulary is fetched bit by bit.
  void splitModelsAreReadByTheirParts() {
    const QByteArray rest(6 << 20, '\0');
    const QTemporaryDir repo;
    const auto write = [&](int number, tests::GgufBytes bytes) {
      const QString name = QStringLiteral("s-Q8_0-0000%1-of-00003.gguf").arg(number + 1);
      bytes.number("split.no", static_cast<std::uint32_t>(number)).number("split.count", 3);
      QFile file(repo.filePath(name));
      if (!file.open(QIODevice::WriteOnly)) qFatal("cannot write");
      file.write(QByteArray::fromStdString(bytes.bytes()) + rest);
    };
    tests::GgufBytes first;
    first.text("general.architecture", "qwen3").text("note", std::string(3 << 20, 'x'));
    write(0, first);
    write(1, {});
    write(2, {});
    server_->addRepo(QStringLiteral("a/split"), kCommit, repo.path());
    const auto got = list("a/split");
    const auto choices = choicesOf(got.value.files);
    QCOMPARE(choices.size(), 1);
    const auto found = needs(got.value, choices[0]);
    QVERIFY2(found.value.problem.contains(QStringLiteral("qwen3")), qPrintable(found.problem + found.value.problem));
    QCOMPARE(bytesServed(QStringLiteral("s-Q8_0-00001")), 4 << 20);
    QCOMPARE(bytesServed(QStringLiteral("s-Q8_0-00002")), 256 << 10);
  }

  void headersThatAreNoneEndEarly() {
    const QTemporaryDir repo;
    for (const char* name :
         {"page-Q8_0.gguf", "other-Q4_0.gguf", "model.safetensors", "config.json", "tokenizer.json"}) {
      QFile file(repo.filePath(QString::fromLatin1(name)));
      QVERIFY(file.open(QIODevice::WriteOnly));
      if (QByteArray(name).startsWith("other")) {
        QFile other(fixture("malformed/gguf/architecture-unknown.gguf"));
        QVERIFY(other.open(QIODevice::ReadOnly));
        file.write(other.readAll());
      } else {
        file.write(QByteArray(3 << 20, 'h'));
      }
    }
    server_->addRepo(QStringLiteral("a/b"), kCommit, repo.path());
    const auto got = list("a/b");
    for (const FileChoice& choice : choicesOf(got.value.files)) {
      const auto found = needs(got.value, choice);
      QVERIFY2(found.problem.isEmpty(), qPrintable(found.problem));
      QVERIFY2(!found.value.problem.isEmpty(), qPrintable(choice.files[0].path));
      QVERIFY(!found.value.known());
    }
    QVERIFY(bytesServed(QStringLiteral("page-Q8_0.gguf")) <= 1 << 20);
    QVERIFY(bytesServed(QStringLiteral("model.safetensors")) <= 64 << 10);
  }

  void gatedMissingAndBusyAreSaid() {
    server_->put(QStringLiteral("api/models/closed/model.json"),
                 "{\"id\":\"closed/model\",\"gated\":\"manual\",\"sha\":\"" + kCommit.toLatin1() +
                     "\",\"siblings\":[{\"rfilename\":\"a-Q8_0.gguf\",\"size\":5000000}]}");
    const auto got = list("closed/model");
    QVERIFY(got.value.gated);
    const auto found = needs(got.value, choicesOf(got.value.files)[0]);
    QVERIFY2(found.problem.contains(QStringLiteral("asked first")), qPrintable(found.problem));
    QVERIFY(list("nobody/nothing").problem.contains(QStringLiteral("nobody/nothing")));
    QVERIFY(list("busy/model").problem.contains(QStringLiteral("17")));
    QVERIFY(list("../model").problem.contains(QStringLiteral("owner/name")));
  }

  void theTokenGoesToItsOwnHubOnly() {
    tests::LoopbackHub elsewhere;
    elsewhere.put(QStringLiteral("api/models.json"), "[]");
    tests::RawServer redirecting([&](QTcpSocket& socket, const QByteArray&) {
      socket.write("HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: " +
                   elsewhere.address().toUtf8() + "/api/models\r\n\r\n");
      socket.disconnectFromHost();
    });
    settings_->setHubEndpoint(redirecting.address());
    account_->setToken(QStringLiteral("hf_secret"));
    const auto got = search("x");
    QVERIFY2(got.problem.isEmpty(), qPrintable(got.problem));
    QVERIFY(redirecting.heads[0].contains("hf_secret"));
    const QString log = elsewhere.asked().join(u'\n');
    QVERIFY(log.contains(QStringLiteral("GET /api/models")));
    QVERIFY2(!log.contains(QStringLiteral("hf_secret")), qPrintable(log));

    // Another hub than the one the token was given for.
    settings_->setHubEndpoint(server_->address());
    QVERIFY(!account_->hasToken());
    search("x");
    QVERIFY(!server_->asked().join(u'\n').contains(QStringLiteral("hf_secret")));
    account_->setToken(QStringLiteral("hf_other"));
    search("x");
    QVERIFY(server_->asked().join(u'\n').contains(QStringLiteral("\"Bearer hf_other\"")));
    server_->put(QStringLiteral("openapi/v1/models.json"), "{}");
    elsewhere.put(QStringLiteral("openapi/v1/models.json"), "{}");
    qputenv("MODELSCOPE_DOMAIN", elsewhere.address().toUtf8());
    search("x", HubSource::ModelScope);
    QVERIFY(!elsewhere.asked().join(u'\n').contains(QStringLiteral("hf_other")));
  }

  void tokensThatCannotBeAreRefused() {
    for (const QString& text : {QString(), QStringLiteral("  "), QStringLiteral("hf a"), QStringLiteral("hf\nX: y"),
                                QStringLiteral("hf_é"), QString(2000, u'a')}) {
      account_->setToken(text);
      QVERIFY(!account_->hasToken());
      QVERIFY(!account_->problem().isEmpty());
    }
    account_->setToken(QStringLiteral(" hf_a \n"));
    QVERIFY(account_->problem().isEmpty());
    QCOMPARE(account_->tokenFor(QUrl(server_->address() + QStringLiteral("/x"))), QByteArray("hf_a"));
    QVERIFY(account_->keptWhere().contains(QStringLiteral("until Sotto is closed")));
    account_->removeToken();
    QVERIFY(!account_->hasToken() && account_->keptWhere().isEmpty());
  }

  /// Without a keychain (here: without a bus to reach one) the token is there for this run, and that is said.
  void withoutAKeychainTheTokenLastsForTheRun() {
    const QByteArray bus = qgetenv("DBUS_SESSION_BUS_ADDRESS");
    qputenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    HubAccount account;
    account.setOrigin(QUrl(QStringLiteral("https://huggingface.co")));
    account.setToken(QStringLiteral("hf_a"));
    QTRY_VERIFY_WITH_TIMEOUT(!account.busy(), 20000);
    QCOMPARE(account.tokenFor(QUrl(QStringLiteral("https://huggingface.co/a/b"))), QByteArray("hf_a"));
    QVERIFY2(account.keptWhere().contains(QStringLiteral("until Sotto is closed")), qPrintable(account.keptWhere()));
    for (const char* other : {"http://huggingface.co/", "https://huggingface.co:444/", "https://cdn.huggingface.co/",
                              "https://huggingface.co.example/", "https://user@other/"})
      QVERIFY2(account.tokenFor(QUrl(QString::fromLatin1(other))).isEmpty(), other);
    account.removeToken();
    QTRY_VERIFY_WITH_TIMEOUT(!account.busy(), 20000);
    QVERIFY(!account.hasToken());
    if (bus.isEmpty()) {
      qunsetenv("DBUS_SESSION_BUS_ADDRESS");
    } else {
      qputenv("DBUS_SESSION_BUS_ADDRESS", bus);
    }
  }

  void offlineSendsNothing() {
    settings_->setOffline(true);
    QVERIFY(hub_->offline());
    QVERIFY(search("x").problem.contains(QStringLiteral("offline")));
    QVERIFY(list("a/b").problem.contains(QStringLiteral("offline")));
    QVERIFY(needs({}, {}).problem.contains(QStringLiteral("offline")));
    QVERIFY(server_->asked().isEmpty());
    settings_->setOffline(false);
    search("x");
    QVERIFY(!server_->asked().isEmpty());
  }

  void goingOfflineEndsWhatIsUnderWay() {
    tests::RawServer silent([](QTcpSocket&, const QByteArray&) {});
    settings_->setHubEndpoint(silent.address());
    QString problem;
    hub_->search(HubSource::HuggingFace, QStringLiteral("x"), this,
                 [&](const auto&, const QString& sentence) { problem = sentence; });
    QTRY_VERIFY(!silent.heads.isEmpty());
    settings_->setOffline(true);
    QTRY_VERIFY(problem.contains(QStringLiteral("offline")));
  }

  void anAnswerThatNobodyWaitsForDoesNotCome() {
    tests::RawServer slow([](QTcpSocket&, const QByteArray&) {});
    settings_->setHubEndpoint(slow.address());
    auto context = std::make_unique<QObject>();
    hub_->search(HubSource::HuggingFace, QStringLiteral("x"), context.get(),
                 [](const auto&, const QString&) { QFAIL("it came"); });
    QTRY_VERIFY(!slow.heads.isEmpty());
    context.reset();
    settings_->setOffline(true);
    settings_->setOffline(false);
    settings_->setHubEndpoint(server_->address());
    search("y");
  }

  void answersOfNoHubAreRefused_data() {
    QTest::addColumn<QByteArray>("answer");
    QTest::newRow("a page") << tests::okAnswer("<!doctype html><title>Sign in</title>");
    QTest::newRow("endless depth") << tests::okAnswer(QByteArray(1 << 20, '['));
    QTest::newRow("cut") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n[]");
    QTest::newRow("no http") << QByteArray("SSH-2.0-OpenSSH_9.2\r\n");
    QTest::newRow("error") << QByteArray("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
    QTest::newRow("claims terabytes") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 5000000000000\r\n\r\n[");
    QTest::newRow("redirected for ever") << QByteArray(
        "HTTP/1.1 302 Found\r\nLocation: /api/models\r\nContent-Length: 0\r\n\r\n");
  }

  void answersOfNoHubAreRefused() {
    QFETCH(QByteArray, answer);
    tests::RawServer hostile([&](QTcpSocket& socket, const QByteArray&) {
      socket.write(answer);
      socket.disconnectFromHost();
    });
    settings_->setHubEndpoint(hostile.address());
    const auto got = search("x");
    QVERIFY(got.came && got.value.isEmpty());
    QVERIFY(!got.problem.isEmpty());
    QVERIFY(!list("a/b").problem.isEmpty());
  }

  void endlessAnswersEnd() {
    tests::RawServer endless([](QTcpSocket& socket, const QByteArray&) {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      QObject::connect(&socket, &QTcpSocket::bytesWritten, &socket, [&socket] {
        if (socket.bytesToWrite() == 0) socket.write("10000\r\n" + QByteArray(0x10000, '[') + "\r\n");
      });
    });
    settings_->setHubEndpoint(endless.address());
    QVERIFY(!search("x").problem.isEmpty());
  }

  void theAddressIsTheSettingsOrTheEnvironmentsOrItsOwn() {
    settings_->setHubEndpoint({});
    QCOMPARE(hub_->endpoint(HubSource::HuggingFace), QUrl(QStringLiteral("https://huggingface.co")));
    qputenv("HF_ENDPOINT", "https://hf-mirror.com/");
    QCOMPARE(hub_->pageOf(HubSource::HuggingFace, QStringLiteral("a/b")),
             QUrl(QStringLiteral("https://hf-mirror.com/a/b")));
    settings_->setHubEndpoint(QStringLiteral("mirror.example/hub/?x#y"));
    QCOMPARE(hub_->endpoint(HubSource::HuggingFace), QUrl(QStringLiteral("https://mirror.example/hub")));
    for (const char* address : {"ftp://x", "file:///etc", "https://", "https://a b"}) {
      settings_->setHubEndpoint(QString::fromLatin1(address));
      QVERIFY2(hub_->endpoint(HubSource::HuggingFace).isEmpty(), address);
      QVERIFY(search("x").problem.contains(QStringLiteral("address")));
    }
  }

  void aProxyThatIsNoneIsNotPassedBy() {
    settings_->setNetworkProxy(QStringLiteral("proxy.example"));
    QVERIFY(search("x").problem.contains(QStringLiteral("proxy")));
    QVERIFY(server_->asked().isEmpty());
    tests::RawServer proxy([](QTcpSocket& socket, const QByteArray&) {
      socket.write(tests::okAnswer("[{\"id\":\"by/proxy\"}]"));
      socket.disconnectFromHost();
    });
    settings_->setNetworkProxy(proxy.address());
    settings_->setHubEndpoint(QStringLiteral("http://hub.example"));  // this machine is always asked directly
    const auto got = search("x");
    QVERIFY2(got.value.size() == 1 && got.value[0].repo == QLatin1String("by/proxy"), qPrintable(got.problem));
    QVERIFY(proxy.heads[0].startsWith("GET http://hub.example/api/models?search=x"));
  }
};

QTEST_GUILESS_MAIN(HubTest)
#include "hub_test.moc"
