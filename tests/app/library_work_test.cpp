#include "app/library/library_work.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QStorageInfo>
#include <QtTest>
#include <csignal>

#include "app/library/file_copy.h"
#include "app/library/model_files.h"
#include "tests/app/model_tree.h"

using namespace app;

namespace {

/// A job's control of the test's own: counts reports and stops after so many.
class Control : public JobControl {
 public:
  explicit Control(int reportsUntilStop = -1) : left_(reportsUntilStop) {}
  bool cancelled() const override { return left_ == 0; }
  void report(qint64 done, qint64 total) override {
    if (left_ > 0) --left_;
    done_ = done;
    total_ = total;
  }
  qint64 done_ = 0, total_ = 0;

 private:
  int left_;
};

QStringList everythingIn(const QString& folder) {
  return QDir(folder).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
}

QByteArray contentOf(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

}  // namespace

class LibraryWorkTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  QString models_;

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    models_ = folder_->filePath(QStringLiteral("models"));
  }

  void importCopiesAWholeFolder() {
    Control control;
    const QString from = tests::fixtureModel("ernie4_5-chat");
    const JobEnd end = importModel(from, models_, QStringLiteral("Chat"), control);
    QVERIFY2(end.problem.isEmpty(), qPrintable(end.problem));
    QCOMPARE(end.path, models_ + QStringLiteral("/Chat"));
    QCOMPARE(everythingIn(end.path), QStringList({QStringLiteral(".sotto.json")}) + everythingIn(from));
    for (const QString& name : everythingIn(from))
      QCOMPARE(contentOf(end.path + QLatin1Char('/') + name), contentOf(from + QLatin1Char('/') + name));
    QVERIFY(control.total_ > 0);
    QCOMPARE(control.done_, control.total_);
    QVERIFY(everythingIn(models_ + QStringLiteral("/.partial")).isEmpty());
    // Again: beside it, not over it.
    QCOMPARE(importModel(from, models_, QStringLiteral("Chat"), control).path, models_ + QStringLiteral("/Chat-2"));
  }

  void importOfTheHubsCacheBringsTheContentNotTheLinks() {
    const QString snapshot = tests::hubCacheEntry(folder_->filePath(QStringLiteral("hub")), QStringLiteral("o/m"),
                                                  QStringLiteral("aaa"), tests::fixtureModel("ernie4_5-chat"));
    Control control;
    const JobEnd end = importModel(snapshot, models_, QStringLiteral("m"), control);
    QVERIFY2(end.problem.isEmpty(), qPrintable(end.problem));
    for (const QFileInfo& file : QDir(end.path).entryInfoList(QDir::Files)) QVERIFY(!file.isSymLink());
  }

  void importOfABlobGetsAnEnding() {
    const QString blob = tests::ollamaEntry(folder_->filePath(QStringLiteral("ollama")), QStringLiteral("ernie"),
                                            QStringLiteral("q4"), tests::fixtureGguf());
    Control control;
    const JobEnd end = importModel(blob, models_, QStringLiteral("ernie:q4"), control);
    QVERIFY2(end.problem.isEmpty(), qPrintable(end.problem));
    QCOMPARE(end.path, models_ + QStringLiteral("/ernie-q4/ernie-q4.gguf"));
    QCOMPARE(contentOf(end.path), contentOf(tests::fixtureGguf()));
  }

  void stoppedImportLeavesNothing() {
    Control control(2);
    const JobEnd end = importModel(tests::fixtureModel("ernie4_5-chat"), models_, QStringLiteral("Chat"), control);
    QVERIFY(end.cancelled && end.problem.isEmpty() && end.path.isEmpty());
    QCOMPARE(everythingIn(models_), QStringList({QStringLiteral(".partial")}));
    QVERIFY(everythingIn(models_ + QStringLiteral("/.partial")).isEmpty());
  }

  void brokenModelIsNotImported() {
    const QString broken = folder_->filePath(QStringLiteral("broken"));
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), broken);
    QVERIFY(QFile::remove(broken + QStringLiteral("/model-00002-of-00003.safetensors")));
    Control control;
    const JobEnd end = importModel(broken, models_, QStringLiteral("Broken"), control);
    QVERIFY2(end.problem.contains(QStringLiteral("model-00002-of-00003.safetensors")), qPrintable(end.problem));
    QVERIFY(!QFileInfo::exists(models_ + QStringLiteral("/Broken")));
  }

  void unwritableFolderIsToldOf() {
    if (::geteuid() == 0) QSKIP("root may write everywhere");
    QVERIFY(QDir().mkpath(models_));
    QFile::setPermissions(models_, QFile::ReadOwner | QFile::ExeOwner);
    Control control;
    const JobEnd end = importModel(tests::fixtureModel("ernie4_5-chat"), models_, QStringLiteral("Chat"), control);
    QFile::setPermissions(models_, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    QVERIFY(end.problem.contains(models_));
  }

  void aFileInTheWayOfTheFolderIsToldOf() {
    tests::writeFile(models_, "a file");
    Control control;
    const JobEnd end = importModel(tests::fixtureModel("ernie4_5-chat"), models_, QStringLiteral("Chat"), control);
    QVERIFY2(end.problem.contains(models_), qPrintable(end.problem));
  }

  void quantizedModelIsSmallerAndSound() {
    for (const int bits : {8, 4}) {
      Control control;
      const QString from = tests::fixtureModel("ernie4_5-chat");
      const JobEnd end = quantizeInto(from, models_, QStringLiteral("Chat"), bits, control);
      QVERIFY2(end.problem.isEmpty(), qPrintable(end.problem));
      QCOMPARE(end.path, QStringLiteral("%1/Chat-%2bit/Chat-%2bit.gguf").arg(models_).arg(bits));
      QVERIFY(QFileInfo(end.path).size() < bytesOf(filesOf(from)));
      const ModelSummary summary = lookAtModel(end.path);
      QVERIFY2(summary.problem.isEmpty(), qPrintable(summary.problem));
      QCOMPARE(summary.architecture, QStringLiteral("ernie4_5"));
    }
  }

  void stoppedQuantizingLeavesNothing() {
    Control control(1);
    const JobEnd end = quantizeInto(tests::fixtureModel("ernie4_5-chat"), models_, QStringLiteral("Chat"), 8, control);
    QVERIFY(end.cancelled);
    QVERIFY(everythingIn(models_ + QStringLiteral("/.partial")).isEmpty());
    QCOMPARE(everythingIn(models_), QStringList({QStringLiteral(".partial")}));
  }

  void brokenModelIsNotQuantized() {
    const QString broken = folder_->filePath(QStringLiteral("x.gguf"));
    tests::writeFile(broken, "GGUF and no more");
    Control control;
    const JobEnd end = quantizeInto(broken, models_, QStringLiteral("x"), 8, control);
    QVERIFY(!end.problem.isEmpty());
    QVERIFY(!QFileInfo::exists(models_ + QStringLiteral("/x-8bit")));
  }

  void deletedModelComesBackOrGoes() {
    Control control;
    const QString path = importModel(tests::fixtureModel("ernie4_5-chat"), models_, QStringLiteral("Chat"), control).path;
    const JobEnd gone = moveToTrash(path, models_);
    QVERIFY2(gone.problem.isEmpty(), qPrintable(gone.problem));
    QVERIFY(!QFileInfo::exists(path));
    QVERIFY(moveBack(gone.path, path).problem.isEmpty());
    QVERIFY(QFileInfo::exists(path + QStringLiteral("/config.json")));
    QVERIFY(moveToTrash(path, models_).problem.isEmpty());
    clearLeftovers(models_);
    QVERIFY(!QFileInfo::exists(models_ + QStringLiteral("/.trash")));
  }

  void onlyWhatLiesInTheModelsFolderIsDeleted() {
    const QString outside = folder_->filePath(QStringLiteral("outside"));
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), outside + QStringLiteral("/m"));
    QVERIFY(QDir().mkpath(models_));
    QVERIFY(QFile::link(outside, models_ + QStringLiteral("/link")));
    QVERIFY(!moveToTrash(outside + QStringLiteral("/m"), models_).problem.isEmpty());
    QVERIFY(!moveToTrash(models_ + QStringLiteral("/link/m"), models_).problem.isEmpty());
    QVERIFY(!moveToTrash(models_ + QStringLiteral("/../outside/m"), models_).problem.isEmpty());
    QVERIFY(!moveToTrash(models_, models_).problem.isEmpty());
    // The link itself may go; what it leads to stays.
    const JobEnd end = moveToTrash(models_ + QStringLiteral("/link"), models_);
    QVERIFY2(end.problem.isEmpty(), qPrintable(end.problem));
    clearLeftovers(models_);
    QVERIFY(QFileInfo::exists(outside + QStringLiteral("/m/config.json")));
  }

  void leftoversOfImportsGoDownloadsStay() {
    tests::writeFile(models_ + QStringLiteral("/.partial/Chat.import/config.json"), "{}");
    tests::writeFile(models_ + QStringLiteral("/.partial/Mine.%1.import/config.json").arg(::getpid()), "{}");
    tests::writeFile(models_ + QStringLiteral("/.partial/Gone.2147483646.import/config.json"), "{}");
    const QString others = QStringLiteral("Others.%1.import").arg(::getppid());  // a process that runs
    tests::writeFile(models_ + QStringLiteral("/.partial/") + others + QStringLiteral("/config.json"), "{}");
    tests::writeFile(models_ + QStringLiteral("/.partial/Fetched/plan.json"), "{}");
    clearLeftovers(models_);
    QCOMPARE(everythingIn(models_ + QStringLiteral("/.partial")), QStringList({QStringLiteral("Fetched"), others}));
  }

  void folderMovesByRename() {
    tests::writeFile(models_ + QStringLiteral("/a/b"), "content");
    Control control;
    const QString to = folder_->filePath(QStringLiteral("new/place"));
    const JobEnd end = moveFolder(models_, to, control);
    QVERIFY2(end.problem.isEmpty(), qPrintable(end.problem));
    QCOMPARE(contentOf(to + QStringLiteral("/a/b")), QByteArray("content"));
    QVERIFY(!QFileInfo::exists(models_));
  }

  void folderMovesToAnotherFileSystemByCopy() {
    QTemporaryDir other(QStringLiteral("/dev/shm/sotto-XXXXXX"));
    if (!other.isValid() || QStorageInfo(other.path()).device() == QStorageInfo(folder_->path()).device())
      QSKIP("there is no second file system to write to");
    tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models_ + QStringLiteral("/Chat"));
    tests::writeFile(models_ + QStringLiteral("/.partial/x/plan.json"), "{}");
    QVERIFY(QFile::link(QStringLiteral("Chat"), models_ + QStringLiteral("/link")));
    const QString to = other.filePath(QStringLiteral("models"));

    Control stopping(2);
    QVERIFY(moveFolder(models_, to, stopping).cancelled);
    QVERIFY(!QFileInfo::exists(to));
    QVERIFY(QFileInfo::exists(models_ + QStringLiteral("/Chat/config.json")));

    Control control;
    const JobEnd end = moveFolder(models_, to, control);
    QVERIFY2(end.problem.isEmpty(), qPrintable(end.problem));
    QVERIFY(!QFileInfo::exists(models_));
    QVERIFY(lookAtModel(to + QStringLiteral("/Chat")).problem.isEmpty());
    QVERIFY(QFileInfo::exists(to + QStringLiteral("/.partial/x/plan.json")));
    QCOMPARE(QFileInfo(to + QStringLiteral("/link")).canonicalFilePath(), to + QStringLiteral("/Chat"));
  }

  void folderIsNotMovedWhereItCannotBe() {
    tests::writeFile(models_ + QStringLiteral("/a/b"), "content");
    tests::writeFile(folder_->filePath(QStringLiteral("full/x")), "x");
    QVERIFY(QFile::link(models_, folder_->filePath(QStringLiteral("way"))));
    for (const QString& to : {models_, models_ + QStringLiteral("/inside"), folder_->path(), folder_->filePath(QStringLiteral("full")),
                              folder_->filePath(QStringLiteral("full/x")), folder_->filePath(QStringLiteral("way/inside")),
                              QStringLiteral("relative"), QStringLiteral("/proc/models")}) {
      Control control;
      const JobEnd end = moveFolder(models_, to, control);
      QVERIFY2(!end.problem.isEmpty(), qPrintable(to));
      QVERIFY(QFileInfo::exists(models_ + QStringLiteral("/a/b")));
    }
    QVERIFY(!QFileInfo::exists(models_ + QStringLiteral("/inside")));
  }

  void copyNamesTheFileThatCannotBeRead() {
    const QString target = folder_->filePath(QStringLiteral("copy"));
    const auto go = [](qint64) { return true; };
    QVERIFY(copyFile(folder_->filePath(QStringLiteral("gone")), target, go).contains(QStringLiteral("gone")));
    const QString pipe = folder_->filePath(QStringLiteral("pipe"));
    QCOMPARE(::mkfifo(QFile::encodeName(pipe).constData(), 0600), 0);
    QVERIFY(copyFile(pipe, target, go).contains(QStringLiteral("pipe")));
    QVERIFY(!QFileInfo::exists(target));
    tests::writeFile(target, "mine");
    QVERIFY(!copyFile(tests::fixtureGguf(), target, go).isEmpty());
    QCOMPARE(contentOf(target), QByteArray("mine"));  // nothing is written over
  }

  void fullDiskIsToldOfAndLeavesNoHalfFile() {
    // A limit on the size of files fails a write as a full disk does, without one.
    rlimit before = {};
    QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small = {4096, before.rlim_max};
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const QString target = folder_->filePath(QStringLiteral("copy"));
    const QString problem = copyFile(tests::fixtureGguf(), target, [](qint64) { return true; });
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, ignored);
    QVERIFY2(problem.contains(target), qPrintable(problem));
    QVERIFY(!QFileInfo::exists(target));
  }
};

QTEST_GUILESS_MAIN(LibraryWorkTest)
#include "library_work_test.moc"
