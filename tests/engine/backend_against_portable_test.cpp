// The operations of a backend against the portable CPU one in float32.
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>

#include "engine/backends/backend.h"
#include "engine/kv_cache/kv_cache.h"
#include "tests/support/backend_suite.h"
#include "tests/support/tensor_matchers.h"

namespace {

using engine::Backend;
using engine::DType;
using engine::ExpertWeights;
using engine::Projection;
using engine::Tensor;

constexpr double kSums = 2e-5;  ///< sums of float32 in another order, as a share of the root mean square

class BackendAgainstPortable : public tests::BackendSuite {
 protected:
  /// Blocks of a quantised type full of random bits, with scales that are sound.
  std::vector<std::byte> blocks(DType type, std::int64_t count) {
    std::uniform_int_distribution<int> bytes(0, 255);
    std::vector<std::byte> stored(bytes_of(type, static_cast<std::size_t>(count)));
    for (std::byte& byte : stored) byte = static_cast<std::byte>(bytes(engine_));
    // Where the binary16 numbers of a block stand.
    static const std::map<DType, std::vector<std::size_t>> kScales{
        {DType::Q4_0, {0}},      {DType::Q4_1, {0, 2}},   {DType::Q5_0, {0}},    {DType::Q5_1, {0, 2}},  {DType::Q8_0, {0}},
        {DType::Q2_K, {80, 82}}, {DType::Q3_K, {108}},    {DType::Q4_K, {0, 2}}, {DType::Q5_K, {0, 2}},  {DType::Q6_K, {208}},
        {DType::IQ4_NL, {0}},    {DType::IQ4_XS, {0}},    {DType::MXFP4, {}}};
    std::uniform_real_distribution<float> scales(-0.01f, 0.01f);
    for (std::size_t at = 0; at < stored.size(); at += block_bytes(type)) {
      for (const std::size_t offset : kScales.at(type)) {
        const std::uint16_t scale = engine::f32_to_f16(scales(engine_));
        std::memcpy(&stored[at + offset], &scale, sizeof scale);
      }
      if (type == DType::MXFP4) stored[at] = static_cast<std::byte>(118 + bytes(engine_) % 8);
    }
    return stored;
  }
  std::vector<std::byte> stored(DType type, std::int64_t count) {
    if (is_quantised(type)) return blocks(type, count);
    const std::vector<float> from = random(count);
    std::vector<std::byte> bytes(static_cast<std::size_t>(count) * size_of(type));
    for (std::size_t i = 0; i < from.size(); ++i) {
      const std::uint16_t half = type == DType::F16 ? engine::f32_to_f16(from[i]) : engine::f32_to_bf16(from[i]);
      const double wide = static_cast<double>(from[i]);
      const void* const value = type == DType::F64 ? static_cast<const void*>(&wide)
                                : type == DType::F32 ? static_cast<const void*>(&from[i]) : &half;
      std::memcpy(&bytes[i * size_of(type)], value, size_of(type));
    }
    return bytes;
  }
};

INSTANTIATE_TEST_SUITE_P(Every, BackendAgainstPortable, tests::all_backend_settings(),
                         [](const auto& setting) { return std::string(setting.param.name); });

TEST_P(BackendAgainstPortable, RowWiseOperations) {
  const auto own = backend(), right = portable();
  for (const std::int64_t width : {1, 33, 130, 1028}) {
    const std::vector<float> x = random(5 * width, 3.0f), y = random(5 * width, 30.0f), weight = random(width);
    std::vector<std::vector<float>> normed, in_place, gated, sum;
    for (Backend* backend : {own.get(), right.get()}) {
      const Tensor ys = tensor(*backend, {5, width}, y), weights = tensor(*backend, {width}, weight);
      Tensor xs = tensor(*backend, {5, width}, x), out = poisoned(*backend, {5, width});
      backend->rms_norm(xs, weights, 1e-5f, out);
      normed.push_back(values(*backend, out));
      backend->gated_silu(ys, xs, out);
      gated.push_back(values(*backend, out));
      backend->add(ys, xs);
      sum.push_back(values(*backend, xs));
      backend->rms_norm(xs, weights, 1e-6f, xs);
      in_place.push_back(values(*backend, xs));
    }
    EXPECT_TRUE(tests::close_to(normed[0], normed[1], 1e-5)) << width;
    EXPECT_TRUE(tests::close_to(in_place[0], in_place[1], 1e-5)) << width;
    EXPECT_TRUE(tests::close_to(gated[0], gated[1], 1e-5)) << width;
    EXPECT_EQ(sum[0], sum[1]) << width;
  }
}

TEST_P(BackendAgainstPortable, EveryStorageTypeIsMultipliedAndLookedUp) {
  const auto own = backend(), right = portable();
  for (const DType type : {DType::F32, DType::F16, DType::BF16, DType::F64, DType::Q4_0, DType::Q4_1, DType::Q5_0,
                           DType::Q5_1, DType::Q8_0, DType::Q2_K, DType::Q3_K, DType::Q4_K, DType::Q5_K, DType::Q6_K,
                           DType::IQ4_NL, DType::IQ4_XS, DType::MXFP4}) {
    const std::int64_t in = is_quantised(type) ? (block_elements(type) == 256 ? 768 : 608) : 203, out = 37;
    const std::vector<std::byte> weight = stored(type, in * out);
    for (const std::int64_t rows : {1, 2, 9, 33}) {
      const std::vector<float> x = random(rows * in), bias = random(out), before = random(rows * out);
      std::vector<std::vector<float>> sums, rows_of_table;
      for (Backend* backend : {own.get(), right.get()}) {
        const Tensor xs = tensor(*backend, {rows, in}, x), biases = tensor(*backend, {out}, bias);
        const Tensor w = backend->weight(type, {out, in}, weight);
        Tensor added = tensor(*backend, {rows, out}, before), fresh = poisoned(*backend, {rows, out});
        const std::array projections{Projection{&w, &biases, &added, true}, Projection{&w, nullptr, &fresh}};
        backend->linear(xs, projections);
        sums.push_back(values(*backend, added));
        const std::vector<float> second = values(*backend, fresh);
        sums.back().insert(sums.back().end(), second.begin(), second.end());
        Tensor looked_up = poisoned(*backend, {2, in});
        backend->embed(w, std::array<std::int32_t, 2>{36, 0}, looked_up);
        rows_of_table.push_back(values(*backend, looked_up));
      }
      EXPECT_TRUE(tests::close_to(sums[0], sums[1], kSums)) << name_of(type) << " rows " << rows;
      EXPECT_TRUE(tests::close_to(rows_of_table[0], rows_of_table[1], 1e-6)) << name_of(type);
    }
  }
}

TEST_P(BackendAgainstPortable, ManyRowsInBfloat16StayWithinItsRounding) {
  const auto own = backend(engine::ComputeMode::Auto), right = portable();
  for (const DType type : {DType::BF16, DType::F16, DType::Q4_0, DType::Q6_K}) {
    const std::int64_t in = is_quantised(type) ? 768 : 301, out = 45, rows = 40;
    const std::vector<std::byte> weight = stored(type, in * out);
    const std::vector<float> x = random(rows * in), before = random(rows * out);
    std::vector<std::vector<float>> sums;
    for (Backend* backend : {own.get(), right.get()}) {
      const Tensor xs = tensor(*backend, {rows, in}, x), w = backend->weight(type, {out, in}, weight);
      Tensor added = tensor(*backend, {rows, out}, before);
      const std::array projections{Projection{&w, nullptr, &added, true}};
      backend->linear(xs, projections);
      sums.push_back(values(*backend, added));
    }
    EXPECT_TRUE(tests::close_to(sums[0], sums[1], 0.05, 0.01)) << name_of(type);
  }
}

TEST_P(BackendAgainstPortable, ExpertsAreChosenByBiasedProbabilities) {
  const auto own = backend(), right = portable();
  for (const std::int64_t experts : {4, 33, 64, 160}) {
    const std::int64_t k = experts == 4 ? 4 : 6, tokens = 7;
    std::vector<float> logits = random(tokens * experts, 4.0f), bias = random(experts, 0.2f);
    for (float& value : bias) value += 22.0f;  // as in the published models
    for (std::int64_t e = 0; e < experts; ++e) logits[static_cast<std::size_t>(e)] = 1.0f;  // equal: the lower number first
    if (experts == 33) std::fill(bias.begin(), bias.end(), 0.0f);
    std::vector<std::vector<std::int32_t>> ids;
    std::vector<std::vector<float>> shares;
    for (Backend* backend : {own.get(), right.get()}) {
      Tensor chosen = backend->allocate(DType::I32, {tokens, k}), weights = poisoned(*backend, {tokens, k});
      const Tensor sums = tensor(*backend, {tokens, experts}, logits), biases = tensor(*backend, {experts}, bias);
      backend->choose_experts(sums, biases, 1e-12f, chosen, weights);
      ids.emplace_back(static_cast<std::size_t>(tokens * k));
      backend->download(chosen, std::as_writable_bytes(std::span(ids.back())));
      shares.push_back(values(*backend, weights));
    }
    // Sums that lie within a rounding of each other may change places: what was chosen must weigh the same.
    EXPECT_TRUE(tests::close_to(shares[0], shares[1], 1e-4)) << experts;
    if (experts == 33) {
      EXPECT_EQ(ids[0], ids[1]);
    }
  }
}

/// Experts of gate, up and down one after the other.
std::vector<ExpertWeights> experts_of(Backend& backend, DType gate_and_up, DType down, std::int64_t width, std::int64_t hidden,
                                      std::span<const std::vector<std::byte>> bytes) {
  std::vector<ExpertWeights> experts;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    experts.push_back({backend.weight(gate_and_up, {width, hidden}, bytes[i]),
                       backend.weight(gate_and_up, {width, hidden}, bytes[i + 1]), backend.weight(down, {hidden, width}, bytes[i + 2])});
  }
  return experts;
}

