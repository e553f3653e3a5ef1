#pragma once

#include <csignal>
#include <functional>
#include <mutex>
#include <thread>

namespace app::cli {

/// Turns Ctrl-C, and SIGTERM and SIGHUP in the same way, into a call, on a thread of its own, so that the call may do what a signal handler may not. Make one at
/// the start of main, before any other thread: they inherit the blocked signal.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// While it lives, Ctrl-C calls `stop` (any thread; it returns at once) and does not end the program (status 130).
  class Scope {
   public:
    /// Until the scope ends, a second one either ends the program at once or is ignored, where files must be removed.
    enum class Second { EndsTheProgram, IsIgnored };
    Scope(Interrupt& interrupt, std::function<void()> stop, Second second = Second::EndsTheProgram);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    bool stopped() const;

   private:
    Interrupt& interrupt_;
  };

 private:
  void watch(sigset_t signals, std::stop_token stop);

  mutable std::mutex mutex_;
  std::function<void()> stop_;  ///< guarded by mutex_
  bool stopped_ = false;        ///< guarded by mutex_; of the present scope
  Scope::Second second_ = Scope::Second::EndsTheProgram;  ///< guarded by mutex_; of the present scope
  std::jthread watcher_;
};

constexpr int kInterruptedStatus = 130;

}  // namespace app::cli
