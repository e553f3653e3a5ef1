// What the goldens are worth: each mistake that fixtures/README.md lists, made on purpose, leads at least a hundred
// tolerances away from them. Some can be made in config.json, the others in a backend that computes something else.
#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>

#include "tests/support/fixtures.h"
#include "tests/support/golden.h"
#include "tests/support/model_run.h"
#include "tests/support/tensor_matchers.h"

namespace {

using engine::Tensor;
using tests::Golden;
using tests::kFloat32;
using tests::ModelRun;

/// The logits of the longest prompt, against the golden's.
double distance(ModelRun& run, const Golden& golden) {
  const std::vector<float> expected = golden.tensor(golden.longest().name + ".logits");
  const std::vector<float> logits = run.feed(run.fresh(), golden.longest().ids);
  return tests::difference(tests::last(logits, expected.size()), expected).e_max;
}

/// How far they go when config.json says something else.
double distance_with(const char* model, const nlohmann::json& changes) {
  const Golden golden(model);
  const tests::ScratchFolder folder;
  for (const auto& file : std::filesystem::directory_iterator(golden.folder)) {
    std::filesystem::copy_file(file.path(), folder.path() / file.path().filename());
  }
  auto config = nlohmann::json::parse(tests::read_bytes(golden.folder / "config.json"));
  config.merge_patch(changes);
  folder.write("config.json", config.dump());
  ModelRun run(folder.path(), tests::exact());
  return distance(run, golden);
}

TEST(Mutation, AWrongConfigurationIsSeenInTheLogits) {
  const nlohmann::json none = nullptr;
  EXPECT_LT(distance_with("glm4-base", nlohmann::json::object()), kFloat32);
  const std::vector<std::pair<const char*, nlohmann::json>> mistakes = {
      {"ernie4_5-tied", {{"rope_parameters", none}, {"rope_theta", 10000.0}}},
      {"ernie4_5-untied", {{"rms_norm_eps", 1e-6}}},
      {"ernie4_5-bias", {{"use_bias", false}}},
      {"ernie4_5-rope-dynamic", {{"rope_parameters", {{"rope_type", "default"}}}}},
      {"ernie4_5-rope-yarn-explicit", {{"rope_parameters", {{"attention_factor", 1.0}}}}},
      {"ernie4_5-rope-yarn-explicit", {{"rope_parameters", {{"truncate", true}}}}},
      {"ernie4_5-rope-longrope", {{"rope_parameters", {{"attention_factor", 1.0}}}}},
      {"ernie4_5-rope-llama3", {{"rope_scaling", none}}},
      {"ernie4_5_moe-interval", {{"moe_k", 2}}},
      {"ernie4_5_moe-bias", {{"use_bias", false}}},
      {"ernie4_5_moe-bias", {{"moe_num_shared_experts", 0}}},
      {"glm4-base", {{"attention_bias", false}}},
      {"glm4-base", {{"rope_parameters", {{"partial_rotary_factor", 1.0}}}}},
      {"glm4-base", {{"rope_parameters", {{"rope_theta", 500000.0}}}}},
      {"glm4-tied", {{"rms_norm_eps", 1e-6}}},
      {"glm4-rope-yarn", {{"rope_scaling", none}}},
  };
  for (const auto& [model, changes] : mistakes) {
    if (!tests::has_fixture(std::string("logits/") + model + ".json")) continue;
    EXPECT_GT(distance_with(model, changes), 100 * kFloat32) << model << " with " << changes.dump();
  }
}

enum class Mistake {
  None,
  HalfSplitRope,
  NoRope,
  KvHeadModulo,
  ScaleOfHiddenSize,
  NotCausal,
  GateAndUpSwapped,
  NormMissing1,  ///< GLM-4: after attention
  NormMissing2,  ///< before the MLP
  NormMissing3,  ///< after the MLP
  NoCorrectionBias,
  BiasOnRouterLogits,
  WeightsOfBiasedScores,
  WeightsNotNormalised,
  ChoiceByLogits,
  SigmoidRouter,
  Float16Activations,
};

/// A backend that makes one mistake and is otherwise the CPU's. Tensors are in CPU memory.
class MistakenBackend final : public engine::Backend {
 public:
  MistakenBackend(std::unique_ptr<engine::Backend> right, Mistake mistake, const engine::ModelConfig& config)
      : right_(std::move(right)), mistake_(mistake), config_(config) {}

