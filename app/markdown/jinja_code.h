#pragma once

#include <QList>
#include <QStringView>

#include "app/markdown/code_highlighter.h"

namespace app {

/// Where a line of a Jinja template begins or ends: outside of tags, in a tag, in a text of a tag, in a comment. Made
/// for QSyntaxHighlighter, which keeps one number a line.
enum class JinjaState { Text = 0, Tag = 1, SingleQuoted = 2, DoubleQuoted = 3, Comment = 4 };

/// Keywords (and the marks of tags), strings, comments and numbers of one line, in order, not overlapping. `state` is
/// where the line begins and becomes where it ends. Cost: linear. Any thread.
QList<CodeToken> highlightJinjaLine(QStringView line, JinjaState& state);

/// The same of a whole template.
QList<CodeToken> highlightJinja(QStringView text);

}  // namespace app
