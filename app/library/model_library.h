#pragma once

#include <QtQml/qqmlregistration.h>

#include <QAbstractListModel>
#include <QList>
#include <QString>
#include <QUrl>

#include "app/chat/model_runner.h"

namespace app {

/// The models that can be chosen: the demo model, then those the person opened, where they are. Nothing is copied and
/// nothing is deleted. UI thread; borrows settings and runner, which outlive it. Files are looked at on the pool.
class ModelLibrary : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The library comes from the application root.")

 public:
  enum Role {
    NameRole = Qt::UserRole + 1,
    PathRole,
    DetailRole,  ///< "ernie4_5 · 0.36 B · bf16"; empty until it is known
    IsDemoRole,
    ActiveRole,   ///< it is loaded
    MissingRole,  ///< its files are not there any more
    ProblemRole,  ///< why it cannot be loaded, in a sentence; empty: it can, as far as its header tells
  };

  ModelLibrary(Settings& settings, ModelRunner& runner, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  /// Loads a model from a folder, or from a file in it, and remembers it once it has loaded.
  Q_INVOKABLE void add(const QUrl& location);
  /// Forgets a remembered model; its files stay.
  Q_INVOKABLE void removeAt(int row);
  /// Looks at all of them again.
  Q_INVOKABLE void refresh();

 private:
  struct Row {
    QString path;
    bool demo = false;
    ModelSummary summary;
  };

  void rebuild();
  void describe(const QString& path);
  void modelLoaded();

  Settings& settings_;
  ModelRunner& runner_;
  QList<Row> rows_;
};

}  // namespace app
