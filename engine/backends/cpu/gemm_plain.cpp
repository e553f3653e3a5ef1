#include "engine/backends/cpu/blocked_gemm.h"
#include "engine/backends/cpu/gemm.h"

namespace engine {

struct Gemm::State {
  BlockedGemm own;
};

Gemm::Gemm(const KernelTable& kernels, ThreadTeam& team, ComputeMode compute, IsaChoice cap)
    : state_(std::make_unique<State>(State{BlockedGemm(kernels, team, compute, cap)})) {}

Gemm::~Gemm() = default;

void Gemm::multiply(std::span<const MatrixProduct> products) { state_->own.multiply(products); }

std::string Gemm::library_name() { return "own kernels"; }

}  // namespace engine
