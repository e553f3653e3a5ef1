#include "engine/backends/cuda/row_places.h"

#include <algorithm>

namespace engine::cuda {
namespace {

bool same(const RowPlace& a, const RowPlace& b) {
  return a.row == b.row && a.position == b.position && a.first_page == b.first_page;
}

/// Copies `next` to the card, whose contents `known` are from then on; empty where that failed, so that the next call
/// tries again. A copy from ordinary memory returns when it was read: the vectors can be filled again at once. The stream
/// keeps kernels that were given before from seeing the new contents.
template <typename Element>
void replace(std::vector<Element>& known, std::vector<Element>& next, DeviceBuffer& on_card, cudaStream_t stream) {
  known.clear();
  const std::size_t bytes = next.size() * sizeof(Element);
  check(cudaMemcpyAsync(on_card.reserve(bytes), next.data(), bytes, cudaMemcpyHostToDevice, stream), "places were copied");
  known.swap(next);
}

}  // namespace

void RowPlaces::set(std::span<const SequenceRows> sequences, std::int64_t page_tokens, bool all_few, cudaStream_t stream) {
  next_places_.clear();
  next_pages_.clear();
  few_ = deepest_few_ = 0;
  for (const bool few : {true, false}) {
    for (const SequenceRows& sequence : sequences) {
      if ((all_few || sequence.rows <= kFewRows) != few || sequence.rows == 0) continue;
      const auto first_page = static_cast<std::int32_t>(next_pages_.size());
      const std::int64_t last = sequence.first_position + sequence.rows - 1;
      const auto used = sequence.pages.first(static_cast<std::size_t>(last / page_tokens + 1));
      next_pages_.insert(next_pages_.end(), used.begin(), used.end());
      for (std::int64_t t = 0; t < sequence.rows; ++t) {
        next_places_.push_back({static_cast<std::int32_t>(sequence.first_row + t),
                                static_cast<std::int32_t>(sequence.first_position + t), first_page});
      }
      if (few) deepest_few_ = std::max(deepest_few_, last);
    }
    if (few) few_ = static_cast<std::int64_t>(next_places_.size());
  }
  if (next_places_.empty()) {
    places_.clear();
    return;
  }
  if (!std::equal(places_.begin(), places_.end(), next_places_.begin(), next_places_.end(), same)) {
    replace(places_, next_places_, places_on_card_, stream);
  }
  if (pages_ != next_pages_) replace(pages_, next_pages_, pages_on_card_, stream);
}

}  // namespace engine::cuda
