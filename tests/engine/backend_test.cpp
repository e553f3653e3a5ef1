// The operations of a backend against formulas in double: one suite for every backend.
#include "engine/backends/backend.h"

#include <array>
#include <cmath>
#include <cstring>
#include <ostream>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/base/error.h"
#include "engine/kv_cache/kv_cache.h"
#include "tests/support/backend_suite.h"
#include "tests/support/tensor_matchers.h"

namespace {

using engine::Backend;
using engine::DType;
using engine::IsaChoice;
using engine::Projection;
using engine::Tensor;

class BackendTest : public tests::BackendSuite {};

INSTANTIATE_TEST_SUITE_P(Every, BackendTest, tests::all_backend_settings(),
                         [](const auto& setting) { return std::string(setting.param.name); });

/// A matrix as a file would hold it, at an odd address, and the values it stands for.
struct Stored {
  Stored(const std::vector<float>& from, DType type) {
    bytes.resize(from.size() * size_of(type) + 1);
    for (std::size_t i = 0; i < from.size(); ++i) {
      std::byte* const at = bytes.data() + 1 + i * size_of(type);
      const std::uint16_t half = type == DType::F16 ? engine::f32_to_f16(from[i]) : engine::f32_to_bf16(from[i]);
      values.push_back(type == DType::F32 ? from[i] : type == DType::F16 ? engine::f16_to_f32(half) : engine::bf16_to_f32(half));
      std::memcpy(at, type == DType::F32 ? static_cast<const void*>(&from[i]) : &half, size_of(type));
    }
  }
  std::span<const std::byte> span() const { return std::span(bytes).subspan(1); }
  std::vector<std::byte> bytes;
  std::vector<float> values;
};

/// base + x * weight^T + bias, summed in double.
std::vector<float> product(const std::vector<float>& base, const std::vector<float>& x, const std::vector<float>& weight,
                           const std::vector<float>& bias, std::size_t rows, std::size_t in, std::size_t out) {
  std::vector<float> result(rows * out);
  for (std::size_t m = 0; m < rows; ++m) {
    for (std::size_t n = 0; n < out; ++n) {
      double sum = (base.empty() ? 0.0 : base[m * out + n]) + (bias.empty() ? 0.0 : bias[n]);
      for (std::size_t k = 0; k < in; ++k) sum += static_cast<double>(x[m * in + k]) * weight[n * in + k];
      result[m * out + n] = static_cast<float>(sum);
    }
  }
  return result;
}

TEST_P(BackendTest, LinearMultipliesSeveralWeightsOfAnyTypeAndAddress) {
  const auto backend = this->backend();
  for (const DType type : {DType::F32, DType::BF16, DType::F16}) {
    for (const std::int64_t rows : {1, 2, 5, 7, 8, 13, 40}) {
      const std::int64_t in = 67, first = 33, second = 130;
      const Stored a(random(first * in), type), b(random(second * in), type);
      const std::vector<float> x = random(rows * in), bias = random(second), residual = random(rows * second);
      const Tensor xs = tensor(*backend, {rows, in}, x), biases = tensor(*backend, {second}, bias);
      const Tensor wa = backend->weight(type, {first, in}, a.span()), wb = backend->weight(type, {second, in}, b.span());
      Tensor out_a = poisoned(*backend, {rows, first});
      Tensor out_b = tensor(*backend, {rows, second}, residual);
      const std::array projections{Projection{&wa, nullptr, &out_a}, Projection{&wb, &biases, &out_b, true}};
      backend->linear(xs, projections);
      const auto m = static_cast<std::size_t>(rows);
      EXPECT_TRUE(tests::close_to(values(*backend, out_a), product({}, x, a.values, {}, m, 67, 33), 1e-5))
          << name_of(type) << " rows " << rows;
      EXPECT_TRUE(tests::close_to(values(*backend, out_b), product(residual, x, b.values, bias, m, 67, 130), 1e-5))
          << name_of(type) << " rows " << rows;
    }
  }
}

TEST_P(BackendTest, LinearAndEmbedTakeQuantisedWeights) {
  const auto backend = this->backend();
  std::uniform_int_distribution<int> bytes(0, 255);
  for (const DType type : {DType::Q4_0, DType::Q8_0, DType::IQ4_NL, DType::MXFP4}) {
    const std::int64_t in = 608, out = 70;  // rows end within a packed panel
    const std::size_t count = static_cast<std::size_t>(in * out), row_bytes = bytes_of(type, static_cast<std::size_t>(in));
    std::vector<std::byte> stored(bytes_of(type, count) + 1);
    for (std::byte& byte : stored) byte = static_cast<std::byte>(bytes(engine_));
    const auto weight_bytes = std::span(stored).subspan(1);  // an odd address
    for (std::size_t at = 0; at < weight_bytes.size(); at += block_bytes(type)) {
      const std::uint16_t scale = engine::f32_to_f16(0.01f);
      if (type == DType::MXFP4) {
        weight_bytes[at] = std::byte{122};
      } else {
        std::memcpy(&weight_bytes[at], &scale, sizeof scale);
      }
    }
    std::vector<float> weight(count);
    engine::portable_kernels().rows_of(type).widen(weight_bytes.data(), count, weight.data());
    const Tensor w = backend->weight(type, {out, in}, weight_bytes);
    EXPECT_EQ(w.bytes(), row_bytes * static_cast<std::size_t>(out));
    for (const std::int64_t rows : {1, 3, 7, 8, 33}) {
      const std::vector<float> x = random(rows * in), bias = random(out), residual = random(rows * out);
      const Tensor xs = tensor(*backend, {rows, in}, x), biases = tensor(*backend, {out}, bias);
      Tensor sum = tensor(*backend, {rows, out}, residual);
      const std::array projections{Projection{&w, &biases, &sum, true}};
      backend->linear(xs, projections);
      const std::vector<float> expected = product(residual, x, weight, bias, static_cast<std::size_t>(rows), 608, 70);
      EXPECT_TRUE(tests::close_to(values(*backend, sum), expected, 1e-5)) << name_of(type) << " rows " << rows;
    }
    Tensor looked_up = poisoned(*backend, {2, in});
    backend->embed(w, std::array<std::int32_t, 2>{69, 3}, looked_up);
    const std::vector<float> found = values(*backend, looked_up);
    EXPECT_TRUE(std::equal(found.begin(), found.begin() + in, weight.begin() + 69 * in)) << name_of(type);
    EXPECT_TRUE(std::equal(found.begin() + in, found.end(), weight.begin() + 3 * in)) << name_of(type);
  }
}

TEST_P(BackendTest, LinearReachesBeyondOnePackedPanel) {
  const auto backend = this->backend();
  const std::int64_t rows = 31, in = 700, out = 95;
  const Stored weight(random(out * in), DType::BF16);
  const std::vector<float> x = random(rows * in), residual = random(rows * out);
  const Tensor xs = tensor(*backend, {rows, in}, x), w = backend->weight(DType::BF16, {out, in}, weight.span());
  Tensor sum = tensor(*backend, {rows, out}, residual);
  const std::array projections{Projection{&w, nullptr, &sum, true}};
  backend->linear(xs, projections);
  EXPECT_TRUE(tests::close_to(values(*backend, sum), product(residual, x, weight.values, {}, 31, 700, 95), 1e-5));
}

TEST_P(BackendTest, AutoModeStaysWithinBfloat16Arithmetic) {
  const auto backend = this->backend(engine::ComputeMode::Auto);
  const std::int64_t rows = 20, in = 300, out = 64;
  const Stored weight(random(out * in), DType::BF16);
  const std::vector<float> x = random(rows * in);
  const Tensor xs = tensor(*backend, {rows, in}, x), w = backend->weight(DType::BF16, {out, in}, weight.span());
  Tensor result = poisoned(*backend, {rows, out});
  const std::array projections{Projection{&w, nullptr, &result}};
  backend->linear(xs, projections);
  EXPECT_TRUE(tests::close_to(values(*backend, result), product({}, x, weight.values, {}, 20, 300, 64), 0.05, 0.008));
}

TEST_P(BackendTest, EmbedTakesRowsAndRefusesForeignIds) {
  const auto backend = this->backend();
  const Stored table(random(10 * 7), DType::BF16);
  const Tensor weight = backend->weight(DType::BF16, {10, 7}, table.span());
  Tensor out = poisoned(*backend, {3, 7});
  backend->embed(weight, std::array<std::int32_t, 3>{9, 0, 9}, out);
  const std::vector<float> rows = values(*backend, out);
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(rows[i], table.values[63 + i]);
    EXPECT_EQ(rows[7 + i], table.values[i]);
    EXPECT_EQ(rows[14 + i], table.values[63 + i]);
  }
  EXPECT_THROW(backend->embed(weight, std::array<std::int32_t, 3>{0, 10, 0}, out), engine::Error);
  EXPECT_THROW(backend->embed(weight, std::array<std::int32_t, 3>{0, -1, 0}, out), engine::Error);
}

