#pragma once

#include <QString>
#include <QStringView>

namespace app {

/// Text as rich text: markup characters escaped, line breaks as <br>.
QString escaped(QStringView text);
/// The same for code: runs of spaces keep their width.
QString escapedCode(QStringView text);
/// Whether a link may be shown as one: http, https or mailto.
bool isSafeLink(const QString& target);
/// A character reference of markdown ("&amp;", "&#x4e2d;") as text; what is not known stays as it is.
QString entityText(const QString& entity);

}  // namespace app
