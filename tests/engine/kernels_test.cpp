// Every instruction set that this machine has against the portable kernels, and those against formulas in double.
#include "engine/backends/cpu/kernels/kernel_table.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/formats/safetensors.h"
#include "tests/support/blocks.h"
#include "tests/support/fixtures.h"

namespace {

using engine::DType;
using engine::KernelTable;
using engine::RowKernels;
using tests::Blocks;

// Around every vector width and cache line, and a few that are none of these.
const std::size_t kSizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 1000, 4100};

/// A kernel table that this machine can run.
struct Isa {
  const KernelTable* table;
  friend std::ostream& operator<<(std::ostream& out, const Isa& isa) { return out << isa.table->name; }
};

std::vector<Isa> isas() {
  std::vector<Isa> found{{&engine::portable_kernels()}};
#if defined(__x86_64__)
  if (engine::cpu_features().avx2) found.push_back({&engine::avx2_kernels()});
  if (engine::cpu_features().avx512) found.push_back({&engine::avx512_kernels()});
#endif
  return found;
}

class Kernels : public testing::TestWithParam<Isa> {
 protected:
  const KernelTable& kernels() const { return *GetParam().table; }

  std::vector<float> random(std::size_t n, float spread = 1.0f) {
    std::uniform_real_distribution<float> values(-spread, spread);
    std::vector<float> result(n);
    for (float& value : result) value = values(engine_);
    return result;
  }
  std::mt19937 engine_{7};
};

INSTANTIATE_TEST_SUITE_P(Isa, Kernels, testing::ValuesIn(isas()),
                         [](const auto& isa) { return std::string(isa.param.table->name); });

/// Rows of one storage type that start `offset` bytes after an aligned address, with guard bytes behind them.
class Rows {
 public:
  Rows(DType type, const std::vector<float>& values, std::size_t offset) : type_(type), offset_(offset) {
    bytes_.resize(offset + values.size() * size_of(type) + 64, std::byte{0x7f});
    engine::portable_kernels().rows_of(type).narrow(values.data(), values.size(), bytes_.data() + offset);
  }
  const std::byte* data() const { return bytes_.data() + offset_; }
  double at(std::size_t i) const {
    float value = 0;
    std::uint16_t bits = 0;
    if (type_ == DType::F32) {
      std::memcpy(&value, data() + i * 4, 4);
      return value;
    }
    std::memcpy(&bits, data() + i * 2, 2);
    return type_ == DType::F16 ? engine::f16_to_f32(bits) : engine::bf16_to_f32(bits);
  }

 private:
  DType type_;
  std::size_t offset_;
  std::vector<std::byte> bytes_;
};

const DType kTypes[] = {DType::F32, DType::BF16, DType::F16};

TEST_P(Kernels, DotIsTheSumOfProductsAtAnyAddress) {
  for (const DType type : kTypes) {
    for (const std::size_t n : kSizes) {
      for (const std::size_t num_x : {1u, 2u, 3u, 4u, 7u}) {
        const std::size_t num_rows = 1 + n % 6, offset = n % 5;  // odd addresses too
        const Rows rows(type, random(num_rows * n), offset);
        const std::vector<float> x = random(num_x * n);
        std::vector<float> out(num_x * num_rows, NAN);
        kernels().rows_of(type).dot(x.data(), n, num_x, rows.data(), n * size_of(type), num_rows, n, out.data(),
                                    num_rows);
        for (std::size_t i = 0; i < num_x; ++i) {
          for (std::size_t r = 0; r < num_rows; ++r) {
            double sum = 0, magnitude = 0;
            for (std::size_t k = 0; k < n; ++k) {
              sum += x[i * n + k] * rows.at(r * n + k);
              magnitude += std::abs(x[i * n + k] * rows.at(r * n + k));
            }
            ASSERT_NEAR(out[i * num_rows + r], sum, static_cast<double>(n) * magnitude * 0x1p-23)
                << name_of(type) << " n " << n << " x " << i << " row " << r;
          }
        }
      }
    }
  }
}

