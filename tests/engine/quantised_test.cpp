// Models in GGUF files against the reference: what their tensors decode to, logits, continuations and texts.
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/formats/gguf_files.h"
#include "engine/formats/safetensors.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/fixtures.h"
#include "tests/support/model_run.h"
#include "tests/support/tensor_matchers.h"

namespace {

namespace fs = std::filesystem;
using engine::IsaChoice;
using engine::TensorView;
using tests::ModelRun;

constexpr double kExact = 1e-3;  // fixtures/tolerances.json: quantised weights, exact activations

/// A folder "quantised" with its index and reference tensors.
class Corpus {
 public:
  explicit Corpus(const fs::path& folder)
      : folder_(folder), reference_(engine::SafetensorsFiles::open_file(folder / "reference.safetensors")) {
    files = nlohmann::json::parse(tests::read_bytes(folder / "index.json")).at("files");
  }
  fs::path file(const nlohmann::json& entry) const {
    return folder_ / fs::path(entry.at("file").get<std::string>()).filename();
  }
  std::vector<float> tensor(const std::string& name) const {
    const TensorView& view = reference_.tensors().at(name);
    std::vector<float> values(view.bytes.size() / sizeof(float));
    std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
    return values;
  }
  const std::map<std::string, TensorView>& tensors() const { return reference_.tensors(); }

  nlohmann::json files;

