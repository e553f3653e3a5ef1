#include "engine/kv_cache/kv_cache.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <string>

#include "engine/base/error.h"

namespace engine {
namespace {

DType storage_type(KvType type) {
  switch (type) {
    case KvType::F16: return DType::F16;
    case KvType::BF16: return DType::BF16;
    case KvType::Q8_0: return DType::Q8_0;
    default: assert(type == KvType::F32); return DType::F32;
  }
}

std::int64_t pages_for(std::int64_t tokens) { return (tokens + KvCache::kPageTokens - 1) / KvCache::kPageTokens; }

}  // namespace

std::uint64_t KvGeometry::bytes_per_token() const {
  return bytes_of(storage_type(type), static_cast<std::size_t>(2 * num_layers * num_kv_heads * KvPool::row_width(head_dim)));
}

KvCache::KvCache(const KvGeometry& geometry, std::int64_t capacity_tokens, Backend* backend)
    : geometry_(geometry), backend_(backend), num_pages_(pages_for(capacity_tokens)) {
  assert(capacity_tokens > 0);
  if (num_pages_ > std::numeric_limits<std::int32_t>::max()) {
    throw Error(ErrorCode::OutOfMemory, "A context of " + std::to_string(capacity_tokens) + " tokens cannot be cached");
  }
  // On the CPU pages are touched by the system when they are first written: a short chat never pays for a long context.
  const Shape shape{geometry.num_layers, 2, geometry.num_kv_heads, num_pages_, kPageTokens, KvPool::row_width(geometry.head_dim)};
  const DType type = storage_type(geometry.type);
  storage_ = backend != nullptr ? backend->allocate(type, shape) : Tensor::owned(type, shape);
  holders_.resize(static_cast<std::size_t>(num_pages_));
  for (std::int64_t page = num_pages_; page-- > 0;) free_pages_.push_back(static_cast<std::int32_t>(page));
}

KvCache::~KvCache() = default;

std::optional<KvCache::Opened> KvCache::open(std::uint64_t session, std::span<const std::int32_t> tokens) {
  const auto count = static_cast<std::int64_t>(tokens.size());
  if (count == 0) throw Error(ErrorCode::InvalidRequest, "A prompt needs at least one token");
  if (pages_for(count) > num_pages_) {
    throw Error(ErrorCode::ContextFull, "The prompt has " + std::to_string(count) + " tokens, but the context holds " +
                                            std::to_string(this->capacity_tokens()) +
                                            "; shorten it or choose a longer context");
  }
  Running sequence{longest_prefix(tokens), session};
  const auto length = static_cast<std::int64_t>(sequence.tokens.size());
  for (const std::int32_t page : sequence.pages) {
    if (holders_[static_cast<std::size_t>(page)].running++ == 0) ++pages_running_;
  }
  if (!can_write(sequence, length, count)) {
    for (const std::int32_t page : sequence.pages) release_running(page);
    return std::nullopt;
  }
  // The sequence now goes where its session was going: what the session kept beyond the prefix is the past of an edit.
  if (const auto kept = sessions_.find(session); kept != sessions_.end()) forget(kept);
  make_writable(sequence, length, count);
  const SequenceId id = next_sequence_++;
  sequences_.emplace(id, std::move(sequence));
  return Opened{id, length};
}

/// The most tokens that a session or running sequence shares with `tokens` from the start, and their pages: fewer than
/// all, so that one is left to compute. The session counts as used.
KvCache::Cached KvCache::longest_prefix(std::span<const std::int32_t> tokens) {
  const Cached* best = nullptr;
  Kept* best_session = nullptr;
  std::ptrdiff_t length = 0;
  const auto is_longer = [&](const Cached& cached) {
    const std::size_t most = std::min(tokens.size() - 1, cached.tokens.size());
    const auto end = std::mismatch(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(most),
                                   cached.tokens.begin()).first;
    if (end - tokens.begin() <= length) return false;
    length = end - tokens.begin();
    best = &cached;
    return true;
  };
  for (auto& [id, kept] : sessions_) {
    if (is_longer(kept)) best_session = &kept;
  }
  for (const auto& [id, sequence] : sequences_) {
    if (is_longer(sequence)) best_session = nullptr;
  }
  if (best == nullptr) return {};
  if (best_session != nullptr) best_session->last_used = ++clock_;
  return {{tokens.begin(), tokens.begin() + length}, {best->pages.begin(), best->pages.begin() + pages_for(length)}};
}

const KvCache::Holders& KvCache::holders_of(const Cached& cached, std::int64_t page) const {
  return holders_[static_cast<std::size_t>(cached.pages[static_cast<std::size_t>(page)])];
}

/// Whether positions [first, end) of `sequence` can be made writable: whether other running sequences leave room for
/// its new pages and the copies of those that they read too.
bool KvCache::can_write(const Running& sequence, std::int64_t first, std::int64_t end) const {
  const auto owned = static_cast<std::int64_t>(sequence.pages.size());
  std::int64_t needed = std::max<std::int64_t>(0, pages_for(end) - owned);
  for (std::int64_t i = first / kPageTokens; i < owned; ++i) needed += holders_of(sequence, i).running > 1 ? 1 : 0;
  return needed <= num_pages_ - pages_running_;
}

/// Gives positions [first, end) of `sequence` pages of its own: new ones where it has none, copies where somebody else
/// reads the page too. Only after can_write.
void KvCache::make_writable(Running& sequence, std::int64_t first, std::int64_t end) {
  const auto owned = static_cast<std::int64_t>(sequence.pages.size());
  const auto shared_by = [&](std::int64_t i) {
    return holders_of(sequence, i).running + holders_of(sequence, i).kept - 1;
  };
  for (std::int64_t i = first / kPageTokens; i < owned; ++i) {
    // A session that gives way may leave the page to this sequence alone: then there is nothing to copy.
    while (shared_by(i) > 0 && free_pages_.empty()) give_way();
    if (shared_by(i) == 0) continue;
    const std::int32_t shared = sequence.pages[static_cast<std::size_t>(i)];
    const std::int32_t copy = take_page();
    copy_page(shared, copy);
    sequence.pages[static_cast<std::size_t>(i)] = copy;
    release_running(shared);
  }
  while (static_cast<std::int64_t>(sequence.pages.size()) < pages_for(end)) sequence.pages.push_back(take_page());
}

/// A free page, now held by one running sequence; sessions give way for it.
std::int32_t KvCache::take_page() {
  while (free_pages_.empty()) give_way();
  const std::int32_t page = free_pages_.back();
  free_pages_.pop_back();
  holders_[static_cast<std::size_t>(page)].running = 1;
  ++pages_running_;
  return page;
}

/// Takes the last page from the least recently used session: its beginning, which others may share, goes last.
void KvCache::give_way() {
  const auto oldest = std::min_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) {
    return a.second.last_used < b.second.last_used;
  });
  assert(oldest != sessions_.end());
  Kept& kept = oldest->second;
  release_kept(kept.pages.back());
  kept.pages.pop_back();
  kept.tokens.resize(kept.pages.size() * static_cast<std::size_t>(kPageTokens));
  if (kept.pages.empty()) sessions_.erase(oldest);
}

