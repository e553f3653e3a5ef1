#pragma once

#include <QtQml/qqmlregistration.h>

#include <QAbstractListModel>
#include <QString>
#include <QVariantMap>
#include <memory>
#include <vector>

#include "app/history/history_values.h"
#include "app/markdown/block_list_model.h"

namespace app {

/// What the window needs of a message beyond what is stored: the states of a reply that has not ended.
enum class RowStatus { Complete, Waiting, Streaming, Interrupted, Cancelled, Failed };

/// The messages of the open conversation, from the root to the leaf that is shown. Blocks are made when first asked
/// for, so that a long conversation costs what is on the screen. UI thread.
class MessageListModel : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The messages come from the chat.")

  Q_PROPERTY(int count READ count NOTIFY countChanged)

 public:
  enum Role {
    MessageIdRole = Qt::UserRole + 1,  ///< qint64; negative until the message is stored
    RoleRole,                          ///< "user", "assistant" or "system"
    TextRole,                          ///< as written (see shownText)
    PlainTextRole,                     ///< without marks, for screen readers and the clipboard
    BlocksRole,                        ///< BlockListModel*, owned by this model
    StatusRole,                        ///< "complete", "waiting", "streaming", "interrupted", "cancelled" or "failed"
    StatusTextRole,                    ///< the same for people; empty when complete
    VersionIndexRole,                  ///< from 1
    VersionCountRole,
    TokensRole,  ///< generated tokens
    TokensPerSecondRole,
    FirstTokenMsRole,
    FinishReasonRole,
    ModelNameRole,
  };

  explicit MessageListModel(QObject* parent = nullptr);
  ~MessageListModel() override;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;
  int count() const { return static_cast<int>(rows_.size()); }

  /// Shows this path. Rows of the same messages at the beginning stay; the rest is replaced.
  void setPath(const QList<Message>& path);
  void append(const Message& message, RowStatus status);
  /// Removes `row` and all below it.
  void truncate(int row);
  /// A row that was shown before it was stored is this message now. Places among the versions count from 0.
  void identify(int row, qint64 messageId, int siblingIndex, int siblingCount);
  /// Replaces what a row shows.
  void setMessage(int row, const Message& message, RowStatus status);
  /// Puts `text` behind the reply of this row, which is being written.
  void appendText(int row, const QString& text);
  void setProgress(int row, int tokens, double tokensPerSecond);

  int rowOf(qint64 messageId) const;  ///< -1: not shown
  const Message& messageAt(int row) const;
  QString plainTextAt(int row) const;
  /// What is shown, as the history would give it.
  QList<Message> path() const;

  void setCodePalette(const QVariantMap& palette);
  QVariantMap codePalette() const { return codePalette_; }

 signals:
  void countChanged();

 private:
  struct Row;

  BlockListModel* blocksOf(Row& row) const;
  void changed(int row, const QList<int>& roles);

  std::vector<std::unique_ptr<Row>> rows_;
  QVariantMap codePalette_;
};

/// The text of a message as it is shown: a reply of some models begins with one space, which belongs to the tokens and
/// not to the text.
QString shownText(const Message& message);

}  // namespace app
