#include "app/library/model_library.h"

#include <QAbstractItemModelTester>
#include <QDesktopServices>
#include <QDir>
#include <QSignalSpy>
#include <QtTest>

#include "app/settings/settings.h"
#include "tests/app/model_tree.h"

using namespace app;

namespace {

constexpr int kPatience = 60000;  // milliseconds, for a machine that is busy

}  // namespace

/// Takes the place of the system's file manager.
class FolderShown : public QObject {
  Q_OBJECT

 public:
  QUrl shown;

 public slots:
  void show(const QUrl& url) { shown = url; }
};

class ModelLibraryTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<Settings> settings_;
  std::unique_ptr<ModelRunner> runner_;
  std::unique_ptr<ModelLibrary> library_;
  std::unique_ptr<QAbstractItemModelTester> tester_;

  static int demos() { return ModelRunner::demoPath().isEmpty() ? 0 : 1; }
  QVariant at(int row, int role) const { return library_->data(library_->index(row, 0), role); }
  QString models(const QString& name = {}) const { return folder_->filePath(QStringLiteral("models/") + name); }
  /// The library on the folders below folder_, every model looked at.
  void open() {
    ModelPlaces places = ModelPlaces::around(models(), folder_->path(), QProcessEnvironment());
    places.modelsDir = QDir::cleanPath(models());
    places.ollamaDirs = {folder_->filePath(QStringLiteral(".ollama/models"))};
    library_ = std::make_unique<ModelLibrary>(*settings_, *runner_, places);
    tester_ = std::make_unique<QAbstractItemModelTester>(library_.get());
    QVERIFY(waitUntilScanned());
  }
  bool waitUntilScanned() {
    return QTest::qWaitFor([this] { return !library_->scanning(); }, kPatience);
  }
  int rowOf(const QString& name) const {
    for (int row = 0; row < library_->rowCount(); ++row) {
      if (at(row, ModelLibrary::NameRole).toString() == name) return row;
    }
    return -1;
  }
  bool waitForJobs() {
    return QTest::qWaitFor([this] { return library_->jobs()->activeCount() == 0 && !library_->scanning(); }, kPatience);
  }
  void load(const QString& path) {
    runner_->load(path);
    QVERIFY(tests::waitForLoad(*runner_));
    QVERIFY2(runner_->state() == ModelRunner::State::Ready, qPrintable(runner_->errorDetail()));
  }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    settings_ = std::make_unique<Settings>(folder_->filePath(QStringLiteral("settings.json")));
    runner_ = std::make_unique<ModelRunner>(*settings_);
  }
  void cleanup() {
    tester_.reset();
    library_.reset();
    runner_.reset();
    settings_.reset();
    folder_.reset();
  }

  void demoComesLast() {
    if (demos() == 0) QSKIP("the demo model is not in this build tree");
    settings_->rememberModel(tests::fixtureModel("ernie4_5-chat"));
    open();
    QCOMPARE(library_->rowCount(), 2);
    QVERIFY(at(1, ModelLibrary::IsDemoRole).toBool());
    QVERIFY(at(1, ModelLibrary::UsableRole).toBool());
    for (const int role : {ModelLibrary::CanDeleteRole, ModelLibrary::CanForgetRole, ModelLibrary::CanCopyRole})
      QVERIFY(!at(1, role).toBool());
    library_->removeAt(1);
    library_->deleteAt(1);
    QVERIFY(waitUntilScanned());
    QCOMPARE(library_->rowCount(), 2);
  }

  void describesRememberedModels() {
    settings_->rememberModel(tests::fixtureModel("ernie4_5-chat"));
    open();
    QCOMPARE(library_->rowCount(), demos() + 1);
    QCOMPARE(at(0, ModelLibrary::NameRole).toString(), QStringLiteral("ernie4_5-chat"));
    QVERIFY(at(0, ModelLibrary::DetailRole).toString().startsWith(QStringLiteral("ernie4_5 · ")));
    QVERIFY(at(0, ModelLibrary::ProblemRole).toString().isEmpty());
    QVERIFY(!at(0, ModelLibrary::MissingRole).toBool());
    QCOMPARE(at(0, ModelLibrary::ArchitectureRole).toString(), QStringLiteral("ernie4_5"));
    QVERIFY(!at(0, ModelLibrary::PrecisionRole).toString().isEmpty());
    QVERIFY(at(0, ModelLibrary::ContextRole).toLongLong() > 0);
    QVERIFY(at(0, ModelLibrary::BytesRole).toLongLong() > 0);
    QVERIFY(!at(0, ModelLibrary::TemplateRole).toString().isEmpty());
    QVERIFY(!at(0, ModelLibrary::CanDeleteRole).toBool());  // its files are not ours
    QVERIFY(at(0, ModelLibrary::CanForgetRole).toBool());
    QVERIFY(at(0, ModelLibrary::LastUsedTextRole).toString().isEmpty());
  }

  void marksWhatIsGoneAndWhatIsBroken() {
    const QString broken = folder_->filePath(QStringLiteral("broken"));
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), broken);
    tests::writeFile(broken + QStringLiteral("/config.json"), "{ not json");
    settings_->rememberModel(broken);
    settings_->rememberModel(folder_->filePath(QStringLiteral("gone")));
    open();
    const int gone = rowOf(QStringLiteral("gone")), damaged = rowOf(QStringLiteral("broken"));
    QVERIFY(at(gone, ModelLibrary::MissingRole).toBool());
    QVERIFY(at(damaged, ModelLibrary::ProblemRole).toString().contains(QStringLiteral("config.json")));
    QVERIFY(!at(damaged, ModelLibrary::MissingRole).toBool());
    for (const int row : {gone, damaged}) QVERIFY(!at(row, ModelLibrary::UsableRole).toBool());
  }

  void aModelWithoutAllItsPartsIsNotOffered() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("Half")));
    const QString part = models(QStringLiteral("Half/model-00002-of-00003.safetensors"));
    const QString aside = folder_->filePath(QStringLiteral("aside"));
    QVERIFY(QFile::rename(part, aside));
    open();
    const int row = rowOf(QStringLiteral("Half"));
    QVERIFY(!at(row, ModelLibrary::UsableRole).toBool());
    QVERIFY(at(row, ModelLibrary::ProblemRole).toString().contains(QStringLiteral("model-00002-of-00003")));
    // It tells from the files, not from what it thought of them.
    QVERIFY(QFile::rename(aside, part));
    library_->refresh();
    QVERIFY(waitUntilScanned());
    QVERIFY(at(rowOf(QStringLiteral("Half")), ModelLibrary::UsableRole).toBool());
  }

  void cutFilesAreNotOffered() {
    QDir().mkpath(models(QStringLiteral("Cut")));
    QVERIFY(QFile::copy(tests::fixtureGguf(), models(QStringLiteral("Cut/cut.gguf"))));
    QFile file(models(QStringLiteral("Cut/cut.gguf")));
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
    QVERIFY(file.resize(file.size() - 100));
    open();
    QVERIFY(!at(rowOf(QStringLiteral("cut")), ModelLibrary::UsableRole).toBool());
    QVERIFY(!at(rowOf(QStringLiteral("cut")), ModelLibrary::ProblemRole).toString().isEmpty());
  }

  void otherProgramsModelsAreReadOnlyAndKeepTheirNames() {
    const QString snapshot = tests::hubCacheEntry(folder_->filePath(QStringLiteral(".cache/huggingface/hub")), QStringLiteral("org/ERNIE-tiny"),
                                                  QStringLiteral("0123abc"), tests::fixtureModel("ernie4_5-chat"));
    tests::ollamaEntry(folder_->filePath(QStringLiteral(".ollama/models")), QStringLiteral("ernie"), QStringLiteral("q4"), tests::fixtureGguf());
    open();
    const int hub = rowOf(QStringLiteral("ERNIE-tiny")), ollama = rowOf(QStringLiteral("ernie:q4"));
    QVERIFY(hub >= 0 && ollama >= 0);
    for (const int row : {hub, ollama}) {
      QVERIFY(at(row, ModelLibrary::ForeignRole).toBool());
      QVERIFY(!at(row, ModelLibrary::CanDeleteRole).toBool());
      QVERIFY(!at(row, ModelLibrary::CanForgetRole).toBool());
      QVERIFY2(at(row, ModelLibrary::UsableRole).toBool(), qPrintable(at(row, ModelLibrary::ProblemRole).toString()));
      library_->deleteAt(row);
      library_->removeAt(row);
    }
    QVERIFY(waitUntilScanned());
    QVERIFY(QFileInfo::exists(snapshot + QStringLiteral("/config.json")));
    // In a chat it is not called by the number of its revision.
    load(snapshot);
    QCOMPARE(runner_->modelName(), QStringLiteral("ERNIE-tiny"));
    QVERIFY(at(rowOf(QStringLiteral("ERNIE-tiny")), ModelLibrary::ActiveRole).toBool());
    QVERIFY(settings_->knownModels().isEmpty());  // it is found anyway
  }

  void otherProgramsModelsThatCannotRunAreCounted() {
    tests::writeFile(folder_->filePath(QStringLiteral(".lmstudio/models/org/repo/other.gguf")), "GGUF and no model");
    open();
    QCOMPARE(library_->unusableCount(), 1);
  }

  void remembersAModelOnceItHasLoaded() {
    open();
    library_->add(QUrl::fromLocalFile(tests::fixtureModel("ernie4_5-chat")));
    QVERIFY(settings_->knownModels().isEmpty());
    QVERIFY(tests::waitForLoad(*runner_));
    QCOMPARE(settings_->knownModels(), QStringList({tests::fixtureModel("ernie4_5-chat")}));
    QVERIFY(waitUntilScanned());
    QCOMPARE(library_->rowCount(), demos() + 1);
    QVERIFY(at(0, ModelLibrary::ActiveRole).toBool());
    QCOMPARE(at(0, ModelLibrary::LastUsedTextRole).toString(), QStringLiteral("now"));

    library_->removeAt(0);
    QVERIFY(waitUntilScanned());
    QCOMPARE(library_->rowCount(), demos());
    QVERIFY(settings_->knownModels().isEmpty());
    QVERIFY(QFile::exists(tests::fixtureModel("ernie4_5-chat") + QStringLiteral("/config.json")));
  }

  void doesNotRememberWhatFailsToLoad() {
    open();
    library_->add(QUrl::fromLocalFile(folder_->path()));
    QVERIFY(tests::waitForLoad(*runner_));
    QVERIFY(!runner_->error().isEmpty());
    QVERIFY(settings_->knownModels().isEmpty());
    QCOMPARE(library_->rowCount(), demos());
  }

  void lastUsedComesFirst() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("A")));
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("B")));
    settings_->setModelUsed(models(QStringLiteral("B")), QDateTime::currentDateTime().addDays(-1));
    open();
    QCOMPARE(at(0, ModelLibrary::NameRole).toString(), QStringLiteral("B"));
    QCOMPARE(at(0, ModelLibrary::LastUsedTextRole).toString(), QStringLiteral("yesterday"));
  }

  void copyAndSmallerCopyBecomeRows() {
    open();
    library_->importCopy(QUrl::fromLocalFile(tests::fixtureModel("ernie4_5-chat") + QStringLiteral("/config.json")));
    QCOMPARE(library_->jobs()->count(), 1);
    QVERIFY(waitForJobs());
    QCOMPARE(library_->jobs()->count(), 0);
    const int copy = rowOf(QStringLiteral("ernie4_5-chat"));
    QCOMPARE(at(copy, ModelLibrary::PathRole).toString(), models(QStringLiteral("ernie4_5-chat")));
    QVERIFY(at(copy, ModelLibrary::CanDeleteRole).toBool());
    const qint64 bytes = at(copy, ModelLibrary::BytesRole).toLongLong();

    QCOMPARE(at(copy, ModelLibrary::SmallerBitsRole).toList(), QVariantList({8, 4}));
    library_->quantize(copy, 8);
    QVERIFY(waitForJobs());
    const int smaller = rowOf(QString::fromUtf8("ernie4_5-chat · 8 bit"));
    QVERIFY(smaller >= 0);
    QCOMPARE(at(smaller, ModelLibrary::SmallerBitsRole).toList(), QVariantList({4}));
    library_->quantize(smaller, 8);  // it would not get smaller
    QCOMPARE(library_->jobs()->count(), 0);
    QVERIFY(at(smaller, ModelLibrary::UsableRole).toBool());
    QVERIFY(at(smaller, ModelLibrary::BytesRole).toLongLong() < bytes);
    load(at(smaller, ModelLibrary::PathRole).toString());
    QVERIFY(at(rowOf(QString::fromUtf8("ernie4_5-chat · 8 bit")), ModelLibrary::ActiveRole).toBool());
    QVERIFY(settings_->knownModels().isEmpty());
  }

  void candidateIsLookedAtAndImportedAsAsked() {
    open();
    const QUrl model = QUrl::fromLocalFile(tests::fixtureModel("ernie4_5-chat"));
    const auto looked = [this] { return !library_->candidate().value(QStringLiteral("looking")).toBool(); };
    library_->examine(model);
    QCOMPARE(library_->candidate().value(QStringLiteral("name")).toString(), QStringLiteral("ernie4_5-chat"));
    library_->importCandidate(QStringLiteral("copy"));  // too early: nobody knows whether it is sound
    QCOMPARE(library_->jobs()->count(), 0);
    library_->examine(model);
    QTRY_VERIFY_WITH_TIMEOUT(looked(), kPatience);
    QVERIFY(library_->candidate().value(QStringLiteral("usable")).toBool());
    QVERIFY(!library_->candidate().value(QStringLiteral("fourText")).toString().isEmpty());
    // Fewer bits, fewer bytes to read: by their share of the file.
    const auto bytes = [this](const char* field) { return library_->candidate().value(QLatin1String(field)).toDouble(); };
    QVERIFY(bytes("activeBytes") > 0 && bytes("kvBytes") > 0);
    QCOMPARE(bytes("eightActiveBytes") / bytes("fourActiveBytes"), 8.5 / 4.5);
    QVERIFY(bytes("eightActiveBytes") < bytes("activeBytes"));
    library_->importCandidate(QStringLiteral("4"));
    QVERIFY(library_->candidate().isEmpty());
    QVERIFY(waitForJobs());
    QVERIFY(rowOf(QString::fromUtf8("ernie4_5-chat · 4 bit")) >= 0);

    library_->examine(QUrl::fromLocalFile(folder_->path()));
    QTRY_VERIFY_WITH_TIMEOUT(looked(), kPatience);
    QVERIFY(!library_->candidate().value(QStringLiteral("problem")).toString().isEmpty());
    library_->importCandidate(QStringLiteral("copy"));
    QCOMPARE(library_->jobs()->count(), 0);
  }

  void failedJobSaysWhyUntilItIsDismissed() {
    open();
    library_->importCopy(QUrl::fromLocalFile(folder_->filePath(QStringLiteral("gone"))));
    QVERIFY(waitForJobs());
    LibraryJobs& jobs = *library_->jobs();
    QCOMPARE(jobs.count(), 1);
    QVERIFY(jobs.data(jobs.index(0), LibraryJobs::ProblemRole).toString().contains(QStringLiteral("gone")));
    jobs.dismiss(0);
    QCOMPARE(jobs.count(), 0);
  }

  void deletedModelIsUnloadedAndComesBackWithUndo() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("Chat")));
    open();
    load(models(QStringLiteral("Chat")));
    library_->deleteAt(rowOf(QStringLiteral("Chat")));
    QVERIFY(runner_->modelPath().isEmpty());
    QTRY_COMPARE_WITH_TIMEOUT(library_->undoTitle(), QStringLiteral("Chat"), kPatience);
    QVERIFY(waitUntilScanned());
    QCOMPARE(rowOf(QStringLiteral("Chat")), -1);
    QVERIFY(settings_->lastModelPath().isEmpty());

    library_->undoDelete();
    QTRY_VERIFY_WITH_TIMEOUT(rowOf(QStringLiteral("Chat")) >= 0, kPatience);
    QVERIFY(waitUntilScanned());
    QVERIFY(at(rowOf(QStringLiteral("Chat")), ModelLibrary::UsableRole).toBool());

    library_->deleteAt(rowOf(QStringLiteral("Chat")));
    QTRY_VERIFY_WITH_TIMEOUT(!library_->undoTitle().isEmpty(), kPatience);
    library_->dismissUndo();
    QTRY_VERIFY_WITH_TIMEOUT(QDir(models(QStringLiteral(".trash/%1").arg(QCoreApplication::applicationPid()))).isEmpty(), kPatience);
  }

  void whatWasDeletedIsGoneAtTheEnd() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("Chat")));
    open();
    library_->deleteAt(rowOf(QStringLiteral("Chat")));
    QTRY_VERIFY_WITH_TIMEOUT(!library_->undoTitle().isEmpty(), kPatience);
    tester_.reset();
    library_.reset();
    QVERIFY(QDir(models(QStringLiteral(".trash/%1").arg(QCoreApplication::applicationPid()))).isEmpty());
  }

  void oneOfSeveralFilesInAFolderIsDeletedAlone() {
    QDir().mkpath(models(QStringLiteral("Two")));
    QVERIFY(QFile::copy(tests::fixtureGguf(), models(QStringLiteral("Two/a.gguf"))));
    QVERIFY(QFile::copy(tests::fixtureGguf("ernie4_5-Q6_K.gguf"), models(QStringLiteral("Two/b.gguf"))));
    open();
    library_->deleteAt(rowOf(QStringLiteral("a")));
    QTRY_COMPARE_WITH_TIMEOUT(rowOf(QStringLiteral("a")), -1, kPatience);
    QVERIFY(waitUntilScanned());
    QVERIFY(at(rowOf(QStringLiteral("b")), ModelLibrary::UsableRole).toBool());
  }

  void modelsFolderMovesWithTheLoadedModel() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("Chat")));
    open();
    load(models(QStringLiteral("Chat")));
    QSignalSpy moved(library_.get(), &ModelLibrary::modelsDirChanged);
    const QString to = folder_->filePath(QStringLiteral("elsewhere"));
    library_->moveModels(QUrl::fromLocalFile(to));
    QVERIFY(waitForJobs());
    QCOMPARE(moved.count(), 1);
    QCOMPARE(library_->modelsDir(), to);
    QCOMPARE(settings_->modelsFolder(), to);
    QVERIFY(tests::waitForLoad(*runner_));
    QCOMPARE(runner_->modelPath(), to + QStringLiteral("/Chat"));
    QVERIFY(at(rowOf(QStringLiteral("Chat")), ModelLibrary::ActiveRole).toBool());
  }

  void nothingIsPutIntoAFolderThatMoves() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("Chat")));
    open();
    library_->moveModels(QUrl::fromLocalFile(folder_->filePath(QStringLiteral("elsewhere"))));
    QVERIFY(library_->moving());
    library_->importCopy(QUrl::fromLocalFile(tests::fixtureModel("ernie4_5-chat")));
    QCOMPARE(library_->jobs()->count(), 1);
    QVERIFY(!library_->problem().isEmpty());
    library_->deleteAt(rowOf(QStringLiteral("Chat")));
    QVERIFY(waitForJobs());
    QVERIFY(!library_->moving());
    QVERIFY(rowOf(QStringLiteral("Chat")) >= 0);
    QVERIFY(!QFileInfo::exists(models()));
  }

  void modelsFolderThatCannotMoveStays() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("Chat")));
    open();
    library_->moveModels(QUrl::fromLocalFile(models(QStringLiteral("inside"))));
    QVERIFY(waitForJobs());
    QCOMPARE(library_->jobs()->count(), 1);  // says why
    QVERIFY(settings_->modelsFolder().isEmpty());
    QVERIFY(rowOf(QStringLiteral("Chat")) >= 0);
    library_->setFolderGuard([] { return QStringLiteral("A download goes there."); });
    library_->moveModels(QUrl::fromLocalFile(folder_->filePath(QStringLiteral("else"))));
    QCOMPARE(library_->problem(), QStringLiteral("A download goes there."));
  }

  void filesAreShownInTheirFolder() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("Chat")));
    open();
    FolderShown manager;
    QDesktopServices::setUrlHandler(QStringLiteral("file"), &manager, "show");
    library_->showInFolder(rowOf(QStringLiteral("Chat")));
    QDesktopServices::unsetUrlHandler(QStringLiteral("file"));
    QCOMPARE(manager.shown, QUrl::fromLocalFile(models(QStringLiteral("Chat"))));
  }

  void rowsThatAreNotThereAreIgnored() {
    open();
    for (const int row : {-1, 1000}) {
      library_->use(row);
      library_->removeAt(row);
      library_->copyIn(row);
      library_->quantize(row, 8);
      library_->deleteAt(row);
      library_->showInFolder(row);
      library_->jobs()->cancel(row);
      library_->jobs()->dismiss(row);
    }
    library_->undoDelete();
    library_->dismissUndo();
    library_->moveModels(QUrl());
    QCOMPARE(library_->jobs()->count(), 0);
  }
};

QTEST_GUILESS_MAIN(ModelLibraryTest)
#include "model_library_test.moc"