TEST_P(Kernels, DotDoesNotDependOnWhatIsComputedBeside) {
  for (const DType type : kTypes) {
    for (const std::size_t n : {24u, 100u, 1000u, 4109u}) {  // long rows take another way
      const Rows rows(type, random(9 * n), 1);
      const std::vector<float> x = random(7 * n);
      std::vector<float> together(7 * 9), one(9), alone(1);
      const std::size_t row_bytes = n * size_of(type);
      const auto dot = kernels().rows_of(type).dot;
      dot(x.data(), n, 7, rows.data(), row_bytes, 9, n, together.data(), 9);
      for (std::size_t i = 0; i < 7; ++i) {
        dot(x.data() + i * n, n, 1, rows.data(), row_bytes, 9, n, one.data(), 9);
        for (std::size_t r = 0; r < 9; ++r) {
          dot(x.data() + i * n, n, 1, rows.data() + r * row_bytes, row_bytes, 1, n, alone.data(), 1);
          EXPECT_EQ(together[i * 9 + r], alone[0]) << name_of(type) << " n " << n;
          EXPECT_EQ(one[r], alone[0]) << name_of(type) << " n " << n;
        }
      }
    }
  }
}

TEST_P(Kernels, AccumulateAddsWeightedRows) {
  for (const DType type : kTypes) {
    for (const std::size_t n : kSizes) {
      const std::size_t num_x = 1 + n % 6, num_rows = 1 + n % 32;
      const Rows rows(type, random(num_rows * n), n % 3);
      const std::vector<float> p = random(num_x * 32), start = random(num_x * n);
      std::vector<float> out = start;
      kernels().rows_of(type).accumulate(p.data(), 32, num_x, rows.data(), n * size_of(type), num_rows, n, out.data(), n);
      for (std::size_t i = 0; i < num_x; ++i) {
        for (std::size_t k = 0; k < n; ++k) {
          double sum = start[i * n + k];
          for (std::size_t r = 0; r < num_rows; ++r) sum += p[i * 32 + r] * rows.at(r * n + k);
          ASSERT_NEAR(out[i * n + k], sum, 1e-5) << name_of(type) << " n " << n;
        }
      }
    }
  }
}

TEST_P(Kernels, PackTurnsRowsIntoColumnsAndFillsWithZero) {
  const std::size_t width = kernels().tile_columns;
  for (const DType type : kTypes) {
    for (const std::size_t n : kSizes) {
      const std::size_t num_rows = 1 + n % width;
      const Rows rows(type, random(num_rows * n), n % 7);
      std::vector<float> panel(n * width, NAN);
      kernels().rows_of(type).pack(rows.data(), n * size_of(type), num_rows, n, panel.data());
      for (std::size_t k = 0; k < n; ++k) {
        for (std::size_t r = 0; r < width; ++r) {
          ASSERT_EQ(panel[k * width + r], r < num_rows ? rows.at(r * n + k) : 0.0) << name_of(type) << " n " << n;
        }
      }
    }
  }
}

TEST_P(Kernels, MultiplyTileIsAMatrixProductOfEverySize) {
  const std::size_t width = kernels().tile_columns;
  for (std::size_t rows = 1; rows <= kernels().tile_rows; ++rows) {
    for (const std::size_t columns : {std::size_t{1}, width / 2, width - 1, width}) {
      for (const std::size_t n : {1u, 5u, 32u}) {
        const std::vector<float> a = random(rows * 40), b = random(n * (width + 3) + width), start = random(rows * 50);
        for (const bool add : {false, true}) {
          std::vector<float> out = start;
          kernels().multiply_tile(a.data(), 40, b.data(), width + 3, n, out.data(), 50, rows, columns, add);
          for (std::size_t m = 0; m < rows; ++m) {
            for (std::size_t c = 0; c < 50; ++c) {
              double sum = c >= columns || add ? start[m * 50 + c] : 0.0;
              for (std::size_t k = 0; c < columns && k < n; ++k) sum += a[m * 40 + k] * b[k * (width + 3) + c];
              ASSERT_NEAR(out[m * 50 + c], sum, 1e-5) << rows << "x" << columns << " n " << n << " at " << m << "," << c;
            }
          }
        }
      }
    }
  }
}

