#include <QAccessible>
#include <QQmlContext>
#include <QQmlEngine>
#include <QTemporaryDir>
#include <QtQml/QQmlExtensionPlugin>
#include <QtQuickTest>
#include <QtTest>
#include <memory>

#include "app/app_root.h"
#include "app/history/history_store.h"

Q_IMPORT_QML_PLUGIN(Sotto_AppPlugin)
Q_IMPORT_QML_PLUGIN(Sotto_UiPlugin)

/// Gives each tst_*.qml the real objects as `app`, on a history with one long conversation, id in `longChat`.
class Setup : public QObject {
  Q_OBJECT

 public slots:
  void applicationAvailable() { QAccessible::setActive(true); }

  void qmlEngineAvailable(QQmlEngine* engine) {
    folder_ = std::make_unique<QTemporaryDir>();
    app::StartOptions options;
    options.paths = app::Paths::under(folder_->path());
    options.alone = true;
    options.machine = app::MachineFacts{{}, 8, 32'000'000'000, 24'000'000'000, 41e9, {}, 0};
    const qint64 longChat = writeLongChat(options.paths.historyFile());
    root_ = std::make_unique<app::AppRoot>(options);
    engine->addImportPath(QStringLiteral("qrc:/qt/qml"));
    engine->rootContext()->setContextProperty(QStringLiteral("app"), root_.get());
    engine->rootContext()->setContextProperty(QStringLiteral("longChat"), longChat);
  }

  void cleanupTestCase() {
    root_.reset();
    folder_.reset();
  }

 private:
  static qint64 writeLongChat(const QString& file) {
    app::HistoryStore store(file);
    const auto conversation = store.createConversation(QStringLiteral("Long"));
    qint64 leaf = 0;
    for (int i = 1; i <= 60; ++i) {
      const auto turn = store.appendTurn(conversation.id, leaf, QStringLiteral("question %1").arg(i), QStringLiteral("model"));
      app::ReplyOutcome outcome;
      outcome.text = QStringLiteral("Answer **%1**.\n\n- one\n- two\n\n```cpp\nint x = %1;\n```\n").arg(i);
      outcome.finishReason = QStringLiteral("stop");
      store.finishReply(turn.replyId, outcome);
      leaf = turn.replyId;
    }
    return conversation.id;
  }

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<app::AppRoot> root_;
};

QUICK_TEST_MAIN_WITH_SETUP(ui, Setup)
#include "ui_tests.moc"
