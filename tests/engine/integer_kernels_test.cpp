// Products with activations in 8 bits against their formula in float64, and their versions against each other.
#include "engine/backends/cpu/kernels/integer_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>

#include "engine/backends/cpu/integer_inputs.h"
#include "engine/backends/cpu/kernels/kernel_table.h"
#include "tests/support/blocks.h"

namespace {

using engine::DType;
using engine::IntegerKernels;
using engine::IntegerPiece;
using engine::IntegerRows;
using tests::Blocks;

struct Isa {
  const IntegerKernels* kernels;
  friend std::ostream& operator<<(std::ostream& out, const Isa& isa) { return out << isa.kernels->name; }
};

std::vector<Isa> isas() {
  std::vector<Isa> found{{&engine::portable_integer_kernels()}};
#if defined(__x86_64__)
  if (engine::cpu_features().avx2) found.push_back({&engine::avx2_integer_kernels()});
  if (engine::cpu_features().vnni) found.push_back({&engine::vnni_integer_kernels()});
#endif
  return found;
}

/// Rows of numbers in 8 bits, with the zeros behind them that kernels may read.
class Inputs {
 public:
  Inputs(const IntegerKernels& kernels, const std::vector<float>& x, std::size_t rows) : rows_(rows) {
    const std::size_t n = x.size() / rows;
    for (auto* pieces : {&pieces_, &rests_}) {
      pieces->resize(rows * ((n + 255) / 256));
      std::memset(pieces->data(), 99, pieces->size() * sizeof(IntegerPiece));  // to be overwritten
    }
    for (std::size_t i = 0; i < rows; ++i) {
      kernels.quantise(x.data() + i * n, n, {pieces_.data() + i, rows}, {rests_.data() + i, rows}, true);
    }
  }
  IntegerRows rows() const { return {pieces_.data(), rows_}; }
  IntegerRows rests() const { return {rests_.data(), rows_}; }
  int code(std::size_t row, std::size_t k) const { return rows().at(row, k / 256).q[k % 256]; }
  /// What the codes stand for.
  double value(std::size_t row, std::size_t k) const {
    return static_cast<double>(rows().at(row, k / 256).scales[k % 256 / 32]) * code(row, k);
  }
  /// What codes and rests stand for together.
  double fine_value(std::size_t row, std::size_t k) const {
    const IntegerPiece& rest = rests().at(row, k / 256);
    return value(row, k) + static_cast<double>(rest.scales[k % 256 / 32]) * rest.q[k % 256];
  }
  const std::vector<IntegerPiece>& pieces() const { return pieces_; }
  const std::vector<IntegerPiece>& rest_pieces() const { return rests_; }

