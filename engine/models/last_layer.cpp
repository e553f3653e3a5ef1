#include "engine/models/last_layer.h"

#include <vector>

#include "engine/layers/head.h"

namespace engine {
namespace {

/// The rows that want logits, as if they had been fed alone.
BatchRows only_asked(const BatchRows& rows) {
  BatchRows result;
  for (const std::int64_t row : rows.asked) {
    const auto place = static_cast<std::size_t>(row);
    result.ids.push_back(rows.ids[place]);
    result.positions.push_back(rows.positions[place]);
    result.lengths.push_back(rows.lengths[place]);
    result.asked.push_back(static_cast<std::int64_t>(result.asked.size()));
  }
  std::int64_t first = 0;  // of the asked
  for (const SequenceRows& sequence : rows.sequences) {
    for (std::int64_t row = sequence.first_row; row < sequence.first_row + sequence.rows; ++row) {
      if (first == static_cast<std::int64_t>(rows.asked.size())) return result;
      if (rows.asked[static_cast<std::size_t>(first)] != row) continue;
      const std::int64_t position = sequence.first_position + row - sequence.first_row;
      result.sequences.push_back({first++, 1, position, sequence.pages});
    }
  }
  return result;
}

/// The first rows of x become those that `rows` names. By way of `between`, for rows may overlap and a device copies them
/// all at once.
void keep_rows(Backend& backend, std::span<const std::int64_t> rows, Tensor& between, Tensor& x) {
  const auto count = static_cast<std::int64_t>(rows.size());
  Tensor copy = between.first(count), kept = x.first(count);
  backend.gather_rows(x, rows, copy);
  backend.gather_rows(copy, first_rows(rows.size()), kept);
}

}  // namespace

std::int64_t attention_of_last_layer(Backend& backend, const AttentionWeights& weights, const KvPool& pool,
                                     std::int64_t layer, const BatchRows& rows, const Rope& rope, Activations& a,
                                     SubLayerOutput to) {
  append_keys_and_values(backend, weights, pool, layer, rows.sequences, static_cast<std::int64_t>(rows.ids.size()), a);
  const BatchRows asked = only_asked(rows);
  const auto count = static_cast<std::int64_t>(asked.ids.size());
  if (count == 0) return 0;
  backend.set_fine_rows(asked.asked);
  keep_rows(backend, rows.asked, a.head_in, a.x);
  keep_rows(backend, rows.asked, a.head_in, a.normed);
  Tensor cosines = a.cosines.first(count), sines = a.sines.first(count);
  rope.fill(backend, asked.positions, asked.lengths, cosines, sines);
  attention_of_appended(backend, weights, pool, layer, asked.sequences, count, a, to);
  return count;
}

}  // namespace engine
