#include "app/markdown/block_list_model.h"

#include "app/markdown/code_highlighter.h"
#include "app/markdown/rich_text.h"

namespace app {

namespace {

// Longer code is shown in one colour: colouring it anew for each piece would hold up the window.
constexpr qsizetype kLongestColoured = 64 * 1024;

QString kindName(BlockKind kind) {
  switch (kind) {
    case BlockKind::Text:
      return QStringLiteral("text");
    case BlockKind::Heading:
      return QStringLiteral("heading");
    case BlockKind::List:
      return QStringLiteral("list");
    case BlockKind::Code:
      return QStringLiteral("code");
    case BlockKind::Table:
      return QStringLiteral("table");
    case BlockKind::Quote:
      return QStringLiteral("quote");
    case BlockKind::Rule:
      return QStringLiteral("rule");
  }
  return {};
}

QString paletteKey(TokenClass tokenClass) {
  switch (tokenClass) {
    case TokenClass::Keyword:
      return QStringLiteral("keyword");
    case TokenClass::String:
      return QStringLiteral("string");
    case TokenClass::Comment:
      return QStringLiteral("comment");
    case TokenClass::Number:
      return QStringLiteral("number");
  }
  return {};
}

QString highlighted(const Block& block, const QVariantMap& palette) {
  QString rich = QStringLiteral("<div style=\"white-space:pre-wrap\">");
  qsizetype shown = 0;
  if (block.code.size() <= kLongestColoured) {
    for (const CodeToken& token : highlightCode(block.code, block.language)) {
      const QString colour = palette.value(paletteKey(token.tokenClass)).toString();
      if (colour.isEmpty()) continue;
      rich += escaped(QStringView(block.code).mid(shown, token.start - shown));
      rich += QLatin1String("<span style=\"color:") + escaped(colour) + QLatin1String("\">") +
              escaped(QStringView(block.code).mid(token.start, token.length)) + QLatin1String("</span>");
      shown = token.start + token.length;
    }
  }
  return rich + escaped(QStringView(block.code).mid(shown)) + QLatin1String("</div>");
}

}  // namespace

BlockListModel::BlockListModel(QObject* parent) : QAbstractListModel(parent) {}

int BlockListModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(blocks_.size());
}

QVariant BlockListModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Block& block = blocks_[index.row()];
  switch (role) {
    case KindRole:
      return kindName(block.kind);
    case TextRole:
      return block.rich;
    case Qt::DisplayRole:
    case PlainRole:
      return block.plain;
    case LevelRole:
      return block.level;
    case MarkerRole:
      return block.marker;
    case CheckedRole:
      return block.checked;
    case LanguageRole:
      return block.language;
    case CodeRole:
      return block.code;
    case HighlightedRole:
      return block.kind == BlockKind::Code ? highlighted(block, palette_) : QString();
    case ColumnsRole:
      return block.columns;
    case CellsRole:
      return block.cells;
    case AlignmentsRole:
      return block.alignments;
    case OpenRole:
      return growing_ && index.row() == blocks_.size() - 1;
    default:
      return {};
  }
}

QHash<int, QByteArray> BlockListModel::roleNames() const {
  return {{KindRole, "kind"},         {TextRole, "text"},     {PlainRole, "plain"},
          {LevelRole, "level"},       {MarkerRole, "marker"}, {CheckedRole, "checked"},
          {LanguageRole, "language"}, {CodeRole, "code"},     {HighlightedRole, "highlighted"},
          {ColumnsRole, "columns"},   {CellsRole, "cells"},   {AlignmentsRole, "alignments"},
          {OpenRole, "open"}};
}

void BlockListModel::setText(const QString& text, bool growing) {
  growing_ = growing;
  splitter_.clear();
  if (growing) {
    splitter_.append(text);
    show(0, splitter_.blocks());
  } else {
    show(0, BlockSplitter::split(text));
  }
}

void BlockListModel::append(const QString& text) {
  show(splitter_.append(text), splitter_.blocks());
}

void BlockListModel::finish() {
  if (!growing_) return;
  splitter_.finish();
  growing_ = false;
  show(0, splitter_.blocks());
  splitter_.clear();
  if (!blocks_.isEmpty()) {
    const QModelIndex last = index(static_cast<int>(blocks_.size()) - 1);
    emit dataChanged(last, last, {OpenRole});
  }
}

/// Makes the rows those of `blocks`, of which the first `unchanged` are known to be there already.
void BlockListModel::show(qsizetype unchanged, const QList<Block>& blocks) {
  const auto row = [](qsizetype i) { return static_cast<int>(i); };
  const qsizetype oldCount = blocks_.size();
  qsizetype i = unchanged;
  // A delegate belongs to a kind for life, so rows from the first of another kind on are made anew.
  for (; i < std::min(oldCount, blocks.size()) && blocks_[i].kind == blocks[i].kind; ++i) {
    if (blocks_[i] == blocks[i]) continue;
    blocks_[i] = blocks[i];
    emit dataChanged(index(row(i)), index(row(i)));
  }
  if (i < oldCount) {
    beginRemoveRows({}, row(i), row(oldCount - 1));
    blocks_.resize(i);
    endRemoveRows();
  }
  if (i < blocks.size()) {
    beginInsertRows({}, row(i), row(blocks.size() - 1));
    blocks_ = blocks;
    endInsertRows();
  }
  const bool lastMoved = blocks_.size() != oldCount && oldCount > 0 && oldCount <= blocks_.size();
  if (lastMoved) emit dataChanged(index(row(oldCount - 1)), index(row(oldCount - 1)), {OpenRole});
}

QString BlockListModel::plainText() const {
  return plainTextOf(blocks_);
}

QString BlockListModel::plainTextOf(const QList<Block>& blocks) {
  QString text;
  for (const Block& block : blocks) {
    if (block.kind == BlockKind::Rule) continue;
    if (!text.isEmpty()) text += QLatin1Char('\n');
    if (block.kind == BlockKind::List && !block.marker.isEmpty()) text += block.marker + QLatin1Char(' ');
    text += block.plain;
  }
  return text;
}

void BlockListModel::setCodePalette(const QVariantMap& palette) {
  palette_ = palette;
  if (!blocks_.isEmpty()) emit dataChanged(index(0), index(static_cast<int>(blocks_.size()) - 1), {HighlightedRole});
}

}  // namespace app
