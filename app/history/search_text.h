#pragma once

#include <QByteArray>
#include <QString>

#include "app/history/history_values.h"

namespace app {

/// The text side of search, without a database: what is compared, what is indexed, what is shown.

/// Letter case folded away (Unicode simple folding, which maps one code point to one) and everything else kept, so that
/// places in the result are places in `text`: both have the same number of UTF-16 units. NUL and lone surrogates, which
/// an index cannot hold, become U+FFFD.
QString foldForSearch(const QString& text);

/// Code points in well-formed UTF-16.
qsizetype codePointCount(const QString& text);

/// The first `count` code points.
QString firstCodePoints(const QString& text, qsizetype count);

/// Every different character and pair of neighbouring characters of folded text, each as a word of letters and digits
/// (hexadecimal code points, pairs joined by an x), separated by spaces. Order of first appearance is not kept.
QByteArray gramWords(const QString& folded);

/// The word of a text of one or two code points.
QByteArray gramWord(const QString& folded);

/// One line of `text` around the first match of `foldedQuery` (which must occur in the folded text and not be empty),
/// with an ellipsis where something was cut; fills hit.snippet and hit.matches.
void setSnippet(SearchHit& hit, const QString& text, const QString& foldedQuery);

}  // namespace app
