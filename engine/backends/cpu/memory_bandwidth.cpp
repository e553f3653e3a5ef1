#include "engine/backends/cpu/memory_bandwidth.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/backends/cpu/thread_team.h"
#include "engine/base/file_view.h"
#include "engine/tensor/tensor.h"

namespace engine {

double measure_read_bandwidth(int threads, std::size_t bytes, int repeats) {
  constexpr std::int64_t kRow = 1024, kChunkRows = 256;  // elements; a chunk is 1 MB
  const auto rows = static_cast<std::int64_t>(bytes / (kRow * sizeof(float)));
  Tensor buffer = Tensor::owned(DType::F32, {rows, kRow});
  prefer_huge_pages({buffer.data(), buffer.bytes()});  // the limit, not what page tables leave of it
  float* const values = buffer.mutable_f32();
  ThreadTeam team(threads);
  team.parallel_for(0, rows, kChunkRows, [&](std::int64_t begin, std::int64_t end, int) {
    std::fill(values + begin * kRow, values + end * kRow, 1.0f);
  });

  // Rows so short that this kernel reads one after the other; one input costs next to nothing beside the read itself.
  const KernelTable& kernels = choose_kernels(IsaChoice::Auto);
  const std::vector<float> input(kRow, 0.5f);
  std::vector<float> sums(static_cast<std::size_t>(rows));
  double best = 0;
  for (int pass = 0; pass < repeats; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    team.parallel_for(0, rows, kChunkRows, [&](std::int64_t begin, std::int64_t end, int) {
      kernels.f32.dot(input.data(), 0, 1, reinterpret_cast<const std::byte*>(values + begin * kRow),
                      kRow * sizeof(float), static_cast<std::size_t>(end - begin), kRow, sums.data() + begin, 0);
    });
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(buffer.bytes()) / seconds.count() / 1e9);
  }
  return best;
}

}  // namespace engine