TEST_P(Kernels, WidensEveryHalfExactly) {
  std::vector<std::uint16_t> bits(65536);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<std::uint16_t>(i);
  std::vector<float> f16(bits.size()), bf16(bits.size());
  kernels().f16.widen(reinterpret_cast<const std::byte*>(bits.data()), bits.size(), f16.data());
  kernels().bf16.widen(reinterpret_cast<const std::byte*>(bits.data()), bits.size(), bf16.data());
  for (std::size_t i = 0; i < bits.size(); ++i) {
    // IEEE 754-2008, 3.4: sign, biased exponent, fraction.
    const int exponent = static_cast<int>(i >> 10 & 31), fraction = static_cast<int>(i & 1023);
    double expected = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    if (exponent == 31) expected = fraction ? NAN : INFINITY;
    if (i & 0x8000) expected = -expected;
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(f16[i]));
    } else {
      EXPECT_EQ(f16[i], expected) << i;
    }
    const float wide = std::bit_cast<float>(static_cast<std::uint32_t>(i) << 16);
    EXPECT_EQ(std::bit_cast<std::uint32_t>(bf16[i]) | 0x400000u, std::bit_cast<std::uint32_t>(wide) | 0x400000u) << i;
  }
}

TEST_P(Kernels, NarrowsToTheNearestTiesToEven) {
  std::vector<float> values{0.0f, -0.0f, 1.0f, 65504.0f, 65519.99f, 65520.0f, 1e30f, 5.96e-8f, 2.98e-8f, 2.99e-8f, 6.1e-5f, -6.1e-5f,
                            1e-40f, INFINITY, -INFINITY, 3.39e38f, 1.00048828125f, 1.00146484375f, 1.00390625f, 1.01171875f};
  for (std::uint32_t i = 0; i < 20000; ++i) values.push_back(std::bit_cast<float>(i * 214013u + 2531011u));
  for (float& value : values) value = std::isnan(value) ? 0.5f : value;
  values.push_back(NAN);
  std::vector<std::uint16_t> f16(values.size()), bf16(values.size());
  kernels().f16.narrow(values.data(), values.size(), reinterpret_cast<std::byte*>(f16.data()));
  kernels().bf16.narrow(values.data(), values.size(), reinterpret_cast<std::byte*>(bf16.data()));
  EXPECT_TRUE(std::isnan(engine::f16_to_f32(f16.back())));
  EXPECT_TRUE(std::isnan(engine::bf16_to_f32(bf16.back())));
  for (std::size_t i = 0; i + 1 < values.size(); ++i) {
    const double value = values[i];
    // Nearest multiple of the unit in the last place, by the rounding of nearbyint (ties to even).
    const auto nearest = [&](int digits, int lowest, double overflow) {
      if (value == 0 || std::isinf(value)) return value;
      const double unit = std::ldexp(1.0, std::max(std::ilogb(value), lowest) - digits);
      const double rounded = std::nearbyint(value / unit) * unit;
      return std::abs(rounded) >= overflow ? std::copysign(INFINITY, value) : rounded;
    };
    ASSERT_EQ(engine::f16_to_f32(f16[i]), nearest(10, -14, 65536.0)) << values[i];
    ASSERT_EQ(engine::bf16_to_f32(bf16[i]), nearest(7, -126, std::ldexp(1.0, 128))) << values[i];
  }
}

TEST_P(Kernels, DecodeEveryBlockTypeToTheBit) {
  const Blocks blocks;
  ASSERT_EQ(std::size(Blocks::kTypes), engine::kQuantisedTypes);
  for (const DType type : Blocks::kTypes) {
    const std::vector<float> expected = blocks.values(type);
    ASSERT_EQ(blocks.bytes(type).size() / block_bytes(type) * block_elements(type), expected.size()) << name_of(type);
    std::vector<float> values(expected.size() + 1, 99.0f);
    kernels().rows_of(type).widen(blocks.bytes(type).data(), expected.size(), values.data());
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(values[i], expected[i]) << name_of(type) << " at " << i;
    EXPECT_EQ(values.back(), 99.0f);
  }
}

