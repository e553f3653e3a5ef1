#include "app/remote/reply_text.h"

#include <utility>

namespace app {

namespace {

const QString kOpen = QStringLiteral("<think>");
const QString kClose = QStringLiteral("</think>");

QString withoutFirstLines(const QString& text) {
  qsizetype first = 0;
  while (first < text.size() && (text[first] == QLatin1Char('\n') || text[first] == QLatin1Char('\r'))) ++first;
  return text.mid(first);
}

}  // namespace

QString ReplyText::add(const QString& reasoning, const QString& text) {
  QString added;
  if (!reasoning.isEmpty()) {
    if (part_ == Part::Text) added += QStringLiteral("\n\n");
    if (part_ != Part::Reasoning) added += kOpen + QLatin1Char('\n');
    part_ = Part::Reasoning;
    added += taken(reasoning);
  }
  // Servers cut the thought off before its end or after; the lines between are ours.
  const QString begun = part_ == Part::Reasoning ? withoutFirstLines(text) : text;
  if (!begun.isEmpty()) {
    if (part_ == Part::Reasoning) added += close();
    part_ = Part::Text;
    added += taken(begun);
  }
  size_ += added.size();
  return added;
}

QString ReplyText::end() {
  const QString added = close();
  size_ += added.size();
  return added;
}

/// What belongs after the part that is open.
QString ReplyText::close() {
  QString added;
  if (!std::exchange(half_, QChar()).isNull()) added += QChar(QChar::ReplacementCharacter);
  if (part_ == Part::Reasoning) added += QLatin1Char('\n') + kClose + QStringLiteral("\n\n");
  return added;
}

/// The piece as far as it is whole characters, with what waited before it; what is half a pair alone is replaced.
QString ReplyText::taken(QString piece) {
  if (!half_.isNull()) piece.prepend(std::exchange(half_, QChar()));
  if (piece.back().isHighSurrogate()) {
    half_ = piece.back();
    piece.chop(1);
  }
  for (qsizetype i = 0; i < piece.size(); ++i) {
    if (piece[i].isNull()) piece[i] = QChar::ReplacementCharacter;
    if (!piece[i].isSurrogate()) continue;
    if (piece[i].isHighSurrogate() && i + 1 < piece.size() && piece[i + 1].isLowSurrogate()) {
      ++i;
    } else {
      piece[i] = QChar::ReplacementCharacter;
    }
  }
  return piece;
}

QString withoutReasoning(const QString& reply) {
  const qsizetype open = reply.indexOf(kOpen);
  const qsizetype close = reply.indexOf(kClose);
  // A model whose template opens the thought writes its end only; one that was stopped in it, its beginning only.
  const bool opened = open >= 0 && QStringView(reply).left(open).trimmed().isEmpty();
  if (close >= 0 && (opened || open < 0 || close < open)) return reply.mid(close + kClose.size()).trimmed();
  return opened ? QString() : reply;
}

}  // namespace app
