// FP8, GPTQ and float64 weights against the reference: what they decode to, and what operations and models make of
// them.
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
#include "tests/support/error_of.h"
#include "tests/support/fixtures.h"
#include "tests/support/model_run.h"
#include "tests/support/tensor_matchers.h"

namespace {

namespace fs = std::filesystem;
using engine::DType;
using engine::HfQuantization;
using engine::IsaChoice;
using engine::Scaling;
using engine::Tensor;
using engine::TensorView;
using testing::AllOf;
using testing::HasSubstr;
using tests::error_of;
using tests::ModelRun;
using Tensors = std::map<std::string, TensorView>;

constexpr double kExact = 1e-3;  // fixtures/tolerances.json: quantised weights, exact activations
constexpr IsaChoice kIsas[] = {IsaChoice::Portable, IsaChoice::Avx2, IsaChoice::Auto};

std::vector<float> floats(const TensorView& view) {
  std::vector<float> values(view.bytes.size() / sizeof(float));
  std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
  return values;
}

std::vector<float> decoded(const TensorView& view, IsaChoice isa) {
  const Tensor weight = view.as_tensor();
  std::vector<float> values(static_cast<std::size_t>(weight.count()));
  engine::widen_rows(engine::choose_kernels(isa), weight, 0, weight.rows(), values.data());
  return values;
}

/// The same numbers bit for bit, whatever the bits of a NaN.
testing::AssertionResult same(std::span<const float> actual, std::span<const float> expected) {
  if (actual.size() != expected.size()) return testing::AssertionFailure() << actual.size() << " numbers";
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const bool nan = std::isnan(expected[i]);
    if (nan ? std::isnan(actual[i]) : std::memcmp(&actual[i], &expected[i], sizeof(float)) == 0) continue;
    return testing::AssertionFailure() << "number " << i << " is " << actual[i] << ", expected " << expected[i];
  }
  return testing::AssertionSuccess();
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

nlohmann::json folders() {
  return nlohmann::json::parse(tests::read_bytes(tests::fixture("quantised_hf/index.json")));
}

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

TEST(QuantisedFolders, HaveTheReferencesTensorsUnderTheirPlainNames) {
  for (const auto& entry : folders()) {
    const std::string model = entry.at("name");
    const auto source = engine::ModelSource::open(tests::fixture("quantised_hf/" + model));
    EXPECT_EQ(source->tensors().size(), entry.at("tensors").size()) << model;
    for (const auto& [name, expected] : entry.at("tensors").items()) {
      const TensorView* view = source->find(name);
      ASSERT_NE(view, nullptr) << model << " " << name;
      EXPECT_EQ(view->shape, expected.at("shape").get<std::vector<std::int64_t>>()) << model << " " << name;
      EXPECT_EQ(view->scaling != nullptr, expected.at("quantised").get<bool>()) << model << " " << name;
      double sum = 0, squares = 0;
      for (const float value : decoded(*view, IsaChoice::Auto)) {
        sum += static_cast<double>(value);
        squares += static_cast<double>(value) * static_cast<double>(value);
      }
      EXPECT_NEAR(sum, expected.at("sum"), 1e-9 * (1 + std::abs(squares) * 100)) << model << " " << name;
      EXPECT_NEAR(squares, expected.at("sum_of_squares"), 1e-9 * squares) << model << " " << name;
    }
  }
}

TEST(QuantisedFolders, TakeTheMemoryOfTheirFilesOnly) {
  const auto sum_of_types = [](const engine::ModelInfo& info) {
    std::uint64_t sum = 0;
    for (const auto& [type, bytes] : info.weight_types) sum += bytes;
    return sum;
  };
  const auto data_bytes = [](const fs::path& folder) {
    std::uint64_t sum = 0;
    const auto files = engine::SafetensorsFiles::open_file(folder / "model.safetensors");
    for (const auto& [name, view] : files.tensors()) sum += name.ends_with(".input_scale") ? 0 : view.bytes.size();
    return sum;
  };
  for (const auto& entry : folders()) {
    const fs::path folder = tests::fixture("quantised_hf/" + entry.at("name").get<std::string>());
    const engine::ModelInfo info = engine::inspect(folder, tests::exact());
    EXPECT_EQ(info.weight_bytes, data_bytes(folder)) << folder;
    EXPECT_EQ(sum_of_types(info), info.weight_bytes) << folder;
    EXPECT_GT(info.memory_bytes, info.weight_bytes) << folder;
    const bool gptq = folder.filename().string().starts_with("gptq");
    EXPECT_TRUE(std::any_of(info.weight_types.begin(), info.weight_types.end(), [&](const auto& type) {
      return type.first == (gptq ? "GPTQ4" : "F8_E4M3");
    })) << folder;
  }
}

/// A tensor of a safetensors file, to be changed.
struct FileTensor {
  std::string type;
  engine::Shape shape;
  std::string bytes;
};

std::map<std::string, FileTensor> read_folder(const fs::path& folder) {
  const auto files = engine::SafetensorsFiles::open_file(folder / "model.safetensors");
  std::map<std::string, FileTensor> tensors;
  for (const auto& [name, view] : files.tensors()) {
    const auto* const bytes = reinterpret_cast<const char*>(view.bytes.data());
    tensors[name] = {std::string(name_of(view.dtype)), view.shape, std::string(bytes, view.bytes.size())};
  }
  return tensors;
}

void write_folder(const tests::ScratchFolder& to, const nlohmann::json& config,
                  const std::map<std::string, FileTensor>& tensors) {
  nlohmann::json header;
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t end = data.size() + tensor.bytes.size();
    header[name] = {{"dtype", tensor.type}, {"shape", tensor.shape}, {"data_offsets", {data.size(), end}}};
    data += tensor.bytes;
  }
  const std::string text = header.dump();
  std::string length(8, '\0');
  const std::uint64_t size = text.size();
  std::memcpy(length.data(), &size, sizeof size);
  to.write("model.safetensors", length + text + data);
  to.write("config.json", config.dump());
}

