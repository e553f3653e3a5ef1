#include "app/history/history_file.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>
#include <thread>

#include "app/history/history_store.h"
#include "app/history/schema.h"

using namespace app;

namespace {

/// The error of a call that must fail.
HistoryError errorOf(const std::function<void()>& call) {
  try {
    call();
  } catch (const HistoryError& error) {
    return error;
  }
  qFatal("no error where one was expected");
}

QByteArray contentOf(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) {
    qFatal("%s cannot be read", qPrintable(path));
  }
  return file.readAll();
}

void write(const QString& path, const QByteArray& bytes) {
  QFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size()) {
    qFatal("%s cannot be written", qPrintable(path));
  }
}

QString column(Connection& connection, const char* sql) {
  Statement rows(connection, sql);
  QString all;
  while (rows.step()) {
    all += rows.text(0) + u'\n';
  }
  return all;
}

/// A history with `turns` finished turns.
void fill(const QString& path, int turns) {
  HistoryStore store(path);
  const qint64 chat = store.createConversation(QStringLiteral("Chat")).id;
  qint64 leaf = 0;
  for (int i = 0; i < turns; ++i) {
    leaf = store.appendTurn(chat, leaf, QStringLiteral("question %1").arg(i), {}).replyId;
    store.finishReply(leaf, {.text = QStringLiteral("the answer to it").repeated(20)});
  }
}

void verifyFreshWithTheOldKept(const QString& path, const QByteArray& old) {
  HistoryStore store(path);
  QVERIFY(store.conversations().isEmpty());
  const OpenReport report = store.report();
  QVERIFY2(QRegularExpression(QStringLiteral("/history\\.db\\.damaged-\\d{8}-\\d{6}$"))
               .match(report.movedAsidePath)
               .hasMatch(),
           qPrintable(report.movedAsidePath));
  QVERIFY(report.notice.contains(report.movedAsidePath));
  QCOMPARE(contentOf(report.movedAsidePath), old);
  store.createConversation();
}

// Every connection made while it lives may have so many pages: a disk that is full after them.
int allowedPages = 0;
int limitPages(sqlite3* db, const char**, const void*) {
  const QByteArray sql = "PRAGMA max_page_count=" + QByteArray::number(allowedPages);
  return sqlite3_exec(db, sql.constData(), nullptr, nullptr, nullptr);
}

class FullDisk {
 public:
  explicit FullDisk(int pages) {
    allowedPages = pages;
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(limitPages));
  }
  ~FullDisk() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(limitPages)); }
};

/// A folder that this process cannot write into, also when it runs as root (who may write anywhere): other rights
/// until the end of the scope.
class ReadOnlyFolder {
 public:
  explicit ReadOnlyFolder(const QString& path) : path_(path.toUtf8()) {
    chmod(path_.constData(), 0555);
    if (geteuid() == 0) {
      wasRoot_ = seteuid(65534) == 0;
    }
  }
  ~ReadOnlyFolder() {
    if (wasRoot_ && seteuid(0) != 0) {
      qFatal("the rights did not come back");
    }
    chmod(path_.constData(), 0755);
  }

 private:
  QByteArray path_;
  bool wasRoot_ = false;
};

}  // namespace

