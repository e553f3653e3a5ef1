#include "engine/tokenizer/packed_pieces.h"

#include <functional>
#include <utility>

namespace engine {

void PackedPieces::add(std::string_view text, std::string_view bytes) {
  const auto id = static_cast<std::int32_t>(places_.size());
  const bool same = text == bytes;
  places_.push_back({characters_.size(), static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(bytes.size()), same});
  characters_ += text;
  if (!same) characters_ += bytes;
  if (text.empty()) return;
  if (3 * (filled_ + 1) > 2 * slots_.size()) enlarge();
  std::int32_t& slot = slots_[slot_of(text)];
  if (slot != kEmpty) return;
  slot = id;
  ++filled_;
}

bool PackedPieces::has(std::int32_t id) const {
  return id >= 0 && static_cast<std::size_t>(id) < places_.size() && place(id).text_size > 0;
}

std::string_view PackedPieces::text(std::int32_t id) const {
  return std::string_view(characters_).substr(place(id).begin, place(id).text_size);
}

std::string_view PackedPieces::bytes(std::int32_t id) const {
  const Place& at = place(id);
  return std::string_view(characters_).substr(at.same ? at.begin : at.begin + at.text_size, at.bytes_size);
}

std::optional<std::int32_t> PackedPieces::find(std::string_view text) const {
  if (slots_.empty()) return std::nullopt;
  const std::int32_t id = slots_[slot_of(text)];
  return id == kEmpty ? std::nullopt : std::optional(id);
}

std::uint64_t PackedPieces::memory_bytes() const {
  return characters_.capacity() + places_.capacity() * sizeof(Place) + slots_.capacity() * sizeof(std::int32_t);
}

std::size_t PackedPieces::slot_of(std::string_view text) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = std::hash<std::string_view>()(text) & mask;
  while (slots_[at] != kEmpty && this->text(slots_[at]) != text) at = (at + 1) & mask;
  return at;
}

void PackedPieces::enlarge() {
  const std::vector<std::int32_t> before = std::exchange(slots_, std::vector<std::int32_t>(slots_.empty() ? 64 : 2 * slots_.size(), kEmpty));
  for (const std::int32_t id : before) {
    if (id != kEmpty) slots_[slot_of(text(id))] = id;
  }
}

}  // namespace engine
