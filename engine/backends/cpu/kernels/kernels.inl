// Each kernel once, written over Vec. Included by kernels_portable.cpp, kernels_avx2.cpp and kernels_avx512.cpp after
// the Vec of that instruction set; formulas and tolerances stand in kernel_table.h. Everything is in an unnamed
// namespace and nothing comes from the standard library's inline code, so that no function compiled for a wide
// instruction set can be the copy that the linker keeps for all.

namespace engine {
namespace {

constexpr std::size_t kWidth = Vec::kWidth;

const std::byte* bytes_of(const float* p) { return reinterpret_cast<const std::byte*>(p); }
std::byte* bytes_of(float* p) { return reinterpret_cast<std::byte*>(p); }

Vec load_floats(const float* p) { return Vec::load(bytes_of(p)); }
Vec load_floats(const float* p, std::size_t n) { return Vec::load_first(bytes_of(p), n); }
void store_floats(float* p, Vec v) { Vec::store(bytes_of(p), v); }
void store_floats(float* p, std::size_t n, Vec v) { Vec::store_first(bytes_of(p), n, v); }

// How elements of each storage type are read and written.
struct AsF32 {
  static constexpr std::size_t kSize = 4;
  static Vec load(const std::byte* p) { return Vec::load(p); }
  static Vec load_first(const std::byte* p, std::size_t n) { return Vec::load_first(p, n); }
  static void store(std::byte* p, Vec v) { Vec::store(p, v); }
  static void store_first(std::byte* p, std::size_t n, Vec v) { Vec::store_first(p, n, v); }
};
struct AsBf16 {
  static constexpr std::size_t kSize = 2;
  static Vec load(const std::byte* p) { return Vec::load_bf16(p); }
  static Vec load_first(const std::byte* p, std::size_t n) { return Vec::load_bf16_first(p, n); }
  static void store(std::byte* p, Vec v) { Vec::store_bf16(p, v); }
  static void store_first(std::byte* p, std::size_t n, Vec v) { Vec::store_bf16_first(p, n, v); }
};
struct AsF16 {
  static constexpr std::size_t kSize = 2;
  static Vec load(const std::byte* p) { return Vec::load_f16(p); }
  static Vec load_first(const std::byte* p, std::size_t n) { return Vec::load_f16_first(p, n); }
  static void store(std::byte* p, Vec v) { Vec::store_f16(p, v); }
  static void store_first(std::byte* p, std::size_t n, Vec v) { Vec::store_f16_first(p, n, v); }
};

// Only ever read: float64 weights are rounded to float32, to nearest even.
struct AsF64 {
  static constexpr std::size_t kSize = 8;
  static Vec load(const std::byte* p) { return load_first(p, kWidth); }
  static Vec load_first(const std::byte* p, std::size_t n) {
    double wide[kWidth] = {};
    __builtin_memcpy(wide, p, n * sizeof(double));
    float narrow[kWidth];
    for (std::size_t i = 0; i < kWidth; ++i) narrow[i] = static_cast<float>(wide[i]);
    return load_floats(narrow);
  }
};

// Sums of X activations times R rows over one step of kWidth elements: every vector of a row is widened once for all X,
// every vector of x loaded once for all R.
template <typename As, std::size_t X, std::size_t R>
void dot_step(const float* x, std::size_t x_stride, const std::byte* rows, std::size_t row_bytes, Vec (&sums)[X][R]) {
  Vec xs[X];
  for (std::size_t i = 0; i < X; ++i) xs[i] = load_floats(x + i * x_stride);
  for (std::size_t r = 0; r < R; ++r) {
    const Vec row = As::load(rows + r * row_bytes);
    for (std::size_t i = 0; i < X; ++i) sums[i][r] = Vec::fma(row, xs[i], sums[i][r]);
  }
}

// Registers that share a sum, vector by vector in turn: 16 floats wide together, so that a sum that is alone waits for the
// one before it no longer than memory takes to bring 64 bytes.
constexpr std::size_t kDotSums = kWidth < 16 ? 2 : 1;

template <typename As, std::size_t X, std::size_t R>
void dot_block(const float* x, std::size_t x_stride, const std::byte* rows, std::size_t row_bytes, std::size_t n,
               float* out, std::size_t out_stride) {
  constexpr std::size_t kCacheLine = 64 / As::kSize, kTurn = kDotSums * kWidth;
  constexpr std::size_t kStep = kCacheLine > kTurn ? kCacheLine : kTurn;  // elements, whole lines and turns
  Vec sums[kDotSums][X][R];
  for (std::size_t s = 0; s < kDotSums; ++s) {
    for (std::size_t i = 0; i < X; ++i) {
      for (std::size_t r = 0; r < R; ++r) sums[s][i][r] = Vec::set(0.0f);
    }
  }
  std::size_t k = 0;
  const auto turn = [&](std::size_t at) {
    for (std::size_t s = 0; s < kDotSums; ++s) {
      const std::size_t j = at + s * kWidth;
      dot_step<As>(x + j, x_stride, rows + j * As::kSize, row_bytes, sums[s]);
    }
  };
  for (; k + kStep <= n; k += kStep) {
    // One row alone is a stream that the hardware's own prefetcher follows at memory's speed. Of rows side by side it
    // loses track (Zen 4: half that speed), so those that come next are asked for in the order of their addresses; into
    // the second level, because long rows would push each other out of the first. Nothing is read behind the last row.
    if constexpr (R > 1) {
      const std::byte* const ahead = rows + 4 * row_bytes + R * k * As::kSize;
      for (std::size_t line = 0; line < R * kStep * As::kSize; line += 64) __builtin_prefetch(ahead + line, 0, 2);
    }
    for (std::size_t j = 0; j < kStep; j += kTurn) turn(k + j);
  }
  for (; k + kTurn <= n; k += kTurn) turn(k);
  if (kDotSums > 1 && k + kWidth <= n) {
    dot_step<As>(x + k, x_stride, rows + k * As::kSize, row_bytes, sums[0]);
    k += kWidth;
  }
  if (k < n) {
    for (std::size_t r = 0; r < R; ++r) {
      const Vec row = As::load_first(rows + r * row_bytes + k * As::kSize, n - k);
      for (std::size_t i = 0; i < X; ++i) {
        Vec& sum = sums[kDotSums - 1][i][r];
        sum = Vec::fma(row, load_floats(x + i * x_stride + k, n - k), sum);
      }
    }
  }
  for (std::size_t i = 0; i < X; ++i) {
    for (std::size_t r = 0; r < R; ++r) {
      out[i * out_stride + r] = Vec::sum(kDotSums > 1 ? Vec::add(sums[0][i][r], sums[kDotSums - 1][i][r]) : sums[0][i][r]);
    }
  }
}

template <typename As, std::size_t R>
void dot_rows(const float* x, std::size_t x_stride, std::size_t num_x, const std::byte* rows, std::size_t row_bytes,
              std::size_t n, float* out, std::size_t out_stride) {
  constexpr std::size_t kInputs = Vec::kDotInputs;
  std::size_t i = 0;
  for (; i + kInputs <= num_x; i += kInputs) {
    dot_block<As, kInputs, R>(x + i * x_stride, x_stride, rows, row_bytes, n, out + i * out_stride, out_stride);
  }
  for (; i < num_x; ++i) {
    dot_block<As, 1, R>(x + i * x_stride, x_stride, rows, row_bytes, n, out + i * out_stride, out_stride);
  }
}

template <typename As>
void dot(const float* x, std::size_t x_stride, std::size_t num_x, const std::byte* rows, std::size_t row_bytes,
         std::size_t num_rows, std::size_t n, float* out, std::size_t out_stride) {
  constexpr std::size_t kRows = Vec::kDotRows;
  constexpr std::size_t kStaysInCache = 4096;  // floats of x beside a row of weights, in the first level
  std::size_t r = 0;
  if (num_x > 1) {
    for (; r + kRows <= num_rows; r += kRows) {
      dot_rows<As, kRows>(x, x_stride, num_x, rows + r * row_bytes, row_bytes, n, out + r, out_stride);
    }
  } else if (n >= kStaysInCache) {
    for (; r + 4 <= num_rows; r += 4) {
      dot_block<As, 1, 4>(x, x_stride, rows + r * row_bytes, row_bytes, n, out + r, out_stride);
    }
  }
  for (; r < num_rows; ++r) {
    for (std::size_t i = 0; i < num_x; ++i) {
      dot_block<As, 1, 1>(x + i * x_stride, x_stride, rows + r * row_bytes, row_bytes, n, out + i * out_stride + r, out_stride);
    }
  }
}

// One strip of columns for X outputs: the sums stay in registers over all rows.
template <typename As, std::size_t X, std::size_t V>
void accumulate_block(const float* p, std::size_t p_stride, const std::byte* rows, std::size_t row_bytes,
                      std::size_t num_rows, float* out, std::size_t out_stride) {
  Vec sums[X][V];
  for (std::size_t i = 0; i < X; ++i) {
    for (std::size_t v = 0; v < V; ++v) sums[i][v] = load_floats(out + i * out_stride + v * kWidth);
  }
  for (std::size_t r = 0; r < num_rows; ++r) {
    Vec row[V];
    for (std::size_t v = 0; v < V; ++v) row[v] = As::load(rows + r * row_bytes + v * kWidth * As::kSize);
    for (std::size_t i = 0; i < X; ++i) {
      const Vec factor = Vec::set(p[i * p_stride + r]);
      for (std::size_t v = 0; v < V; ++v) sums[i][v] = Vec::fma(factor, row[v], sums[i][v]);
    }
  }
  for (std::size_t i = 0; i < X; ++i) {
    for (std::size_t v = 0; v < V; ++v) store_floats(out + i * out_stride + v * kWidth, sums[i][v]);
  }
}

template <typename As, std::size_t X>
void accumulate_columns(const float* p, std::size_t p_stride, const std::byte* rows, std::size_t row_bytes,
                        std::size_t num_rows, std::size_t n, float* out, std::size_t out_stride) {
  std::size_t k = 0;
  for (; k + 2 * kWidth <= n; k += 2 * kWidth) {
    accumulate_block<As, X, 2>(p, p_stride, rows + k * As::kSize, row_bytes, num_rows, out + k, out_stride);
  }
  for (; k + kWidth <= n; k += kWidth) {
    accumulate_block<As, X, 1>(p, p_stride, rows + k * As::kSize, row_bytes, num_rows, out + k, out_stride);
  }
  if (k < n) {
    for (std::size_t i = 0; i < X; ++i) {
      Vec sum = load_floats(out + i * out_stride + k, n - k);
      for (std::size_t r = 0; r < num_rows; ++r) {
        const Vec row = As::load_first(rows + r * row_bytes + k * As::kSize, n - k);
        sum = Vec::fma(Vec::set(p[i * p_stride + r]), row, sum);
      }
      store_floats(out + i * out_stride + k, n - k, sum);
    }
  }
}

template <typename As>
void accumulate(const float* p, std::size_t p_stride, std::size_t num_x, const std::byte* rows, std::size_t row_bytes,
                std::size_t num_rows, std::size_t n, float* out, std::size_t out_stride) {
  std::size_t i = 0;
  for (; i + 4 <= num_x; i += 4) {
    accumulate_columns<As, 4>(p + i * p_stride, p_stride, rows, row_bytes, num_rows, n, out + i * out_stride,
                              out_stride);
  }
  for (; i < num_x; ++i) {
    accumulate_columns<As, 1>(p + i * p_stride, p_stride, rows, row_bytes, num_rows, n, out + i * out_stride,
                              out_stride);
  }
}

constexpr std::size_t kTileColumns = Vec::kTileVectors * kWidth;

// kWidth columns of a panel. Squares of kWidth rows by kWidth elements are turned in registers.
template <typename As>
void pack_strip(const std::byte* rows, std::size_t row_bytes, std::size_t num_rows, std::size_t n, float* panel) {
  for (std::size_t k = 0; k < n; k += kWidth) {
    const std::size_t width = n - k < kWidth ? n - k : kWidth;
    Vec square[kWidth];
    for (std::size_t i = 0; i < kWidth; ++i) {
      const std::byte* at = rows + i * row_bytes + k * As::kSize;
      square[i] = i >= num_rows ? Vec::set(0.0f) : width == kWidth ? As::load(at) : As::load_first(at, width);
    }
    Vec::transpose(square);
    for (std::size_t i = 0; i < width; ++i) store_floats(panel + (k + i) * kTileColumns, square[i]);
  }
}

template <typename As>
void pack(const std::byte* rows, std::size_t row_bytes, std::size_t num_rows, std::size_t n, float* panel) {
  for (std::size_t r = 0; r < kTileColumns; r += kWidth) {
    pack_strip<As>(rows + r * row_bytes, row_bytes, r < num_rows ? num_rows - r : 0, n, panel + r);
  }
}

template <typename As>
void widen(const std::byte* from, std::size_t n, float* to) {
  std::size_t i = 0;
  for (; i + kWidth <= n; i += kWidth) store_floats(to + i, As::load(from + i * As::kSize));
  if (i < n) store_floats(to + i, n - i, As::load_first(from + i * As::kSize, n - i));
}

template <typename As>
void narrow(const float* from, std::size_t n, std::byte* to) {
  std::size_t i = 0;
  for (; i + kWidth <= n; i += kWidth) As::store(to + i * As::kSize, load_floats(from + i));
  if (i < n) As::store_first(to + i * As::kSize, n - i, load_floats(from + i, n - i));
}

// e^x = 2^n * e^r with n = round(x / ln 2) and r in [-ln 2 / 2, ln 2 / 2], ln 2 taken off in two parts so that r is
// exact; polynomial and constants from the Cephes library, expf.c (S. L. Moshier).
Vec exponential(Vec x) {
  constexpr float kLowest = -87.3f;  // e^-87.3 is still a normal number
  const Vec bounded = Vec::min(Vec::set(88.0f), Vec::max(Vec::set(kLowest), x));
  const Vec n = Vec::round(Vec::mul(bounded, Vec::set(1.44269504088896341f)));
  const Vec r = Vec::fma(n, Vec::set(2.12194440e-4f), Vec::fma(n, Vec::set(-0.693359375f), bounded));
  Vec y = Vec::set(1.9875691500e-4f);
  y = Vec::fma(y, r, Vec::set(1.3981999507e-3f));
  y = Vec::fma(y, r, Vec::set(8.3334519073e-3f));
  y = Vec::fma(y, r, Vec::set(4.1665795894e-2f));
  y = Vec::fma(y, r, Vec::set(1.6666665459e-1f));
  y = Vec::fma(y, r, Vec::set(5.0000001201e-1f));
  y = Vec::fma(y, Vec::mul(r, r), Vec::add(r, Vec::set(1.0f)));
  return Vec::zero_below(x, kLowest, Vec::scale_by_power(y, n));
}

float root(float value) { return __builtin_sqrtf(value); }

void rms_norm(const float* x, const float* weight, float eps, std::size_t n, float* out) {
  Vec sums[2] = {Vec::set(0.0f), Vec::set(0.0f)};
  std::size_t i = 0;
  for (; i + 2 * kWidth <= n; i += 2 * kWidth) {
    const Vec a = load_floats(x + i);
    const Vec b = load_floats(x + i + kWidth);
    sums[0] = Vec::fma(a, a, sums[0]);
    sums[1] = Vec::fma(b, b, sums[1]);
  }
  for (; i < n; i += kWidth) {
    const Vec a = n - i < kWidth ? load_floats(x + i, n - i) : load_floats(x + i);
    sums[0] = Vec::fma(a, a, sums[0]);
  }
  const float mean = Vec::sum(Vec::add(sums[0], sums[1])) / static_cast<float>(n);
  const Vec factor = Vec::set(1.0f / root(mean + eps));
  for (i = 0; i + kWidth <= n; i += kWidth) {
    store_floats(out + i, Vec::mul(Vec::mul(load_floats(x + i), factor), load_floats(weight + i)));
  }
  if (i < n) {
    const std::size_t rest = n - i;
    store_floats(out + i, rest, Vec::mul(Vec::mul(load_floats(x + i, rest), factor), load_floats(weight + i, rest)));
  }
}

Vec gated(Vec gate, Vec up) {
  const Vec one = Vec::set(1.0f);
  return Vec::mul(Vec::div(gate, Vec::add(one, exponential(Vec::sub(Vec::set(0.0f), gate)))), up);
}

void gated_silu(const float* gate, const float* up, std::size_t n, float* out) {
  std::size_t i = 0;
  for (; i + kWidth <= n; i += kWidth) store_floats(out + i, gated(load_floats(gate + i), load_floats(up + i)));
  if (i < n) store_floats(out + i, n - i, gated(load_floats(gate + i, n - i), load_floats(up + i, n - i)));
}

float exp_and_sum(float* x, std::size_t n, float shift) {
  const Vec shifts = Vec::set(shift);
  Vec sums = Vec::set(0.0f);
  std::size_t i = 0;
  for (; i + kWidth <= n; i += kWidth) {
    const Vec e = exponential(Vec::sub(load_floats(x + i), shifts));
    store_floats(x + i, e);
    sums = Vec::add(sums, e);
  }
  float sum = Vec::sum(sums);
  if (i < n) {
    store_floats(x + i, n - i, exponential(Vec::sub(load_floats(x + i, n - i), shifts)));
    for (; i < n; ++i) sum += x[i];  // the lanes behind the end hold e^-shift, not zero
  }
  return sum;
}

float largest(const float* x, std::size_t n) {
  float most = x[0];
  std::size_t i = 0;
  if (n >= kWidth) {
    Vec lanes = load_floats(x);
    for (i = kWidth; i + kWidth <= n; i += kWidth) lanes = Vec::max(lanes, load_floats(x + i));
    most = Vec::largest(lanes);
  }
  for (; i < n; ++i) most = x[i] > most ? x[i] : most;
  return most;
}

void scale(float* x, std::size_t n, float factor) {
  const Vec factors = Vec::set(factor);
  std::size_t i = 0;
  for (; i + kWidth <= n; i += kWidth) store_floats(x + i, Vec::mul(load_floats(x + i), factors));
  if (i < n) store_floats(x + i, n - i, Vec::mul(load_floats(x + i, n - i), factors));
}

void add(const float* y, std::size_t n, float* x) {
  std::size_t i = 0;
  for (; i + kWidth <= n; i += kWidth) store_floats(x + i, Vec::add(load_floats(x + i), load_floats(y + i)));
  if (i < n) store_floats(x + i, n - i, Vec::add(load_floats(x + i, n - i), load_floats(y + i, n - i)));
}

void rotate_pairs(float* x, const float* cosines, const float* sines, std::size_t pairs) {
  for (std::size_t i = 0; i < pairs; ++i) {
    const float a = x[2 * i];
    const float b = x[2 * i + 1];
    x[2 * i] = a * cosines[i] - b * sines[i];
    x[2 * i + 1] = b * cosines[i] + a * sines[i];
  }
}

template <std::size_t M>
void multiply_rows(const float* a, std::size_t a_stride, const float* b, std::size_t b_stride, std::size_t n,
                   float* out, std::size_t out_stride, std::size_t columns, bool add_to_out) {
  constexpr std::size_t kVectors = Vec::kTileVectors;
  Vec sums[M][kVectors];
  for (std::size_t m = 0; m < M; ++m) {
    for (std::size_t v = 0; v < kVectors; ++v) sums[m][v] = Vec::set(0.0f);
  }
  for (std::size_t k = 0; k < n; ++k) {
    Vec row[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) row[v] = load_floats(b + k * b_stride + v * kWidth);
    for (std::size_t m = 0; m < M; ++m) {
      const Vec factor = Vec::set(a[m * a_stride + k]);
      for (std::size_t v = 0; v < kVectors; ++v) sums[m][v] = Vec::fma(factor, row[v], sums[m][v]);
    }
  }
  for (std::size_t m = 0; m < M; ++m) {
    for (std::size_t v = 0; v < kVectors && v * kWidth < columns; ++v) {
      float* at = out + m * out_stride + v * kWidth;
      const std::size_t rest = columns - v * kWidth;
      if (rest >= kWidth) {
        store_floats(at, add_to_out ? Vec::add(load_floats(at), sums[m][v]) : sums[m][v]);
      } else {
        store_floats(at, rest, add_to_out ? Vec::add(load_floats(at, rest), sums[m][v]) : sums[m][v]);
      }
    }
  }
}

// The number of rows is a template argument so that the sums stay in registers: counts down to the one that fits.
template <std::size_t M>
void multiply_at_most(const float* a, std::size_t a_stride, const float* b, std::size_t b_stride, std::size_t n,
                      float* out, std::size_t out_stride, std::size_t rows, std::size_t columns, bool add_to_out) {
  if (rows == M) {
    multiply_rows<M>(a, a_stride, b, b_stride, n, out, out_stride, columns, add_to_out);
  } else if constexpr (M > 1) {
    multiply_at_most<M - 1>(a, a_stride, b, b_stride, n, out, out_stride, rows, columns, add_to_out);
  }
}

template <typename As>
constexpr RowKernels row_kernels() {
  return {dot<As>, accumulate<As>, pack<As>, widen<As>, narrow<As>};
}

}  // namespace
}  // namespace engine

