#include <algorithm>
#include <cassert>

#include "engine/kv_cache/kv_cache.h"

// The other half of KvCache: sessions as whoever stores them sees them.

namespace engine {

KvCache::Contents KvCache::kept(std::uint64_t session) const {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return {};
  return {found->second.tokens, found->second.pages};
}

bool KvCache::is_running(std::uint64_t session) const {
  return std::any_of(sequences_.begin(), sequences_.end(),
                     [session](const auto& entry) { return entry.second.session == session; });
}

std::uint64_t KvCache::keep_copy(std::uint64_t session) {
  const Cached* longest = nullptr;
  const auto consider = [&longest](const Cached& cached) {
    if (!cached.tokens.empty() && (longest == nullptr || cached.tokens.size() > longest->tokens.size())) longest = &cached;
  };
  if (const auto found = sessions_.find(session); found != sessions_.end()) consider(found->second);
  for (const auto& [id, sequence] : sequences_) {
    if (sequence.session == session) consider(sequence);
  }
  if (longest == nullptr) return 0;
  // A running sequence goes on writing behind its committed positions, in the last page too: none of the copy's rows.
  const auto pages = (longest->tokens.size() + kPageTokens - 1) / kPageTokens;
  Kept copy;
  copy.tokens = longest->tokens;
  copy.pages.assign(longest->pages.begin(), longest->pages.begin() + static_cast<std::ptrdiff_t>(pages));
  copy.last_used = ++clock_;
  for (const std::int32_t page : copy.pages) ++holders_[static_cast<std::size_t>(page)].kept;
  const std::uint64_t name = next_copy_++;
  sessions_.emplace(name, std::move(copy));
  return name;
}

std::optional<std::int32_t> KvCache::extend(std::uint64_t session, std::span<const std::int32_t> ids) {
  assert(!ids.empty() && static_cast<std::int64_t>(ids.size()) <= kPageTokens);
  const auto found = sessions_.find(session);
  std::int64_t own = 0;  // pages that nobody but sessions hold, and that this one must not lose
  if (found != sessions_.end()) {
    assert(found->second.tokens.size() % kPageTokens == 0);
    found->second.last_used = ++clock_;
    for (const std::int32_t page : found->second.pages) own += holders_[static_cast<std::size_t>(page)].running == 0 ? 1 : 0;
  }
  if (own + 1 > num_pages_ - pages_running_) return std::nullopt;
  const std::int32_t page = take_page();
  Kept& kept = sessions_[session];
  kept.last_used = ++clock_;
  kept.pages.push_back(page);
  kept.tokens.insert(kept.tokens.end(), ids.begin(), ids.end());
  ++holders_[static_cast<std::size_t>(page)].kept;
  release_running(page);
  return page;
}

void KvCache::shorten(std::uint64_t session, std::int64_t pages) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  Kept& kept = found->second;
  while (static_cast<std::int64_t>(kept.pages.size()) > pages) {
    release_kept(kept.pages.back());
    kept.pages.pop_back();
  }
  kept.tokens.resize(std::min(kept.tokens.size(), kept.pages.size() * static_cast<std::size_t>(kPageTokens)));
  if (kept.pages.empty()) sessions_.erase(found);
}

}  // namespace engine