 private:
  std::size_t rows_;
  std::vector<IntegerPiece> pieces_, rests_;
};

class Integer : public testing::TestWithParam<Isa> {
 protected:
  const IntegerKernels& kernels() const { return *GetParam().kernels; }
  std::vector<float> random(std::size_t n) {
    std::normal_distribution<float> values;
    std::vector<float> result(n);
    for (float& value : result) value = values(engine_);
    return result;
  }
  std::mt19937 engine_{11};
};

INSTANTIATE_TEST_SUITE_P(Isa, Integer, testing::ValuesIn(isas()),
                         [](const auto& isa) { return std::string(isa.param.kernels->name); });

TEST_P(Integer, QuantisesToHalfAStepAndTellsSums) {
  std::vector<float> x = random(32 * 9);
  std::fill_n(x.begin(), 32, 0.0f);
  for (std::size_t i = 32; i < 64; ++i) x[i] *= 1e30f;
  for (std::size_t i = 64; i < 96; ++i) x[i] *= 1e-30f;
  for (std::size_t i = 96; i < 128; ++i) x[i] = std::numeric_limits<float>::denorm_min() * static_cast<float>(i);
  for (std::size_t i = 128; i < 160; ++i) x[i] = static_cast<float>(i) - 143.5f;  // ties: the largest is 15.5
  x[160] = 1e38f;
  const Inputs inputs(kernels(), x, 1);
  for (std::size_t g = 0; g < 9; ++g) {
    double sum = 0, first_half = 0, largest = 0;
    for (std::size_t k = 32 * g; k < 32 * g + 32; ++k) {
      largest = std::max(largest, std::abs(static_cast<double>(x[k])));
      sum += inputs.value(0, k);
      if (k < 32 * g + 16) first_half += inputs.value(0, k);
    }
    for (std::size_t k = 32 * g; k < 32 * g + 32; ++k) {
      EXPECT_NEAR(inputs.value(0, k), x[k], largest / 254 * 1.00001 + 1e-36) << k;
      EXPECT_GE(inputs.code(0, k), -127);
      // In steps of a 256th; where half a step was left the last one is missing.
      EXPECT_NEAR(inputs.fine_value(0, k), x[k], largest / 127 / 256 * 1.01 + 1e-36) << k;
      EXPECT_GE(inputs.rests().at(0, k / 256).q[k % 256], -127);
    }
    const IntegerPiece& rest = inputs.rest_pieces()[g / 8];
    EXPECT_EQ(rest.scales[g % 8], inputs.pieces()[g / 8].scales[g % 8] / 256);
    for (std::size_t i = 0; i < 32; ++i) {  // the other order: 4 of each of four groups, the next 4 of each
      const std::size_t there = 128 * (g % 8 / 4) + i / 4 * 16 + g % 4 * 4 + i % 4;
      EXPECT_EQ(rest.crossed[there], rest.q[32 * (g % 8) + i]);
      EXPECT_EQ(inputs.pieces()[g / 8].crossed[there], inputs.code(0, 32 * g + i));
    }
    const IntegerPiece& piece = inputs.pieces()[g / 8];
    EXPECT_NEAR(piece.sums[g % 8], sum, 1e-5 * largest * 32);
    EXPECT_NEAR(piece.half_sums[2 * (g % 8)], first_half, 1e-5 * largest * 32);
    EXPECT_NEAR(piece.half_sums[2 * (g % 8) + 1], sum - first_half, 1e-5 * largest * 32);
    const std::int8_t* const q = piece.q + 32 * (g % 8);
    const int halves[] = {std::accumulate(q, q + 16, 0), std::accumulate(q + 16, q + 32, 0)};
    EXPECT_EQ(piece.minus_half_totals[2 * (g % 8)], -halves[0]);
    EXPECT_EQ(piece.minus_half_totals[2 * (g % 8) + 1], -halves[1]);
    EXPECT_EQ(piece.minus_totals[g % 8], -halves[0] - halves[1]);
    // What is told beside the rests is of the numbers in 16 bits.
    const std::int8_t* const left = rest.q + 32 * (g % 8);
    const int fine_halves[] = {256 * halves[0] + std::accumulate(left, left + 16, 0), 256 * halves[1] + std::accumulate(left + 16, left + 32, 0)};
    for (std::size_t half = 0; half < 2; ++half) {
      EXPECT_EQ(rest.minus_half_totals[2 * (g % 8) + half], -fine_halves[half]);
      EXPECT_EQ(rest.half_sums[2 * (g % 8) + half], rest.scales[g % 8] * static_cast<float>(fine_halves[half]));
    }
    EXPECT_EQ(rest.minus_totals[g % 8], -fine_halves[0] - fine_halves[1]);
    EXPECT_EQ(rest.sums[g % 8], rest.scales[g % 8] * static_cast<float>(fine_halves[0] + fine_halves[1]));
  }
  EXPECT_EQ(inputs.pieces()[1].q[32], 0);  // behind the end
  EXPECT_EQ(inputs.pieces()[1].scales[1], 0.0f);
  EXPECT_EQ(inputs.pieces()[1].minus_half_totals[15], 0);
}

TEST_P(Integer, QuantisesToTheSameBitsEverywhere) {
  std::vector<float> x = random(4096);
  for (std::size_t i = 0; i < 2048; ++i) x[i] = std::round(x[i] * 40) / 2;  // halves: ties where the scale is whole
  x[32 * 7] = 127;
  x[32 * 8] = INFINITY;
  x[32 * 9 + 31] = NAN;
  const Inputs expected(engine::portable_integer_kernels(), x, 1), inputs(kernels(), x, 1);
  for (std::size_t p = 0; p < expected.pieces().size(); ++p) {
    const IntegerPiece &piece = inputs.pieces()[p], &wanted = expected.pieces()[p];
    EXPECT_EQ(std::memcmp(&piece, &wanted, sizeof piece), 0) << p;
    EXPECT_EQ(std::memcmp(&inputs.rest_pieces()[p], &expected.rest_pieces()[p], sizeof piece), 0) << p;
  }
  EXPECT_TRUE(std::isnan(inputs.pieces()[1].scales[0]));
  EXPECT_TRUE(std::isnan(inputs.pieces()[1].scales[1]));
}

TEST_P(Integer, DotIsTheSumOfProductsAtAnyAddress) {
  const Blocks blocks;
  for (const DType type : Blocks::kTypes) {
    for (const std::size_t row_blocks : {1u, 2u, 3u, 7u, 8u, 9u, 17u}) {
      for (const std::size_t num_x : {1u, 2u, 3u, 4u, 7u}) {
        const std::size_t n = row_blocks * block_elements(type), num_rows = 1 + (num_x + row_blocks) % 7;
        const auto rows = blocks.rows(type, num_rows * row_blocks, num_x % 5);
        const Inputs inputs(kernels(), random(num_x * n), num_x);
        std::vector<float> out(num_x * num_rows, NAN);
        kernels().type(type).dot(inputs.rows(), inputs.rests(), num_x, rows.data(), bytes_of(type, n), num_rows, n, out.data(), num_rows);
        for (std::size_t i = 0; i < num_x; ++i) {
          for (std::size_t r = 0; r < num_rows; ++r) {
            double sum = 0, magnitude = 0;
            for (std::size_t k = 0; k < n; ++k) {
              const double product = inputs.fine_value(i, k) * static_cast<double>(rows.values[r * n + k]);
              sum += product;
              magnitude += std::abs(product);
            }
            ASSERT_NEAR(out[i * num_rows + r], sum, static_cast<double>(n) * magnitude * 0x1p-22 + 1e-30)
                << name_of(type) << " n " << n << " x " << i << " row " << r;
          }
        }
      }
    }
  }
}

TEST_P(Integer, DotDoesNotDependOnWhatIsComputedBeside) {
  const Blocks blocks;
  for (const DType type : Blocks::kTypes) {
    const std::size_t n = 768, row_bytes = bytes_of(type, n);
    const auto rows = blocks.rows(type, 9 * n / block_elements(type), 0);
    const Inputs inputs(kernels(), random(7 * n), 7);
    std::vector<float> together(7 * 9), alone(1);
    kernels().type(type).dot(inputs.rows(), inputs.rests(), 7, rows.data(), row_bytes, 9, n, together.data(), 9);
    for (std::size_t i = 0; i < 7; ++i) {
      for (std::size_t r = 0; r < 9; ++r) {
        kernels().type(type).dot(inputs.rows().from(i), inputs.rests().from(i), 1, rows.data() + r * row_bytes, row_bytes, 1, n, alone.data(), 1);
        EXPECT_EQ(together[i * 9 + r], alone[0]) << name_of(type);
      }
    }
  }
}

TEST_P(Integer, PanelsGiveTheSumOfProducts) {
  const Blocks blocks;
  const std::size_t width = kernels().tile_columns;
  for (const DType type : Blocks::kTypes) {
    for (const std::size_t n : {block_elements(type), std::size_t{224}, std::size_t{512}, std::size_t{800}}) {
      if (n % block_elements(type) != 0) continue;
      for (const std::size_t num_x : {1u, 2u, 4u, 5u, 9u, 17u}) {
        const bool fine = (num_x + n / 32) % 2 == 0;
        const std::size_t columns = 1 + (num_x * 5 + n) % width, row_bytes = bytes_of(type, n);
        const auto rows = blocks.rows(type, columns * n / block_elements(type), num_x % 3);
        const Inputs inputs(kernels(), random(num_x * n), num_x);
        std::vector<float> out(num_x * width + 1, 7.0f);
        engine::IntegerPanel panel;
        for (std::size_t k = 0; k < n; k += 256) {
          const std::size_t depth = std::min<std::size_t>(256, n - k);
          kernels().type(type).pack(rows.data() + bytes_of(type, k), row_bytes, columns, depth, panel);
          kernels().type(type).multiply(inputs.rows(), fine ? inputs.rests() : IntegerRows(), num_x, k, depth, panel, out.data(),
                                        k > 0);
        }
        for (std::size_t i = 0; i < num_x; ++i) {
          for (std::size_t c = 0; c < columns; ++c) {
            double sum = 0, magnitude = 0;
            for (std::size_t k = 0; k < n; ++k) {
              const double product = (fine ? inputs.fine_value(i, k) : inputs.value(i, k)) * static_cast<double>(rows.values[c * n + k]);
              sum += product;
              magnitude += std::abs(product);
            }
            ASSERT_NEAR(out[i * width + c], sum, static_cast<double>(n) * magnitude * 0x1p-22 + 1e-30)
                << name_of(type) << " n " << n << " x " << i << " column " << c << (fine ? " fine" : "");
          }
        }
        EXPECT_EQ(out.back(), 7.0f);
      }
    }
  }
}

TEST(IntegerInputs, QuantisesEachInputOnceAndOnlyForQuantisedWeights) {
  std::vector<float> x(3 * 288, 1.0f), y(288, 2.0f);
  const engine::MatrixProduct first{x.data(), nullptr, DType::Q4_0, nullptr, nullptr, 3, 288, 5, false};
  const engine::MatrixProduct same{x.data(), nullptr, DType::Q6_K, nullptr, nullptr, 3, 288, 9, false};
  const engine::MatrixProduct other{y.data(), nullptr, DType::Q8_0, nullptr, nullptr, 1, 288, 5, false};
  const engine::MatrixProduct plain{y.data() + 32, nullptr, DType::BF16, nullptr, nullptr, 1, 256, 5, false};
  engine::ThreadTeam team(2);
  engine::IntegerInputs inputs(engine::portable_integer_kernels(), team);
  const engine::MatrixProduct products[] = {first, plain, same, other};
  inputs.quantise(products, engine::IntegerInputs::Fine::Named);
  EXPECT_EQ(inputs.rows_of(first).pieces, inputs.rows_of(same).pieces);
  const IntegerRows rows = inputs.rows_of(other);
  EXPECT_EQ(rows.pieces, inputs.rows_of(first).pieces + 6);
  const IntegerPiece& last = rows.at(0, 1);
  EXPECT_EQ(last.q[31], 127);
  EXPECT_FLOAT_EQ(last.scales[0], 2.0f / 127);
  EXPECT_FLOAT_EQ(last.sums[0], 64.0f);
  EXPECT_EQ(last.scales[1], 0.0f);  // behind the row
  EXPECT_EQ(last.half_sums[15], 0.0f);
}

TEST(IntegerInputs, KeepsTheRestsOfFineRowsInTheirOrder) {
  std::vector<float> x(5 * 288);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i * i));
  const std::int64_t fine[] = {1, 4};
  engine::MatrixProduct product{x.data(), nullptr, DType::Q4_0, nullptr, nullptr, 5, 288, 5, false};
  product.fine_rows = fine;
  engine::ThreadTeam team(2);
  engine::IntegerInputs named(engine::portable_integer_kernels(), team), all(engine::portable_integer_kernels(), team);
  named.quantise({&product, 1}, engine::IntegerInputs::Fine::Named);
  all.quantise({&product, 1}, engine::IntegerInputs::Fine::All);
  for (std::size_t piece = 0; piece < 2; ++piece) {
    for (std::size_t i = 0; i < 2; ++i) {
      const auto row = static_cast<std::size_t>(fine[i]);
      const IntegerPiece &found = named.rests_of(product).at(i, piece), &expected = all.rests_of(product).at(row, piece);
      EXPECT_EQ(std::memcmp(found.q, expected.q, sizeof found.q), 0);
      EXPECT_EQ(std::memcmp(found.scales, expected.scales, sizeof found.scales), 0);
      EXPECT_EQ(std::memcmp(found.minus_totals, expected.minus_totals, sizeof found.minus_totals), 0);
    }
  }
}

TEST(IntegerKernels, CapIsObeyed) {
  EXPECT_STREQ(engine::choose_integer_kernels(engine::IsaChoice::Portable).name, "portable");
  const std::string avx2 = engine::choose_integer_kernels(engine::IsaChoice::Avx2).name;
  EXPECT_EQ(avx2, engine::cpu_features().avx2 ? "avx2" : "portable");
  const std::string best = engine::choose_integer_kernels(engine::IsaChoice::Auto).name;
  EXPECT_EQ(best, engine::cpu_features().vnni ? "vnni" : avx2);
}

}  // namespace
