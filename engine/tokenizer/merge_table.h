#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "engine/formats/tokenizer_data.h"

namespace engine {

/// The merges of a vocabulary, and BPE itself: of all neighbours that have a merge, those of the lowest rank become
/// one, the leftmost first, until none are left. Immutable; any thread. Source: tokenizers 0.23, models/bpe/word.rs
/// (merge_all).
class MergeTable {
 public:
  /// `never`: pieces that no merge may produce. Of merges of one pair the last one counts.
  MergeTable(const std::vector<BpeVocabulary::Merge>& merges, const std::unordered_set<std::int32_t>& never);

  /// Memory that apply() needs, so that many short words share it. One a thread.
  struct Workspace {
    struct Symbol {
      std::int32_t id;
      std::uint32_t previous, next;  // positions, or kNone
    };
    struct Candidate {
      std::int32_t rank;
      std::uint32_t position;  // of the left one
      std::int32_t left, right, result;
    };
    std::vector<Symbol> symbols;
    std::vector<Candidate> heap;
  };

  /// Merges what can be merged in `ids`, the pieces of one word's characters. Time: n log n, however long the word.
  void apply(std::vector<std::int32_t>& ids, Workspace& workspace) const;
  std::uint64_t memory_bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint64_t pair = kEmpty;
    std::int32_t rank = 0, result = 0;
  };
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};

  std::size_t slot_of(std::uint64_t pair) const;  // where the pair is, or the empty slot where it would be
  void offer(Workspace& workspace, std::uint32_t position) const;

  std::vector<Slot> slots_;  // hash table with open addressing, a power of two, at most two thirds full
};

}  // namespace engine
