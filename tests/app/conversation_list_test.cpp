#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

#include "app/chat/conversation_list_model.h"
#include "app/history/history.h"

using namespace app;

namespace {

QVariant at(const QAbstractItemModel& model, int row, int role) {
  return model.data(model.index(row, 0), role);
}

}  // namespace

class ConversationListTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<History> history_;
  std::unique_ptr<ConversationListModel> model_;
  std::unique_ptr<QAbstractItemModelTester> tester_;

  qint64 make(const QString& title) { return history_->createConversation(title).result().id; }

  QStringList titles() const {
    QStringList all;
    for (int row = 0; row < model_->count(); ++row)
      all << at(*model_, row, ConversationListModel::TitleRole).toString();
    return all;
  }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    history_ = std::make_unique<History>(folder_->filePath(QStringLiteral("history.db")));
    model_ = std::make_unique<ConversationListModel>(*history_);
    tester_ = std::make_unique<QAbstractItemModelTester>(model_.get());
  }
  void cleanup() {
    tester_.reset();
    model_.reset();
    history_.reset();
    folder_.reset();
  }

  void showsTheNewestFirstAndPinnedOnesBefore() {
    const qint64 first = make(QStringLiteral("first"));
    QTest::qWait(5);  // times have milliseconds
    make(QStringLiteral("second"));
    model_->refresh();
    QTRY_COMPARE(titles(), QStringList({"second", "first"}));
    QCOMPARE(at(*model_, 0, ConversationListModel::SectionRole).toString(), QStringLiteral("Today"));

    model_->setPinned(first, true);
    QTRY_COMPARE(titles(), QStringList({"first", "second"}));
    QCOMPARE(at(*model_, 0, ConversationListModel::SectionRole).toString(), QStringLiteral("Pinned"));
    QVERIFY(at(*model_, 0, ConversationListModel::PinnedRole).toBool());
  }

  void rowThatComesToTheTopIsMoved() {
    const qint64 first = make(QStringLiteral("first"));
    QTest::qWait(5);
    make(QStringLiteral("second"));
    model_->refresh();
    QTRY_COMPARE(model_->count(), 2);
    QSignalSpy moved(model_.get(), &QAbstractItemModel::rowsMoved);
    QSignalSpy reset(model_.get(), &QAbstractItemModel::modelReset);
    QSignalSpy inserted(model_.get(), &QAbstractItemModel::rowsInserted);
    QTest::qWait(5);
    history_->appendTurn(first, 0, QStringLiteral("hello"), {}).waitForFinished();
    model_->refresh();
    QTRY_COMPARE(titles(), QStringList({"first", "second"}));
    QCOMPARE(moved.count(), 1);
    QCOMPARE(inserted.count(), 0);
    QCOMPARE(reset.count(), 0);
  }

  void searchFindsMessagesAndMarksThem() {
    const qint64 id = make(QStringLiteral("cooking"));
    const Turn turn = history_->appendTurn(id, 0, QStringLiteral("how <long> do I boil 鸡蛋 eggs"), {}).result();
    make(QStringLiteral("other"));
    model_->refresh();
    QTRY_COMPARE(model_->count(), 2);

    QSignalSpy searching(model_.get(), &ConversationListModel::searchingChanged);
    model_->setQuery(QStringLiteral("鸡"));
    QVERIFY(model_->searching());
    QCOMPARE(searching.count(), 1);
    QTRY_COMPARE(model_->count(), 1);
    QCOMPARE(at(*model_, 0, ConversationListModel::ConversationIdRole).toLongLong(), id);
    QCOMPARE(at(*model_, 0, ConversationListModel::HitMessageIdRole).toLongLong(), turn.userMessageId);
    const QString snippet = at(*model_, 0, ConversationListModel::SnippetRole).toString();
    QVERIFY2(snippet.contains(QStringLiteral("<b>鸡</b>蛋")), qPrintable(snippet));
    QVERIFY2(snippet.contains(QStringLiteral("&lt;long&gt;")), qPrintable(snippet));

    model_->setQuery(QStringLiteral("no such words"));
    QTRY_COMPARE(model_->count(), 0);
    model_->setQuery({});
    QTRY_COMPARE(model_->count(), 2);
    QVERIFY(!model_->searching());
  }

  void removedConversationComesBackByUndo() {
    const qint64 id = make(QStringLiteral("kept"));
    model_->refresh();
    QTRY_COMPARE(model_->count(), 1);
    model_->setActive(id);
    QSignalSpy removed(model_.get(), &ConversationListModel::removed);
    QSignalSpy opened(model_.get(), &ConversationListModel::openRequested);
    model_->remove(id);
    QTRY_COMPARE(model_->count(), 0);
    QCOMPARE(removed.count(), 1);
    QCOMPARE(removed[0][0].toLongLong(), id);
    QCOMPARE(model_->undoTitle(), QStringLiteral("kept"));

    model_->undoRemove();
    QVERIFY(model_->undoTitle().isEmpty());
    QTRY_COMPARE(titles(), QStringList({"kept"}));
    QCOMPARE(opened.count(), 1);
    QCOMPARE(opened[0][0].toLongLong(), id);
  }

  void removalStandsOnceUndoIsDismissed() {
    const qint64 id = make(QStringLiteral("gone"));
    model_->refresh();
    QTRY_COMPARE(model_->count(), 1);
    model_->remove(id);
    QTRY_COMPARE(model_->undoTitle(), QStringLiteral("gone"));
    model_->dismissUndo();
    model_->undoRemove();
    QTRY_COMPARE(model_->count(), 0);
    QVERIFY(history_->conversations().result().isEmpty());
  }

  void renamesAndTells() {
    const qint64 id = make(QStringLiteral("old"));
    model_->refresh();
    QTRY_COMPARE(model_->count(), 1);
    QSignalSpy renamed(model_.get(), &ConversationListModel::renamed);
    model_->rename(id, QStringLiteral("  new\n name "));
    QTRY_COMPARE(titles(), QStringList({"new name"}));
    QCOMPARE(renamed.count(), 1);
    model_->rename(id, QStringLiteral("   "));
    QTest::qWait(50);
    QCOMPARE(titles(), QStringList({"new name"}));
  }

  void nextAndPreviousGoRound() {
    QList<qint64> ids;
    for (const char* title : {"c", "b", "a"}) {
      ids.prepend(make(QString::fromLatin1(title)));
      QTest::qWait(5);
    }
    model_->refresh();
    QTRY_COMPARE(titles(), QStringList({"a", "b", "c"}));
    QSignalSpy opened(model_.get(), &ConversationListModel::openRequested);
    model_->next();
    QCOMPARE(opened.takeFirst()[0].toLongLong(), ids[0]);
    model_->setActive(ids[2]);
    QVERIFY(at(*model_, 2, ConversationListModel::ActiveRole).toBool());
    model_->next();
    QCOMPARE(opened.takeFirst()[0].toLongLong(), ids[0]);
    model_->setActive(ids[0]);
    model_->previous();
    QCOMPARE(opened.takeFirst()[0].toLongLong(), ids[2]);
  }

  void historyThatCannotBeReadIsReported() {
    ConversationListModel* model = nullptr;
    History broken(QStringLiteral("/proc/no-such-folder/history.db"));
    ConversationListModel list(broken);
    model = &list;
    QSignalSpy failed(model, &ConversationListModel::failed);
    model->refresh();
    QTRY_COMPARE(failed.count(), 1);
    QVERIFY(!failed[0][1].toString().isEmpty());
  }
};

QTEST_GUILESS_MAIN(ConversationListTest)
#include "conversation_list_test.moc"
