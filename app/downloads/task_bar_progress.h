#pragma once

#include <QDBusConnection>
#include <QObject>
#include <QTimer>
#include <optional>

namespace app {

class DownloadQueue;

/// How far all downloads are, at the program's entry in the task bar: the signal Update of
/// com.canonical.Unity.LauncherEntry on the session bus, which KDE Plasma's task bar and the docks of Ubuntu and
/// elementary listen to. Where nobody listens, or there is no bus, nothing happens. UI thread.
class TaskBarProgress : public QObject {
  Q_OBJECT

 public:
  static constexpr int kPauseMs = 250;  ///< between two signals

  /// `queue` outlives it. `bus` is for tests; else the session's is used, from the first download on.
  explicit TaskBarProgress(const DownloadQueue& queue, std::optional<QDBusConnection> bus = {},
                           QObject* parent = nullptr);
  /// Takes the bar away.
  ~TaskBarProgress() override;

 private:
  void show();
  void send(bool visible, double progress);

  const DownloadQueue& queue_;
  std::optional<QDBusConnection> bus_;
  QTimer soon_;
  int shownPercent_ = -1;  // -1: no bar is there
};

}  // namespace app
