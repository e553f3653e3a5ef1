#pragma once

#include <QObject>
#include <QTemporaryDir>
#include <QtTest>
#include <memory>

#include "tests/app/download_fixture.h"
#include "tests/support/nginx_origin.h"

namespace tests {

/// For tests of the queue against nginx: three files on the server, an empty home for each test.
class DownloadQueueFixture : public QObject {
  Q_OBJECT

 protected:
  std::unique_ptr<QTemporaryDir> root_;
  std::unique_ptr<NginxOrigin> origin_;
  std::unique_ptr<QTemporaryDir> home_;
  QList<ServedFile> files_;

  QString models() const { return home_->filePath(QStringLiteral("models")); }
  QString folder() const { return models() + QStringLiteral("/model"); }
  QString partial() const { return models() + QStringLiteral("/.partial/model"); }
  app::DownloadPlan plan() const {
    return planFor(files_, [this](const QString& path) { return origin_->url(path); });
  }
  qint64 bytesOfFiles() const {
    qint64 bytes = 0;
    for (const ServedFile& file : files_) bytes += file.content.size();
    return bytes;
  }
  qint64 bytesServed() const {
    qint64 bytes = 0;
    for (const QByteArray& line : origin_->requests()) bytes += line.split(' ').value(3).toLongLong();
    return bytes;
  }
  /// The same once the server has noted what was under way, which it does when it sees that nobody listens any more.
  qint64 bytesServedInTheEnd() const {
    qint64 last = -1;
    while (last != bytesServed()) {
      last = bytesServed();
      QTest::qWait(300);
    }
    return last;
  }
  /// Slow enough to be stopped in the middle.
  static app::DownloadOptions slowOptions() {
    app::DownloadOptions options = quickOptions();
    options.bytesPerSecond = 400000;
    return options;
  }
  static qint64 received(const app::DownloadQueue& queue, int row = 0) {
    return of(queue, row, app::DownloadQueue::ReceivedRole).toLongLong();
  }
  /// Runs a download until so many bytes are there, then ends the queue as the program's end does.
  void beginAndLeave(const app::DownloadPlan& plan, qint64 bytes) {
    app::DownloadQueue queue(models(), slowOptions());
    QVERIFY(queue.add(plan));
    QVERIFY(reaches(queue, [&] { return received(queue) >= bytes; }));
  }
  /// Finds what was left, goes on and expects it to end well.
  void resumeAndFinish() {
    app::DownloadQueue queue(models(), quickOptions());
    QVERIFY(reachesState(queue, app::DownloadQueue::State::Paused));
    queue.resume(0);
    QVERIFY2(reachesState(queue, app::DownloadQueue::State::Done), qPrintable(problemOf(queue)));
    QCOMPARE(difference(folder(), files_), QString());
  }

 private slots:
  void initTestCase() {
    if (!NginxOrigin::isThere()) QSKIP("nginx is not installed (package nginx-light)");
    root_ = std::make_unique<QTemporaryDir>();
  }
  void init() {
    home_ = std::make_unique<QTemporaryDir>();
    files_ = {{QStringLiteral("config.json"), bytesFrom(1, 900)},
              {QStringLiteral("weights.bin"), bytesFrom(2, 300001)},
              {QStringLiteral("sub/more.bin"), bytesFrom(3, 100000)}};
    store(root_->path(), files_);
    origin_ = std::make_unique<NginxOrigin>(
        root_->path(), QStringLiteral("location /busy { add_header Retry-After 7200 always; return 429; }"));
    QVERIFY(origin_->isRunning());
  }
  void cleanup() { origin_.reset(); }
};

}  // namespace tests
