// FP8 and GPTQ weights against the reference: what they decode to, and what operations and models make of them.
#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <cstring>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/backends/cpu/weight_rows.h"
#include "engine/engine.h"
#include "engine/formats/quantized_hf.h"
#include "engine/formats/safetensors.h"
#include "tests/support/fixtures.h"
#include "tests/support/model_run.h"
#include "tests/support/quantised_folders.h"
#include "tests/support/tensor_matchers.h"

namespace {

using engine::DType;
using engine::HfQuantization;
using engine::IsaChoice;
using engine::Scaling;
using engine::Tensor;
using engine::TensorView;
using tests::decoded;
using tests::folders;
using tests::ModelRun;
using tests::same;
using Tensors = std::map<std::string, TensorView>;

constexpr double kExact = 1e-3;  // fixtures/tolerances.json: quantised weights, exact activations
constexpr IsaChoice kIsas[] = {IsaChoice::Portable, IsaChoice::Avx2, IsaChoice::Auto};

std::vector<float> floats(const TensorView& view) {
  std::vector<float> values(view.bytes.size() / sizeof(float));
  std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
  return values;
}

// --- odd shapes, by tests/reference/quantised_hf.py
// ------------------------------------------------------------------------------------------------------

/// One case of units.safetensors at an address of any alignment.
struct Unit {
  std::string name;
  TensorView weight;
  std::vector<float> expected;
};

class Units {
 public:
  explicit Units(std::size_t offset) : bytes_(offset, ' ') {
    bytes_ += tests::read_bytes(tests::fixture("quantised_hf/units.safetensors"));
    const Tensors all = engine::parse_safetensors(std::as_bytes(std::span(bytes_)).subspan(offset), "units");
    for (const auto& entry : nlohmann::json::parse(tests::read_bytes(tests::fixture("quantised_hf/units.json")))) {
      const std::string name = entry.at("name");
      Tensors tensors;
      for (const auto& [key, view] : all) {
        if (key.starts_with(name + ".") && !key.ends_with(".expected")) tensors.emplace(key, view);
      }
      HfQuantization quantization;
      if (entry.contains("block")) {
        quantization.method = HfQuantization::Method::Fp8;
        quantization.block_rows = entry.at("block").at(0);
        quantization.block_columns = entry.at("block").at(1);
      } else if (entry.contains("group_size")) {
        quantization.method = HfQuantization::Method::Gptq;
        quantization.group_size = std::max<std::int64_t>(0, entry.at("group_size").get<std::int64_t>());
        quantization.zero_offset = entry.at("zero_offset");
      }
      engine::join_quantized_tensors(quantization, "units", tensors, scalings_);
      EXPECT_EQ(tensors.size(), 1u) << name;
      units.push_back({name, tensors.at(name + ".weight"), floats(all.at(name + ".expected"))});
    }
  }
  std::vector<Unit> units;

