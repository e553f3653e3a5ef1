#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backends/cpu/gemm.h"
#include "engine/backends/cpu/kernels/kernel_table.h"

namespace engine {

/// What products with scaled weights need beside the kernels: memory for each thread of a team, and the way from a
/// product's rows to those of the weight. Values are decoded piece by piece and multiplied in float32; no decoded
/// matrix is kept. `worker` is the thread's number; each thread uses its own memory only.
class ScaledProducts {
 public:
  /// Most rows of x that dot takes.
  static constexpr std::int64_t kMostInputs = 8;

  ScaledProducts(const KernelTable& kernels, int threads)
      : kernels_(kernels), scratch_(static_cast<std::size_t>(threads)) {}

  /// Makes room for `products`, of which some may not be scaled. Before the threads start: throws std::bad_alloc.
  void reserve(std::span<const MatrixProduct> products);

  /// sums[t * stride + r] = x[t] times row `first` + r of the product's weight, for r < count and all rows t of x.
  void dot(const MatrixProduct& product, std::int64_t first, std::int64_t count, int worker, float* sums,
           std::size_t stride);

  /// Turns to the tile of rows [first, first + count) of the product's weight, count <= tile_columns, for `pack`.
  void begin_tile(const MatrixProduct& product, std::int64_t first, std::size_t count, int worker);
  /// The columns [column, column + depth) of that tile as RowKernels::pack would write them; both whole words.
  void pack(const MatrixProduct& product, std::int64_t column, std::size_t depth, int worker, float* panel);

 private:
  /// One thread's memory, on cache lines that no other thread touches.
  struct alignas(64) Scratch {
    std::vector<float> values;         ///< decoded
    std::vector<float> tables;         ///< GptqKernels::fill_tables
    std::vector<F8Row> rows;           ///< of a tile
    std::size_t first = 0, count = 0;  ///< of the tile, in rows of the weight
  };

  void dot_f8(const MatrixProduct& product, std::int64_t first, std::int64_t count, Scratch& scratch, float* sums,
              std::size_t stride) const;
  void dot_gptq(const MatrixProduct& product, std::int64_t first, std::int64_t count, int worker, float* sums,
                std::size_t stride);

  const KernelTable& kernels_;
  std::vector<Scratch> scratch_;
};

}  // namespace engine
