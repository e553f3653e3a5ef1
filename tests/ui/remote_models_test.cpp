#include <QQuickItem>
#include <QTemporaryDir>
#include <QtQml/QQmlExtensionPlugin>
#include <QtTest>

#include "tests/app/completion_server.h"
#include "tests/ui/program.h"

Q_IMPORT_QML_PLUGIN(Sotto_AppPlugin)
Q_IMPORT_QML_PLUGIN(Sotto_UiPlugin)

using namespace app;
using tests::Program;

namespace {

constexpr int kPatience = 60000;  // milliseconds, for a machine that is busy

}  // namespace

/// A model on another machine from the form to the reply, in the real window, by keys and accessible names, against a real
/// server on this machine.
class RemoteModelsTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<tests::CompletionServer> server_;
  std::unique_ptr<Program> program_;

  void openModels() {
    program_ = std::make_unique<Program>(folder_->filePath(QStringLiteral("data")));
    program_->root().settings()->setNetworkProxy(QStringLiteral("none"));
    QVERIFY(program_->waitForModel());
    program_->window().resize(1440, 1200);
    program_->key(Qt::Key_M, Qt::ControlModifier);
    QTRY_VERIFY(program_->find(QStringLiteral("Models on other machines"), QAccessible::List));
  }
  void openForm() { QVERIFY(press(QString::fromUtf8("Add a model on another machine…"))); }
  /// Qt 6.4 does not tell assistive technology of what is disabled; the item knows.
  bool isEnabled(const QString& name) {
    QAccessibleInterface* item = program_->find(name);
    const auto* quick = item ? qobject_cast<QQuickItem*>(item->object()) : nullptr;
    return quick && quick->isEnabled();
  }
  bool press(const QString& name) {
    return QTest::qWaitFor([&] { return isEnabled(name); }, kPatience) && program_->press(name);
  }
  void fill(const QString& field, const QString& text) {
    QTRY_VERIFY2(program_->find(field, QAccessible::EditableText), qPrintable(field));
    program_->find(field, QAccessible::EditableText)->actionInterface()->doAction(QAccessibleActionInterface::setFocusAction());
    program_->key(Qt::Key_A, Qt::ControlModifier);
    program_->type(text);
  }
  QString valueOf(const QString& field) {
    QAccessibleInterface* item = program_->find(field, QAccessible::EditableText);
    return item ? item->object()->property("text").toString() : QString();
  }
  bool says(const QString& words) {
    QString all;
    for (QAccessibleInterface* item : program_->all(QAccessible::StaticText) + program_->all(QAccessible::AlertMessage))
      all += item->text(QAccessible::Name) + QLatin1Char('\n');
    return all.contains(words);
  }
  RemoteModels& remotes() { return *program_->root().remotes(); }
  QVariant row(int role) { return remotes().data(remotes().index(0), role); }
  void verifyNoWarning() {
    QVERIFY2(program_->warnings().isEmpty(), qPrintable(program_->warnings().join(QLatin1Char('\n'))));
  }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    server_ = std::make_unique<tests::CompletionServer>();
    server_->onQuestion = [](tests::CompletionServer::Answer& answer) {
      answer.begin();
      answer.say("Greetings from afar.");
      answer.end("stop", 4, 3);
    };
  }
  void cleanup() {
    program_.reset();
    server_.reset();
    folder_.reset();
  }

  void addedModelAnswersAndTheWindowSaysWhereTextGoes() {
    openModels();
    openForm();
    fill(QStringLiteral("Address of the server"), server_->address());
    fill(QStringLiteral("Key of the server"), QStringLiteral("sk-123"));
    QVERIFY(press(QStringLiteral("Test")));
    // Where there is one model only, it is chosen.
    QTRY_COMPARE_WITH_TIMEOUT(valueOf(QStringLiteral("The server's name for the model")), QStringLiteral("big-model"), kPatience);
    fill(QStringLiteral("Name in Sotto"), QStringLiteral("The big one"));
    QVERIFY(press(QStringLiteral("Add the model")));
    QTRY_VERIFY(program_->find(QStringLiteral("The big one"), QAccessible::ListItem));
    QVERIFY(!program_->find(QStringLiteral("Add the model")));
    QCOMPARE(row(RemoteModels::ContextLengthRole).toInt(), 8192);
    QVERIFY(row(RemoteModels::HasKeyRole).toBool());

    QVERIFY(press(QStringLiteral("Chat")));
    const QString host = QUrl(server_->address()).authority();
    const QString mark = QStringLiteral("Text goes to ") + host;
    QTRY_VERIFY(program_->find(mark, QAccessible::StaticText));
    QTRY_VERIFY(!says(QStringLiteral("Nothing leaves this computer")));
    fill(QStringLiteral("Message"), QStringLiteral("Hello?"));
    program_->key(Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(program_->find(QStringLiteral("Assistant: Greetings from afar."), QAccessible::ListItem), kPatience);
    QVERIFY(program_->find(mark, QAccessible::StaticText));
    QVERIFY(server_->keys.contains("Bearer sk-123"));

    // Narrow and large, it is still said.
    program_->root().settings()->setFontScale(2);
    program_->window().resize(640, 480);
    QTRY_VERIFY(program_->find(mark, QAccessible::StaticText));

    program_->root().settings()->setFontScale(1);
    program_->window().resize(1440, 900);
    program_->root().runner()->loadDemo();
    QVERIFY(QTest::qWaitFor([&] { return program_->root().runner()->isDemo(); }, kPatience));
    QTRY_VERIFY(!program_->find(mark, QAccessible::StaticText));
    QTRY_VERIFY(says(QStringLiteral("Nothing leaves this computer")));
    verifyNoWarning();
  }

  void oneOfTheServersModelsIsChosen() {
    server_->models = {QStringLiteral("small-model"), QStringLiteral("<b>big</b> & wide")};
    openModels();
    openForm();
    fill(QStringLiteral("Address of the server"), server_->address());
    program_->key(Qt::Key_Return);
    QVERIFY(program_->press(QStringLiteral("<b>big</b> & wide"), QAccessible::Button));
    QTRY_COMPARE(valueOf(QStringLiteral("The server's name for the model")), QStringLiteral("<b>big</b> & wide"));
    QVERIFY(press(QStringLiteral("Add the model")));
    QTRY_VERIFY(program_->find(QStringLiteral("<b>big</b> & wide"), QAccessible::ListItem));
    QCOMPARE(row(RemoteModels::ModelRole).toString(), QStringLiteral("<b>big</b> & wide"));
    verifyNoWarning();
  }

  void pickerOffersItWithItsPlace() {
    openModels();
    remotes().add(server_->address(), QStringLiteral("big-model"), QStringLiteral("The big one"), 0, false);
    program_->key(Qt::Key_M, Qt::ControlModifier);
    QVERIFY(program_->press(QStringLiteral("Model")));
    QTRY_VERIFY(program_->find(QStringLiteral("The big one"), QAccessible::ListItem));
    QAccessibleInterface* choice = program_->find(QStringLiteral("The big one"), QAccessible::ListItem);
    QVERIFY(choice->text(QAccessible::Description).contains(QUrl(server_->address()).authority()));
    QVERIFY(program_->press(QStringLiteral("The big one"), QAccessible::ListItem));
    QTRY_COMPARE(program_->root().runner()->modelName(), QStringLiteral("The big one"));
    QTRY_VERIFY(program_->find(QStringLiteral("Text goes to ") + QUrl(server_->address()).authority(), QAccessible::StaticText));
    verifyNoWarning();
  }

  void openAddressMustBeAccepted() {
    openModels();
    openForm();
    fill(QStringLiteral("Address of the server"), QStringLiteral("http://192.0.2.7:8000"));
    fill(QStringLiteral("The server's name for the model"), QStringLiteral("m"));
    QTRY_VERIFY(says(QStringLiteral("not encrypted")));
    QVERIFY(!isEnabled(QStringLiteral("Test")));
    QVERIFY(!isEnabled(QStringLiteral("Add the model")));
    QVERIFY(program_->press(QStringLiteral("Send them unencrypted all the same"), QAccessible::CheckBox));
    QTRY_VERIFY(isEnabled(QStringLiteral("Test")));
    // Another address is another question.
    fill(QStringLiteral("Address of the server"), QStringLiteral("http://192.0.2.8:8000"));
    QTRY_VERIFY(!isEnabled(QStringLiteral("Add the model")));
    QVERIFY(program_->press(QStringLiteral("Send them unencrypted all the same"), QAccessible::CheckBox));
    QVERIFY(press(QStringLiteral("Add the model")));
    QTRY_COMPARE(remotes().count(), 1);
    QVERIFY(row(RemoteModels::PlainHttpRole).toBool());
    QTRY_VERIFY(program_->find(QStringLiteral("m"), QAccessible::ListItem));
    QVERIFY(program_->find(QStringLiteral("m"), QAccessible::ListItem)->text(QAccessible::Description).contains(QStringLiteral("not encrypted")));
    verifyNoWarning();
  }

  void wrongAddressesAndKeysAreSaidUnderTheField() {
    openModels();
    openForm();
    fill(QStringLiteral("Address of the server"), QStringLiteral("ftp://x"));
    program_->key(Qt::Key_Tab);
    QTRY_VERIFY(!isEnabled(QStringLiteral("Test")));
    QTRY_VERIFY2(!program_->all(QAccessible::AlertMessage).isEmpty(), "nothing is said");
    const QString address = server_->address();
    server_->close();
    fill(QStringLiteral("Address of the server"), address);
    QVERIFY(press(QStringLiteral("Test")));
    QTRY_VERIFY_WITH_TIMEOUT(!remotes().test()->problem().isEmpty(), kPatience);
    QTRY_VERIFY(says(remotes().test()->problem()));
    // The model is kept, the key is not, and the form stays to say so.
    fill(QStringLiteral("The server's name for the model"), QStringLiteral("m"));
    fill(QStringLiteral("Key of the server"), QStringLiteral("two words"));
    QVERIFY(press(QStringLiteral("Add the model")));
    QTRY_VERIFY(says(remotes().problem()));
    QCOMPARE(remotes().count(), 1);
    fill(QStringLiteral("Key of the server"), QStringLiteral("one-word"));
    QVERIFY(press(QStringLiteral("Keep the changes")));
    QTRY_VERIFY(row(RemoteModels::HasKeyRole).toBool());
    QCOMPARE(remotes().count(), 1);
    verifyNoWarning();
  }

  void changedAndRemoved() {
    openModels();
    remotes().add(server_->address(), QStringLiteral("big-model"), QStringLiteral("The big one"), 100, false);
    QVERIFY(press(QStringLiteral("Edit")));
    QTRY_COMPARE(valueOf(QStringLiteral("Address of the server")), server_->address());
    fill(QStringLiteral("Name in Sotto"), QStringLiteral("Renamed"));
    QVERIFY(press(QStringLiteral("Keep the changes")));
    QTRY_VERIFY(program_->find(QStringLiteral("Renamed"), QAccessible::ListItem));
    QCOMPARE(row(RemoteModels::ContextLengthRole).toInt(), 100);
    QVERIFY(press(QStringLiteral("Remove")));
    QTRY_VERIFY(!program_->find(QStringLiteral("Renamed"), QAccessible::ListItem));
    QCOMPARE(remotes().count(), 0);
    verifyNoWarning();
  }

  void offlineNothingIsTestedAndNobodyIsChosen() {
    openModels();
    remotes().add(server_->address(), QStringLiteral("big-model"), QStringLiteral("The big one"), 0, false);
    QTRY_VERIFY(isEnabled(QStringLiteral("Chat")));
    program_->root().settings()->setOffline(true);
    QTRY_VERIFY(!isEnabled(QStringLiteral("Chat")));
    openForm();
    fill(QStringLiteral("Address of the server"), server_->address());
    QVERIFY(!isEnabled(QStringLiteral("Test")));
    QVERIFY(server_->keys.isEmpty());
    verifyNoWarning();
  }
};

QTEST_MAIN(RemoteModelsTest)
#include "remote_models_test.moc"
