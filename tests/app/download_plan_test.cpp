#include "app/downloads/download_plan.h"

#include <QSignalSpy>

#include "app/downloads/part_journal.h"
#include "app/downloads/safe_path.h"
#include "app/downloads/speed_limit.h"
#include "app/network/http_get.h"
#include "tests/app/download_fixture.h"

using namespace app;
using namespace tests;

class DownloadPlanTest : public QObject {
  Q_OBJECT

  static DownloadPlan plan(const QStringList& paths) {
    QList<ServedFile> files;
    for (const QString& path : paths) files.append({path, QByteArray("x")});
    return planFor(files, [](const QString&) { return QUrl(QStringLiteral("https://hub.example/file")); });
  }
  static QString problemOf(const QStringList& paths) {
    QString problem;
    checkedPlan(plan(paths), problem);
    return problem;
  }

 private slots:
  void namesOfHubsAreKept_data() {
    QTest::addColumn<QString>("path");
    for (const char* path :
         {"model-00001-of-00009.safetensors", "sub/dir/ERNIE-4.5_Q4_K_M.gguf", "模型/文件.gguf", "a"}) {
      QTest::newRow(path) << QString::fromUtf8(path);
    }
  }
  void namesOfHubsAreKept() {
    QFETCH(QString, path);
    QCOMPARE(safePath(path).value_or(QString()), path);
  }

  void oddLettersBecomeUnderscores() {
    QCOMPARE(safePath(QStringLiteral("a b (1)&é.gguf")).value_or(QString()), QStringLiteral("a_b__1___.gguf"));
    QCOMPARE(safePath(QStringLiteral("a\u202Egg.fug")).value_or(QString()), QStringLiteral("a_gg.fug"));
  }

  void namesThatLeadElsewhereAreRefused_data() {
    QTest::addColumn<QString>("path");
    const QStringList paths = {QString(),
                               QStringLiteral("../x"),
                               QStringLiteral("a/../../x"),
                               QStringLiteral("a/./x"),
                               QStringLiteral("/etc/passwd"),
                               QStringLiteral("a//b"),
                               QStringLiteral("a/"),
                               QStringLiteral("..\\x"),
                               QStringLiteral("C:\\x"),
                               QStringLiteral("c:x"),
                               QStringLiteral(".hidden"),
                               QStringLiteral("a/.git/config"),
                               QStringLiteral("trailing."),
                               QStringLiteral("CON"),
                               QStringLiteral("nul.txt"),
                               QStringLiteral("a/COM1.gguf"),
                               QStringLiteral("line\nbreak"),
                               QStringLiteral("zero") + QChar(0) + QStringLiteral("x"),
                               QString(10000, u'a'),
                               QString(129, u'a'),
                               QStringLiteral("a/b/c/d/e/f/g"),
                               QString(60, QChar(0x6A21))};
    for (const QString& path : paths) QTest::newRow(qPrintable(path.left(40))) << path;
  }
  void namesThatLeadElsewhereAreRefused() {
    QFETCH(QString, path);
    QVERIFY(!safePath(path));
    QVERIFY(!problemOf({path}).isEmpty());
    QString problem;
    DownloadPlan named = plan({QStringLiteral("a")});
    named.name = path.contains(u'/') ? path : path + u'/';
    checkedPlan(named, problem);
    QVERIFY(!problem.isEmpty());
  }

  void filesThatWouldBecomeOneAreRefused() {
    QVERIFY(problemOf({QStringLiteral("a"), QStringLiteral("b")}).isEmpty());
    QVERIFY(!problemOf({QStringLiteral("a"), QStringLiteral("a")}).isEmpty());
    QVERIFY(!problemOf({QStringLiteral("Model.gguf"), QStringLiteral("model.GGUF")}).isEmpty());
    QVERIFY(!problemOf({QStringLiteral("a b"), QStringLiteral("a&b")}).isEmpty());
    QVERIFY(!problemOf({QStringLiteral("a"), QStringLiteral("A/b")}).isEmpty());
    // A letter with its accent composed and apart.
    QVERIFY(!problemOf({QStringLiteral("\u304C"), QStringLiteral("\u304B\u3099")}).isEmpty());
  }

  void sizesHashesAndAddressesMustBeSome() {
    const auto problemWith = [](const std::function<void(DownloadFile&)>& change) {
      DownloadPlan changed = plan({QStringLiteral("a")});
      change(changed.files[0]);
      QString problem;
      checkedPlan(changed, problem);
      return problem;
    };
    QVERIFY(problemWith([](DownloadFile& file) { file.sha256 = QByteArray(64, 'A'); }).isEmpty());
    QVERIFY(!problemWith([](DownloadFile& file) { file.sha256 = "abc"; }).isEmpty());
    QVERIFY(!problemWith([](DownloadFile& file) { file.gitSha1 = QByteArray(40, 'g'); }).isEmpty());
    QVERIFY(!problemWith([](DownloadFile& file) { file.size = -7; }).isEmpty());
    QVERIFY(!problemWith([](DownloadFile& file) { file.size = kLargestDownloadFile + 1; }).isEmpty());
    QVERIFY(!problemWith([](DownloadFile& file) { file.url = QUrl(QStringLiteral("file:///etc/passwd")); }).isEmpty());
    DownloadPlan elsewhere = plan({QStringLiteral("a"), QStringLiteral("b")});
    elsewhere.files[1].url = QUrl(QStringLiteral("https://evil.example/b"));
    QString problem;
    checkedPlan(elsewhere, problem);
    QVERIFY(!problem.isEmpty());
  }

