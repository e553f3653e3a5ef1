#include <QTemporaryDir>
#include <QtQml/QQmlExtensionPlugin>
#include <QtTest>

#include "tests/app/model_fixture.h"
#include "tests/ui/program.h"

Q_IMPORT_QML_PLUGIN(Sotto_AppPlugin)
Q_IMPORT_QML_PLUGIN(Sotto_UiPlugin)

using tests::Program;

namespace {

QVariant row(app::MessageListModel& messages, int index, app::MessageListModel::Role role) {
  return messages.data(messages.index(index), role);
}

QStringList texts(app::AppRoot& root) {
  QStringList all;
  app::MessageListModel& messages = *root.chat()->messages();
  for (int i = 0; i < messages.count(); ++i) all.append(row(messages, i, app::MessageListModel::TextRole).toString());
  return all;
}

}  // namespace

/// The whole line from key to screen: real window, real engine, the demo model, by keys and accessible names only.
class WindowTest : public QObject {
  Q_OBJECT

 private slots:
  void init() { folder_ = std::make_unique<QTemporaryDir>(); }
  void cleanup() { folder_.reset(); }

  void newChatHasTheNamesOfTheContract();
  void sentMessageIsAnsweredByTheModel();
  void textStreamsAndStopKeepsIt();
  void editedMessageBecomesAVersionWithItsOwnReply();
  void regeneratedReplyBecomesAVersion();
  void restartFindsEverything();
  void deletedChatComesBackWithUndo();
  void searchFindsAMessageAndOpensItsChat();
  void samplingPanelChangesTheModelsSetting();
  void samplingPanelReachesARunningReply();
  void promptPanelShowsEditsErrorsAndTheWayBack();
  void shortcutsReachEveryPart();
  void savedChatsAreLimitedAndCleared();
  void noQmlWarningAnywhere();

 private:
  std::unique_ptr<Program> start() {
    auto program = std::make_unique<Program>(folder_->path());
    if (!program->waitForModel()) return nullptr;
    return program;
  }
  /// Types a message and sends it with Enter.
  static void say(Program& program, const QString& text) {
    program.key(Qt::Key_L, Qt::ControlModifier);
    program.type(text);
    program.key(Qt::Key_Return);
  }

  std::unique_ptr<QTemporaryDir> folder_;
};

void WindowTest::newChatHasTheNamesOfTheContract() {
  auto program = start();
  QVERIFY(program);
  for (const char* name : {"New chat", "Search chats", "Conversations", "Message", "Send", "Model", "Models", "Settings"})
    QVERIFY2(program->find(QString::fromLatin1(name)), name);
  program->key(Qt::Key_Period, Qt::ControlModifier);
  for (const char* name : {"Temperature", "Top-k", "Top-p", "Min-p", "Repetition penalty", "Seed", "Maximum tokens", "Preset"})
    QTRY_VERIFY2(program->find(QString::fromLatin1(name)), name);
  QCOMPARE(program->find(QStringLiteral("Temperature"))->role(), QAccessible::Slider);
  QCOMPARE(program->find(QStringLiteral("Message"))->role(), QAccessible::EditableText);
  QVERIFY2(program->warnings().isEmpty(), qPrintable(program->warnings().join('\n')));
}

void WindowTest::sentMessageIsAnsweredByTheModel() {
  auto program = start();
  QVERIFY(program);
  say(*program, QStringLiteral("What is Sotto?"));
  QTRY_COMPARE(program->root().chat()->messages()->count(), 2);
  QCOMPARE(program->root().chat()->draft(), QString());
  QVERIFY(program->waitForReply());

  const QStringList all = texts(program->root());
  QCOMPARE(all.first(), QStringLiteral("What is Sotto?"));
  QVERIFY2(all.last().size() > 10, qPrintable(all.last()));
  QVERIFY(program->find(QStringLiteral("Messages"), QAccessible::List));
  QTRY_VERIFY(program->find(QStringLiteral("You: What is Sotto?"), QAccessible::ListItem));
  const QString plain =
      row(*program->root().chat()->messages(), 1, app::MessageListModel::PlainTextRole).toString();
  QTRY_VERIFY(program->find(QStringLiteral("Assistant: ") + plain, QAccessible::ListItem));
  for (const char* name : {"Copy", "Edit", "Regenerate"})
    QTRY_VERIFY2(program->find(QString::fromLatin1(name), QAccessible::Button), name);
}