TEST_P(BackendTest, GatherRowsRotateAndAddWork) {
  const auto backend = this->backend();
  const std::vector<float> x = random(4 * 6);
  const Tensor xs = tensor(*backend, {4, 6}, x);
  Tensor gathered = poisoned(*backend, {2, 6});
  backend->gather_rows(xs, std::array<std::int64_t, 2>{3, 1}, gathered);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(values(*backend, gathered)[i], x[18 + i]);

  Tensor sum = tensor(*backend, {4, 6}, x);
  backend->add(xs, sum);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(values(*backend, sum)[i], x[i] + x[i]);

  // Two tokens, two heads of width 6, of which 4 are rotated.
  Tensor heads = tensor(*backend, {2, 2, 6}, x);
  const std::vector<float> angle{0.1f, 0.2f, 1.3f, -2.0f};
  std::vector<float> cosine, sine;
  for (const float value : angle) {
    cosine.push_back(std::cos(value));
    sine.push_back(std::sin(value));
  }
  backend->rotate(heads, tensor(*backend, {2, 2}, cosine), tensor(*backend, {2, 2}, sine));
  const std::vector<float> turned = values(*backend, heads);
  for (std::size_t token = 0; token < 2; ++token) {
    for (std::size_t head = 0; head < 2; ++head) {
      const std::size_t at = (token * 2 + head) * 6;
      for (std::size_t pair = 0; pair < 2; ++pair) {
        const double c = std::cos(angle[token * 2 + pair]), s = std::sin(angle[token * 2 + pair]);
        const double a = x[at + 2 * pair], b = x[at + 2 * pair + 1];
        EXPECT_NEAR(turned[at + 2 * pair], a * c - b * s, 1e-6);
        EXPECT_NEAR(turned[at + 2 * pair + 1], b * c + a * s, 1e-6);
      }
      EXPECT_EQ(turned[at + 4], x[at + 4]);
      EXPECT_EQ(turned[at + 5], x[at + 5]);
    }
  }
}

