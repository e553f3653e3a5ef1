#include <QAbstractItemModelTester>
#include <QtTest>

#include "app/downloads/download_queue.h"
#include "app/hub/hub.h"
#include "app/hub/hub_account.h"
#include "app/hub/hub_search.h"
#include "app/hub/machine.h"
#include "app/hub/model_catalog.h"
#include "app/settings/settings.h"
#include "engine/engine.h"
#include "tests/app/loopback_hub.h"

using namespace app;

namespace {

const QString kCommit = QStringLiteral("0123456789abcdef0123456789abcdef01234567");

QString fixture(const char* path) {
  return QStringLiteral(SOTTO_FIXTURES_DIR "/") + QLatin1String(path);
}

MachineFacts machineOf(double memoryGb, double bandwidthGb) {
  MachineFacts facts;
  facts.cores = 8;
  facts.memoryTotal = qint64(memoryGb * 1e9);
  facts.memoryAvailable = facts.memoryTotal * 9 / 10;
  facts.bandwidth = bandwidthGb * 1e9;
  return facts;
}

/// A catalogue of one model, in single quotes.
QByteArray smallCatalog(const char* choices) {
  return QByteArray(
             "{'version':1,'models':[{'title':'Small','maker':'Somebody','licence':'MIT','quality':2,"
             "'parameters':1000000,'activeParameters':1000000,'kvBytesPerToken':100,'contextLength':4096,"
             "'summary':{'en':'For tests.'},'choices':[" +
             QByteArray(choices) + "]}]}")
      .replace('\'', '"');
}

const char* const kBothChoices =
    "{'source':'huggingface','repo':'a/small-GGUF','precision':'Q4_0','format':'gguf'},"
    "{'source':'huggingface','repo':'a/small','precision':'BF16','format':'safetensors'}";

}  // namespace

class HubModelsTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<Settings> settings_;
  std::unique_ptr<HubAccount> account_;
  std::unique_ptr<Hub> hub_;
  std::unique_ptr<DownloadQueue> queue_;
  std::unique_ptr<tests::LoopbackHub> server_;

  QString models() const { return folder_->filePath(QStringLiteral("models")); }

  static QVariant at(const QAbstractItemModel& model, int row, int role) {
    return model.data(model.index(row, 0), role);
  }
  static QVariantMap choiceAt(const QAbstractItemModel& model, int row, int role, int choice) {
    return at(model, row, role).toList().value(choice).toMap();
  }

  void addSmallModel() const {
    server_->addRepo(QStringLiteral("a/small"), kCommit, fixture("models/ernie4_5-chat"));
    const QTemporaryDir repo;
    QVERIFY(QFile::copy(fixture("quantised/ernie4_5-Q4_0.gguf"), repo.filePath(QStringLiteral("small-Q4_0.gguf"))));
    QVERIFY(QFile::copy(fixture("quantised/ernie4_5-Q6_K.gguf"), repo.filePath(QStringLiteral("small-Q6_K.gguf"))));
    server_->addRepo(QStringLiteral("a/small-GGUF"), kCommit, repo.path());
  }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    settings_ = std::make_unique<Settings>(folder_->filePath(QStringLiteral("settings.json")));
    settings_->setNetworkProxy(QStringLiteral("none"));
    server_ = std::make_unique<tests::LoopbackHub>();
    QVERIFY(server_->runs());
    settings_->setHubEndpoint(server_->address());
    account_ = std::make_unique<HubAccount>(HubAccount::Keeper::SessionOnly);
    hub_ = std::make_unique<Hub>(*settings_, *account_);
    queue_ = std::make_unique<DownloadQueue>(models());
  }
  void cleanup() {
    queue_.reset();
    hub_.reset();
    account_.reset();
    server_.reset();
    settings_.reset();
    folder_.reset();
  }

  void theCatalogueThatComesWithTheProgramIsSound() {
    for (const char* language : {"en_GB", "zh_CN", "de_DE"}) {
      QString problem;
      const auto cards = readCatalog(ModelCatalog::builtIn(), QString::fromLatin1(language), problem);
      QVERIFY2(problem.isEmpty(), qPrintable(problem));
      QCOMPARE(cards.size(), 9);
      const bool chinese = QByteArray(language).startsWith("zh");
      for (const CatalogCard& card : cards) {
        const bool han = std::any_of(card.summary.begin(), card.summary.end(),
                                     [](QChar letter) { return letter.script() == QChar::Script_Han; });
        QCOMPARE(han, chinese);
        QVERIFY(card.choices.size() >= 3);
      }
    }
  }

  /// What nobody expects of a list of files: it is cut down before it becomes rows.
  void listsOfVeryManyFilesAreCutDown() {
    QList<HubFile> many;
    for (int i = 0; i < 5000; ++i) {
      many.append({QStringLiteral("m%1-Q8_0.gguf").arg(i), 1, {}, {}});
      many.append({QStringLiteral("split-Q4_0-00001-of-00002.gguf"), 1, {}, {}});
    }
    QVERIFY(choicesOf(many).size() <= 61);
  }

  void damagedCataloguesAreRefused_data() {
    QTest::addColumn<QByteArray>("json");
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("cut") << ModelCatalog::builtIn().left(2000);
    QTest::newRow("a list") << QByteArray("[]");
    QTest::newRow("newer") << smallCatalog(kBothChoices).replace("\"version\":1", "\"version\":2");
    QTest::newRow("no choice") << smallCatalog("");
    QTest::newRow("path") << smallCatalog("{'source':'huggingface','repo':'../x','precision':'Q4_0','format':'gguf'}");
    QTest::newRow("precision") << smallCatalog(
        "{'source':'huggingface','repo':'a/b','precision':'Q9','format':'gguf'}");
    QTest::newRow("source") << smallCatalog("{'source':'ftp','repo':'a/b','precision':'Q4_0','format':'gguf'}");
    QTest::newRow("number") << smallCatalog(kBothChoices).replace(":1000000", ":1e308");
    QTest::newRow("half") << smallCatalog(kBothChoices).replace("\"quality\":2", "\"quality\":2.5");
    QTest::newRow("huge") << QByteArray(2 << 20, ' ');
    QTest::newRow("deep") << QByteArray(100000, '[');
  }

  void damagedCataloguesAreRefused() {
    QFETCH(QByteArray, json);
    Machine machine(machineOf(16, 40));
    const ModelCatalog catalog(*hub_, machine, *queue_, models(), json);
    QCOMPARE(catalog.rowCount(), 0);
    QVERIFY(catalog.problem().startsWith(QStringLiteral("The catalogue is damaged")));
    QCOMPARE(catalog.recommendedRow(), -1);
  }

  /// Without any network every card has a verdict from its numbers.
  void recommendsForTheMachine() {
    settings_->setOffline(true);
    const auto recommended = [&](double memory, double bandwidth) {
      Machine machine(machineOf(memory, bandwidth));
      ModelCatalog catalog(*hub_, machine, *queue_, models(), ModelCatalog::builtIn());
      QAbstractItemModelTester tester(&catalog);
      const int row = catalog.recommendedRow();
      if (row < 0) return QString();
      const int best = at(catalog, row, ModelCatalog::BestRole).toInt();
      return at(catalog, row, ModelCatalog::TitleRole).toString() + QLatin1Char(' ') +
             choiceAt(catalog, row, ModelCatalog::ChoicesRole, best).value(QStringLiteral("label")).toString();
    };
    QCOMPARE(recommended(0.3, 20), QString());
    QCOMPARE(recommended(4, 20), QStringLiteral("ERNIE 4.5 0.3B BF16"));
    QCOMPARE(recommended(16, 80), QStringLiteral("GLM-4 9B Q8_0"));
    QCOMPARE(recommended(16, 30), QStringLiteral("ERNIE 4.5 0.3B BF16"));  // 9B would write 6 tokens a second
    QCOMPARE(recommended(32, 40), QStringLiteral("ERNIE 4.5 21B A3B Q8_0"));
    QCOMPARE(recommended(768, 400), QStringLiteral("ERNIE 4.5 300B A47B Q4_K_M"));
    QVERIFY(server_->asked().isEmpty());
  }

  /// 40 GB read in a second, 1 GB of weights a token, and 1024 tokens of cache before it.
  void tellsHowFastAnImportWillWrite() {
    const Machine machine(machineOf(16, 40));
    QCOMPARE(machine.speedText(1e9, 0), QStringLiteral("up to 40 tokens a second"));
    QCOMPARE(machine.speedText(1e9, 1e6), QStringLiteral("up to 20 tokens a second"));
    QCOMPARE(machine.speedText(8e9, 0), QStringLiteral("up to 5.0 tokens a second"));
    QCOMPARE(machine.speedText(0, 1e6), QString());
    QCOMPARE(Machine(machineOf(16, 0)).speedText(1e9, 0), QString());
  }

  void cardsSayWhatTheyAreOf() {
    Machine machine(machineOf(16, 40));
    ModelCatalog catalog(*hub_, machine, *queue_, models(), ModelCatalog::builtIn());
    QCOMPARE(at(catalog, 0, ModelCatalog::TitleRole).toString(), QStringLiteral("ERNIE 4.5 0.3B"));
    QCOMPARE(at(catalog, 0, ModelCatalog::SizeRole).toString(), QStringLiteral("0.36 B parameters"));
    QCOMPARE(at(catalog, 1, ModelCatalog::SizeRole).toString(), QStringLiteral("21.8 B parameters, 3.4 B for a word"));
    QCOMPARE(at(catalog, 3, ModelCatalog::BestRole).toInt(), -1);
    const QVariantMap large = choiceAt(catalog, 3, ModelCatalog::ChoicesRole, 0);
    QCOMPARE(large.value(QStringLiteral("verdict")).toString(), QStringLiteral("too large"));
    QVERIFY(large.value(QStringLiteral("bytesText")).toString().startsWith(QStringLiteral("about")));
    QVERIFY(large.value(QStringLiteral("verdictText")).toString().contains(QStringLiteral("about")));
    QCOMPARE(at(catalog, 0, ModelCatalog::StateRole).toString(), QStringLiteral("available"));
  }

  void lookingBringsTrueNumbers() {
    addSmallModel();
    Machine machine(machineOf(16, 40));
    ModelCatalog catalog(*hub_, machine, *queue_, models(), smallCatalog(kBothChoices));
    QAbstractItemModelTester tester(&catalog);
    catalog.look(0);
    QVERIFY(at(catalog, 0, ModelCatalog::LookingRole).toBool());
    QTRY_VERIFY(!at(catalog, 0, ModelCatalog::LookingRole).toBool());
    QCOMPARE(at(catalog, 0, ModelCatalog::ProblemRole).toString(), QString());
    const QString whole[] = {fixture("quantised/ernie4_5-Q4_0.gguf"), fixture("models/ernie4_5-chat")};
    for (int i = 0; i < 2; ++i) {
      const QVariantMap choice = choiceAt(catalog, 0, ModelCatalog::ChoicesRole, i);
      QVERIFY(!choice.value(QStringLiteral("estimated")).toBool());
      QCOMPARE(choice.value(QStringLiteral("memoryBytes")).toULongLong(),
               quint64(engine::inspect(whole[i].toStdString(), {}).memory_bytes));
      QCOMPARE(choice.value(QStringLiteral("verdict")).toString(), QStringLiteral("fits"));
    }
    QCOMPARE(choiceAt(catalog, 0, ModelCatalog::ChoicesRole, 0).value(QStringLiteral("bytes")).toLongLong(),
             QFileInfo(whole[0]).size());
    const auto before = server_->asked().size();
    catalog.look(0);
    QCOMPARE(server_->asked().size(), before);
  }

  void gettingFetchesAndInstalls() {
    addSmallModel();
    Machine machine(machineOf(16, 40));
    ModelCatalog catalog(*hub_, machine, *queue_, models(), smallCatalog(kBothChoices));
    QSignalSpy added(&catalog, &ModelCatalog::added);
    catalog.get(0, 1);  // not looked at before
    QTRY_COMPARE(added.size(), 1);
    QCOMPARE(added[0][0].toString(), QStringLiteral("a_small"));
    QTRY_COMPARE_WITH_TIMEOUT(at(catalog, 0, ModelCatalog::StateRole).toString(), QStringLiteral("installed"), 20000);
    const QString path = at(catalog, 0, ModelCatalog::PathRole).toString();
    QCOMPARE(path, models() + QStringLiteral("/a_small"));
    QCOMPARE(engine::inspect(path.toStdString(), {}).memory_bytes,
             engine::inspect(fixture("models/ernie4_5-chat").toStdString(), {}).memory_bytes);
    catalog.get(0, 1);
    QCOMPARE(added.size(), 1);
    // Deleted again: the finished download is still listed, the model can be had.
    QVERIFY(QDir(path).removeRecursively());
    catalog.refresh();
    QTRY_COMPARE(at(catalog, 0, ModelCatalog::StateRole).toString(), QStringLiteral("available"));
  }

  void aRenamedRepositoryKeepsTheNameThatWasAskedFor() {
    addSmallModel();
    QFile listing(server_->pathOf(QStringLiteral("api/models/a/small-GGUF.json")));
    QVERIFY(listing.open(QIODevice::ReadOnly));
    server_->put(QStringLiteral("api/models/a/small-GGUF.json"),
                 listing.readAll().replace("a/small-GGUF", "new/small-GGUF"));
    Machine machine(machineOf(16, 40));
    ModelCatalog catalog(*hub_, machine, *queue_, models(), smallCatalog(kBothChoices));
    catalog.get(0, 0);
    QTRY_COMPARE_WITH_TIMEOUT(at(catalog, 0, ModelCatalog::StateRole).toString(), QStringLiteral("installed"), 20000);
    QCOMPARE(at(catalog, 0, ModelCatalog::PathRole).toString(), models() + QStringLiteral("/a_small-GGUF-Q4_0"));
  }

  void whatKeepsFromGettingIsSaid() {
    Machine machine(machineOf(16, 40));
    ModelCatalog catalog(*hub_, machine, *queue_, models(), smallCatalog(kBothChoices));
    const auto problemOf = [&](int choice) {
      catalog.get(0, choice);
      if (!QTest::qWaitFor([&] { return !at(catalog, 0, ModelCatalog::LookingRole).toBool(); }, 20000))
        return QString();
      return at(catalog, 0, ModelCatalog::ProblemRole).toString();
    };
    QVERIFY2(problemOf(0).contains(QStringLiteral("a/small")), qPrintable(problemOf(0)));
    settings_->setOffline(true);
    QVERIFY(problemOf(0).contains(QStringLiteral("offline")));
    settings_->setOffline(false);

    // The repository is there, the precision is not.
    server_->addRepo(QStringLiteral("a/small"), kCommit, fixture("models/ernie4_5-chat"),
                     {{QStringLiteral("gated"), QStringLiteral("manual")}});
    const QTemporaryDir repo;
    QVERIFY(QFile::copy(fixture("quantised/ernie4_5-Q6_K.gguf"), repo.filePath(QStringLiteral("small-Q6_K.gguf"))));
    server_->addRepo(QStringLiteral("a/small-GGUF"), kCommit, repo.path());
    QVERIFY2(problemOf(0).contains(QStringLiteral("any more")), qPrintable(problemOf(0)));
    QVERIFY2(problemOf(1).contains(QStringLiteral("asked first")), qPrintable(problemOf(1)));
    QCOMPARE(queue_->rowCount(), 0);
    account_->setToken(QStringLiteral("hf_let-me-in"));
    QVERIFY2(problemOf(1).isEmpty(), qPrintable(problemOf(1)));
    QCOMPARE(queue_->rowCount(), 1);
    QVERIFY(!QDir(models()).exists(QStringLiteral("a_small")) || queue_->rowOf(QStringLiteral("a_small")) == 0);
    for (const int row : {-1, 1, 1000}) {
      catalog.get(row, 0);
      catalog.get(0, row + 1000);
      catalog.look(row);
      catalog.examine(row, 0);
    }
  }

  void searchesLooksAndGets() {
    addSmallModel();
    server_->put(QStringLiteral("api/models.json"),
                 "[{\"id\":\"a/small-GGUF\",\"downloads\":7,\"tags\":[\"gguf\",\"license:mit\"]},"
                 "{\"id\":\"a/lora\",\"tags\":[\"peft\"]},{\"id\":\"a/small\"}]");
    Machine machine(machineOf(16, 40));
    HubSearch search(*hub_, machine, *queue_, models());
    QAbstractItemModelTester tester(&search);
    search.setQuery(QStringLiteral("small"));
    QTRY_COMPARE(search.rowCount(), 2);
    QCOMPARE(at(search, 0, HubSearch::RepoRole).toString(), QStringLiteral("a/small-GGUF"));
    QCOMPARE(at(search, 0, HubSearch::LicenceRole).toString(), QStringLiteral("mit"));
    QVERIFY(!at(search, 0, HubSearch::LookedRole).toBool());
    search.look(0);
    QTRY_VERIFY(!at(search, 0, HubSearch::LookingRole).toBool());
    QVERIFY2(at(search, 0, HubSearch::ProblemRole).toString().isEmpty(),
             qPrintable(at(search, 0, HubSearch::ProblemRole).toString()));
    QCOMPARE(at(search, 0, HubSearch::ChoicesRole).toList().size(), 2);
    const int best = at(search, 0, HubSearch::BestRole).toInt();
    QCOMPARE(choiceAt(search, 0, HubSearch::ChoicesRole, best).value(QStringLiteral("label")).toString(),
             QStringLiteral("Q6_K"));
    QVERIFY(!choiceAt(search, 0, HubSearch::ChoicesRole, best).value(QStringLiteral("estimated")).toBool());
    QVERIFY(choiceAt(search, 0, HubSearch::ChoicesRole, 1 - best).value(QStringLiteral("estimated")).toBool());
    search.examine(0, 1 - best);
    QTRY_VERIFY(!choiceAt(search, 0, HubSearch::ChoicesRole, 1 - best).value(QStringLiteral("estimated")).toBool());
    search.get(0, best);
    QCOMPARE(queue_->rowOf(QStringLiteral("a_small-GGUF-Q6_K")), 0);
    QTRY_COMPARE_WITH_TIMEOUT(
        choiceAt(search, 0, HubSearch::ChoicesRole, best).value(QStringLiteral("state")).toString(),
        QStringLiteral("installed"), 20000);
    search.setQuery(QString());
    QCOMPARE(search.rowCount(), 0);
    QVERIFY(!search.searching());
  }

  void otherArchitecturesAreShownWithTheReason() {
    const QTemporaryDir repo;
    QVERIFY(
        QFile::copy(fixture("malformed/gguf/architecture-unknown.gguf"), repo.filePath(QStringLiteral("x-Q4_0.gguf"))));
    server_->addRepo(QStringLiteral("q/unnamed"), kCommit, repo.path());
    server_->addRepo(
        QStringLiteral("q/named"), kCommit, repo.path(),
        {{QStringLiteral("gguf"), QJsonObject{{QStringLiteral("architecture"), QStringLiteral("qwen3")}}}});
    server_->put(QStringLiteral("api/models.json"), "[{\"id\":\"q/unnamed\"},{\"id\":\"q/named\"}]");
    Machine machine(machineOf(16, 40));
    HubSearch search(*hub_, machine, *queue_, models());
    search.setQuery(QStringLiteral("q"));
    search.search();
    QTRY_COMPARE(search.rowCount(), 2);
    for (int row = 0; row < 2; ++row) {
      search.look(row);
      QTRY_VERIFY(!at(search, row, HubSearch::LookingRole).toBool());
      QVERIFY(!choiceAt(search, row, HubSearch::ChoicesRole, 0).value(QStringLiteral("problem")).toString().isEmpty());
      QCOMPARE(at(search, row, HubSearch::BestRole).toInt(), -1);
      search.get(row, 0);
      QVERIFY(!at(search, row, HubSearch::ProblemRole).toString().isEmpty());
    }
    QCOMPARE(queue_->rowCount(), 0);
  }

  void aNewerSearchReplacesTheOlder() {
    tests::RawServer slow([](QTcpSocket&, const QByteArray&) {});
    settings_->setHubEndpoint(slow.address());
    Machine machine(machineOf(16, 40));
    HubSearch search(*hub_, machine, *queue_, models());
    search.setQuery(QStringLiteral("first"));
    search.search();
    QTRY_VERIFY(!slow.heads.isEmpty());
    QVERIFY(search.searching());
    server_->put(QStringLiteral("api/models.json"), "[{\"id\":\"a/second\"}]");
    settings_->setHubEndpoint(server_->address());
    QVERIFY(!search.searching());
    search.setQuery(QStringLiteral("second"));
    search.search();
    QTRY_COMPARE(search.rowCount(), 1);
    search.look(0);
    search.setSource(HubSearch::Source::ModelScope);  // goes while the row is being asked about
    QTRY_VERIFY(!search.searching());
  }

  void goingWhileEverythingIsUnderWay() {
    addSmallModel();
    Machine machine(machineOf(16, 40));
    for (int i = 0; i < 10; ++i) {
      ModelCatalog catalog(*hub_, machine, *queue_, models(), smallCatalog(kBothChoices));
      HubSearch search(*hub_, machine, *queue_, models());
      search.setQuery(QStringLiteral("x"));
      search.search();
      catalog.look(0);
      QTest::qWait(i);
    }
    Machine measuring;
    measuring.look();
  }
};

QTEST_GUILESS_MAIN(HubModelsTest)
#include "hub_models_test.moc"
