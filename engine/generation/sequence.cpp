#include "engine/generation/sequence.h"

#include <algorithm>
#include <cassert>
#include <random>
#include <string>

namespace engine {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

/// A seed that a person can type in again: 31 bits, never 0.
std::uint64_t fresh_seed() {
  std::random_device device;
  return (std::uint64_t{device()} & 0x7fffffff) | 1;
}

/// Throws where the request cannot be run. Returns it, so that it can stand in an initialiser list.
SubmittedRequest& checked(SubmittedRequest& submitted, const Vocabulary& vocabulary) {
  if (submitted.error) throw *submitted.error;
  const GenerationRequest& request = submitted.request;
  check_sampling(request.sampling);
  if (submitted.prompt_ids.empty()) {
    throw Error(ErrorCode::InvalidRequest, "The prompt is empty; a reply needs at least one token to follow.");
  }
  for (const std::int32_t id : submitted.prompt_ids) {
    if (id < 0 || id >= vocabulary.size) {
      throw Error(ErrorCode::InvalidRequest, "The prompt holds the token id " + std::to_string(id) +
                                                 ", but the model knows ids from 0 to " +
                                                 std::to_string(vocabulary.size - 1) + ".");
    }
  }
  if (static_cast<std::int64_t>(submitted.prompt_ids.size()) >= vocabulary.context_length) {
    throw Error(ErrorCode::ContextFull, "The prompt has " + std::to_string(submitted.prompt_ids.size()) +
                                            " tokens, but the context holds " +
                                            std::to_string(vocabulary.context_length) +
                                            " for prompt and reply together; shorten it or start a new conversation.");
  }
  if (request.session >= KvCache::kFirstOwnSession) {
    throw Error(ErrorCode::InvalidRequest, "The session number " + std::to_string(request.session) + " is not below 2^63.");
  }
  if (request.max_new_tokens < 0) {
    throw Error(ErrorCode::InvalidRequest,
                "max_new_tokens must be 0 or more, not " + std::to_string(request.max_new_tokens) + ".");
  }
  if (!(request.max_time_s >= 0)) throw Error(ErrorCode::InvalidRequest, "max_time_s must be 0 or more.");
  if (request.logprobs < 0) throw Error(ErrorCode::InvalidRequest, "logprobs must be 0 or more.");
  for (const std::string& stop : request.stop) {
    if (stop.empty())
      throw Error(ErrorCode::InvalidRequest, "A stop string is empty; it would end every reply at once.");
  }
  return submitted;
}

/// A callback that throws has nobody left to be told to, and must not take the other requests with it.
void report(const FinishCallback& on_finish, const GenerationResult& result) {
  try {
    if (on_finish) on_finish(result);
  } catch (...) {
  }
}

}  // namespace

Sequence::Sequence(SubmittedRequest& submitted, const Vocabulary& vocabulary)
    : submitted_(std::move(checked(submitted, vocabulary))),
      vocabulary_(vocabulary),
      end_of_sequence_(submitted_.request.eos_token_ids.value_or(vocabulary.end_of_sequence)),
      tokens_(submitted_.prompt_ids),
      seed_(submitted_.request.sampling.seed != 0 ? submitted_.request.sampling.seed : fresh_seed()),
      sampler_(submitted_.request.sampling, seed_, vocabulary.masked),
      stream_(vocabulary.tokenizer, submitted_.request.stop) {}

void Sequence::place(const KvCache::Opened& opened) {
  assert(opened.cached < static_cast<std::int64_t>(tokens_.size()));
  cache_sequence_ = opened.sequence;
  computed_ = cached_ = opened.cached;
}

bool Sequence::out_of_time(Clock::time_point now) const {
  const double limit = submitted_.request.max_time_s;
  return limit > 0 && seconds_between(submitted_.submitted_at, now) >= limit;
}

std::optional<FinishReason> Sequence::advance(std::span<const float> logits) {
  const Sampler::Drawn drawn = sampler_.sample(logits, tokens_);
  last_token_at_ = Clock::now();
  if (!first_token_at_) first_token_at_ = last_token_at_;
  tokens_.push_back(drawn.id);

  const bool ended = std::find(end_of_sequence_.begin(), end_of_sequence_.end(), drawn.id) != end_of_sequence_.end();
  TokenEvent event{drawn.id, ended ? "" : stream_.push(drawn.id), drawn.logprob, {}};
  for (const Likely& likely : most_likely(logits, submitted_.request.logprobs)) {
    std::string text = vocabulary_.tokenizer ? vocabulary_.tokenizer->decode({&likely.id, 1}, false) : "";
    event.alternatives.push_back({likely.id, std::move(text), likely.logprob});
  }
  if (submitted_.on_tokens) submitted_.on_tokens(event);

  if (ended || stream_.stopped()) return FinishReason::Stop;
  const auto reply = static_cast<std::int64_t>(tokens_.size() - submitted_.prompt_ids.size());
  if (submitted_.request.max_new_tokens > 0 && reply >= submitted_.request.max_new_tokens) return FinishReason::Length;
  if (static_cast<std::int64_t>(tokens_.size()) >= vocabulary_.context_length) return FinishReason::Length;
  if (out_of_time(*last_token_at_)) return FinishReason::Time;
  return std::nullopt;
}

void Sequence::finish(FinishReason reason, const std::optional<Error>& error) {
  GenerationResult result;
  result.finish_reason = reason;
  if (error) {
    result.error_code = error->code();
    result.error = error->what();
  }
  if (!stream_.stopped()) result.tail_text = stream_.finish();
  const auto prompt = static_cast<std::ptrdiff_t>(submitted_.prompt_ids.size());
  result.ids.assign(tokens_.begin() + prompt, tokens_.end());
  result.prompt_tokens = prompt;
  result.cached_tokens = cached_;
  result.completion_tokens = static_cast<std::int64_t>(result.ids.size());
  result.seed = seed_;
  if (first_token_at_) {
    result.time_to_first_token_s = seconds_between(submitted_.submitted_at, *first_token_at_);
    const double decoding = seconds_between(*first_token_at_, *last_token_at_);
    if (decoding > 0) result.decode_tok_s = static_cast<double>(result.completion_tokens - 1) / decoding;
  }
  report(submitted_.on_finish, result);
}

void finish_unstarted(const SubmittedRequest& submitted, FinishReason reason, const std::optional<Error>& error) {
  GenerationResult result;
  result.finish_reason = reason;
  result.prompt_tokens = static_cast<std::int64_t>(submitted.prompt_ids.size());
  result.seed = submitted.request.sampling.seed;
  if (error) {
    result.error_code = error->code();
    result.error = error->what();
  }
  report(submitted.on_finish, result);
}

}  // namespace engine