void KvCache::release_running(std::int32_t page) {
  Holders& holders = holders_[static_cast<std::size_t>(page)];
  if (--holders.running > 0) return;
  --pages_running_;
  if (holders.kept == 0) free_pages_.push_back(page);
}

void KvCache::release_kept(std::int32_t page) {
  Holders& holders = holders_[static_cast<std::size_t>(page)];
  if (--holders.kept == 0 && holders.running == 0) free_pages_.push_back(page);
}

void KvCache::forget(std::map<std::uint64_t, Kept>::iterator session) {
  for (const std::int32_t page : session->second.pages) release_kept(page);
  sessions_.erase(session);
}

bool KvCache::reserve(SequenceId sequence, std::int64_t count) {
  Running& run = running(sequence);
  const auto length = static_cast<std::int64_t>(run.tokens.size());
  if (!can_write(run, length, length + count)) return false;
  make_writable(run, length, length + count);
  return true;
}

void KvCache::commit(SequenceId sequence, std::span<const std::int32_t> ids) {
  Running& run = running(sequence);
  assert(run.tokens.size() + ids.size() <= run.pages.size() * static_cast<std::size_t>(kPageTokens));
  run.tokens.insert(run.tokens.end(), ids.begin(), ids.end());
}

std::int64_t KvCache::length(SequenceId sequence) const {
  return static_cast<std::int64_t>(running(sequence).tokens.size());
}

void KvCache::truncate(SequenceId sequence, std::int64_t length) {
  Running& run = running(sequence);
  assert(length >= 0 && length <= static_cast<std::int64_t>(run.tokens.size()));
  run.tokens.resize(static_cast<std::size_t>(length));
  while (static_cast<std::int64_t>(run.pages.size()) > pages_for(length)) {
    release_running(run.pages.back());
    run.pages.pop_back();
  }
}

void KvCache::close(SequenceId sequence) {
  truncate(sequence, length(sequence));  // pages that were reserved and not used
  Running run = std::move(running(sequence));
  sequences_.erase(sequence);
  if (run.session != 0 && !run.tokens.empty()) {
    if (const auto kept = sessions_.find(run.session); kept != sessions_.end()) forget(kept);
    for (const std::int32_t page : run.pages) ++holders_[static_cast<std::size_t>(page)].kept;
    Kept& kept = sessions_[run.session];
    kept.tokens = run.tokens;
    kept.pages = run.pages;
    kept.last_used = ++clock_;
  }
  for (const std::int32_t page : run.pages) release_running(page);
}

void KvCache::drop(std::uint64_t session) {
  if (const auto kept = sessions_.find(session); kept != sessions_.end()) forget(kept);
  for (auto& [id, sequence] : sequences_) {
    if (sequence.session == session) sequence.session = 0;
  }
}

std::int64_t KvCache::capacity_tokens() const { return num_pages_ * kPageTokens; }

std::int64_t KvCache::free_tokens() const { return static_cast<std::int64_t>(free_pages_.size()) * kPageTokens; }

KvPool KvCache::pool() {
  return {storage_.mutable_data(), storage_.dtype(),          num_pages_, geometry_.num_layers,
          geometry_.num_kv_heads,  kPageTokens, geometry_.head_dim};
}

void KvCache::copy_page(std::int64_t from, std::int64_t to) {
  if (backend_ != nullptr) return backend_->copy_page(pool(), from, to);
  pool().copy_page(from, to);
}

void KvCache::read_page(std::int64_t page, std::byte* to) {
  if (backend_ != nullptr) return backend_->read_page(pool(), page, to);
  pool().copy_out(page, to);
}

void KvCache::write_page(std::int64_t page, const std::byte* from) {
  if (backend_ != nullptr) return backend_->write_page(pool(), page, from);
  pool().copy_in(page, from);
}

std::span<const std::int32_t> KvCache::pages(SequenceId sequence) const { return running(sequence).pages; }

KvCache::Running& KvCache::running(SequenceId sequence) {
  const auto found = sequences_.find(sequence);
  assert(found != sequences_.end());
  return found->second;
}

const KvCache::Running& KvCache::running(SequenceId sequence) const {
  const auto found = sequences_.find(sequence);
  assert(found != sequences_.end());
  return found->second;
}

}  // namespace engine
