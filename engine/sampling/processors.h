#pragma once

#include <cstdint>
#include <span>

namespace engine {

// Logits processors as pure functions over the scores [vocab_size] of one token, in place; -infinity means removed.
// Order, formulas and borders are those of transformers' generate() (generation/logits_process.py): every one keeps at
// least one token. None may be given NaN or +infinity. Any thread.

/// RepetitionPenaltyLogitsProcessor: once for each id in `tokens`, score < 0 ? score * penalty : score / penalty.
void apply_repetition_penalty(std::span<float> scores, std::span<const std::int32_t> tokens, double penalty);

/// TemperatureLogitsWarper: score / temperature, in float32. `temperature` > 0.
void apply_temperature(std::span<float> scores, double temperature);

/// TopKLogitsWarper: removes scores below the k-th largest; ties with it stay. `top_k` <= 0 does nothing.
void apply_top_k(std::span<float> scores, std::int64_t top_k);

/// TopPLogitsWarper: keeps the fewest of the most likely tokens whose probabilities sum to `top_p` or more. Of equal
/// scores the higher ids go first (the reference's sort leaves that open). 1 and above does nothing.
void apply_top_p(std::span<float> scores, double top_p);

/// MinPLogitsWarper: removes tokens whose probability is below `min_p` times the largest. 0 does nothing.
void apply_min_p(std::span<float> scores, double min_p);

}  // namespace engine
