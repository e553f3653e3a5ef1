#include "engine/kv_cache/snapshot.h"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/base/checksum.h"
#include "engine/base/error.h"
#include "engine/kv_cache/snapshot_file.h"

namespace engine {

namespace {

constexpr auto kPage = static_cast<std::size_t>(KvCache::kPageTokens);

std::string text_of(std::uint64_t number) { return std::to_string(number); }

/// The ids of a file that could be read back; none where there is no such file. Throws Error(InvalidRequest) where the
/// name is taken by something else, which is not ours to replace.
std::vector<std::int32_t> ids_in(const std::filesystem::path& path, const KvGeometry& geometry,
                                 const Fingerprint& fingerprint) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return {};
  const FileView file = FileView::open(path);
  if (file.bytes().empty()) return {};
  if (!is_snapshot(file.bytes())) {
    throw Error(ErrorCode::InvalidRequest, "The session is not saved: " + shown_name(path) +
                                               " is there already and is no saved session; choose another name.");
  }
  try {
    return read_snapshot_header(file, geometry, fingerprint).ids;
  } catch (const Error&) {
    return {};  // of another model, or damaged: its time is over
  }
}

}  // namespace

SnapshotWriter::SnapshotWriter(KvCache& cache, std::uint64_t session, const Fingerprint& fingerprint,
                               std::filesystem::path path, const SnapshotLimits& limits)
    : cache_(cache), copy_(cache.keep_copy(session)), fingerprint_(fingerprint), path_(std::move(path)) {
  try {
    begin(limits);
  } catch (...) {
    cache_.drop(copy_);
    throw;
  }
}

SnapshotWriter::~SnapshotWriter() { cache_.drop(copy_); }

void SnapshotWriter::begin(const SnapshotLimits& limits) {
  if (copy_ == 0) return give_up("The session is not saved: nothing of it is cached.");
  const auto tokens = cache_.kept(copy_).tokens;
  ids_.assign(tokens.begin(), tokens.end());
  tokens_ = static_cast<std::int64_t>(ids_.size());
  const std::size_t pages = (ids_.size() + kPage - 1) / kPage;
  file_bytes_ = snapshot_pages_offset(ids_.size()) + pages * cache_.pool().page_bytes();
  if (limits.max_bytes != 0 && file_bytes_ > limits.max_bytes) {
    return give_up("The session is not saved: its " + text_of(ids_.size()) + " tokens need " + text_of(file_bytes_) +
                   " bytes, " + text_of(limits.max_bytes) + " are allowed.");
  }
  const std::vector<std::int32_t> there = ids_in(path_, cache_.geometry(), fingerprint_);
  if (!limits.replace && there.size() >= ids_.size() && std::equal(ids_.begin(), ids_.end(), there.begin())) {
    tokens_ = static_cast<std::int64_t>(there.size());
    stored_ = finished_ = true;
    return cache_.drop(std::exchange(copy_, 0));
  }
  file_ = std::make_unique<OutputFile>(path_);
  file_->reserve(file_bytes_);
}

bool SnapshotWriter::step(std::uint64_t bytes) {
  const std::size_t pages = (ids_.size() + kPage - 1) / kPage;
  for (std::uint64_t done = 0; !finished_ && done < bytes && sums_.size() < pages; done += cache_.pool().page_bytes()) {
    if (cache_.kept(copy_).tokens.size() < ids_.size()) {
      give_up("The session is not saved: the KV cache needed its room for others.");
    } else {
      write_page();
    }
  }
  if (!finished_ && sums_.size() == pages) {
    file_->write_at(0, write_snapshot_header({cache_.geometry(), fingerprint_, ids_, sums_}));
    file_->commit_unsynced();
    file_.reset();
    stored_ = finished_ = true;
    cache_.drop(std::exchange(copy_, 0));
  }
  return finished_;
}

void SnapshotWriter::write_page() {
  const KvPool pool = cache_.pool();
  const std::size_t number = sums_.size();
  page_.resize(pool.page_bytes());
  cache_.read_page(cache_.kept(copy_).pages[number], page_.data());
  // Rows that are not used may be another chat's of long ago.
  if (const std::size_t used = ids_.size() - number * kPage; used < kPage) pool.clear_rows(page_, static_cast<std::int64_t>(used));
  file_->write_at(snapshot_pages_offset(ids_.size()) + number * pool.page_bytes(), page_);
  sums_.push_back(checksum(page_));
}

void SnapshotWriter::give_up(const std::string& reason) {
  reason_ = reason;
  file_.reset();
  finished_ = true;
  cache_.drop(std::exchange(copy_, 0));
}

SnapshotReader::SnapshotReader(KvCache& cache, std::uint64_t session, const Fingerprint& fingerprint,
                               const std::filesystem::path& path)
    : cache_(cache), session_(session), view_(FileView::open(path)) {
  SnapshotHeader header = read_snapshot_header(view_, cache.geometry(), fingerprint);
  if (static_cast<std::int64_t>(header.ids.size()) > cache.capacity_tokens()) {
    throw Error(ErrorCode::ContextFull, "The saved session " + shown_name(path) + " is not used: it has " +
                                            text_of(header.ids.size()) + " tokens, the context holds " +
                                            std::to_string(cache.capacity_tokens()) + ".");
  }
  ids_ = std::move(header.ids);
  sums_ = std::move(header.sums);
  const auto kept = cache.kept(session).tokens;
  const auto same = static_cast<std::size_t>(std::mismatch(kept.begin(), kept.end(), ids_.begin(), ids_.end()).first - kept.begin());
  // What the cache has and the file has not is newer: it went on from, or away from, what was saved.
  if (cache.is_running(session) || same < kept.size() || same == ids_.size()) {
    finished_ = true;
  } else {
    cache.shorten(session, static_cast<std::int64_t>(same / kPage));
    next_ = same / kPage;
  }
}

bool SnapshotReader::step(std::uint64_t bytes) {
  for (std::uint64_t done = 0; !finished_ && done < bytes; done += cache_.pool().page_bytes()) {
    read_page();
    if (next_ == sums_.size()) finished_ = true;
  }
  return finished_;
}

void SnapshotReader::read_page() {
  const std::size_t first = next_ * kPage, bytes = cache_.pool().page_bytes();
  if (cache_.is_running(session_) || cache_.kept(session_).tokens.size() != first) {
    return end_early("The saved session " + shown_name(view_.path()) + " is used in part: its room was needed meanwhile.");
  }
  const auto ids = std::span<const std::int32_t>(ids_).subspan(first, std::min(kPage, ids_.size() - first));
  // A copy, for the file could change between the check and the use.
  const auto stored = view_.bytes().subspan(snapshot_pages_offset(ids_.size()) + next_ * bytes, bytes);
  page_.assign(stored.begin(), stored.end());
  if (checksum(page_) != sums_[next_]) {
    damaged_ = true;
    return end_early("The saved session " + shown_name(view_.path()) + " is damaged from token " + text_of(first) +
                     " on (a checksum is another); what follows is read again.");
  }
  const std::optional<std::int32_t> page = cache_.extend(session_, ids);
  if (!page.has_value()) {
    return end_early("The saved session " + shown_name(view_.path()) + " is used in part: other replies need the room.");
  }
  cache_.write_page(*page, page_.data());
  ++next_;
  tokens_ += static_cast<std::int64_t>(ids.size());
}

void SnapshotReader::end_early(const std::string& reason) {
  reason_ = reason;
  finished_ = true;
}

}  // namespace engine