void WindowTest::textStreamsAndStopKeepsIt() {
  // The demo model answers in a blink; this one's replies do not end by themselves.
  auto program = std::make_unique<Program>(folder_->path(), tests::longWindedModel(*folder_));
  QVERIFY(program->waitForModel());
  program->root().settings()->setSamplingOverride(QStringLiteral("temperature"), 0);
  app::MessageListModel& messages = *program->root().chat()->messages();
  const auto reply = [&] { return texts(program->root()).value(1); };
  QSet<qsizetype> lengths;
  connect(&messages, &QAbstractItemModel::dataChanged, this, [&] { lengths.insert(reply().size()); });
  say(*program, QStringLiteral("Hello"));
  QTRY_VERIFY_WITH_TIMEOUT(lengths.size() > 5, 60000);

  QVERIFY(program->root().chat()->busy());
  QVERIFY(program->press(QStringLiteral("Stop"), QAccessible::Button));
  QVERIFY(program->waitForReply());
  QTRY_COMPARE(row(messages, 1, app::MessageListModel::StatusRole).toString(), QStringLiteral("cancelled"));
  const QString stopped = reply();
  QVERIFY(!stopped.isEmpty());

  QVERIFY(program->press(QStringLiteral("Continue"), QAccessible::Button));
  QTRY_VERIFY_WITH_TIMEOUT(reply().size() > stopped.size(), 60000);
  QVERIFY(reply().startsWith(stopped));
  program->key(Qt::Key_L, Qt::ControlModifier);
  program->key(Qt::Key_Escape);
  QVERIFY(program->waitForReply());
  QTRY_COMPARE(row(messages, 1, app::MessageListModel::StatusRole).toString(), QStringLiteral("cancelled"));
}

void WindowTest::editedMessageBecomesAVersionWithItsOwnReply() {
  auto program = start();
  QVERIFY(program);
  say(*program, QStringLiteral("Hello"));
  QVERIFY(program->waitForReply());
  program->key(Qt::Key_L, Qt::ControlModifier);
  program->key(Qt::Key_Up);
  QTRY_VERIFY(program->find(QStringLiteral("Text of the message")));
  program->type(QStringLiteral(" there"));
  program->key(Qt::Key_Return);
  QVERIFY(program->waitForReply());

  QTRY_COMPARE(texts(program->root()).first(), QStringLiteral("Hello there"));
  app::MessageListModel& messages = *program->root().chat()->messages();
  QTRY_COMPARE(row(messages, 0, app::MessageListModel::VersionCountRole).toInt(), 2);
  QCOMPARE(messages.count(), 2);
  QVERIFY(program->press(QStringLiteral("Previous version"), QAccessible::Button));
  QTRY_COMPARE(texts(program->root()).first(), QStringLiteral("Hello"));
  QVERIFY(program->press(QStringLiteral("Next version"), QAccessible::Button));
  QTRY_COMPARE(texts(program->root()).first(), QStringLiteral("Hello there"));
}

void WindowTest::regeneratedReplyBecomesAVersion() {
  auto program = start();
  QVERIFY(program);
  say(*program, QStringLiteral("Hello"));
  QVERIFY(program->waitForReply());
  QVERIFY(program->press(QStringLiteral("Regenerate"), QAccessible::Button));
  app::MessageListModel& messages = *program->root().chat()->messages();
  QTRY_COMPARE(row(messages, 1, app::MessageListModel::VersionCountRole).toInt(), 2);
  QVERIFY(program->waitForReply());
  QCOMPARE(row(messages, 1, app::MessageListModel::VersionIndexRole).toInt(), 2);
  program->key(Qt::Key_Return, Qt::ControlModifier);
  QTRY_COMPARE(row(messages, 1, app::MessageListModel::VersionCountRole).toInt(), 3);
  QVERIFY(program->waitForReply());
}

void WindowTest::restartFindsEverything() {
  QStringList before;
  QString title;
  {
    auto program = start();
    QVERIFY(program);
    say(*program, QStringLiteral("What does temperature do?"));
    QVERIFY(program->waitForReply());
    before = texts(program->root());
    title = program->root().chat()->title();
    QVERIFY(!title.isEmpty());
    program->key(Qt::Key_L, Qt::ControlModifier);
    program->type(QStringLiteral("a draft"));
  }
  auto program = start();
  QVERIFY(program);
  QTRY_VERIFY(program->find(title, QAccessible::ListItem));
  QVERIFY(program->press(title, QAccessible::ListItem));
  QTRY_COMPARE(texts(program->root()), before);
  QTRY_COMPARE(program->root().chat()->draft(), QStringLiteral("a draft"));
  QTRY_VERIFY(program->find(QStringLiteral("You: What does temperature do?"), QAccessible::ListItem));
}

