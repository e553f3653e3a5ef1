// Attention's products over interleaved pairs of rows against their formula in float64, for each instruction set.
#include "engine/backends/cpu/kernels/attention_kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/tensor/dtype.h"

namespace {

using engine::AttentionKernels;
using engine::DType;
using engine::PairedBlocks;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::mt19937& numbers() {
  static std::mt19937 engine(7);
  return engine;
}

std::vector<float> random(std::size_t n) {
  std::normal_distribution<float> values;
  std::vector<float> result(n);
  for (float& value : result) value = values(numbers());
  return result;
}

std::uint16_t narrowed(float value, DType type) {
  return type == DType::F16 ? engine::f32_to_f16(value) : engine::f32_to_bf16(value);
}
float widened(std::uint16_t bits, DType type) {
  return type == DType::F16 ? engine::f16_to_f32(bits) : engine::bf16_to_f32(bits);
}

/// Blocks of pairs at odd addresses, apart from each other, and the values they hold.
class Blocks {
 public:
  Blocks(DType type, std::size_t block_pairs, std::size_t pairs, std::size_t columns)
      : values(random(2 * pairs * columns)), columns_(columns) {
    const std::size_t count = (pairs + block_pairs - 1) / block_pairs, bytes = 2 * columns * engine::size_of(type);
    memory_.resize(count);
    for (std::size_t block = 0; block < count; ++block) {
      const std::size_t here = std::min(block_pairs, pairs - block * block_pairs);
      memory_[block].resize(here * bytes + 1);  // nothing behind the last element: sanitizers see who reads it
      for (std::size_t i = 0; i < here * 2 * columns; ++i) {
        float& value = values[block * block_pairs * 2 * columns + i];
        const std::uint16_t half = narrowed(value, type);
        if (type != DType::F32) value = widened(half, type);
        std::byte* const at = memory_[block].data() + 1 + i * engine::size_of(type);
        if (type == DType::F32) std::memcpy(at, &value, sizeof value);
        if (type != DType::F32) std::memcpy(at, &half, sizeof half);
      }
      pointers_.push_back(memory_[block].data() + 1);
    }
    pointers_.insert(pointers_.end(), PairedBlocks::kAhead, memory_.front().data() + 1);
    view = {pointers_.data(), block_pairs, pairs, columns};
  }
  Blocks(const Blocks&) = delete;

  float value(std::size_t row, std::size_t column) const { return values[(row / 2 * columns_ + column) * 2 + row % 2]; }

  std::vector<float> values;
  PairedBlocks view;

 private:
  std::size_t columns_;
  std::vector<std::vector<std::byte>> memory_;
  std::vector<const std::byte*> pointers_;
};

struct Size {
  std::size_t rows, block_pairs, pairs, columns;
};

/// Every number of rows in a group and around it, odd widths, whole and cut blocks.
std::vector<Size> sizes() {
  std::vector<Size> result;
  for (const std::size_t rows : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u, 10u, 11u, 12u, 13u, 16u, 25u}) {
    for (const std::size_t columns : {1u, 2u, 7u, 8u, 9u, 16u, 17u, 31u, 32u, 33u, 80u}) {
      const std::size_t pairs = 1 + (rows * 7 + columns) % 40;
      result.push_back({rows, pairs, pairs, columns});
      result.push_back({rows, 4, pairs, columns});
    }
  }
  result.push_back({8, 16, 256, 128});
  return result;
}

/// What a product must be near: values of `a` and the blocks in float64, and the tolerance.
void expect_product(const std::vector<float>& a, std::size_t stride, const Blocks& b, const Size& size,
                    const std::vector<float>& before, const std::vector<float>& out, std::size_t out_stride, bool add) {
  for (std::size_t m = 0; m < size.rows; ++m) {
    for (std::size_t c = 0; c < out_stride; ++c) {
      const float found = out[m * out_stride + c], old = before[m * out_stride + c];
      if (c >= size.columns) {
        ASSERT_EQ(found, old) << "behind row " << m;
        continue;
      }
      double sum = add ? static_cast<double>(old) : 0, magnitude = std::abs(sum);
      for (std::size_t k = 0; k < 2 * size.pairs; ++k) {
        const double product = static_cast<double>(a[m * stride + k]) * static_cast<double>(b.value(k, c));
        sum += product;
        magnitude += std::abs(product);
      }
      ASSERT_NEAR(found, sum, static_cast<double>(size.pairs + 1) * 0x1p-22 * magnitude)
          << "rows " << size.rows << " pairs " << size.pairs << " columns " << size.columns << " at " << m << ", " << c;
    }
  }
}

struct Isa {
  const AttentionKernels* kernels;
  friend std::ostream& operator<<(std::ostream& out, const Isa& isa) { return out << isa.kernels->name; }
  AttentionKernels::Multiply multiply(DType type) const {
    return type == DType::F16 ? kernels->multiply_f16 : type == DType::BF16 ? kernels->multiply_bf16 : kernels->multiply_f32;
  }
};