nlohmann::json config_of(const fs::path& folder) {
  return nlohmann::json::parse(tests::read_bytes(folder / "config.json"));
}

const std::vector<std::int32_t> kPrompt{5, 17, 200, 33, 90, 4, 8, 150, 61, 77, 20};

TEST(QuantisedFolders, RunFloat64AsTheFloat32ThatItIsRoundedTo) {
  const fs::path original = tests::fixture("models/ernie4_5-bias");
  auto tensors = read_folder(original);
  for (auto& [name, tensor] : tensors) {
    ASSERT_EQ(tensor.type, "F32");
    tensor.type = "F64";
    std::string wide;
    for (std::size_t i = 0; i < tensor.bytes.size(); i += sizeof(float)) {
      float value = 0;
      std::memcpy(&value, tensor.bytes.data() + i, sizeof value);
      const double exact = static_cast<double>(value) * (1 + 1e-9);  // rounds back
      wide.append(reinterpret_cast<const char*>(&exact), sizeof exact);
    }
    tensor.bytes = wide;
  }
  const tests::ScratchFolder folder;
  write_folder(folder, config_of(original), tensors);
  for (const IsaChoice isa : kIsas) {
    ModelRun narrow(original, tests::exact(isa)), wide(folder.path(), tests::exact(isa));
    EXPECT_EQ(wide.source->weight_bytes(), 2 * narrow.source->weight_bytes());
    for (const std::int64_t chunk : {1, 256}) {
      const std::vector<float> expected = narrow.feed(narrow.fresh(), kPrompt, chunk);
      EXPECT_TRUE(tests::close_to(wide.feed(wide.fresh(), kPrompt, chunk), expected, 2e-5)) << chunk;
    }
  }
}

