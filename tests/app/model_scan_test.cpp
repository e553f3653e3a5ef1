#include "app/library/model_scan.h"

#include <sys/stat.h>

#include <QtTest>

#include "app/library/model_files.h"
#include "tests/app/model_tree.h"

using namespace app;

class ModelScanTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  QString home_;

  ModelPlaces places() const {
    QProcessEnvironment none;
    ModelPlaces places = ModelPlaces::around(home_ + QStringLiteral("/sotto/models"), home_, none);
    places.ollamaDirs = {home_ + QStringLiteral("/.ollama/models")};  // not the machine's
    return places;
  }
  QList<FoundModel> scan(const QStringList& opened = {}) const {
    return findModels(places(), opened, [] { return false; });
  }
  static FoundModel titled(const QList<FoundModel>& found, const QString& title) {
    for (const FoundModel& model : found) {
      if (model.title == title) return model;
    }
    return {};
  }
  QString models(const QString& name) const { return home_ + QStringLiteral("/sotto/models/") + name; }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    home_ = folder_->path();
  }

  void nothingThereIsNothingFound() { QVERIFY(scan().isEmpty()); }

  void findsFoldersAndFilesOfTheModelsFolder() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("Chat")));
    tests::writeFile(models(QStringLiteral("Chat/README.md")), "---\nlanguage: en\nlicense: apache-2.0\n---\n# x\n");
    QDir().mkpath(models(QStringLiteral("Small")));
    QVERIFY(QFile::copy(tests::fixtureGguf(), models(QStringLiteral("Small/ernie-Q4_0.gguf"))));
    QVERIFY(QFile::copy(tests::fixtureGguf("glm4-Q4_K.gguf"), models(QStringLiteral("glm.gguf"))));
    const QList<FoundModel> found = scan();
    QCOMPARE(found.size(), 3);

    const FoundModel chat = titled(found, QStringLiteral("Chat"));
    QCOMPARE(chat.path, models(QStringLiteral("Chat")));
    QCOMPARE(chat.removable, chat.path);
    QCOMPARE(chat.licence, QStringLiteral("apache-2.0"));
    QVERIFY(chat.origin == ModelOrigin::Models);
    qint64 bytes = 0;
    for (const QFileInfo& file : QDir(chat.path).entryInfoList(QDir::Files)) bytes += file.size();
    QCOMPARE(chat.bytes, bytes);

    const FoundModel small = titled(found, QStringLiteral("ernie-Q4_0"));
    QCOMPARE(small.path, models(QStringLiteral("Small/ernie-Q4_0.gguf")));
    QCOMPARE(small.alias, models(QStringLiteral("Small")));
    QCOMPARE(small.removable, models(QStringLiteral("Small")));
    const FoundModel loose = titled(found, QStringLiteral("glm"));
    QCOMPARE(loose.removable, loose.path);  // not the whole models folder
    QVERIFY(loose.alias.isEmpty());
  }

  void whatSottoWroteOfAModelIsTold() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("Chat")));
    writeAboutModel(models(QStringLiteral("Chat")), {QStringLiteral("ERNIE 4.5"), QStringLiteral("hub.example/a/b"), QStringLiteral("mit")});
    const QList<FoundModel> found = scan();
    QCOMPARE(found.size(), 1);
    QCOMPARE(found[0].title, QStringLiteral("ERNIE 4.5"));
    QCOMPARE(found[0].source, QStringLiteral("hub.example/a/b"));
    QCOMPARE(found[0].licence, QStringLiteral("mit"));
    tests::writeFile(models(QStringLiteral("Chat/.sotto.json")), "[1, 2");
    QCOMPARE(scan()[0].title, QStringLiteral("Chat"));
    writeAboutModel(models(QStringLiteral("Chat")), {QString(100000, QLatin1Char('x')) + QLatin1Char('\n'), {}, {}});
    QVERIFY(scan()[0].title.size() <= 200);
  }

  void unfinishedAndDeletedModelsAreNotThere() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral(".partial/Chat")));
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral(".trash/Chat")));
    QVERIFY(scan().isEmpty());
  }

  void partsAreOneModelAndProjectorsNone() {
    const QByteArray bytes = "GGUF";
    for (const char* name : {"m-00001-of-00002.gguf", "m-00002-of-00002.gguf", "mmproj-m.gguf"})
      tests::writeFile(models(QStringLiteral("Big/") + QLatin1String(name)), bytes);
    const QList<FoundModel> found = scan();
    QCOMPARE(found.size(), 1);
    QCOMPARE(found[0].title, QStringLiteral("m"));
    QCOMPARE(filesOf(found[0].path).size(), 2);
  }

  void findsTheHuggingFaceCache() {
    const QString cache = home_ + QStringLiteral("/.cache/huggingface/hub");
    const QString old = tests::hubCacheEntry(cache, QStringLiteral("org/ERNIE-tiny"), QStringLiteral("aaa"),
                                             tests::fixtureModel("ernie4_5-chat"));
    const QString snapshot = tests::hubCacheEntry(cache, QStringLiteral("org/ERNIE-tiny"), QStringLiteral("bbb"),
                                                  tests::fixtureModel("ernie4_5-chat"));
    // Of what is no language model nothing is listed.
    tests::writeFile(cache + QStringLiteral("/models--org--pictures/snapshots/ccc/config.json"), "{}");
    tests::writeFile(cache + QStringLiteral("/datasets--org--data/snapshots/ccc/config.json"), "{}");
    const QList<FoundModel> found = scan();
    QCOMPARE(found.size(), 1);
    QCOMPARE(found[0].title, QStringLiteral("ERNIE-tiny"));
    QCOMPARE(found[0].path, snapshot);  // refs/main names it
    QVERIFY(found[0].origin == ModelOrigin::HuggingFace);
    QVERIFY(found[0].removable.isEmpty());
    QVERIFY(found[0].bytes > 0);
    QVERIFY(old != snapshot);
  }

  void referenceThatLeadsElsewhereIsNotFollowed() {
    const QString cache = home_ + QStringLiteral("/.cache/huggingface/hub");
    const QString snapshot = tests::hubCacheEntry(cache, QStringLiteral("org/m"), QStringLiteral("aaa"), tests::fixtureModel("ernie4_5-chat"));
    tests::copyFolder(tests::fixtureModel("glm4-base"), home_ + QStringLiteral("/elsewhere"));
    for (const char* reference : {"../../../../../elsewhere", "..", "/etc", ""}) {
      tests::writeFile(cache + QStringLiteral("/models--org--m/refs/main"), reference);
      const QList<FoundModel> found = scan();
      QCOMPARE(found.size(), 1);
      QCOMPARE(found[0].path, snapshot);  // the only revision there is
    }
  }

  void environmentMovesTheCaches() {
    QProcessEnvironment environment;
    environment.insert(QStringLiteral("HF_HOME"), QStringLiteral("/data/hf"));
    environment.insert(QStringLiteral("OLLAMA_MODELS"), QStringLiteral("/data/ollama"));
    ModelPlaces places = ModelPlaces::around(QStringLiteral("/m"), QStringLiteral("/home/x"), environment);
    QCOMPARE(places.hubCache, QStringLiteral("/data/hf/hub"));
    QCOMPARE(places.ollamaDirs.first(), QStringLiteral("/data/ollama"));
    environment.insert(QStringLiteral("HF_HUB_CACHE"), QStringLiteral("~/cache"));
    places = ModelPlaces::around(QStringLiteral("/m"), QStringLiteral("/home/x"), environment);
    QCOMPARE(places.hubCache, QStringLiteral("/home/x/cache"));
  }

  void findsLmStudioAndOllama() {
    const QString studio = home_ + QStringLiteral("/.lmstudio/models/org/repo/");
    QDir().mkpath(studio);
    QVERIFY(QFile::copy(tests::fixtureGguf(), studio + QStringLiteral("tiny-Q4_0.gguf")));
    QVERIFY(QFile::copy(tests::fixtureGguf("ernie4_5-Q6_K.gguf"), studio + QStringLiteral("tiny-Q6_K.gguf")));
    const QString blob = tests::ollamaEntry(home_ + QStringLiteral("/.ollama/models"), QStringLiteral("ernie"),
                                            QStringLiteral("0.3b"), tests::fixtureGguf());
    const QList<FoundModel> found = scan();
    QCOMPARE(found.size(), 3);
    QVERIFY(titled(found, QStringLiteral("tiny-Q6_K")).origin == ModelOrigin::LmStudio);
    QCOMPARE(titled(found, QStringLiteral("ernie:0.3b")).path, blob);
    QVERIFY(titled(found, QStringLiteral("ernie:0.3b")).origin == ModelOrigin::Ollama);
  }

  void hostileManifestsNameNothing() {
    const QString store = home_ + QStringLiteral("/.ollama/models");
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), home_ + QStringLiteral("/secret"));
    int n = 0;
    for (const QJsonValue& digest : {QJsonValue(QStringLiteral("sha256:../../../secret/config.json")), QJsonValue(7),
                                     QJsonValue(QStringLiteral("sha256:") + QString(64, QLatin1Char('b'))), QJsonValue(QString())})
      tests::writeFile(store + QStringLiteral("/manifests/r/library/m/tag%1").arg(n++), tests::ollamaManifest(digest));
    tests::writeFile(store + QStringLiteral("/manifests/r/library/m/broken"), QByteArray(100000, '['));
    QVERIFY(scan().isEmpty());
  }

  void circlesAndDepthsEnd() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("a/Chat")));
    QVERIFY(QFile::link(models(QString()), models(QStringLiteral("a/back"))));
    QVERIFY(QFile::link(models(QStringLiteral("a")), models(QStringLiteral("b"))));
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("1/2/3/4/5/6/Deep")));
    const QList<FoundModel> found = scan();
    QCOMPARE(found.size(), 1);
    QCOMPARE(found[0].title, QStringLiteral("Chat"));
  }

  void aPipeInTheWayDoesNotHoldTheScan() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("Chat")));
    QCOMPARE(::mkfifo(QFile::encodeName(models(QStringLiteral("Chat/README.md"))).constData(), 0600), 0);
    QCOMPARE(::mkfifo(QFile::encodeName(models(QStringLiteral("pipe.gguf"))).constData(), 0600), 0);
    QCOMPARE(scan().size(), 1);
  }

  void openedModelsAreThereOnce() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("Chat")));
    tests::copyFolder(tests::fixtureModel("glm4-base"), home_ + QStringLiteral("/mine"));
    QVERIFY(QFile::link(home_ + QStringLiteral("/mine"), home_ + QStringLiteral("/same")));
    const QList<FoundModel> found = scan({models(QStringLiteral("Chat")), home_ + QStringLiteral("/mine"),
                                          home_ + QStringLiteral("/same"), home_ + QStringLiteral("/gone")});
    QCOMPARE(found.size(), 3);
    QVERIFY(found[0].origin == ModelOrigin::Models);
    QVERIFY(found[1].origin == ModelOrigin::InPlace);
    QVERIFY(titled(found, QStringLiteral("gone")).missing);
  }

  void aStoppedScanEnds() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("Chat")));
    QVERIFY(findModels(places(), {}, [] { return true; }).isEmpty());
  }

  void namesForFoldersArePlain_data() {
    QTest::addColumn<QString>("title");
    QTest::addColumn<QString>("name");
    QTest::newRow("plain") << "ERNIE-4.5-0.3B" << "ERNIE-4.5-0.3B";
    QTest::newRow("tag") << "ernie:0.3b" << "ernie-0.3b";
    QTest::newRow("leads up") << "../../etc/passwd" << "etc-passwd";
    QTest::newRow("absolute") << "/etc/passwd" << "etc-passwd";
    QTest::newRow("hidden") << ".ssh" << "ssh";
    QTest::newRow("only dots") << "../.." << "model";
    QTest::newRow("nothing") << "" << "model";
    QTest::newRow("zero") << QString(QChar(0)) + "x" << "x";
    QTest::newRow("Chinese") << QString::fromUtf8("模型 7B") << QString::fromUtf8("模型-7B");
  }
  void namesForFoldersArePlain() {
    QFETCH(QString, title);
    QFETCH(QString, name);
    QCOMPARE(folderNameFor(title), name);
    QVERIFY(folderNameFor(QString(10000, QChar(0x6a21))).toUtf8().size() <= 200);
  }
};

QTEST_GUILESS_MAIN(ModelScanTest)
#include "model_scan_test.moc"