std::vector<Isa> isas() {
  std::vector<Isa> found{{&engine::portable_attention_kernels()}};
#if defined(__x86_64__)
  if (engine::cpu_features().avx2) found.push_back({&engine::avx2_attention_kernels()});
  if (engine::cpu_features().avx512) found.push_back({&engine::avx512_attention_kernels()});
#endif
  return found;
}

class PairedProducts : public testing::TestWithParam<Isa> {};

INSTANTIATE_TEST_SUITE_P(Isa, PairedProducts, testing::ValuesIn(isas()),
                         [](const auto& isa) { return std::string(isa.param.kernels->name); });

TEST_P(PairedProducts, AreSumsOfProductsOfEverySizeAtAnyAddress) {
  for (const DType type : {DType::F32, DType::F16, DType::BF16}) {
    SCOPED_TRACE(name_of(type));
    for (const Size& size : sizes()) {
      const Blocks b(type, size.block_pairs, size.pairs, size.columns);
      const std::size_t stride = 2 * size.pairs + size.rows % 3, out_stride = size.columns + 3;
      const std::vector<float> a = random(size.rows * stride), before = random(size.rows * out_stride);
      for (const bool add : {false, true}) {
        std::vector<float> out = before;
        GetParam().multiply(type)(a.data(), stride, size.rows, b.view, out.data(), out_stride, add);
        expect_product(a, stride, b, size, before, out, out_stride, add);
      }
    }
  }
}

TEST_P(PairedProducts, DoNotDependOnWhatIsComputedBeside) {
  for (const DType type : {DType::F32, DType::F16, DType::BF16}) {
    const Blocks b(type, 16, 48, 40);
    const std::vector<float> a = random(25 * 96);
    std::vector<float> together(25 * 40), alone(40);
    GetParam().multiply(type)(a.data(), 96, 25, b.view, together.data(), 40, false);
    for (std::size_t m = 0; m < 25; ++m) {
      GetParam().multiply(type)(a.data() + m * 96, 96, 1, b.view, alone.data(), 40, false);
      for (std::size_t c = 0; c < 40; ++c) ASSERT_EQ(together[m * 40 + c], alone[c]) << m << ", " << c;
    }
  }
}

TEST_P(PairedProducts, InterleaveRowsOfEveryLength) {
  for (std::size_t n = 0; n < 70; ++n) {
    const std::vector<float> even = random(n), odd = random(n);
    std::vector<float> to(2 * n + 1, 5.0f);
    GetParam().kernels->pair(even.data(), odd.data(), n, to.data());
    for (std::size_t i = 0; i < 2 * n; ++i) ASSERT_EQ(to[i], (i % 2 == 0 ? even : odd)[i / 2]) << i << " of " << n;
    EXPECT_EQ(to[2 * n], 5.0f);
  }
}

#if defined(__x86_64__)

class Bf16Products : public testing::Test {
 protected:
  void SetUp() override {
    if (!engine::cpu_features().bf16) GTEST_SKIP() << "this CPU has no products of bfloat16";
  }
  const engine::Bf16AttentionKernels& kernels_ = engine::avx512_bf16_attention_kernels();
};

