#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTextDocument>
#include <QtTest>

#include "app/chat/message_list_model.h"

using namespace app;

namespace {

Message message(qint64 id, MessageRole role, const QString& text) {
  Message made;
  made.id = id;
  made.role = role;
  made.text = text;
  return made;
}

QVariant at(const QAbstractItemModel& model, int row, int role) {
  return model.data(model.index(row, 0), role);
}

}  // namespace

class MessageListTest : public QObject {
  Q_OBJECT

 private slots:
  void showsAPath() {
    MessageListModel model;
    QAbstractItemModelTester tester(&model);
    QSignalSpy counts(&model, &MessageListModel::countChanged);
    Message reply = message(2, MessageRole::Assistant, QStringLiteral("**Hi**"));
    reply.siblingIndex = 1;
    reply.siblingCount = 3;
    reply.status = MessageStatus::Cancelled;
    model.setPath({message(1, MessageRole::User, QStringLiteral("Hello")), reply});
    QCOMPARE(model.count(), 2);
    QCOMPARE(counts.count(), 1);
    QCOMPARE(at(model, 0, MessageListModel::RoleRole).toString(), QStringLiteral("user"));
    QCOMPARE(at(model, 0, MessageListModel::StatusRole).toString(), QStringLiteral("complete"));
    QCOMPARE(at(model, 0, MessageListModel::StatusTextRole).toString(), QString());
    QCOMPARE(at(model, 1, MessageListModel::RoleRole).toString(), QStringLiteral("assistant"));
    QCOMPARE(at(model, 1, MessageListModel::StatusRole).toString(), QStringLiteral("cancelled"));
    QVERIFY(!at(model, 1, MessageListModel::StatusTextRole).toString().isEmpty());
    QCOMPARE(at(model, 1, MessageListModel::VersionIndexRole).toInt(), 2);
    QCOMPARE(at(model, 1, MessageListModel::VersionCountRole).toInt(), 3);
    QCOMPARE(at(model, 1, MessageListModel::PlainTextRole).toString(), QStringLiteral("Hi"));
  }

  void anotherPathKeepsTheRowsInCommon() {
    MessageListModel model;
    QAbstractItemModelTester tester(&model);
    model.setPath({message(1, MessageRole::User, "a"), message(2, MessageRole::Assistant, "b"),
                   message(3, MessageRole::User, "c")});
    QSignalSpy removed(&model, &QAbstractItemModel::rowsRemoved);
    QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
    model.setPath({message(1, MessageRole::User, "a"), message(5, MessageRole::Assistant, "d")});
    QCOMPARE(removed.count(), 1);
    QCOMPARE(removed[0][1].toInt(), 1);
    QCOMPARE(removed[0][2].toInt(), 2);
    QCOMPARE(inserted.count(), 1);
    QCOMPARE(inserted[0][1].toInt(), 1);
    QCOMPARE(model.rowOf(5), 1);
    QCOMPARE(model.rowOf(3), -1);
  }

  void hidesTheOneSpaceThatBelongsToTheTokens() {
    MessageListModel model;
    model.setPath({message(1, MessageRole::User, " kept"), message(2, MessageRole::Assistant, "  two")});
    QCOMPARE(at(model, 0, MessageListModel::TextRole).toString(), QStringLiteral(" kept"));
    QCOMPARE(at(model, 1, MessageListModel::TextRole).toString(), QStringLiteral(" two"));
    QCOMPARE(model.messageAt(1).text, QStringLiteral("  two"));

    model.append(message(3, MessageRole::Assistant, {}), RowStatus::Waiting);
    auto* blocks = at(model, 2, MessageListModel::BlocksRole).value<BlockListModel*>();
    model.appendText(2, QStringLiteral(" Hi"));
    model.appendText(2, QStringLiteral(" you"));
    QCOMPARE(at(model, 2, MessageListModel::TextRole).toString(), QStringLiteral("Hi you"));
    QCOMPARE(at(*blocks, 0, BlockListModel::PlainRole).toString(), QStringLiteral("Hi you"));
    QCOMPARE(model.path()[2].text, QStringLiteral(" Hi you"));
  }

