#include "app/cli/interrupt.h"

#include <pthread.h>
#include <unistd.h>

#include <utility>

namespace app::cli {

namespace {

/// Ctrl-C, and what ends a program when its terminal closes or the system stops. Signals that this program was started
/// without (nohup) stay ignored.
sigset_t signalsToWatch() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  for (const int signal : {SIGTERM, SIGHUP}) {
    struct sigaction action {};
    const bool ignored = sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
    if (!ignored) sigaddset(&signals, signal);
  }
  return signals;
}

}  // namespace

Interrupt::Interrupt() {
  sigset_t signals = signalsToWatch();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  watcher_ = std::jthread([this, signals](std::stop_token stop) { watch(signals, std::move(stop)); });
}

Interrupt::~Interrupt() {
  watcher_.request_stop();
  pthread_kill(watcher_.native_handle(), SIGINT);  // wakes sigwait
}

void Interrupt::watch(sigset_t signals, std::stop_token stop) {
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0 || stop.stop_requested()) return;
    const std::lock_guard lock(mutex_);
    if (!stop_ || (stopped_ && second_ == Scope::Second::EndsTheProgram)) _exit(kInterruptedStatus);
    if (stopped_) continue;
    stopped_ = true;
    stop_();
  }
}

Interrupt::Scope::Scope(Interrupt& interrupt, std::function<void()> stop, Second second) : interrupt_(interrupt) {
  const std::lock_guard lock(interrupt_.mutex_);
  interrupt_.second_ = second;
  interrupt_.stop_ = std::move(stop);
  interrupt_.stopped_ = false;
}

Interrupt::Scope::~Scope() {
  const std::lock_guard lock(interrupt_.mutex_);
  interrupt_.stop_ = nullptr;
}

bool Interrupt::Scope::stopped() const {
  const std::lock_guard lock(interrupt_.mutex_);
  return interrupt_.stopped_;
}

}  // namespace app::cli
