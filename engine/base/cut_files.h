#pragma once

#include <cstddef>

namespace engine {

/// A mapped range whose file may become shorter while it is in use: touching a page past the new end would end the
/// program (SIGBUS). While a range is watched, such a page reads as zeros instead, and was_cut() tells of it. Any thread.
class CutWatch {
 public:
  CutWatch() = default;
  /// Watches [data, data + size), which is mapped and page aligned. With thousands of ranges watched already it does
  /// nothing.
  CutWatch(const std::byte* data, std::size_t size);
  ~CutWatch();  ///< before the range is unmapped
  CutWatch(CutWatch&& other) noexcept;
  CutWatch& operator=(CutWatch&& other) noexcept;

  bool was_cut() const;

 private:
  int slot_ = -1;
};

}  // namespace engine
