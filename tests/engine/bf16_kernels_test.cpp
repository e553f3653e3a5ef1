// Products of bfloat16 by bfloat16: the kernels against their formulas in double, and the whole product against that.
#include "engine/backends/cpu/kernels/bf16_tiles.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "engine/backends/cpu/bf16_gemm.h"
#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/tensor/dtype.h"

namespace {

using engine::Bf16Kernels;
using engine::Bf16Panel;
using engine::bf16_to_f32;
using engine::f32_to_bf16;

// Around the registers (16 pairs), their halves and a panel's depth.
const std::size_t kSizes[] = {1, 2, 3, 16, 31, 32, 33, 34, 63, 64, 65, 130, 1023, 1024};

class Bf16 : public testing::Test {
 protected:
  void SetUp() override {
    kernels_ = engine::choose_bf16_kernels(engine::IsaChoice::Auto);
    if (kernels_ == nullptr) GTEST_SKIP() << "this CPU does not multiply bfloat16";
  }
  std::vector<float> random(std::size_t n) {
    std::normal_distribution<float> values;
    std::vector<float> result(n);
    for (float& value : result) value = values(engine_);
    return result;
  }
  /// Rows of bfloat16 at an odd address that end where their memory ends.
  std::vector<std::byte> stored(const std::vector<float>& values) {
    std::vector<std::byte> bytes(1 + 2 * values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::uint16_t bits = f32_to_bf16(values[i]);
      std::memcpy(bytes.data() + 1 + 2 * i, &bits, 2);
    }
    return bytes;
  }
  std::vector<float> multiply(const std::vector<float>& x, std::size_t rows, const std::vector<float>& weight,
                              std::size_t columns, std::size_t n) {
    std::vector<std::uint16_t> packed(rows * (n + 1));
    kernels_->pack_inputs(x.data(), n, rows, n, packed.data());
    const std::vector<std::byte> bytes = stored(weight);
    kernels_->pack_weights(bytes.data() + 1, 2 * n, columns, n, *panel_);
    std::vector<float> out(rows * columns);
    kernels_->multiply_tile(packed.data(), *panel_, n, out.data(), columns, rows, columns, false);
    return out;
  }
  const Bf16Kernels* kernels_ = nullptr;
  std::unique_ptr<Bf16Panel> panel_ = std::make_unique<Bf16Panel>();
  std::mt19937 engine_{5};
};

TEST_F(Bf16, InputsArePackedInPairsAndRoundedToNearest) {
  for (const std::size_t n : kSizes) {
    for (const std::size_t rows : {std::size_t{1}, std::size_t{5}, kernels_->tile_rows}) {
      const std::size_t stride = n + 3, pairs = (n + 1) / 2;
      std::vector<float> x = random(rows * stride);
      x[0] = 1.00390625f;  // a tie between two numbers, of which the first is even
      if (n > 2) x[1] = 1.01171875f, x[2] = -0.0f;
      x.resize((rows - 1) * stride + n);  // nothing is read behind the last element
      std::vector<std::uint16_t> packed(2 * pairs * rows + 1, 0x7777);
      kernels_->pack_inputs(x.data(), stride, rows, n, packed.data());
      for (std::size_t k = 0; k < 2 * pairs; ++k) {
        for (std::size_t i = 0; i < rows; ++i) {
          const std::uint16_t expected = k < n ? f32_to_bf16(x[i * stride + k]) : std::uint16_t{0};
          ASSERT_EQ(packed[(k / 2 * rows + i) * 2 + k % 2], expected) << "n " << n << " row " << i << " element " << k;
        }
      }
      EXPECT_EQ(packed.back(), 0x7777);
    }
  }
}

TEST_F(Bf16, WeightsArePackedInPairsFromAnyAddress) {
  for (const std::size_t n : kSizes) {
    for (const std::size_t rows : {1, 15, 16, 17, 32}) {
      const std::vector<float> values = random(rows * n);
      const std::vector<std::byte> bytes = stored(values);
      std::memset(panel_->elements, 0x77, sizeof panel_->elements);
      kernels_->pack_weights(bytes.data() + 1, 2 * n, rows, n, *panel_);
      for (std::size_t k = 0; k < (n + 1) / 2 * 2; ++k) {
        for (std::size_t r = 0; r < Bf16Panel::kColumns; ++r) {
          const std::uint16_t expected = k < n && r < rows ? f32_to_bf16(values[r * n + k]) : std::uint16_t{0};
          ASSERT_EQ(panel_->elements[(k / 2 * Bf16Panel::kColumns + r) * 2 + k % 2], expected)
              << "n " << n << " row " << r << " of " << rows << " element " << k;
        }
      }
    }
  }
}

TEST_F(Bf16, TilesOfEverySizeAreMatrixProducts) {
  for (const std::size_t n : {1, 2, 33, 130, 1024}) {
    for (std::size_t rows = 1; rows <= kernels_->tile_rows; ++rows) {
      for (const std::size_t columns : {1, 15, 16, 17, 31, 32}) {
        const std::vector<float> x = random(rows * n), weight = random(columns * n);
        std::vector<std::uint16_t> packed(rows * (n + 1));
        kernels_->pack_inputs(x.data(), n, rows, n, packed.data());
        const std::vector<std::byte> bytes = stored(weight);
        kernels_->pack_weights(bytes.data() + 1, 2 * n, columns, n, *panel_);
        for (const bool add : {false, true}) {
          const std::size_t stride = columns + 1;
          std::vector<float> out(rows * stride, add ? 7.0f : NAN);
          kernels_->multiply_tile(packed.data(), *panel_, n, out.data(), stride, rows, columns, add);
          for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t c = 0; c < columns; ++c) {
              double sum = add ? 7.0 : 0.0, magnitude = std::abs(sum);
              for (std::size_t k = 0; k < n; ++k) {
                const double product = static_cast<double>(bf16_to_f32(f32_to_bf16(x[i * n + k]))) *
                                       bf16_to_f32(f32_to_bf16(weight[c * n + k]));
                sum += product;
                magnitude += std::abs(product);
              }
              ASSERT_NEAR(out[i * stride + c], sum, static_cast<double>(n + 1) * magnitude * 0x1p-23)
                  << "n " << n << " row " << i << " of " << rows << " column " << c << " of " << columns;
            }
            const float behind = out[i * stride + columns];  // not ours
            ASSERT_TRUE(add ? behind == 7.0f : std::isnan(behind));
          }
        }
      }
    }
  }
}