 private:
  fs::path folder_;
  engine::SafetensorsFiles reference_;
};

std::vector<float> decoded(const TensorView& view, const engine::KernelTable& kernels) {
  std::size_t count = 1;
  for (const std::int64_t dim : view.shape) count *= static_cast<std::size_t>(dim);
  std::vector<float> values(count);
  kernels.rows_of(view.dtype).widen(view.bytes.data(), count, values.data());
  return values;
}

void check_tensors(const Corpus& corpus, std::size_t at_least) {
  std::size_t compared = 0;
  for (const auto& entry : corpus.files) {
    const auto files = engine::GgufFiles::open(corpus.file(entry));
    const std::string model = corpus.file(entry).stem().string();
    ASSERT_EQ(files.tensors().size(), entry.at("tensors").size());
    for (const auto& [name, expected] : entry.at("tensors").items()) {
      SCOPED_TRACE(model + " " + name);
      const TensorView& view = files.tensors().at(name);
      EXPECT_EQ(std::string(name_of(view.dtype)), expected.at("type"));
      EXPECT_EQ(view.shape, expected.at("shape").get<std::vector<std::int64_t>>());
      const std::vector<float> values = decoded(view, engine::portable_kernels());
      double sum = 0, squares = 0;
      for (const float value : values) {
        sum += static_cast<double>(value);
        squares += static_cast<double>(value) * static_cast<double>(value);
      }
      const double size = std::sqrt(squares * static_cast<double>(values.size()));  // what a sum of them is made of
      EXPECT_NEAR(sum, expected.at("sum"), 1e-9 * size);
      EXPECT_NEAR(squares, expected.at("sum_of_squares"), 1e-9 * squares);
      EXPECT_EQ(decoded(view, engine::choose_kernels(IsaChoice::Avx2)), values);
      EXPECT_EQ(decoded(view, engine::choose_kernels(IsaChoice::Auto)), values);

      const std::string whole = model + "." + name, part = whole + ".expert3.rows32";
      if (corpus.tensors().contains(whole)) {
        EXPECT_EQ(values, corpus.tensor(whole));
        ++compared;
      }
      if (corpus.tensors().contains(part)) {
        const std::vector<float> rows = corpus.tensor(part);
        const auto expert = static_cast<std::ptrdiff_t>(3 * view.shape[1] * view.shape[2]);
        EXPECT_TRUE(std::equal(rows.begin(), rows.end(), values.begin() + expert));
        ++compared;
      }
    }
  }
  EXPECT_GE(compared, at_least);
}

void check_logits(const Corpus& corpus, IsaChoice isa) {
  for (const auto& entry : corpus.files) {
    ModelRun run(corpus.file(entry), tests::exact(isa));
    for (const auto& test : entry.at("cases")) {
      const std::string name = test.at("name");
      SCOPED_TRACE(name);
      const auto ids = test.at("ids").get<std::vector<std::int32_t>>();
      const auto sequence = run.fresh();
      const std::vector<float> logits = run.feed(sequence, ids);
      const std::vector<float> expected = corpus.tensor(name + ".logits");
      const auto shown = std::span(logits).last(std::min(expected.size(), logits.size()));
      EXPECT_TRUE(tests::close_to(shown, expected, kExact));
      testing::Test::RecordProperty(name, std::to_string(tests::difference(shown, expected).e_max));
      const auto greedy = test.at("greedy").get<std::vector<std::int32_t>>();
      EXPECT_EQ(run.greedy(sequence, logits, greedy.size()), greedy);
      run.cache.close(sequence);
    }
  }
}

void check_texts(const Corpus& corpus) {
  for (const auto& entry : corpus.files) {
    const auto source = engine::ModelSource::open(corpus.file(entry));
    const auto tokenizer = engine::Tokenizer::create(source->tokenizer_data());
    for (const auto& test : entry.at("texts")) {
      EXPECT_EQ(tokenizer->encode(test.at("text").get<std::string>(), true),
                test.at("ids").get<std::vector<std::int32_t>>())
          << corpus.file(entry) << ": " << test.at("text");
    }
  }
}

class QuantisedModels : public testing::TestWithParam<IsaChoice> {};
INSTANTIATE_TEST_SUITE_P(Isa, QuantisedModels, testing::Values(IsaChoice::Portable, IsaChoice::Avx2, IsaChoice::Auto),
                         [](const auto& isa) {
                           return isa.param == IsaChoice::Portable ? "portable"
                                  : isa.param == IsaChoice::Avx2   ? "avx2"
                                                                   : "best";
                         });

TEST_P(QuantisedModels, LogitsAndContinuationsAreTheReferences) {
  check_logits(Corpus(tests::fixture("quantised")), GetParam());
}

TEST_P(QuantisedModels, SoAreThoseOfTheLargeCorpus) {
  SHARED_OR_SKIP(folder, "quantised");
  check_logits(Corpus(folder), GetParam());
}

/// Mean over all rows of the Kullback-Leibler divergence of softmax(q) from softmax(p), in nats.
double divergence(std::span<const float> p, std::span<const float> q, std::size_t width) {
  double sum = 0;
  for (std::size_t row = 0; row < p.size(); row += width) {
    double total_p = 0, total_q = 0;
    for (std::size_t i = row; i < row + width; ++i) {
      total_p += std::exp(static_cast<double>(p[i]));
      total_q += std::exp(static_cast<double>(q[i]));
    }
    for (std::size_t i = row; i < row + width; ++i) {
      const double log_p = static_cast<double>(p[i]) - std::log(total_p), log_q = static_cast<double>(q[i]) - std::log(total_q);
      sum += std::exp(log_p) * (log_p - log_q);
    }
  }
  return sum * static_cast<double>(width) / static_cast<double>(p.size());
}

// What people get: activations in 8 bits, and a cache of 16. Prompts as a whole and token by token take different kernels.
void check_default_mode(const Corpus& corpus, IsaChoice isa) {
  constexpr double kEightBits = 0.06, kDivergence = 1e-3;  // fixtures/tolerances.json; performance.md, section 4
  for (const auto& entry : corpus.files) {
    engine::EngineOptions options;
    options.isa = isa;
    ModelRun exact(corpus.file(entry), tests::exact(isa)), run(corpus.file(entry), options);
    for (const auto& test : entry.at("cases")) {
      const std::string name = test.at("name");
      SCOPED_TRACE(name);
      const auto ids = test.at("ids").get<std::vector<std::int32_t>>();
      const std::vector<float> reference = exact.feed(exact.fresh(), ids);
      for (const std::int64_t chunk : {256, 3, 1}) {
        const std::vector<float> logits = run.feed(run.fresh(), ids, chunk);
        const std::vector<float> expected = corpus.tensor(name + ".logits");
        const auto shown = std::span(logits).last(std::min(expected.size(), logits.size()));
        EXPECT_TRUE(tests::close_to(shown, expected, 1.0, kEightBits)) << "chunks of " << chunk;
        const double apart = divergence(reference, logits, static_cast<std::size_t>(run.model->config().vocab_size));
        EXPECT_LT(apart, kDivergence) << "chunks of " << chunk;
        testing::Test::RecordProperty(name + std::to_string(chunk), std::to_string(apart));
      }
    }
  }
}

TEST_P(QuantisedModels, EightBitActivationsStayWithinTheirTolerance) {
  check_default_mode(Corpus(tests::fixture("quantised")), GetParam());
}

TEST_P(QuantisedModels, SoTheyDoInTheLargeCorpus) {
  SHARED_OR_SKIP(folder, "quantised");
  check_default_mode(Corpus(folder), GetParam());
}

TEST(QuantisedTensors, DecodeToTheReferences) {
  check_tensors(Corpus(tests::fixture("quantised")), 2);
}

TEST(QuantisedTensors, SoDoThoseOfTheLargeCorpus) {
  SHARED_OR_SKIP(folder, "quantised");
  check_tensors(Corpus(folder), 20);
}

TEST(QuantisedTokenizers, EncodeAsTheReferences) {
  check_texts(Corpus(tests::fixture("quantised")));
}

TEST(QuantisedTokenizers, SoDoThoseOfTheLargeCorpus) {
  SHARED_OR_SKIP(folder, "quantised");
  check_texts(Corpus(folder));
}

TEST(QuantisedTensors, TakeTheMemoryOfItsFileOnly) {
  const auto file = tests::fixture("quantised/ernie4_5-Q4_0.gguf");
  const auto source = engine::ModelSource::open(file);
  // Every matrix as it lies in the file: 18 bytes for 32 numbers.
  EXPECT_LT(source->weight_bytes(), fs::file_size(file));
  const TensorView* embedding = source->find("model.embed_tokens.weight");
  ASSERT_NE(embedding, nullptr);
  EXPECT_EQ(embedding->bytes.size(), 420u * 256 / 32 * 18);
}

}  // namespace
