#include "app/chat/jinja_highlighter.h"

#include <QColor>
#include <QTextCharFormat>
#include <algorithm>

#include "app/markdown/jinja_code.h"

namespace app {

namespace {

QString nameOf(TokenClass tokenClass) {
  switch (tokenClass) {
    case TokenClass::Keyword:
      return QStringLiteral("keyword");
    case TokenClass::String:
      return QStringLiteral("string");
    case TokenClass::Comment:
      return QStringLiteral("comment");
    case TokenClass::Number:
      break;
  }
  return QStringLiteral("number");
}

}  // namespace

void JinjaHighlighter::setTextDocument(QQuickTextDocument* document) {
  if (document == textDocument_) return;
  textDocument_ = document;
  setDocument(document ? document->textDocument() : nullptr);
  emit textDocumentChanged();
}

void JinjaHighlighter::setPalette(const QVariantMap& palette) {
  if (palette == palette_) return;
  palette_ = palette;
  rehighlight();
  emit paletteChanged();
}

void JinjaHighlighter::highlightBlock(const QString& text) {
  auto state = static_cast<JinjaState>(std::max(previousBlockState(), 0));
  for (const CodeToken& token : highlightJinjaLine(text, state)) {
    QTextCharFormat format;
    format.setForeground(QColor(palette_.value(nameOf(token.tokenClass)).toString()));
    setFormat(static_cast<int>(token.start), static_cast<int>(token.length), format);
  }
  setCurrentBlockState(static_cast<int>(state));
}

}  // namespace app
