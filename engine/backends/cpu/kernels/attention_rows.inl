// Attention's products once, written over Vec: included by attention_portable.cpp, attention_avx2.cpp and
// attention_avx512.cpp after the Vec of that instruction set; what they compute stands in attention_kernels.h. As in
// kernels.inl nothing here comes from the standard library's inline code.

namespace engine {
namespace {

enum class Stored { F32, F16, BF16 };

template <Stored kStored>
constexpr std::size_t kElementBytes = kStored == Stored::F32 ? 4 : 2;

template <Stored kStored>
Vec load_elements(const std::byte* p) {
  if constexpr (kStored == Stored::F32) return Vec::load(p);
  if constexpr (kStored == Stored::F16) return Vec::load_f16(p);
  if constexpr (kStored == Stored::BF16) return Vec::load_bf16(p);
}

template <Stored kStored>
Vec load_elements(const std::byte* p, std::size_t n) {
  if (n >= Vec::kWidth) return load_elements<kStored>(p);
  if constexpr (kStored == Stored::F32) return Vec::load_first(p, n);
  if constexpr (kStored == Stored::F16) return Vec::load_f16_first(p, n);
  if constexpr (kStored == Stored::BF16) return Vec::load_bf16_first(p, n);
}

std::size_t smaller(std::size_t a, std::size_t b) { return a < b ? a : b; }

/// M rows of `a` times 2 * V vectors of pairs, `lanes` elements from `offset` bytes on in every pair of rows (all of the
/// vectors unless kEdge). Lane 2 c + e sums the products of column c and element e; neighbours are added at the end.
template <Stored kStored, bool kEdge, std::size_t M, std::size_t V>
void multiply_strip(const float* a, std::size_t a_stride, const PairedBlocks& b, std::size_t offset, std::size_t lanes,
                    float* out, std::size_t out_stride, bool add_to_out) {
  constexpr std::size_t kVectorBytes = Vec::kWidth * kElementBytes<kStored>;
  const std::size_t pair_bytes = 2 * b.columns * kElementBytes<kStored>;
  std::size_t counts[2 * V];
#pragma GCC unroll 16
  for (std::size_t v = 0; v < 2 * V; ++v) {
    counts[v] = lanes < v * Vec::kWidth ? 0 : smaller(lanes - v * Vec::kWidth, Vec::kWidth);
  }
  Vec sums[M][2 * V];
#pragma GCC unroll 16
  for (std::size_t m = 0; m < M; ++m) {
#pragma GCC unroll 16
    for (std::size_t v = 0; v < 2 * V; ++v) sums[m][v] = Vec::set(0.0f);
  }
  for (std::size_t first = 0, block = 0; first < b.pairs; first += b.block_pairs, ++block) {
    const std::byte* at = b.blocks[block] + offset;
    const std::byte* ahead = b.blocks[block + PairedBlocks::kAhead] + offset;
    const std::size_t steps = smaller(b.block_pairs, b.pairs - first);
    for (std::size_t j = 0; j < steps; ++j, at += pair_bytes, ahead += pair_bytes) {
      Vec row[2 * V];
#pragma GCC unroll 16
      for (std::size_t v = 0; v < 2 * V; ++v) {
        row[v] = kEdge ? load_elements<kStored>(at + v * kVectorBytes, counts[v])
                       : load_elements<kStored>(at + v * kVectorBytes);
      }
      for (std::size_t byte = 0; byte < 2 * V * kVectorBytes; byte += 64) {
        __builtin_prefetch(ahead + byte, 0, 2);  // to the second cache level: the first is full
      }
#pragma GCC unroll 16
      for (std::size_t m = 0; m < M; ++m) {
        const Vec factors = Vec::set_pair(a + m * a_stride + 2 * (first + j));
#pragma GCC unroll 16
        for (std::size_t v = 0; v < 2 * V; ++v) sums[m][v] = Vec::fma(factors, row[v], sums[m][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (std::size_t m = 0; m < M; ++m) {
#pragma GCC unroll 16
    for (std::size_t v = 0; v < V; ++v) {
      const Vec sum = Vec::add_neighbours(sums[m][2 * v], sums[m][2 * v + 1]);
      std::byte* const to = reinterpret_cast<std::byte*>(out + m * out_stride + v * Vec::kWidth);
      const std::size_t columns = kEdge ? (counts[2 * v] + counts[2 * v + 1]) / 2 : Vec::kWidth;
      if (kEdge && columns < Vec::kWidth) {
        Vec::store_first(to, columns, add_to_out ? Vec::add(Vec::load_first(to, columns), sum) : sum);
      } else {
        Vec::store(to, add_to_out ? Vec::add(Vec::load(to), sum) : sum);
      }
    }
  }
}

template <Stored kStored, std::size_t M>
void multiply_columns(const float* a, std::size_t a_stride, const PairedBlocks& b, float* out, std::size_t out_stride,
                      bool add_to_out) {
  // As many sums as registers hold: with few rows more columns at a time, so that no sum waits for the one before.
  constexpr std::size_t kSums = Vec::kTileRows * Vec::kTileVectors;
  constexpr std::size_t V = 4 * M <= kSums ? 2 : 1;
  std::size_t c = 0;
  for (; c + V * Vec::kWidth <= b.columns; c += V * Vec::kWidth) {
    multiply_strip<kStored, false, M, V>(a, a_stride, b, 2 * c * kElementBytes<kStored>, 2 * V * Vec::kWidth, out + c,
                                         out_stride, add_to_out);
  }
  if (c < b.columns) {
    multiply_strip<kStored, true, M, V>(a, a_stride, b, 2 * c * kElementBytes<kStored>, 2 * (b.columns - c), out + c,
                                        out_stride, add_to_out);
  }
}

// The number of rows is a template argument so that the sums stay in registers: counts down to the one that fits.
template <Stored kStored, std::size_t M>
void multiply_at_most(const float* a, std::size_t a_stride, std::size_t rows, const PairedBlocks& b, float* out,
                      std::size_t out_stride, bool add_to_out) {
  if (rows == M) {
    multiply_columns<kStored, M>(a, a_stride, b, out, out_stride, add_to_out);
  } else if constexpr (M > 1) {
    multiply_at_most<kStored, M - 1>(a, a_stride, rows, b, out, out_stride, add_to_out);
  }
}

template <Stored kStored>
void multiply(const float* a, std::size_t a_stride, std::size_t rows, const PairedBlocks& b, float* out,
              std::size_t out_stride, bool add_to_out) {
  // Groups of equal size: 8 rows of at most 6 are 4 and 4, whose sums hide each other's latency, not 6 and 2.
  std::size_t groups = (rows + Vec::kTileRows - 1) / Vec::kTileRows;
  for (std::size_t m = 0; m < rows; --groups) {
    const std::size_t count = (rows - m + groups - 1) / groups;
    multiply_at_most<kStored, Vec::kTileRows>(a + m * a_stride, a_stride, count, b, out + m * out_stride, out_stride,
                                              add_to_out);
    m += count;
  }
}

void pair(const float* even, const float* odd, std::size_t n, float* to) {
  const auto load = [](const float* p) { return Vec::load(reinterpret_cast<const std::byte*>(p)); };
  std::size_t i = 0;
  for (; i + Vec::kWidth <= n; i += Vec::kWidth) {
    Vec low, high;
    Vec::interleave(load(even + i), load(odd + i), low, high);
    Vec::store(reinterpret_cast<std::byte*>(to + 2 * i), low);
    Vec::store(reinterpret_cast<std::byte*>(to + 2 * i + Vec::kWidth), high);
  }
  for (; i < n; ++i) {
    to[2 * i] = even[i];
    to[2 * i + 1] = odd[i];
  }
}

constexpr AttentionKernels kAttentionTable = {Vec::kName, multiply<Stored::F32>, multiply<Stored::F16>,
                                              multiply<Stored::BF16>, pair};

}  // namespace
}  // namespace engine