  const engine::BackendInfo& info() const override { return right_->info(); }
  void set_fine_rows(std::span<const std::int64_t> rows) override { right_->set_fine_rows(rows); }
  Tensor allocate(engine::DType dtype, engine::Shape shape) override { return right_->allocate(dtype, std::move(shape)); }
  Tensor weight(engine::DType dtype, engine::Shape shape, std::span<const std::byte> bytes) override {
    return right_->weight(dtype, std::move(shape), bytes);
  }
  Tensor scaled_weight(engine::DType dtype, engine::Shape shape, std::span<const std::byte> bytes, const engine::Scaling& scaling,
                       std::int64_t first_row) override {
    return right_->scaled_weight(dtype, std::move(shape), bytes, scaling, first_row);
  }
  void upload(std::span<const std::byte> from, Tensor& to) override { right_->upload(from, to); }
  void download(const Tensor& from, std::span<std::byte> to) override { right_->download(from, to); }
  void synchronise() override { right_->synchronise(); }
  void copy_page(const engine::KvPool& pool, std::int64_t from, std::int64_t to) override { right_->copy_page(pool, from, to); }
  void read_page(const engine::KvPool& pool, std::int64_t page, std::byte* to) override { right_->read_page(pool, page, to); }
  void write_page(const engine::KvPool& pool, std::int64_t page, const std::byte* from) override {
    right_->write_page(pool, page, from);
  }
  void gather_rows(const Tensor& x, std::span<const std::int64_t> rows, Tensor& out) override { right_->gather_rows(x, rows, out); }
  void add(const Tensor& y, Tensor& x) override { right_->add(y, x); }
  void append_kv(const engine::KvPool& pool, std::int64_t layer, const Tensor& keys, const Tensor& values,
                 std::span<const engine::SequenceRows> sequences) override {
    right_->append_kv(pool, layer, keys, values, sequences);
  }
  void attention_probabilities(const engine::KvPool& pool, std::int64_t layer, const Tensor& queries,
                               const engine::SequenceRows& sequence, float scale, std::span<float> out) override {
    right_->attention_probabilities(pool, layer, queries, sequence, scale, out);
  }
  void experts(const Tensor& x, std::span<const engine::ExpertWeights> experts, const Tensor& chosen, const Tensor& weights,
               const engine::ExpertBuffers& buffers, Tensor& out) override {
    right_->experts(x, experts, chosen, weights, buffers, out);
  }

  void embed(const Tensor& table, std::span<const std::int32_t> ids, Tensor& out) override {
    if (out.count() > config_.hidden_size) norms_ = 0;  // a forward pass begins; loading looks up single rows
    right_->embed(table, ids, out);
  }

  void rms_norm(const Tensor& x, const Tensor& weight, float eps, Tensor& out) override {
    const std::int64_t place = norms_++ % 4;
    const bool missing = mistake_ == Mistake::NormMissing1   ? place == 1
                         : mistake_ == Mistake::NormMissing2 ? place == 2
                         : mistake_ == Mistake::NormMissing3 ? place == 3
                                                             : false;
    if (missing) {
      std::copy_n(x.f32(), x.count(), out.mutable_f32());
    } else {
      right_->rms_norm(x, weight, eps, out);
    }
  }

  void linear(const Tensor& x, std::span<const engine::Projection> projections) override {
    right_->linear(x, projections);
    if (mistake_ != Mistake::Float16Activations) return;
    for (const engine::Projection& projection : projections) {
      float* const out = projection.out->mutable_f32();
      std::transform(out, out + projection.out->count(), out,
                     [](float value) { return engine::f16_to_f32(engine::f32_to_f16(value)); });
    }
  }

  void rotate(Tensor& x, const Tensor& cosines, const Tensor& sines) override {
    if (mistake_ == Mistake::NoRope) return;
    if (mistake_ != Mistake::HalfSplitRope) return right_->rotate(x, cosines, sines);
    const std::int64_t heads = x.dim(1), head_dim = x.dim(2), pairs = cosines.row_length();
    for (std::int64_t row = 0; row < x.dim(0) * heads; ++row) {
      float* const head = x.mutable_f32() + row * head_dim;
      for (std::int64_t i = 0; i < pairs; ++i) {
        const float c = cosines.f32()[row / heads * pairs + i], s = sines.f32()[row / heads * pairs + i];
        const float a = head[i], b = head[i + pairs];
        head[i] = a * c - b * s;
        head[i + pairs] = b * c + a * s;
      }
    }
  }

