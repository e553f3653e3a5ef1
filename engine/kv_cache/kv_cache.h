#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/tensor/tensor.h"
#include "engine/types.h"

namespace engine {

/// What one cached position holds.
struct KvGeometry {
  std::int64_t num_layers = 0;
  std::int64_t num_kv_heads = 0;
  std::int64_t head_dim = 0;
  KvType type = KvType::F32;  ///< never Auto here
  /// Bytes of keys and values of one position over all layers.
  std::uint64_t bytes_per_token() const;
};

/// A running sequence in the cache.
using SequenceId = std::uint32_t;

/// Keys and values of all conversations, in pages of a fixed number of positions from one pool, allocated once.
/// A session (a conversation) keeps its pages after its sequence was closed, so that the next turn, an edit or a
/// regeneration finds the longest common prefix again; least recently used sessions give way when room is needed.
/// Whole pages of a common prefix are shared between sequences; a page that is shared is copied before it is written.
/// Engine thread only.
class KvCache {
 public:
  static constexpr std::int64_t kPageTokens = 32;
  /// Numbers of sessions from here on are the cache's own.
  static constexpr std::uint64_t kFirstOwnSession = std::uint64_t{1} << 63;

  /// Room for `capacity_tokens` positions (rounded up to pages) where `backend`, which outlives the cache, computes; in CPU
  /// memory where it is null. Throws Error(OutOfMemory).
  KvCache(const KvGeometry& geometry, std::int64_t capacity_tokens, Backend* backend = nullptr);
  ~KvCache();

  struct Opened {
    SequenceId sequence = 0;
    std::int64_t cached = 0;  ///< positions already there; always < tokens.size(), so that one forward is left for logits
  };
  /// Starts a sequence for `tokens` (the whole prompt): finds the longest prefix that a session has cached and reserves
  /// room for the rest. `session` 0 looks up but keeps nothing at close(). Nothing if running sequences hold too many
  /// pages just now (try again when one ended). Throws Error(ContextFull) if it could never fit.
  std::optional<Opened> open(std::uint64_t session, std::span<const std::int32_t> tokens);

  /// Makes room for `count` more positions; false if that cannot be had now.
  bool reserve(SequenceId sequence, std::int64_t count);
  /// Says that positions [length, length + ids.size()) were written by a forward pass for these ids.
  void commit(SequenceId sequence, std::span<const std::int32_t> ids);
  /// Committed positions.
  std::int64_t length(SequenceId sequence) const;
  /// Forgets positions from `length` on.
  void truncate(SequenceId sequence, std::int64_t length);
  /// Ends the sequence; what it committed stays cached for its session.
  void close(SequenceId sequence);
  /// Forgets a session (its running sequence, if any, goes on).
  void drop(std::uint64_t session);

  /// Tokens whose keys and values lie in pages: token i in pages[i / kPageTokens].
  struct Contents {
    std::span<const std::int32_t> tokens, pages;
  };
  /// What a session keeps: nothing for one that is not known or whose sequence runs. Valid until the cache is changed.
  Contents kept(std::uint64_t session) const;
  bool is_running(std::uint64_t session) const;
  /// Keeps what a session has now, committed positions of its running sequence included, under another name as well: a
  /// session of the cache's own, for drop() when it was read. 0: the session has nothing.
  std::uint64_t keep_copy(std::uint64_t session);
  /// Appends up to a page of tokens to what a session keeps, whose pages must be full, and returns the page to be written
  /// at once; others give way, the session itself does not. Nothing: there is no room just now.
  std::optional<std::int32_t> extend(std::uint64_t session, std::span<const std::int32_t> ids);
  /// Leaves a session its first `pages` whole pages.
  void shorten(std::uint64_t session, std::int64_t pages);

  std::int64_t capacity_tokens() const;
  std::int64_t free_tokens() const;  ///< without taking from sessions
  const KvGeometry& geometry() const { return geometry_; }

  /// The pool and the pages of a sequence, for Backend::append_kv and attend. The pages are valid until the sequence is
  /// changed; they hold every position that was reserved.
  KvPool pool();
  std::span<const std::int32_t> pages(SequenceId sequence) const;
  /// Copies a page's contents to and from CPU memory, pool().page_bytes() in the order of KvPool::copy_out.
  void read_page(std::int64_t page, std::byte* to);
  void write_page(std::int64_t page, const std::byte* from);

 private:
  /// Tokens whose keys and values lie in pages: token i in pages[i / kPageTokens].
  struct Cached {
    std::vector<std::int32_t> tokens;
    std::vector<std::int32_t> pages;
  };
  struct Running : Cached {
    std::uint64_t session = 0;
  };
  struct Kept : Cached {
    std::uint64_t last_used = 0;  ///< of the cache's own clock: smallest gives way first
  };
  /// How many hold a page: running sequences cannot be asked to give way, sessions can.
  struct Holders {
    std::int32_t running = 0, kept = 0;
  };

  Running& running(SequenceId sequence);
  const Running& running(SequenceId sequence) const;
  Cached longest_prefix(std::span<const std::int32_t> tokens);
  bool can_write(const Running& sequence, std::int64_t first, std::int64_t end) const;
  void make_writable(Running& sequence, std::int64_t first, std::int64_t end);
  const Holders& holders_of(const Cached& cached, std::int64_t page) const;
  std::int32_t take_page();
  void give_way();
  void release_running(std::int32_t page);
  void release_kept(std::int32_t page);
  void forget(std::map<std::uint64_t, Kept>::iterator session);

  void copy_page(std::int64_t from, std::int64_t to);

  KvGeometry geometry_;
  Backend* backend_;  ///< null: CPU memory
  std::int64_t num_pages_;
  Tensor storage_;
  std::vector<Holders> holders_;           ///< by page
  std::vector<std::int32_t> free_pages_;
  std::int64_t pages_running_ = 0;         ///< held by at least one running sequence
  std::map<SequenceId, Running> sequences_;
  std::map<std::uint64_t, Kept> sessions_;
  SequenceId next_sequence_ = 1;
  std::uint64_t next_copy_ = kFirstOwnSession;
  std::uint64_t clock_ = 0;
};

}  // namespace engine
