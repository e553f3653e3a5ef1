#include "app/markdown/rich_text.h"

#include <QHash>
#include <QUrl>

namespace app {

QString escaped(QStringView text) {
  QString rich;
  rich.reserve(text.size() + text.size() / 8);
  for (const QChar c : text) {
    switch (c.unicode()) {
      case '&':
        rich += QLatin1String("&amp;");
        break;
      case '<':
        rich += QLatin1String("&lt;");
        break;
      case '>':
        rich += QLatin1String("&gt;");
        break;
      case '"':
        rich += QLatin1String("&quot;");
        break;
      case '\n':
        rich += QLatin1String("<br>");
        break;
      case 0:
        rich += QChar::ReplacementCharacter;
        break;
      default:
        rich += c;
    }
  }
  return rich;
}

QString escapedCode(QStringView text) {
  // Rich text shows a run of white space as one space; a no-break space before each further one keeps the width.
  QString rich = escaped(text);
  rich.replace(QLatin1String("  "), QLatin1String("\u00a0 "));
  return rich;
}

bool isSafeLink(const QString& target) {
  const QString scheme = QUrl(target, QUrl::TolerantMode).scheme();
  return scheme == QLatin1String("http") || scheme == QLatin1String("https") || scheme == QLatin1String("mailto");
}

QString entityText(const QString& entity) {
  static const QHash<QString, QString> kNamed = {
      {QStringLiteral("amp"), QStringLiteral("&")},         {QStringLiteral("lt"), QStringLiteral("<")},
      {QStringLiteral("gt"), QStringLiteral(">")},          {QStringLiteral("quot"), QStringLiteral("\"")},
      {QStringLiteral("apos"), QStringLiteral("'")},        {QStringLiteral("nbsp"), QStringLiteral("\u00a0")},
      {QStringLiteral("copy"), QStringLiteral("\u00a9")},   {QStringLiteral("reg"), QStringLiteral("\u00ae")},
      {QStringLiteral("hellip"), QStringLiteral("\u2026")}, {QStringLiteral("mdash"), QStringLiteral("\u2014")},
      {QStringLiteral("ndash"), QStringLiteral("\u2013")},  {QStringLiteral("times"), QStringLiteral("\u00d7")},
      {QStringLiteral("deg"), QStringLiteral("\u00b0")},    {QStringLiteral("rarr"), QStringLiteral("\u2192")},
      {QStringLiteral("larr"), QStringLiteral("\u2190")},   {QStringLiteral("le"), QStringLiteral("\u2264")},
      {QStringLiteral("ge"), QStringLiteral("\u2265")},     {QStringLiteral("ne"), QStringLiteral("\u2260")},
  };
  const QString name = entity.mid(1, entity.size() - 2);
  if (!name.startsWith(QLatin1Char('#'))) return kNamed.value(name, entity);

  const bool hex = name.size() > 1 && name[1].toLower() == QLatin1Char('x');
  bool isNumber = false;
  const uint code = name.mid(hex ? 2 : 1).toUInt(&isNumber, hex ? 16 : 10);
  const bool isCharacter = isNumber && code != 0 && code <= 0x10ffff && !QChar::isSurrogate(code);
  return isCharacter ? QString::fromUcs4(reinterpret_cast<const char32_t*>(&code), 1)
                     : QString(QChar::ReplacementCharacter);
}

}  // namespace app