TEST_F(Bf16, SumsDoNotDependOnWhatIsComputedBeside) {
  const std::size_t n = 77, rows = kernels_->tile_rows;
  const std::vector<float> x = random(rows * n), weight = random(32 * n);
  const std::vector<float> together = multiply(x, rows, weight, 32, n);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::vector<float> one(x.begin() + static_cast<std::ptrdiff_t>(i * n), x.begin() + static_cast<std::ptrdiff_t>((i + 1) * n));
    const std::vector<float> alone = multiply(one, 1, weight, 32, n);
    for (std::size_t c = 0; c < 32; ++c) EXPECT_EQ(alone[c], together[i * 32 + c]);
  }
}

TEST_F(Bf16, ExtremesStayInTheirOwnSums) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity(), kTiny = std::numeric_limits<float>::denorm_min() * 4096;
  const std::size_t n = 3;
  const std::vector<float> x = {1, 2, 3,  kInfinity, 1, 1,  NAN, 0, 0,  3e38f, 3e38f, 0,  kTiny, 0, 0};
  const std::vector<float> weight = {1, 1, 1,  0, 1, 0,  -2, 2, 2,  0x1p-100f, 0x1p-100f, 0};
  const std::vector<float> out = multiply(x, 5, weight, 4, n);
  EXPECT_EQ(out[0], 6.0f);
  EXPECT_EQ(out[1], 2.0f);
  EXPECT_EQ(out[2], 8.0f);
  EXPECT_EQ(out[4], kInfinity);
  EXPECT_TRUE(std::isnan(out[5]));  // infinity times zero
  EXPECT_EQ(out[6], -kInfinity);
  for (std::size_t c = 0; c < 4; ++c) EXPECT_TRUE(std::isnan(out[8 + c])) << c;
  EXPECT_EQ(out[12], kInfinity);  // 6e38
  EXPECT_EQ(out[13], bf16_to_f32(f32_to_bf16(3e38f)));
  EXPECT_NEAR(out[15] / 0x1p-99, 3e38, 1e36);
  for (std::size_t c = 0; c < 4; ++c) EXPECT_EQ(out[16 + c], 0.0f) << c;
}

