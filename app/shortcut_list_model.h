#pragma once

#include <QtQml/qqmlregistration.h>

#include <QAbstractListModel>
#include <QList>
#include <QString>

namespace app {

/// The keyboard map, as resources/shortcuts.json has it: one row a shortcut. Fixed for a run. UI thread.
class ShortcutListModel : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The shortcuts come from the application root.")

 public:
  enum Role {
    ActionRole = Qt::UserRole + 1,  ///< name of the action in code: "newChat"
    KeysRole,                       ///< the key sequence as Qt writes it: "Ctrl+N"
    TitleRole,                      ///< what it does, for people, in their language
  };

  explicit ShortcutListModel(QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  /// Key sequence of an action; empty where there is no such action.
  Q_INVOKABLE QString keysFor(const QString& action) const;

 private:
  struct Shortcut {
    QString action;
    QString keys;
    QString title;
  };
  QList<Shortcut> shortcuts_;
};

}  // namespace app
