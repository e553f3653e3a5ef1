#include "app/downloads/task_bar_progress.h"

#include <QDBusMessage>
#include <QVariantMap>
#include <utility>

#include "app/downloads/download_queue.h"

namespace app {

TaskBarProgress::TaskBarProgress(const DownloadQueue& queue, std::optional<QDBusConnection> bus, QObject* parent)
    : QObject(parent), queue_(queue), bus_(std::move(bus)) {
  soon_.setSingleShot(true);
  soon_.setInterval(kPauseMs);
  connect(&soon_, &QTimer::timeout, this, &TaskBarProgress::show);
  connect(&queue_, &DownloadQueue::progressChanged, this, [this] {
    if (!soon_.isActive()) soon_.start();
  });
}

TaskBarProgress::~TaskBarProgress() {
  if (shownPercent_ >= 0) send(false, 0);
}

void TaskBarProgress::show() {
  const int percent = queue_.activeCount() == 0 ? -1 : static_cast<int>(queue_.progress() * 100);
  if (percent == shownPercent_) return;
  shownPercent_ = percent;
  send(percent >= 0, queue_.progress());
}

void TaskBarProgress::send(bool visible, double progress) {
  if (!bus_) bus_ = QDBusConnection::sessionBus();
  if (!bus_->isConnected()) return;
  QDBusMessage update = QDBusMessage::createSignal(QStringLiteral("/io/sotto/Sotto/TaskBar"),
                                                   QStringLiteral("com.canonical.Unity.LauncherEntry"),
                                                   QStringLiteral("Update"));
  update << QStringLiteral("application://io.sotto.Sotto.desktop")
         << QVariantMap{{QStringLiteral("progress-visible"), visible}, {QStringLiteral("progress"), progress}};
  bus_->send(update);
}

}  // namespace app
