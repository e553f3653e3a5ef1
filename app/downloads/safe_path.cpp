#include "app/downloads/safe_path.h"

#include <QStringList>
#include <algorithm>

namespace app {

namespace {

bool isPlain(QChar c) {
  return (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z') || (c >= u'0' && c <= u'9') || c == u'.' || c == u'_' ||
         c == u'-';
}

/// Letters of Chinese, Japanese and Korean within the Basic Multilingual Plane.
bool isEastAsianLetter(QChar c) {
  const QChar::Script script = c.script();
  return c.isLetter() && (script == QChar::Script_Han || script == QChar::Script_Hiragana ||
                          script == QChar::Script_Katakana || script == QChar::Script_Hangul);
}

/// Windows opens a device for these names, whatever follows the first dot.
bool isDeviceName(const QString& part) {
  const QString stem = part.section(u'.', 0, 0).toLower();
  if (stem.size() == 4 && (stem.startsWith(QLatin1String("com")) || stem.startsWith(QLatin1String("lpt")))) {
    return stem[3].isDigit();
  }
  return stem == QLatin1String("con") || stem == QLatin1String("prn") || stem == QLatin1String("aux") ||
         stem == QLatin1String("nul");
}

}  // namespace

std::optional<QString> safeName(const QString& name) {
  if (name.size() > kLongestPathPart) return std::nullopt;
  QString part;
  // Composed, so that two spellings of one letter are one name.
  for (const QChar c : name.normalized(QString::NormalizationForm_C)) {
    if (c.category() == QChar::Other_Control || c == u'/' || c == u'\\' || c == u':') return std::nullopt;
    part += isPlain(c) || isEastAsianLetter(c) ? c : QChar(u'_');
  }
  if (part.isEmpty() || part.startsWith(u'.') || part.endsWith(u'.') || isDeviceName(part) ||
      part.toUtf8().size() > kLongestPathPart) {
    return std::nullopt;
  }
  return part;
}

std::optional<QString> safePath(const QString& path) {
  if (path.size() > kLongestPath) return std::nullopt;
  QStringList parts;
  for (const QString& part : path.split(u'/')) {
    const std::optional<QString> safe = safeName(part);
    if (!safe) return std::nullopt;
    parts.append(*safe);
  }
  const QString safe = parts.join(u'/');
  if (parts.size() > kDeepestPath || safe.toUtf8().size() > kLongestPath) return std::nullopt;
  return safe;
}

}  // namespace app