  void streamedTextTouchesTheLastBlocksOnly() {
    MessageListModel model;
    model.append(message(1, MessageRole::Assistant, {}), RowStatus::Waiting);
    auto* blocks = at(model, 0, MessageListModel::BlocksRole).value<BlockListModel*>();
    QAbstractItemModelTester tester(blocks);
    model.appendText(0, QStringLiteral("first\n\nsecond\n\n- item one\n"));
    QCOMPARE(blocks->rowCount(), 3);

    QSignalSpy changed(blocks, &QAbstractItemModel::dataChanged);
    QSignalSpy inserted(blocks, &QAbstractItemModel::rowsInserted);
    QSignalSpy removed(blocks, &QAbstractItemModel::rowsRemoved);
    model.appendText(0, QStringLiteral("- item tw"));
    model.appendText(0, QStringLiteral("o\n"));
    QCOMPARE(removed.count(), 0);
    QCOMPARE(inserted.count(), 1);
    for (const auto& change : changed) QVERIFY(change[0].toModelIndex().row() >= 2);
    QCOMPARE(blocks->rowCount(), 4);
    QCOMPARE(at(*blocks, 3, BlockListModel::PlainRole).toString(), QStringLiteral("item two"));
    QVERIFY(at(*blocks, 3, BlockListModel::OpenRole).toBool());
    QVERIFY(!at(*blocks, 2, BlockListModel::OpenRole).toBool());

    Message ended = model.messageAt(0);
    model.setMessage(0, ended, RowStatus::Complete);
    QVERIFY(!at(*blocks, 3, BlockListModel::OpenRole).toBool());
    QCOMPARE(removed.count(), 0);
    QCOMPARE(inserted.count(), 1);
  }

  void blockThatChangesItsKindIsARowAnew() {
    BlockListModel blocks;
    QAbstractItemModelTester tester(&blocks);
    blocks.setText(QStringLiteral("| a | b |"), true);
    QCOMPARE(at(blocks, 0, BlockListModel::KindRole).toString(), QStringLiteral("text"));
    QSignalSpy removed(&blocks, &QAbstractItemModel::rowsRemoved);
    blocks.append(QStringLiteral("\n|---|---|"));
    QCOMPARE(removed.count(), 1);
    QCOMPARE(at(blocks, 0, BlockListModel::KindRole).toString(), QStringLiteral("table"));
    QCOMPARE(at(blocks, 0, BlockListModel::ColumnsRole).toInt(), 2);
  }

  void highlightedCodeReadsAsTheCode() {
    const QString code = QStringLiteral("if (a < b)  // two  spaces\n\treturn \"&amp;\";\n\n    x = 1;");
    BlockListModel blocks;
    blocks.setCodePalette({{"keyword", "#0000ff"}, {"string", "#008000"}, {"comment", "gray"}, {"number", "red"}});
    blocks.setText(QStringLiteral("```cpp\n") + code + QStringLiteral("\n```\n"), false);
    const QString rich = at(blocks, 0, BlockListModel::HighlightedRole).toString();
    QTextDocument document;
    document.setHtml(rich);
    QCOMPARE(document.toPlainText(), code);
    QVERIFY(rich.contains(QStringLiteral("<span style=\"color:#0000ff\">if</span>")));
    QVERIFY(rich.contains(QStringLiteral("<span style=\"color:gray\">// two  spaces</span>")));
  }

  void rowsLetGoOfTheirBlocksLater() {
    MessageListModel model;
    model.setPath({message(1, MessageRole::User, "a")});
    QPointer<BlockListModel> blocks = at(model, 0, MessageListModel::BlocksRole).value<BlockListModel*>();
    model.truncate(0);
    QVERIFY(blocks);  // a delegate may still read it in this turn of the event loop
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    QVERIFY(!blocks);
  }
};

QTEST_MAIN(MessageListTest)
#include "message_list_test.moc"
