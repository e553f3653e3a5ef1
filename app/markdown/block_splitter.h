#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

#include "app/markdown/block.h"
#include "app/markdown/block_builder.h"

namespace app {

/// Markdown (CommonMark with tables, task lists, strikethrough and bare links, by md4c) to blocks. Raw HTML is text,
/// an image is its description. Input is hostile: nesting and marks beyond all reason make a stretch plain text.
///
/// Text may come in pieces: then only the last block, which may still grow, is parsed again, so that the work over a
/// whole reply is linear in its length as long as single blocks are short. A value; one thread at a time.
class BlockSplitter {
 public:
  /// Blocks of a whole text.
  static QList<Block> split(const QString& text);

  /// Forgets everything.
  void clear() { *this = {}; }
  /// Adds text. Returns how many blocks, from the first, are as they were for certain; blocks() has the rest anew.
  qsizetype append(const QString& text);
  /// No more text comes. Parses the whole once more, so that a link finds its target wherever that was defined.
  void finish();

  /// All blocks of the text so far.
  const QList<Block>& blocks() const { return blocks_; }
  /// Bytes given to the parser since clear(): what linear work is measured by.
  qint64 bytesParsed() const { return bytesParsed_; }

 private:
  QByteArray text_;  // UTF-8, all of it
  QList<Block> blocks_;
  qsizetype settledBytes_ = 0;  // the text before makes blocks that cannot change any more
  qsizetype settledBlocks_ = 0;
  ParsedBlocks::Top lastSettled_;
  qint64 bytesParsed_ = 0;
};

}  // namespace app