TEST_P(Kernels, DotDecodesBlocksAtAnyAddress) {
  const Blocks blocks;
  for (const DType type : Blocks::kTypes) {
    for (const std::size_t row_blocks : {1u, 3u, 9u}) {
      for (const std::size_t num_x : {1u, 2u, 3u, 7u, 8u, 11u}) {
        const std::size_t n = row_blocks * block_elements(type), num_rows = 1 + num_x % 6;
        const auto rows = blocks.rows(type, num_rows * row_blocks, num_x % 5);
        const std::vector<float> x = random(num_x * n);
        std::vector<float> out(num_x * num_rows, NAN);
        kernels().rows_of(type).dot(x.data(), n, num_x, rows.data(), bytes_of(type, n), num_rows, n, out.data(), num_rows);
        for (std::size_t i = 0; i < num_x; ++i) {
          for (std::size_t r = 0; r < num_rows; ++r) {
            double sum = 0, magnitude = 0;
            for (std::size_t k = 0; k < n; ++k) {
              const double product = static_cast<double>(x[i * n + k]) * rows.values[r * n + k];
              sum += product;
              magnitude += std::abs(product);
            }
            ASSERT_NEAR(out[i * num_rows + r], sum, static_cast<double>(n) * magnitude * 0x1p-23)
                << name_of(type) << " n " << n << " x " << i << " row " << r;
          }
        }
      }
    }
  }
}

TEST_P(Kernels, DotOfBlocksDoesNotDependOnWhatIsComputedBeside) {
  const Blocks blocks;
  for (const DType type : {DType::Q4_0, DType::Q6_K}) {
    const std::size_t n = 512, row_bytes = bytes_of(type, n);
    const auto rows = blocks.rows(type, 9 * n / block_elements(type), 0);
    const std::vector<float> x = random(11 * n);
    std::vector<float> together(11 * 9), alone(1);
    kernels().rows_of(type).dot(x.data(), n, 11, rows.data(), row_bytes, 9, n, together.data(), 9);
    for (std::size_t i = 0; i < 11; ++i) {
      for (std::size_t r = 0; r < 9; ++r) {
        kernels().rows_of(type).dot(x.data() + i * n, n, 1, rows.data() + r * row_bytes, row_bytes, 1, n, alone.data(), 1);
        EXPECT_EQ(together[i * 9 + r], alone[0]);
      }
    }
  }
}

TEST_P(Kernels, PackDecodesBlocksIntoColumns) {
  const Blocks blocks;
  const std::size_t width = kernels().tile_columns;
  for (const DType type : Blocks::kTypes) {
    for (const std::size_t num_rows : {std::size_t{1}, width / 2 + 1, width}) {
      for (const std::size_t row_blocks : {1u, 2u, 9u}) {
        const std::size_t n = row_blocks * block_elements(type);
        const auto rows = blocks.rows(type, num_rows * row_blocks, num_rows % 3);
        std::vector<float> panel(n * width, NAN);
        kernels().rows_of(type).pack(rows.data(), bytes_of(type, n), num_rows, n, panel.data());
        for (std::size_t k = 0; k < n; ++k) {
          for (std::size_t r = 0; r < width; ++r) {
            ASSERT_EQ(panel[k * width + r], r < num_rows ? rows.values[r * n + k] : 0.0f) << name_of(type) << " n " << n;
          }
        }
      }
    }
  }
}

TEST_P(Kernels, RmsNormFollowsItsFormula) {
  for (const std::size_t n : kSizes) {
    const std::vector<float> x = random(n, 30.0f), weight = random(n, 2.0f);
    std::vector<float> out(n + 1, 99.0f);
    kernels().rms_norm(x.data(), weight.data(), 1e-5f, n, out.data());
    double squares = 0;
    for (const float value : x) squares += static_cast<double>(value) * value;
    for (std::size_t i = 0; i < n; ++i) {
      const double expected = x[i] / std::sqrt(squares / static_cast<double>(n) + 1e-5) * weight[i];
      ASSERT_NEAR(out[i], expected, 1e-5 * std::abs(expected) + 1e-12) << n;
    }
    EXPECT_EQ(out[n], 99.0f);
  }
}

