#include "app/history/search_text.h"

#include <QChar>
#include <algorithm>
#include <vector>

namespace app {

namespace {

constexpr qsizetype kBeforeMatch = 40;     // UTF-16 units of a snippet before the match
constexpr qsizetype kSnippetLength = 160;  // of a snippet in all

std::vector<char32_t> codePoints(const QString& text) {
  std::vector<char32_t> points;
  points.reserve(static_cast<std::size_t>(text.size()));
  for (qsizetype i = 0; i < text.size(); ++i) {
    if (text[i].isHighSurrogate() && i + 1 < text.size() && text[i + 1].isLowSurrogate()) {
      points.push_back(QChar::surrogateToUcs4(text[i], text[i + 1]));
      ++i;
    } else {
      points.push_back(text[i].unicode());
    }
  }
  return points;
}

// A pair in one number: code points have 21 bits. 0 in the upper half: a single character (NUL is folded away).
quint64 pairOf(char32_t first, char32_t second) {
  return (static_cast<quint64>(first) << 32) | second;
}

void appendWord(QByteArray& words, quint64 gram) {
  if (!words.isEmpty()) {
    words += ' ';
  }
  if (gram >> 32) {
    words += QByteArray::number(gram >> 32, 16);
    words += 'x';
  }
  words += QByteArray::number(gram & 0xffffffff, 16);
}

}  // namespace

QString foldForSearch(const QString& text) {
  QString folded = text;
  for (qsizetype i = 0; i < folded.size(); ++i) {
    const QChar unit = folded[i];
    if (unit.isHighSurrogate() && i + 1 < folded.size() && folded[i + 1].isLowSurrogate()) {
      const char32_t lower = QChar::toCaseFolded(QChar::surrogateToUcs4(unit, folded[i + 1]));
      if (QChar::requiresSurrogates(lower)) {
        folded[i] = QChar(QChar::highSurrogate(lower));
        folded[i + 1] = QChar(QChar::lowSurrogate(lower));
      }
      ++i;
    } else if (unit.isSurrogate() || unit.isNull()) {
      folded[i] = QChar(QChar::ReplacementCharacter);
    } else {
      const char32_t lower = QChar::toCaseFolded(static_cast<char32_t>(unit.unicode()));
      if (!QChar::requiresSurrogates(lower)) {
        folded[i] = QChar(static_cast<char16_t>(lower));
      }
    }
  }
  return folded;
}

qsizetype codePointCount(const QString& text) {
  return text.size() - std::count_if(text.begin(), text.end(), [](QChar unit) { return unit.isLowSurrogate(); });
}

QString firstCodePoints(const QString& text, qsizetype count) {
  qsizetype end = 0;
  for (; count > 0 && end < text.size(); --count) {
    end += text[end].isHighSurrogate() ? 2 : 1;
  }
  return text.left(end);
}

QByteArray gramWords(const QString& folded) {
  const std::vector<char32_t> points = codePoints(folded);
  std::vector<quint64> grams;
  grams.reserve(points.size() * 2);
  for (std::size_t i = 0; i < points.size(); ++i) {
    grams.push_back(points[i]);
    if (i + 1 < points.size()) {
      grams.push_back(pairOf(points[i], points[i + 1]));
    }
  }
  std::sort(grams.begin(), grams.end());
  grams.erase(std::unique(grams.begin(), grams.end()), grams.end());
  QByteArray words;
  words.reserve(static_cast<qsizetype>(grams.size()) * 8);
  for (const quint64 gram : grams) {
    appendWord(words, gram);
  }
  return words;
}

QByteArray gramWord(const QString& folded) {
  const std::vector<char32_t> points = codePoints(folded);
  Q_ASSERT(points.size() == 1 || points.size() == 2);
  QByteArray word;
  appendWord(word, points.size() == 1 ? points[0] : pairOf(points[0], points[1]));
  return word;
}

void setSnippet(SearchHit& hit, const QString& text, const QString& foldedQuery) {
  const QString folded = foldForSearch(text);
  const qsizetype match = folded.indexOf(foldedQuery);
  Q_ASSERT(match >= 0);

  // What the part before the match leaves free goes to the part behind it. A whole character stays whole.
  qsizetype start = std::max<qsizetype>(0, match - kBeforeMatch);
  qsizetype end = std::min(text.size(), start + kSnippetLength);
  if (start > 0 && folded[start].isLowSurrogate()) {
    --start;
  }
  if (end < text.size() && folded[end].isLowSurrogate()) {
    --end;
  }

  const QString ellipsis = QStringLiteral("…");
  const qsizetype shift = (start > 0 ? ellipsis.size() : 0) - start;
  hit.matches.clear();
  for (qsizetype at = match; at >= 0 && at < end; at = folded.indexOf(foldedQuery, at + foldedQuery.size())) {
    hit.matches.append({at + shift, std::min(foldedQuery.size(), end - at)});
  }

  QString line = text.mid(start, end - start);
  for (QChar& unit : line) {
    if (unit.category() == QChar::Other_Control || unit == QChar::LineSeparator || unit == QChar::ParagraphSeparator) {
      unit = u' ';
    }
  }
  hit.snippet = (start > 0 ? ellipsis : QString()) + line + (end < text.size() ? ellipsis : QString());
}

}  // namespace app
