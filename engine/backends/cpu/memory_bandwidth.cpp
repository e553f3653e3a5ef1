#include "engine/backends/cpu/memory_bandwidth.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/base/parallel.h"
#include "engine/tensor/tensor.h"

namespace engine {

double measure_read_bandwidth(int threads, std::size_t bytes, int repeats) {
  constexpr std::int64_t kRow = 4096, kChunkRows = 64;  // elements; a chunk is 1 MB
  const auto rows = static_cast<std::int64_t>(bytes / (kRow * sizeof(float)));
  Tensor buffer = Tensor::owned(DType::F32, {rows, kRow});
  float* const values = buffer.mutable_f32();
  parallel_for(threads, 0, rows, kChunkRows, [&](std::int64_t begin, std::int64_t end, int) {
    std::fill(values + begin * kRow, values + end * kRow, 1.0f);
  });

  // The widest `largest` reads every byte once and does next to nothing with it.
  const KernelTable& kernels = choose_kernels(IsaChoice::Auto);
  std::vector<float> largest(static_cast<std::size_t>(std::max<std::int64_t>(1, rows / kChunkRows + 1)));
  double best = 0;
  for (int pass = 0; pass < repeats; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    parallel_for(threads, 0, rows, kChunkRows, [&](std::int64_t begin, std::int64_t end, int) {
      largest[static_cast<std::size_t>(begin / kChunkRows)] =
          kernels.largest(values + begin * kRow, static_cast<std::size_t>((end - begin) * kRow));
    });
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(buffer.bytes()) / seconds.count() / 1e9);
  }
  return best;
}

}  // namespace engine