/// Attention by its definition, in double: out [rows, heads, dim] for positions [first, first + rows).
std::vector<float> plain_attention(const std::vector<float>& q, const std::vector<float>& k, const std::vector<float>& v,
                                   std::int64_t first, std::int64_t rows, std::int64_t heads, std::int64_t kv_heads,
                                   std::int64_t dim, double scale) {
  std::vector<float> out(static_cast<std::size_t>(rows * heads * dim));
  const auto row_of = [&](std::int64_t position, std::int64_t head) {
    return static_cast<std::size_t>((position * kv_heads + head / (heads / kv_heads)) * dim);
  };
  for (std::int64_t t = 0; t < rows; ++t) {
    for (std::int64_t h = 0; h < heads; ++h) {
      const std::size_t query = static_cast<std::size_t>((t * heads + h) * dim);
      std::vector<double> weights;
      double total = 0;
      for (std::int64_t p = 0; p <= first + t; ++p) {
        double dot = 0;
        for (std::size_t d = 0; d < static_cast<std::size_t>(dim); ++d) {
          dot += static_cast<double>(q[query + d]) * k[row_of(p, h) + d];
        }
        weights.push_back(std::exp(dot * scale));
        total += weights.back();
      }
      for (std::size_t d = 0; d < static_cast<std::size_t>(dim); ++d) {
        double sum = 0;
        for (std::int64_t p = 0; p <= first + t; ++p) sum += weights[static_cast<std::size_t>(p)] / total * v[row_of(p, h) + d];
        out[query + d] = static_cast<float>(sum);
      }
    }
  }
  return out;
}

/// What is left of numbers in blocks of Q8_0: the scale is a 127th of the largest of 32, as a binary16.
void in_eight_bits(std::vector<float>& values) {
  for (std::size_t begin = 0; begin < values.size(); begin += 32) {
    float largest = 0;
    for (std::size_t i = begin; i < begin + 32; ++i) largest = std::max(largest, std::abs(values[i]));
    const float scale = engine::f16_to_f32(engine::f32_to_f16(largest / 127));
    for (std::size_t i = begin; i < begin + 32; ++i) {
      values[i] = scale * std::clamp(std::nearbyint(values[i] / scale), -127.0f, 127.0f);
    }
  }
}

/// One call of attend over a cache that was full of NaN before.
struct Attention {
  std::int64_t first, rows, heads, kv_heads, dim;
  engine::KvType type;
  std::vector<float> q, k, v;

