#include "app/library/model_library.h"

#include <QAbstractItemModelTester>
#include <QDir>
#include <QtTest>

#include "app/settings/settings.h"
#include "tests/app/model_fixture.h"

using namespace app;

class ModelLibraryTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<Settings> settings_;
  std::unique_ptr<ModelRunner> runner_;

  int demos() const { return ModelRunner::demoPath().isEmpty() ? 0 : 1; }
  static QVariant at(const ModelLibrary& library, int row, int role) {
    return library.data(library.index(row, 0), role);
  }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    settings_ = std::make_unique<Settings>(folder_->filePath(QStringLiteral("settings.json")));
    runner_ = std::make_unique<ModelRunner>(*settings_);
  }
  void cleanup() {
    runner_.reset();
    settings_.reset();
    folder_.reset();
  }

  void demoComesFirst() {
    if (demos() == 0) QSKIP("the demo model is not in this build tree");
    settings_->rememberModel(tests::fixtureModel("ernie4_5-chat"));
    ModelLibrary library(*settings_, *runner_);
    QAbstractItemModelTester tester(&library);
    QCOMPARE(library.rowCount(), 2);
    QVERIFY(at(library, 0, ModelLibrary::IsDemoRole).toBool());
    library.removeAt(0);
    QCOMPARE(library.rowCount(), 2);
  }

  void describesRememberedModels() {
    settings_->rememberModel(tests::fixtureModel("ernie4_5-chat"));
    ModelLibrary library(*settings_, *runner_);
    const int row = demos();
    QCOMPARE(library.rowCount(), row + 1);
    QTRY_VERIFY(!at(library, row, ModelLibrary::DetailRole).toString().isEmpty());
    QCOMPARE(at(library, row, ModelLibrary::NameRole).toString(), QStringLiteral("ernie4_5-chat"));
    QVERIFY(at(library, row, ModelLibrary::DetailRole).toString().startsWith(QStringLiteral("ernie4_5 · ")));
    QVERIFY(at(library, row, ModelLibrary::ProblemRole).toString().isEmpty());
    QVERIFY(!at(library, row, ModelLibrary::MissingRole).toBool());
  }

  void marksWhatIsGoneAndWhatIsBroken() {
    const QString broken = folder_->filePath(QStringLiteral("broken"));
    QVERIFY(QDir().mkpath(broken));
    QFile config(broken + QStringLiteral("/config.json"));
    QVERIFY(config.open(QIODevice::WriteOnly) && config.write("{ not json") > 0);
    config.close();
    settings_->rememberModel(broken);
    settings_->rememberModel(folder_->filePath(QStringLiteral("gone")));
    ModelLibrary library(*settings_, *runner_);
    const int gone = demos();
    const int damaged = gone + 1;
    QTRY_VERIFY(at(library, gone, ModelLibrary::MissingRole).toBool());
    QTRY_VERIFY(at(library, damaged, ModelLibrary::ProblemRole).toString().contains(QStringLiteral("config.json")));
    QVERIFY(!at(library, damaged, ModelLibrary::MissingRole).toBool());
  }

  void remembersAModelOnceItHasLoaded() {
    ModelLibrary library(*settings_, *runner_);
    QAbstractItemModelTester tester(&library);
    library.add(QUrl::fromLocalFile(tests::fixtureModel("ernie4_5-chat")));
    QVERIFY(settings_->knownModels().isEmpty());
    QVERIFY(tests::waitForLoad(*runner_));
    QCOMPARE(settings_->knownModels(), QStringList({tests::fixtureModel("ernie4_5-chat")}));
    const int row = demos();
    QCOMPARE(library.rowCount(), row + 1);
    QVERIFY(at(library, row, ModelLibrary::ActiveRole).toBool());

    library.removeAt(row);
    QCOMPARE(library.rowCount(), row);
    QVERIFY(settings_->knownModels().isEmpty());
    QVERIFY(QFile::exists(tests::fixtureModel("ernie4_5-chat") + QStringLiteral("/config.json")));
  }

  void doesNotRememberWhatFailsToLoad() {
    ModelLibrary library(*settings_, *runner_);
    library.add(QUrl::fromLocalFile(folder_->path()));
    QVERIFY(tests::waitForLoad(*runner_));
    QVERIFY(!runner_->error().isEmpty());
    QVERIFY(settings_->knownModels().isEmpty());
    QCOMPARE(library.rowCount(), demos());
  }
};

QTEST_GUILESS_MAIN(ModelLibraryTest)
#include "model_library_test.moc"