/// The file itself: schema and migrations, damage, a full disk, a read-only place, other processes.
class HistoryFileTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  QString path_;

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    path_ = folder_->filePath(QStringLiteral("history.db"));
  }

  void oldestSchemaMigratesToWhatAFreshFileHas() {
    {
      Connection old(path_);
      old.setUpForWriting();
      migrate(old, migrations().front().version);
      old.exec(
          "INSERT INTO conversations(id, title, created, updated) VALUES (5, 'Old title', 1000, 2000);"
          "INSERT INTO messages(id, conversation_id, role, text, status, created)"
          " VALUES (7, 5, 1, 'an old question', 0, 1500);"
          "INSERT INTO messages(id, conversation_id, parent_id, role, text, status, created)"
          " VALUES (8, 5, 7, 2, 'an old ans', 1, 1600);"
          "UPDATE conversations SET current_leaf = 8;");
      QCOMPARE(old.number("PRAGMA user_version"), 1);
    }
    {
      HistoryStore store(path_);
      QCOMPARE(store.report(), OpenReport());
      QCOMPARE(store.currentPath(5).size(), 2);
      QCOMPARE(store.message(8).status, MessageStatus::Interrupted);
      QCOMPARE(store.search(QStringLiteral("old")).size(), 3);  // the title too
      QCOMPARE(store.search(QStringLiteral("q")).value(0).messageId, 7);
      QCOMPARE(store.conversation(5).created, QDateTime::fromMSecsSinceEpoch(1000, Qt::UTC));
    }
    Connection migrated(path_);
    const std::unique_ptr<Connection> fresh = openHistoryInMemory();
    const char* const schema = "SELECT type || name || coalesce(sql, '') FROM sqlite_schema ORDER BY name";
    QCOMPARE(column(migrated, schema), column(*fresh, schema));
    for (const char* pragma : {"PRAGMA user_version", "PRAGMA application_id"}) {
      QCOMPARE(migrated.number(pragma), fresh->number(pragma));
    }
  }

  void migrationsCountUpwards() {
    int last = 0;
    for (const Migration& migration : migrations()) {
      QCOMPARE(migration.version, ++last);
    }
  }

  void fileOfANewerSottoIsRefusedAndLeftAsItIs() {
    fill(path_, 2);
    {
      Connection connection(path_);
      connection.exec("PRAGMA user_version=999");
    }
    const QByteArray before = contentOf(path_);
    const HistoryError error = errorOf([&] { HistoryStore store(path_); });
    QCOMPARE(error.code(), HistoryErrorCode::TooNew);
    QVERIFY2(error.sentence().contains(path_) && error.sentence().contains(QStringLiteral("999")),
             qPrintable(error.sentence()));
    QCOMPARE(contentOf(path_), before);
    QCOMPARE(QDir(folder_->path()).entryList(QDir::Files), QStringList({QStringLiteral("history.db")}));
  }

  void writesAreDurableAndKeysAreEnforced() {
    HistoryStore store(path_);
    const OpenedHistory other = openHistoryFile(path_);
    QCOMPARE(column(*other.connection, "PRAGMA journal_mode"), QStringLiteral("wal\n"));
    QCOMPARE(other.connection->number("PRAGMA synchronous"), 2);  // FULL
    QCOMPARE(other.connection->number("PRAGMA foreign_keys"), 1);
    QCOMPARE(errorOf([&] {
               other.connection->exec(
                   "INSERT INTO messages(conversation_id, role, text, status, created)"
                   " VALUES (99, 1, '', 0, 0)");
             }).code(),
             HistoryErrorCode::Failed);
  }

  void filesBelongToThisPersonOnly() {
    const QString deep = folder_->filePath(QStringLiteral("new/folder/history.db"));
    HistoryStore store(deep);
    store.createConversation();
    const auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther;
    for (const QString& file : {deep, deep + QStringLiteral("-wal"), QFileInfo(deep).path()}) {
      QVERIFY2(!(QFile::permissions(file) & others), qPrintable(file));
    }
  }

  void garbageIsMovedAsideAndNamed_data() {
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("text") << QByteArray("this is not a database, only a text of some length").repeated(100);
    QTest::newRow("short") << QByteArray("hello");
    QTest::newRow("zeros") << QByteArray(8192, '\0');
    QTest::newRow("only the magic") << QByteArray("SQLite format 3\0", 16);
    QTest::newRow("magic and garbage") << QByteArray("SQLite format 3\0", 16) + QByteArray(8192, '\x5a');
  }
  void garbageIsMovedAsideAndNamed() {
    QFETCH(QByteArray, content);
    write(path_, content);
    verifyFreshWithTheOldKept(path_, content);
  }

  void damagedPagesAreMovedAsideWithTheLog() {
    fill(path_, 50);
    QByteArray content = contentOf(path_);
    QVERIFY(content.size() > 10 * 4096);
    for (qsizetype page = 1; page * 4096 < content.size(); page += 2) {
      content.replace(page * 4096, 100, QByteArray(100, '\xff'));
    }
    write(path_, content);
    write(path_ + QStringLiteral("-wal"), "what was in the log");
    verifyFreshWithTheOldKept(path_, content);
    QCOMPARE(QDir(folder_->path()).entryList({QStringLiteral("history.db.damaged-*-wal")}).size(), 1);
  }

  // A page in the middle of the messages, which nothing reads at the start.
  void onePageDamagedIsFoundAtTheStart() {
    fill(path_, 50);
    QByteArray content = contentOf(path_);
    const qsizetype page = content.indexOf("question 25") / 4096;
    QVERIFY(page > 1);
    content.replace(page * 4096, 8, QByteArray(8, '\x55'));
    write(path_, content);
    verifyFreshWithTheOldKept(path_, content);
  }

  void truncatedFileIsMovedAside() {
    fill(path_, 50);
    const QByteArray content = contentOf(path_);
    const QByteArray half = content.left(content.size() / 2);
    write(path_, half);
    verifyFreshWithTheOldKept(path_, half);
  }

  void databaseOfAnotherProgramIsMovedAside() {
    {
      Connection other(path_);
      other.exec("CREATE TABLE bookmarks(url TEXT); INSERT INTO bookmarks VALUES ('x')");
    }
    verifyFreshWithTheOldKept(path_, contentOf(path_));
  }

  void twoDamagedFilesInOneSecondAreBothKept() {
    for (int i = 0; i < 2; ++i) {
      write(path_, "garbage " + QByteArray::number(i));
      HistoryStore store(path_);
      QVERIFY(!store.report().movedAsidePath.isEmpty());
    }
    QCOMPARE(QDir(folder_->path()).entryList({QStringLiteral("*.damaged-*")}).size(), 2);
  }

  // What the log held beyond the cut was never promised; what the file holds is.
  void truncatedLogLosesOnlyWhatWasCut() {
    fill(path_, 3);
    const QString copy = folder_->filePath(QStringLiteral("copy.db"));
    {
      HistoryStore store(path_);
      store.createConversation(QStringLiteral("in the log, first"));
      const qint64 firstCommit = QFileInfo(path_ + QStringLiteral("-wal")).size();
      store.createConversation(QStringLiteral("in the log, second"));
      QVERIFY(QFile::copy(path_, copy));  // as a crash would leave them
      QByteArray log = contentOf(path_ + QStringLiteral("-wal"));
      QVERIFY(firstCommit > 0 && firstCommit < log.size());
      write(copy + QStringLiteral("-wal"), log.left(firstCommit + 1000));
    }
    HistoryStore store(copy);
    QCOMPARE(store.report(), OpenReport());
    QCOMPARE(store.conversations().size(), 2);
    QCOMPARE(store.conversations()[0].title, QStringLiteral("in the log, first"));
  }

  void damagedSearchIndexIsBuiltAgain() {
    fill(path_, 5);
    {
      Connection connection(path_);
      sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_DEFENSIVE, 0, nullptr);
      connection.exec(
          "UPDATE message_trigrams_data SET block = x'00ff00ff00ff' WHERE id > 10;"
          "UPDATE message_grams_data SET block = x'00ff00ff00ff' WHERE id > 10");
    }
    HistoryStore store(path_);
    QCOMPARE(store.report(), OpenReport());
    QCOMPARE(store.search(QStringLiteral("question")).size(), 5);
    QCOMPARE(store.search(QStringLiteral("q")).size(), 5);
  }

  void fullDiskKeepsWhatWasSaved() {
    fill(path_, 3);
    const int pages = static_cast<int>(QFileInfo(path_).size() / 4096);
    const FullDisk disk(pages + 2);
    HistoryStore store(path_);
    const qint64 chat = store.conversations()[0].id;
    const QList<Message> before = store.currentPath(chat);
    const QString big = QStringLiteral("0123456789").repeated(100000);
    const HistoryError error = errorOf([&] { store.appendTurn(chat, before.last().id, big, {}); });
    QCOMPARE(error.code(), HistoryErrorCode::DiskFull);
    QVERIFY2(error.sentence().startsWith(QStringLiteral("Saving the message")) && error.sentence().contains(path_),
             qPrintable(error.sentence()));
    QCOMPARE(store.currentPath(chat), before);
    QCOMPARE(errorOf([&] { store.setDraft(chat, big); }).code(), HistoryErrorCode::DiskFull);
    store.setDraft(chat, QStringLiteral("small"));  // goes on as soon as there is room
    QCOMPARE(store.conversation(chat).draft, QStringLiteral("small"));
  }

  void fullDiskAtTheFirstStartIsSaid() {
    const FullDisk disk(3);
    const HistoryError error = errorOf([&] { HistoryStore store(path_); });
    QCOMPARE(error.code(), HistoryErrorCode::DiskFull);
    QVERIFY(error.sentence().contains(path_));
  }

  void readOnlyFolderIsSaidAndNothingIsTouched() {
    fill(path_, 1);
    chmod(qPrintable(path_), 0444);
    const QByteArray before = contentOf(path_);
    {
      const ReadOnlyFolder folder(folder_->path());
      const HistoryError error = errorOf([&] { HistoryStore store(path_); });
      QCOMPARE(error.code(), HistoryErrorCode::ReadOnly);
      QVERIFY2(error.sentence().contains(path_), qPrintable(error.sentence()));
      const QString missing = folder_->filePath(QStringLiteral("none.db"));
      QCOMPARE(errorOf([&] { HistoryStore store(missing); }).code(), HistoryErrorCode::ReadOnly);
      const QString below = folder_->filePath(QStringLiteral("sub/none.db"));
      QCOMPARE(errorOf([&] { HistoryStore store(below); }).code(), HistoryErrorCode::ReadOnly);
    }
    QCOMPARE(contentOf(path_), before);
    QCOMPARE(QDir(folder_->path()).entryList(QDir::Files), QStringList({QStringLiteral("history.db")}));
  }

  void damagedFileInAReadOnlyFolderStaysWhereItIs() {
    write(path_, "garbage in a folder that cannot be written");
    {
      const ReadOnlyFolder folder(folder_->path());
      const HistoryError error = errorOf([&] { HistoryStore store(path_); });
      QVERIFY2(error.sentence().contains(path_), qPrintable(error.sentence()));
    }
    QCOMPARE(contentOf(path_), QByteArray("garbage in a folder that cannot be written"));
  }

  void placesThatCannotHoldAFileAreRefused() {
    write(path_, "");
    QVERIFY(errorOf([&] { HistoryStore store(path_ + QStringLiteral("/history.db")); }).sentence().contains(path_));
    QCOMPARE(errorOf([&] { HistoryStore store(folder_->path()); }).code(), HistoryErrorCode::CannotOpen);
  }

  void emptyFileIsAFreshHistory() {
    write(path_, "");
    HistoryStore store(path_);
    QCOMPARE(store.report(), OpenReport());
    QVERIFY(store.conversations().isEmpty());
  }

  void twoWritersTakeTurns() {
    HistoryStore(path_).createConversation(QStringLiteral("both"));
    const auto writeTurns = [this] {
      HistoryStore store(path_);
      for (int i = 0; i < 50; ++i) {
        store.appendTurn(1, 0, QStringLiteral("turn"), {});
      }
    };
    std::thread other(writeTurns);
    writeTurns();
    other.join();
    HistoryStore store(path_);
    QCOMPARE(store.search(QStringLiteral("turn"), 1000).size(), 100);
    Connection connection(path_);
    QCOMPARE(column(connection, "PRAGMA integrity_check"), QStringLiteral("ok\n"));
  }

  void fileLockedByAnotherProgramIsSaid() {
    HistoryStore store(path_);
    Connection other(path_);
    sqlite3_busy_timeout(other.handle(), 0);
    other.exec("BEGIN EXCLUSIVE");
    Connection waiting(path_);
    sqlite3_busy_timeout(waiting.handle(), 10);
    const HistoryError error = errorOf([&] { Transaction transaction(waiting); });
    QCOMPARE(error.code(), HistoryErrorCode::Failed);
    QVERIFY(error.sentence().contains(QStringLiteral("another program")));
  }
};

QTEST_GUILESS_MAIN(HistoryFileTest)
#include "history_file_test.moc"
