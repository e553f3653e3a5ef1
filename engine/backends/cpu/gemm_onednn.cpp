#include <omp.h>

#include <algorithm>
#include <exception>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/backends/cpu/blocked_gemm.h"
#include "engine/backends/cpu/gemm.h"
#include "engine/backends/cpu/thread_team.h"
#include "engine/base/error.h"

namespace engine {
namespace {

using dnnl::memory;

// Rows of the prompt differ from chunk to chunk; so many plans are kept before all are dropped.
constexpr std::size_t kMostPlans = 256;
// Columns of a product that one thread takes at a time. Each slice packs x for itself: with fewer columns that shows.
constexpr std::int64_t kFewestColumns = 128, kMostColumns = 512;

/// A slice of a matrix product as oneDNN planned it for one thread.
struct Plan {
  dnnl::matmul product;
  memory::desc x, weight, out, scratchpad;
};

/// What one thread of the team has to itself.
struct Worker {
  dnnl::stream stream;
  std::vector<std::byte> scratchpad;
  std::exception_ptr failure;  ///< handed to the caller: no exception may leave a loop of the team
};

/// Some columns of one product.
struct Slice {
  const MatrixProduct* product;
  std::int64_t first_column, columns;
  const Plan* plan;
};

memory::data_type library_type(DType type) { return type == DType::BF16 ? memory::data_type::bf16 : memory::data_type::f32; }

/// The library's own threads would spin beside ours: in a thread of ours it computes on that thread alone.
void keep_library_to_this_thread() {
  if (omp_get_max_threads() != 1) omp_set_num_threads(1);
}

/// x [rows, in] times the transpose of `columns` rows of weight [out, in], which stays in the file's own layout; the
/// result lies in rows of `out_features`.
Plan make_plan(const dnnl::engine& engine, const MatrixProduct& product, std::int64_t columns) {
  const memory::data_type type = library_type(product.type);
  Plan plan;
  plan.x = memory::desc({product.rows, product.in_features}, type, memory::format_tag::ab);
  plan.weight = memory::desc({product.in_features, columns}, type, memory::format_tag::ba);
  plan.out = memory::desc({product.rows, columns}, memory::data_type::f32, memory::dims{product.out_features, 1});
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (product.accumulate) {
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

// Who multiplies what was measured with weights in the file's own layout. With 256 rows on one core of a Sapphire Rapids
// without AMX, GFLOP/s: float32 weights 187 by oneDNN 2.6.3, 160 by our own loops (kept to AVX2: 93 and 96). bfloat16 weights
// on two Zen 4 cores, whose limit is 470, with 512, 128 and 16 rows of ERNIE 0.3B: 395, 338 and 162 by oneDNN in bfloat16
// (its packing costs more), 420, 360 and 181 by Bf16Gemm. Only AMX is left to the library.
struct Gemm::State {
  const KernelTable& kernels;
  ThreadTeam& team;
  bool library_for_f32;
  bool library_for_bf16;
  BlockedGemm own;
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  std::map<std::tuple<DType, std::int64_t, std::int64_t, std::int64_t, std::int64_t, bool>, Plan> plans{};
  std::vector<Worker> workers{};
  std::vector<Slice> slices{};
  std::vector<std::byte> narrowed{};  ///< x in bfloat16

  bool takes(const MatrixProduct& product) const {
    return (product.type == DType::BF16 && library_for_bf16) || (product.type == DType::F32 && library_for_f32);
  }
  const Plan& plan_for(const MatrixProduct& product, std::int64_t columns);
  void narrow(const MatrixProduct& product);
  void cut(const MatrixProduct& product);
  void multiply(const Slice& slice, Worker& worker) const;
  void multiply_slices();
};

Gemm::Gemm(const KernelTable& kernels, ThreadTeam& team, ComputeMode compute, IsaChoice cap)
    : state_(new State{kernels, team, library_keeps_to(cap),
                       library_keeps_to(cap) && compute == ComputeMode::Auto && library_has_amx(),
                       BlockedGemm(kernels, team, compute, cap)}) {
  for (int i = 0; i < team.threads(); ++i) state_->workers.push_back({dnnl::stream(state_->engine), {}, nullptr});
}

Gemm::~Gemm() = default;

void Gemm::multiply(std::span<const MatrixProduct> products) {
  if (std::none_of(products.begin(), products.end(), [this](const auto& product) { return state_->takes(product); })) {
    state_->own.multiply(products);
    return;
  }
  try {
    keep_library_to_this_thread();  // a plan is made for as many threads as the one that makes it has
    if (state_->plans.size() >= kMostPlans) state_->plans.clear();
    state_->slices.clear();
    bool narrowed = false;
    for (const MatrixProduct& product : products) {
      if (!state_->takes(product)) continue;
      if (product.type == DType::BF16 && !std::exchange(narrowed, true)) state_->narrow(product);
      state_->cut(product);
    }
    state_->multiply_slices();
  } catch (const dnnl::error& error) {
    throw Error(ErrorCode::DeviceFailure, std::string("oneDNN could not multiply matrices: ") + error.what());
  }
  for (const MatrixProduct& product : products) {
    if (!state_->takes(product)) state_->own.multiply({&product, 1});
  }
}

const Plan& Gemm::State::plan_for(const MatrixProduct& product, std::int64_t columns) {
  const auto key = std::tuple(product.type, product.rows, product.in_features, product.out_features, columns,
                              product.accumulate);
  const auto found = plans.find(key);
  if (found != plans.end()) return found->second;
  return plans.emplace(key, make_plan(engine, product, columns)).first->second;
}

/// Rounds the activations to bfloat16, once for all products of a call.
void Gemm::State::narrow(const MatrixProduct& product) {
  const auto row = static_cast<std::size_t>(product.in_features);
  narrowed.resize(static_cast<std::size_t>(product.rows) * row * size_of(DType::BF16));
  team.parallel_for(0, product.rows, 16, [&](std::int64_t begin, std::int64_t end, int) {
    const auto first = static_cast<std::size_t>(begin) * row;
    kernels.bf16.narrow(product.x + first, static_cast<std::size_t>(end - begin) * row,
                        narrowed.data() + first * size_of(DType::BF16));
  });
}

/// Adds the slices of a product: a few for each thread, so that all are done at about the same time.
void Gemm::State::cut(const MatrixProduct& product) {
  const std::int64_t share = product.out_features / (2 * team.threads()) / 64 * 64;
  const std::int64_t columns = std::clamp(share, kFewestColumns, kMostColumns);
  for (std::int64_t first = 0; first < product.out_features; first += columns) {
    const std::int64_t count = std::min(columns, product.out_features - first);
    slices.push_back({&product, first, count, &plan_for(product, count)});
  }
}

void Gemm::State::multiply(const Slice& slice, Worker& worker) const {
  const MatrixProduct& product = *slice.product;
  const auto at = [this](const memory::desc& desc, const void* data) {
    return memory(desc, engine, const_cast<void*>(data));  // inputs are only read
  };
  keep_library_to_this_thread();
  if (worker.scratchpad.size() <= slice.plan->scratchpad.get_size()) {
    worker.scratchpad.resize(slice.plan->scratchpad.get_size() + 1);
  }
  const void* const x = product.type == DType::BF16 ? static_cast<const void*>(narrowed.data()) : product.x;
  const auto first_byte = static_cast<std::size_t>(slice.first_column * product.in_features) * size_of(product.type);
  slice.plan->product.execute(worker.stream, {{DNNL_ARG_SRC, at(slice.plan->x, x)},
                                              {DNNL_ARG_WEIGHTS, at(slice.plan->weight, product.weight + first_byte)},
                                              {DNNL_ARG_DST, at(slice.plan->out, product.out + slice.first_column)},
                                              {DNNL_ARG_SCRATCHPAD, at(slice.plan->scratchpad, worker.scratchpad.data())}});
  worker.stream.wait();
  if (product.bias == nullptr) return;
  for (std::int64_t m = 0; m < product.rows; ++m) {
    kernels.add(product.bias + slice.first_column, static_cast<std::size_t>(slice.columns),
                product.out + m * product.out_features + slice.first_column);
  }
}

void Gemm::State::multiply_slices() {
  team.parallel_for(0, static_cast<std::int64_t>(slices.size()), 1, [this](std::int64_t begin, std::int64_t, int number) {
    Worker& worker = workers[static_cast<std::size_t>(number)];
    try {
      multiply(slices[static_cast<std::size_t>(begin)], worker);
    } catch (const std::exception&) {
      worker.failure = std::current_exception();
    }
  });
  for (Worker& worker : workers) {
    if (worker.failure) std::rethrow_exception(std::exchange(worker.failure, nullptr));
  }
}

std::string Gemm::library_name() {
  const dnnl::version_t* version = dnnl::version();
  return "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch);
}

}  // namespace engine
