#pragma once

#include <QtQml/qqmlregistration.h>

#include <QAbstractListModel>

#include "app/chat/prompt_preview.h"

namespace app {

/// The rendered prompt as rows for the preview: one a run. UI thread.
class PromptRunModel : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The runs come from the prompt.")

  Q_PROPERTY(int count READ count NOTIFY countChanged)

 public:
  enum Role {
    PartsRole = Qt::UserRole + 1,  ///< list of {text, author}; author is "template", "person" or "control"
    PlainTextRole,
    IdsRole,  ///< the ids as text, separated by spaces; of a long run the first of them and an ellipsis
    IdCountRole,
  };

  using QAbstractListModel::QAbstractListModel;

  int count() const { return static_cast<int>(runs_.size()); }
  int rowCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : count(); }
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  /// Rows that stay the same are not told as changed.
  void setRuns(const QList<PreviewRun>& runs);

 signals:
  void countChanged();

 private:
  QList<PreviewRun> runs_;
};

}  // namespace app
