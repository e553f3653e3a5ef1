#include "app/markdown/block_splitter.h"

#include <QElapsedTimer>
#include <QTextDocument>
#include <QtTest>

#include "app/markdown/code_highlighter.h"

using namespace app;

namespace {

const QString kReply = QStringLiteral(
    "# Sorting in *Python*\n"
    "Use `sorted()` for a **new** list.\nIt keeps the old one.\n\n"
    "1. First\n2. Second\n\n   with a paragraph\n   - nested *one*\n   - nested two\n\n1. Third, numbered on\n\n"
    "```python\nprint(sorted([3, 1, 2]))\n\n\nx = \"# no heading\"\n```\n"
    "> quoted\n> lines\n>\n> > deeper\n\n"
    "| a | b |\n|:--|--:|\n| 1 | `2` |\n\n"
    "- [ ] open\n- [x] done\n\n---\n\n"
    "你好，**世界**。\n\n![a cat](http://example.org/cat.png) and <b>raw</b>\n\n"
    "    indented code\n\nSetext\n===\n\n~~~\nfence without end\n\n- not a list\n");

/// What a person reads, one line a row, to compare with at a glance.
QStringList outline(const QList<Block>& blocks) {
  static const QStringList kNames = {"text", "heading", "list", "code", "table", "quote", "rule"};
  QStringList lines;
  for (const Block& block : blocks) {
    lines << QStringLiteral("%1%2 %3%4")
                 .arg(kNames[static_cast<int>(block.kind)])
                 .arg(block.level)
                 .arg(block.marker.isEmpty() ? QString() : block.marker + QLatin1Char(' '), block.plain);
  }
  return lines;
}

QList<Block> streamed(const QString& text, qsizetype piece) {
  BlockSplitter splitter;
  for (qsizetype i = 0; i < text.size(); i += piece) splitter.append(text.mid(i, piece));
  return splitter.blocks();
}

QString repeated(const char* piece, int times) {
  return QString::fromUtf8(piece).repeated(times);
}

}  // namespace

class BlockSplitterTest : public QObject {
  Q_OBJECT

 private slots:
  void makesOneBlockOfEachKind() {
    QCOMPARE(outline(BlockSplitter::split(
                 QStringLiteral("# Title\n\ntext\nmore\n\n> quote\n\n---\n\n```cpp\nint a;\n```\n"))),
             QStringList({"heading1 Title", "text0 text\nmore", "quote0 quote", "rule0 ", "code0 int a;"}));
  }

  void makesOneRowOfEachListItem() {
    const auto blocks =
        BlockSplitter::split(QStringLiteral("3. three\n4. four\n   - inner\n\n     more of it\n5. five\n"));
    QCOMPARE(outline(blocks),
             QStringList({"list0 3. three", "list0 4. four", "list1 ◦ inner", "list1 more of it", "list0 5. five"}));
  }

  void tellsTasksApart() {
    const auto blocks = BlockSplitter::split(QStringLiteral("- [ ] open\n- [x] done\n- none\n"));
    QCOMPARE(blocks.size(), 3);
    QCOMPARE(blocks[0].checked, 0);
    QCOMPARE(blocks[1].checked, 1);
    QCOMPARE(blocks[2].checked, -1);
  }

  void itemThatBeginsWithCodeShowsItsMarker() {
    QCOMPARE(outline(BlockSplitter::split(QStringLiteral("- ```\n  x\n  ```\n"))),
             QStringList({"list0 • ", "code1 x"}));
  }

  void readsTables() {
    const auto blocks = BlockSplitter::split(QStringLiteral("| a | b | c |\n|:--|:-:|--:|\n| 1 | **2** | 3 < 4 |\n"));
    QCOMPARE(blocks.size(), 1);
    QCOMPARE(blocks[0].kind, BlockKind::Table);
    QCOMPARE(blocks[0].columns, 3);
    QCOMPARE(blocks[0].cells, QStringList({"a", "b", "c", "1", "<b>2</b>", "3 &lt; 4"}));
    QCOMPARE(blocks[0].alignments, QStringList({"left", "center", "right"}));
    QCOMPARE(blocks[0].plain, QStringLiteral("a\tb\tc\n1\t2\t3 < 4"));
  }

  void keepsCodeAsWritten() {
    const auto blocks =
        BlockSplitter::split(QStringLiteral("```c++ extra\nif (a < b && c)\n\n\treturn \"&amp;\";\n```\n"));
    QCOMPARE(blocks.size(), 1);
    QCOMPARE(blocks[0].language, QStringLiteral("c++"));
    QCOMPARE(blocks[0].code, QStringLiteral("if (a < b && c)\n\n\treturn \"&amp;\";"));
  }

  void marksSpans() {
    QCOMPARE(BlockSplitter::split(QStringLiteral("*i* **b** ~~s~~ `c<d`  \nx&amp;y &#x4e2d;"))[0].rich,
             QStringLiteral("<i>i</i> <b>b</b> <s>s</s> <tt>c&lt;d</tt><br>x&amp;y 中"));
  }