/// Several products at once, of one x and of others, with and without bias and sum, beyond one panel in each direction.
TEST_F(Bf16, ProductsFollowTheirFormulaOnAnyNumberOfThreads) {
  struct Shape {
    std::int64_t rows, in, out;
    bool bias, accumulate;
  };
  const Shape shapes[] = {{8, 67, 33, true, false}, {13, 2049, 70, true, false}, {40, 1025, 1, true, true}, {25, 1, 32, false, false}};
  for (const Shape& shape : shapes) {
    const auto rows = static_cast<std::size_t>(shape.rows), in = static_cast<std::size_t>(shape.in), out = static_cast<std::size_t>(shape.out);
    const std::vector<float> x = random(rows * in), other = random(rows * in), bias = random(out), before = random(rows * out);
    const std::vector<float> values = random(out * in);
    const std::vector<std::byte> weight = stored(values);
    std::vector<std::vector<float>> first;
    for (const int threads : {1, 2, 5}) {
      engine::ThreadTeam team(threads);
      engine::Bf16Gemm gemm(*kernels_, team);
      std::vector<std::vector<float>> results(3, before);
      std::vector<engine::MatrixProduct> products;
      for (std::size_t i = 0; i < 3; ++i) {
        products.push_back({i < 2 ? x.data() : other.data(), weight.data() + 1, engine::DType::BF16, shape.bias ? bias.data() : nullptr,
                            results[i].data(), shape.rows, shape.in, shape.out, shape.accumulate});
      }
      gemm.multiply(products);
      gemm.multiply({products.data(), 1});  // memory of the last call is taken again
      if (!shape.accumulate) {
        EXPECT_EQ(results[0], results[1]);
      }
      if (first.empty()) first = results;
      EXPECT_EQ(results, first) << threads << " threads";
      for (std::size_t m = 0; m < rows; ++m) {
        for (std::size_t c = 0; c < out; ++c) {
          double sum = (shape.bias ? bias[c] : 0.0) + (shape.accumulate ? before[m * out + c] : 0.0), magnitude = std::abs(sum);
          for (std::size_t k = 0; k < in; ++k) {
            const double product = static_cast<double>(bf16_to_f32(f32_to_bf16(other[m * in + k]))) * bf16_to_f32(f32_to_bf16(values[c * in + k]));
            sum += product;
            magnitude += std::abs(product);
          }
          ASSERT_NEAR(results[2][m * out + c], sum, static_cast<double>(in + 2) * magnitude * 0x1p-23) << "row " << m << " column " << c;
        }
      }
    }
  }
}

TEST(Bf16Kernels, CapIsObeyed) {
  EXPECT_EQ(engine::choose_bf16_kernels(engine::IsaChoice::Portable), nullptr);
  EXPECT_EQ(engine::choose_bf16_kernels(engine::IsaChoice::Avx2), nullptr);
  EXPECT_EQ(engine::choose_bf16_kernels(engine::IsaChoice::Auto) != nullptr, engine::cpu_features().bf16);
}

}  // namespace