TEST_P(BackendAgainstPortable, ExpertsOfFewAndManyTokens) {
  struct Types {
    DType gate, down;
  };
  for (const Types types : {Types{DType::F32, DType::F32}, Types{DType::BF16, DType::F16}, Types{DType::Q4_0, DType::Q4_0},
                            Types{DType::Q4_K, DType::Q6_K}}) {
    const std::int64_t hidden = is_quantised(types.gate) ? 256 : 43, width = is_quantised(types.gate) ? 256 : 29, k = 3;
    constexpr std::size_t kExperts = 9;
    std::array<std::vector<std::byte>, 3 * kExperts> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = stored(i % 3 == 2 ? types.down : types.gate, hidden * width);
    for (const std::int64_t tokens : {1, 5, 8, 9, 70}) {
      const std::vector<float> x = random(tokens * hidden), before = random(tokens * hidden), shares = random(tokens * k);
      std::vector<std::int32_t> ids;
      for (std::int64_t t = 0; t < tokens; ++t) {
        const auto first = static_cast<std::int32_t>(t % 2 == 0 ? 1 : t % 5);
        for (const std::int32_t id : {first + 3, first, first + 1}) ids.push_back(id);
      }
      for (const bool deterministic : {false, true}) {
        const auto own = backend(engine::ComputeMode::F32, deterministic), right = portable();
        std::vector<std::vector<float>> sums;
        for (Backend* backend : {own.get(), right.get()}) {
          const std::vector<ExpertWeights> experts = experts_of(*backend, types.gate, types.down, width, hidden, bytes);
          Tensor chosen = backend->allocate(DType::I32, {tokens, k}), out = tensor(*backend, {tokens, hidden}, before);
          backend->upload(std::as_bytes(std::span(ids)), chosen);
          Tensor rows = poisoned(*backend, {tokens * k, hidden}), gate = poisoned(*backend, {tokens * k, width}),
                 up = poisoned(*backend, {tokens * k, width});
          backend->experts(tensor(*backend, {tokens, hidden}, x), experts, chosen, tensor(*backend, {tokens, k}, shares),
                           {&rows, &gate, &up}, out);
          sums.push_back(values(*backend, out));
        }
        EXPECT_TRUE(tests::close_to(sums[0], sums[1], 5e-5)) << name_of(types.gate) << ", tokens " << tokens;
      }
    }
  }
}

