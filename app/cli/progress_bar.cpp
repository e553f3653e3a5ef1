#include "app/cli/progress_bar.h"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <string>

namespace app::cli {

ProgressBar::ProgressBar(bool quiet) : wanted_(!quiet && isatty(STDERR_FILENO) == 1) {}

void ProgressBar::show(double share) {
  constexpr int kWidth = 40;
  const auto now = std::chrono::steady_clock::now();
  if (!wanted_ || (drawn_ && now - last_ < std::chrono::milliseconds(100))) return;
  last_ = now;
  drawn_ = true;
  const int full = static_cast<int>(share * kWidth);
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  // What is left is told once there is something to tell it by.
  std::string left;
  if (seconds > 1 && share > 0.01) left = ", " + std::to_string(std::lround(seconds / share - seconds)) + " s left";
  std::fprintf(stderr, "\r[%s%s] %3d %%%s\033[K", std::string(static_cast<std::size_t>(full), '#').c_str(),
               std::string(static_cast<std::size_t>(kWidth - full), '.').c_str(), static_cast<int>(share * 100),
               left.c_str());
  std::fflush(stderr);
}

void ProgressBar::clear() {
  if (!drawn_) return;
  drawn_ = false;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

}  // namespace app::cli
