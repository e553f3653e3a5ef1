#pragma once

#include <chrono>

namespace app::cli {

/// A bar on stderr that tells how much of a long work is done; nothing where stderr is no terminal, or where `quiet`.
/// The line is empty again when the object goes.
class ProgressBar {
 public:
  explicit ProgressBar(bool quiet);
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// `share` of the work, 0 to 1. Draws ten times a second at most.
  void show(double share);
  void clear();

 private:
  const bool wanted_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now(), last_{};
};

}  // namespace app::cli