  std::vector<float> by_definition() const {
    return plain_attention(q, k, v, first, rows, heads, kv_heads, dim, 0.3f);
  }
  /// What the cache keeps of the numbers takes their place in k and v.
  Tensor by(Backend& backend, std::size_t batch_rows) {
    const std::int64_t length = first + rows;
    engine::KvCache cache({2, kv_heads, dim, type}, length, &backend);
    const std::vector<std::int32_t> tokens(static_cast<std::size_t>(length), 1);
    const auto opened = cache.open(0, tokens);
    const engine::KvPool pool = cache.pool();
    const std::vector<std::byte> nothing(pool.page_bytes(), std::byte{0xff});
    for (std::int64_t page = 0; page < pool.num_pages; ++page) cache.write_page(page, nothing.data());
    for (std::int64_t at = 0; at < length; at += static_cast<std::int64_t>(batch_rows)) {
      const std::int64_t count = std::min(static_cast<std::int64_t>(batch_rows), length - at);
      const engine::SequenceRows rows_of_batch{0, count, at, cache.pages(opened->sequence)};
      Tensor keys = backend.allocate(DType::F32, {count, kv_heads, dim}), values = backend.allocate(DType::F32, {count, kv_heads, dim});
      const auto from = static_cast<std::size_t>(at * kv_heads * dim), n = static_cast<std::size_t>(count * kv_heads * dim);
      backend.upload(std::as_bytes(std::span(k).subspan(from, n)), keys);
      backend.upload(std::as_bytes(std::span(v).subspan(from, n)), values);
      backend.append_kv(pool, 1, keys, values, std::span(&rows_of_batch, 1));
    }
    const auto stored = [this](float& value) {
      if (type == engine::KvType::F16) value = engine::f16_to_f32(engine::f32_to_f16(std::clamp(value, -65504.0f, 65504.0f)));
      if (type == engine::KvType::BF16) value = engine::bf16_to_f32(engine::f32_to_bf16(value));
    };
    for (float& value : k) stored(value);
    for (float& value : v) stored(value);
    if (type == engine::KvType::Q8_0) {
      in_eight_bits(k);
      in_eight_bits(v);
    }
    Tensor queries = backend.allocate(DType::F32, {rows, heads, dim}), out = backend.allocate(DType::F32, {rows, heads, dim});
    backend.upload(std::as_bytes(std::span(q)), queries);
    const engine::SequenceRows own{0, rows, first, cache.pages(opened->sequence)};
    backend.attend(pool, 1, queries, std::span(&own, 1), 0.3f, out);
    return out;
  }
};

constexpr engine::KvType kKvTypes[] = {engine::KvType::F32, engine::KvType::F16, engine::KvType::BF16, engine::KvType::Q8_0};

TEST_P(BackendTest, AttendIsSoftmaxAttentionAtEveryDepth) {
  struct Case {
    std::int64_t first, rows, heads, kv_heads, dim;
  };
  // One page and several, cut stretches of a long history, blocks of a prompt, groups of 1 to 16, odd widths; the last
  // position alone in its pair and not.
  for (const Case& c : {Case{0, 1, 2, 2, 4}, Case{31, 1, 4, 2, 10}, Case{40, 3, 8, 1, 16}, Case{0, 70, 8, 2, 20},
                        Case{513, 1, 8, 2, 16}, Case{600, 1, 8, 2, 64}, Case{3, 90, 8, 1, 96}, Case{1023, 2, 8, 1, 33},
                        Case{1030, 40, 6, 2, 18}, Case{5, 100, 3, 3, 128}, Case{126, 4, 32, 2, 32}, Case{127, 130, 16, 2, 64},
                        Case{250, 7, 5, 1, 7}, Case{512, 1, 16, 1, 80}}) {
    for (const engine::KvType type : kKvTypes) {
      if (type == engine::KvType::Q8_0 && c.dim % 32 != 0) continue;
      SCOPED_TRACE(testing::Message() << "first " << c.first << ", rows " << c.rows << ", dim " << c.dim << ", type "
                                      << static_cast<int>(type));
      const std::int64_t length = c.first + c.rows;
      Attention attention{c.first, c.rows, c.heads, c.kv_heads, c.dim, type, random(c.rows * c.heads * c.dim, 2.0f),
                          random(length * c.kv_heads * c.dim, 2.0f), random(length * c.kv_heads * c.dim, 2.0f)};
      Attention rounded = attention;
      const auto exact = backend();
      const std::vector<float> out = values(*exact, attention.by(*exact, 33));
      EXPECT_TRUE(tests::close_to(out, attention.by_definition(), 2e-5));
      // By default queries and weights may be rounded to bfloat16 where the cache is no more precise.
      const auto fast = backend(engine::ComputeMode::Auto);
      const bool coarse = type == engine::KvType::BF16 || type == engine::KvType::Q8_0;
      const std::vector<float> out_fast = values(*fast, rounded.by(*fast, 1000));
      EXPECT_TRUE(tests::close_to(out_fast, rounded.by_definition(), coarse ? 0.1 : 2e-5, coarse ? 0.015 : 1e-5));
    }
  }
}