void WindowTest::deletedChatComesBackWithUndo() {
  auto program = start();
  QVERIFY(program);
  say(*program, QStringLiteral("Hello"));
  QVERIFY(program->waitForReply());
  const QString title = program->root().chat()->title();
  QTRY_VERIFY(program->find(title, QAccessible::ListItem));

  // Into the search field, down into the list, delete.
  program->key(Qt::Key_K, Qt::ControlModifier);
  program->key(Qt::Key_Down);
  program->key(Qt::Key_Delete);
  QTRY_VERIFY(!program->find(title, QAccessible::ListItem));
  QVERIFY(program->press(QStringLiteral("Undo"), QAccessible::Button));
  QTRY_VERIFY(program->find(title, QAccessible::ListItem));
}

void WindowTest::searchFindsAMessageAndOpensItsChat() {
  auto program = start();
  QVERIFY(program);
  say(*program, QStringLiteral("My parrot is called Zanzibar"));
  QVERIFY(program->waitForReply());
  program->key(Qt::Key_N, Qt::ControlModifier);
  QTRY_COMPARE(program->root().chat()->conversationId(), 0);
  program->key(Qt::Key_K, Qt::ControlModifier);
  program->type(QStringLiteral("anziba"));
  QTRY_COMPARE(program->root().conversations()->query(), QStringLiteral("anziba"));
  QTRY_COMPARE(program->root().conversations()->count(), 1);
  program->key(Qt::Key_Down);
  program->key(Qt::Key_Return);
  QTRY_VERIFY(program->root().chat()->conversationId() > 0);
  QTRY_VERIFY(program->find(QStringLiteral("You: My parrot is called Zanzibar"), QAccessible::ListItem));
}

void WindowTest::samplingPanelChangesTheModelsSetting() {
  auto program = start();
  QVERIFY(program);
  program->key(Qt::Key_Period, Qt::ControlModifier);
  QTRY_VERIFY(program->find(QStringLiteral("Temperature"), QAccessible::Slider));
  const double before = program->root().sampling()->choice().params.temperature;
  QAccessibleInterface* slider = program->find(QStringLiteral("Temperature"), QAccessible::Slider);
  QVERIFY(slider->actionInterface());
  slider->actionInterface()->doAction(QAccessibleActionInterface::increaseAction());
  QTRY_VERIFY(program->root().sampling()->choice().params.temperature > before);
  QVERIFY(program->press(QStringLiteral("Reset Temperature"), QAccessible::Button));
  QTRY_COMPARE(program->root().sampling()->choice().params.temperature, before);
}

void WindowTest::samplingPanelReachesARunningReply() {
  auto program = std::make_unique<Program>(folder_->path(), tests::longWindedModel(*folder_));
  QVERIFY(program->waitForModel());
  program->root().settings()->setSamplingOverride(QStringLiteral("temperature"), 0);
  app::MessageListModel& messages = *program->root().chat()->messages();
  program->key(Qt::Key_Period, Qt::ControlModifier);
  QTRY_VERIFY(program->find(QStringLiteral("Maximum tokens"), QAccessible::Slider));  // it slides in
  say(*program, QStringLiteral("Hello"));
  // Longer than one step of the slider: the new limit has been passed when it comes.
  QTRY_VERIFY_WITH_TIMEOUT(row(messages, 1, app::MessageListModel::TokensRole).toInt() > 100 || texts(program->root()).value(1).size() > 1000, 60000);
  QVERIFY(program->root().chat()->busy());
  QAccessibleInterface* slider = program->find(QStringLiteral("Maximum tokens"), QAccessible::Slider);
  QVERIFY(slider && slider->actionInterface());
  slider->actionInterface()->doAction(QAccessibleActionInterface::increaseAction());
  QVERIFY(program->waitForReply());
  QTRY_COMPARE(row(messages, 1, app::MessageListModel::StatusRole).toString(), QStringLiteral("complete"));
  QCOMPARE(row(messages, 1, app::MessageListModel::FinishReasonRole).toString(), QStringLiteral("length"));
}

