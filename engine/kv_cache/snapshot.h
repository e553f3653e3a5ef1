#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/file_view.h"
#include "engine/base/output_file.h"
#include "engine/kv_cache/kv_cache.h"

namespace engine {

/// What the cached keys and values of a token depend on beside the tokens up to it. Equal: they may stand in for each
/// other.
using Fingerprint = std::array<std::uint64_t, 2>;

struct SnapshotLimits {
  std::uint64_t max_bytes = 0;  ///< of the file; 0: any
  bool replace = false;         ///< write even where the file seems to hold the session already (its pages are damaged)
};

/// Writes a session's pages to a file (snapshot_file.h), a piece at a time. What the cache keeps for the session may
/// change meanwhile: the writer holds the pages as they were, unless the cache needs their room. Engine thread.
class SnapshotWriter {
 public:
  /// Finished at once where the session has nothing cached, a usable file at `path` holds all of it already, or the file
  /// would be too large; stored() and reason() tell. Throws Error: FileNotFound where the file cannot be made,
  /// InvalidRequest where `path` is a file of another kind.
  SnapshotWriter(KvCache& cache, std::uint64_t session, const Fingerprint& fingerprint, std::filesystem::path path,
                 const SnapshotLimits& limits);
  ~SnapshotWriter();  ///< an unfinished file is removed; what stood under the name stays
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  /// Writes about `bytes` more; with the last of them the file gets its name. Returns finished(). Throws Error as
  /// OutputFile does.
  bool step(std::uint64_t bytes);
  bool finished() const { return finished_; }
  bool stored() const { return stored_; }          ///< the file holds what the session had
  std::int64_t tokens() const { return tokens_; }  ///< in the file
  std::uint64_t bytes() const { return file_bytes_; }
  const std::string& reason() const { return reason_; }  ///< why it was not stored, in a sentence

 private:
  void begin(const SnapshotLimits& limits);
  void write_page();
  void give_up(const std::string& reason);

  KvCache& cache_;
  std::uint64_t copy_;  ///< the session's second name in the cache, which holds its pages; 0: let go
  Fingerprint fingerprint_;
  std::filesystem::path path_;
  std::vector<std::int32_t> ids_;
  std::vector<std::uint64_t> sums_;  ///< of the pages written so far
  std::vector<std::byte> page_;      ///< the one under way
  std::unique_ptr<OutputFile> file_;
  std::int64_t tokens_ = 0;
  std::uint64_t file_bytes_ = 0;
  std::string reason_;
  bool stored_ = false, finished_ = false;
};

/// Reads a session's pages back into the cache, a piece at a time; the next sequence of the session then finds them as a
/// prefix, token by token. Trusts nothing in the file; a page whose checksum is wrong ends the session before it.
/// Engine thread.
class SnapshotReader {
 public:
  /// Finished at once where the cache holds as much of the session, or something newer, or its sequence runs. Throws
  /// Error: FileNotFound, CorruptFile (cut short, damaged), InvalidRequest (another model, cache type or version),
  /// ContextFull (more tokens than the cache is made for).
  SnapshotReader(KvCache& cache, std::uint64_t session, const Fingerprint& fingerprint,
                 const std::filesystem::path& path);

  /// Reads about `bytes` more. Returns finished().
  bool step(std::uint64_t bytes);
  bool finished() const { return finished_; }
  bool damaged() const { return damaged_; }
  std::int64_t tokens() const { return tokens_; }  ///< brought into the cache
  std::uint64_t bytes() const { return view_.bytes().size(); }
  const std::string& reason() const { return reason_; }  ///< why it ended early, in a sentence; empty: it did not

 private:
  void read_page();
  void end_early(const std::string& reason);

  KvCache& cache_;
  std::uint64_t session_;
  FileView view_;
  std::vector<std::int32_t> ids_;
  std::vector<std::uint64_t> sums_;
  std::vector<std::byte> page_;  ///< the one under way
  std::size_t next_ = 0;         ///< its number
  std::int64_t tokens_ = 0;
  std::string reason_;
  bool damaged_ = false, finished_ = false;
};

}  // namespace engine
