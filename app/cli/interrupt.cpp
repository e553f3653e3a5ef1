#include "app/cli/interrupt.h"

#include <pthread.h>
#include <unistd.h>

#include <utility>

namespace app::cli {

Interrupt::Interrupt() {
  sigset_t interrupts;
  sigemptyset(&interrupts);
  sigaddset(&interrupts, SIGINT);
  pthread_sigmask(SIG_BLOCK, &interrupts, nullptr);
  watcher_ = std::jthread([this](std::stop_token stop) { watch(std::move(stop)); });
}

Interrupt::~Interrupt() {
  watcher_.request_stop();
  pthread_kill(watcher_.native_handle(), SIGINT);  // wakes sigwait
}

void Interrupt::watch(std::stop_token stop) {
  sigset_t interrupts;
  sigemptyset(&interrupts);
  sigaddset(&interrupts, SIGINT);
  for (;;) {
    int signal = 0;
    if (sigwait(&interrupts, &signal) != 0 || stop.stop_requested()) return;
    const std::lock_guard lock(mutex_);
    if (!stop_ || stopped_) _exit(kInterruptedStatus);
    stopped_ = true;
    stop_();
  }
}

Interrupt::Scope::Scope(Interrupt& interrupt, std::function<void()> stop) : interrupt_(interrupt) {
  const std::lock_guard lock(interrupt_.mutex_);
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
