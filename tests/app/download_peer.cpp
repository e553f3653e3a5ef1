// Downloads what a plan says until it is killed or done: download_peer MODELS_DIR PLAN_FILE BYTES_PER_SECOND. Tells on
// stdout, a line each:
//   bytes N          so many are there
//   done FOLDER
//   failed SENTENCE
#include <QCoreApplication>
#include <QFile>
#include <cstdio>

#include "app/downloads/download_queue.h"

using app::DownloadQueue;

int main(int argc, char** argv) {
  QCoreApplication program(argc, argv);
  if (argc != 4) return 2;
  QFile file(QString::fromLocal8Bit(argv[2]));
  if (!file.open(QIODevice::ReadOnly)) return 2;
  QString problem;
  const app::DownloadPlan plan = app::readPlan(file.readAll(), problem);
  app::DownloadOptions options;
  options.partBytes = 256 * 1024;
  options.checkpointMs = 20;
  options.reserveBytes = 0;
  options.bytesPerSecond = QByteArray(argv[3]).toLongLong();
  options.proxy = QNetworkProxy(QNetworkProxy::NoProxy);
  DownloadQueue queue(QString::fromLocal8Bit(argv[1]), options);
  qint64 last = -1;
  const auto tell = [&] {
    const int row = queue.rowOf(plan.name);
    if (row < 0) return;
    const auto value = [&](int role) { return queue.data(queue.index(row), role); };
    const auto state = static_cast<DownloadQueue::State>(value(DownloadQueue::StateRole).toInt());
    const qint64 received = value(DownloadQueue::ReceivedRole).toLongLong();
    if (received != last) std::printf("bytes %lld\n", static_cast<long long>(received));
    last = received;
    if (state == DownloadQueue::State::Done) {
      std::printf("done %s\n", qPrintable(value(DownloadQueue::FolderRole).toString()));
      QCoreApplication::quit();
    } else if (state == DownloadQueue::State::Failed ||
               (state == DownloadQueue::State::Paused && !value(DownloadQueue::ProblemRole).toString().isEmpty())) {
      std::printf("failed %s\n", qPrintable(value(DownloadQueue::ProblemRole).toString()));
      QCoreApplication::quit();
    }
    std::fflush(stdout);
  };
  QObject::connect(&queue, &DownloadQueue::progressChanged, &queue, tell);
  if (!queue.add(plan)) {
    std::printf("failed %s\n", qPrintable(queue.problem()));
    return 1;
  }
  return QCoreApplication::exec();
}