#include "engine/backends/cpu/kernels/quantised_rows.inl"
#include "engine/backends/cpu/kernels/scaled_rows.inl"

namespace engine {
namespace {

constexpr KernelTable kTable = {
    Vec::kName,
    Vec::kTileRows,
    kTileColumns,
    row_kernels<AsF32>(),
    row_kernels<AsBf16>(),
    row_kernels<AsF16>(),
    {dot<AsF64>, nullptr, pack<AsF64>, widen<AsF64>, nullptr},
    {block_kernels<DType::Q4_0, BlockQ4_0>(),
     block_kernels<DType::Q4_1, BlockQ4_1>(),
     block_kernels<DType::Q5_0, BlockQ5_0>(),
     block_kernels<DType::Q5_1, BlockQ5_1>(),
     block_kernels<DType::Q8_0, BlockQ8_0>(),
     block_kernels<DType::Q2_K, BlockQ2_K>(),
     block_kernels<DType::Q3_K, BlockQ3_K>(),
     block_kernels<DType::Q4_K, BlockQ4_K>(),
     block_kernels<DType::Q5_K, BlockQ5_K>(),
     block_kernels<DType::Q6_K, BlockQ6_K>(),
     block_kernels<DType::IQ4_NL, BlockIQ4_NL>(),
     block_kernels<DType::IQ4_XS, BlockIQ4_XS>(),
     block_kernels<DType::MXFP4, BlockMXFP4>()},
    {widen_f8<NumberE4M3>, pack_f8<NumberE4M3>},
    {widen_f8<NumberE5M2>, pack_f8<NumberE5M2>},
    {fill_gptq_tables, pack_gptq},
    rms_norm,
    gated_silu,
    exp_and_sum,
    largest,
    scale,
    add,
    rotate_pairs,
    multiply_at_most<Vec::kTileRows>};

}  // namespace
}  // namespace engine
