#include "engine/models/batch_rows.h"

#include <algorithm>
#include <string>

#include "engine/base/error.h"
#include "engine/layers/activations.h"

namespace engine {

BatchRows rows_of(const Batch& batch, const KvCache& cache, const Activations& activations) {
  BatchRows rows;
  const BatchToken* previous = nullptr;
  for (const BatchToken& token : batch.tokens) {
    const auto row = static_cast<std::int64_t>(rows.ids.size());
    const bool continues = previous != nullptr && previous->sequence == token.sequence;
    if (continues && token.position != previous->position + 1) {
      throw Error(ErrorCode::InvalidRequest, "A batch has position " + std::to_string(token.position) +
                                                 " after position " + std::to_string(previous->position) +
                                                 " of the same sequence");
    }
    if (!continues) rows.sequences.push_back({row, 0, token.position, cache.pages(token.sequence)});
    SequenceRows& sequence = rows.sequences.back();
    ++sequence.rows;
    if (token.position < 0 ||
        token.position >= static_cast<std::int64_t>(sequence.pages.size()) * KvCache::kPageTokens) {
      throw Error(ErrorCode::InvalidRequest,
                  "Position " + std::to_string(token.position) + " of a sequence was not reserved in the KV cache");
    }
    if (token.wants_logits) rows.asked.push_back(row);
    rows.ids.push_back(token.id);
    rows.positions.push_back(token.position);
    rows.lengths.push_back(token.sequence_length);
    previous = &token;
  }
  for (const SequenceRows& sequence : rows.sequences) {
    for (std::int64_t row = sequence.first_row; row < sequence.first_row + sequence.rows; ++row) {
      std::int64_t& length = rows.lengths[static_cast<std::size_t>(row)];
      length = std::max(length, sequence.first_position + sequence.rows);
    }
  }
  if (rows.ids.empty() || static_cast<std::int64_t>(rows.ids.size()) > activations.max_tokens() ||
      static_cast<std::int64_t>(rows.asked.size()) > activations.max_logits()) {
    throw Error(ErrorCode::InvalidRequest,
                "A batch of " + std::to_string(rows.ids.size()) + " tokens, " + std::to_string(rows.asked.size()) +
                    " of them with logits, does not fit activations for " + std::to_string(activations.max_tokens()) +
                    " and " + std::to_string(activations.max_logits()));
  }
  return rows;
}

void embed(Backend& backend, const Tensor& table, const Batch& batch, const BatchRows& rows, Tensor& x) {
  if (batch.embeddings.empty()) {
    backend.embed(table, rows.ids, x);
    return;
  }
  if (static_cast<std::int64_t>(batch.embeddings.size()) != x.count()) {
    throw Error(ErrorCode::InvalidRequest, "A batch of shape " + to_string(x.shape()) + " came with " +
                                               std::to_string(batch.embeddings.size()) + " numbers of embeddings");
  }
  backend.upload(std::as_bytes(batch.embeddings), x);
}

}  // namespace engine
