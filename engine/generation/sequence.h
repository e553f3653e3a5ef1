#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/error.h"
#include "engine/generation/request_queue.h"
#include "engine/kv_cache/kv_cache.h"
#include "engine/sampling/sampler.h"
#include "engine/tokenizer/token_stream.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/types.h"

namespace engine {

/// What all sequences of one loaded model draw from. Immutable, outlives them.
struct Vocabulary {
  const Tokenizer* tokenizer = nullptr;       ///< null: the model brings none, and every text is empty
  std::int64_t size = 0;                      ///< width of the logits
  std::vector<std::int32_t> masked;           ///< ids without a piece: never drawn
  std::vector<std::int32_t> end_of_sequence;  ///< ids that end a reply, unless the request says otherwise
  std::int64_t context_length = 0;            ///< tokens that prompt and reply may have together
};

/// One running request: its tokens, its place in the KV cache, sampler, stream and stop rules. A prompt still to be
/// read and a token just drawn are the same thing to it: tokens whose keys and values are not computed yet. Engine
/// thread only.
class Sequence {
 public:
  /// Checks the request. Throws Error (InvalidRequest, ContextFull, or what `submitted` already carries) with the
  /// callbacks left where they are, so that the caller can report through them.
  Sequence(SubmittedRequest& submitted, const Vocabulary& vocabulary);

  RequestId id() const { return submitted_.id; }
  std::uint64_t session() const { return submitted_.request.session; }
  /// Prompt and reply so far.
  const std::vector<std::int32_t>& tokens() const { return tokens_; }

  std::int64_t prompt_tokens() const { return static_cast<std::int64_t>(submitted_.prompt_ids.size()); }

  /// The place in the cache, from admission on.
  void place(const KvCache::Opened& opened);
  std::optional<SequenceId> cache_sequence() const { return cache_sequence_; }
  /// Tokens whose keys and values are computed.
  std::int64_t computed() const { return computed_; }
  std::int64_t pending() const { return static_cast<std::int64_t>(tokens_.size()) - computed_; }
  /// The next `count` pending tokens were computed.
  void mark_computed(std::int64_t count) { computed_ += count; }

  void update(const SamplingParams& sampling) { sampler_.update(sampling); }
  bool out_of_time(std::chrono::steady_clock::time_point now) const;

  /// Draws the next token from `logits` [vocab_size] and gives it to on_tokens. Returns why the reply ends with it, or
  /// nothing if it goes on. Throws Error as Sampler::sample, and what on_tokens throws.
  std::optional<FinishReason> advance(std::span<const float> logits);

  /// Calls on_finish, for the first and only time. `error` says why, or what should be known about it.
  void finish(FinishReason reason, const std::optional<Error>& error = {});

 private:
  SubmittedRequest submitted_;
  const Vocabulary& vocabulary_;
  std::vector<std::int32_t> end_of_sequence_;
  std::vector<std::int32_t> tokens_;
  std::int64_t computed_ = 0;
  std::int64_t cached_ = 0;
  std::optional<SequenceId> cache_sequence_;
  std::uint64_t seed_;
  Sampler sampler_;
  TokenStream stream_;
  std::optional<std::chrono::steady_clock::time_point> first_token_at_, last_token_at_;
};

/// Reports a request that never became a sequence.
void finish_unstarted(const SubmittedRequest& submitted, FinishReason reason, const std::optional<Error>& error = {});

}  // namespace engine