TEST_F(Bf16Products, AreSumsOfProductsOfEverySizeAtAnyAddress) {
  for (const Size& size : sizes()) {
    const Blocks b(DType::BF16, size.block_pairs, size.pairs, size.columns);
    const std::size_t stride = 2 * size.pairs + 2 * (size.rows % 3), out_stride = size.columns + 3;
    std::vector<float> a = random(size.rows * stride);
    std::vector<std::uint16_t> narrow(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = widened(narrow[i] = narrowed(a[i], DType::BF16), DType::BF16);
    const std::vector<float> before = random(size.rows * out_stride);
    for (const bool add : {false, true}) {
      std::vector<float> out = before;
      kernels_.multiply(narrow.data(), stride, size.rows, b.view, out.data(), out_stride, add);
      expect_product(a, stride, b, size, before, out, out_stride, add);
    }
  }
}

TEST_F(Bf16Products, DoNotDependOnWhatIsComputedBeside) {
  const Blocks b(DType::BF16, 16, 48, 40);
  std::vector<std::uint16_t> a(25 * 96);
  kernels_.narrow(random(a.size()).data(), a.size(), 1.0f, a.data());
  std::vector<float> together(25 * 40), alone(40);
  kernels_.multiply(a.data(), 96, 25, b.view, together.data(), 40, false);
  for (std::size_t m = 0; m < 25; ++m) {
    kernels_.multiply(a.data() + m * 96, 96, 1, b.view, alone.data(), 40, false);
    for (std::size_t c = 0; c < 40; ++c) ASSERT_EQ(together[m * 40 + c], alone[c]) << m << ", " << c;
  }
}

TEST_F(Bf16Products, NarrowToTheNearestTiesToEven) {
  std::vector<float> x{0.0f, -0.0f, 1.0f, 1.00390625f, 1.01171875f, 3.39e38f, kInfinity, -kInfinity};
  for (std::uint32_t i = 0; i < 4001; ++i) x.push_back(std::bit_cast<float>(i * 214013u * 1021u + 2531011u));
  for (float& value : x) value = std::isnan(value) || std::fabs(value) < 1e-37f ? 0.5f : value;  // subnormals become zero
  for (const std::size_t n : {x.size(), std::size_t{5}}) {
    std::vector<std::uint16_t> to(n + 1, 0x1234);
    kernels_.narrow(x.data(), n, 0.5f, to.data());
    for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(to[i], engine::f32_to_bf16(0.5f * x[i])) << x[i];
    EXPECT_EQ(to[n], 0x1234);
  }
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::uint16_t to = 0;
  kernels_.narrow(&nan, 1, 1.0f, &to);
  EXPECT_TRUE(std::isnan(engine::bf16_to_f32(to)));
}

TEST_F(Bf16Products, InterleaveRowsOfEveryLength) {
  for (std::size_t n = 0; n < 70; ++n) {
    const std::vector<float> even = random(n), odd = random(n);
    std::vector<std::uint16_t> to(2 * n + 1, 0x1234);
    kernels_.pair(even.data(), odd.data(), n, to.data());
    for (std::size_t i = 0; i < 2 * n; ++i) {
      ASSERT_EQ(to[i], engine::f32_to_bf16((i % 2 == 0 ? even : odd)[i / 2])) << i << " of " << n;
    }
    EXPECT_EQ(to[2 * n], 0x1234);
  }
}

TEST_F(Bf16Products, LargestLooksAtEveryScoreAndAtNothingElse) {
  for (std::size_t n = 1; n < 70; ++n) {
    std::vector<float> scores = random(n);
    for (float& score : scores) score -= 10.0f;
    EXPECT_EQ(kernels_.largest(scores.data(), n, 1.0f), 1.0f);
    for (std::size_t i = 0; i < n; ++i) {
      const float kept = std::exchange(scores[i], 2.0f);
      ASSERT_EQ(kernels_.largest(scores.data(), n, -kInfinity), 2.0f) << i << " of " << n;
      scores[i] = kept;
    }
  }
}

TEST_F(Bf16Products, ExpAndSumIsThePartsOfASoftmax) {
  for (const std::size_t n : {1u, 15u, 16u, 17u, 128u, 509u}) {
    std::vector<float> scores = random(n);
    for (std::size_t i = 0; i < n; ++i) scores[i] = 30.0f - std::fabs(scores[i]) * static_cast<float>(i % 29);
    scores[n / 2] = 30.0f;
    std::vector<std::uint16_t> weights(n + 1, 0x1234);
    const float total = kernels_.exp_and_sum(scores.data(), n, 30.0f, weights.data());
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double expected = std::exp(static_cast<double>(scores[i]) - 30.0);
      sum += static_cast<double>(engine::bf16_to_f32(weights[i]));
      ASSERT_NEAR(engine::bf16_to_f32(weights[i]), expected, expected * (0x1p-8 + 1e-5)) << scores[i];
    }
    EXPECT_NEAR(total, sum, 1e-5 * sum);
    EXPECT_EQ(weights[n], 0x1234);
  }
  const std::vector<float> scores{-kInfinity, -1e30f, -200.0f, 0.0f, -0.0f};
  std::vector<std::uint16_t> weights(scores.size());
  EXPECT_NEAR(kernels_.exp_and_sum(scores.data(), scores.size(), 0.0f, weights.data()), 2.0f, 2e-5);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(weights[i], 0);
  for (std::size_t i = 3; i < 5; ++i) EXPECT_EQ(engine::bf16_to_f32(weights[i]), 1.0f);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(kernels_.exp_and_sum(&nan, 1, 0.0f, weights.data())));
  EXPECT_TRUE(std::isnan(engine::bf16_to_f32(weights[0])));
}

#endif

TEST(AttentionKernels, CapIsObeyed) {
  const engine::CpuFeatures& features = engine::cpu_features();
  EXPECT_STREQ(engine::choose_attention_kernels(engine::IsaChoice::Portable).name, "portable");
  const std::string avx2 = engine::choose_attention_kernels(engine::IsaChoice::Avx2).name;
  EXPECT_EQ(avx2, features.avx2 ? "avx2" : "portable");
  EXPECT_EQ(engine::choose_attention_kernels(engine::IsaChoice::Auto).name, features.avx512 ? "avx512" : avx2);
  EXPECT_EQ(engine::choose_bf16_attention_kernels(engine::IsaChoice::Portable), nullptr);
  EXPECT_EQ(engine::choose_bf16_attention_kernels(engine::IsaChoice::Avx2), nullptr);
  EXPECT_EQ(engine::choose_bf16_attention_kernels(engine::IsaChoice::Auto) != nullptr, features.bf16);
}

}  // namespace