/// Root mean square of the differences in rows of `width` that `rows` names, as a share of all of `right`.
double error_in(const std::vector<float>& found, const std::vector<float>& right, std::int64_t width, const std::vector<std::int64_t>& rows) {
  double error = 0, size = 0;
  for (const std::int64_t row : rows) {
    for (std::int64_t i = row * width; i < (row + 1) * width; ++i) {
      const auto at = static_cast<std::size_t>(i);
      error += std::pow(static_cast<double>(found[at]) - static_cast<double>(right[at]), 2);
    }
  }
  for (const float value : right) size += std::pow(static_cast<double>(value), 2);
  return std::sqrt(error / static_cast<double>(rows.size()) / (size / static_cast<double>(right.size()) * static_cast<double>(width)));
}

constexpr double kFine = 1e-4;  ///< of activations in 16 bits and what lies between; 8 bits alone are at 4e-3 and more

TEST_P(BackendAgainstPortable, FineRowsAndFewRowsAreMultipliedInSixteenBits) {
  const auto own = backend(engine::ComputeMode::Auto), right = portable();
  for (const DType type : {DType::Q4_0, DType::Q5_1, DType::Q8_0, DType::Q4_K, DType::Q6_K, DType::IQ4_NL, DType::MXFP4}) {
    const std::int64_t in = 768, out = 45;
    const std::vector<std::byte> weight = stored(type, in * out);
    for (const std::int64_t rows : {3, 40, 70}) {
      const std::vector<float> x = random(rows * in), before = random(rows * out);
      const bool all = rows == 70;  // for these products, whatever was said of the batch
      std::vector<std::int64_t> fine{0, 17, 18, 39};
      if (rows != 40) fine.resize(static_cast<std::size_t>(rows)), std::iota(fine.begin(), fine.end(), 0);
      std::vector<std::vector<float>> sums;
      for (Backend* backend : {own.get(), right.get()}) {
        // Rows beyond those of the operation are no harm: the batch had them, the last layer does not.
        std::vector<std::int64_t> told;
        if (rows == 40) told = {0, 17, 18, 39, 40, 41};
        backend->set_fine_rows(told);
        const Tensor xs = tensor(*backend, {rows, in}, x), w = backend->weight(type, {out, in}, weight);
        Tensor added = tensor(*backend, {rows, out}, before), fresh = poisoned(*backend, {rows, out});
        const std::array projections{Projection{&w, nullptr, &added, true, all}, Projection{&w, nullptr, &fresh, false, all}};
        backend->linear(xs, projections);
        sums.push_back(values(*backend, added));
        sums.push_back(values(*backend, fresh));
      }
      for (const std::size_t i : {0u, 1u}) {
        EXPECT_LT(error_in(sums[i], sums[i + 2], out, fine), kFine) << name_of(type) << " rows " << rows;
        if (rows == 40 && own->info().device == engine::Device::Cpu) {
          EXPECT_GT(error_in(sums[i], sums[i + 2], out, {1, 16, 19, 38}), 10 * kFine) << name_of(type);
        }
      }
    }
  }
}