  void attend(const engine::KvPool& pool, std::int64_t layer, const Tensor& queries,
              std::span<const engine::SequenceRows> sequences, float scale, Tensor& out) override {
    if (mistake_ == Mistake::ScaleOfHiddenSize) {
      scale = 1.0f / std::sqrt(static_cast<float>(config_.hidden_size / config_.num_heads));
    } else if (mistake_ == Mistake::NotCausal) {
      return attend_to_all(pool, layer, queries, sequences, scale, out);
    } else if (mistake_ == Mistake::KvHeadModulo) {
      return attend_modulo(pool, layer, queries, sequences, scale, out);
    }
    right_->attend(pool, layer, queries, sequences, scale, out);
  }

  void gated_silu(const Tensor& gate, const Tensor& up, Tensor& out) override {
    const bool swapped = mistake_ == Mistake::GateAndUpSwapped;
    right_->gated_silu(swapped ? up : gate, swapped ? gate : up, out);
  }

  void choose_experts(const Tensor& logits, const Tensor& bias, float norm_min, Tensor& chosen, Tensor& weights) override {
    Tensor changed = Tensor::owned(engine::DType::F32, logits.shape()), no_bias = Tensor::owned(engine::DType::F32, bias.shape());
    std::copy_n(logits.f32(), logits.count(), changed.mutable_f32());
    std::fill_n(no_bias.mutable_f32(), bias.count(), 0.0f);
    const std::int64_t count = bias.count();
    const auto biased = [&](std::int64_t i) { return logits.f32()[i] + bias.f32()[i % count]; };
    switch (mistake_) {
      case Mistake::NoCorrectionBias: return right_->choose_experts(logits, no_bias, norm_min, chosen, weights);
      case Mistake::BiasOnRouterLogits:
        for (std::int64_t i = 0; i < changed.count(); ++i) changed.mutable_f32()[i] = biased(i);
        return right_->choose_experts(changed, no_bias, norm_min, chosen, weights);
      case Mistake::SigmoidRouter:  // logarithms of sigmoids: the softmax of them is the sigmoids, normalised
        for (std::int64_t i = 0; i < changed.count(); ++i) changed.mutable_f32()[i] = -std::log1p(std::exp(-logits.f32()[i]));
        return right_->choose_experts(changed, bias, norm_min, chosen, weights);
      case Mistake::WeightsNotNormalised: return right_->choose_experts(logits, bias, 1.0f, chosen, weights);
      case Mistake::WeightsOfBiasedScores:
      case Mistake::ChoiceByLogits: break;
      default: return right_->choose_experts(logits, bias, norm_min, chosen, weights);
    }
    if (mistake_ == Mistake::ChoiceByLogits) {  // the choice of the biased logits, weights of a softmax over the chosen
      for (std::int64_t i = 0; i < changed.count(); ++i) changed.mutable_f32()[i] = biased(i);
      right_->choose_experts(changed, no_bias, norm_min, chosen, weights);
    } else {
      right_->choose_experts(logits, bias, norm_min, chosen, weights);
    }
    const std::int64_t k = chosen.row_length();
    const auto* const ids = reinterpret_cast<const std::int32_t*>(chosen.data());
    for (std::int64_t t = 0; t < logits.rows(); ++t) {
      const float* const row = logits.f32() + t * count;
      float total = 0, sum = 0;
      for (std::int64_t e = 0; e < count; ++e) total += std::exp(row[e]);
      for (std::int64_t j = 0; j < k; ++j) {
        float& weight = weights.mutable_f32()[t * k + j];
        weight = std::exp(row[ids[t * k + j]]);
        if (mistake_ == Mistake::WeightsOfBiasedScores) weight = weight / total + bias.f32()[ids[t * k + j]];
        sum += weight;
      }
      for (std::int64_t j = 0; j < k; ++j) weights.mutable_f32()[t * k + j] /= sum;
    }
  }

 private:
  // Every query as if it stood at the end.
  void attend_to_all(const engine::KvPool& pool, std::int64_t layer, const Tensor& queries,
                     std::span<const engine::SequenceRows> sequences, float scale, Tensor& out) {
    const std::int64_t width = queries.dim(1) * queries.dim(2);
    for (const engine::SequenceRows& sequence : sequences) {
      for (std::int64_t row = sequence.first_row; row < sequence.first_row + sequence.rows; ++row) {
        const Tensor query = Tensor::view(engine::DType::F32, {1, queries.dim(1), queries.dim(2)}, queries.data() + row * width * 4);
        Tensor attended = Tensor::owned(engine::DType::F32, {1, queries.dim(1), queries.dim(2)});
        const engine::SequenceRows at_end{0, 1, sequence.first_position + sequence.rows - 1, sequence.pages};
        right_->attend(pool, layer, query, {&at_end, 1}, scale, attended);
        std::copy_n(attended.f32(), width, out.mutable_f32() + row * width);
      }
    }
  }

