#include "app/settings/settings.h"

#include <sys/stat.h>
#include <unistd.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>

#include "app/settings/paths.h"

using namespace app;

namespace {

QByteArray contentOf(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void write(const QString& path, const QByteArray& bytes) {
  QFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size()) {
    qFatal("%s cannot be written", qPrintable(path));
  }
}

void verifyDefaults(const Settings& settings) {
  QCOMPARE(settings.theme(), Settings::Theme::System);
  QCOMPARE(settings.fontScale(), 1.0);
  QVERIFY(settings.sidebarVisible());
  QVERIFY(!settings.panelVisible());
  QVERIFY(settings.windowGeometry().isNull());
  QVERIFY(!settings.windowMaximized());
  QVERIFY(settings.sendWithEnter());
  QVERIFY(settings.lastModelPath().isEmpty());
  QVERIFY(settings.knownModels().isEmpty());
  QVERIFY(settings.samplingOverrides().isEmpty());
}

}  // namespace

class SettingsTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  QString path_;

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    path_ = folder_->filePath(QStringLiteral("config/settings.json"));
  }

  void missingFileMeansDefaults() {
    const Settings settings(path_);
    verifyDefaults(settings);
    QVERIFY(settings.notice().isEmpty());
    QVERIFY(!QFile::exists(path_));  // nothing to keep, nothing written
  }

  void everythingSetIsReadBack() {
    {
      Settings settings(path_);
      settings.setTheme(Settings::Theme::Dark);
      settings.setFontScale(1.25);
      settings.setSidebarVisible(false);
      settings.setPanelVisible(true);
      settings.setWindowGeometry(QRect(-10, 20, 1280, 800));
      settings.setWindowMaximized(true);
      settings.setSendWithEnter(false);
      settings.setLastModelPath(QStringLiteral("/models/ünï 模型"));
      settings.setNewChatDraft(QStringLiteral("half a\nthought"));
      settings.rememberModel(QStringLiteral("/a"));
      settings.rememberModel(QStringLiteral("/b"));
      settings.rememberModel(QStringLiteral("/a"));
      settings.setSamplingOverride(QStringLiteral("temperature"), 0.7);
      settings.setSamplingOverride(QStringLiteral("seed"), 9007199254740993LL);  // more than a double holds
      settings.setSamplingOverride(QStringLiteral("do_sample"), false);
      settings.setSamplingOverride(QStringLiteral("stop"), QStringList({QStringLiteral("\n")}));
    }
    const Settings settings(path_);
    QCOMPARE(settings.notice(), QString());
    QCOMPARE(settings.theme(), Settings::Theme::Dark);
    QCOMPARE(settings.fontScale(), 1.25);
    QVERIFY(!settings.sidebarVisible());
    QVERIFY(settings.panelVisible());
    QCOMPARE(settings.windowGeometry(), QRect(-10, 20, 1280, 800));
    QVERIFY(settings.windowMaximized());
    QVERIFY(!settings.sendWithEnter());
    QCOMPARE(settings.lastModelPath(), QStringLiteral("/models/ünï 模型"));
    QCOMPARE(settings.newChatDraft(), QStringLiteral("half a\nthought"));
    QCOMPARE(settings.knownModels(), QStringList({QStringLiteral("/a"), QStringLiteral("/b")}));
    const QVariantMap sampling = settings.samplingOverrides();
    QCOMPARE(sampling.value(QStringLiteral("temperature")).toDouble(), 0.7);
    QCOMPARE(sampling.value(QStringLiteral("seed")).toLongLong(), 9007199254740993LL);
    QCOMPARE(sampling.value(QStringLiteral("do_sample")), QVariant(false));
    QCOMPARE(sampling.value(QStringLiteral("stop")).toStringList(), QStringList({QStringLiteral("\n")}));
  }

  void changesAreWrittenShortlyAfter() {
    Settings settings(path_);
    settings.setPanelVisible(true);
    QTRY_VERIFY(contentOf(path_).contains("panelVisible"));
  }

  void onlyRealChangesAreTold() {
    Settings settings(path_);
    QSignalSpy theme(&settings, &Settings::themeChanged);
    QSignalSpy scale(&settings, &Settings::fontScaleChanged);
    QSignalSpy models(&settings, &Settings::knownModelsChanged);
    QSignalSpy sampling(&settings, &Settings::samplingOverridesChanged);
    settings.setTheme(Settings::Theme::System);
    settings.setFontScale(1);
    settings.forgetModel(QStringLiteral("/unknown"));
    settings.clearSamplingOverrides();
    settings.clearSamplingOverride(QStringLiteral("top_k"));
    QCOMPARE(theme.size() + scale.size() + models.size() + sampling.size(), 0);
    settings.setTheme(Settings::Theme::Light);
    settings.setTheme(Settings::Theme::Light);
    settings.setFontScale(2);
    settings.rememberModel(QStringLiteral("/m"));
    settings.forgetModel(QStringLiteral("/m"));
    settings.setSamplingOverride(QStringLiteral("top_k"), 5);
    settings.clearSamplingOverride(QStringLiteral("top_k"));
    QCOMPARE(theme.size(), 1);
    QCOMPARE(scale.size(), 1);
    QCOMPARE(models.size(), 2);
    QCOMPARE(sampling.size(), 2);
    QVERIFY(settings.knownModels().isEmpty());
    QVERIFY(settings.samplingOverrides().isEmpty());
  }

  void impossibleValuesAreNotTaken() {
    Settings settings(path_);
    settings.setFontScale(100);
    QCOMPARE(settings.fontScale(), Settings::kLargestFontScale);
    settings.setFontScale(std::nan(""));
    QCOMPARE(settings.fontScale(), Settings::kLargestFontScale);
    settings.setWindowGeometry(QRect(0, 0, -5, 100));
    QVERIFY(settings.windowGeometry().isNull());
    settings.setSamplingOverride(QStringLiteral("temperature"), std::nan(""));
    settings.setSamplingOverride(QStringLiteral("temperature"), QVariantMap());
    QVERIFY(settings.samplingOverrides().isEmpty());
  }

  void damagedFileIsKeptAsideAndSaid_data() {
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("not JSON") << QByteArray("theme=dark");
    QTest::newRow("cut off") << QByteArray("{\"theme\": \"dar");
    QTest::newRow("no object") << QByteArray("[1, 2]");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("too deep") << QByteArray(100000, '[');
    QTest::newRow("too large") << QByteArray(5 * 1024 * 1024, ' ') + "{}";
  }
  void damagedFileIsKeptAsideAndSaid() {
    QFETCH(QByteArray, content);
    QDir(folder_->path()).mkdir(QStringLiteral("config"));
    write(path_, content);
    Settings settings(path_);
    verifyDefaults(settings);
    const QDir config(QFileInfo(path_).path());
    const QStringList kept = config.entryList({QStringLiteral("settings.json.damaged-*")});
    QCOMPARE(kept.size(), 1);
    QVERIFY2(settings.notice().contains(kept[0]), qPrintable(settings.notice()));
    QCOMPARE(contentOf(config.filePath(kept[0])), content);
    QVERIFY(!QFile::exists(path_));
    settings.setPanelVisible(true);
    settings.flush();
    QVERIFY(QFile::exists(path_));
  }

  void wrongValuesGetTheirDefaultsAndOthersStay() {
    QDir(folder_->path()).mkdir(QStringLiteral("config"));
    write(path_, R"({"theme": "purple", "fontScale": 1e99, "sidebarVisible": "yes", "panelVisible": true,
                         "windowGeometry": [1, 2, 3], "sendWithEnter": 1, "lastModelPath": 5, "knownModels": ["/a", 7],
                         "samplingOverrides": {"top_k": {}}, "windowMaximized": null})");
    Settings settings(path_);
    QVERIFY(settings.panelVisible());
    settings.setPanelVisible(false);
    verifyDefaults(settings);
    for (const char* key : {"theme", "fontScale", "sidebarVisible", "windowGeometry", "sendWithEnter", "lastModelPath",
                            "knownModels", "samplingOverrides", "windowMaximized"}) {
      QVERIFY2(settings.notice().contains(QLatin1String(key)), key);
    }
  }

  void keysOfOtherVersionsStay() {
    QDir(folder_->path()).mkdir(QStringLiteral("config"));
    write(path_, R"({"fromTheFuture": {"x": [1, 2]}, "theme": "dark"})");
    {
      Settings settings(path_);
      QVERIFY(settings.notice().isEmpty());
      settings.setTheme(Settings::Theme::Light);
    }
    const QJsonObject object = QJsonDocument::fromJson(contentOf(path_)).object();
    QCOMPARE(object.value(QStringLiteral("fromTheFuture")).toObject().value(QStringLiteral("x")), QJsonArray({1, 2}));
    QCOMPARE(object.value(QStringLiteral("theme")), QJsonValue(QStringLiteral("light")));
  }

  void failedWriteIsSaidAndTheOldFileStays() {
    QDir(folder_->path()).mkdir(QStringLiteral("config"));
    write(path_, "{\"theme\": \"dark\"}");
    Settings settings(path_);
    QSignalSpy failed(&settings, &Settings::writeFailed);
    const QByteArray config = QFileInfo(path_).path().toUtf8();
    chmod(config.constData(), 0555);
    chmod(qPrintable(path_), 0444);
    const bool root = geteuid() == 0 && seteuid(65534) == 0;  // who may write anywhere
    settings.setTheme(Settings::Theme::Light);
    settings.flush();
    QVERIFY(!root || seteuid(0) == 0);
    chmod(config.constData(), 0755);
    QTRY_COMPARE(failed.size(), 1);
    QVERIFY(failed[0][0].toString().contains(path_));
    QCOMPARE(contentOf(path_), QByteArray("{\"theme\": \"dark\"}"));
    QCOMPARE(settings.theme(), Settings::Theme::Light);
  }

  void standardPathsFollowXdg() {
    qputenv("XDG_DATA_HOME", "/somewhere/data");
    qputenv("XDG_CONFIG_HOME", "/somewhere/config");
    const Paths paths = Paths::standard();
    QCOMPARE(paths.dataDir, QStringLiteral("/somewhere/data/sotto"));
    QCOMPARE(paths.configDir, QStringLiteral("/somewhere/config/sotto"));
    QCOMPARE(paths.modelsDir, QStringLiteral("/somewhere/data/sotto/models"));
    QCOMPARE(paths.historyFile(), QStringLiteral("/somewhere/data/sotto/history.db"));
    QCOMPARE(paths.settingsFile(), QStringLiteral("/somewhere/config/sotto/settings.json"));
  }

  void dataDirHoldsEverything() {
    const Paths paths = Paths::under(folder_->path() + QStringLiteral("/x/../d/"));
    QCOMPARE(paths.dataDir, folder_->path() + QStringLiteral("/d"));
    QCOMPARE(paths.configDir, paths.dataDir);
    QCOMPARE(paths.modelsDir, paths.dataDir + QStringLiteral("/models"));
    QVERIFY(QDir::isAbsolutePath(Paths::under(QStringLiteral("relative")).dataDir));
  }

  void modelsAndNetworkAreReadBack() {
    const QDateTime used = QDateTime::fromSecsSinceEpoch(1'700'000'000);
    {
      Settings settings(path_);
      QCOMPARE(settings.keepLoadedMinutes(), 0);
      QCOMPARE(settings.downloadLimitKb(), 0);
      QVERIFY(!settings.offline() && settings.modelsFolder().isEmpty() && settings.hubEndpoint().isEmpty());
      settings.setModelsFolder(QStringLiteral("/big/models"));
      settings.setKeepLoadedMinutes(15);
      settings.setHubEndpoint(QStringLiteral(" https://mirror.example "));
      settings.setNetworkProxy(QStringLiteral("socks5://127.0.0.1:1080"));
      settings.setOffline(true);
      settings.setDownloadLimitKb(-5);
      settings.setDownloadLimitKb(2048);
      settings.setModelUsed(QStringLiteral("/m/a"), used);
      settings.setModelTitle(QStringLiteral("/m/a"), QStringLiteral("A"));
      settings.setModelSampling(QStringLiteral("A"), {{QStringLiteral("temperature"), 0.5}});
    }
    Settings settings(path_);
    QCOMPARE(settings.modelsFolder(), QStringLiteral("/big/models"));
    QCOMPARE(settings.keepLoadedMinutes(), 15);
    QCOMPARE(settings.hubEndpoint(), QStringLiteral("https://mirror.example"));
    QCOMPARE(settings.networkProxy(), QStringLiteral("socks5://127.0.0.1:1080"));
    QVERIFY(settings.offline());
    QCOMPARE(settings.downloadLimitKb(), 2048);
    QCOMPARE(settings.modelUsed(QStringLiteral("/m/a")), used);
    QVERIFY(settings.modelUsed(QStringLiteral("/m/b")).isNull());
    QCOMPARE(settings.modelTitle(QStringLiteral("/m/a")), QStringLiteral("A"));
    QCOMPARE(settings.modelSampling(QStringLiteral("A")).value(QStringLiteral("temperature")).toDouble(), 0.5);
    settings.setModelSampling(QStringLiteral("A"), {});
    QVERIFY(settings.modelSampling(QStringLiteral("A")).isEmpty());
  }

  void offlineOfOneRunIsNotKept() {
    {
      Settings settings(path_);
      settings.setOfflineThisRun();
      QVERIFY(settings.offline());
    }
    QVERIFY(!Settings(path_).offline());
    Settings settings(path_);
    settings.setOfflineThisRun();
    settings.setOffline(false);  // the person's own word, later
    QVERIFY(!settings.offline());
  }

  void movedModelsAreRememberedWhereTheyAre() {
    Settings settings(path_);
    settings.rememberModel(QStringLiteral("/old/a"));
    settings.rememberModel(QStringLiteral("/older/b"));
    settings.setLastModelPath(QStringLiteral("/old/a"));
    settings.setModelTitle(QStringLiteral("/old/a"), QStringLiteral("A"));
    settings.moveModelPaths(QStringLiteral("/old"), QStringLiteral("/new"));
    QCOMPARE(settings.knownModels(), QStringList({QStringLiteral("/older/b"), QStringLiteral("/new/a")}));
    QCOMPARE(settings.lastModelPath(), QStringLiteral("/new/a"));
    QCOMPARE(settings.modelTitle(QStringLiteral("/new/a")), QStringLiteral("A"));
    QVERIFY(settings.modelTitle(QStringLiteral("/old/a")).isEmpty());
  }

  void modelRecordsStayFew() {
    Settings settings(path_);
    for (int i = 0; i < Settings::kMostModelRecords + 20; ++i)
      settings.setModelUsed(QStringLiteral("/m/%1").arg(i), QDateTime::fromSecsSinceEpoch(1'000'000 + i));
    QVERIFY(settings.modelUsed(QStringLiteral("/m/0")).isNull());
    QVERIFY(!settings.modelUsed(QStringLiteral("/m/%1").arg(Settings::kMostModelRecords + 19)).isNull());
  }
};

QTEST_GUILESS_MAIN(SettingsTest)
#include "settings_test.moc"