 private:
  std::string bytes_;
  std::deque<Scaling> scalings_;
};

TEST(ScaledWeights, DecodeToTheReferencesBitsAtEveryAddressAndInstructionSet) {
  for (const std::size_t offset : {0u, 1u, 3u}) {
    const Units units(offset);
    ASSERT_EQ(units.units.size(), 18u);
    for (const Unit& unit : units.units) {
      for (const IsaChoice isa : kIsas) {
        EXPECT_TRUE(same(decoded(unit.weight, isa), unit.expected)) << unit.name << " offset " << offset;
      }
    }
  }
}

TEST(ScaledWeights, DecodeAnyRowsByThemselves) {
  const Units units(1);
  for (const Unit& unit : units.units) {
    if (unit.weight.scaling == nullptr) continue;
    const std::int64_t length = unit.weight.shape.back(),
                       rows = static_cast<std::int64_t>(unit.expected.size()) / length;
    for (const IsaChoice isa : kIsas) {
      for (std::int64_t first = 0; first < rows; first = first * 2 + 1) {
        const std::int64_t count = std::min<std::int64_t>(rows - first, 9);
        // Rows of a slice: the second row of a slice that begins one row earlier.
        const std::int64_t before = std::min<std::int64_t>(first, 1);
        const Tensor slice = Tensor::scaled(unit.weight.dtype, {before + count, length}, unit.weight.bytes.data(),
                                            *unit.weight.scaling, first - before);
        std::vector<float> values(static_cast<std::size_t>(count * length));
        engine::widen_rows(engine::choose_kernels(isa), slice, before, count, values.data());
        EXPECT_TRUE(
            same(values, std::span(unit.expected).subspan(static_cast<std::size_t>(first * length), values.size())))
            << unit.name << " row " << first;
      }
    }
  }
}

TEST(ScaledWeights, HaveTheBytesThatTheirFileHas) {
  const Units units(0);
  const auto bytes = [&](const std::string& name) {
    for (const Unit& unit : units.units) {
      if (unit.name == name) return unit.weight.stored_bytes();
    }
    return std::uint64_t{0};
  };
  EXPECT_EQ(bytes("fp8-blocks"), 130u * 136 + 4 * 4);
  EXPECT_EQ(bytes("fp8-channels"), 3u * 136 + 3 * 2);
  EXPECT_EQ(bytes("gptq-wide"), 130u * 72 / 2 + 3 * (130 * 2 + 17 * 4));
  EXPECT_EQ(bytes("gptq-act-order"), 34u * 136 / 2 + 17 * (34 * 2 + 5 * 4) + 136 * 4);
  EXPECT_EQ(bytes("f64"), 48u * 8);
}

class ScaledProducts : public testing::TestWithParam<std::tuple<IsaChoice, int>> {};
INSTANTIATE_TEST_SUITE_P(Cpu, ScaledProducts, testing::Combine(testing::ValuesIn(kIsas), testing::Values(1, 2)),
                         [](const auto& setting) {
                           const IsaChoice isa = std::get<0>(setting.param);
                           return std::string(isa == IsaChoice::Portable ? "portable"
                                              : isa == IsaChoice::Avx2   ? "avx2"
                                                                         : "best") +
                                  (std::get<1>(setting.param) == 1 ? "_one_thread" : "_two_threads");
                         });

TEST_P(ScaledProducts, MultiplyAndLookUpWhatTheyDecodeTo) {
  engine::EngineOptions options = tests::exact(std::get<0>(GetParam()));
  options.threads = std::get<1>(GetParam());
  const auto backend = engine::create_backend(options);
  const Units units(1);
  for (const Unit& unit : units.units) {
    if (unit.name.ends_with("-codes") || unit.name == "f64") continue;  // sums of numbers that are not finite
    const std::int64_t in = unit.weight.shape.back(), all = static_cast<std::int64_t>(unit.expected.size()) / in;
    for (const std::int64_t first : {std::int64_t{0}, all / 3}) {
      const std::int64_t out = all - first;
      const Tensor weight =
          backend->scaled_weight(unit.weight.dtype, {out, in}, unit.weight.bytes, *unit.weight.scaling, first);
      const float* const values = unit.expected.data() + first * in;
      for (const std::int64_t rows : {1, 3, 7, 8, 33}) {
        Tensor x = backend->allocate(DType::F32, {rows, in}), sums = backend->allocate(DType::F32, {rows, out});
        Tensor bias = backend->allocate(DType::F32, {out});
        for (std::int64_t i = 0; i < rows * in; ++i) x.mutable_f32()[i] = std::sin(static_cast<float>(i * i % 1009));
        for (std::int64_t i = 0; i < out; ++i) bias.mutable_f32()[i] = std::cos(static_cast<float>(i));
        std::fill_n(sums.mutable_f32(), rows * out, 0.5f);
        const std::array projections{engine::Projection{&weight, &bias, &sums, true}};
        backend->linear(x, projections);
        for (std::int64_t m = 0; m < rows; ++m) {
          for (std::int64_t n = 0; n < out; ++n) {
            double sum = 0.5 + static_cast<double>(bias.f32()[n]), size = 1.5;
            for (std::int64_t k = 0; k < in; ++k) {
              const double product = static_cast<double>(x.f32()[m * in + k]) * static_cast<double>(values[n * in + k]);
              sum += product;
              size += std::abs(product);
            }
            ASSERT_NEAR(sums.f32()[m * out + n], sum, 2e-6 * size)
                << unit.name << " rows " << rows << " at " << m << "," << n;
          }
        }
      }
      Tensor looked_up = backend->allocate(DType::F32, {2, in});
      const auto last = static_cast<std::int32_t>(out - 1);
      backend->embed(weight, std::array<std::int32_t, 2>{last, 0}, looked_up);
      EXPECT_TRUE(
          same({looked_up.f32(), static_cast<std::size_t>(in)}, {values + last * in, static_cast<std::size_t>(in)}))
          << unit.name;
      EXPECT_TRUE(same({looked_up.f32() + in, static_cast<std::size_t>(in)}, {values, static_cast<std::size_t>(in)}))
          << unit.name;
    }
  }
}

// Rows longer than what is decoded at a time, by the formulas of models.md 6.
TEST_P(ScaledProducts, AddUpTheWholeOfLongRows) {
  constexpr std::int64_t kOut = 37, kIn = 2104, kGroup = 40;
  engine::EngineOptions options = tests::exact(std::get<0>(GetParam()));
  options.threads = std::get<1>(GetParam());
  const auto backend = engine::create_backend(options);
  std::mt19937 random(3);
  const auto number = [&](std::uint32_t below) { return static_cast<std::uint8_t>(random() % below); };

  std::vector<std::uint8_t> codes(kOut * kIn);
  std::vector<float> scales(kOut), f8_values(kOut * kIn);
  for (float& scale : scales) scale = 0.01f * static_cast<float>(1 + number(100));
  for (std::size_t i = 0; i < codes.size(); ++i) {
    codes[i] = static_cast<std::uint8_t>(number(0x50) | number(2) << 7);
    const int exponent = codes[i] >> 3 & 15, fraction = codes[i] & 7;
    const double size = exponent == 0 ? std::ldexp(fraction, -9) : std::ldexp(8 + fraction, exponent - 10);
    f8_values[i] = static_cast<float>(codes[i] & 0x80 ? -size : size) * scales[i / kIn];
  }
  Scaling f8;
  f8.scales = reinterpret_cast<const std::byte*>(scales.data());
  f8.matrix_rows = f8.scale_rows = kOut;
  f8.block_columns = kIn;

  constexpr std::int64_t kGroups = (kIn + kGroup - 1) / kGroup;
  std::vector<std::uint32_t> words(kIn / 8 * kOut), zeros(kGroups * ((kOut + 7) / 8));
  std::vector<float> group_scales(kGroups * kOut), gptq_values(kOut * kIn);
  for (std::uint32_t& word : words) word = static_cast<std::uint32_t>(random());
  for (std::uint32_t& word : zeros) word = static_cast<std::uint32_t>(random());
  for (float& scale : group_scales) scale = 0.01f * static_cast<float>(1 + number(100));
  for (std::int64_t r = 0; r < kOut; ++r) {
    for (std::int64_t k = 0; k < kIn; ++k) {
      const std::int64_t group = k / kGroup;
      const std::uint32_t q = words[static_cast<std::size_t>(k / 8 * kOut + r)] >> 4 * (k % 8) & 15;
      const std::uint32_t z = zeros[static_cast<std::size_t>(group * ((kOut + 7) / 8) + r / 8)] >> 4 * (r % 8) & 15;
      gptq_values[static_cast<std::size_t>(r * kIn + k)] =
          group_scales[static_cast<std::size_t>(group * kOut + r)] *
          static_cast<float>(static_cast<int>(q) - static_cast<int>(z) - 1);
    }
  }
  Scaling gptq;
  gptq.scales = reinterpret_cast<const std::byte*>(group_scales.data());
  gptq.zeros = reinterpret_cast<const std::byte*>(zeros.data());
  gptq.zero_offset = 1;
  gptq.rows = kOut;
  gptq.groups = kGroups;
  gptq.group_size = kGroup;

  const std::array weights{backend->scaled_weight(DType::F8_E4M3, {kOut, kIn}, std::as_bytes(std::span(codes)), f8, 0),
                           backend->scaled_weight(DType::GPTQ4, {kOut, kIn}, std::as_bytes(std::span(words)), gptq, 0)};
  const std::array values{&f8_values, &gptq_values};
  for (const std::int64_t rows : {1, 7, 20}) {
    Tensor x = backend->allocate(DType::F32, {rows, kIn});
    for (std::int64_t i = 0; i < rows * kIn; ++i) x.mutable_f32()[i] = std::sin(static_cast<float>(i % 997));
    std::array sums{backend->allocate(DType::F32, {rows, kOut}), backend->allocate(DType::F32, {rows, kOut})};
    const std::array projections{engine::Projection{&weights[0], nullptr, &sums[0]},
                                 engine::Projection{&weights[1], nullptr, &sums[1]}};
    backend->linear(x, projections);
    for (std::size_t which = 0; which < 2; ++which) {
      for (std::int64_t m = 0; m < rows; ++m) {
        for (std::int64_t n = 0; n < kOut; ++n) {
          double sum = 0, size = 0;
          for (std::int64_t k = 0; k < kIn; ++k) {
            const double product = static_cast<double>(x.f32()[m * kIn + k]) *
                                   static_cast<double>((*values[which])[static_cast<std::size_t>(n * kIn + k)]);
            sum += product;
            size += std::abs(product);
          }
          ASSERT_NEAR(sums[which].f32()[m * kOut + n], sum, 2e-6 * size) << which << " rows " << rows;
        }
      }
    }
  }
}

// --- folders
// ------------------------------------------------------------------------------------------------------

TEST_P(ScaledProducts, LogitsAndContinuationsOfFoldersAreTheReferences) {
  const auto logits = engine::SafetensorsFiles::open_file(tests::fixture("quantised_hf/logits.safetensors"));
  engine::EngineOptions options = tests::exact(std::get<0>(GetParam()));
  options.threads = std::get<1>(GetParam());
  for (const auto& entry : folders()) {
    const std::string model = entry.at("name");
    ModelRun run(tests::fixture("quantised_hf/" + model), options);
    for (const auto& test : entry.at("cases")) {
      const auto ids = test.at("ids").get<std::vector<std::int32_t>>();
      const std::vector<float> expected =
          floats(logits.tensors().at(model + "." + test.at("name").get<std::string>() + ".logits"));
      for (const std::int64_t chunk : {256, 1, 5}) {
        const auto sequence = run.fresh();
        const std::vector<float> found = run.feed(sequence, ids, chunk);
        EXPECT_TRUE(tests::close_to(found, expected, kExact)) << model << " " << test.at("name") << " chunk " << chunk;
        if (chunk == 256) RecordProperty(model, std::to_string(tests::difference(found, expected).e_max));
        const auto greedy = test.at("greedy").get<std::vector<std::int32_t>>();
        EXPECT_EQ(run.greedy(sequence, found, greedy.size()), greedy) << model;
        run.cache.close(sequence);
      }
    }
  }
}

}  // namespace
