#pragma once

#include <QtQml/qqmlregistration.h>

#include <QAbstractListModel>
#include <QList>
#include <QString>
#include <QVariantMap>

#include "app/markdown/block.h"
#include "app/markdown/block_splitter.h"

namespace app {

/// The blocks of one message as rows. While text is added, only the rows that really change are touched. UI thread.
class BlockListModel : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("Blocks come from a message.")

 public:
  enum Role {
    KindRole = Qt::UserRole + 1,  ///< "text", "heading", "list", "code", "table", "quote" or "rule"
    TextRole,                     ///< rich text, safe to show
    PlainRole,
    LevelRole,
    MarkerRole,
    CheckedRole,
    LanguageRole,
    CodeRole,
    HighlightedRole,  ///< rich text of the code, coloured by the palette
    ColumnsRole,
    CellsRole,
    AlignmentsRole,
    OpenRole,  ///< bool: the block may still grow
  };

  explicit BlockListModel(QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  /// Shows this text. `growing`: more comes by append(), until finish().
  void setText(const QString& text, bool growing);
  void append(const QString& text);
  /// No more text comes.
  void finish();
  /// The text without marks, blocks apart by line breaks.
  QString plainText() const;
  static QString plainTextOf(const QList<Block>& blocks);

  void setCodePalette(const QVariantMap& palette);

 private:
  void show(qsizetype unchanged, const QList<Block>& blocks);

  BlockSplitter splitter_;
  QList<Block> blocks_;
  bool growing_ = false;
  QVariantMap palette_;
};

}  // namespace app
