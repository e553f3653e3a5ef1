// Encoders against those of gguf-py and ggml (tests/reference/encode_goldens.py).
#include "engine/tensor/quant_blocks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/formats/safetensors.h"
#include "tests/support/fixtures.h"

namespace {

using engine::DType;

/// The golden numbers, a distribution a row, and what other encoders make of them.
class Encoded : public testing::Test {
 protected:
  std::vector<std::byte> golden(DType type) const { return bytes_of(std::string(name_of(type))); }
  std::vector<float> numbers() const {
    const std::vector<std::byte> bytes = bytes_of("numbers");
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  static std::vector<std::byte> encoded(DType type, std::span<const float> values) {
    std::vector<std::byte> bytes(engine::bytes_of(type, values.size()));
    EXPECT_TRUE(engine::encode(type, values, bytes.data()));
    return bytes;
  }
  static double squared_error(DType type, std::span<const float> values, const std::vector<std::byte>& blocks) {
    std::vector<float> decoded(values.size());
    engine::portable_kernels().rows_of(type).widen(blocks.data(), values.size(), decoded.data());
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double apart = static_cast<double>(decoded[i]) - static_cast<double>(values[i]);
      sum += apart * apart;
    }
    return sum;
  }

 private:
  std::vector<std::byte> bytes_of(const std::string& name) const {
    const auto bytes = files_.tensors().at(name).bytes;
    return {bytes.begin(), bytes.end()};
  }
  engine::SafetensorsFiles files_ =
      engine::SafetensorsFiles::open_file(tests::fixture("quantised/encoded.safetensors"));
};

constexpr std::size_t kColumns = 512;

TEST_F(Encoded, SimpleTypesAreTheReferencesBits) {
  for (const DType type : {DType::Q8_0, DType::Q4_0, DType::BF16}) {
    EXPECT_EQ(encoded(type, numbers()), golden(type)) << name_of(type);
  }
}

TEST_F(Encoded, KQuantsAreAsCloseAsGgmls) {
  const std::vector<float> values = numbers();
  for (const DType type : {DType::Q4_K, DType::Q6_K}) {
    const std::vector<std::byte> theirs = golden(type);
    for (std::size_t row = 0; row < values.size() / kColumns; ++row) {
      const auto part = std::span(values).subspan(row * kColumns, kColumns);
      const std::size_t bytes = engine::bytes_of(type, kColumns);
      const auto begin = theirs.begin() + static_cast<std::ptrdiff_t>(row * bytes);
      const double golden_error = squared_error(type, part, {begin, begin + static_cast<std::ptrdiff_t>(bytes)});
      const double error = squared_error(type, part, encoded(type, part));
      // Of the root mean square error at most 1.02 times.
      EXPECT_LE(error, 1.02 * 1.02 * golden_error + 1e-12) << name_of(type) << ", row " << row;
    }
  }
}

TEST_F(Encoded, EveryTypeKeepsZerosAndBlocksDoNotTouchEachOther) {
  std::vector<float> values(kColumns, 0.0f);
  std::fill(values.begin() + 256, values.end(), -2.0f);
  for (const DType type : {DType::Q8_0, DType::Q4_0, DType::Q4_K, DType::Q6_K, DType::BF16, DType::F32}) {
    std::vector<float> decoded(kColumns);
    engine::portable_kernels().rows_of(type).widen(encoded(type, values).data(), kColumns, decoded.data());
    for (std::size_t i = 0; i < 256; ++i) ASSERT_EQ(decoded[i], 0.0f) << name_of(type);
    for (std::size_t i = 256; i < kColumns; ++i) ASSERT_NEAR(decoded[i], -2.0f, 0.01f) << name_of(type);
  }
}

TEST_F(Encoded, NumbersThatNoBlockHoldsAreRefused) {
  const float inf = std::numeric_limits<float>::infinity();
  for (const DType type : {DType::Q8_0, DType::Q4_0, DType::Q4_K, DType::Q6_K}) {
    std::vector<std::byte> bytes(engine::bytes_of(type, kColumns));
    for (const float bad : {inf, -inf, std::nanf(""), 65505.0f, -1e30f}) {
      for (const std::size_t at : {std::size_t{0}, std::size_t{300}, kColumns - 1}) {
        std::vector<float> values(kColumns, 1.0f);
        values[at] = bad;
        EXPECT_FALSE(engine::encode(type, values, bytes.data())) << name_of(type) << " " << bad;
      }
    }
  }
}

TEST_F(Encoded, NumbersAtTheEndsOfTheRangeStayFinite) {
  for (const float size : {65504.0f, 1e-7f, 1e-20f, 1e-38f, 1e-45f}) {
    std::vector<float> values(kColumns);
    for (std::size_t i = 0; i < kColumns; ++i) values[i] = (i % 3 == 0 ? -1.0f : 0.5f) * size;
    for (const DType type : {DType::Q8_0, DType::Q4_0, DType::Q4_K, DType::Q6_K}) {
      std::vector<float> decoded(kColumns);
      engine::portable_kernels().rows_of(type).widen(encoded(type, values).data(), kColumns, decoded.data());
      for (std::size_t i = 0; i < kColumns; ++i) {
        // One eighth of the block's largest, or half a step of the smallest binary16.
        ASSERT_NEAR(decoded[i], values[i], 0.13f * size + 2e-5f) << name_of(type) << " " << size;
      }
    }
  }
}

}  // namespace
