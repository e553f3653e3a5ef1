#pragma once

#include <QtQml/qqmlregistration.h>

#include <QQuickTextDocument>
#include <QSyntaxHighlighter>
#include <QVariantMap>

namespace app {

/// Colours the text of a TextEdit as a Jinja template: set its `textDocument` and the palette ("keyword", "string",
/// "comment", "number" to a colour name). UI thread; owned by whoever makes it, borrows the document.
class JinjaHighlighter : public QSyntaxHighlighter {
  Q_OBJECT
  QML_ELEMENT

  Q_PROPERTY(QQuickTextDocument* textDocument READ textDocument WRITE setTextDocument NOTIFY textDocumentChanged)
  Q_PROPERTY(QVariantMap palette READ palette WRITE setPalette NOTIFY paletteChanged)

 public:
  explicit JinjaHighlighter(QObject* parent = nullptr) : QSyntaxHighlighter(parent) {}

  QQuickTextDocument* textDocument() const { return textDocument_; }
  void setTextDocument(QQuickTextDocument* document);
  QVariantMap palette() const { return palette_; }
  void setPalette(const QVariantMap& palette);

 signals:
  void textDocumentChanged();
  void paletteChanged();

 protected:
  void highlightBlock(const QString& text) override;

 private:
  QQuickTextDocument* textDocument_ = nullptr;
  QVariantMap palette_;
};

}  // namespace app