  // Query head h reads kv head h mod n: it takes the place of a head of that group.
  void attend_modulo(const engine::KvPool& pool, std::int64_t layer, const Tensor& queries,
                     std::span<const engine::SequenceRows> sequences, float scale, Tensor& out) {
    const std::int64_t heads = queries.dim(1), dim = queries.dim(2), kv_heads = pool.num_kv_heads;
    Tensor moved = Tensor::owned(engine::DType::F32, queries.shape()), attended = Tensor::owned(engine::DType::F32, queries.shape());
    const auto place = [&](std::int64_t h) { return h % kv_heads * (heads / kv_heads) + h / kv_heads; };
    for (std::int64_t t = 0; t < queries.dim(0); ++t) {
      for (std::int64_t h = 0; h < heads; ++h) {
        std::copy_n(queries.f32() + (t * heads + h) * dim, dim, moved.mutable_f32() + (t * heads + place(h)) * dim);
      }
    }
    right_->attend(pool, layer, moved, sequences, scale, attended);
    for (std::int64_t t = 0; t < queries.dim(0); ++t) {
      for (std::int64_t h = 0; h < heads; ++h) {
        std::copy_n(attended.f32() + (t * heads + place(h)) * dim, dim, out.mutable_f32() + (t * heads + h) * dim);
      }
    }
  }

  std::unique_ptr<engine::Backend> right_;
  Mistake mistake_;
  engine::ModelConfig config_;
  std::int64_t norms_ = 0;  ///< since the forward pass began
};

double distance_with(const char* model, Mistake mistake) {
  const Golden golden(model);
  ModelRun run(golden.folder, tests::exact(), 512, [mistake](auto right, const engine::ModelConfig& config) {
    return std::make_unique<MistakenBackend>(std::move(right), mistake, config);
  });
  return distance(run, golden);
}

TEST(Mutation, AWrongFormulaIsSeenInTheLogits) {
  for (const char* model : {"ernie4_5-untied", "ernie4_5_moe-interval", "glm4-base", "glm4-large"}) {
    if (!tests::has_fixture(std::string("logits/") + model + ".json")) continue;
    EXPECT_LT(distance_with(model, Mistake::None), kFloat32) << model << ": the other tests prove nothing";
  }
  const std::vector<std::pair<const char*, Mistake>> mistakes = {
      {"ernie4_5-tied", Mistake::HalfSplitRope},
      {"ernie4_5_moe-interval", Mistake::HalfSplitRope},
      {"glm4-base", Mistake::HalfSplitRope},
      {"ernie4_5-tied", Mistake::NoRope},
      {"glm4-base", Mistake::NoRope},
      {"ernie4_5-tied", Mistake::KvHeadModulo},
      {"glm4-base", Mistake::KvHeadModulo},
      {"ernie4_5-untied", Mistake::ScaleOfHiddenSize},
      {"glm4-base", Mistake::ScaleOfHiddenSize},
      {"ernie4_5-tied", Mistake::NotCausal},
      {"glm4-base", Mistake::NotCausal},
      {"ernie4_5-tied", Mistake::GateAndUpSwapped},
      {"glm4-base", Mistake::GateAndUpSwapped},
      {"glm4-base", Mistake::NormMissing1},
      {"glm4-base", Mistake::NormMissing2},
      {"glm4-base", Mistake::NormMissing3},
      {"ernie4_5_moe-interval", Mistake::NoCorrectionBias},
      {"ernie4_5_moe-bias", Mistake::NoCorrectionBias},
      {"ernie4_5_moe-interval", Mistake::BiasOnRouterLogits},
      {"ernie4_5_moe-interval", Mistake::WeightsOfBiasedScores},
      {"ernie4_5_moe-interval", Mistake::WeightsNotNormalised},
      {"ernie4_5_moe-interval", Mistake::ChoiceByLogits},
      {"ernie4_5_moe-interval", Mistake::SigmoidRouter},
      {"glm4-large", Mistake::Float16Activations},
  };
  for (const auto& [model, mistake] : mistakes) {
    if (!tests::has_fixture(std::string("logits/") + model + ".json")) continue;
    EXPECT_GT(distance_with(model, mistake), 100 * kFloat32) << model << " with mistake " << static_cast<int>(mistake);
  }
}

}  // namespace
