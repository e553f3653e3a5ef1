#include "app/markdown/jinja_code.h"

#include <QtTest>

using namespace app;

class JinjaCodeTest : public QObject {
  Q_OBJECT

  /// The tokens as "K:if", in order; `state` goes on from line to line.
  static QStringList tokens(const QString& line, JinjaState& state) {
    QStringList out;
    for (const CodeToken& token : highlightJinjaLine(line, state)) {
      const char letter = token.tokenClass == TokenClass::Keyword   ? 'K'
                          : token.tokenClass == TokenClass::String  ? 'S'
                          : token.tokenClass == TokenClass::Comment ? 'C'
                                                                    : 'N';
      out << QStringLiteral("%1:%2").arg(QLatin1Char(letter)).arg(line.mid(token.start, token.length));
    }
    return out;
  }
  static QStringList tokens(const QString& line) {
    JinjaState state = JinjaState::Text;
    return tokens(line, state);
  }

 private slots:
  void onlyTagsAreCode() {
    QCOMPARE(tokens(QStringLiteral("if 1 {{ x }} for")), (QStringList{"K:{{", "K:}}"}));
    QCOMPARE(tokens(QStringLiteral("{%- if a.if == 'b}}' -%}")), (QStringList{"K:{%-", "K:if", "S:'b}}'", "K:-%}"}));
    QCOMPARE(tokens(QStringLiteral("{{ x[10] }}")), (QStringList{"K:{{", "N:10", "K:}}"}));
    QCOMPARE(tokens(QStringLiteral("a {# if #} b")), (QStringList{"C:{# if #}"}));
  }
  void textsAndCommentsReachOverLines() {
    JinjaState state = JinjaState::Text;
    QCOMPARE(tokens(QStringLiteral("{{- 'one"), state), (QStringList{"K:{{-", "S:'one"}));
    QCOMPARE(state, JinjaState::SingleQuoted);
    QCOMPARE(tokens(QStringLiteral("t\\'wo' -}} x"), state), (QStringList{"S:t\\'wo'", "K:-}}"}));
    QCOMPARE(state, JinjaState::Text);
    QCOMPARE(tokens(QStringLiteral("{# a"), state), (QStringList{"C:{# a"}));
    QCOMPARE(tokens(QStringLiteral("{{ b"), state), (QStringList{"C:{{ b"}));
    QCOMPARE(tokens(QStringLiteral("#}{{ \"\" "), state), (QStringList{"C:#}", "K:{{", "S:\"\""}));
    QCOMPARE(state, JinjaState::Tag);
    QCOMPARE(tokens(QString(), state), QStringList());
  }
  void aFencedTemplateIsColouredTheSame() {
    const QString text = QStringLiteral("if\n{{ 'a\nb' }}");
    QStringList found;
    for (const CodeToken& token : highlightCode(text, QStringLiteral("Jinja2")))
      found << text.mid(token.start, token.length);
    QCOMPARE(found, (QStringList{"{{", "'a", "b'", "}}"}));
  }
  void halfWrittenCodeIsTaken() {
    for (const char* line : {"{", "{{", "{%-", "'", "{{ '\\", "{{ -", "{{ %", "#}", "{#", "{{ 1."}) {
      JinjaState state = JinjaState::Text;
      const QString text = QString::fromLatin1(line);
      for (const CodeToken& token : highlightJinjaLine(text, state)) {
        QVERIFY(token.length > 0);
        QVERIFY2(token.start + token.length <= text.size(), line);
      }
    }
  }
};

QTEST_GUILESS_MAIN(JinjaCodeTest)
#include "jinja_code_test.moc"