TEST_P(Kernels, GatedSiluHoldsAtTheExtremes) {
  for (const std::size_t n : kSizes) {
    std::vector<float> gate = random(n, 12.0f), up = random(n, 3.0f), out(n + 1, 99.0f);
    kernels().gated_silu(gate.data(), up.data(), n, out.data());
    for (std::size_t i = 0; i < n; ++i) {
      const double expected = gate[i] / (1.0 + std::exp(-static_cast<double>(gate[i]))) * up[i];
      ASSERT_NEAR(out[i], expected, 1e-6 * std::abs(expected) + 1e-30);
    }
    EXPECT_EQ(out[n], 99.0f);
  }
  const std::vector<float> gate{1e4f, -1e4f, 100.0f, -100.0f, 0.0f, NAN, INFINITY, 88.8f, -88.8f}, up(gate.size(), 1.0f);
  std::vector<float> out(gate.size());
  kernels().gated_silu(gate.data(), up.data(), gate.size(), out.data());
  EXPECT_EQ(out[0], 1e4f);
  EXPECT_NEAR(out[1], 0.0f, 1e-30f);
  EXPECT_EQ(out[2], 100.0f);
  EXPECT_NEAR(out[3], 0.0f, 1e-30f);
  EXPECT_EQ(out[4], 0.0f);
  EXPECT_TRUE(std::isnan(out[5]));
  EXPECT_EQ(out[6], INFINITY);
  EXPECT_EQ(out[7], 88.8f);
  EXPECT_NEAR(out[8], 0.0f, 1e-30f);
}

TEST_P(Kernels, ExpAndSumIsThePartsOfASoftmax) {
  for (const std::size_t n : kSizes) {
    std::vector<float> x = random(n, 60.0f);
    x[n / 2] = -INFINITY;
    if (n > 1) x[0] = 61.0f;
    const float largest = kernels().largest(x.data(), n);
    if (n > 1) {
      ASSERT_EQ(largest, 61.0f);
    }
    const float shift = n > 1 ? largest : 0.0f;
    std::vector<float> out = x;
    const double sum = kernels().exp_and_sum(out.data(), n, shift);
    double expected_sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double expected = std::exp(static_cast<double>(x[i] - shift));  // the difference is rounded to float32
      expected_sum += expected;
      ASSERT_NEAR(out[i], x[i] - shift < -87.3f ? 0.0 : expected, 1e-6 * expected) << x[i];
    }
    EXPECT_EQ(out[n / 2], 0.0f);
    EXPECT_NEAR(sum, expected_sum, 2e-6 * expected_sum);
  }
}

TEST_P(Kernels, ScaleAddAndRotateFollowTheirFormulas) {
  for (const std::size_t n : kSizes) {
    const std::vector<float> x = random(2 * n), y = random(2 * n), angle = random(n, 3.0f);
    std::vector<float> scaled = x, sum = x, turned = x, cosine(n), sine(n);
    kernels().scale(scaled.data(), 2 * n, 0.7f);
    kernels().add(y.data(), 2 * n, sum.data());
    for (std::size_t i = 0; i < n; ++i) {
      cosine[i] = std::cos(angle[i]);
      sine[i] = std::sin(angle[i]);
    }
    kernels().rotate_pairs(turned.data(), cosine.data(), sine.data(), n);
    for (std::size_t i = 0; i < 2 * n; ++i) {
      ASSERT_EQ(scaled[i], x[i] * 0.7f);
      ASSERT_EQ(sum[i], x[i] + y[i]);
      const double c = cosine[i / 2], s = sine[i / 2], a = x[i / 2 * 2], b = x[i / 2 * 2 + 1];
      ASSERT_NEAR(turned[i], i % 2 == 0 ? a * c - b * s : b * c + a * s, 1e-6);
    }
  }
}

TEST(KernelTable, CapIsObeyed) {
  EXPECT_STREQ(engine::choose_kernels(engine::IsaChoice::Portable).name, "portable");
  const std::string avx2 = engine::choose_kernels(engine::IsaChoice::Avx2).name;
  EXPECT_EQ(avx2, engine::cpu_features().avx2 ? "avx2" : "portable");
  const std::string best = engine::choose_kernels(engine::IsaChoice::Auto).name;
  EXPECT_EQ(best, engine::cpu_features().avx512 ? "avx512" : avx2);
}

}  // namespace
