#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

#include "app/markdown/block.h"

namespace app {

/// Blocks of a stretch of markdown, with what BlockSplitter needs to know about where they come from.
struct ParsedBlocks {
  /// One block below the document, or one item of a list there: all its rows, and where it begins.
  struct Top {
    enum class Kind { Paragraph, Heading, Item, Quote, Code, Table, Other };
    Kind kind = Kind::Other;
    qsizetype firstBlock = 0;  ///< index of its first row
    qsizetype firstText = -1;  ///< offset in bytes of its first text; -1: none
    int number = -1;           ///< of an item of an ordered list, which the next item continues; -1: another kind
    char delimiter = 0;        ///< '.' or ')' behind that number
  };

  QList<Block> blocks;
  QList<Top> tops;
};

/// Parses UTF-8 markdown in one go. `previous`: the item of an ordered list that the text before ended in; a list of
/// the same kind at the start of this text goes on counting from it. What exceeds the limits on nesting, marks or
/// output becomes one plain text block. Cost: linear in the length. Any thread.
ParsedBlocks parseBlocks(const QByteArray& markdown, const ParsedBlocks::Top& previous = {});

}  // namespace app
