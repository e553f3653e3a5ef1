#include "tests/ui/program.h"

#include <QDir>
#include <QtTest>
#include <functional>

namespace tests {

namespace {

/// Goes through everything that shows, depth first, until `visit` says true.
bool walk(QAccessibleInterface* item, const std::function<bool(QAccessibleInterface*)>& visit) {
  if (!item || !item->isValid() || item->state().invisible) return false;
  if (visit(item)) return true;
  for (int i = 0; i < item->childCount(); ++i) {
    if (walk(item->child(i), visit)) return true;
  }
  return false;
}

}  // namespace

Program::Program(const QString& dataDir, const QString& modelPath) {
  QAccessible::setActive(true);
  app::StartOptions options;
  options.paths = app::Paths::under(dataDir);
  options.modelPath = modelPath;
  options.alone = true;
  options.machine = app::MachineFacts{{}, 8, 32'000'000'000, 24'000'000'000, 41e9, {}, 0};
  QDir().mkpath(dataDir);
  root_ = std::make_unique<app::AppRoot>(options);

  engine_ = std::make_unique<QQmlApplicationEngine>();
  QObject::connect(engine_.get(), &QQmlEngine::warnings, engine_.get(), [this](const QList<QQmlError>& errors) {
    for (const QQmlError& error : errors) warnings_.append(error.toString());
  });
  engine_->addImportPath(QStringLiteral("qrc:/qt/qml"));
  engine_->setInitialProperties({{QStringLiteral("app"), QVariant::fromValue(root_.get())}});
  engine_->load(QUrl(QStringLiteral("qrc:/qt/qml/Sotto/Ui/Main.qml")));
  if (engine_->rootObjects().isEmpty()) qFatal("Main.qml did not load");
  window_ = qobject_cast<QQuickWindow*>(engine_->rootObjects().constFirst());
  window_->requestActivate();
  if (!QTest::qWaitForWindowActive(window_)) qFatal("the window did not become active");
}

Program::~Program() = default;

QAccessibleInterface* Program::find(const QString& name, QAccessible::Role role) {
  QAccessibleInterface* found = nullptr;
  walk(QAccessible::queryAccessibleInterface(window_), [&](QAccessibleInterface* item) {
    if (item->text(QAccessible::Name) != name || (role != QAccessible::NoRole && item->role() != role)) return false;
    found = item;
    return true;
  });
  return found;
}

QList<QAccessibleInterface*> Program::all(QAccessible::Role role) {
  QList<QAccessibleInterface*> found;
  walk(QAccessible::queryAccessibleInterface(window_), [&](QAccessibleInterface* item) {
    if (item->role() == role) found.append(item);
    return false;
  });
  return found;
}

bool Program::press(const QString& name, QAccessible::Role role) {
  const auto there = [&] {
    QAccessibleInterface* item = find(name, role);
    return item && item->actionInterface() && !item->state().disabled;
  };
  if (!QTest::qWaitFor(there, 5000)) return false;
  find(name, role)->actionInterface()->doAction(QAccessibleActionInterface::pressAction());
  return true;
}

void Program::type(const QString& text) {
  for (const QChar character : text) {
    // An input method would bring other characters; here they come as the text of a key.
    QTest::sendKeyEvent(QTest::Click, window_, character.unicode() < 128 ? QTest::asciiToKey(character.toLatin1()) : Qt::Key_unknown,
                        QString(character), Qt::NoModifier);
  }
}

void Program::key(Qt::Key key, Qt::KeyboardModifiers modifiers) { QTest::keyClick(window_, key, modifiers); }

bool Program::waitForModel() {
  return QTest::qWaitFor([this] { return root_->runner()->state() == app::ModelRunner::State::Ready; }, 60000);
}

bool Program::waitForReply() {
  return QTest::qWaitFor([this] { return !root_->chat()->busy(); }, 120000);
}

QImage Program::picture() { return window_->grabWindow(); }

}  // namespace tests
