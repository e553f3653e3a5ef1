#include "app/shortcut_list_model.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocale>

namespace app {

ShortcutListModel::ShortcutListModel(QObject* parent) : QAbstractListModel(parent) {
  QFile table(QStringLiteral(":/sotto/shortcuts.json"));
  const bool opened = table.open(QIODevice::ReadOnly);
  Q_ASSERT(opened);  // part of the program
  const QString titleKey =
      QLocale().language() == QLocale::Chinese ? QStringLiteral("title_zh") : QStringLiteral("title");
  const QJsonArray rows = QJsonDocument::fromJson(table.readAll()).array();
  for (const QJsonValue& row : rows) {
    shortcuts_.append(
        {row[QStringLiteral("action")].toString(), row[QStringLiteral("keys")].toString(), row[titleKey].toString()});
  }
}

int ShortcutListModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(shortcuts_.size());
}

QVariant ShortcutListModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Shortcut& shortcut = shortcuts_[index.row()];
  switch (role) {
    case ActionRole:
      return shortcut.action;
    case KeysRole:
      return shortcut.keys;
    case Qt::DisplayRole:
    case TitleRole:
      return shortcut.title;
    default:
      return {};
  }
}

QHash<int, QByteArray> ShortcutListModel::roleNames() const {
  return {{ActionRole, "action"}, {KeysRole, "keys"}, {TitleRole, "title"}};
}

QString ShortcutListModel::keysFor(const QString& action) const {
  for (const Shortcut& shortcut : shortcuts_) {
    if (shortcut.action == action) return shortcut.keys;
  }
  return {};
}

}  // namespace app
