#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <QtGlobal>

namespace app {

/// How many bytes may be read now, for all transfers together. In one thread.
class SpeedLimit : public QObject {
  Q_OBJECT

 public:
  explicit SpeedLimit(QObject* parent = nullptr);

  /// 0: no limit.
  void setBytesPerSecond(qint64 bytes);
  /// Grants up to `wanted` bytes. Where it grants less, refilled() comes when there is more.
  qint64 take(qint64 wanted);

 signals:
  void refilled();

 private:
  void refill();

  qint64 bytesPerSecond_ = 0;
  double there_ = 0;  // bytes
  QElapsedTimer clock_;
  QTimer later_;
};

}  // namespace app
