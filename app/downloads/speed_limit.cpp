#include "app/downloads/speed_limit.h"

#include <algorithm>

namespace app {

namespace {

constexpr int kRefillMs = 50;
constexpr double kMostSeconds = 0.25;  // of the speed that may be saved up: more would be a burst

}  // namespace

SpeedLimit::SpeedLimit(QObject* parent) : QObject(parent), later_(this) {
  later_.setSingleShot(true);
  later_.setInterval(kRefillMs);
  connect(&later_, &QTimer::timeout, this, &SpeedLimit::refilled);
  clock_.start();
}

void SpeedLimit::setBytesPerSecond(qint64 bytes) {
  bytesPerSecond_ = std::max<qint64>(0, bytes);
  there_ = 0;
  clock_.start();
  later_.start();
}

void SpeedLimit::refill() {
  const auto speed = static_cast<double>(bytesPerSecond_);
  there_ =
      std::min(there_ + speed * 1e-9 * static_cast<double>(clock_.nsecsElapsed()), std::max(1.0, speed * kMostSeconds));
  clock_.start();
}

qint64 SpeedLimit::take(qint64 wanted) {
  if (bytesPerSecond_ == 0) return wanted;
  refill();
  const qint64 granted = std::min(wanted, static_cast<qint64>(there_));
  there_ -= static_cast<double>(granted);
  if (granted < wanted && !later_.isActive()) later_.start();
  return granted;
}

}  // namespace app