  void planIsReadAsItWasWrittenWithoutItsSecrets() {
    DownloadPlan written = plan({QStringLiteral("a"), QStringLiteral("b/c")});
    written.token = "hf_secret";
    written.files[0].size = -1;
    written.files[0].url = QUrl(QStringLiteral("https://user:pass@hub.example/a?x=1%202#part"));
    const QByteArray json = writePlan(written);
    QVERIFY(!json.contains("secret") && !json.contains("pass"));
    QString problem;
    const DownloadPlan read = readPlan(json, problem);
    QVERIFY2(problem.isEmpty(), qPrintable(problem));
    written.token.clear();
    written.files[0].url = QUrl(QStringLiteral("https://hub.example/a?x=1%202"));
    QCOMPARE(read, written);
  }

  void damagedPlanIsNone() {
    const QByteArray json = writePlan(plan({QStringLiteral("a")}));
    QString problem;
    for (const QByteArray& damaged :
         {QByteArray(), QByteArray("[]"), json.left(json.size() / 2), QByteArray(json).replace("\"a\"", "\"../a\""),
          QByteArray(json).replace("\"version\": 1", "\"version\": 2")}) {
      readPlan(damaged, problem);
      QVERIFY2(!problem.isEmpty(), damaged.constData());
    }
  }

  void journalIsReadAsItWasWritten() {
    PartJournal journal;
    journal.begin("\"v1\"", 100, 30);
    QCOMPARE(journal.parts(), 4);
    QCOMPARE(journal.lengthOf(3), 10);
    journal.done = {30, 12, 0, 10};
    PartJournal read;
    QVERIFY(readJournal(writeJournal(journal), read));
    QCOMPARE(read, journal);
    QVERIFY(!read.complete());
    journal.begin("\"v1\"", 0, 30);
    QVERIFY(readJournal(writeJournal(journal), read) && read.complete());
  }

  void anyDamageToAJournalIsSeen() {
    PartJournal journal;
    journal.begin("\"v1\"", 100, 30);
    journal.done = {30, 12, 0, 10};
    const QByteArray text = writeJournal(journal);
    PartJournal read;
    for (qsizetype at = 0; at < text.size(); ++at) {
      QByteArray damaged = text;
      damaged[at] = static_cast<char>(damaged[at] ^ 1);
      QVERIFY(!readJournal(damaged, read));
      QVERIFY(!readJournal(text.left(at), read));
    }
    QVERIFY(!readJournal(text + "x", read));
  }

  void journalThatCannotBeIsNone() {
    PartJournal read;
    PartJournal journal;
    journal.begin("\"v1\"", 100, 30);
    PartJournal wrong = journal;
    wrong.done[3] = 11;
    QVERIFY(!readJournal(writeJournal(wrong), read));
    wrong = journal;
    wrong.done.append(0);
    QVERIFY(!readJournal(writeJournal(wrong), read));
    wrong = journal;
    wrong.etag = "W/\"v1\"";
    QVERIFY(!readJournal(writeJournal(wrong), read));
    wrong = journal;
    wrong.partBytes = 0;
    QVERIFY(!readJournal(writeJournal(wrong), read));
  }

  void speedLimitSavesUpNoBurst() {
    SpeedLimit speed;
    QCOMPARE(speed.take(1 << 30), 1 << 30);
    speed.setBytesPerSecond(1000);
    QSignalSpy refilled(&speed, &SpeedLimit::refilled);
    QVERIFY(speed.take(1 << 30) <= 250);
    QVERIFY(refilled.wait(kPatienceMs));
    QVERIFY(speed.take(1 << 30) <= 250);
  }

  void contentRangesAreReadStrictly() {
    HttpRange range;
    QVERIFY(readContentRange("bytes 5-9/10", range));
    QVERIFY(range.first == 5 && range.last == 9 && range.total == 10);
    QVERIFY(readContentRange("bytes 0-0/*", range) && range.total == -1);
    for (const char* wrong :
         {"", "bytes", "bytes 5-4/10", "bytes 5-10/10", "bytes -5-9/10", "bytes 5-9", "bytes +5-9/10", "bytes 5-9/10x",
          "bytes */10", "items 5-9/10", "bytes 5-9999999999999999999/99999999999999999999"}) {
      QVERIFY2(!readContentRange(wrong, range), wrong);
    }
    QVERIFY(isStrongEtag("\"abc\""));
    for (const char* weak : {"", "\"\"", "W/\"abc\"", "abc", "\"a\"b\"", "\"a b\""})
      QVERIFY2(!isStrongEtag(weak), weak);
  }
};

QTEST_GUILESS_MAIN(DownloadPlanTest)
#include "download_plan_test.moc"
