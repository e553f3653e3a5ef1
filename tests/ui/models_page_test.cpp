#include <QQuickItem>
#include <QTemporaryDir>
#include <QtQml/QQmlExtensionPlugin>
#include <QtTest>

#include "tests/app/loopback_hub.h"
#include "tests/app/model_tree.h"
#include "tests/ui/program.h"

Q_IMPORT_QML_PLUGIN(Sotto_AppPlugin)
Q_IMPORT_QML_PLUGIN(Sotto_UiPlugin)

using namespace app;
using tests::Program;

namespace {

constexpr int kPatience = 60000;  // milliseconds, for a machine that is busy
const QString kCommit = QStringLiteral("0123456789abcdef0123456789abcdef01234567");
const QString kRepo = QStringLiteral("tiny/ERNIE-tiny-GGUF");

}  // namespace

/// The Models page in the real window, by keys and accessible names, against a real web server on this machine.
class ModelsPageTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<tests::LoopbackHub> hub_;
  std::unique_ptr<Program> program_;

  QString models(const QString& name) const { return folder_->filePath(QStringLiteral("data/models/") + name); }

  void start() {
    program_ = std::make_unique<Program>(folder_->filePath(QStringLiteral("data")));
    if (hub_) program_->root().settings()->setHubEndpoint(hub_->address());
    program_->root().settings()->setNetworkProxy(QStringLiteral("none"));
    QVERIFY(program_->waitForModel());
    program_->window().resize(1440, 1000);
    program_->key(Qt::Key_M, Qt::ControlModifier);
    QTRY_VERIFY(program_->find(QStringLiteral("Known models"), QAccessible::List));
    QTRY_VERIFY_WITH_TIMEOUT(!library().scanning(), kPatience);
  }
  /// A hub with one repository of one GGUF file.
  void startHub(const QJsonObject& more = {}) {
    hub_ = std::make_unique<tests::LoopbackHub>();
    QVERIFY(hub_->runs());
    const QString files = folder_->filePath(QStringLiteral("repo"));
    QDir().mkpath(files);
    QVERIFY(QFile::copy(tests::fixtureGguf(), files + QStringLiteral("/ERNIE-tiny-Q4_0.gguf")));
    hub_->addRepo(kRepo, kCommit, files, more);
    QJsonObject found = more;
    found.insert(QStringLiteral("id"), kRepo);
    found.insert(QStringLiteral("downloads"), 1234);
    found.insert(QStringLiteral("tags"), QJsonArray{QStringLiteral("gguf"), QStringLiteral("license:apache-2.0")});
    hub_->put(QStringLiteral("api/models.json"), QJsonDocument(QJsonArray{found}).toJson());
  }
  ModelLibrary& library() { return *program_->root().library(); }
  DownloadQueue& downloads() { return *program_->root().downloads(); }
  QVariant row(int index, int role) { return library().data(library().index(index), role); }
  int rowOf(const QString& name) {
    for (int i = 0; i < library().rowCount(); ++i) {
      if (row(i, ModelLibrary::NameRole).toString() == name) return i;
    }
    return -1;
  }
  /// Qt 6.4 does not tell assistive technology of what is disabled; the item knows.
  static bool isEnabled(QAccessibleInterface* item) {
    const auto* quick = item ? qobject_cast<QQuickItem*>(item->object()) : nullptr;
    return quick && quick->isEnabled();
  }
  /// The button of this name that speaks of this.
  QAccessibleInterface* buttonFor(const QString& name, const QString& about) {
    for (QAccessibleInterface* button : program_->all(QAccessible::Button)) {
      if (button->text(QAccessible::Name) == name && button->text(QAccessible::Description).contains(about)) return button;
    }
    return nullptr;
  }
  bool press(const QString& name, const QString& about) {
    const auto there = [&] { QAccessibleInterface* button = buttonFor(name, about); return isEnabled(button); };
    if (!QTest::qWaitFor(there, kPatience)) return false;
    buttonFor(name, about)->actionInterface()->doAction(QAccessibleActionInterface::pressAction());
    return true;
  }
  void search(const QString& text) {
    QAccessibleInterface* field = program_->find(QStringLiteral("Search models"), QAccessible::EditableText);
    QVERIFY(field);
    field->actionInterface()->doAction(QAccessibleActionInterface::setFocusAction());
    program_->type(text);
    program_->key(Qt::Key_Return);
  }
  void verifyNoWarning() {
    QVERIFY2(program_->warnings().isEmpty(), qPrintable(program_->warnings().join(QLatin1Char('\n'))));
  }

 private slots:
  void init() { folder_ = std::make_unique<QTemporaryDir>(); }
  void cleanup() {
    program_.reset();
    hub_.reset();
    folder_.reset();
  }

  void namesOfTheContractAreThere() {
    start();
    for (const char* name : {"Download", "Import", "Search models", "Models", "Recommended models", "Known models", "Downloads"})
      QTRY_VERIFY2(program_->find(QString::fromLatin1(name)), name);
    QCOMPARE(program_->find(QStringLiteral("Search models"))->role(), QAccessible::EditableText);
    QVERIFY(program_->find(QStringLiteral("Demo model"), QAccessible::ListItem));
    verifyNoWarning();
  }

  void foundModelIsDownloadedAndAnswers() {
    startHub();
    start();
    search(QStringLiteral("ERNIE"));
    QVERIFY(program_->press(kRepo, QAccessible::Button));
    QVERIFY(press(QStringLiteral("Download"), kRepo));
    QTRY_VERIFY_WITH_TIMEOUT(downloads().count() == 1, kPatience);
    const QModelIndex first = downloads().index(0);
    QTRY_COMPARE_WITH_TIMEOUT(downloads().data(first, DownloadQueue::StateRole).toInt(), int(DownloadState::Done), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(library().rowCount() == 2 && !library().scanning(), kPatience);
    const QString folder = downloads().data(first, DownloadQueue::FolderRole).toString();
    QVERIFY(row(0, ModelLibrary::PathRole).toString().startsWith(folder));
    QVERIFY2(row(0, ModelLibrary::UsableRole).toBool(), qPrintable(row(0, ModelLibrary::ProblemRole).toString()));
    QVERIFY(row(0, ModelLibrary::OriginTextRole).toString().contains(kRepo));

    QVERIFY(program_->press(QStringLiteral("Chat"), QAccessible::Button));
    QTRY_VERIFY(program_->find(QStringLiteral("Message"), QAccessible::EditableText));
    QTRY_VERIFY_WITH_TIMEOUT(!program_->root().runner()->isDemo() && program_->root().runner()->state() != ModelRunner::State::Loading, kPatience);
    QCOMPARE(downloads().count(), 0);
    program_->key(Qt::Key_M, Qt::ControlModifier);
    QTRY_VERIFY(row(0, ModelLibrary::ActiveRole).toBool());
    verifyNoWarning();
  }

  void downloadPausesResumesAndIsCancelled() {
    startHub();
    start();
    program_->root().settings()->setDownloadLimitKb(1);
    search(QStringLiteral("ERNIE"));
    QVERIFY(program_->press(kRepo, QAccessible::Button));
    QVERIFY(press(QStringLiteral("Download"), kRepo));
    QTRY_VERIFY_WITH_TIMEOUT(downloads().count() == 1, kPatience);
    const auto state = [this] { return downloads().data(downloads().index(0), DownloadQueue::StateRole).toInt(); };
    QTRY_COMPARE_WITH_TIMEOUT(state(), int(DownloadState::Running), kPatience);
    // The sidebar tells of it on every page.
    QVERIFY(program_->find(QStringLiteral("Downloads"), QAccessible::ProgressBar));
    QVERIFY(program_->press(QStringLiteral("Pause"), QAccessible::Button));
    QTRY_COMPARE_WITH_TIMEOUT(state(), int(DownloadState::Paused), kPatience);
    QVERIFY(program_->press(QStringLiteral("Resume"), QAccessible::Button));
    QTRY_COMPARE_WITH_TIMEOUT(state(), int(DownloadState::Running), kPatience);
    QVERIFY(program_->press(QStringLiteral("Cancel"), QAccessible::Button));
    QTRY_COMPARE_WITH_TIMEOUT(downloads().count(), 0, kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(downloads().partialBytes(), qint64(0), kPatience);
    QVERIFY(press(QStringLiteral("Download"), kRepo));  // it can be had again
    verifyNoWarning();
  }

  void gatedModelLeadsToTheToken() {
    startHub({{QStringLiteral("gated"), QStringLiteral("manual")}});
    start();
    search(QStringLiteral("ERNIE"));
    QVERIFY(program_->press(kRepo, QAccessible::Button));
    QVERIFY(program_->press(QString::fromUtf8("Add a token…"), QAccessible::Button));
    QTRY_VERIFY(program_->find(QStringLiteral("Access token"), QAccessible::EditableText));
    program_->type(QStringLiteral("hf_0123456789abcdef"));
    QVERIFY(program_->press(QStringLiteral("Keep the token"), QAccessible::Button));
    QTRY_VERIFY(program_->root().account()->hasToken());
    QVERIFY(program_->press(QStringLiteral("Remove the token"), QAccessible::Button));
    QTRY_VERIFY(!program_->root().account()->hasToken());
    verifyNoWarning();
  }

  void offlineNothingIsOfferedFromTheNetwork() {
    startHub();
    start();
    program_->root().settings()->setOffline(true);
    QTRY_VERIFY(!isEnabled(program_->find(QStringLiteral("Search models"))));
    for (QAccessibleInterface* button : program_->all(QAccessible::Button)) {
      if (button->text(QAccessible::Name) == QLatin1String("Download")) QVERIFY(!isEnabled(button));
    }
    QVERIFY(!program_->all(QAccessible::AlertMessage).isEmpty());
    QVERIFY(hub_->asked().isEmpty());
    QVERIFY(program_->press(QStringLiteral("Network settings"), QAccessible::Button));
    QVERIFY(program_->press(QStringLiteral("Stay offline"), QAccessible::CheckBox));
    QTRY_VERIFY(!program_->root().settings()->offline());
  }

  void hubThatDoesNotAnswerIsToldOfAndAskedAgain() {
    start();
    QTcpServer probe;
    QVERIFY(probe.listen(QHostAddress::LocalHost));
    const quint16 port = probe.serverPort();
    probe.close();
    program_->root().settings()->setHubEndpoint(QStringLiteral("http://127.0.0.1:%1").arg(port));
    search(QStringLiteral("ERNIE"));
    QTRY_VERIFY_WITH_TIMEOUT(!program_->root().hubSearch()->problem().isEmpty(), kPatience);
    QTRY_VERIFY(program_->find(program_->root().hubSearch()->problem(), QAccessible::AlertMessage));
    QVERIFY(program_->press(QStringLiteral("Try again"), QAccessible::Button));
    QTRY_VERIFY_WITH_TIMEOUT(!program_->root().hubSearch()->problem().isEmpty(), kPatience);
    startHub();
    program_->root().settings()->setHubEndpoint(hub_->address());
    search(QString());  // what stands in the field
    QTRY_VERIFY_WITH_TIMEOUT(program_->find(kRepo, QAccessible::Button), kPatience);
    verifyNoWarning();
  }

  void deletedModelComesBackWithUndo() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("Mine")));
    start();
    QTRY_VERIFY(program_->find(QStringLiteral("Mine"), QAccessible::ListItem));
    QVERIFY(program_->press(QStringLiteral("Actions for Mine"), QAccessible::Button));
    QTRY_VERIFY(program_->find(QStringLiteral("Delete"), QAccessible::MenuItem));
    QVERIFY(program_->find(QStringLiteral("Delete"), QAccessible::MenuItem)->text(QAccessible::Description)
                .contains(row(rowOf(QStringLiteral("Mine")), ModelLibrary::SizeTextRole).toString()));
    QVERIFY(program_->press(QStringLiteral("Delete"), QAccessible::MenuItem));
    QTRY_VERIFY_WITH_TIMEOUT(!program_->find(QStringLiteral("Mine"), QAccessible::ListItem), kPatience);
    QVERIFY(program_->press(QStringLiteral("Undo"), QAccessible::Button));
    QTRY_VERIFY_WITH_TIMEOUT(program_->find(QStringLiteral("Mine"), QAccessible::ListItem), kPatience);
    verifyNoWarning();
  }

  void rowsAreReachedAndUsedByKeys() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("Mine")));
    start();
    QAccessibleInterface* mine = program_->find(QStringLiteral("Mine"), QAccessible::ListItem);
    QVERIFY(mine);
    bool reached = false;
    for (int presses = 0; presses < 60 && !reached; ++presses) {
      program_->key(Qt::Key_Tab);
      reached = mine->state().focused;
    }
    QVERIFY(reached);
    program_->key(Qt::Key_Down);
    QTRY_VERIFY(program_->find(QStringLiteral("Demo model"), QAccessible::ListItem)->state().focused);
    program_->key(Qt::Key_Up);
    program_->key(Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(program_->root().runner()->modelPath() == models(QStringLiteral("Mine")), kPatience);
    QTRY_VERIFY(program_->find(QStringLiteral("Message"), QAccessible::EditableText));
    verifyNoWarning();
  }

  void importedFileIsOfferedInPlaceAndSmaller() {
    start();
    library().examine(QUrl::fromLocalFile(tests::fixtureModel("ernie4_5-chat")));
    QTRY_VERIFY_WITH_TIMEOUT(program_->find(QStringLiteral("Use where it lies"), QAccessible::Button), kPatience);
    bool pressed = false;
    for (QAccessibleInterface* button : program_->all(QAccessible::Button)) {
      if (!button->text(QAccessible::Name).startsWith(QLatin1String("8-bit copy"))) continue;
      button->actionInterface()->doAction(QAccessibleActionInterface::pressAction());
      pressed = true;
      break;
    }
    QVERIFY(pressed);
    QTRY_VERIFY_WITH_TIMEOUT(program_->find(QString::fromUtf8("ernie4_5-chat · 8 bit"), QAccessible::ListItem), kPatience);
    verifyNoWarning();
  }

  void pageGoesOnWhenTheModelsFolderWasMoved() {
    startHub();
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("Mine")));
    start();
    const QString to = folder_->filePath(QStringLiteral("elsewhere"));
    library().moveModels(QUrl::fromLocalFile(to));
    QTRY_VERIFY_WITH_TIMEOUT(!library().moving() && !library().scanning(), kPatience);
    QVERIFY(row(rowOf(QStringLiteral("Mine")), ModelLibrary::PathRole).toString().startsWith(to));
    search(QStringLiteral("ERNIE"));
    QVERIFY(program_->press(kRepo, QAccessible::Button));
    QVERIFY(press(QStringLiteral("Download"), kRepo));
    QTRY_VERIFY_WITH_TIMEOUT(library().rowCount() == 3 && !library().scanning(), kPatience);
    QCOMPARE(downloads().problem(), QString());
    QVERIFY(!QFileInfo::exists(models(QString())));
    verifyNoWarning();
  }

  void unusableModelsAreNotOfferedInTheChat() {
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("Half")));
    QVERIFY(QFile::remove(models(QStringLiteral("Half/model-00002-of-00003.safetensors"))));
    start();
    QTRY_VERIFY(program_->find(QStringLiteral("Half"), QAccessible::ListItem));
    QVERIFY(program_->find(QStringLiteral("Half"), QAccessible::ListItem)->text(QAccessible::Description).contains(QStringLiteral("model-00002")));
    QVERIFY(program_->press(QStringLiteral("Actions for Half"), QAccessible::Button));
    QTRY_VERIFY(program_->find(QStringLiteral("Chat"), QAccessible::MenuItem));
    QVERIFY(!isEnabled(program_->find(QStringLiteral("Chat"), QAccessible::MenuItem)));
  }

  void everyWidthAndFontSizeIsFreeOfWarnings() {
    startHub();
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models(QStringLiteral("Mine")));
    start();
    search(QStringLiteral("ERNIE"));
    QVERIFY(program_->press(kRepo, QAccessible::Button));
    for (const double scale : {1.0, 2.0, 0.8}) {
      program_->root().settings()->setFontScale(scale);
      for (const int width : {640, 900, 1200, 1800}) {
        program_->window().resize(width, 900);
        QTest::qWait(50);
      }
    }
    verifyNoWarning();
  }
};

QTEST_MAIN(ModelsPageTest)
#include "models_page_test.moc"