TEST_P(BackendAgainstPortable, FineTokensStaySoThroughTheirExperts) {
  const std::int64_t tokens = 60, hidden = 256, width = 256, k = 2;
  constexpr std::size_t kExperts = 5;
  std::array<std::vector<std::byte>, 3 * kExperts> bytes;
  for (auto& weight : bytes) weight = stored(DType::Q8_0, hidden * width);
  const std::vector<float> x = random(tokens * hidden), shares = random(tokens * k);
  std::vector<std::int32_t> ids;  // expert 4 has few tokens, the others many
  for (std::int32_t t = 0; t < tokens; ++t) ids.insert(ids.end(), {t % 3, t % 20 == 7 ? 4 : 3});
  const std::vector<std::int64_t> fine{7, 30, 31, 59};
  const auto own = backend(engine::ComputeMode::Auto), right = portable();
  std::vector<std::vector<float>> sums;
  for (Backend* backend : {own.get(), right.get()}) {
    const std::vector<ExpertWeights> experts = experts_of(*backend, DType::Q8_0, DType::Q8_0, width, hidden, bytes);
    backend->set_fine_rows(fine);
    Tensor chosen = backend->allocate(DType::I32, {tokens, k});
    Tensor out = tensor(*backend, {tokens, hidden}, std::vector<float>(static_cast<std::size_t>(tokens * hidden)));
    backend->upload(std::as_bytes(std::span(ids)), chosen);
    Tensor rows = poisoned(*backend, {tokens * k, hidden}), gate = poisoned(*backend, {tokens * k, width}),
           up = poisoned(*backend, {tokens * k, width});
    backend->experts(tensor(*backend, {tokens, hidden}, x), experts, chosen, tensor(*backend, {tokens, k}, shares),
                     {&rows, &gate, &up}, out);
    sums.push_back(values(*backend, out));
  }
  EXPECT_LT(error_in(sums[0], sums[1], hidden, fine), kFine);
  if (own->info().device != engine::Device::Cpu) return;
  EXPECT_GT(error_in(sums[0], sums[1], hidden, {6, 29, 32, 58}), 10 * kFine);
}

