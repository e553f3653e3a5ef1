// What share of this machine's limits the CPU kernels reach, all measured in the same run: memory for products with few
// rows, arithmetic for those with many. Prints figures; asserts nothing.
//   bench_kernels [threads [type...]]      types as BF16 or Q4_0; without: the common ones, and attention
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string_view>
#include <vector>

#include "engine/backends/cpu/cpu_backend.h"
#include "engine/backends/cpu/cpu_cores.h"
#include "engine/backends/cpu/kernels/bf16_tiles.h"
#include "engine/backends/cpu/kernels/integer_rows.h"
#include "engine/backends/cpu/memory_bandwidth.h"
#include "engine/kv_cache/kv_cache.h"

namespace {

using engine::DType;
using engine::Tensor;

/// Seconds of the best of several runs.
double best_of(int runs, const std::function<void()>& work) {
  double best = INFINITY;
  for (int run = 0; run < runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

/// Values between -1 and 1: never zeros or denormals, which some units treat differently.
Tensor random_tensor(DType type, engine::Shape shape) {
  Tensor tensor = Tensor::owned(type, std::move(shape));
  std::mt19937 random(3);
  if (is_quantised(type)) {
    // Any bytes are blocks; without these two bits no scale is infinite.
    for (std::size_t i = 0; i < tensor.bytes(); ++i) tensor.mutable_data()[i] = static_cast<std::byte>(random() & 0xbb);
    return tensor;
  }
  std::uniform_real_distribution<float> values(-1.0f, 1.0f);
  const engine::RowKernels& rows = engine::portable_kernels().rows_of(type);
  std::vector<float> row(4096);
  for (std::int64_t i = 0; i < tensor.count(); i += 4096) {
    for (float& value : row) value = values(random);
    rows.narrow(row.data(), static_cast<std::size_t>(std::min<std::int64_t>(4096, tensor.count() - i)),
                tensor.mutable_data() + static_cast<std::size_t>(i) * size_of(type));
  }
  return tensor;
}

/// Fused multiply-adds per second that the tile kernel reaches on data in the first cache level, times two.
double arithmetic_limit(const engine::KernelTable& kernels, int threads) {
  constexpr std::size_t kDepth = 64;
  constexpr int kRounds = 20000;
  const std::vector<float> a(kernels.tile_rows * kDepth, 0.5f), b(kernels.tile_columns * kDepth, 0.25f);
  engine::ThreadTeam team(threads);
  const double seconds = best_of(3, [&] {
    team.parallel_for(0, threads, 1, [&](std::int64_t, std::int64_t, int) {
      std::vector<float> out(kernels.tile_rows * kernels.tile_columns);
      for (int i = 0; i < kRounds; ++i) {
        kernels.multiply_tile(a.data(), kDepth, b.data(), kernels.tile_columns, kDepth, out.data(), kernels.tile_columns,
                              kernels.tile_rows, kernels.tile_columns, false);
      }
    });
  });
  return 2.0 * threads * kRounds * static_cast<double>(kernels.tile_rows * kernels.tile_columns * kDepth) / seconds;
}

/// The same of products of bfloat16; 0 where this CPU has none.
double bf16_limit(engine::IsaChoice isa, int threads) {
  const engine::Bf16Kernels* const kernels = engine::choose_bf16_kernels(isa);
  if (kernels == nullptr) return 0;
  constexpr std::size_t kDepth = 64;
  constexpr int kRounds = 20000;
  const std::vector<std::uint16_t> x(kernels->tile_rows * kDepth, 0x3f00);
  std::vector<engine::Bf16Panel> panels(static_cast<std::size_t>(threads));
  for (engine::Bf16Panel& panel : panels) std::fill(std::begin(panel.elements), std::end(panel.elements), std::uint16_t{0x3e80});
  engine::ThreadTeam team(threads);
  const double seconds = best_of(3, [&] {
    team.parallel_for(0, threads, 1, [&](std::int64_t thread, std::int64_t, int) {
      std::vector<float> out(kernels->tile_rows * engine::Bf16Panel::kColumns);
      for (int i = 0; i < kRounds; ++i) {
        kernels->multiply_tile(x.data(), panels[static_cast<std::size_t>(thread)], kDepth, out.data(), engine::Bf16Panel::kColumns,
                               kernels->tile_rows, engine::Bf16Panel::kColumns, false);
      }
    });
  });
  return 2.0 * threads * kRounds * static_cast<double>(kernels->tile_rows * engine::Bf16Panel::kColumns * kDepth) / seconds;
}

/// The same of products of a quantised type in 8 bits, its panel packed already.
double integer_limit(engine::IsaChoice isa, DType type, int threads) {
  const engine::IntegerKernels& kernels = engine::choose_integer_kernels(isa);
  constexpr std::size_t kDepth = 256, kRows = 8;
  constexpr int kRounds = 5000;
  const std::size_t columns = kernels.tile_columns;
  const Tensor weight = random_tensor(type, {static_cast<std::int64_t>(columns), kDepth});
  const Tensor x = random_tensor(DType::F32, {kRows, kDepth});
  std::vector<engine::IntegerPiece> pieces(kRows);
  for (std::size_t i = 0; i < kRows; ++i) kernels.quantise(x.f32() + i * kDepth, kDepth, {&pieces[i], kRows}, {}, false);
  engine::ThreadTeam team(threads);
  const double seconds = best_of(3, [&] {
    team.parallel_for(0, threads, 1, [&](std::int64_t, std::int64_t, int) {
      engine::IntegerPanel panel;
      kernels.type(type).pack(weight.data(), weight.bytes() / columns, columns, kDepth, panel);
      std::vector<float> out(kRows * columns);
      for (int i = 0; i < kRounds; ++i) {
        kernels.type(type).multiply({pieces.data(), kRows}, {}, kRows, 0, kDepth, panel, out.data(), false);
      }
    });
  });
  return 2.0 * threads * kRounds * static_cast<double>(kRows * columns * kDepth) / seconds;
}

void bench_linear(engine::Backend& backend, DType type, double memory, double arithmetic) {
  const std::int64_t in = 1024, out = 65536;  // beyond any cache
  const Tensor weight = random_tensor(type, {out, in});
  for (const std::int64_t rows : {1, 2, 4, 7, 8, 16, 64, 256}) {
    const Tensor x = random_tensor(DType::F32, {rows, in});
    Tensor result = Tensor::owned(DType::F32, {rows, out});
    const engine::Projection projection{&weight, nullptr, &result};
    const double seconds = best_of(3, [&] { backend.linear(x, {&projection, 1}); });
    const double gb_s = static_cast<double>(weight.bytes()) / seconds / 1e9;
    const double gflop_s = 2.0 * static_cast<double>(rows * in * out) / seconds / 1e9;
    std::printf("linear %-6s rows %3ld  %7.1f GB/s (%.2f of memory)  %7.1f GFLOP/s (%.2f of arithmetic)\n",
                std::string(name_of(type)).c_str(), static_cast<long>(rows), gb_s, gb_s / memory, gflop_s,
                gflop_s * 1e9 / arithmetic);
  }
}

void bench_attention(engine::Backend& backend, engine::KvType type, double memory, double arithmetic) {
  const std::int64_t depth = 8192, heads = 16, kv_heads = 2, dim = 128;  // ERNIE 0.3B
  engine::KvCache cache({1, kv_heads, dim, type}, depth + 256);
  const std::vector<std::int32_t> tokens(static_cast<std::size_t>(depth + 256), 1);
  const auto opened = cache.open(0, tokens);
  const Tensor rows = random_tensor(DType::F32, {depth + 256, kv_heads, dim});
  const engine::SequenceRows all{0, depth + 256, 0, cache.pages(opened->sequence)};
  backend.append_kv(cache.pool(), 0, rows, rows, {&all, 1});
  for (const std::int64_t count : {1, 256}) {
    const Tensor queries = random_tensor(DType::F32, {count, heads, dim});
    Tensor out = Tensor::owned(DType::F32, {count, heads, dim});
    const engine::SequenceRows sequence{0, count, depth, cache.pages(opened->sequence)};
    const double seconds = best_of(5, [&] { backend.attend(cache.pool(), 0, queries, {&sequence, 1}, 0.1f, out); });
    const double gb_s = static_cast<double>(depth) * static_cast<double>(cache.geometry().bytes_per_token()) / seconds / 1e9;
    const double gflop_s = 4.0 * static_cast<double>(count * heads * dim * depth) / seconds / 1e9;
    std::printf("attend depth %ld rows %3ld  %7.1f GB/s (%.2f of memory)  %7.1f GFLOP/s (%.2f of arithmetic)\n",
                static_cast<long>(depth), static_cast<long>(count), gb_s, gb_s / memory, gflop_s,
                gflop_s * 1e9 / arithmetic);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::max(1, std::atoi(argv[1])) : engine::usable_cores();
  const std::vector<std::string_view> wanted(argv + std::min(argc, 2), argv + argc);
  const double memory = engine::measure_read_bandwidth(threads);
  std::printf("%s, %d threads, %s, memory %.1f GB/s\n", engine::cpu_name().c_str(), threads,
              engine::Gemm::library_name().c_str(), memory);
  for (const engine::IsaChoice isa : {engine::IsaChoice::Portable, engine::IsaChoice::Avx2, engine::IsaChoice::Auto}) {
    engine::EngineOptions options;
    options.device = engine::DeviceChoice::Cpu;
    options.isa = isa;
    options.threads = threads;
    const auto backend = engine::create_backend(options);
    const double arithmetic = arithmetic_limit(engine::choose_kernels(isa), threads);
    const double bf16 = bf16_limit(isa, threads);
    std::printf("\n%s: %.1f GFLOP/s from the first cache level", backend->info().isa.c_str(), arithmetic / 1e9);
    if (bf16 > 0) std::printf(", %.1f in bfloat16", bf16 / 1e9);
    std::printf("; quantised types against 8-bit products from there\n");
    for (const DType type : {DType::F32, DType::BF16, DType::F16, DType::Q8_0, DType::Q4_0, DType::Q4_1, DType::Q5_0, DType::Q5_1,
                             DType::Q4_K, DType::Q5_K, DType::Q6_K, DType::IQ4_NL, DType::IQ4_XS, DType::Q2_K, DType::Q3_K,
                             DType::MXFP4}) {
      if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name_of(type)) == wanted.end()) continue;
      const double limit = is_quantised(type)                  ? integer_limit(isa, type, threads)
                           : type == DType::BF16 && bf16 > 0 ? bf16
                                                             : arithmetic;
      bench_linear(*backend, type, memory, limit);
    }
    if (!wanted.empty()) continue;
    bench_attention(*backend, engine::KvType::F16, memory, arithmetic);
  }
  return 0;
}