void WindowTest::promptPanelShowsEditsErrorsAndTheWayBack() {
  auto program = start();
  QVERIFY(program);
  app::PromptViewModel& prompt = *program->root().prompt();
  program->key(Qt::Key_Period, Qt::ControlModifier);
  QVERIFY(program->press(QStringLiteral("Prompt"), QAccessible::PageTab));
  QTRY_VERIFY(program->find(QStringLiteral("Chat template"), QAccessible::EditableText));
  QTRY_VERIFY(program->find(QStringLiteral("System prompt"), QAccessible::EditableText));
  QTRY_VERIFY_WITH_TIMEOUT(prompt.runs()->count() > 0, 60000);
  const QString own = prompt.templateText();

  QAccessibleInterface* field = program->find(QStringLiteral("Chat template"), QAccessible::EditableText);
  field->actionInterface()->doAction(QAccessibleActionInterface::setFocusAction());
  program->key(Qt::Key_Home, Qt::ControlModifier);
  program->type(QStringLiteral("Z"));
  QTRY_COMPARE(prompt.templateText(), QStringLiteral("Z") + own);
  const auto shown = [&] { return prompt.runs()->data(prompt.runs()->index(0, 0), app::PromptRunModel::PlainTextRole).toString(); };
  QTRY_VERIFY_WITH_TIMEOUT(shown().startsWith(QStringLiteral("Z")), 60000);
  program->type(QStringLiteral("{{"));
  QTRY_VERIFY_WITH_TIMEOUT(prompt.templateBroken(), 60000);
  QTRY_VERIFY(!program->all(QAccessible::AlertMessage).isEmpty());
  QVERIFY(program->press(QStringLiteral("Reset the template"), QAccessible::Button));
  QTRY_COMPARE(prompt.templateText(), own);
  QTRY_VERIFY_WITH_TIMEOUT(prompt.error().isEmpty() && prompt.runs()->count() > 0, 60000);
  QVERIFY2(program->warnings().isEmpty(), qPrintable(program->warnings().join(QLatin1Char('\n'))));
}

void WindowTest::shortcutsReachEveryPart() {
  auto program = start();
  QVERIFY(program);
  program->key(Qt::Key_Comma, Qt::ControlModifier);
  QTRY_VERIFY(program->find(QStringLiteral("Font size"), QAccessible::Slider));
  program->key(Qt::Key_M, Qt::ControlModifier);
  QTRY_VERIFY(program->find(QStringLiteral("Known models"), QAccessible::List));
  program->key(Qt::Key_Escape);
  QTRY_VERIFY(program->find(QStringLiteral("Message"), QAccessible::EditableText));
  program->key(Qt::Key_B, Qt::ControlModifier);
  QTRY_VERIFY(!program->find(QStringLiteral("Conversations")));
  program->key(Qt::Key_B, Qt::ControlModifier);
  QTRY_VERIFY(program->find(QStringLiteral("Conversations")));
  program->key(Qt::Key_Slash, Qt::ControlModifier);
  QTRY_VERIFY(program->find(QStringLiteral("Shortcuts"), QAccessible::List));
  program->key(Qt::Key_Escape);
  QTRY_VERIFY(!program->find(QStringLiteral("Shortcuts"), QAccessible::List));
}

void WindowTest::savedChatsAreLimitedAndCleared() {
  auto program = start();
  QVERIFY(program);
  say(*program, QStringLiteral("Hello"));
  QVERIFY(program->waitForReply());
  program->key(Qt::Key_N, Qt::ControlModifier);
  app::SavedSessions& sessions = *program->root().sessions();
  QTRY_VERIFY_WITH_TIMEOUT(sessions.bytes() > 0, 60000);
  program->key(Qt::Key_Comma, Qt::ControlModifier);
  QTRY_VERIFY(program->find(sessions.sizeText() + QStringLiteral(" in use")));
  QVERIFY(program->press(QStringLiteral("Clear"), QAccessible::Button));
  QTRY_COMPARE_WITH_TIMEOUT(sessions.bytes(), 0, 60000);
  QCOMPARE(program->root().settings()->sessionBudgetMb(), 4096);
  QVERIFY(program->press(QStringLiteral("1 GB")));
  QTRY_COMPARE(program->root().settings()->sessionBudgetMb(), 1024);
  QVERIFY(program->press(QStringLiteral("Off")));
  QTRY_VERIFY(!sessions.isOn());
  QVERIFY2(program->warnings().isEmpty(), qPrintable(program->warnings().join(QLatin1Char('\n'))));
}

void WindowTest::noQmlWarningAnywhere() {
  auto program = start();
  QVERIFY(program);
  say(*program, QStringLiteral("你好"));
  QVERIFY(program->waitForReply());
  for (const char* page : {"models", "settings", "chat"}) {
    program->window().setProperty("page", QString::fromLatin1(page));
    QTest::qWait(50);
  }
  program->root().settings()->setFontScale(2);
  program->window().resize(640, 480);
  QTest::qWait(100);
  QVERIFY2(program->warnings().isEmpty(), qPrintable(program->warnings().join('\n')));
}

QTEST_MAIN(WindowTest)
#include "window_test.moc"
