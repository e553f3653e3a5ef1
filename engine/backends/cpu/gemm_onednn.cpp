#include <algorithm>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <tuple>
#include <vector>

#include "engine/backends/cpu/blocked_gemm.h"
#include "engine/backends/cpu/gemm.h"
#include "engine/base/error.h"
#include "engine/base/parallel.h"

namespace engine {
namespace {

using dnnl::memory;

// Rows of the prompt differ from chunk to chunk; so many plans are kept before all are dropped.
constexpr std::size_t kMostPlans = 256;

/// One matrix product as oneDNN planned it, with the memory it works in.
struct Plan {
  dnnl::matmul product;
  memory::desc x, weight, out, scratchpad;
};

memory::data_type library_type(DType type) { return type == DType::BF16 ? memory::data_type::bf16 : memory::data_type::f32; }

/// x [rows, in] times the transpose of weight [out, in], which stays in the file's own layout.
Plan make_plan(const dnnl::engine& engine, DType type, std::int64_t rows, std::int64_t in_features,
               std::int64_t out_features, bool accumulate) {
  Plan plan;
  plan.x = memory::desc({rows, in_features}, library_type(type), memory::format_tag::ab);
  plan.weight = memory::desc({in_features, out_features}, library_type(type), memory::format_tag::ba);
  plan.out = memory::desc({rows, out_features}, memory::data_type::f32, memory::format_tag::ab);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (accumulate) {
    dnnl::post_ops sum;
    sum.append_sum(1.0f);
    attributes.set_post_ops(sum);
  }
#if DNNL_VERSION_MAJOR >= 3
  const dnnl::matmul::primitive_desc description(engine, plan.x, plan.weight, plan.out, attributes);
#else
  const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(plan.x, plan.weight, plan.out), attributes, engine);
#endif
  plan.product = dnnl::matmul(description);
  plan.scratchpad = description.scratchpad_desc();
  return plan;
}

/// Whether `cap` hides nothing that this CPU has: oneDNN chooses its instructions for the whole process by itself.
bool library_keeps_to(IsaChoice cap) {
  const CpuFeatures& features = cpu_features();
  switch (cap) {
    case IsaChoice::Auto:
    case IsaChoice::Amx: return true;
    case IsaChoice::Avx512: return !features.amx_bf16;
    case IsaChoice::Avx2: return !features.avx512;
    case IsaChoice::Portable: return false;
  }
  return false;
}

/// Whether oneDNN multiplies bfloat16 by AMX, as far as it knows and the environment (DNNL_MAX_CPU_ISA) lets it.
bool library_has_amx() {
  constexpr auto kAmx = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_amx);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & kAmx) == kAmx;
}

}  // namespace

// Who multiplies what was measured with 256 rows on one core of a Sapphire Rapids without AMX, GFLOP/s: float32 weights
// 187 by oneDNN 2.6.3, 160 by our own loops (kept to AVX2: 93 and 96); bfloat16 weights 103 by oneDNN in bfloat16 (its packing of the file's layout
// costs more than the instruction saves), 163 by our own in float32, which is also more exact.
struct Gemm::State {
  const KernelTable& kernels;
  int threads;
  bool library_for_f32;
  bool library_for_bf16;
  BlockedGemm own;
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::map<std::tuple<DType, std::int64_t, std::int64_t, std::int64_t, bool>, Plan> plans{};
  std::vector<std::byte> scratchpad{};
  std::vector<std::byte> narrowed{};     ///< x in bfloat16
  const float* narrowed_from = nullptr;  ///< of which x, within one multiply()

  bool takes(const MatrixProduct& product) const {
    return (product.type == DType::BF16 && library_for_bf16) || (product.type == DType::F32 && library_for_f32);
  }
  const Plan& plan_for(const MatrixProduct& product);
  const void* rows_of(const MatrixProduct& product);
  void multiply(const MatrixProduct& product);
};

Gemm::Gemm(const KernelTable& kernels, int threads, ComputeMode compute, IsaChoice cap)
    : state_(new State{kernels, threads, library_keeps_to(cap),
                       library_keeps_to(cap) && compute == ComputeMode::Auto && library_has_amx(),
                       BlockedGemm(kernels, threads)}) {}

Gemm::~Gemm() = default;

void Gemm::multiply(std::span<const MatrixProduct> products) {
  state_->narrowed_from = nullptr;
  std::size_t ours = 0;
  for (const MatrixProduct& product : products) {
    if (state_->takes(product)) {
      state_->multiply(product);
    } else {
      ++ours;
    }
  }
  if (ours == products.size()) {
    state_->own.multiply(products);
  } else if (ours > 0) {
    for (const MatrixProduct& product : products) {
      if (!state_->takes(product)) state_->own.multiply({&product, 1});
    }
  }
}

const Plan& Gemm::State::plan_for(const MatrixProduct& product) {
  const auto key = std::tuple(product.type, product.rows, product.in_features, product.out_features, product.accumulate);
  const auto found = plans.find(key);
  if (found != plans.end()) return found->second;
  if (plans.size() >= kMostPlans) plans.clear();
  return plans.emplace(key, make_plan(engine, product.type, product.rows, product.in_features, product.out_features,
                                      product.accumulate)).first->second;
}

/// The activations as the plan wants them: as they are, or rounded to bfloat16 once for all products that share them.
const void* Gemm::State::rows_of(const MatrixProduct& product) {
  if (product.type != DType::BF16) return product.x;
  if (narrowed_from != product.x) {
    narrowed_from = product.x;
    const auto row = static_cast<std::size_t>(product.in_features);
    narrowed.resize(static_cast<std::size_t>(product.rows) * row * size_of(DType::BF16));
    parallel_for(threads, 0, product.rows, 16, [&](std::int64_t begin, std::int64_t end, int) {
      const auto first = static_cast<std::size_t>(begin) * row;
      kernels.bf16.narrow(product.x + first, static_cast<std::size_t>(end - begin) * row,
                          narrowed.data() + first * size_of(DType::BF16));
    });
  }
  return narrowed.data();
}

void Gemm::State::multiply(const MatrixProduct& product) {
  try {
    set_team_size(threads);  // oneDNN asks OpenMP, and must find the team that is already there
    const Plan& plan = plan_for(product);
    scratchpad.resize(std::max(scratchpad.size(), plan.scratchpad.get_size() + 1));
    const auto at = [this](const memory::desc& desc, const void* data) {
      return memory(desc, engine, const_cast<void*>(data));  // inputs are only read
    };
    plan.product.execute(stream, {{DNNL_ARG_SRC, at(plan.x, rows_of(product))},
                                  {DNNL_ARG_WEIGHTS, at(plan.weight, product.weight)},
                                  {DNNL_ARG_DST, at(plan.out, product.out)},
                                  {DNNL_ARG_SCRATCHPAD, at(plan.scratchpad, scratchpad.data())}});
    stream.wait();
  } catch (const dnnl::error& error) {
    throw Error(ErrorCode::DeviceFailure, std::string("oneDNN could not multiply matrices: ") + error.what());
  }
  if (product.bias == nullptr) return;
  for (std::int64_t m = 0; m < product.rows; ++m) {
    kernels.add(product.bias, static_cast<std::size_t>(product.out_features), product.out + m * product.out_features);
  }
}

std::string Gemm::library_name() {
  const dnnl::version_t* version = dnnl::version();
  return "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch);
}

}  // namespace engine
