#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

/// The pieces of a vocabulary by id and by text, packed: all characters in one string, one table to find them. Some
/// 40 bytes a piece, where a map of strings takes 200.
class PackedPieces {
 public:
  void reserve(std::size_t count) { places_.reserve(count); }
  /// Adds the piece with the next id: `text` as the file writes it (empty: no token has this id), `bytes` what it stands
  /// for in a text.
  void add(std::string_view text, std::string_view bytes);

  std::size_t size() const { return places_.size(); }
  /// Whether a token has this id; any number may be asked for. Ids given to text() and bytes() must be below size().
  bool has(std::int32_t id) const;
  std::string_view text(std::int32_t id) const;
  std::string_view bytes(std::int32_t id) const;
  /// The lowest id with this text.
  std::optional<std::int32_t> find(std::string_view text) const;
  std::uint64_t memory_bytes() const;

 private:
  struct Place {
    std::uint64_t begin;  // of the text in characters_; the bytes follow it, or are the text
    std::uint32_t text_size, bytes_size;
    bool same;
  };

  const Place& place(std::int32_t id) const { return places_[static_cast<std::size_t>(id)]; }
  std::size_t slot_of(std::string_view text) const;  // where its id is, or the empty slot where it would be
  void enlarge();

  static constexpr std::int32_t kEmpty = -1;
  std::string characters_;
  std::vector<Place> places_;
  std::vector<std::int32_t> slots_;  // ids; hash table with open addressing, a power of two, at most two thirds full
  std::size_t filled_ = 0;
};

}  // namespace engine