  void rawHtmlIsText() {
    QCOMPARE(BlockSplitter::split(QStringLiteral("<script>alert(1)</script>"))[0].rich,
             QStringLiteral("&lt;script&gt;alert(1)&lt;/script&gt;"));
    QCOMPARE(BlockSplitter::split(QStringLiteral("a <img src=x onerror=y> b"))[0].rich,
             QStringLiteral("a &lt;img src=x onerror=y&gt; b"));
  }

  void linksOnlyToTheWebAndMail_data() {
    QTest::addColumn<QString>("target");
    QTest::addColumn<bool>("isLink");
    QTest::newRow("http") << "http://a.example/" << true;
    QTest::newRow("https") << "https://a.example/?x=1&y=2" << true;
    QTest::newRow("mailto") << "mailto:a@b.example" << true;
    QTest::newRow("javascript") << "javascript:alert(1)" << false;
    QTest::newRow("JaVaScript") << "JaVaScript:alert(1)" << false;
    QTest::newRow("file") << "file:///etc/passwd" << false;
    QTest::newRow("data") << "data:text/html,x" << false;
    QTest::newRow("relative") << "../secret" << false;
    QTest::newRow("qrc") << "qrc:/x" << false;
  }
  void linksOnlyToTheWebAndMail() {
    QFETCH(QString, target);
    QFETCH(bool, isLink);
    const QString rich = BlockSplitter::split(QStringLiteral("[name](<%1>)").arg(target))[0].rich;
    QCOMPARE(rich,
             isLink ? QStringLiteral("<a href=\"%1\">name</a>").arg(target.toHtmlEscaped()) : QStringLiteral("name"));
  }

  void quotesInATargetStayInside() {
    const QString rich = BlockSplitter::split(QStringLiteral("[x](<http://a/\"onclick=1>)"))[0].rich;
    QVERIFY2(rich.contains(QStringLiteral("&quot;onclick")), qPrintable(rich));
  }

  void imagesBecomeTheirDescription() {
    QCOMPARE(BlockSplitter::split(QStringLiteral("![a *black* cat](http://a.example/cat.png)"))[0].rich,
             QStringLiteral("a <i>black</i> cat"));
  }

  void streamedTextMakesTheBlocksOfTheWhole_data() {
    QTest::addColumn<qsizetype>("piece");
    for (const qsizetype piece : {1, 2, 3, 7, 50}) QTest::addRow("%d", static_cast<int>(piece)) << piece;
  }
  void streamedTextMakesTheBlocksOfTheWhole() {
    QFETCH(qsizetype, piece);
    BlockSplitter splitter;
    QList<Block> shown;
    for (qsizetype i = 0; i < kReply.size(); i += piece) {
      const qsizetype unchanged = splitter.append(kReply.mid(i, piece));
      const QString sofar = kReply.left(i + piece);
      QCOMPARE(outline(splitter.blocks()), outline(BlockSplitter::split(sofar)));
      QCOMPARE(splitter.blocks(), BlockSplitter::split(sofar));
      QVERIFY(unchanged <= shown.size());
      QCOMPARE(splitter.blocks().mid(0, unchanged), shown.mid(0, unchanged));
      shown = splitter.blocks();
    }
  }

  void numbersOfAListGoOnAcrossItsSettledItems() {
    QString list;
    for (int i = 0; i < 30; ++i) list += QStringLiteral("1. item\n\n");
    const auto blocks = streamed(list, 4);
    QCOMPARE(blocks.size(), 30);
    QCOMPARE(blocks.last().marker, QStringLiteral("30."));
  }

  void linkFindsATargetThatWasDefinedLater() {
    BlockSplitter splitter;
    splitter.append(QStringLiteral("See [it][x].\n\nMore.\n\n"));
    splitter.append(QStringLiteral("[x]: http://a.example/\n"));
    splitter.finish();
    QCOMPARE(splitter.blocks()[0].rich, QStringLiteral("See <a href=\"http://a.example/\">it</a>."));
  }

  void workIsLinearInTheLength() {
    constexpr qsizetype kPiece = 4;  // about a token
    const auto parsed = [](const QString& text) {
      BlockSplitter splitter;
      for (qsizetype i = 0; i < text.size(); i += kPiece) splitter.append(text.mid(i, kPiece));
      return splitter.bytesParsed();
    };
    // No block of the reply exceeds 300 bytes with the one before it, and each is parsed once a piece while it is open.
    QString section = kReply.left(kReply.indexOf(QStringLiteral("~~~")));
    const qint64 once = parsed(section.repeated(10));
    const qint64 fourTimes = parsed(section.repeated(40));
    QVERIFY2(fourTimes * 5 <= once * 21, qPrintable(QStringLiteral("%1 and %2 bytes").arg(once).arg(fourTimes)));
    const qint64 bound = section.toUtf8().size() * 40 * (300 / kPiece);
    QVERIFY2(fourTimes <= bound, qPrintable(QStringLiteral("%1 bytes, bound %2").arg(fourTimes).arg(bound)));
  }

