#pragma once

#include <QAccessible>
#include <QImage>
#include <QQmlApplicationEngine>
#include <QQuickWindow>
#include <QString>
#include <QStringList>
#include <memory>

#include "app/app_root.h"

namespace tests {

/// The program without its main(): the real objects on a folder of the test's own, and the real window over them.
/// Destroying it is quitting. UI thread.
class Program {
 public:
  /// dataDir: holds history and settings; modelPath: what --model would say, empty for the demo model.
  explicit Program(const QString& dataDir, const QString& modelPath = {});
  ~Program();

  app::AppRoot& root() { return *root_; }
  QQuickWindow& window() { return *window_; }
  /// Warnings of the QML engine so far: there should be none.
  const QStringList& warnings() const { return warnings_; }

  /// What a screen reader would find under this name, showing; nullptr: nothing. Prefers an exact name.
  QAccessibleInterface* find(const QString& name, QAccessible::Role role = QAccessible::NoRole);
  /// All that shows under a role.
  QList<QAccessibleInterface*> all(QAccessible::Role role);
  /// Does what pressing it by assistive technology does, once it is there; false: nothing came that can be pressed.
  bool press(const QString& name, QAccessible::Role role = QAccessible::NoRole);

  /// Types into whatever has the keyboard.
  void type(const QString& text);
  void key(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier);
  /// Waits until no model is loading, then until it is ready; false: it is not.
  bool waitForModel();
  /// Waits until no reply is being written.
  bool waitForReply();
  QImage picture();

 private:
  std::unique_ptr<app::AppRoot> root_;
  std::unique_ptr<QQmlApplicationEngine> engine_;
  QQuickWindow* window_ = nullptr;  // of the engine
  QStringList warnings_;
};

}  // namespace tests
