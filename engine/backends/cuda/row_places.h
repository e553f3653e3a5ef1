#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/backends/cuda/device_memory.h"
#include "engine/backends/cuda/kernels.h"

namespace engine::cuda {

/// Where the rows of a batch stand in the cache, as kernels read it: first the rows of sequences with few of them
/// (decoding), then those of long ones (prompts). Kept on the card and copied only when it changed: all layers of a
/// forward pass ask for the same.
class RowPlaces {
 public:
  /// Rows of a sequence up to which it counts as decoding.
  static constexpr std::int64_t kFewRows = 8;

  /// `all_few`: every row counts as decoding. Waits for no kernel.
  void set(std::span<const SequenceRows> sequences, std::int64_t page_tokens, bool all_few, cudaStream_t stream);

  std::int64_t count() const { return static_cast<std::int64_t>(places_.size()); }
  std::int64_t few() const { return few_; }
  std::int64_t deepest_few() const { return deepest_few_; }  ///< the largest position among the few
  const RowPlace* places() const { return reinterpret_cast<const RowPlace*>(places_on_card_.data()); }
  const std::int32_t* pages() const { return reinterpret_cast<const std::int32_t*>(pages_on_card_.data()); }

 private:
  std::vector<RowPlace> places_, next_places_;
  std::vector<std::int32_t> pages_, next_pages_;
  std::int64_t few_ = 0, deepest_few_ = 0;
  DeviceBuffer places_on_card_, pages_on_card_;
};

}  // namespace engine::cuda
