#pragma once

#include <QList>
#include <QString>

namespace app {

/// What a stretch of code is; what is none of these is not told.
enum class TokenClass { Keyword, String, Comment, Number };

/// A stretch of code in UTF-16 units.
struct CodeToken {
  TokenClass tokenClass = TokenClass::Keyword;
  qsizetype start = 0;
  qsizetype length = 0;

  bool operator==(const CodeToken&) const = default;
};

/// Keywords, strings, comments and numbers of code, in order, not overlapping. `language` is the word of the fence
/// ("cpp", "Python"); of an unknown one, only strings and numbers are told. A scan of the letters, no parser: what it
/// takes for a keyword need not be one to the compiler. Cost: linear. Any thread.
QList<CodeToken> highlightCode(const QString& code, const QString& language);

}  // namespace app