TEST_P(BackendTest, ACacheInFloat16CutsWhatItCannotHold) {
  Attention attention{2, 3, 2, 1, 66, engine::KvType::F16, random(3 * 2 * 66), random(5 * 66), random(5 * 66, 1e5f)};
  attention.v[70] = -INFINITY;
  const auto exact = backend();
  const std::vector<float> out = values(*exact, attention.by(*exact, 2));
  EXPECT_TRUE(tests::close_to(out, attention.by_definition(), 0.5));
}

TEST_P(BackendTest, AttendGivesTheSameBitsOnAnyNumberOfThreads) {
  if (on_card()) GTEST_SKIP() << "threads are the CPU's";
  for (const engine::KvType type : kKvTypes) {
    for (const std::int64_t rows : {1, 150}) {
      Attention attention{1100, rows, 8, 2, 64, type, random(rows * 8 * 64), random((1100 + rows) * 2 * 64), random((1100 + rows) * 2 * 64)};
      std::vector<float> one, three;
      for (std::vector<float>* out : {&one, &three}) {
        engine::EngineOptions options;
        options.device = engine::DeviceChoice::Cpu;
        options.isa = GetParam().isa;
        options.threads = out == &one ? 1 : 3;
        const auto backend = engine::create_backend(options);
        Attention again = attention;
        *out = values(*backend, again.by(*backend, 64));
      }
      EXPECT_EQ(one, three);
    }
  }
}

TEST_P(BackendTest, AttendSurvivesScoresFarApart) {
  const auto backend = this->backend();
  engine::KvCache cache({1, 1, 4, engine::KvType::F32}, 64, backend.get());
  const std::vector<std::int32_t> tokens(40, 1);
  const auto opened = cache.open(0, tokens);
  std::vector<float> k(160), v(160);
  for (std::size_t p = 0; p < 40; ++p) {
    k[4 * p] = p == 35 ? 1000.0f : -1000.0f;
    v[4 * p] = static_cast<float>(p);
  }
  const engine::SequenceRows all{0, 40, 0, cache.pages(opened->sequence)};
  backend->append_kv(cache.pool(), 0, tensor(*backend, {40, 1, 4}, k), tensor(*backend, {40, 1, 4}, v), std::span(&all, 1));
  Tensor out = poisoned(*backend, {1, 1, 4});
  const engine::SequenceRows last{0, 1, 39, cache.pages(opened->sequence)};
  backend->attend(cache.pool(), 0, tensor(*backend, {1, 1, 4}, {1, 0, 0, 0}), std::span(&last, 1), 1.0f, out);
  EXPECT_EQ(values(*backend, out)[0], 35.0f);
}

TEST(CreateBackend, SaysWhereItRunsAndWhy) {
  engine::EngineOptions options;
  options.device = engine::DeviceChoice::Cpu;
  options.isa = IsaChoice::Portable;
  options.threads = 3;
  const auto backend = engine::create_backend(options);
  EXPECT_EQ(backend->info().isa, "portable");
  EXPECT_EQ(backend->info().threads, 3);
  EXPECT_FALSE(backend->info().device_name.empty());
  EXPECT_FALSE(backend->info().device_reason.empty());
}

TEST(CreateBackend, RefusesImpossibleThreadCounts) {
  engine::EngineOptions options;
  options.device = engine::DeviceChoice::Cpu;
  options.threads = -1;
  EXPECT_THROW(engine::create_backend(options), engine::Error);
  options.threads = 100000;
  EXPECT_THROW(engine::create_backend(options), engine::Error);
}

TEST(AvailableDevices, ListTheCpuFirstAndCudaAlways) {
  const auto devices = engine::available_devices();
  ASSERT_GE(devices.size(), 2u);
  EXPECT_EQ(devices[0].kind, "cpu");
  EXPECT_TRUE(devices[0].usable);
  EXPECT_GT(devices[0].memory_total, devices[0].memory_free);
  EXPECT_EQ(devices[1].kind, "cuda");
  EXPECT_NE(devices[1].usable, !devices[1].reason.empty());
}

}  // namespace
