#include "engine/backends/cpu/kv_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace engine {
namespace {

std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

/// RowKernels::narrow for the cache in 8 bits: whole blocks of Q8_0 (models.md 5.2). What no scale can hold, beyond
/// 127 * 65504, is cut to that; NaN becomes 0.
void narrow_to_q8_0(const float* from, std::size_t n, std::byte* to) {
  for (std::size_t begin = 0; begin < n; begin += 32, from += 32, to += block_bytes(DType::Q8_0)) {
    float largest = 0.0f;
    for (int i = 0; i < 32; ++i) largest = std::max(largest, std::fabs(from[i]));
    const std::uint16_t scale = f32_to_f16(std::min(largest / 127.0f, 65504.0f));
    const float step = f16_to_f32(scale);
    std::memcpy(to, &scale, sizeof scale);
    for (int i = 0; i < 32; ++i) {
      const float quotient = step > 0.0f && from[i] == from[i] ? from[i] / step : 0.0f;
      to[2 + i] =
          static_cast<std::byte>(static_cast<std::int8_t>(std::nearbyint(std::clamp(quotient, -127.0f, 127.0f))));
    }
  }
}

/// RowKernels::narrow for the cache in 16 bits. What float16 cannot hold is cut to its largest: an infinity would make all
/// that sees this position NaN.
void narrow_to_f16(const KernelTable& kernels, const float* from, std::size_t n, std::byte* to) {
  constexpr std::size_t kPiece = 64;
  float within[kPiece];
  for (std::size_t begin = 0; begin < n; begin += kPiece) {
    const std::size_t count = std::min(kPiece, n - begin);
    for (std::size_t i = 0; i < count; ++i) within[i] = std::clamp(from[begin + i], -65504.0f, 65504.0f);
    kernels.f16.narrow(within, count, to + 2 * begin);
  }
}

/// Row `slot` of a block of keys; `row` holds an even number of elements.
template <typename Element>
void place_key(const std::byte* row, std::size_t slot, std::size_t page_tokens, std::size_t pairs, std::byte* block) {
  constexpr std::size_t kPair = 2 * sizeof(Element);
  for (std::size_t j = 0; j < pairs; ++j) std::memcpy(block + (j * page_tokens + slot) * kPair, row + j * kPair, kPair);
}

/// A Pair holds two Elements, the first in its lower half (processors here are little-endian, as the files are).
template <typename Element, typename Pair>
void place_value(const std::byte* row, std::size_t slot, std::size_t head_dim, std::byte* block) {
  constexpr int kBits = 8 * sizeof(Element);
  std::byte* const to = block + slot / 2 * head_dim * sizeof(Pair);
  for (std::size_t d = 0; d < head_dim; ++d) {
    Element own;
    std::memcpy(&own, row + d * sizeof own, sizeof own);
    Pair pair = own;  // of an even slot, whose partner is not written yet
    if (slot % 2 != 0) {
      std::memcpy(&pair, to + d * sizeof pair, sizeof pair);
      pair = (pair & (~Pair{0} >> kBits)) | (Pair{own} << kBits);
    }
    std::memcpy(to + d * sizeof pair, &pair, sizeof pair);
  }
}

}  // namespace

void append_kv_rows(const KernelTable& kernels, const KvPool& pool, std::int64_t layer, const float* keys,
                    const float* values, std::span<const SequenceRows> sequences) {
  const std::size_t dim = size(pool.head_dim), tokens = size(pool.page_tokens), pairs = (dim + 1) / 2;
  const auto narrow = [&](const float* from, std::size_t n, std::byte* to) {
    if (pool.dtype == DType::F16) return narrow_to_f16(kernels, from, n, to);
    if (pool.dtype == DType::Q8_0) return narrow_to_q8_0(from, n, to);
    kernels.rows_of(pool.dtype).narrow(from, n, to);
  };
  const bool wide = pool.dtype == DType::F32;
  std::vector<std::byte> row(2 * pairs * sizeof(float));  // as stored; behind an odd head_dim a zero
  for (const SequenceRows& sequence : sequences) {
    for (std::int64_t t = 0; t < sequence.rows; ++t) {
      const std::int64_t position = sequence.first_position + t;
      const std::int64_t page = sequence.pages[size(position / pool.page_tokens)];
      const std::size_t slot = size(position % pool.page_tokens);
      for (std::int64_t head = 0; head < pool.num_kv_heads; ++head) {
        const std::int64_t from = ((sequence.first_row + t) * pool.num_kv_heads + head) * pool.head_dim;
        std::byte* const key_block = pool.keys(page, layer, head);
        std::byte* const value_block = pool.values(page, layer, head);
        if (!KvPool::is_paired(pool.dtype)) {
          narrow(keys + from, dim, key_block + slot * pool.row_bytes());
          narrow(values + from, dim, value_block + slot * pool.row_bytes());
          continue;
        }
        narrow(keys + from, dim, row.data());
        (wide ? place_key<std::uint32_t> : place_key<std::uint16_t>)(row.data(), slot, tokens, pairs, key_block);
        narrow(values + from, dim, row.data());
        (wide ? place_value<std::uint32_t, std::uint64_t>
              : place_value<std::uint16_t, std::uint32_t>)(row.data(), slot, dim, value_block);
      }
    }
  }
}

}  // namespace engine