// transformers 5 keeps the experts of a layer in two stacks, gate rows before up rows.
TEST(QuantisedFolders, RunStackedExpertsAsTheyRunApart) {
  const fs::path original = tests::fixture("quantised_hf/fp8-tensor-ernie4_5_moe");
  auto tensors = read_folder(original);
  nlohmann::json config = config_of(original);
  const std::int64_t experts = config.at("moe_num_experts"), width = config.at("moe_intermediate_size");
  const std::int64_t hidden = config.at("hidden_size");
  const auto take = [&tensors](const std::string& name, const std::string& part, std::string& bytes) {
    bytes += tensors.at(name + part).bytes;
    tensors.erase(name + part);
  };
  std::size_t stacked = 0;
  for (std::int64_t layer = 0; layer < config.at("num_hidden_layers"); ++layer) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".mlp.experts.";
    if (!tensors.contains(prefix + "0.down_proj.weight")) continue;
    ++stacked;
    FileTensor fused{"F8_E4M3", {experts, 2 * width, hidden}, {}}, fused_scales{"F16", {experts, 2, 1}, {}};
    FileTensor down{"F8_E5M2", {experts, hidden, width}, {}}, down_scales{"F16", {experts, 1, 1}, {}};
    for (std::int64_t j = 0; j < experts; ++j) {
      const std::string expert = prefix + std::to_string(j);
      for (const char* half : {".gate_proj", ".up_proj"}) {
        take(expert + half, ".weight", fused.bytes);
        take(expert + half, ".weight_scale", fused_scales.bytes);
      }
      take(expert + ".down_proj", ".weight", down.bytes);
      take(expert + ".down_proj", ".weight_scale", down_scales.bytes);
    }
    tensors[prefix + "gate_up_proj"] = fused;
    tensors[prefix + "gate_up_proj_scale_inv"] = fused_scales;
    tensors[prefix + "down_proj"] = down;
    tensors[prefix + "down_proj_scale_inv"] = down_scales;
  }
  EXPECT_GT(stacked, 0u);
  config["quantization_config"]["weight_block_size"] = {width, hidden};
  const tests::ScratchFolder folder;
  write_folder(folder, config, tensors);
  ModelRun apart(original), together(folder.path());
  for (const std::int64_t chunk : {1, 256}) {
    EXPECT_TRUE(same(together.feed(together.fresh(), kPrompt, chunk), apart.feed(apart.fresh(), kPrompt, chunk)));
  }
}

TEST(QuantisedFolders, NameTheFolderAndTensorThatIsDamaged) {
  const fs::path original = tests::fixture("quantised_hf/gptq-v2-glm4");
  auto tensors = read_folder(original);
  tensors.erase("model.layers.1.mlp.down_proj.qzeros");
  const tests::ScratchFolder folder;
  write_folder(folder, config_of(original), tensors);
  EXPECT_THAT(error_of([&] { engine::ModelSource::open(folder.path()); }),
              AllOf(HasSubstr("CorruptFile: " + folder.path().string()),
                    HasSubstr("\"model.layers.1.mlp.down_proj.qzeros\""), HasSubstr("is missing")));
}

// The width of a matrix is the configuration's, whatever the parts agree on.
TEST(QuantisedFolders, HoldShapesAgainstTheConfiguration) {
  const fs::path original = tests::fixture("quantised_hf/gptq-v2-glm4");
  nlohmann::json config = config_of(original);
  config["intermediate_size"] = config.at("intermediate_size").get<int>() + 8;
  const tests::ScratchFolder folder;
  write_folder(folder, config, read_folder(original));
  EXPECT_THAT(error_of([&] { ModelRun run(folder.path()); }),
              AllOf(HasSubstr("CorruptFile"), HasSubstr("mlp.gate_up_proj.weight\" has shape"), HasSubstr("asks for")));
}

}  // namespace
