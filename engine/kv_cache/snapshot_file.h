#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/file_view.h"
#include "engine/kv_cache/snapshot.h"

namespace engine {

// A session on disk. All numbers little-endian:
//   "SottoKV" and a zero byte, version u32, type u32 (1 f32, 2 f16, 3 bf16, 4 q8_0); layers, kv heads, head_dim, tokens of
//   a page, tokens: u64 each; fingerprint 2 x u64; checksum u64 of all before the pages, itself as zero;
//   ids i32 [tokens], a checksum u64 for each page, zeros to a multiple of 4096;
//   then the pages as they lie in the pool, unused rows of the last one as zeros.
// What a token id means is the model's matter, so that the chat template needs no place here: where it renders the chat
// to other ids, these are other tokens.

/// All of a session file but its pages.
struct SnapshotHeader {
  KvGeometry geometry;
  Fingerprint fingerprint{};
  std::vector<std::int32_t> ids;
  std::vector<std::uint64_t> sums;  ///< of each page

  std::int64_t pages() const { return (static_cast<std::int64_t>(ids.size()) + KvCache::kPageTokens - 1) / KvCache::kPageTokens; }
};

/// Whether the bytes begin as a session file of any version does.
bool is_snapshot(std::span<const std::byte> bytes);

/// Where the pages of a file of `tokens` tokens begin.
std::uint64_t snapshot_pages_offset(std::uint64_t tokens);

/// The bytes before the pages; sums.size() must be pages().
std::vector<std::byte> write_snapshot_header(const SnapshotHeader& header);

/// Reads and checks everything before the pages, and that the file is as long as they make it. `geometry` and
/// `fingerprint` are what the file must have been written with. Throws Error: CorruptFile (cut short, damaged, not such
/// a file), InvalidRequest (sound, but of another version, model or cache type).
SnapshotHeader read_snapshot_header(const FileView& file, const KvGeometry& geometry, const Fingerprint& fingerprint);

}  // namespace engine
