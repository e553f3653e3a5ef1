#include "app/chat/title.h"

#include <QTextBoundaryFinder>

namespace app {

namespace {

constexpr int kColumns = 40;
constexpr qsizetype kLooksAt = 400;  // UTF-16 units of the message, more than a title can hold

bool isWide(QChar c) {
  switch (c.script()) {
    case QChar::Script_Han:
    case QChar::Script_Hiragana:
    case QChar::Script_Katakana:
    case QChar::Script_Hangul:
      return true;
    default:
      return c.unicode() >= 0x3000 && c.unicode() < 0x3040;  // CJK punctuation
  }
}

int columnsOf(QStringView text) {
  int columns = 0;
  for (const QChar c : text) columns += isWide(c) ? 2 : c.isLowSurrogate() ? 0 : 1;
  return columns;
}

/// Marks of markdown at the start of a message say nothing in a title.
QString withoutMarks(const QString& text) {
  qsizetype start = 0;
  while (start < text.size() && QStringLiteral("#>*-`_ ").contains(text[start])) ++start;
  return text.mid(start);
}

}  // namespace

QString titleFrom(const QString& message) {
  const QString text = withoutMarks(message.left(kLooksAt).simplified());
  if (columnsOf(text) <= kColumns) return text;

  // Word borders of Unicode: between the characters of Chinese text each is one.
  QTextBoundaryFinder words(QTextBoundaryFinder::Word, text);
  qsizetype end = 0;
  for (qsizetype border = words.toNextBoundary(); border > 0; border = words.toNextBoundary()) {
    if (columnsOf(QStringView(text).left(border)) > kColumns) break;
    end = border;
  }
  if (end == 0) {  // one word longer than a title
    QTextBoundaryFinder characters(QTextBoundaryFinder::Grapheme, text);
    for (qsizetype border = characters.toNextBoundary(); border > 0; border = characters.toNextBoundary()) {
      if (columnsOf(QStringView(text).left(border)) > kColumns) break;
      end = border;
    }
  }
  QString title = text.left(end).trimmed();
  while (!title.isEmpty() && QStringLiteral(",;:，；：、").contains(title.back())) title.chop(1);
  return title + QStringLiteral("…");
}

}  // namespace app
