#pragma once

#include <cstdint>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/models/model.h"

namespace engine {

/// A batch taken apart into what the operations read: one entry a token, except `sequences` (one for each run of tokens
/// of one sequence) and `asked` (the rows that want logits).
struct BatchRows {
  std::vector<std::int32_t> ids;
  std::vector<std::int64_t> positions;
  std::vector<std::int64_t> lengths;  ///< of the token's sequence
  std::vector<std::int64_t> asked;
  std::vector<SequenceRows> sequences;  ///< their pages are the cache's, valid until it is changed
};

/// Throws Error(InvalidRequest) where the batch breaks what Batch promises: positions of a sequence in order without a
/// gap, room reserved, sizes within the activations.
BatchRows rows_of(const Batch& batch, const KvCache& cache, const Activations& activations);

/// x [tokens, hidden] = the batch's own embeddings, or the rows of `table` [vocab, hidden] that its ids name.
/// Throws Error(InvalidRequest) for embeddings of another size, and for an id outside the table.
void embed(Backend& backend, const Tensor& table, const Batch& batch, const BatchRows& rows, Tensor& x);

}  // namespace engine
