#pragma once

#include <QList>
#include <QString>
#include <QStringList>

namespace app {

enum class BlockKind { Text, Heading, List, Code, Table, Quote, Rule };

/// One block of a message, ready to be shown. Rich text holds nothing but b, i, s, tt, br and links to http, https and
/// mailto; all else in it is escaped. A value; any thread.
struct Block {
  BlockKind kind = BlockKind::Text;
  QString rich;
  QString plain;           ///< the same without tags and marks; of a table one line a row, cells apart by tabs
  int level = 0;           ///< heading: 1 to 6; list item, quote, code: how deep it is nested, from 0
  QString marker;          ///< list item: its bullet or number; empty: a further paragraph of the item above
  int checked = -1;        ///< list item of a task list: 0 or 1; -1: not a task
  QString language;        ///< code: the first word of the fence
  QString code;            ///< code: as written, without the last line break
  int columns = 0;         ///< table
  QStringList cells;       ///< table: rich text, row by row, header first; columns * rows of them
  QStringList alignments;  ///< table: "left", "center" or "right" for each column

  bool operator==(const Block&) const = default;
};

}  // namespace app