TEST_P(BackendAgainstPortable, AttentionProbabilitiesAreAWholeAndCausal) {
  const auto own = backend(), right = portable();
  for (const engine::KvType type : {engine::KvType::F32, engine::KvType::Q8_0}) {
    const std::int64_t first = 37, rows = 4, heads = 6, kv_heads = 2, dim = 64, length = first + rows;
    const std::vector<float> q = random(rows * heads * dim), k = random(length * kv_heads * dim),
                             v = random(length * kv_heads * dim);
    std::vector<std::vector<float>> found;
    for (Backend* backend : {own.get(), right.get()}) {
      engine::KvCache cache({1, kv_heads, dim, type}, length, backend);
      const std::vector<std::int32_t> tokens(static_cast<std::size_t>(length), 1);
      const auto opened = cache.open(0, tokens);
      const engine::SequenceRows all{0, length, 0, cache.pages(opened->sequence)};
      const Tensor keys = tensor(*backend, {length, kv_heads, dim}, k), values = tensor(*backend, {length, kv_heads, dim}, v);
      backend->append_kv(cache.pool(), 0, keys, values, {&all, 1});
      const engine::SequenceRows own_rows{0, rows, first, cache.pages(opened->sequence)};
      found.emplace_back(static_cast<std::size_t>(heads * rows * length), 7.0f);
      const Tensor queries = tensor(*backend, {rows, heads, dim}, q);
      backend->attention_probabilities(cache.pool(), 0, queries, own_rows, 0.2f, found.back());
    }
    EXPECT_TRUE(tests::close_to(found[0], found[1], 1e-4));
  }
}

TEST_P(BackendAgainstPortable, PagesHaveTheSameBytesAndCanBeMoved) {
  const auto own = backend(), right = portable();
  for (const engine::KvType type : {engine::KvType::F32, engine::KvType::F16, engine::KvType::BF16, engine::KvType::Q8_0}) {
    const std::int64_t kv_heads = 3, dim = type == engine::KvType::Q8_0 ? 96 : 23, length = 2 * engine::KvCache::kPageTokens;
    const std::vector<float> k = random(length * kv_heads * dim), v = random(length * kv_heads * dim);
    std::vector<std::vector<std::byte>> pages;
    for (Backend* backend : {own.get(), right.get()}) {
      engine::KvCache cache({2, kv_heads, dim, type}, 2 * length, backend);
      const engine::KvPool pool = cache.pool();
      const std::vector<std::byte> zeros(pool.page_bytes());
      for (std::int64_t page = 0; page < pool.num_pages; ++page) cache.write_page(page, zeros.data());
      const std::vector<std::int32_t> tokens(static_cast<std::size_t>(length), 1);
      const auto opened = cache.open(0, tokens);
      const engine::SequenceRows all{0, length, 0, cache.pages(opened->sequence)};
      const Tensor keys = tensor(*backend, {length, kv_heads, dim}, k), values = tensor(*backend, {length, kv_heads, dim}, v);
      for (const std::int64_t layer : {0, 1}) backend->append_kv(pool, layer, keys, values, {&all, 1});
      const std::int32_t from = cache.pages(opened->sequence)[1], to = (from + 2) % 4;
      backend->copy_page(pool, from, to);
      pages.emplace_back(pool.page_bytes());
      cache.read_page(to, pages.back().data());
    }
    EXPECT_EQ(pages[0], pages[1]) << static_cast<int>(type);
  }
}

}  // namespace
