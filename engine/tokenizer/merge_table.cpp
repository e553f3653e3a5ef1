#include "engine/tokenizer/merge_table.h"

#include <algorithm>
#include <bit>

namespace engine {

namespace {

constexpr std::uint32_t kNone = ~std::uint32_t{0};
constexpr std::int32_t kMerged = -1;  // the id of a symbol that its left neighbour has swallowed

std::uint64_t pair_of(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
}

// The heap gives the largest first: the lowest rank, then the leftmost.
bool comes_later(const MergeTable::Workspace::Candidate& a, const MergeTable::Workspace::Candidate& b) {
  return a.rank != b.rank ? a.rank > b.rank : a.position > b.position;
}

}  // namespace

MergeTable::MergeTable(const std::vector<BpeVocabulary::Merge>& merges, const std::unordered_set<std::int32_t>& never)
    : slots_(std::bit_ceil(merges.size() * 3 / 2 + 2)) {
  std::int32_t rank = 0;
  for (const BpeVocabulary::Merge& merge : merges) {
    const std::uint64_t pair = pair_of(merge.left, merge.right);
    if (!never.contains(merge.result)) slots_[slot_of(pair)] = {pair, rank, merge.result};
    ++rank;
  }
}

std::size_t MergeTable::slot_of(std::uint64_t pair) const {
  const std::size_t mask = slots_.size() - 1;
  std::uint64_t hash = pair * 0x9E3779B97F4A7C15u;  // Fibonacci hashing: the high bits are the mixed ones
  hash ^= hash >> 32;
  std::size_t at = hash & mask;
  while (slots_[at].pair != pair && slots_[at].pair != kEmpty) at = (at + 1) & mask;
  return at;
}

void MergeTable::offer(Workspace& workspace, std::uint32_t position) const {
  const auto& symbol = workspace.symbols[position];
  if (symbol.next == kNone) return;
  const std::int32_t right = workspace.symbols[symbol.next].id;
  const Slot& slot = slots_[slot_of(pair_of(symbol.id, right))];
  if (slot.pair == kEmpty) return;
  workspace.heap.push_back({slot.rank, position, symbol.id, right, slot.result});
}

void MergeTable::apply(std::vector<std::int32_t>& ids, Workspace& workspace) const {
  auto& symbols = workspace.symbols;
  auto& heap = workspace.heap;
  const auto count = static_cast<std::uint32_t>(ids.size());
  symbols.clear();
  heap.clear();
  for (std::uint32_t i = 0; i < count; ++i)
    symbols.push_back({ids[i], i == 0 ? kNone : i - 1, i + 1 < count ? i + 1 : kNone});
  for (std::uint32_t i = 0; i < count; ++i) offer(workspace, i);
  std::make_heap(heap.begin(), heap.end(), comes_later);

  const auto push = [&](std::uint32_t position) {
    const std::size_t before = heap.size();
    offer(workspace, position);
    if (heap.size() > before) std::push_heap(heap.begin(), heap.end(), comes_later);
  };
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), comes_later);
    const Workspace::Candidate best = heap.back();
    heap.pop_back();
    auto& left = symbols[best.position];
    // Out of date where one of the two has been merged meanwhile: a symbol only ever changes by growing.
    if (left.id != best.left || left.next == kNone || symbols[left.next].id != best.right) continue;
    auto& right = symbols[left.next];
    left.id = best.result;
    left.next = right.next;
    right.id = kMerged;
    if (left.next != kNone) symbols[left.next].previous = best.position;
    push(best.position);
    if (left.previous != kNone) push(left.previous);
  }
  ids.clear();
  for (const auto& symbol : symbols) {
    if (symbol.id != kMerged) ids.push_back(symbol.id);
  }
}

}  // namespace engine