  void endlessListIsLinearToo() {
    BlockSplitter splitter;
    const QString item = QStringLiteral("1. an item of a list that never ends\n");
    for (int i = 0; i < 2000; ++i) splitter.append(item);
    QVERIFY(splitter.bytesParsed() <= item.size() * 2000 * 3);
    QCOMPARE(splitter.blocks().last().marker, QStringLiteral("2000."));
  }

  void hostileTextEndsSoon_data() {
    QTest::addColumn<QString>("text");
    const int n = 100000;
    for (const char* piece :
         {">",      "[",       "]",       "*",     "_",        "`",    "~",   "<",      "!",   "![",
          "(",      "&",       "|",       "#",     "-",        "- ",   "> ",  "1. ",    "\\",  "[a](",
          "[a][a]", "*a_ ",    "**a *b ", "`` ` ", "<a",       "&#",   "| ",  "|a\n|-", "[[]", "\n",
          " ",      "http://", "a@b.c ",  "www.",  "[x]: y\n", "> - ", "*\t", "~~a~ "}) {
      QTest::newRow(piece) << repeated(piece, n / static_cast<int>(qstrlen(piece)));
    }
    QTest::newRow("deep brackets") << repeated("[", n / 2) + "a" + repeated("]", n / 2);
    QTest::newRow("deep emphasis") << repeated("*a **a ", n / 14) + "b" + repeated(" a** a*", n / 14);
    QTest::newRow("ticks of growing length") << [] {
      QString text;
      for (int i = 1; i < 400; ++i) text += QStringLiteral("e") + QString(i, QLatin1Char('`'));
      return text;
    }();
    QTest::newRow("deep quotes, many lines") << (repeated("> ", 30) + "a\n").repeated(1500);
    QTest::newRow("nested list") << [] {
      QString text;
      for (int i = 0; i < 400; ++i) text += QString(2 * i, QLatin1Char(' ')) + QStringLiteral("- a\n");
      return text;
    }();
    QTest::newRow("wide table") << repeated("|a", 5000) + "\n" + repeated("|-", 5000) + "\n" + repeated("|\n", 5000);
    QTest::newRow("narrow lines under a wide table")
        << repeated("|a", 60) + "\n" + repeated("|-", 60) + "\n" + repeated("|b\n", 30000);
    QTest::newRow("reference bomb") << "[a]: http://e.example/" + repeated("x", 5000) + "\n\n" + repeated("[a]", 20000);
    QTest::newRow("zeros") << QString(n, QChar(0));
    QTest::newRow("lone surrogates") << QString(n, QChar(0xd800));
  }
  void hostileTextEndsSoon() {
    QFETCH(QString, text);
    QElapsedTimer timer;
    timer.start();
    const auto blocks = BlockSplitter::split(text);
    const qint64 took = timer.elapsed();
    qsizetype output = 0;
    for (const Block& block : blocks)
      output += block.rich.size() + block.code.size() + block.cells.join(QString()).size();
    QVERIFY2(output <= 20 * text.toUtf8().size() + 10000, qPrintable(QString::number(output)));
    QVERIFY2(took < 3000, qPrintable(QStringLiteral("%1 ms for %2 characters").arg(took).arg(text.size())));
  }

  void deepNestingBecomesPlainText() {
    const auto blocks = BlockSplitter::split(repeated("> ", 200) + QStringLiteral("deep"));
    QCOMPARE(blocks.size(), 1);
    QCOMPARE(blocks[0].kind, BlockKind::Text);
    QVERIFY(blocks[0].plain.endsWith(QStringLiteral("deep")));
  }

  void findsTheTokensOfCode() {
    const auto tokens =
        highlightCode(QStringLiteral("int x = 42; // \"no string\"\n\"a \\\" b\""), QStringLiteral("cpp"));
    QCOMPARE(tokens, QList<CodeToken>({{TokenClass::Keyword, 0, 3},
                                       {TokenClass::Number, 8, 2},
                                       {TokenClass::Comment, 12, 14},
                                       {TokenClass::String, 27, 8}}));
  }

  void openStringEndsWithItsLine() {
    const auto tokens = highlightCode(QStringLiteral("x = \"open\nreturn"), QStringLiteral("python"));
    QCOMPARE(tokens, QList<CodeToken>({{TokenClass::String, 4, 5}, {TokenClass::Keyword, 10, 6}}));
  }

  void openCommentAndEscapeEndWithTheCode() {
    QCOMPARE(highlightCode(QStringLiteral("a /* b"), QStringLiteral("c")),
             QList<CodeToken>({{TokenClass::Comment, 2, 4}}));
    QCOMPARE(highlightCode(QStringLiteral("\"\\"), QStringLiteral("c")),
             QList<CodeToken>({{TokenClass::String, 0, 2}}));
  }
};

QTEST_GUILESS_MAIN(BlockSplitterTest)
#include "block_splitter_test.moc"
