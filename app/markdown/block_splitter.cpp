#include "app/markdown/block_splitter.h"

namespace app {

namespace {

using Top = ParsedBlocks::Top;

// Nobody reads more, and md4c counts in 32 bits.
constexpr qsizetype kLongestText = qsizetype{16} << 20;

qsizetype lineStart(const QByteArray& text, qsizetype offset) {
  return offset <= 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

QByteArray lineAt(const QByteArray& text, qsizetype start) {
  const qsizetype end = text.indexOf('\n', start);
  return text.mid(start, end < 0 ? -1 : end - start);
}

bool isBlank(const QByteArray& line) {
  return line.trimmed().isEmpty();
}

bool isFence(const QByteArray& line) {
  const QByteArray trimmed = line.trimmed();
  return trimmed.startsWith("```") || trimmed.startsWith("~~~");
}

bool isTableRule(const QByteArray& line) {
  for (const char c : line) {
    if (c != '|' && c != '-' && c != ':' && c != ' ' && c != '\t') return false;
  }
  return line.contains('-');
}

bool beginsWithMarker(const QByteArray& line) {
  qsizetype digits = 0;
  while (digits < line.size() && line[digits] >= '0' && line[digits] <= '9') ++digits;
  const qsizetype mark = digits;
  if (mark >= line.size()) return false;
  const char c = line[mark];
  const bool isMark = digits > 0 ? (c == '.' || c == ')') : (c == '-' || c == '*' || c == '+');
  return isMark && (mark + 1 == line.size() || line[mark + 1] == ' ' || line[mark + 1] == '\t');
}

/// Where the line of `top` begins from which on the text makes the same blocks without what stands before; -1 where
/// that cannot be told. md4c tells no positions but those of the texts, so the shape of the line has to agree.
qsizetype beginningOf(const Top& top, const QByteArray& text) {
  if (top.firstText < 0) return -1;
  qsizetype start = lineStart(text, top.firstText);
  const auto previousIsBlank = [&] { return start == 0 || isBlank(lineAt(text, lineStart(text, start - 1))); };

  switch (top.kind) {
    case Top::Kind::Paragraph:
    case Top::Kind::Heading:
      return previousIsBlank() ? start : -1;
    case Top::Kind::Quote:
      return previousIsBlank() && lineAt(text, start).startsWith('>') ? start : -1;
    case Top::Kind::Item:
      return beginsWithMarker(lineAt(text, start)) ? start : -1;
    case Top::Kind::Table: {
      const qsizetype next = text.indexOf('\n', start) + 1;
      return next > 0 && previousIsBlank() && isTableRule(lineAt(text, next)) ? start : -1;
    }
    case Top::Kind::Code:
      do {  // the first text is the first line that is not empty; the fence stands above it
        if (start == 0) return -1;
        start = lineStart(text, start - 1);
      } while (isBlank(lineAt(text, start)));
      return isFence(lineAt(text, start)) ? start : -1;
    case Top::Kind::Other:
      return -1;
  }
  return -1;
}

}  // namespace

QList<Block> BlockSplitter::split(const QString& text) {
  return parseBlocks(text.toUtf8().left(kLongestText)).blocks;
}

qsizetype BlockSplitter::append(const QString& text) {
  text_ += text.toUtf8();
  if (text_.size() > kLongestText) text_.truncate(kLongestText);
  const qsizetype unchanged = settledBlocks_;

  const QByteArray tail = text_.mid(settledBytes_);
  const ParsedBlocks parsed = parseBlocks(tail, lastSettled_);
  bytesParsed_ += tail.size();
  blocks_.resize(settledBlocks_);
  blocks_ += parsed.blocks;

  // All before the last block with a certain beginning is settled: text that comes can only change the last one.
  for (qsizetype i = parsed.tops.size() - 1; i > 0; --i) {
    const qsizetype start = beginningOf(parsed.tops[i], tail);
    if (start <= 0) continue;
    settledBytes_ += start;
    settledBlocks_ += parsed.tops[i].firstBlock;
    lastSettled_ = parsed.tops[i - 1];
    break;
  }
  return unchanged;
}

void BlockSplitter::finish() {
  bytesParsed_ += text_.size();
  blocks_ = parseBlocks(text_).blocks;
}

}  // namespace app
